//! What a retailer's file comes to, computed apart from the load: no line of code is shared with it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{Cursor, Read},
    path::Path,
};

use anyhow::{Context, bail, ensure};
use flate2::read::GzDecoder;
use rust_decimal::{Decimal, RoundingStrategy};

/// Sums over the orders of a file. Everything but the rows counts orders only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    pub rows: u64,
    pub invoices: u64,
    pub orders: u64,
    pub lines: u64,
    pub units: u64,
    /// In pounds.
    pub revenue: Decimal,
    /// By reason.
    pub skipped_rows: BTreeMap<String, u64>,
    /// By reason; without credit notes.
    pub skipped_invoices: BTreeMap<String, u64>,
    pub credit_notes: u64,
    by_month: BTreeMap<String, Sales>,
    by_day: BTreeMap<String, Sales>,
    by_product: BTreeMap<String, Sales>,
    by_country: BTreeMap<String, Sales>,
    /// What each invoice that is an order comes to.
    pub order_totals: BTreeMap<String, Decimal>,
    /// Pieces of each stock code that all orders together want.
    pub demand: BTreeMap<String, u64>,
}

/// Sums under one key. An order counts once, however many of its lines fall under the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sales {
    pub orders: u64,
    pub lines: u64,
    pub units: u64,
    /// In pounds.
    pub revenue: Decimal,
}

struct Sold {
    invoice: String,
    stock_code: String,
    quantity: u64,
    total: Decimal,
}

/// What a CSV file, gzipped or not, comes to.
pub fn of(path: &Path) -> anyhow::Result<Truth> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(Cursor::new(bytes)).read_to_string(&mut text)?;
    } else {
        Cursor::new(bytes).read_to_string(&mut text)?;
    }
    Truth::of_text(&text)
}

impl Truth {
    /// Sums by `month`, `day`, `product` or `country`, as the sales reports name them.
    pub fn sales(&self, by: &str) -> &BTreeMap<String, Sales> {
        match by {
            "month" => &self.by_month,
            "day" => &self.by_day,
            "product" => &self.by_product,
            "country" => &self.by_country,
            other => panic!("there is no report by {other}"),
        }
    }

    fn of_text(text: &str) -> anyhow::Result<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut truth = Self::default();
        let mut placed_at: BTreeMap<String, String> = BTreeMap::new();
        let mut countries: HashMap<String, String> = HashMap::new();
        let mut sold = Vec::new();
        for row in reader.deserialize() {
            let row: HashMap<String, String> = row?;
            let field = |name: &str| row.get(name).with_context(|| format!("there is no column '{name}'"));
            truth.rows += 1;
            let (invoice, time) = (field("invoice")?, field("invoice_date")?);
            // ISO 8601 sorts as text.
            let earliest = placed_at.entry(invoice.clone()).or_insert_with(|| time.clone());
            if time < earliest {
                earliest.clone_from(time);
            }
            let (quantity, price): (i64, Decimal) = (field("quantity")?.parse()?, field("price")?.parse()?);
            if let Some(reason) = reason(invoice, quantity, price)? {
                *truth.skipped_rows.entry(reason.to_owned()).or_default() += 1;
                continue;
            }
            let total = Decimal::from(quantity) * price;
            let country = field("country")?;
            if !country.is_empty() {
                countries.entry(invoice.clone()).or_insert_with(|| country.clone());
            }
            sold.push(Sold {
                invoice: invoice.clone(),
                stock_code: field("stock_code")?.clone(),
                quantity: u64::try_from(quantity)?,
                total: total.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven),
            });
        }
        truth.count_invoices(&placed_at, &sold);
        truth.count_sales(&placed_at, &countries, &sold);
        Ok(truth)
    }

    fn count_invoices(&mut self, placed_at: &BTreeMap<String, String>, sold: &[Sold]) {
        let orders: BTreeSet<&str> = sold.iter().map(|sold| sold.invoice.as_str()).collect();
        for invoice in placed_at.keys() {
            self.invoices += 1;
            let reason = match invoice.as_bytes()[0] {
                b'C' => {
                    self.credit_notes += 1;
                    continue;
                }
                b'A' => "accounting adjustment",
                _ if orders.contains(invoice.as_str()) => continue,
                _ => "no valid row",
            };
            *self.skipped_invoices.entry(reason.to_owned()).or_default() += 1;
        }
    }

    fn count_sales(
        &mut self, placed_at: &BTreeMap<String, String>, countries: &HashMap<String, String>, sold: &[Sold],
    ) {
        let mut known: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
        for sold in sold {
            let invoice = sold.invoice.as_str();
            let time = placed_at[invoice].as_str();
            let country = countries.get(invoice).map_or("", String::as_str);
            for (kind, key, sums) in [
                ("month", &time[..7], &mut self.by_month),
                ("day", &time[..10], &mut self.by_day),
                ("product", &sold.stock_code, &mut self.by_product),
                ("country", country, &mut self.by_country),
            ] {
                let new = u64::from(known.insert((kind, key, invoice)));
                sums.entry(key.to_owned()).or_default().add(new, sold);
            }
            self.orders += u64::from(known.insert(("", "", invoice)));
            self.lines += 1;
            self.units += sold.quantity;
            self.revenue += sold.total;
            *self.order_totals.entry(sold.invoice.clone()).or_default() += sold.total;
            *self.demand.entry(sold.stock_code.clone()).or_default() += sold.quantity;
        }
    }
}

