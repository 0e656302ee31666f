use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::{
    testing::{books, csv, read},
    *,
};

const ROW: &str = "489434,85048,BALL,12,2009-12-01T07:45:00,6.95,13085,United Kingdom";

fn complaint(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

fn gzip(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(file).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_invoice_is_an_order_of_its_rows_in_file_order() {
    let books = books(&[
        "1,B,b,2,2010-01-01T10:00:00,1.25,7,UK",
        "2,A, ,1,2010-01-01T11:00:00,3,,EIRE",
        "1,A,a,1,2010-01-01T09:59:00,0.005,,",
        "1,B,other,2,2010-01-01T10:00:00,1.30,7,UK",
    ]);
    let [first, second] = books.orders.as_slice() else { panic!("two orders: {books:?}") };
    assert_eq!((&*first.invoice, &*second.invoice), ("1", "2"));
    assert_eq!(first.placed_at.to_string(), "2010-01-01 09:59:00");
    let lines: Vec<_> = first.lines.iter().map(|line| (line.product, line.quantity.get())).collect();
    assert_eq!(lines, [(0, 2), (1, 1), (0, 2)]);
    // 2.50 + 0.00 (half to even) + 2.60
    assert_eq!(first.total.to_string(), "5.10");
    assert_eq!((first.customer, second.customer), (Some(0), None));
    assert_eq!((books.country(first.country), books.country(second.country)), (Some("UK"), Some("EIRE")));
    let products: Vec<_> = books
        .products
        .iter()
        .map(|product| {
            (product.sku.as_str(), product.description.as_deref(), product.price.amount().to_string(), product.demand)
        })
        .collect();
    assert_eq!(products, [("B", Some("b"), "1.25".to_owned(), 4), ("A", Some("a"), "3".to_owned(), 2)]);
}

#[test]
fn every_row_is_a_line_or_a_reject() {
    let books = books(&[
        "1,A,,1,2010-01-01T00:00:00,1,,",
        "C1,A,,-1,2010-01-01T00:00:00,1,,",
        "A1,A,,1,2010-01-01T00:00:00,1,,",
        "X1,A,,1,2010-01-01T00:00:00,1,,",
        "2,A,,1,2010-01-01T00:00:00,0,,",
        "2,A,,0,2010-01-01T00:00:00,0,,",
        "3,A,,1000000,2010-01-01T00:00:00,1,,",
        "3,B,,1,2010-01-01T00:00:00,1,,",
        "3,A,,1,2010-01-01T00:00:00,1,,",
    ]);
    assert_eq!((books.rows, books.invoices, books.orders.len(), books.credit_notes), (9, 6, 1, 1));
    let rejects: Vec<_> = books.rejects.iter().map(|reject| (reject.at.row, reject.at.line, reject.reason)).collect();
    let too_many = RowReason::Invoice(InvoiceReason::TooManyPieces);
    assert_eq!(
        rejects,
        [
            (2, 3, RowReason::CreditNote),
            (3, 4, RowReason::Invoice(InvoiceReason::AccountingAdjustment)),
            (4, 5, RowReason::Invoice(InvoiceReason::UnknownNumber)),
            (5, 6, RowReason::NonPositivePrice),
            (6, 7, RowReason::NonPositiveQuantity),
            (7, 8, too_many),
            (8, 9, too_many),
            (9, 10, too_many),
        ]
    );
    let skipped = [
        InvoiceReason::AccountingAdjustment,
        InvoiceReason::UnknownNumber,
        InvoiceReason::NoValidRow,
        InvoiceReason::TooManyPieces,
    ];
    assert_eq!(books.skipped_invoices, skipped);
    assert_eq!(books.products.iter().map(|product| product.demand).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn an_order_that_the_api_would_refuse_is_skipped_whole() {
    let many = |rows: usize| books(&vec!["1,A,,1,2010-01-01T00:00:00,1,,"; rows]);
    assert_eq!(many(1000).orders.len(), 1);
    let books_of_too_many = many(1001);
    assert_eq!(books_of_too_many.skipped_invoices, [InvoiceReason::TooManyLines]);
    assert_eq!(books_of_too_many.rejects.len(), 1001);
    let dear = books(&["1,A,,1000,2010-01-01T00:00:00,1000000000,,", "1,B,,1,2010-01-01T00:00:00,0.01,,"]);
    assert_eq!(dear.skipped_invoices, [InvoiceReason::TotalTooLarge]);
}

#[test]
fn rows_that_contradict_each_other_are_not_loaded() {
    for (second, contradiction) in [
        ("489434,A,,1,2010-01-01T00:00:00,1,13086,United Kingdom", "customer is '13086' here but '13085'"),
        ("489434,A,,1,2010-01-01T00:00:00,1,13085,EIRE", "country is 'EIRE' here but 'United Kingdom'"),
    ] {
        let error = complaint(&csv(&[ROW, second]));
        assert!(error.starts_with("the file, line 3: ") && error.contains(contradiction), "{error}");
    }
}

#[test]
fn what_is_not_such_a_file_is_said_precisely() {
    let gzipped = gzip(&csv(&[ROW; 1000]));
    let mut damaged = gzipped.clone();
    let in_the_checksum = damaged.len() - 6;
    damaged[in_the_checksum] ^= 0xff;
    let mut not_text = csv(&[ROW]);
    not_text.extend(b"\n489435,A,\xff,1,2010-01-01T00:00:00,1,,");
    for (file, expected) in [
        (b"".to_vec(), "is empty"),
        (csv(&[]), "has a header but no rows"),
        (b"\n\n".to_vec(), "has no rows"),
        (
            b"invoice,stock_code\n1,2\n".to_vec(),
            "is not a CSV file of invoices: its first line has to be 'invoice,stock_code,desc",
        ),
        (b"{\"a\": 1}".to_vec(), "but it is '{\\\"a\\\": 1}'"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "does not even begin as text"),
        (csv(&[ROW, "489434,85048,BALL,12"]), "line 3 has 4 fields instead of 8"),
        (csv(&[ROW, "\r", "489434,\"85048"]), "line 4 has 2 fields instead of 8"),
        (csv(&["489434,85048,\"two\nlines\",1,2009-12-01T07:45:00,1,,", "1,A,,x,,,,"]), "line 4: the quantity 'x'"),
        (b"INVOICE".to_vec(), "but it is 'INVOICE'"),
        (
            String::from_utf8(csv(&[ROW, ROW, "1,A,,x,,,,"])).unwrap().replace('\n', "\r\n").into_bytes(),
            "line 4: the quantity 'x'",
        ),
        (not_text, "line 3 is not UTF-8"),
        (gzipped[..gzipped.len() / 2].to_vec(), "ends in the middle of its compressed data"),
        (gzipped[..gzipped.len() - 1].to_vec(), "ends in the middle of its compressed data"),
        (damaged, "is damaged"),
        (vec![0x1f, 0x8b, 8], "ends in the middle of its compressed data"),
    ] {
        let error = complaint(&file);
        assert!(error.contains(expected), "{expected:?} in {error:?}");
    }
}

#[test]
fn packing_and_line_ends_make_no_difference() {
    let plain = csv(&[ROW]);
    let marked = [b"\xef\xbb\xbf".as_slice(), &plain].concat();
    // Gzip members may follow one another.
    let (first, second) = plain.split_at(40);
    let windows = csv(&["\"489434\",85048,\"BALL\",12,2009-12-01T07:45:00,6.95,13085,\"United Kingdom\"", ""]);
    let windows = String::from_utf8(windows).unwrap().replace('\n', "\r\n").into_bytes();
    for file in [gzip(&plain), marked, windows, [gzip(first), gzip(second)].concat()] {
        assert_eq!(read(&file).unwrap().orders.len(), 1);
    }
    let checksum = read(&plain).unwrap().checksum;
    assert_eq!(read(&gzip(&plain)).unwrap().checksum, checksum);
    assert_ne!(read(&csv(&[ROW, ROW])).unwrap().checksum, checksum);
}

#[test]
fn the_sample_adds_up() {
    let sample = crate::load::input::open(&crate::load::Source::Sample).unwrap();
    let books = Books::read(sample, &crate::load::progress::Counter::idle()).unwrap();
    assert_eq!(books.invoices, 500);
    assert_eq!(books.rows, books.lines() + books.rejects.len() as u64);
    assert!(books.credit_notes > 0 && books.orders.iter().any(|order| order.customer.is_none()));
    let reasons: std::collections::BTreeSet<_> = books.rejects.iter().map(|reject| reject.reason).collect();
    assert!(reasons.len() >= 4, "{reasons:?}");
}
