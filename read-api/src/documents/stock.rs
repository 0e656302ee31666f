use serde::Serialize;
use utoipa::ToSchema;

use crate::views::StockRow;

/// The stock of one SKU, in pieces.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockItem)]
pub(crate) struct StockDocument<'a> {
    #[schema(example = "85048")]
    sku: &'a str,
    on_hand: i64,
    /// Of what is on hand, promised to orders.
    reserved: i64,
    /// Of what is on hand, not promised to anyone.
    available: i64,
    /// All that ever left.
    shipped: i64,
    /// As in its ETag.
    version: u64,
}

impl<'a> StockDocument<'a> {
    pub(crate) fn new(row: &'a StockRow) -> Self {
        Self {
            sku: &row.sku,
            on_hand: row.on_hand,
            reserved: row.reserved,
            available: row.on_hand - row.reserved,
            shipped: row.shipped,
            version: row.version,
        }
    }
}
