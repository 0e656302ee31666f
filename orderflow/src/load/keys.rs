//! Idempotency keys and paths. A key follows from the file alone, so every run of a file uses the same ones.

use std::fmt::Write;

use hyper::{Uri, header::HeaderValue};
use uuid::Uuid;

/// A product is first listed as this file first sees it; another file may see it otherwise.
pub(super) fn product(checksum: u32, sku: &str) -> HeaderValue {
    key(format!("load-product-{checksum:08x}-{}", encoded(sku)))
}

/// Another file brings another demand. The share is not in the key: with another one, the server refuses.
pub(super) fn receipt(checksum: u32, sku: &str, part: u64) -> HeaderValue {
    key(format!("load-stock-{checksum:08x}-{}-{part}", encoded(sku)))
}

/// A customer is the same in every file: the id follows from this key.
pub(super) fn customer(reference: &str) -> HeaderValue {
    key(format!("load-customer-{}", encoded(reference)))
}

/// An invoice is the same in every file.
pub(super) fn order(invoice: &str) -> HeaderValue {
    key(format!("load-order-{invoice}"))
}

pub(super) fn dispatch(shipment: Uuid) -> HeaderValue {
    key(format!("load-dispatch-{shipment}"))
}

pub(super) fn delivery(shipment: Uuid) -> HeaderValue {
    key(format!("load-deliver-{shipment}"))
}

pub(super) fn uri(path: String) -> Uri {
    Uri::try_from(path).expect("paths are made of letters, digits and percent-encoded names")
}

/// What RFC 3986 calls unreserved stays as it is.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn key(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("keys are made of letters, digits and percent-encoded names")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_paths_hold_any_name() {
        assert_eq!(product(0xab, "BANK CHARGES"), "load-product-000000ab-BANK%20CHARGES");
        assert_eq!(receipt(7, "ü/%", 2), "load-stock-00000007-%C3%BC%2F%25-2");
        assert_eq!(customer("13085"), "load-customer-13085");
        assert_eq!(order("489434"), "load-order-489434");
        assert_eq!(uri(format!("/a/{}/b", encoded("C2 ?#"))).path(), "/a/C2%20%3F%23/b");
    }
}
