//! Sums of what was sold.

use orderflow_core::Currency;
use orderflow_engine::Tenant;

use super::{
    PostgresViews,
    rows::{self, Columns, Parameters},
};
use crate::views::{
    question::{Ranking, Sales, SalesBy, SalesPlace, Slice},
    row::{RankedProduct, SalesRow},
};

impl PostgresViews {
    pub(in crate::views) async fn sales(
        &self, tenant: &Tenant, sales: Sales, slice: Slice<SalesPlace>,
    ) -> crate::views::Result<Vec<SalesRow>> {
        let (key, currency) = slice.after.as_ref().map_or(("", ""), |place| (&place.key, &place.currency));
        let parameters = Parameters::default().with(tenant.as_str()).with(key).with(currency).with(slice.limit as i64);
        let in_range = |parameters: Parameters| {
            let (from, to) = sales.days();
            parameters.with(from).with(to)
        };
        let (sql, parameters) = match sales.by {
            SalesBy::Day => (include_str!("sql/sales_by_day.sql"), in_range(parameters)),
            SalesBy::Month => (include_str!("sql/sales_by_month.sql"), in_range(parameters)),
            SalesBy::Product => (include_str!("sql/sales_by_product.sql"), parameters),
            SalesBy::Country => (include_str!("sql/sales_by_country.sql"), parameters),
        };
        rows::list(&self.scan(sql, parameters).await?, sums)
    }

    pub(in crate::views) async fn top_products(
        &self, tenant: &Tenant, ranking: Ranking, currency: Option<Currency>, limit: usize,
    ) -> crate::views::Result<Vec<RankedProduct>> {
        let sql = match ranking {
            Ranking::Revenue => include_str!("sql/top_by_revenue.sql"),
            Ranking::Units => include_str!("sql/top_by_units.sql"),
        };
        let currency = currency.map(|currency| currency.to_string());
        let parameters = Parameters::default().with(tenant.as_str()).with(limit as i64).with(currency);
        rows::list(&self.scan(sql, parameters).await?, |columns| {
            Ok(RankedProduct { sales: sums(columns)?, description: columns.take()? })
        })
    }
}

fn sums(columns: &mut Columns<'_>) -> sqlx::Result<SalesRow> {
    Ok(SalesRow {
        key: columns.take()?,
        currency: columns.take()?,
        orders: columns.take()?,
        lines: columns.take()?,
        units: columns.take()?,
        revenue: columns.take()?,
        refunds: columns.take()?,
    })
}
