//! On whose behalf a request is carried out.

use std::sync::Arc;

use orderflow_engine::Tenant;

/// Made for each request in one place, where the parts that do not depend on its endpoint are read.
#[derive(Debug, Clone)]
pub struct Caller {
    pub tenant: Tenant,
    /// Written beside every event.
    pub actor: Arc<str>,
    pub privilege: Privilege,
}

/// What a caller may decide beyond what everyone may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// Prices come from the catalogue, and times from the clock.
    Ordinary,
    /// May name the price of a line and the time of an order.
    Operator,
}

impl Caller {
    /// Everyone who can reach a server that listens on loopback only.
    #[must_use]
    pub fn operator() -> Self {
        Self { tenant: Tenant::default(), actor: Arc::from("operator"), privilege: Privilege::Operator }
    }
}
