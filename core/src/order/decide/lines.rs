//! The rules of lines, which drafts and placed orders share.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::{
    Currency, Quantity,
    order::{Line, MAX_LINES, MAX_TOTAL, NewLine, OrderRejection},
};

/// A line with its number and total.
pub(super) fn priced(number: u32, line: &NewLine, order: Currency) -> Result<Line, OrderRejection> {
    if line.currency != order {
        return Err(OrderRejection::MixedCurrencies { order, line: line.currency });
    }
    Ok(Line {
        line: number,
        sku: line.sku.clone(),
        description: line.description.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        total: line.unit_price.times(line.quantity, order),
    })
}

/// Lines with their totals, numbered from 1.
pub(super) fn numbered(lines: &[NewLine], order: Currency) -> Result<Vec<Line>, OrderRejection> {
    if lines.len() > MAX_LINES {
        return Err(OrderRejection::TooManyLines);
    }
    (1..).zip(lines).map(|(number, line)| priced(number, line, order)).collect()
}

/// The total of an order that may be placed with these lines.
pub(super) fn total(lines: &[Line]) -> Result<Decimal, OrderRejection> {
    if lines.is_empty() {
        return Err(OrderRejection::NoLines);
    }
    if lines.len() > MAX_LINES {
        return Err(OrderRejection::TooManyLines);
    }
    // Quantity and price are limited, so that a thousand lines cannot overflow.
    let total = lines.iter().map(|line| line.total).sum();
    if total > MAX_TOTAL {
        return Err(OrderRejection::TotalTooLarge);
    }
    pieces_of_each_sku(lines)?;
    Ok(total)
}

/// What an order has of one SKU is reserved at once, so together its lines hold no more than one line may.
fn pieces_of_each_sku(lines: &[Line]) -> Result<(), OrderRejection> {
    if lines.iter().map(|line| line.quantity.get()).sum::<u32>() <= Quantity::MAX {
        return Ok(());
    }
    let mut pieces = HashMap::with_capacity(lines.len());
    for line in lines {
        let of_this = pieces.entry(&line.sku).or_insert(0);
        *of_this += line.quantity.get();
        if *of_this > Quantity::MAX {
            return Err(OrderRejection::TooManyPieces { sku: line.sku.clone() });
        }
    }
    Ok(())
}
