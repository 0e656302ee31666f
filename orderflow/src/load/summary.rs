//! What the load did, for people and for scripts.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

use anyhow::ensure;
use indicatif::HumanCount;
use orderflow_core::{Currency, Money};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{books::Books, client::Server, outcome::Outcome};

/// Everything counts from the file, except what became of the orders.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// All of the file, without its header: each is a line of an order, or skipped.
    pub(crate) rows: u64,
    /// All of the file: each is an order, skipped, or a credit note.
    pub(crate) invoices: u64,
    /// Those placed, whatever became of them.
    pub(crate) orders: u64,
    pub(crate) lines: u64,
    /// Pieces.
    pub(crate) units: u64,
    /// By reason.
    pub(crate) skipped_rows: BTreeMap<&'static str, u64>,
    /// By reason; without credit notes.
    pub(crate) skipped_invoices: BTreeMap<&'static str, u64>,
    pub(crate) credit_notes: u64,
    /// What the placed orders come to, cancelled ones included.
    pub(crate) revenue: Money,
    pub(crate) customers: u64,
    /// Orders without a customer.
    pub(crate) guest_orders: u64,
    pub(crate) products: u64,
    pub(crate) completed: u64,
    /// By reason.
    pub(crate) cancelled: BTreeMap<String, u64>,
    pub(crate) cancelled_revenue: Money,
    /// Orders that wait for a person, by reason.
    pub(crate) parked: BTreeMap<String, u64>,
    /// Orders that have their stock and their payment, and wait for their shipment.
    pub(crate) awaiting_shipment: u64,
    /// Orders that still wait for stock or payment.
    pub(crate) unfinished: u64,
    pub(crate) requests: u64,
    /// Requests that had to be sent again.
    pub(crate) repeated_requests: u64,
    pub(crate) seconds: f64,
    pub(crate) seconds_reading: f64,
    pub(crate) seconds_catalogue: f64,
    pub(crate) seconds_orders: f64,
}

/// When the load began, and how long after that its parts were done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) started: Instant,
    pub(super) read_after: Duration,
    pub(super) filled_after: Duration,
}

impl Summary {
    pub(super) fn new(books: &Books, outcome: Outcome, server: &Server, times: Times) -> Self {
        let seconds = times.started.elapsed();
        let rounded = |time: Duration| (time.as_secs_f64() * 1000.0).round() / 1000.0;
        Self {
            requests: server.requests(),
            repeated_requests: server.repeats(),
            seconds: rounded(seconds),
            seconds_reading: rounded(times.read_after),
            seconds_catalogue: rounded(times.filled_after.saturating_sub(times.read_after)),
            seconds_orders: rounded(seconds.saturating_sub(times.filled_after)),
            ..Self::of(books, outcome)
        }
    }

    fn of(books: &Books, outcome: Outcome) -> Self {
        let lines = || books.orders.iter().flat_map(|order| &order.lines);
        let revenue: Decimal = books.orders.iter().map(|order| order.total).sum();
        Self {
            rows: books.rows,
            invoices: books.invoices,
            orders: books.orders.len() as u64,
            lines: books.lines(),
            units: lines().map(|line| u64::from(line.quantity.get())).sum(),
            skipped_rows: counted(books.rejects.iter().map(|reject| reject.reason.as_str())),
            skipped_invoices: counted(books.skipped_invoices.iter().map(|reason| reason.as_str())),
            credit_notes: books.credit_notes,
            revenue: pounds(revenue),
            customers: books.customers.iter().filter(|customer| customer.orders > 0).count() as u64,
            guest_orders: books.orders.iter().filter(|order| order.customer.is_none()).count() as u64,
            products: books.products.iter().filter(|product| product.demand > 0).count() as u64,
            completed: outcome.completed,
            cancelled: outcome.cancelled,
            cancelled_revenue: pounds(outcome.cancelled_total),
            parked: outcome.parked,
            awaiting_shipment: outcome.confirmed,
            unfinished: outcome.waiting,
            requests: 0,
            repeated_requests: 0,
            seconds: 0.0,
            seconds_reading: 0.0,
            seconds_catalogue: 0.0,
            seconds_orders: 0.0,
        }
    }

