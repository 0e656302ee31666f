//! `processes`: where each conversation stands, and when it wants to be woken.
//!
//! The row of a process is a function of the last event of its stream, so a deadline commits with the event that set
//! it.

use orderflow_engine::{
    Projection, Recorded, Rows, TimeDelta, View,
    projection::{Column, Index, Value},
};

use super::{micros, own_key, version};
use crate::{AnyEvent, fulfilment::FulfilmentEvent};

/// A step that takes longer was interrupted, or fails again and again.
const LONGEST_STEP: TimeDelta = TimeDelta::seconds(30);

static VIEW: View = View {
    name: "processes",
    version: 2,
    key: &[Column::text("tenant"), Column::text("id")],
    columns: &[
        Column::text("process").or_text("fulfilment"),
        // running, waiting, parked or ended.
        Column::text("status").or_text("running"),
        Column::text("step"),
        Column::text("reason").or_null(),
        Column::int("deadline").or_null(),
        Column::int("started_at"),
        Column::int("updated_at"),
        Column::int("version"),
    ],
    indexes: &[
        Index { name: "by_deadline", columns: &["deadline"], where_present: Some("deadline") },
        Index { name: "by_status", columns: &["tenant", "status", "updated_at", "id"], where_present: None },
    ],
};

pub(super) const PROCESSES: Projection<AnyEvent> =
    Projection { view: &VIEW, kinds: <FulfilmentEvent as orderflow_engine::EventCodec>::KINDS, project };

fn project(event: &Recorded<AnyEvent>, rows: &mut Rows) {
    let AnyEvent::Fulfilment(step) = &event.event else { return };
    let resume = micros(event.time + LONGEST_STEP);
    let (status, name, deadline, reason) = match step {
        FulfilmentEvent::Started(_) => {
            rows.patch(own_key(event), vec![("started_at", micros(event.time))]);
            ("running", "reserve_stock", resume, None)
        }
        FulfilmentEvent::StockReserved(_) => ("running", "authorize_payment", resume, None),
        FulfilmentEvent::StockShort(_) => ("running", "release_stock", resume, None),
        FulfilmentEvent::PaymentAuthorized(_) => ("running", "confirm_order", resume, None),
        FulfilmentEvent::PaymentDeclined(declined) => {
            ("running", "release_stock", resume, Some(declined.reason.as_str()))
        }
        FulfilmentEvent::PaymentUnknown(unknown) => ("waiting", "ask_provider", micros(unknown.ask_at), None),
        FulfilmentEvent::ProviderAsked(_) => ("running", "ask_provider", resume, None),
        FulfilmentEvent::OrderConfirmed(_) => ("running", "request_shipment", resume, None),
        FulfilmentEvent::Suspended(_) => ("waiting", "release_of_hold", Value::Null, None),
        FulfilmentEvent::Resumed(_) => ("running", "confirm_order", resume, None),
        FulfilmentEvent::ShipmentRequested(_) => ("waiting", "dispatch", Value::Null, None),
        FulfilmentEvent::ShipmentLeft(_) => ("running", "issue_goods", resume, None),
        FulfilmentEvent::GoodsIssued(_) => ("running", "record_dispatch", resume, None),
        FulfilmentEvent::DispatchRecorded(_) => ("waiting", "delivery", Value::Null, None),
        FulfilmentEvent::ShipmentArrived(_) => ("running", "complete_order", resume, None),
        FulfilmentEvent::Abandoned(_) => ("running", "compensate", resume, None),
        FulfilmentEvent::ShipmentWithdrawn(_) => ("running", "compensate", resume, None),
        FulfilmentEvent::Compensated(_) => ("running", "cancel_order", resume, None),
        FulfilmentEvent::Parked(parked) => ("parked", "parked", Value::Null, Some(parked.reason.as_str())),
        FulfilmentEvent::ShipmentNoted(_) => {
            let noted = vec![("updated_at", micros(event.time)), ("version", version(event))];
            rows.patch(own_key(event), noted);
            return;
        }
        FulfilmentEvent::Retried(_) => ("running", "retry", resume, None),
        FulfilmentEvent::Ended(_) => ("ended", "ended", Value::Null, None),
    };
    let row = vec![
        ("status", status.into()),
        ("step", name.into()),
        ("reason", reason.into()),
        ("deadline", deadline),
        ("updated_at", micros(event.time)),
        ("version", version(event)),
    ];
    rows.patch(own_key(event), row);
}
