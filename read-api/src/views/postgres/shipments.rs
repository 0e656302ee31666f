//! Shipments, oldest first.

use orderflow_core::ShipmentId;
use orderflow_engine::Tenant;

use super::{
    PostgresViews, by_status,
    rows::{self, Columns, Parameters},
};
use crate::views::{
    question::{Place, ShipmentFilter, ShipmentStatus, Slice},
    row::ShipmentRow,
};

impl PostgresViews {
    pub(in crate::views) async fn shipment(
        &self, tenant: &Tenant, id: ShipmentId,
    ) -> crate::views::Result<Option<ShipmentRow>> {
        let key = Parameters::default().with(tenant.as_str()).with(id.to_string());
        rows::one(&self.point(include_str!("sql/shipment.sql"), key).await?, shipment)
    }

    pub(in crate::views) async fn shipments(
        &self, tenant: &Tenant, filter: ShipmentFilter, slice: Slice<Place>,
    ) -> crate::views::Result<Vec<ShipmentRow>> {
        let status = filter.status.map(ShipmentStatus::as_str);
        let parameters = by_status::parameters(tenant, &slice, status, ShipmentStatus::NAMES);
        let rows = match filter.order {
            None => self.scan(include_str!("sql/shipments.sql"), parameters).await?,
            Some(order) => {
                let parameters = parameters.with(order.to_string());
                self.scan(include_str!("sql/shipments_of_order.sql"), parameters).await?
            }
        };
        rows::list(&rows, shipment)
    }
}

fn shipment(columns: &mut Columns<'_>) -> sqlx::Result<ShipmentRow> {
    Ok(ShipmentRow {
        id: columns.take()?,
        requested_at: columns.take()?,
        order_id: columns.take()?,
        status: columns.take()?,
        lines: columns.take()?,
        carrier: columns.take()?,
        tracking: columns.take()?,
        failure: columns.take()?,
        updated_at: columns.take()?,
        version: columns.unsigned()?,
    })
}
