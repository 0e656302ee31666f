use super::event::ShipmentLine;
use crate::OrderId;

#[derive(Debug, Clone, PartialEq)]
pub enum ShipmentCommand {
    /// Satisfied when it was requested before.
    Request {
        order: OrderId,
        lines: Vec<ShipmentLine>,
    },
    Pack,
    /// From requested or packed, or again after a failed delivery.
    Dispatch {
        carrier: String,
        tracking: Option<String>,
    },
    Deliver,
    FailDelivery {
        reason: String,
    },
    /// Refused once the shipment has left. Withdraws for good a shipment that was never requested, too.
    Withdraw {
        order: OrderId,
    },
}
