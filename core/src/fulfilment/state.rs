//! Where a fulfilment stands.

use orderflow_engine::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{End, FulfilmentEvent, Started, Whereabouts};
use crate::{OrderId, Quantity, ShipmentId, Sku, order::CancelReason};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FulfilmentState {
    /// Nothing is known of the order.
    Idle,
    Active {
        job: Box<Started>,
        step: Step,
        /// What was heard of the shipment before the process got there.
        noted: Option<Whereabouts>,
    },
    Ended(End),
}

/// What is being done, or waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    Reserving,
    Paying,
    AwaitingProvider {
        asked: u32,
        ask_at: Timestamp,
    },
    AskingProvider {
        asked: u32,
    },
    Confirming,
    /// The order is on hold.
    Suspended,
    RequestingShipment,
    AwaitingDispatch {
        shipment: ShipmentId,
    },
    IssuingGoods {
        shipment: ShipmentId,
    },
    RecordingDispatch {
        shipment: ShipmentId,
    },
    AwaitingDelivery {
        shipment: ShipmentId,
    },
    Completing {
        shipment: ShipmentId,
    },
    Withdrawing {
        shipment: ShipmentId,
        reason: CancelReason,
    },
    Compensating {
        reason: CancelReason,
    },
    Cancelling {
        reason: CancelReason,
    },
    Parked {
        reason: String,
        at: Box<Step>,
    },
}

impl Started {
    /// How many pieces of each SKU, whatever lines they stand on, in the order of the SKUs.
    pub(super) fn pieces(&self) -> Vec<(Sku, Quantity)> {
        let mut sorted: Vec<_> = self.lines.iter().collect();
        sorted.sort_by(|a, b| a.sku.cmp(&b.sku));
        let same_sku = sorted.chunk_by(|a, b| a.sku == b.sku);
        same_sku
            .filter_map(|lines| {
                let pieces = lines.iter().map(|line| line.quantity.get()).sum::<u32>();
                Some((lines.first()?.sku.clone(), Quantity::sum(pieces)?))
            })
            .collect()
    }

    /// Nobody is asked for money that is not owed.
    pub(super) fn is_paid_for(&self) -> bool {
        !self.total.is_zero()
    }

    pub(super) fn shipment(&self) -> ShipmentId {
        self.order.shipment(1)
    }
}

impl FulfilmentState {
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::Active { job, .. } => Some(job.order),
            Self::Idle | Self::Ended(_) => None,
        }
    }

    pub(super) fn evolve(self, event: &FulfilmentEvent) -> Self {
        match self {
            Self::Idle => {
                if let FulfilmentEvent::Started(started) = event {
                    Self::Active { job: Box::new(started.clone()), step: Step::Reserving, noted: None }
                } else {
                    Self::Idle
                }
            }
            Self::Active { job, step, noted } => {
                if let FulfilmentEvent::Ended(ended) = event {
                    Self::Ended(ended.end)
                } else if let FulfilmentEvent::ShipmentNoted(heard) = event {
                    Self::Active { job, step, noted: noted.max(Some(heard.whereabouts)) }
                } else {
                    Self::Active { step: step.after(&job, event).caught_up(noted), job, noted }
                }
            }
            ended @ Self::Ended(_) => ended,
        }
    }
}

impl Step {
    /// The shipment first, even one that was never requested: a repeated step must not find it on its way.
    fn giving_up(job: &Started, reason: CancelReason) -> Self {
        Self::Withdrawing { shipment: job.shipment(), reason }
    }

    /// Nobody waits for what was heard before.
    fn caught_up(self, noted: Option<Whereabouts>) -> Self {
        match (self, noted) {
            (Self::AwaitingDispatch { shipment }, Some(_)) => Self::IssuingGoods { shipment },
            (Self::AwaitingDelivery { shipment }, Some(Whereabouts::Arrived)) => Self::Completing { shipment },
            (step, _) => step,
        }
    }

    fn after(self, job: &Started, event: &FulfilmentEvent) -> Self {
        match event {
            FulfilmentEvent::Started(_) | FulfilmentEvent::Ended(_) | FulfilmentEvent::ShipmentNoted(_) => self,
            FulfilmentEvent::StockReserved(_) => Self::Paying,
            FulfilmentEvent::StockShort(short) => {
                Self::giving_up(job, CancelReason::OutOfStock { short: short.short.clone() })
            }
            FulfilmentEvent::PaymentAuthorized(_) | FulfilmentEvent::Resumed(_) => Self::Confirming,
            FulfilmentEvent::PaymentDeclined(declined) => {
                Self::giving_up(job, CancelReason::PaymentDeclined { reason: declined.reason.clone() })
            }
            FulfilmentEvent::PaymentUnknown(unknown) => {
                Self::AwaitingProvider { asked: unknown.asked, ask_at: unknown.ask_at }
            }
            FulfilmentEvent::ProviderAsked(asked) => Self::AskingProvider { asked: asked.asked },
            FulfilmentEvent::OrderConfirmed(_) => Self::RequestingShipment,
            FulfilmentEvent::Suspended(_) => Self::Suspended,
            FulfilmentEvent::ShipmentRequested(requested) => Self::AwaitingDispatch { shipment: requested.shipment },
            FulfilmentEvent::ShipmentLeft(left) => Self::IssuingGoods { shipment: left.shipment },
            FulfilmentEvent::GoodsIssued(issued) => Self::RecordingDispatch { shipment: issued.shipment },
            FulfilmentEvent::DispatchRecorded(recorded) => Self::AwaitingDelivery { shipment: recorded.shipment },
            FulfilmentEvent::ShipmentArrived(arrived) => Self::Completing { shipment: arrived.shipment },
            FulfilmentEvent::Abandoned(abandoned) => Self::giving_up(job, abandoned.reason.clone()),
            FulfilmentEvent::ShipmentWithdrawn(_) => match self {
                Self::Withdrawing { reason, .. } => Self::Compensating { reason },
                other => other,
            },
            FulfilmentEvent::Compensated(_) => match self {
                Self::Compensating { reason } => Self::Cancelling { reason },
                other => other,
            },
            FulfilmentEvent::Parked(parked) => Self::Parked { reason: parked.reason.clone(), at: Box::new(self) },
            FulfilmentEvent::Retried(_) => match self {
                Self::Parked { at, .. } => match *at {
                    Self::AwaitingProvider { asked, .. } => Self::AskingProvider { asked },
                    at => at,
                },
                other => other,
            },
        }
    }
}
