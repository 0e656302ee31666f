//! The whole file, read and checked: what is to be sent, and what is not.

mod build;
mod names;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::NaiveDateTime;
use csv::{ErrorKind, Position, ReaderBuilder, StringRecord, Terminator};
use flate2::CrcReader;
use orderflow_core::{Quantity, Sku, UnitPrice};
use rust_decimal::Decimal;

use self::build::Builder;
use super::{
    input::Input,
    progress::Counter,
    reason::{InvoiceReason, RowReason},
    row::{HEADER, Row, shown},
};

/// A retailer's invoices, as compact as a year of them needs to be.
#[derive(Debug)]
pub(super) struct Books {
    /// Of the unpacked file: what tells its stock receipts from another file's.
    pub(super) checksum: u32,
    pub(super) rows: u64,
    pub(super) invoices: u64,
    pub(super) credit_notes: u64,
    /// In the order in which the file first names them.
    pub(super) orders: Vec<Order>,
    /// Those that only skipped invoices name have no demand; likewise customers no orders.
    pub(super) products: Vec<Product>,
    pub(super) customers: Vec<Customer>,
    pub(super) countries: Vec<Arc<str>>,
    pub(super) skipped_invoices: Vec<InvoiceReason>,
    /// In the order of their rows.
    pub(super) rejects: Vec<Reject>,
}

#[derive(Debug)]
pub(super) struct Order {
    pub(super) invoice: Arc<str>,
    pub(super) placed_at: NaiveDateTime,
    /// Index of a customer; none is a guest.
    pub(super) customer: Option<u32>,
    /// Index of a country.
    pub(super) country: Option<u32>,
    pub(super) lines: Vec<Line>,
    pub(super) total: Decimal,
}

#[derive(Debug)]
pub(super) struct Line {
    /// Index of a product.
    pub(super) product: u32,
    pub(super) quantity: Quantity,
    pub(super) price: UnitPrice,
    at: Place,
}

#[derive(Debug)]
pub(super) struct Product {
    pub(super) sku: Sku,
    /// The first that is not empty and that a catalogue can hold.
    pub(super) description: Option<Box<str>>,
    /// The first that was charged.
    pub(super) price: UnitPrice,
    /// Pieces, over all orders.
    pub(super) demand: u64,
}

#[derive(Debug)]
pub(super) struct Customer {
    pub(super) reference: Arc<str>,
    /// The first that the customer ordered from.
    pub(super) country: Option<u32>,
    pub(super) orders: u32,
}

/// Where a row stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Counted from 1 after the header.
    pub(super) row: u32,
    /// As an editor counts, from 1 with the header.
    pub(super) line: u32,
}

/// A row that is in no order.
#[derive(Debug)]
pub(super) struct Reject {
    pub(super) at: Place,
    pub(super) invoice: Arc<str>,
    pub(super) stock_code: Box<str>,
    pub(super) quantity: i64,
    pub(super) price: Decimal,
    pub(super) reason: RowReason,
}

impl Books {
    /// Reads to the end. An error names the line, and says what to do.
    pub(super) fn read(input: Input, counter: &Counter) -> anyhow::Result<Self> {
        let name = input.name;
        // A line may end with a carriage return as well: it is a space around the last field. Were it part of the
        // terminator, lines would be miscounted.
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(CrcReader::new(input.bytes));
        let mut record = StringRecord::new();
        check_header(&name, reader.read_record(&mut record), &record)?;

        let mut builder = Builder::default();
        while reader.read_record(&mut record).map_err(|error| unreadable(&name, &error))? {
            let line = record.position().map_or(0, Position::line);
            let refused = |what: String| anyhow::anyhow!("{name}, line {line}: {what}; correct it, then load again");
            match record.len() {
                fields if fields == HEADER.len() => {}
                1 if record.iter().all(|field| field.trim().is_empty()) => continue,
                fields => anyhow::bail!(
                    "{name}, line {line} has {fields} fields instead of {}: look for a missing comma, a quote that is \
                     not closed, or a file cut off",
                    HEADER.len()
                ),
            }
            let row = Row::parse(&record).map_err(refused)?;
            builder.add(&row, u32::try_from(line).unwrap_or(u32::MAX)).map_err(refused)?;
            counter.add(1);
        }
        let checksum = reader.get_ref().crc().sum();
        let books = builder.finish(checksum);
        anyhow::ensure!(books.rows > 0, "{name} has a header but no rows: there is nothing to load");
        Ok(books)
    }

    pub(super) fn lines(&self) -> u64 {
        self.orders.iter().map(|order| order.lines.len() as u64).sum()
    }

    pub(super) fn country(&self, index: Option<u32>) -> Option<&str> {
        index.and_then(|index| self.countries.get(index as usize)).map(|country| &**country)
    }
}

fn check_header(name: &str, read: csv::Result<bool>, record: &StringRecord) -> anyhow::Result<()> {
    let expected = HEADER.join(",");
    let advice = format!("its first line has to be '{expected}'");
    match read {
        Ok(true) if record.iter().map(str::trim).eq(HEADER) => Ok(()),
        Ok(true) => {
            let beginning: Vec<_> = record.iter().take(HEADER.len() + 1).collect();
            let found = shown(&beginning.join(","));
            anyhow::bail!("{name} is not a CSV file of invoices: {advice}, but it is '{found}'")
        }
        Ok(false) => anyhow::bail!("{name} has no rows: {advice}"),
        Err(error) if matches!(error.kind(), ErrorKind::Utf8 { .. }) => {
            anyhow::bail!("{name} is not a CSV file of invoices: it does not even begin as text, but {advice}")
        }
        Err(error) => Err(unreadable(name, &error)),
    }
}

fn unreadable(name: &str, error: &csv::Error) -> anyhow::Error {
    let line = |at: &Option<Position>| at.as_ref().map_or_else(String::new, |at| format!(", line {}", at.line()));
    match error.kind() {
        ErrorKind::Io(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
            anyhow::anyhow!("{name} ends in the middle of its compressed data: copy or download it again")
        }
        ErrorKind::Io(cause) if cause.kind() == std::io::ErrorKind::InvalidInput => {
            anyhow::anyhow!("{name} is damaged ({cause}): copy or download it again")
        }
        ErrorKind::Io(cause) => {
            anyhow::anyhow!("{name} cannot be read to its end ({cause}): copy or download it again")
        }
        ErrorKind::Utf8 { pos, .. } => {
            anyhow::anyhow!("{name}{} is not UTF-8: convert the file, then load again", line(pos))
        }
        _ => anyhow::anyhow!("{name} cannot be read: {error}"),
    }
}
