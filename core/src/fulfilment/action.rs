//! What the process wants done, and what can come of it.

use orderflow_engine::Timestamp;
use rust_decimal::Decimal;

use crate::{
    Currency, OrderId, Quantity, ShipmentId, Sku,
    order::{CancelReason, Shortage},
    shipment::ShipmentLine,
};

/// Every action may be carried out again, and then changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Reserve {
        order: OrderId,
        sku: Sku,
        quantity: Quantity,
        until: Timestamp,
    },
    ConfirmStock {
        order: OrderId,
    },
    Authorize {
        order: OrderId,
        amount: Decimal,
        currency: Currency,
        token: String,
    },
    /// Asks the provider what became of the authorization, and authorizes under the same key if it knows nothing of it.
    AskProvider {
        order: OrderId,
    },
    ConfirmPayment {
        order: OrderId,
    },
    RequestShipment {
        order: OrderId,
        shipment: ShipmentId,
        lines: Vec<ShipmentLine>,
    },
    Ship {
        order: OrderId,
        shipment: ShipmentId,
        sku: Sku,
        quantity: Quantity,
    },
    Capture {
        order: OrderId,
    },
    RecordDispatch {
        order: OrderId,
        shipment: ShipmentId,
        lines: Vec<(u32, Quantity)>,
    },
    RecordDelivery {
        order: OrderId,
        shipment: ShipmentId,
    },
    Withdraw {
        order: OrderId,
        shipment: ShipmentId,
    },
    Release {
        order: OrderId,
        sku: Sku,
    },
    Expire {
        order: OrderId,
        sku: Sku,
    },
    Void {
        order: OrderId,
    },
    RejectStock {
        order: OrderId,
        short: Vec<Shortage>,
    },
    FailPayment {
        order: OrderId,
        reason: String,
    },
    Cancel {
        order: OrderId,
        reason: CancelReason,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Done,
    /// There was too little of it: `Reserve`.
    Short(Shortage),
    /// The time to reserve is over: `Reserve`.
    TooLate,
    /// The order is on hold: `ConfirmPayment`.
    OnHold,
    /// The order was cancelled by someone else.
    OrderCancelled,
    Declined {
        reason: String,
    },
    /// The payment provider did not answer, so nobody knows.
    Unknown {
        reason: String,
    },
    /// Refused for a reason that nobody thought of: a person has to look.
    Refused {
        what: String,
    },
}
