//! The catalogue, by SKU.

use std::sync::Arc;

use orderflow_core::Sku;
use orderflow_engine::Tenant;

use super::{
    PostgresViews,
    rows::{self, Columns, Parameters},
    words,
};
use crate::views::{
    question::{Slice, Words},
    row::ProductRow,
};

impl PostgresViews {
    pub(in crate::views) async fn product(
        &self, tenant: &Tenant, sku: &Sku,
    ) -> crate::views::Result<Option<ProductRow>> {
        let key = Parameters::default().with(tenant.as_str()).with(sku.as_str());
        rows::one(&self.point(include_str!("sql/product.sql"), key).await?, product)
    }

    pub(in crate::views) async fn products(
        &self, tenant: &Tenant, words: Option<Words>, slice: Slice<Arc<str>>,
    ) -> crate::views::Result<Vec<ProductRow>> {
        let parameters = Parameters::default()
            .with(tenant.as_str())
            .with(slice.after.as_deref().unwrap_or_default())
            .with(slice.limit as i64);
        let rows = match words {
            None => self.scan(include_str!("sql/products.sql"), parameters).await?,
            Some(words) => {
                let parameters = parameters.with(words::tsquery(&words));
                self.scan(include_str!("sql/products_found.sql"), parameters).await?
            }
        };
        rows::list(&rows, product)
    }
}

fn product(columns: &mut Columns<'_>) -> sqlx::Result<ProductRow> {
    Ok(ProductRow {
        sku: columns.take()?,
        description: columns.take()?,
        price: columns.take()?,
        currency: columns.take()?,
        status: columns.take()?,
        updated_at: columns.take()?,
        version: columns.unsigned()?,
    })
}
