//! The three statuses of an order, which users filter by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? })+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    )+ };
}

statuses! {
    OrderStatus { Draft = "draft", Placed = "placed", Confirmed = "confirmed", Completed = "completed", Cancelled = "cancelled" }

    FulfilmentStatus {
        None = "none",
        Reserved = "reserved",
        PartiallyShipped = "partially_shipped",
        Shipped = "shipped",
        Delivered = "delivered",
        Released = "released",
    }

    PaymentStatus {
        None = "none",
        Authorized = "authorized",
        Captured = "captured",
        Failed = "failed",
        Voided = "voided",
    }
}
