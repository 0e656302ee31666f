//! The registry of identities: a mix-up of two of them does not compile.

use std::{fmt, str::FromStr, sync::Arc};

use orderflow_engine::{StreamName, Tenant};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )+ };
}

uuid_ids! {
    OrderId,
    CustomerId,
    PaymentId,
    ShipmentId,
}

impl OrderId {
    /// An order has one payment, and so its id follows from the order's (RFC 9562, version 5).
    #[must_use]
    pub fn payment(self) -> PaymentId {
        PaymentId(Uuid::new_v5(&self.0, b"payment"))
    }

    /// The order's n-th shipment, counted from 1.
    #[must_use]
    pub fn shipment(self, n: u32) -> ShipmentId {
        ShipmentId(Uuid::new_v5(&self.0, format!("shipment-{n}").as_bytes()))
    }

    /// What people call the order: ten characters of Crockford's base 32, from the random end of the id.
    #[must_use]
    pub fn number(self) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let bits = self.0.as_u128();
        (0..10).rev().map(|place| char::from(ALPHABET[(bits >> (place * 5)) as usize & 31])).collect()
    }
}

/// A stock-keeping unit: the retailer's own name of a product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
#[schemars(with = "String")]
pub struct Sku(Arc<str>);

impl Sku {
    pub const MAX_CHARS: usize = 64;
    /// So that a stream's name has room for it, for the longest category and for the longest tenant.
    pub const MAX_BYTES: usize = 190;

    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidSku> {
        let text = text.into();
        let valid = !text.is_empty()
            && text.len() <= Self::MAX_BYTES
            && text.chars().count() <= Self::MAX_CHARS
            && text.trim() == &*text
            && !text.chars().any(|c| c.is_control() || c == '@');
        if valid { Ok(Self(text)) } else { Err(InvalidSku) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `@` is kept for the tenant in a stream's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a SKU is 1 to 64 characters (at most 190 bytes in UTF-8), without control characters, '@' or spaces around it"
)]
pub struct InvalidSku;

impl TryFrom<Arc<str>> for Sku {
    type Error = InvalidSku;
    fn try_from(text: Arc<str>) -> Result<Self, InvalidSku> {
        Self::new(text)
    }
}

impl From<Sku> for Arc<str> {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

impl FromStr for Sku {
    type Err = InvalidSku;
    fn from_str(text: &str) -> Result<Self, InvalidSku> {
        Self::new(text)
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The streams that belong to an order, for whoever wants its whole story: order, payment, fulfilment, first shipments.
#[must_use]
pub fn streams_of(tenant: &Tenant, order: OrderId, shipments: u32) -> Vec<StreamName> {
    let mut streams = vec![
        StreamName::new(tenant, crate::order::CATEGORY, order),
        StreamName::new(tenant, crate::payment::CATEGORY, order.payment()),
        StreamName::new(tenant, crate::fulfilment::CATEGORY, order),
    ];
    streams.extend((1..=shipments).map(|n| StreamName::new(tenant, crate::shipment::CATEGORY, order.shipment(n))));
    streams
}
