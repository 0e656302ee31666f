//! An order as it was, folded from its stream.

use orderflow_core::{
    OrderId,
    order::{CATEGORY, Order, OrderEvent, OrderState, OrderStatus},
};
use orderflow_engine::{Decider, EventReader, StreamName, Tenant, Timestamp, Version};
use orderflow_http::Problem;
use orderflow_stores::AnyReader;

use crate::{
    documents::parse_time,
    problems::Refused,
    views::{LinesRow, OrderRow, Total},
};

const PAGE: usize = 1000;

/// How far to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    Version(u64),
    /// Everything recorded until then, this time included.
    Time(Timestamp),
}

impl AsOf {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let version =
                text.parse().map_err(|_| Problem::invalid_parameter("as_of", "no order has as many versions"))?;
            return Ok(Self::Version(version));
        }
        parse_time("as_of", text).map(Self::Time)
    }
}

/// `None` when there was no such order then, or when it has not come to that version.
pub(super) async fn order(
    log: &AnyReader, tenant: &Tenant, id: OrderId, as_of: AsOf,
) -> Result<Option<(OrderRow, LinesRow)>, Problem> {
    let stream = StreamName::new(tenant, CATEGORY, id);
    let mut state = Order::initial();
    let mut version = Version::ZERO;
    let mut updated_at = Timestamp::UNIX_EPOCH;
    'log: loop {
        let page = log.read_stream(&stream, version, PAGE).await.map_err(Problem::refused)?;
        for event in &page {
            let wanted = match as_of {
                AsOf::Version(last) => event.version.0 <= last,
                AsOf::Time(last) => event.time <= last,
            };
            if !wanted {
                break 'log;
            }
            let decoded = event.decode::<OrderEvent>().map_err(Problem::refused)?;
            state = Order::evolve(state, &decoded.event);
            version = event.version;
            updated_at = event.time;
        }
        if page.len() < PAGE {
            break;
        }
    }
    match as_of {
        AsOf::Version(wanted) if wanted != version.0 => Ok(None),
        AsOf::Version(_) | AsOf::Time(_) => row(id, &state, version, updated_at),
    }
}

/// The state in the form of the views, so that one document serves both.
fn row(
    id: OrderId, state: &OrderState, version: Version, updated_at: Timestamp,
) -> Result<Option<(OrderRow, LinesRow)>, Problem> {
    let (Some(status), Some(particulars)) = (state.status(), state.particulars()) else { return Ok(None) };
    let currency = particulars.currency;
    let order = OrderRow {
        id: id.0,
        number: id.number(),
        status: status.as_str().to_owned(),
        fulfilment: state.fulfilment().as_str().to_owned(),
        payment: state.payment().as_str().to_owned(),
        on_hold: state.on_hold().map(str::to_owned),
        currency: currency.to_string(),
        total: Total::Amount(state.total()),
        placed_at: state.placed_at().map(|time| time.timestamp_micros()),
        customer: particulars.customer.map(|customer| customer.to_string()),
        country: particulars.country.map(ToString::to_string),
        reference: particulars.reference.map(str::to_owned),
        cancelled: state.cancel_reason().map(json).transpose()?,
        updated_at: updated_at.timestamp_micros(),
        version: version.0,
    };
    let lines = LinesRow { lines: json(&state.lines())?, shipped: Some(json(&shipped(state, status))?) };
    Ok(Some((order, lines)))
}

/// Pieces that have left, beside the lines.
fn shipped(state: &OrderState, status: OrderStatus) -> Vec<u32> {
    let pieces = |line: u32, quantity: u32, left: &[(u32, u32)]| {
        let left = left.iter().find(|(of, _)| *of == line).map_or(0, |(_, left)| *left);
        quantity - left.min(quantity)
    };
    let left: Vec<(u32, u32)> =
        state.next_shipment_lines().iter().map(|(line, _, quantity)| (*line, quantity.get())).collect();
    let lines = state.lines().iter().map(|line| (line.line, line.quantity.get()));
    match status {
        // Nothing leaves before an order is confirmed, and what has left is not cancelled.
        OrderStatus::Draft | OrderStatus::Placed | OrderStatus::Cancelled => lines.map(|_| 0).collect(),
        OrderStatus::Confirmed | OrderStatus::Completed => {
            lines.map(|(line, quantity)| pieces(line, quantity, &left)).collect()
        }
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(Problem::internal)
}