impl Sales {
    fn add(&mut self, orders: u64, sold: &Sold) {
        self.orders += orders;
        self.lines += 1;
        self.units += sold.quantity;
        self.revenue += sold.total;
    }
}

/// Why a row is no line of an order, if it is none.
fn reason(invoice: &str, quantity: i64, price: Decimal) -> anyhow::Result<Option<&'static str>> {
    let digits = invoice.strip_prefix(['A', 'C']).unwrap_or(invoice);
    ensure!(
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
        "an unknown kind of invoice: {invoice}"
    );
    Ok(match invoice.chars().next() {
        Some('C') => Some("credit note not yet handled"),
        Some('A') => Some("accounting adjustment"),
        Some(_) if quantity <= 0 => Some("quantity not positive"),
        Some(_) if price <= Decimal::ZERO => Some("price not positive"),
        Some(_) => None,
        None => bail!("a row without an invoice"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_a_few_rows() {
        let truth = Truth::of_text(
            "invoice,stock_code,description,quantity,invoice_date,price,customer_id,country\n\
             1,A ,a,3,2010-02-01T00:00:00,0.335,7,UK\n\
             2,A,a,1,2010-01-02T00:00:00,2,,EIRE\n\
             1,B,b,1,2010-01-31T23:59:00,1.25,7,UK\n\
             1,A,a,1,2010-02-01T00:00:00,0.125,7,UK\n\
             2,A,a,0,2010-01-02T00:00:00,0,,EIRE\n\
             3,A,a,1,2010-01-02T00:00:00,0,,EIRE\n\
             C4,A,a,-1,2010-01-02T00:00:00,1,,EIRE\n\
             A5,B,b,1,2010-01-02T00:00:00,-1,,EIRE\n",
        )
        .unwrap();
        let sales = |orders, lines, units, pence| Sales { orders, lines, units, revenue: Decimal::new(pence, 2) };
        assert_eq!((truth.rows, truth.invoices, truth.credit_notes), (8, 5, 1));
        // 1.005 and 0.125 are rounded half to even: 1.00 + 2.00 + 1.25 + 0.12.
        assert_eq!((truth.orders, truth.lines, truth.units), (2, 4, 6));
        assert_eq!(truth.revenue, Decimal::new(437, 2));
        assert_eq!(*truth.sales("month"), BTreeMap::from([("2010-01".to_owned(), sales(2, 4, 6, 437))]));
        assert_eq!(truth.sales("day")["2010-01-31"], sales(1, 3, 5, 237));
        assert_eq!(truth.sales("product")["A"], sales(2, 3, 5, 312));
        assert_eq!(truth.sales("country")["EIRE"], sales(1, 1, 1, 200));
        assert_eq!((truth.demand["A"], truth.order_totals["1"]), (5, Decimal::new(237, 2)));
        assert_eq!(truth.skipped_rows.values().sum::<u64>() + truth.lines, truth.rows);
        assert_eq!(truth.skipped_invoices.values().sum::<u64>() + truth.credit_notes + truth.orders, truth.invoices);
    }
}
