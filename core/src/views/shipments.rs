//! `shipments`: one row a shipment, listed by status for whoever packs and carries.

use orderflow_engine::{
    Projection, Recorded, Rows, View,
    projection::{Column, Index},
};

use super::{json, micros, own_key, version};
use crate::{AnyEvent, shipment::ShipmentEvent};

static VIEW: View = View {
    name: "shipments",
    version: 1,
    key: &[Column::text("tenant"), Column::text("id")],
    columns: &[
        Column::text("order_id"),
        Column::text("status").or_text("requested"),
        Column::json("lines"),
        Column::text("carrier").or_null(),
        Column::text("tracking").or_null(),
        Column::text("failure").or_null(),
        Column::int("requested_at"),
        Column::int("updated_at"),
        Column::int("version"),
    ],
    indexes: &[
        Index { name: "by_status", columns: &["tenant", "status", "requested_at", "id"], where_present: None },
        Index { name: "by_order", columns: &["tenant", "order_id"], where_present: None },
    ],
};

pub(super) const SHIPMENTS: Projection<AnyEvent> = Projection {
    view: &VIEW,
    kinds: &[
        "shipment.requested.v1",
        "shipment.packed.v1",
        "shipment.dispatched.v1",
        "shipment.delivered.v1",
        "shipment.delivery_failed.v1",
        "shipment.withdrawn.v1",
    ],
    project,
};

fn project(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    let AnyEvent::Shipment(shipment) = &event.event else { return };
    let mut changed = match shipment {
        ShipmentEvent::Requested(requested) => {
            let row = vec![
                ("order_id", requested.order.to_string().into()),
                ("lines", json(&requested.lines)),
                ("requested_at", micros(event.time)),
                ("updated_at", micros(event.time)),
                ("version", version(event)),
            ];
            rows.put(own_key(event), row);
            return;
        }
        ShipmentEvent::Packed(_) => vec![("status", "packed".into())],
        ShipmentEvent::Dispatched(dispatched) => vec![
            ("status", "dispatched".into()),
            ("carrier", dispatched.carrier.as_str().into()),
            ("tracking", dispatched.tracking.as_deref().into()),
        ],
        ShipmentEvent::Delivered(_) => vec![("status", "delivered".into())],
        ShipmentEvent::DeliveryFailed(failed) => {
            vec![("status", "delivery_failed".into()), ("failure", failed.reason.as_str().into())]
        }
        ShipmentEvent::Withdrawn(withdrawn) => {
            vec![("status", "withdrawn".into()), ("order_id", withdrawn.order.to_string().into())]
        }
    };
    changed.extend([("updated_at", micros(event.time)), ("version", version(event))]);
    rows.patch(own_key(event), changed);
}
