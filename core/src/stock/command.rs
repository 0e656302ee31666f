use orderflow_engine::Timestamp;

use crate::{OrderId, Quantity, ShipmentId};

#[derive(Debug, Clone, PartialEq)]
pub enum StockCommand {
    Receive {
        quantity: Quantity,
    },
    /// Refused when less than what is reserved would be left.
    Adjust {
        delta: i64,
        reason: String,
    },
    /// Reserves for one order, or refuses and says what is available. Satisfied when the order has, or had, a
    /// reservation here. `now` after `until` is refused.
    Reserve {
        order: OrderId,
        quantity: Quantity,
        until: Timestamp,
        now: Timestamp,
    },
    /// Satisfied when the order has no reservation (left) here.
    Release {
        order: OrderId,
    },
    /// Like `Release`, because the order was not paid in time.
    Expire {
        order: OrderId,
    },
    /// Takes reserved pieces off the shelf. Satisfied when this shipment was shipped before, or when the reservation is
    /// gone.
    Ship {
        order: OrderId,
        shipment: ShipmentId,
        quantity: Quantity,
    },
}
