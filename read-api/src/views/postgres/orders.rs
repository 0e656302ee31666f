//! Orders: one with its lines, and lists, newest placed first.

use std::str::FromStr;

use orderflow_core::{
    OrderId,
    order::{CATEGORY, FulfilmentStatus, OrderStatus, PaymentStatus},
};
use orderflow_engine::{Slice as LogSlice, StreamName, Tenant};
use uuid::Uuid;

use super::{
    PostgresViews,
    rows::{self, Columns, Parameters},
    words,
};
use crate::views::{
    question::{OrderFilter, OrderPart, OrderPlace, OrderSearch, Slice},
    row::{FunnelCount, LinesRow, OrderRow, Total, WholeOrder},
};

impl PostgresViews {
    pub(in crate::views) async fn order(
        &self, tenant: &Tenant, id: OrderId,
    ) -> crate::views::Result<Option<WholeOrder>> {
        let slice = LogSlice::of(&StreamName::new(tenant, CATEGORY, id));
        let key = Parameters::default().with(tenant.as_str()).with(id.to_string()).with(slice.number() as i64);
        rows::one(&self.point(include_str!("sql/order.sql"), key).await?, |columns| {
            let order = order(columns)?;
            let (lines, shipped) = (columns.take::<Option<String>>()?, columns.take()?);
            Ok(WholeOrder { order, lines: lines.map(|lines| LinesRow { lines, shipped }) })
        })
    }

    pub(in crate::views) async fn orders(
        &self, tenant: &Tenant, filter: OrderFilter, slice: Slice<OrderPlace>,
    ) -> crate::views::Result<Vec<OrderRow>> {
        let after = slice.after.as_ref();
        let parameters = Parameters::default()
            .with(tenant.as_str())
            .with(filter.status.map(OrderStatus::as_str))
            .with(filter.fulfilment.map(FulfilmentStatus::as_str))
            .with(filter.payment.map(PaymentStatus::as_str))
            .with(filter.customer.map(|customer| customer.to_string()))
            .with(filter.country.as_deref())
            .with(filter.reference.as_deref())
            .with(filter.has(OrderPart::Placed, after))
            .with(filter.has(OrderPart::NeverPlaced, after))
            .with(filter.placed_from)
            .with(filter.placed_until)
            .with(after.and_then(|place| place.placed_at))
            .with(after.map(|place| place.id.as_str()))
            .with(slice.limit as i64);
        let rows = match &filter.search {
            None => self.scan(include_str!("sql/orders.sql"), parameters.with(None::<&str>)).await?,
            Some(OrderSearch::Id(id)) => {
                self.scan(include_str!("sql/orders.sql"), parameters.with(id.to_string())).await?
            }
            Some(OrderSearch::Text { beginning, words }) => {
                let ranges = [beginning.of_numbers(), beginning.of_references()];
                let parameters = parameters.with(words::tsquery(words));
                let parameters = ranges.as_flattened().iter().fold(parameters, |values, text| values.with(text));
                self.scan(include_str!("sql/orders_found.sql"), parameters).await?
            }
        };
        rows::list(&rows, order)
    }

    pub(in crate::views) async fn funnel(&self, tenant: &Tenant) -> crate::views::Result<Vec<FunnelCount>> {
        let rows = self.scan(include_str!("sql/funnel.sql"), Parameters::default().with(tenant.as_str())).await?;
        rows::list(&rows, |columns| {
            Ok(FunnelCount {
                status: columns.take()?,
                fulfilment: columns.take()?,
                payment: columns.take()?,
                orders: columns.unsigned()?,
                on_hold: columns.unsigned()?,
            })
        })
    }
}

fn order(columns: &mut Columns<'_>) -> sqlx::Result<OrderRow> {
    Ok(OrderRow {
        id: Uuid::from_str(columns.take()?).unwrap_or_default(),
        number: columns.take()?,
        status: columns.take()?,
        fulfilment: columns.take()?,
        payment: columns.take()?,
        on_hold: columns.take()?,
        currency: columns.take()?,
        total: Total::Minor(columns.take()?),
        placed_at: columns.take()?,
        customer: columns.take()?,
        country: columns.take()?,
        reference: columns.take()?,
        cancelled: columns.take()?,
        updated_at: columns.take()?,
        version: columns.unsigned()?,
    })
}
