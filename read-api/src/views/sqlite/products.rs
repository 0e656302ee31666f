//! The catalogue, by SKU.

use std::sync::Arc;

use orderflow_core::Sku;
use orderflow_engine::Tenant;
use rusqlite::{OptionalExtension, Row, types::Value};

use super::{SqliteViews, unsigned, words};
use crate::views::{
    question::{Slice, Words},
    row::ProductRow,
};

const VIEW: &str = "products";

const ONE: &str = "
    SELECT sku, description, price, currency, status, updated_at, version FROM products
    WHERE tenant = ?1 AND sku = ?2";

const COLUMNS: &str = "sku, description, price, currency, status, updated_at, version";

impl SqliteViews {
    pub(in crate::views) fn product(&self, tenant: &Tenant, sku: &Sku) -> crate::views::Result<Option<ProductRow>> {
        self.point(VIEW, |connection| {
            connection.prepare_cached(ONE)?.query_row((tenant.as_str(), sku.as_str()), product).optional()
        })
    }

    pub(in crate::views) async fn products(
        &self, tenant: &Tenant, words: Option<Words>, slice: Slice<Arc<str>>,
    ) -> crate::views::Result<Vec<ProductRow>> {
        let tenant = tenant.clone();
        self.scan(&[VIEW], move |connection| {
            let after = slice.after.as_deref().unwrap_or_default();
            let (sql, begun) = list(words.as_ref());
            let key = [tenant.as_str(), after].map(|text| Value::Text(text.to_owned()));
            let values = key.into_iter().chain(begun).chain([Value::Integer(slice.limit as i64)]);
            connection.prepare_cached(&sql)?.query_map(rusqlite::params_from_iter(values), product)?.collect()
        })
        .await
    }
}

/// Takes tenant, SKU to go on after, the values that come with it, and the number of rows wanted.
fn list(words: Option<&Words>) -> (String, Vec<Value>) {
    let (found, begun) = words.map_or_else(|| ("1".to_owned(), vec![]), |words| words::condition("words", words));
    (format!("SELECT {COLUMNS} FROM products WHERE tenant = ? AND sku > ? AND {found} ORDER BY sku LIMIT ?"), begun)
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
        for (words, found) in [(None, [].as_slice()), (Some(Words::of("white t-light")), &[" white", " t", " light"])] {
            let (sql, begun) = list(words.as_ref());
            assert_eq!(begun, found.iter().map(|word| Value::Text((*word).to_owned())).collect::<Vec<_>>());
            let values = ["default", "A"].map(|text| Value::Text(text.to_owned())).into_iter().chain(begun);
            let list = views.plan(&sql, rusqlite::params_from_iter(values.chain([Value::Integer(50)])));
            assert_eq!(list, "SEARCH products__g1 USING PRIMARY KEY (tenant=? AND sku>?)");
        }
    }
}
