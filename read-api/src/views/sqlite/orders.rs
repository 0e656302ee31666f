//! Orders: one with its lines, and lists, newest placed first.

mod list;

use std::str::FromStr;

use orderflow_core::OrderId;
use orderflow_engine::Tenant;
use rusqlite::{Row, types::ValueRef};
use uuid::Uuid;

use super::{SqliteViews, position, unsigned};
use crate::views::{
    question::{Answer, OrderFilter, OrderPlace, Slice},
    row::{FunnelCount, LinesRow, OrderRow, Total, WholeOrder},
};

/// One row even when there is no such order: its position is of interest too.
const ORDER: &str = "
    SELECT o.id, o.number, o.status, o.fulfilment, o.payment, o.on_hold, o.currency, o.total, o.placed_at, o.customer,
           o.country, o.reference, o.cancelled, o.updated_at, o.version,
           (SELECT position FROM projections WHERE view = 'orders' AND role = 'serving'),
           (SELECT position FROM projections WHERE view = 'order_lines' AND role = 'serving'),
           l.lines, l.shipped
    FROM (SELECT 1)
    LEFT JOIN orders o ON o.tenant = ?1 AND o.id = ?2
    LEFT JOIN order_lines l ON l.tenant = ?1 AND l.id = ?2";

const FUNNEL: &str = "
    SELECT status, fulfilment, payment, COUNT(*), COUNT(on_hold) FROM orders WHERE tenant = ?1
    GROUP BY status, fulfilment, payment";

impl SqliteViews {
    pub(in crate::views) fn order(&self, tenant: &Tenant, id: OrderId) -> crate::views::Result<Option<WholeOrder>> {
        let mut text = Uuid::encode_buffer();
        let id: &str = id.0.hyphenated().encode_lower(&mut text);
        self.point_with(|connection| {
            connection.prepare_cached(ORDER)?.query_row((tenant.as_str(), id), |row| {
                let (Some(orders), lines_at) = (row.get(15)?, row.get::<_, Option<i64>>(16)?) else { return Ok(None) };
                let value = match row.get_ref(0)? {
                    ValueRef::Null => None,
                    _ => {
                        // Lines that are older or younger than the order would not be its lines at that version.
                        let lines = if lines_at == Some(orders) { lines(row)? } else { None };
                        Some(WholeOrder { order: order(row)?, lines })
                    }
                };
                Ok(Some(Answer { position: position(orders), value }))
            })
        })
    }

    pub(in crate::views) async fn orders(
        &self, tenant: &Tenant, filter: OrderFilter, slice: Slice<OrderPlace>,
    ) -> crate::views::Result<Vec<OrderRow>> {
        let tenant = tenant.clone();
        self.scan(filter.views(), move |connection| {
            let mut rows = Vec::with_capacity(slice.limit);
            for statement in list::statements(&tenant, &filter, &slice) {
                let wanted = i64::try_from(slice.limit - rows.len()).unwrap_or(i64::MAX);
                let mut prepared = connection.prepare_cached(&statement.sql)?;
                let values = statement.values.into_iter().chain([wanted.into()]);
                for row in prepared.query_map(rusqlite::params_from_iter(values), order)? {
                    rows.push(row?);
                }
            }
            Ok(rows)
        })
        .await
    }

    pub(in crate::views) async fn funnel(&self, tenant: &Tenant) -> crate::views::Result<Vec<FunnelCount>> {
        let tenant = tenant.clone();
        self.scan(&["orders"], move |connection| {
            let count = |row: &Row<'_>| {
                Ok(FunnelCount {
                    status: row.get(0)?,
                    fulfilment: row.get(1)?,
                    payment: row.get(2)?,
                    orders: unsigned(row, 3)?,
                    on_hold: unsigned(row, 4)?,
                })
            };
            connection.prepare_cached(FUNNEL)?.query_map([tenant.as_str()], count)?.collect()
        })
        .await
    }
}

/// The first fifteen columns, in the order of [`list::COLUMNS`].
fn order(row: &Row<'_>) -> rusqlite::Result<OrderRow> {
    Ok(OrderRow {
        id: row.get_ref(0)?.as_str().ok().and_then(|id| Uuid::from_str(id).ok()).unwrap_or_default(),
        number: row.get(1)?,
        status: row.get(2)?,
        fulfilment: row.get(3)?,
        payment: row.get(4)?,
        on_hold: row.get(5)?,
        currency: row.get(6)?,
        total: Total::Minor(row.get(7)?),
        placed_at: row.get(8)?,
        customer: row.get(9)?,
        country: row.get(10)?,
        reference: row.get(11)?,
        cancelled: row.get(12)?,
        updated_at: row.get(13)?,
        version: unsigned(row, 14)?,
    })
}

fn lines(row: &Row<'_>) -> rusqlite::Result<Option<LinesRow>> {
    let lines: Option<String> = row.get(17)?;
    let shipped = row.get(18)?;
    Ok(lines.map(|lines| LinesRow { lines, shipped }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::sqlite::fixture::Views;

    #[tokio::test]
    async fn an_order_is_found_by_its_keys() {
        let plan = Views::new().await.plan(ORDER, ("default", "id"));
        for step in [
            "SEARCH orders__g1 USING PRIMARY KEY (tenant=? AND id=?)",
            "SEARCH order_lines__g1 USING PRIMARY KEY (tenant=? AND id=?)",
            "SEARCH projections USING PRIMARY KEY (view=?)",
        ] {
            assert!(plan.contains(step), "{plan}");
        }
        assert!(!plan.contains("MATERIALIZE") && !plan.contains("SCAN o"), "{plan}");
    }
}
