//! Stock, by SKU.

use std::sync::Arc;

use orderflow_core::Sku;
use orderflow_engine::Tenant;
use rusqlite::{OptionalExtension, Row};

use super::{SqliteViews, unsigned};
use crate::views::{question::Slice, row::StockRow};

const VIEW: &str = "stock";

const ONE: &str = "SELECT sku, on_hand, reserved, shipped, version FROM stock WHERE tenant = ?1 AND sku = ?2";

const LIST: &str = "
    SELECT sku, on_hand, reserved, shipped, version FROM stock
    WHERE tenant = ?1 AND sku > ?2 ORDER BY sku LIMIT ?3";

impl SqliteViews {
    pub(in crate::views) fn stock_item(&self, tenant: &Tenant, sku: &Sku) -> crate::views::Result<Option<StockRow>> {
        self.point(VIEW, |connection| {
            connection.prepare_cached(ONE)?.query_row((tenant.as_str(), sku.as_str()), item).optional()
        })
    }

    pub(in crate::views) async fn stock(
        &self, tenant: &Tenant, slice: Slice<Arc<str>>,
    ) -> crate::views::Result<Vec<StockRow>> {
        let tenant = tenant.clone();
        self.scan(&[VIEW], move |connection| {
            let after = slice.after.as_deref().unwrap_or_default();
            connection.prepare_cached(LIST)?.query_map((tenant.as_str(), after, slice.limit as i64), item)?.collect()
        })
        .await
    }
}

fn item(row: &Row<'_>) -> rusqlite::Result<StockRow> {
    Ok(StockRow {
        sku: row.get(0)?,
        on_hand: row.get(1)?,
        reserved: row.get(2)?,
        shipped: row.get(3)?,
        version: unsigned(row, 4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::sqlite::fixture::Views;

    #[tokio::test]
    async fn the_key_is_all_that_is_needed() {
        let views = Views::new().await;
        let one = views.plan(ONE, ("default", "A"));
        assert_eq!(one, "SEARCH stock__g1 USING PRIMARY KEY (tenant=? AND sku=?)");
        let list = views.plan(LIST, ("default", "A", 50));
        assert_eq!(list, "SEARCH stock__g1 USING PRIMARY KEY (tenant=? AND sku>?)");
    }
}
