use orderflow_engine::{Timestamp, event_codec};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::{FulfilmentStatus, PaymentStatus};
use crate::{Country, Currency, CustomerId, Quantity, ShipmentId, Sku, UnitPrice};

/// A line of an order. Lines are numbered from 1 in the order they were given; one SKU may stand on several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub line: u32,
    pub sku: Sku,
    pub description: String,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    /// Unit price times quantity, rounded half to even to the currency's minor unit.
    pub total: Decimal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drafted {
    pub customer: Option<CustomerId>,
    pub country: Option<Country>,
    pub currency: Currency,
    /// The caller's own name for the order: an invoice number, say.
    pub reference: Option<String>,
    pub payment_token: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineAdded {
    pub line: Line,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineChanged {
    pub line: Line,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineRemoved {
    pub line: u32,
}

/// The whole order as it was placed, so that a reader needs no other event to know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Placed {
    pub customer: Option<CustomerId>,
    pub country: Option<Country>,
    pub currency: Currency,
    pub reference: Option<String>,
    pub payment_token: String,
    pub placed_at: Timestamp,
    pub lines: Vec<Line>,
    pub total: Decimal,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockConfirmed {}

/// What one SKU lacked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shortage {
    pub sku: Sku,
    pub wanted: u32,
    pub available: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StockRejected {
    pub short: Vec<Shortage>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentConfirmed {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentFailed {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Released {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentDispatched {
    pub shipment: ShipmentId,
    /// How many pieces of each line have gone so far, in the order of the lines as placed.
    pub shipped: Vec<u32>,
    /// `partially_shipped` or `shipped`, by what is still to go.
    pub fulfilment: FulfilmentStatus,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentCaptured {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delivered {
    pub shipment: ShipmentId,
    /// `delivered` when nothing of the order is still on its way or still to go.
    pub fulfilment: FulfilmentStatus,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Completed {}

/// Why an order ended without being delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum CancelReason {
    OutOfStock {
        short: Vec<Shortage>,
    },
    PaymentDeclined {
        reason: String,
    },
    /// Not paid before the reservation ended.
    Expired,
    Requested {
        note: Option<String>,
    },
}

/// Names what the order was, so that a reader can take it out of its sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cancelled {
    pub reason: CancelReason,
    pub fulfilment: FulfilmentStatus,
    pub payment: PaymentStatus,
    /// `None` when it was still a draft.
    pub placed: Option<Box<Placed>>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum OrderEvent {
    Drafted(Drafted),
    LineAdded(LineAdded),
    LineChanged(LineChanged),
    LineRemoved(LineRemoved),
    Placed(Placed),
    StockConfirmed(StockConfirmed),
    StockRejected(StockRejected),
    PaymentConfirmed(PaymentConfirmed),
    PaymentFailed(PaymentFailed),
    Confirmed(Confirmed),
    Held(Held),
    Released(Released),
    ShipmentDispatched(ShipmentDispatched),
    PaymentCaptured(PaymentCaptured),
    Delivered(Delivered),
    Completed(Completed),
    Cancelled(Cancelled),
}

event_codec! {
    OrderEvent {
        Drafted(Drafted) => "order.drafted.v1",
        LineAdded(LineAdded) => "order.line_added.v1",
        LineChanged(LineChanged) => "order.line_changed.v1",
        LineRemoved(LineRemoved) => "order.line_removed.v1",
        Placed(Placed) => "order.placed.v1",
        StockConfirmed(StockConfirmed) => "order.stock_confirmed.v1",
        StockRejected(StockRejected) => "order.stock_rejected.v1",
        PaymentConfirmed(PaymentConfirmed) => "order.payment_confirmed.v1",
        PaymentFailed(PaymentFailed) => "order.payment_failed.v1",
        Confirmed(Confirmed) => "order.confirmed.v1",
        Held(Held) => "order.held.v1",
        Released(Released) => "order.released.v1",
        ShipmentDispatched(ShipmentDispatched) => "order.shipment_dispatched.v1",
        PaymentCaptured(PaymentCaptured) => "order.payment_captured.v1",
        Delivered(Delivered) => "order.delivered.v1",
        Completed(Completed) => "order.completed.v1",
        Cancelled(Cancelled) => "order.cancelled.v1",
    }
}
