//! One row of the file: what its fields say, and whether it can be a line of an order.

use chrono::{NaiveDate, NaiveDateTime};
use csv::StringRecord;
use orderflow_core::{InvalidPrice, Quantity, Sku, UnitPrice};
use rust_decimal::Decimal;

use super::reason::RowReason;

pub(super) const HEADER: [&str; 8] =
    ["invoice", "stock_code", "description", "quantity", "invoice_date", "price", "customer_id", "country"];

const LONGEST_NAME: usize = 64;

/// The fields without the spaces around them. Values may be of any sign and size: that is for [`Row::line`] to judge.
#[derive(Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) invoice: &'a str,
    pub(super) stock_code: &'a str,
    pub(super) description: &'a str,
    pub(super) quantity: i64,
    /// Local time of the retailer, which the load takes for UTC: so an order counts in the month that the file shows.
    pub(super) time: NaiveDateTime,
    pub(super) price: Decimal,
    pub(super) customer: Option<&'a str>,
    pub(super) country: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InvoiceKind {
    Sale,
    CreditNote,
    Adjustment,
    Unknown,
}

impl InvoiceKind {
    pub(super) fn of(number: &str) -> Self {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match (number.strip_prefix('C'), number.strip_prefix('A')) {
            (Some(rest), _) if digits(rest) => Self::CreditNote,
            (_, Some(rest)) if digits(rest) => Self::Adjustment,
            _ if digits(number) => Self::Sale,
            _ => Self::Unknown,
        }
    }
}

impl<'a> Row<'a> {
    /// The error says which field cannot be read, and what to do about it.
    pub(super) fn parse(record: &'a StringRecord) -> Result<Self, String> {
        let field = |index: usize| record.get(index).unwrap_or_default().trim();
        Ok(Self {
            invoice: Some(name("invoice", field(0))?)
                .filter(|text| !text.is_empty())
                .ok_or("the invoice number is missing: every row belongs to an invoice")?,
            stock_code: field(1),
            description: field(2),
            quantity: field(3)
                .parse()
                .map_err(|_| format!("the quantity '{}' is not a whole number", shown(field(3))))?,
            time: time(field(4)).ok_or_else(|| {
                format!("the invoice date '{}' is not a time such as 2009-12-01T07:45:00", shown(field(4)))
            })?,
            price: Decimal::from_str_exact(field(5))
                .map_err(|_| format!("the price '{}' is not a decimal number such as 2.95", shown(field(5))))?,
            customer: Some(name("customer_id", field(6))?).filter(|text| !text.is_empty()),
            country: Some(name("country", field(7))?).filter(|text| !text.is_empty()),
        })
    }

    /// The row as a line of an order, or the first reason why it cannot be one.
    pub(super) fn line(&self) -> Result<(Quantity, UnitPrice), RowReason> {
        if self.quantity <= 0 {
            return Err(RowReason::NonPositiveQuantity);
        }
        if self.price <= Decimal::ZERO {
            return Err(RowReason::NonPositivePrice);
        }
        let quantity = u32::try_from(self.quantity).ok().and_then(|pieces| Quantity::new(pieces).ok());
        let quantity = quantity.ok_or(RowReason::QuantityTooLarge)?;
        let price = UnitPrice::new(self.price).map_err(|invalid| match invalid {
            InvalidPrice::Negative => RowReason::NonPositivePrice,
            InvalidPrice::TooLarge => RowReason::PriceTooLarge,
            InvalidPrice::TooPrecise => RowReason::PriceTooPrecise,
        })?;
        if Sku::new(self.stock_code).is_err() {
            return Err(RowReason::UnusableStockCode);
        }
        Ok((quantity, price))
    }
}

/// A short text. One that is not short, or has a line break in it, tells of a quote that is never closed.
fn name<'a>(column: &str, text: &'a str) -> Result<&'a str, String> {
    if text.chars().any(char::is_control) || text.chars().nth(LONGEST_NAME).is_some() {
        return Err(format!(
            "the field '{column}' is too long or has a control character in it ('{}'): look for a quote that is not closed",
            shown(text)
        ));
    }
    Ok(text)
}

/// Exactly `2009-12-01T07:45:00`; half a million of them are read, so this does not go through a format.
fn time(text: &str) -> Option<NaiveDateTime> {
    let bytes: &[u8; 19] = text.as_bytes().try_into().ok()?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, separator)| bytes[*at] != *separator) {
        return None;
    }
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0_u32, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
    };
    let year = i32::try_from(number(&bytes[..4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&bytes[5..7])?, number(&bytes[8..10])?)?;
    date.and_hms_opt(number(&bytes[11..13])?, number(&bytes[14..16])?, number(&bytes[17..])?)
}

