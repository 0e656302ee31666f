//! What is to be done next, all of it at once.

use super::{
    action::Action,
    state::{FulfilmentState, Step},
};
use crate::order::CancelReason;

pub(super) fn plan(state: &FulfilmentState) -> Vec<Action> {
    let FulfilmentState::Active { job, step, .. } = state else { return Vec::new() };
    let order = job.order;
    match step {
        Step::Reserving => {
            let reserve = |(sku, quantity)| Action::Reserve { order, sku, quantity, until: job.expires_at };
            job.pieces().into_iter().map(reserve).collect()
        }
        Step::Paying => {
            let (amount, currency, token) = (job.total, job.currency, job.payment_token.clone());
            let authorize = job.is_paid_for().then_some(Action::Authorize { order, amount, currency, token });
            [Action::ConfirmStock { order }].into_iter().chain(authorize).collect()
        }
        Step::AskingProvider { .. } => vec![Action::AskProvider { order }],
        Step::Confirming => vec![Action::ConfirmPayment { order }],
        Step::RequestingShipment => {
            vec![Action::RequestShipment { order, shipment: job.shipment(), lines: job.lines.clone() }]
        }
        Step::IssuingGoods { shipment } => {
            let ship = |(sku, quantity)| Action::Ship { order, shipment: *shipment, sku, quantity };
            job.pieces().into_iter().map(ship).chain(job.is_paid_for().then_some(Action::Capture { order })).collect()
        }
        Step::RecordingDispatch { shipment } => {
            let lines = job.lines.iter().map(|line| (line.line, line.quantity)).collect();
            vec![Action::RecordDispatch { order, shipment: *shipment, lines }]
        }
        Step::Completing { shipment } => vec![Action::RecordDelivery { order, shipment: *shipment }],
        Step::Withdrawing { shipment, .. } => vec![Action::Withdraw { order, shipment: *shipment }],
        Step::Compensating { reason } => {
            let free = |(sku, _)| match reason {
                CancelReason::Expired => Action::Expire { order, sku },
                CancelReason::OutOfStock { .. }
                | CancelReason::PaymentDeclined { .. }
                | CancelReason::Requested { .. } => Action::Release { order, sku },
            };
            job.pieces().into_iter().map(free).chain([Action::Void { order }]).collect()
        }
        Step::Cancelling { reason } => {
            let why = match reason {
                CancelReason::OutOfStock { short } => Some(Action::RejectStock { order, short: short.clone() }),
                CancelReason::PaymentDeclined { reason } => Some(Action::FailPayment { order, reason: reason.clone() }),
                CancelReason::Expired | CancelReason::Requested { .. } => None,
            };
            why.into_iter().chain([Action::Cancel { order, reason: reason.clone() }]).collect()
        }
        Step::AwaitingProvider { .. }
        | Step::Suspended
        | Step::AwaitingDispatch { .. }
        | Step::AwaitingDelivery { .. }
        | Step::Parked { .. } => Vec::new(),
    }
}
