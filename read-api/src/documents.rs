//! The documents that callers get, and how they come from rows.

mod event;
mod money;
mod order;
mod process;
mod product;
mod sales;
mod shipment;
mod stock;
mod time;

pub(crate) use self::{
    event::{StreamEventDocument, TimelineEntry},
    order::{OrderDocument, OrderSummary, fulfilment_schema, payment_schema, status_schema},
    process::ProcessDocument,
    product::ProductDocument,
    sales::{FunnelDocument, RankedProductDocument, SalesDocument},
    shipment::ShipmentDocument,
    stock::StockDocument,
    time::parse_time,
};
