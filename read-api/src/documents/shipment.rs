use orderflow_http::Problem;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::time::from_micros;
use crate::views::{ShipmentRow, ShipmentStatus};

/// A shipment of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shipment)]
pub(crate) struct ShipmentDocument<'a> {
    #[schema(format = Uuid)]
    id: &'a str,
    #[schema(format = Uuid)]
    order_id: &'a str,
    #[schema(value_type = ShipmentStatus)]
    status: &'a str,
    #[schema(value_type = Vec<ShipmentLineDocument>)]
    lines: &'a RawValue,
    carrier: Option<&'a str>,
    tracking: Option<&'a str>,
    /// Why it could not be delivered.
    failure: Option<&'a str>,
    /// Null for one that was withdrawn before it was requested.
    #[schema(format = DateTime)]
    requested_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: String,
    /// As in its ETag.
    version: u64,
}

/// So many pieces of a line of the order. The view has them in this form already.
#[derive(Debug, ToSchema)]
#[schema(as = ShipmentLine)]
#[expect(dead_code, reason = "it describes JSON that is passed on as it is")]
pub(crate) struct ShipmentLineDocument {
    line: u32,
    sku: String,
    quantity: u32,
}

impl<'a> ShipmentDocument<'a> {
    pub(crate) fn new(row: &'a ShipmentRow) -> Result<Self, Problem> {
        let lines = serde_json::from_str(row.lines.as_deref().unwrap_or("[]")).map_err(Problem::internal)?;
        Ok(Self {
            id: &row.id,
            order_id: &row.order_id,
            status: &row.status,
            lines,
            carrier: row.carrier.as_deref(),
            tracking: row.tracking.as_deref(),
            failure: row.failure.as_deref(),
            requested_at: row.lines.as_ref().map(|_| from_micros(row.requested_at)),
            updated_at: from_micros(row.updated_at),
            version: row.version,
        })
    }
}