    /// Nothing was dropped silently: every row, invoice and order is in exactly one count.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let parts = |what: &str, whole: u64, parts: u64| {
            ensure!(whole == parts, "{whole} {what} were read but {parts} are accounted for: stop, and ask for help");
            Ok(())
        };
        parts("rows", self.rows, self.lines + sum(&self.skipped_rows))?;
        parts("invoices", self.invoices, self.orders + sum(&self.skipped_invoices) + self.credit_notes)?;
        parts(
            "orders",
            self.orders,
            self.completed + sum(&self.cancelled) + sum(&self.parked) + self.awaiting_shipment + self.unfinished,
        )
    }

    /// Whether every order has ended, is parked, or waits for a shipment that was left to someone else.
    pub(crate) fn is_finished(&self) -> bool {
        self.unfinished == 0
    }

    /// Whether every order has ended.
    fn all_ended(&self) -> bool {
        self.completed + sum(&self.cancelled) == self.orders
    }
}

fn pounds(amount: Decimal) -> Money {
    Money { amount: Currency::GBP.round(amount), currency: Currency::GBP }
}

fn counted(reasons: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    counts
}

fn sum<K>(counts: &BTreeMap<K, u64>) -> u64 {
    counts.values().sum()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, self.rows, "rows of the file")?;
        item(f, self.lines, "lines of orders")?;
        items(f, &self.skipped_rows, "skipped: ")?;
        heading(f, self.invoices, "invoices")?;
        item(f, self.orders, "orders")?;
        items(f, &self.skipped_invoices, "skipped: ")?;
        if self.credit_notes > 0 {
            item(f, self.credit_notes, "credit notes, not yet handled")?;
        }
        heading(f, self.orders, "orders")?;
        item(f, self.completed, "completed")?;
        items(f, &self.cancelled, "cancelled: ")?;
        items(f, &self.parked, "parked: ")?;
        for (orders, what) in [(self.awaiting_shipment, "wait for their shipment"), (self.unfinished, "unfinished")] {
            if orders > 0 {
                item(f, orders, what)?;
            }
        }
        if self.all_ended() {
            writeln!(f, "every order has ended")?;
        }
        writeln!(f, "{} {} of revenue placed", grouped(self.revenue.amount), self.revenue.currency)?;
        if !self.cancelled_revenue.amount.is_zero() {
            writeln!(f, "{} {} of it cancelled", grouped(self.cancelled_revenue.amount), self.revenue.currency)?;
        }
        let Self { customers, guest_orders, products, units, .. } = self;
        writeln!(
            f,
            "{} customers, {} guest orders, {} products, {} pieces",
            HumanCount(*customers),
            HumanCount(*guest_orders),
            HumanCount(*products),
            HumanCount(*units)
        )?;
        let Self { seconds, seconds_reading, seconds_catalogue, seconds_orders, requests, repeated_requests, .. } =
            self;
        writeln!(
            f,
            "{seconds:.1} s: {seconds_reading:.1} s reading, {seconds_catalogue:.1} s catalogue and stock, \
             {seconds_orders:.1} s orders; {} requests, {repeated_requests} of them repeated",
            HumanCount(*requests)
        )
    }
}

fn heading(f: &mut fmt::Formatter<'_>, count: u64, what: &str) -> fmt::Result {
    writeln!(f, "{} {what}", HumanCount(count))
}

fn item(f: &mut fmt::Formatter<'_>, count: u64, what: &str) -> fmt::Result {
    writeln!(f, "{:>12}  {what}", HumanCount(count).to_string())
}

