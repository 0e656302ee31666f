//! The catalogue, by SKU.

use std::sync::Arc;

use orderflow_core::Sku;
use orderflow_engine::Tenant;
use rusqlite::{OptionalExtension, Row};

use super::{SqliteViews, unsigned};
use crate::views::{question::Slice, row::ProductRow};

const VIEW: &str = "products";

const ONE: &str = "
    SELECT sku, description, price, currency, status, updated_at, version FROM products
    WHERE tenant = ?1 AND sku = ?2";

const LIST: &str = "
    SELECT sku, description, price, currency, status, updated_at, version FROM products
    WHERE tenant = ?1 AND sku > ?2 ORDER BY sku LIMIT ?3";

impl SqliteViews {
    pub(in crate::views) fn product(&self, tenant: &Tenant, sku: &Sku) -> crate::views::Result<Option<ProductRow>> {
        self.point(VIEW, |connection| {
            connection.prepare_cached(ONE)?.query_row((tenant.as_str(), sku.as_str()), product).optional()
        })
    }

    pub(in crate::views) async fn products(
        &self, tenant: &Tenant, slice: Slice<Arc<str>>,
    ) -> crate::views::Result<Vec<ProductRow>> {
        let tenant = tenant.clone();
        self.scan(&[VIEW], move |connection| {
            let after = slice.after.as_deref().unwrap_or_default();
            connection.prepare_cached(LIST)?.query_map((tenant.as_str(), after, slice.limit as i64), product)?.collect()
        })
        .await
    }
}

fn product(row: &Row<'_>) -> rusqlite::Result<ProductRow> {
    Ok(ProductRow {
        sku: row.get(0)?,
        description: row.get(1)?,
        price: row.get(2)?,
        currency: row.get(3)?,
        status: row.get(4)?,
        updated_at: row.get(5)?,
        version: unsigned(row, 6)?,
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
        assert_eq!(one, "SEARCH products__g1 USING PRIMARY KEY (tenant=? AND sku=?)");
        let list = views.plan(LIST, ("default", "A", 50));
        assert_eq!(list, "SEARCH products__g1 USING PRIMARY KEY (tenant=? AND sku>?)");
    }
}
