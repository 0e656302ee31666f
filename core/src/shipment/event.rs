use orderflow_engine::event_codec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{OrderId, Quantity, Sku};

/// So many pieces of a line of the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentLine {
    pub line: u32,
    pub sku: Sku,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requested {
    pub order: OrderId,
    pub lines: Vec<ShipmentLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Packed {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dispatched {
    pub order: OrderId,
    pub carrier: String,
    pub tracking: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delivered {
    pub order: OrderId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryFailed {
    pub order: OrderId,
    pub reason: String,
}

/// The order was cancelled before the shipment left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawn {
    pub order: OrderId,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ShipmentEvent {
    Requested(Requested),
    Packed(Packed),
    Dispatched(Dispatched),
    Delivered(Delivered),
    DeliveryFailed(DeliveryFailed),
    Withdrawn(Withdrawn),
}

event_codec! {
    ShipmentEvent {
        Requested(Requested) => "shipment.requested.v1",
        Packed(Packed) => "shipment.packed.v1",
        Dispatched(Dispatched) => "shipment.dispatched.v1",
        Delivered(Delivered) => "shipment.delivered.v1",
        DeliveryFailed(DeliveryFailed) => "shipment.delivery_failed.v1",
        Withdrawn(Withdrawn) => "shipment.withdrawn.v1",
    }
}
