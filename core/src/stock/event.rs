use orderflow_engine::{Timestamp, event_codec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderId, Quantity, ShipmentId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Received {
    pub quantity: Quantity,
}

/// A stock count differed from the books.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Adjusted {
    pub delta: i64,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reserved {
    pub order: OrderId,
    pub quantity: Quantity,
    /// No reservation is made for the same order after this time, so a repeat need not be remembered for longer.
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReservationReleased {
    pub order: OrderId,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReservationExpired {
    pub order: OrderId,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shipped {
    pub order: OrderId,
    pub shipment: ShipmentId,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StockEvent {
    Received(Received),
    Adjusted(Adjusted),
    Reserved(Reserved),
    ReservationReleased(ReservationReleased),
    ReservationExpired(ReservationExpired),
    Shipped(Shipped),
}

event_codec! {
    StockEvent {
        Received(Received) => "stock.received.v1",
        Adjusted(Adjusted) => "stock.adjusted.v1",
        Reserved(Reserved) => "stock.reserved.v1",
        ReservationReleased(ReservationReleased) => "stock.reservation_released.v1",
        ReservationExpired(ReservationExpired) => "stock.reservation_expired.v1",
        Shipped(Shipped) => "stock.shipped.v1",
    }
}
