use orderflow_engine::event_codec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Country;

/// Holds no personal data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Registered {
    /// The caller's own name for the customer: an account number, say.
    pub reference: Option<String>,
    pub country: Option<Country>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Activated {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deactivated {}

#[derive(Debug, Clone, PartialEq)]
pub enum CustomerEvent {
    Registered(Registered),
    Activated(Activated),
    Deactivated(Deactivated),
}

event_codec! {
    CustomerEvent {
        Registered(Registered) => "customer.registered.v1",
        Activated(Activated) => "customer.activated.v1",
        Deactivated(Deactivated) => "customer.deactivated.v1",
    }
}
