//! What the server is asked.

use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{answer::Answer, pool::Job};

/// The most that one receipt may hold.
const RECEIVED: u32 = 1_000_000;

/// Lists products and receives stock of each.
pub(super) struct SetUp {
    run: String,
    products: u32,
    asked: u32,
}

impl SetUp {
    pub(super) fn new(products: u32) -> Self {
        Self { run: run_name(), products, asked: 0 }
    }
}

impl Job for SetUp {
    fn ask(&mut self, out: &mut Vec<u8>) -> bool {
        let (product, receipt) = (self.asked % self.products, self.asked / self.products);
        let sku = sku(product);
        let key = format!("{}-{}", self.run, self.asked);
        match receipt {
            0 => {
                let price = format!("{{\"amount\":\"{}.95\",\"currency\":\"GBP\"}}", product % 20);
                let body = format!("{{\"sku\":\"{sku}\",\"description\":\"Product {product}\",\"price\":{price}}}");
                post(out, "/api/v1/products", &key, &body);
            }
            1 => {
                let path = format!("/api/v1/stock/{sku}/receipts");
                post(out, &path, &key, &format!("{{\"quantity\":{RECEIVED}}}"));
            }
            _ => return false,
        }
        self.asked += 1;
        true
    }

    fn answered(&mut self, _: &Answer<'_>) {}
}

/// Places orders of products that are drawn from all of them.
pub(super) struct PlaceOrders {
    run: String,
    products: u32,
    lines: u32,
    left: u64,
    asked: u64,
    draw: Draw,
    ids: Vec<String>,
}

impl PlaceOrders {
    pub(super) fn new(products: u32, lines: u32, count: u64) -> Self {
        Self { run: run_name(), products, lines, left: count, asked: 0, draw: Draw(1), ids: Vec::new() }
    }

    pub(super) fn placed(&self) -> &[String] {
        &self.ids
    }
}

impl Job for PlaceOrders {
    fn ask(&mut self, out: &mut Vec<u8>) -> bool {
        if self.left == 0 {
            return false;
        }
        (self.left, self.asked) = (self.left - 1, self.asked + 1);
        let lines: Vec<_> = (0..self.lines)
            .map(|_| format!("{{\"sku\":\"{}\",\"quantity\":1}}", sku(self.draw.below(self.products))))
            .collect();
        post(out, "/api/v1/orders", &format!("{}-{}", self.run, self.asked), &order(&lines.join(",")));
        true
    }

    fn answered(&mut self, answer: &Answer<'_>) {
        self.ids.extend(answer.field("id").map(str::to_owned));
    }
}

/// Reads orders that are drawn from those named.
pub(super) struct GetOrders {
    ids: Vec<String>,
    draw: Draw,
}

impl GetOrders {
    pub(super) fn new(ids: Vec<String>) -> Self {
        Self { ids, draw: Draw(1) }
    }
}

impl Job for GetOrders {
    fn ask(&mut self, out: &mut Vec<u8>) -> bool {
        let count = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        if count > 0 {
            get(out, &format!("/api/v1/orders/{}", self.ids[self.draw.below(count) as usize]), "");
        }
        count > 0
    }

    fn answered(&mut self, _: &Answer<'_>) {}
}

pub(super) fn sku(product: u32) -> String {
    format!("bench-{product}")
}

pub(super) fn order(lines: &str) -> String {
    format!("{{\"currency\":\"GBP\",\"lines\":[{lines}],\"payment\":{{\"token\":\"tok_approve\"}}}}")
}

pub(super) fn post(out: &mut Vec<u8>, path: &str, key: &str, body: &str) {
    let written = write!(
        out,
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nidempotency-key: \"{key}\"\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    written.expect("a vector takes whatever is written to it");
}

/// `headers` end in a line break each.
pub(super) fn get(out: &mut Vec<u8>, path: &str, headers: &str) {
    let written = write!(out, "GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n");
    written.expect("a vector takes whatever is written to it");
}

/// A name that no other run has, so that no key comes twice.
#[expect(clippy::disallowed_methods, reason = "runs are told apart by when they were")]
pub(super) fn run_name() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", std::process::id(), since.as_nanos())
}

/// Numbers that look drawn by chance, the same in every run (splitmix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ (z >> 31)) % u64::from(bound)).expect("it is below a u32")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(job: &mut impl Job) -> Vec<String> {
        let mut all = Vec::new();
        let mut out = Vec::new();
        while job.ask(&mut out) && all.len() < 1000 {
            all.push(String::from_utf8(std::mem::take(&mut out)).unwrap());
        }
        all
    }

    #[test]
    fn every_product_is_listed_before_any_is_received() {
        let requests = requests(&mut SetUp::new(3));
        let paths: Vec<_> = requests.iter().map(|request| request.split(' ').nth(1).unwrap()).collect();
        let products = ["/api/v1/products"; 3];
        let receipts =
            ["/api/v1/stock/bench-0/receipts", "/api/v1/stock/bench-1/receipts", "/api/v1/stock/bench-2/receipts"];
        assert_eq!(paths, [products, receipts].concat());
    }

    #[test]
    fn orders_are_json_and_no_key_comes_twice() {
        let requests = requests(&mut PlaceOrders::new(10, 3, 5));
        assert_eq!(requests.len(), 5);
        let mut keys = std::collections::HashSet::new();
        for request in &requests {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["lines"].as_array().unwrap().len(), 3);
            assert!(keys.insert(head.split("idempotency-key").nth(1).unwrap().to_owned()));
        }
    }

    #[test]
    fn numbers_are_drawn_from_the_whole_range() {
        let mut draw = Draw(1);
        let drawn: std::collections::HashSet<_> = (0..1000).map(|_| draw.below(10)).collect();
        assert_eq!(drawn.len(), 10);
    }
}
