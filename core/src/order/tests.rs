mod cancelling;
mod confirming;
mod drafting;
mod placing;
mod properties;
mod shipping;
mod strategies;

use orderflow_engine::{Decider, testing::given};
use rust_decimal::{Decimal, dec};

use super::*;
use crate::{
    Currency,
    testing::{at, currency, pieces, price, shipment, sku},
};

/// Twelve balls at 6.95 and four cards at 2.10, in pounds.
fn new_lines() -> Vec<NewLine> {
    vec![new_line("85048", 12, dec!(6.95), "GBP"), new_line("22041", 4, dec!(2.10), "GBP")]
}

fn new_line(name: &str, quantity: u32, amount: Decimal, code: &str) -> NewLine {
    NewLine {
        sku: sku(name),
        description: format!("the {name}"),
        quantity: pieces(quantity),
        unit_price: price(amount),
        currency: currency(code),
    }
}

fn line(number: u32, name: &str, quantity: u32, amount: Decimal, total: Decimal) -> Line {
    Line {
        line: number,
        sku: sku(name),
        description: format!("the {name}"),
        quantity: pieces(quantity),
        unit_price: price(amount),
        total,
    }
}

fn lines() -> Vec<Line> {
    vec![line(1, "85048", 12, dec!(6.95), dec!(83.40)), line(2, "22041", 4, dec!(2.10), dec!(8.40))]
}

fn particulars() -> Particulars {
    Particulars {
        customer: None,
        country: None,
        currency: Currency::GBP,
        reference: Some("489434".to_owned()),
        payment_token: "tok_approve".to_owned(),
    }
}

fn payload() -> Placed {
    let Particulars { customer, country, currency, reference, payment_token } = particulars();
    let (placed_at, lines, total) = (at(0), lines(), dec!(91.80));
    Placed { customer, country, currency, reference, payment_token, placed_at, lines, total }
}

fn place(lines: Vec<NewLine>) -> OrderCommand {
    OrderCommand::Place { particulars: particulars(), lines, placed_at: at(0) }
}

fn placed() -> OrderEvent {
    OrderEvent::Placed(payload())
}

fn drafted() -> OrderEvent {
    let Particulars { customer, country, currency, reference, payment_token } = particulars();
    OrderEvent::Drafted(Drafted { customer, country, currency, reference, payment_token })
}

fn stock_confirmed() -> OrderEvent {
    OrderEvent::StockConfirmed(StockConfirmed {})
}

fn stock_rejected() -> OrderEvent {
    OrderEvent::StockRejected(StockRejected { short: short() })
}

fn short() -> Vec<Shortage> {
    vec![Shortage { sku: sku("85048"), wanted: 12, available: 5 }]
}

fn payment_confirmed() -> OrderEvent {
    OrderEvent::PaymentConfirmed(PaymentConfirmed {})
}

fn payment_failed() -> OrderEvent {
    OrderEvent::PaymentFailed(PaymentFailed { reason: "no funds".to_owned() })
}

fn fail_payment() -> OrderCommand {
    OrderCommand::FailPayment { reason: "no funds".to_owned() }
}

fn no_funds() -> OrderRejection {
    OrderRejection::PaymentFailed { reason: "no funds".to_owned() }
}

fn confirmed() -> OrderEvent {
    OrderEvent::Confirmed(Confirmed {})
}

fn held(reason: &str) -> OrderEvent {
    OrderEvent::Held(Held { reason: reason.to_owned() })
}

fn hold(reason: &str) -> OrderCommand {
    OrderCommand::Hold { reason: reason.to_owned() }
}

fn released() -> OrderEvent {
    OrderEvent::Released(Released {})
}

fn dispatched(parcel: u32, shipped: [u32; 2], fulfilment: FulfilmentStatus) -> OrderEvent {
    let (shipment, shipped) = (shipment(parcel), shipped.to_vec());
    OrderEvent::ShipmentDispatched(ShipmentDispatched { shipment, shipped, fulfilment })
}

fn dispatch(parcel: u32, lines: &[(u32, u32)]) -> OrderCommand {
    let lines = lines.iter().map(|(line, quantity)| (*line, pieces(*quantity))).collect();
    OrderCommand::RecordDispatch { shipment: shipment(parcel), lines }
}

fn payment_captured() -> OrderEvent {
    OrderEvent::PaymentCaptured(PaymentCaptured {})
}

fn delivered(parcel: u32, fulfilment: FulfilmentStatus) -> OrderEvent {
    OrderEvent::Delivered(Delivered { shipment: shipment(parcel), fulfilment })
}

fn deliver(parcel: u32) -> OrderCommand {
    OrderCommand::RecordDelivery { shipment: shipment(parcel) }
}

fn completed() -> OrderEvent {
    OrderEvent::Completed(Completed {})
}

fn at_request() -> CancelReason {
    CancelReason::Requested { note: None }
}

fn cancel() -> OrderCommand {
    OrderCommand::Cancel { reason: at_request() }
}

fn cancelled(fulfilment: FulfilmentStatus, payment: PaymentStatus) -> OrderEvent {
    let placed = Some(Box::new(payload()));
    OrderEvent::Cancelled(Cancelled { reason: at_request(), fulfilment, payment, placed })
}

/// A draft with the two lines.
fn in_draft() -> Vec<OrderEvent> {
    let added = |line| OrderEvent::LineAdded(LineAdded { line });
    [drafted()].into_iter().chain(lines().into_iter().map(added)).collect()
}

fn in_confirmed() -> Vec<OrderEvent> {
    vec![placed(), stock_confirmed(), payment_confirmed(), confirmed()]
}

/// Half of the balls have left.
fn in_shipping() -> Vec<OrderEvent> {
    then(in_confirmed(), [dispatched(1, [6, 0], FulfilmentStatus::PartiallyShipped), payment_captured()])
}

fn in_completed() -> Vec<OrderEvent> {
    let all = dispatched(1, [12, 4], FulfilmentStatus::Shipped);
    then(in_confirmed(), [all, payment_captured(), delivered(1, FulfilmentStatus::Delivered), completed()])
}

fn in_cancelled() -> Vec<OrderEvent> {
    vec![placed(), cancelled(FulfilmentStatus::None, PaymentStatus::None)]
}

fn then<const N: usize>(events: Vec<OrderEvent>, more: [OrderEvent; N]) -> Vec<OrderEvent> {
    events.into_iter().chain(more).collect()
}

/// The command is refused, with one rejection in each of these histories.
#[track_caller]
fn refused(command: &OrderCommand, histories: impl IntoIterator<Item = (Vec<OrderEvent>, OrderRejection)>) {
    for (history, rejection) in histories {
        assert_eq!(Order::decide(&Order::fold(&history), command), Err(rejection), "{command:?} after {history:?}");
    }
}

/// The command changes nothing in each of these histories.
#[track_caller]
fn satisfied(command: &OrderCommand, histories: impl IntoIterator<Item = Vec<OrderEvent>>) {
    for history in histories {
        assert_eq!(Order::decide(&Order::fold(&history), command), Ok(vec![]), "{command:?} after {history:?}");
    }
}
