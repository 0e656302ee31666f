use orderflow_engine::{Timestamp, event_codec};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Currency, OrderId, ShipmentId,
    order::{CancelReason, Shortage},
    shipment::ShipmentLine,
};

/// What the process has to do, once and for all: an order that was placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Started {
    pub order: OrderId,
    /// All that is to be shipped.
    pub lines: Vec<ShipmentLine>,
    pub total: Decimal,
    pub currency: Currency,
    pub payment_token: String,
    /// When the reservation ends, unless the order is paid by then.
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockReserved {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockShort {
    pub short: Vec<Shortage>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentAuthorized {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentDeclined {
    pub reason: String,
}

/// The provider is asked again at `ask_at`, by the same idempotency key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentUnknown {
    pub asked: u32,
    pub ask_at: Timestamp,
}

/// The pause is over: the provider is asked for the `asked`-th time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderAsked {
    pub asked: u32,
}

/// The order knows that it is paid, and is confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OrderConfirmed {}

/// The warehouse was asked to ship the whole order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentRequested {
    pub shipment: ShipmentId,
}

/// The order is on hold: the process goes on when it is released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suspended {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {}

/// A shipment left: its stock is to be shipped and the payment captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentLeft {
    pub shipment: ShipmentId,
}

/// The shipment's pieces are off the books and the payment is captured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoodsIssued {
    pub shipment: ShipmentId,
}

/// The order knows that the shipment left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DispatchRecorded {
    pub shipment: ShipmentId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentArrived {
    pub shipment: ShipmentId,
}

/// The order will not be delivered: what was done for it is to be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Abandoned {
    pub reason: CancelReason,
}

/// The warehouse will not ship what it was asked to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentWithdrawn {}

/// Stock is released and nothing is owed: all that is left is to cancel the order, unless it is cancelled already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compensated {}

/// How the conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Completed,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    pub end: End,
}

/// The process cannot go on without a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parked {
    pub reason: String,
}

/// How far a shipment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    Left,
    Arrived,
}

/// What was heard of the shipment while the process was parked: it is taken up when the process gets there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentNoted {
    pub whereabouts: Whereabouts,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retried {}

#[derive(Debug, Clone, PartialEq)]
pub enum FulfilmentEvent {
    Started(Started),
    StockReserved(StockReserved),
    StockShort(StockShort),
    PaymentAuthorized(PaymentAuthorized),
    PaymentDeclined(PaymentDeclined),
    PaymentUnknown(PaymentUnknown),
    ProviderAsked(ProviderAsked),
    OrderConfirmed(OrderConfirmed),
    Suspended(Suspended),
    Resumed(Resumed),
    ShipmentRequested(ShipmentRequested),
    ShipmentLeft(ShipmentLeft),
    GoodsIssued(GoodsIssued),
    DispatchRecorded(DispatchRecorded),
    ShipmentArrived(ShipmentArrived),
    Abandoned(Abandoned),
    ShipmentWithdrawn(ShipmentWithdrawn),
    Compensated(Compensated),
    Parked(Parked),
    ShipmentNoted(ShipmentNoted),
    Retried(Retried),
    Ended(Ended),
}

event_codec! {
    FulfilmentEvent {
        Started(Started) => "fulfilment.started.v1",
        StockReserved(StockReserved) => "fulfilment.stock_reserved.v1",
        StockShort(StockShort) => "fulfilment.stock_short.v1",
        PaymentAuthorized(PaymentAuthorized) => "fulfilment.payment_authorized.v1",
        PaymentDeclined(PaymentDeclined) => "fulfilment.payment_declined.v1",
        PaymentUnknown(PaymentUnknown) => "fulfilment.payment_unknown.v1",
        ProviderAsked(ProviderAsked) => "fulfilment.provider_asked.v1",
        OrderConfirmed(OrderConfirmed) => "fulfilment.order_confirmed.v1",
        Suspended(Suspended) => "fulfilment.suspended.v1",
        Resumed(Resumed) => "fulfilment.resumed.v1",
        ShipmentRequested(ShipmentRequested) => "fulfilment.shipment_requested.v1",
        ShipmentLeft(ShipmentLeft) => "fulfilment.shipment_left.v1",
        GoodsIssued(GoodsIssued) => "fulfilment.goods_issued.v1",
        DispatchRecorded(DispatchRecorded) => "fulfilment.dispatch_recorded.v1",
        ShipmentArrived(ShipmentArrived) => "fulfilment.shipment_arrived.v1",
        Abandoned(Abandoned) => "fulfilment.abandoned.v1",
        ShipmentWithdrawn(ShipmentWithdrawn) => "fulfilment.shipment_withdrawn.v1",
        Compensated(Compensated) => "fulfilment.compensated.v1",
        Parked(Parked) => "fulfilment.parked.v1",
        ShipmentNoted(ShipmentNoted) => "fulfilment.shipment_noted.v1",
        Retried(Retried) => "fulfilment.retried.v1",
        Ended(Ended) => "fulfilment.ended.v1",
    }
}