/// As much of a field as a message can show.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(quantity: &str, date: &str, price: &str) -> StringRecord {
        StringRecord::from(vec!["489434", "85048", " A, B ", quantity, date, price, "13085", "United Kingdom"])
    }

    #[test]
    fn fields_lose_the_spaces_around_them() {
        let record =
            StringRecord::from(vec![" 489434", "47503J ", " A, B ", "12", "2009-12-01T07:45:00", "6.950", " ", ""]);
        let row = Row::parse(&record).unwrap();
        let time = NaiveDate::from_ymd_opt(2009, 12, 1).unwrap().and_hms_opt(7, 45, 0).unwrap();
        assert_eq!((row.invoice, row.stock_code, row.description), ("489434", "47503J", "A, B"));
        assert_eq!((row.quantity, row.time, row.price), (12, time, Decimal::new(695, 2)));
        assert_eq!((row.customer, row.country), (None, None));
    }

    #[test]
    fn a_field_that_cannot_be_read_is_named() {
        let good = ("1", "2009-12-01T07:45:00", "1.25");
        for (quantity, date, price, complaint) in [
            ("", good.1, good.2, "the quantity '' is not"),
            ("1.5", good.1, good.2, "the quantity '1.5' is not"),
            ("99999999999999999999", good.1, good.2, "the quantity '9999"),
            (good.0, "2009-12-01", good.2, "the invoice date '2009-12-01' is not"),
            (good.0, "2009-13-01T07:45:00", good.2, "the invoice date"),
            (good.0, "2009-12-01T24:00:00", good.2, "the invoice date"),
            (good.0, "2009-12-01 07:45:00", good.2, "the invoice date"),
            (good.0, "2009-12-01T07:45:0é", good.2, "the invoice date"),
            (good.0, good.1, "", "the price '' is not"),
            (good.0, good.1, "1,25", "the price '1,25' is not"),
            (good.0, good.1, "1e3", "the price '1e3' is not"),
            (good.0, good.1, "£1.25", "the price '£1.25' is not"),
        ] {
            let error = Row::parse(&record(quantity, date, price)).unwrap_err();
            assert!(error.starts_with(complaint), "{error}");
        }
        let no_invoice = StringRecord::from(vec!["", "1", "", "1", good.1, "1", "", ""]);
        assert!(Row::parse(&no_invoice).unwrap_err().contains("invoice number is missing"));
        let open_quote = StringRecord::from(vec!["1", "1", "", "1", good.1, "1", "", "UK\n489435,1"]);
        assert!(Row::parse(&open_quote).unwrap_err().contains("quote that is not closed"));
    }

    #[test]
    fn the_first_reason_counts() {
        let reason = |stock_code: &str, quantity: &str, price: &str| {
            let record = StringRecord::from(vec!["1", stock_code, "", quantity, "2009-12-01T07:45:00", price, "", ""]);
            Row::parse(&record).unwrap().line().err()
        };
        for (stock_code, quantity, price, expected) in [
            ("85048", "1", "0.0001", None),
            ("BANK CHARGES", "1000000", "1000000000", None),
            ("85048", "0", "0", Some(RowReason::NonPositiveQuantity)),
            ("85048", "-1", "-1", Some(RowReason::NonPositiveQuantity)),
            ("", "1", "0.00", Some(RowReason::NonPositivePrice)),
            ("85048", "2000000", "-0.01", Some(RowReason::NonPositivePrice)),
            ("85048", "1000001", "0.00001", Some(RowReason::QuantityTooLarge)),
            ("85048", "1", "1000000000.01", Some(RowReason::PriceTooLarge)),
            ("a@b", "1", "0.00001", Some(RowReason::PriceTooPrecise)),
            ("a@b", "1", "1", Some(RowReason::UnusableStockCode)),
            ("", "1", "1", Some(RowReason::UnusableStockCode)),
        ] {
            assert_eq!(reason(stock_code, quantity, price), expected, "{stock_code} {quantity} {price}");
        }
    }

    #[test]
    fn kinds_of_invoices() {
        for (number, kind) in [
            ("489434", InvoiceKind::Sale),
            ("C489449", InvoiceKind::CreditNote),
            ("A506401", InvoiceKind::Adjustment),
            ("C", InvoiceKind::Unknown),
            ("c489449", InvoiceKind::Unknown),
            ("CA1", InvoiceKind::Unknown),
            ("48943x", InvoiceKind::Unknown),
            ("４８９４３４", InvoiceKind::Unknown),
        ] {
            assert_eq!(InvoiceKind::of(number), kind, "{number}");
        }
    }
}
