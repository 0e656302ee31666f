//! What orders are answered with, made of the events of one command.

use orderflow_core::{
    Currency, Money, OrderId,
    order::{FulfilmentStatus, Line, OrderEvent, OrderStatus, PaymentStatus},
};
use orderflow_engine::Outcome;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::MoneyBody;

/// An order as a command left it.
///
/// It has three statuses. What other systems call one status maps to them: *Pending* is placed with nothing reserved,
/// *InventoryConfirmed* is placed and reserved, *PaymentConfirmed* or *Paid* is placed and authorized, *Processing* is
/// confirmed and not shipped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderAnswer {
    #[schema(value_type = uuid::Uuid)]
    id: OrderId,
    /// What people call the order.
    #[schema(example = "7Q2M4XK9TD")]
    number: String,
    /// `draft`, `placed`, `confirmed`, `completed` or `cancelled`.
    #[schema(value_type = String, example = "placed")]
    status: OrderStatus,
    /// `none`, `reserved`, `partially_shipped`, `shipped`, `delivered` or `released`.
    #[schema(value_type = String, example = "none")]
    fulfilment: FulfilmentStatus,
    /// `none`, `authorized`, `captured`, `failed` or `voided`.
    #[schema(value_type = String, example = "none")]
    payment: PaymentStatus,
    /// The sum of the line totals.
    total: MoneyBody,
}

impl OrderAnswer {
    /// `None` when these events neither drafted nor placed the order.
    pub(super) fn of(id: OrderId, events: &[OrderEvent]) -> Option<Self> {
        let (status, amount, currency) = match events.first()? {
            OrderEvent::Placed(placed) => (OrderStatus::Placed, placed.total, placed.currency),
            OrderEvent::Drafted(drafted) => {
                let total = added(events).map(|line| line.total).sum::<Decimal>();
                (OrderStatus::Draft, drafted.currency.round(total), drafted.currency)
            }
            OrderEvent::LineAdded(_)
            | OrderEvent::LineChanged(_)
            | OrderEvent::LineRemoved(_)
            | OrderEvent::StockConfirmed(_)
            | OrderEvent::StockRejected(_)
            | OrderEvent::PaymentConfirmed(_)
            | OrderEvent::PaymentFailed(_)
            | OrderEvent::Confirmed(_)
            | OrderEvent::Held(_)
            | OrderEvent::Released(_)
            | OrderEvent::ShipmentDispatched(_)
            | OrderEvent::PaymentCaptured(_)
            | OrderEvent::Delivered(_)
            | OrderEvent::Completed(_)
            | OrderEvent::Cancelled(_) => return None,
        };
        Some(Self {
            id,
            number: id.number(),
            status,
            fulfilment: FulfilmentStatus::None,
            payment: PaymentStatus::None,
            total: Money { amount, currency }.into(),
        })
    }
}

/// A line as a command left it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderLine {
    line: u32,
    sku: String,
    description: String,
    quantity: u32,
    unit_price: MoneyBody,
    total: MoneyBody,
}

impl OrderLine {
    fn of(line: &Line, currency: Currency) -> Self {
        Self {
            line: line.line,
            sku: line.sku.as_str().to_owned(),
            description: line.description.clone(),
            quantity: line.quantity.get(),
            unit_price: Money { amount: line.unit_price.amount(), currency }.into(),
            total: Money { amount: line.total, currency }.into(),
        }
    }
}

/// What became, or would become, of a draft's lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EditedOrder)]
pub(crate) struct EditedAnswer {
    #[schema(value_type = uuid::Uuid)]
    id: OrderId,
    /// The order's version after the edit; in a dry run its version now.
    version: u64,
    /// Whether this only shows what would change.
    dry_run: bool,
    added: Vec<OrderLine>,
    changed: Vec<OrderLine>,
    /// The numbers of the lines. They are not used again.
    removed: Vec<u32>,
}

impl EditedAnswer {
    pub(super) fn of(id: OrderId, currency: Currency, run: Run, outcome: &Outcome<OrderEvent>) -> Self {
        let events = &outcome.events;
        Self {
            id,
            version: outcome.version.0,
            dry_run: run == Run::Dry,
            added: added(events).map(|line| OrderLine::of(line, currency)).collect(),
            changed: changed(events).map(|line| OrderLine::of(line, currency)).collect(),
            removed: removed(events).collect(),
        }
    }
}

/// Whether an edit is carried out or only shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    Real,
    Dry,
}

fn added(events: &[OrderEvent]) -> impl Iterator<Item = &Line> {
    events.iter().filter_map(|event| if let OrderEvent::LineAdded(added) = event { Some(&added.line) } else { None })
}

fn changed(events: &[OrderEvent]) -> impl Iterator<Item = &Line> {
    events.iter().filter_map(
        |event| {
            if let OrderEvent::LineChanged(changed) = event { Some(&changed.line) } else { None }
        },
    )
}

fn removed(events: &[OrderEvent]) -> impl Iterator<Item = u32> {
    events
        .iter()
        .filter_map(|event| if let OrderEvent::LineRemoved(removed) = event { Some(removed.line) } else { None })
}
