//! Shipments, oldest first.

use orderflow_core::ShipmentId;
use orderflow_engine::Tenant;
use rusqlite::{OptionalExtension, Row};

use super::{SqliteViews, by_status, unsigned};
use crate::views::{
    question::{Place, ShipmentFilter, ShipmentStatus, Slice},
    row::ShipmentRow,
};

const VIEW: &str = "shipments";

const ONE: &str = "
    SELECT requested_at, id, order_id, status, lines, carrier, tracking, failure, updated_at, version FROM shipments
    WHERE tenant = ?1 AND id = ?2";

const OF_ORDER: &str = "
    SELECT requested_at, id, order_id, status, lines, carrier, tracking, failure, updated_at, version FROM shipments
    WHERE likelihood(tenant = ?1, 0.9) AND likelihood(order_id = ?2, 0.0001) AND (?3 IS NULL OR +status = ?3)
        AND (+requested_at, id) > (?4, ?5)
    ORDER BY +requested_at, id LIMIT ?6";

/// A list by status is in the order of the index `by_status`.
const LIST: by_status::List = by_status::List {
    view: "shipments",
    time: "requested_at",
    columns: "requested_at, id, order_id, status, lines, carrier, tracking, failure, updated_at, version",
    statuses: ShipmentStatus::NAMES,
};

impl SqliteViews {
    pub(in crate::views) fn shipment(
        &self, tenant: &Tenant, id: ShipmentId,
    ) -> crate::views::Result<Option<ShipmentRow>> {
        self.point(VIEW, |connection| {
            connection.prepare_cached(ONE)?.query_row((tenant.as_str(), id.to_string()), shipment).optional()
        })
    }

    pub(in crate::views) async fn shipments(
        &self, tenant: &Tenant, filter: ShipmentFilter, slice: Slice<Place>,
    ) -> crate::views::Result<Vec<ShipmentRow>> {
        let tenant = tenant.clone();
        self.scan(&[VIEW], move |connection| {
            let (at, after) = slice.begins_after();
            let (status, limit) = (filter.status.map(ShipmentStatus::as_str), slice.limit as i64);
            match filter.order {
                Some(order) => {
                    let values = (tenant.as_str(), order.to_string(), status, at, after, limit);
                    connection.prepare_cached(OF_ORDER)?.query_map(values, shipment)?.collect()
                }
                None => {
                    let mut statement = connection.prepare_cached(&LIST.sql(status))?;
                    statement.query_map((tenant.as_str(), at, after, limit), shipment)?.collect()
                }
            }
        })
        .await
    }
}

fn shipment(row: &Row<'_>) -> rusqlite::Result<ShipmentRow> {
    Ok(ShipmentRow {
        requested_at: row.get(0)?,
        id: row.get(1)?,
        order_id: row.get(2)?,
        status: row.get(3)?,
        lines: row.get(4)?,
        carrier: row.get(5)?,
        tracking: row.get(6)?,
        failure: row.get(7)?,
        updated_at: row.get(8)?,
        version: unsigned(row, 9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::sqlite::fixture::Views;

    #[tokio::test]
    async fn lists_are_read_in_the_order_of_their_index() {
        let views = Views::new().await;
        let index = "INDEX shipments__g1__by_status (tenant=? AND status=? AND (requested_at,id)>(?,?))";
        let one = views.plan(&LIST.sql(Some("requested")), ("default", 0, "", 50));
        assert!(one.contains(index) && !one.contains("TEMP"), "{one}");
        let all = views.plan(&LIST.sql(None), ("default", 0, "", 50));
        assert_eq!(all.matches(index).count(), ShipmentStatus::NAMES.len(), "{all}");
        let of_order = views.plan(OF_ORDER, ("default", "id", None::<&str>, 0, "", 50));
        assert!(of_order.contains("INDEX shipments__g1__by_order (tenant=? AND order_id=?)"), "{of_order}");
    }
}
