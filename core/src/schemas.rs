//! The JSON Schema of every event body, as it is written today.

use schemars::{Schema, generate::SchemaSettings};

macro_rules! payloads {
    ($generator:ident, $($module:ident { $($kind:literal: $payload:ident),+ $(,)? })+) => {
        vec![$($(
            (concat!(stringify!($module), ".", $kind), $generator.root_schema_for::<crate::$module::$payload>())
        ),+),+]
    };
}

/// One schema (draft 2020-12) for each event type of [`AnyEvent`](crate::AnyEvent), by its name.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Schema)> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    payloads! { generator,
        order {
            "drafted.v1": Drafted,
            "line_added.v1": LineAdded,
            "line_changed.v1": LineChanged,
            "line_removed.v1": LineRemoved,
            "placed.v1": Placed,
            "stock_confirmed.v1": StockConfirmed,
            "stock_rejected.v1": StockRejected,
            "payment_confirmed.v1": PaymentConfirmed,
            "payment_failed.v1": PaymentFailed,
            "confirmed.v1": Confirmed,
            "held.v1": Held,
            "released.v1": Released,
            "shipment_dispatched.v1": ShipmentDispatched,
            "payment_captured.v1": PaymentCaptured,
            "delivered.v1": Delivered,
            "completed.v1": Completed,
            "cancelled.v1": Cancelled,
        }
        stock {
            "received.v1": Received,
            "adjusted.v1": Adjusted,
            "reserved.v1": Reserved,
            "reservation_released.v1": ReservationReleased,
            "reservation_expired.v1": ReservationExpired,
            "shipped.v1": Shipped,
        }
        payment {
            "requested.v1": Requested,
            "attempted.v1": Attempted,
            "authorized.v1": Authorized,
            "declined.v1": Declined,
            "captured.v1": Captured,
            "voided.v1": Voided,
            "refunded.v1": Refunded,
            "outcome_unknown.v1": OutcomeUnknown,
            "reconciled.v1": Reconciled,
        }
        shipment {
            "requested.v1": Requested,
            "packed.v1": Packed,
            "dispatched.v1": Dispatched,
            "delivered.v1": Delivered,
            "delivery_failed.v1": DeliveryFailed,
            "withdrawn.v1": Withdrawn,
        }
        product {
            "listed.v1": Listed,
            "described.v1": Described,
            "price_changed.v1": PriceChanged,
            "discontinued.v1": Discontinued,
            "relisted.v1": Relisted,
        }
        customer {
            "registered.v1": Registered,
            "activated.v1": Activated,
            "deactivated.v1": Deactivated,
        }
        fulfilment {
            "started.v1": Started,
            "stock_reserved.v1": StockReserved,
            "stock_short.v1": StockShort,
            "payment_authorized.v1": PaymentAuthorized,
            "payment_declined.v1": PaymentDeclined,
            "payment_unknown.v1": PaymentUnknown,
            "provider_asked.v1": ProviderAsked,
            "order_confirmed.v1": OrderConfirmed,
            "suspended.v1": Suspended,
            "resumed.v1": Resumed,
            "shipment_requested.v1": ShipmentRequested,
            "shipment_left.v1": ShipmentLeft,
            "goods_issued.v1": GoodsIssued,
            "dispatch_recorded.v1": DispatchRecorded,
            "shipment_arrived.v1": ShipmentArrived,
            "abandoned.v1": Abandoned,
            "shipment_withdrawn.v1": ShipmentWithdrawn,
            "compensated.v1": Compensated,
            "parked.v1": Parked,
            "shipment_noted.v1": ShipmentNoted,
            "retried.v1": Retried,
            "ended.v1": Ended,
        }
    }
}