fn items<K: fmt::Display>(f: &mut fmt::Formatter<'_>, counts: &BTreeMap<K, u64>, of: &str) -> fmt::Result {
    counts.iter().try_for_each(|(reason, count)| item(f, *count, &format!("{of}{reason}")))
}

/// `1234567.89` as `1,234,567.89`.
fn grouped(amount: Decimal) -> String {
    let text = amount.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "00"));
    match whole.parse() {
        Ok(whole) => format!("{}.{fraction}", HumanCount(whole)),
        Err(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::books::testing::books;

    fn summary() -> Summary {
        let books = books(&[
            "1,A,,3,2010-01-01T00:00:00,0.335,7,UK",
            "1,A,,1,2010-01-01T00:00:00,1234.5,7,UK",
            "1,A,,0,2010-01-01T00:00:00,1,7,UK",
            "2,A,,1,2010-01-01T00:00:00,0,,UK",
            "3,A,,1,2010-01-01T00:00:00,0.125,,UK",
            "C4,A,,-1,2010-01-01T00:00:00,1,,UK",
            "A5,B,,1,2010-01-01T00:00:00,1,,UK",
        ]);
        let cancelled = BTreeMap::from([("out_of_stock".to_owned(), 1)]);
        Summary::of(
            &books,
            Outcome { completed: 1, cancelled, cancelled_total: Decimal::new(12, 2), ..Outcome::default() },
        )
    }

    #[test]
    fn every_row_and_invoice_is_in_one_count() {
        let summary = summary();
        summary.check().unwrap();
        assert!(summary.all_ended());
        assert_eq!((summary.rows, summary.lines, summary.units), (7, 3, 5));
        assert_eq!((summary.invoices, summary.orders, summary.credit_notes, summary.guest_orders), (5, 2, 1, 1));
        let skipped = [
            ("accounting adjustment", 1),
            ("credit note not yet handled", 1),
            ("price not positive", 1),
            ("quantity not positive", 1),
        ];
        assert_eq!(summary.skipped_rows, BTreeMap::from(skipped));
        assert_eq!(summary.skipped_invoices, BTreeMap::from([("accounting adjustment", 1), ("no valid row", 1)]));
        // 1.005 and 0.125 are rounded half to even before they are summed: 1.00 + 1234.50 + 0.12.
        assert_eq!(summary.revenue.amount.to_string(), "1235.62");
    }

    #[test]
    fn what_does_not_add_up_is_an_error() {
        for broken in [
            Summary { rows: 8, ..summary() },
            Summary { invoices: 4, ..summary() },
            Summary { unfinished: 1, ..summary() },
            Summary { completed: 0, ..summary() },
        ] {
            assert!(broken.check().unwrap_err().to_string().contains("accounted for"));
        }
    }

    #[test]
    fn the_json_has_what_scripts_look_for() {
        let json = serde_json::to_value(summary()).unwrap();
        for (pointer, value) in [
            ("/rows", serde_json::json!(7)),
            ("/orders", serde_json::json!(2)),
            ("/lines", serde_json::json!(3)),
            ("/skipped_rows/price not positive", serde_json::json!(1)),
            ("/skipped_invoices/no valid row", serde_json::json!(1)),
            ("/credit_notes", serde_json::json!(1)),
            ("/revenue", serde_json::json!({"amount": "1235.62", "currency": "GBP"})),
            ("/seconds", serde_json::json!(0.0)),
            ("/cancelled/out_of_stock", serde_json::json!(1)),
        ] {
            assert_eq!(json.pointer(pointer), Some(&value), "{pointer}");
        }
    }

    #[test]
    fn the_report_can_be_read() {
        let report = summary().to_string();
        for line in
            ["7 rows of the file", "1  cancelled: out_of_stock", "1,235.62 GBP of revenue placed", "0.12 GBP of it"]
        {
            assert!(report.contains(line), "{line} in\n{report}");
        }
        assert_eq!(grouped(Decimal::new(123_456_789, 2)), "1,234,567.89");
    }
}
