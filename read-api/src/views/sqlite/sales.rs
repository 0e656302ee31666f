//! Sums of what was sold.

use orderflow_core::Currency;
use orderflow_engine::Tenant;
use rusqlite::Row;

use super::SqliteViews;
use crate::views::{
    question::{Ranking, Sales, SalesBy, SalesPlace, Slice},
    row::{RankedProduct, SalesRow},
};

const BY_DAY: &str = "
    SELECT day, currency, orders, lines, units, revenue, refunds FROM sales_by_day
    WHERE tenant = ?1 AND (day, currency) > (?2, ?3) AND day BETWEEN ?5 AND ?6 AND (orders <> 0 OR refunds <> 0)
    ORDER BY day, currency LIMIT ?4";

const BY_MONTH: &str = "
    SELECT substr(day, 1, 7) AS month, currency, SUM(orders), SUM(lines), SUM(units), SUM(revenue), SUM(refunds)
    FROM sales_by_day
    WHERE tenant = ?1 AND (substr(day, 1, 7), currency) > (?2, ?3) AND day BETWEEN ?5 AND ?6
    GROUP BY month, currency HAVING SUM(orders) <> 0 OR SUM(refunds) <> 0
    ORDER BY month, currency LIMIT ?4";

const BY_PRODUCT: &str = "
    SELECT sku, currency, orders, lines, units, revenue, refunds FROM sales_by_product
    WHERE tenant = ?1 AND (sku, currency) > (?2, ?3) AND (orders <> 0 OR refunds <> 0)
    ORDER BY sku, currency LIMIT ?4";

const BY_COUNTRY: &str = "
    SELECT country, currency, orders, lines, units, revenue, refunds FROM sales_by_country
    WHERE tenant = ?1 AND (country, currency) > (?2, ?3) AND (orders <> 0 OR refunds <> 0)
    ORDER BY country, currency LIMIT ?4";

const TOP_BY_REVENUE: &str = "
    SELECT s.*, p.description FROM
        (SELECT sku, currency, orders, lines, units, revenue, refunds FROM sales_by_product
         WHERE tenant = ?1 AND orders <> 0 AND (?3 IS NULL OR currency = ?3) ORDER BY revenue DESC, sku, currency LIMIT ?2) s
    LEFT JOIN products p ON p.tenant = ?1 AND p.sku = s.sku
    ORDER BY s.revenue DESC, s.sku, s.currency";

const TOP_BY_UNITS: &str = "
    SELECT s.*, p.description FROM
        (SELECT sku, currency, orders, lines, units, revenue, refunds FROM sales_by_product
         WHERE tenant = ?1 AND orders <> 0 AND (?3 IS NULL OR currency = ?3) ORDER BY units DESC, sku, currency LIMIT ?2) s
    LEFT JOIN products p ON p.tenant = ?1 AND p.sku = s.sku
    ORDER BY s.units DESC, s.sku, s.currency";

impl SqliteViews {
    pub(in crate::views) async fn sales(
        &self, tenant: &Tenant, sales: Sales, slice: Slice<SalesPlace>,
    ) -> crate::views::Result<Vec<SalesRow>> {
        let tenant = tenant.clone();
        let (view, sql): (&'static [&'static str], _) = match sales.by {
            SalesBy::Day => (&["sales_by_day"], BY_DAY),
            SalesBy::Month => (&["sales_by_day"], BY_MONTH),
            SalesBy::Product => (&["sales_by_product"], BY_PRODUCT),
            SalesBy::Country => (&["sales_by_country"], BY_COUNTRY),
        };
        self.scan(view, move |connection| {
            let (key, currency) = slice.after.as_ref().map_or(("", ""), |place| (&place.key, &place.currency));
            let (tenant, limit) = (tenant.as_str(), slice.limit as i64);
            let mut statement = connection.prepare_cached(sql)?;
            match sales.by {
                SalesBy::Day | SalesBy::Month => {
                    let (from, to) = sales.days();
                    statement.query_map((tenant, key, currency, limit, from, to), sums)?.collect()
                }
                SalesBy::Product | SalesBy::Country => {
                    statement.query_map((tenant, key, currency, limit), sums)?.collect()
                }
            }
        })
        .await
    }

    pub(in crate::views) async fn top_products(
        &self, tenant: &Tenant, ranking: Ranking, currency: Option<Currency>, limit: usize,
    ) -> crate::views::Result<Vec<RankedProduct>> {
        let tenant = tenant.clone();
        self.scan(&["sales_by_product", "products"], move |connection| {
            let sql = match ranking {
                Ranking::Revenue => TOP_BY_REVENUE,
                Ranking::Units => TOP_BY_UNITS,
            };
            let currency = currency.map(|currency| currency.to_string());
            let ranked = |row: &Row<'_>| Ok(RankedProduct { sales: sums(row)?, description: row.get(7)? });
            connection.prepare_cached(sql)?.query_map((tenant.as_str(), limit as i64, currency), ranked)?.collect()
        })
        .await
    }
}

fn sums(row: &Row<'_>) -> rusqlite::Result<SalesRow> {
    Ok(SalesRow {
        key: row.get(0)?,
        currency: row.get(1)?,
        orders: row.get(2)?,
        lines: row.get(3)?,
        units: row.get(4)?,
        revenue: row.get(5)?,
        refunds: row.get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::sqlite::fixture::Views;

    #[tokio::test]
    async fn reports_are_read_in_the_order_of_their_key() {
        let views = Views::new().await;
        let day = views.plan(BY_DAY, ("default", "", "", 50, "", "~"));
        assert!(day.starts_with("SEARCH sales_by_day__g1 USING PRIMARY KEY (tenant=? AND day>?"), "{day}");
        assert!(!day.contains("TEMP"), "{day}");
        for sql in [BY_PRODUCT, BY_COUNTRY] {
            let plan = views.plan(sql, ("default", "", "", 50));
            assert!(plan.contains("USING PRIMARY KEY (tenant=? AND (") && !plan.contains("TEMP"), "{plan}");
        }
        for sql in [TOP_BY_REVENUE, TOP_BY_UNITS] {
            let plan = views.plan(sql, ("default", 10, None::<&str>));
            assert!(plan.contains("SEARCH products__g1 USING PRIMARY KEY (tenant=? AND sku=?)"), "{plan}");
        }
    }
}
