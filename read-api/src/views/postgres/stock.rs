//! Stock, by SKU.

use std::sync::Arc;

use orderflow_core::Sku;
use orderflow_engine::Tenant;

use super::{
    PostgresViews,
    rows::{self, Columns, Parameters},
};
use crate::views::{question::Slice, row::StockRow};

impl PostgresViews {
    pub(in crate::views) async fn stock_item(
        &self, tenant: &Tenant, sku: &Sku,
    ) -> crate::views::Result<Option<StockRow>> {
        let key = Parameters::default().with(tenant.as_str()).with(sku.as_str());
        rows::one(&self.point(include_str!("sql/stock_item.sql"), key).await?, item)
    }

    pub(in crate::views) async fn stock(
        &self, tenant: &Tenant, slice: Slice<Arc<str>>,
    ) -> crate::views::Result<Vec<StockRow>> {
        let parameters = Parameters::default()
            .with(tenant.as_str())
            .with(slice.after.as_deref().unwrap_or_default())
            .with(slice.limit as i64);
        rows::list(&self.scan(include_str!("sql/stock.sql"), parameters).await?, item)
    }
}

fn item(columns: &mut Columns<'_>) -> sqlx::Result<StockRow> {
    Ok(StockRow {
        sku: columns.take()?,
        on_hand: columns.take()?,
        reserved: columns.take()?,
        shipped: columns.take()?,
        version: columns.unsigned()?,
    })
}
