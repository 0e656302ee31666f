//! Rows become invoices, and invoices become orders. The rows of an invoice need not stand together in the file.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDateTime;
use orderflow_core::{
    Currency, Sku, UnitPrice,
    order::{MAX_LINES, MAX_TOTAL},
};
use rust_decimal::Decimal;

use super::{Books, Customer, Line, Order, Place, Product, Reject, names::Names};
use crate::load::{
    reason::{InvoiceReason, RowReason},
    row::{InvoiceKind, Row},
};

/// Of one product in one order.
const MOST_PIECES: u64 = 1_000_000;
const LONGEST_DESCRIPTION: usize = 500;

#[derive(Debug, Default)]
pub(super) struct Builder {
    rows: u32,
    /// Their numbers are the places in `invoices`; likewise those of the stock codes in `products`.
    numbers: Names,
    invoices: Vec<Invoice>,
    stock_codes: Names,
    products: Vec<FirstSeen>,
    customers: Names,
    countries: Names,
    rejects: Vec<Reject>,
}

#[derive(Debug)]
struct Invoice {
    kind: InvoiceKind,
    placed_at: NaiveDateTime,
    customer: Option<u32>,
    country: Option<u32>,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct FirstSeen {
    description: Option<Box<str>>,
    price: UnitPrice,
}

impl Builder {
    /// The error says what contradicts an earlier row.
    pub(super) fn add(&mut self, row: &Row<'_>, line: u32) -> Result<(), String> {
        self.rows = self.rows.checked_add(1).ok_or("there are more rows than can be counted: split the file")?;
        let at = Place { row: self.rows, line };
        let number = self.numbers.number(row.invoice);
        if number as usize == self.invoices.len() {
            self.invoices.push(Invoice::new(row));
        }
        let invoice = &mut self.invoices[number as usize];
        invoice.placed_at = invoice.placed_at.min(row.time);
        let line = match invoice.kind {
            InvoiceKind::Sale => row.line(),
            InvoiceKind::CreditNote => Err(RowReason::CreditNote),
            InvoiceKind::Adjustment => Err(RowReason::Invoice(InvoiceReason::AccountingAdjustment)),
            InvoiceKind::Unknown => Err(RowReason::Invoice(InvoiceReason::UnknownNumber)),
        };
        match line {
            Ok((quantity, price)) => {
                agree(&mut invoice.customer, row.customer, &mut self.customers, "customer")?;
                agree(&mut invoice.country, row.country, &mut self.countries, "country")?;
                let product = self.stock_codes.number(row.stock_code);
                if product as usize == self.products.len() {
                    self.products.push(FirstSeen { description: None, price });
                }
                let described = &mut self.products[product as usize].description;
                if described.is_none() && is_description(row.description) {
                    *described = Some(row.description.into());
                }
                invoice.lines.push(Line { product, quantity, price, at });
            }
            Err(reason) => self.rejects.push(Reject {
                at,
                invoice: Arc::clone(self.numbers.name(number)),
                stock_code: row.stock_code.into(),
                quantity: row.quantity,
                price: row.price,
                reason,
            }),
        }
        Ok(())
    }

    pub(super) fn finish(self, checksum: u32) -> Books {
        let stock_codes = self.stock_codes.into_vec();
        let customer = |reference| Customer { reference, country: None, orders: 0 };
        let product = |(code, first): (Arc<str>, FirstSeen)| Product {
            sku: Sku::new(code).expect("a row with any other stock code is rejected"),
            description: first.description,
            price: first.price,
            demand: 0,
        };
        let mut books = Books {
            checksum,
            rows: u64::from(self.rows),
            invoices: self.invoices.len() as u64,
            credit_notes: 0,
            orders: Vec::with_capacity(self.invoices.len()),
            products: stock_codes.into_iter().zip(self.products).map(product).collect(),
            customers: self.customers.into_vec().into_iter().map(customer).collect(),
            countries: self.countries.into_vec(),
            skipped_invoices: Vec::new(),
            rejects: self.rejects,
        };
        for (number, invoice) in self.numbers.into_vec().into_iter().zip(self.invoices) {
            match invoice.kind {
                InvoiceKind::CreditNote => books.credit_notes += 1,
                InvoiceKind::Adjustment => books.skipped_invoices.push(InvoiceReason::AccountingAdjustment),
                InvoiceKind::Unknown => books.skipped_invoices.push(InvoiceReason::UnknownNumber),
                InvoiceKind::Sale => match invoice.total() {
                    Ok(total) => books.order(number, invoice, total),
                    Err(reason) => books.skip(&number, invoice, reason),
                },
            }
        }
        books.rejects.sort_unstable_by_key(|reject| reject.at);
        books
    }
}

impl Invoice {
    fn new(row: &Row<'_>) -> Self {
        let kind = InvoiceKind::of(row.invoice);
        Self { kind, placed_at: row.time, customer: None, country: None, lines: Vec::new() }
    }

    /// What the order comes to, if the API takes an order like this.
    fn total(&self) -> Result<Decimal, InvoiceReason> {
        if self.lines.is_empty() {
            return Err(InvoiceReason::NoValidRow);
        }
        if self.lines.len() > MAX_LINES {
            return Err(InvoiceReason::TooManyLines);
        }
        let mut pieces: HashMap<u32, u64> = HashMap::with_capacity(self.lines.len());
        let mut total = Decimal::ZERO;
        for line in &self.lines {
            let sum = pieces.entry(line.product).or_default();
            *sum += u64::from(line.quantity.get());
            if *sum > MOST_PIECES {
                return Err(InvoiceReason::TooManyPieces);
            }
            total += line.price.times(line.quantity, Currency::GBP);
        }
        if total > MAX_TOTAL { Err(InvoiceReason::TotalTooLarge) } else { Ok(total) }
    }
}

impl Books {
    fn order(&mut self, invoice: Arc<str>, read: Invoice, total: Decimal) {
        let Invoice { kind: _, placed_at, customer, country, mut lines } = read;
        lines.shrink_to_fit();
        for line in &lines {
            self.products[line.product as usize].demand += u64::from(line.quantity.get());
        }
        if let Some(customer) = customer {
            let customer = &mut self.customers[customer as usize];
            customer.orders += 1;
            customer.country = customer.country.or(country);
        }
        self.orders.push(Order { invoice, placed_at, customer, country, lines, total });
    }

    /// Rejects the rows that would have been lines.
    fn skip(&mut self, invoice: &Arc<str>, read: Invoice, reason: InvoiceReason) {
        self.skipped_invoices.push(reason);
        for line in read.lines {
            self.rejects.push(Reject {
                at: line.at,
                invoice: Arc::clone(invoice),
                stock_code: self.products[line.product as usize].sku.as_str().into(),
                quantity: i64::from(line.quantity.get()),
                price: line.price.amount(),
                reason: RowReason::Invoice(reason),
            });
        }
    }
}

/// An invoice has one customer and one country; a row may leave either out.
fn agree(known: &mut Option<u32>, name: Option<&str>, names: &mut Names, what: &str) -> Result<(), String> {
    let Some(name) = name else { return Ok(()) };
    let number = names.number(name);
    match *known.get_or_insert(number) {
        same if same == number => Ok(()),
        other => Err(format!(
            "the invoice's {what} is '{name}' here but '{}' on an earlier row, and an invoice has one {what}",
            names.name(other)
        )),
    }
}

fn is_description(text: &str) -> bool {
    !text.is_empty() && text.chars().nth(LONGEST_DESCRIPTION).is_none() && !text.chars().any(char::is_control)
}
