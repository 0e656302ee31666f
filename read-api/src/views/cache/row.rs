//! Rows as the projector writes them: a view's columns in their declared order, as a JSON array.

use orderflow_core::Sku;
use serde::{Deserialize, de::IgnoredAny};
use uuid::Uuid;

use crate::views::row::{LinesRow, OrderRow, StockRow, Total};

#[derive(Deserialize)]
struct StoredOrder {
    number: String,
    status: String,
    fulfilment: String,
    payment: String,
    on_hold: Option<String>,
    currency: String,
    total: i64,
    placed_at: Option<i64>,
    customer: Option<String>,
    country: Option<String>,
    reference: Option<String>,
    cancelled: Option<String>,
    updated_at: i64,
    version: i64,
}

/// Words to search by, lines, and what was shipped of them.
type StoredLines = (IgnoredAny, Option<String>, Option<String>);

#[derive(Deserialize)]
struct StoredStock {
    on_hand: i64,
    reserved: i64,
    shipped: i64,
    version: i64,
}

pub(super) fn order(id: Uuid, json: &[u8]) -> serde_json::Result<OrderRow> {
    let row: StoredOrder = serde_json::from_slice(json)?;
    Ok(OrderRow {
        id,
        number: row.number,
        status: row.status,
        fulfilment: row.fulfilment,
        payment: row.payment,
        on_hold: row.on_hold,
        currency: row.currency,
        total: Total::Minor(row.total),
        placed_at: row.placed_at,
        customer: row.customer,
        country: row.country,
        reference: row.reference,
        cancelled: row.cancelled,
        updated_at: row.updated_at,
        version: row.version.cast_unsigned(),
    })
}

/// An order with its key, as lists name it.
pub(super) fn listed_order(key: &str, json: &[u8]) -> serde_json::Result<OrderRow> {
    let (_tenant, id): (String, Uuid) = serde_json::from_str(key)?;
    order(id, json)
}

/// A draft may have a row without lines.
pub(super) fn lines(json: &[u8]) -> serde_json::Result<Option<LinesRow>> {
    let (_words, lines, shipped): StoredLines = serde_json::from_slice(json)?;
    Ok(lines.map(|lines| LinesRow { lines, shipped }))
}

pub(super) fn stock(sku: &Sku, json: &[u8]) -> serde_json::Result<StockRow> {
    let StoredStock { on_hand, reserved, shipped, version } = serde_json::from_slice(json)?;
    Ok(StockRow { sku: sku.as_str().to_owned(), on_hand, reserved, shipped, version: version.cast_unsigned() })
}

#[cfg(test)]
mod tests {
    use orderflow_core::views::HOT;

    use super::*;

    /// Arrays are read by place, so the places have to be those of the declared columns.
    #[test]
    fn columns_are_where_the_views_declare_them() {
        let columns = |view: usize| HOT[view].view.columns.iter().map(|column| column.name).collect::<Vec<_>>();
        assert_eq!(
            columns(0).join(" "),
            "number status fulfilment payment on_hold currency total placed_at customer country reference cancelled \
             updated_at version"
        );
        assert_eq!(columns(1), ["words", "lines", "shipped"]);
        assert_eq!(columns(2), ["on_hand", "reserved", "shipped", "version"]);
    }

    #[test]
    fn a_row_of_other_columns_is_refused() {
        let sku = Sku::new("85048").unwrap();
        assert_eq!(stock(&sku, b"[5,2,1,7]").unwrap().on_hand, 5);
        for foreign in [&b"[5,2,1]"[..], b"[5,2,1,7,9]", b"[5,2,1,\"7\"]", b"null"] {
            assert!(stock(&sku, foreign).is_err(), "{foreign:?}");
        }
    }
}
