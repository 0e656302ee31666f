//! Places in a list, handed to callers and trusted when they come back.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use uuid::Uuid;

use crate::problem::{Problem, ProblemKind};

/// Enough of the MAC that guessing is hopeless; a cursor should stay short.
const TAG_BYTES: usize = 16;
/// Parted from whatever else a key may be used for.
const PURPOSE: &[u8] = b"orderflow cursor 1\0";
/// The longest cursor that is looked at, in characters.
const LONGEST: usize = 4096;

/// What cursors are sealed with. Every process that serves the same lists needs the same one.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

/// A key that is too short to be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor key has at least {} bytes: make one with 'openssl rand -hex 32'", CursorKey::SHORTEST)]
pub struct InvalidKey;

impl CursorKey {
    /// In bytes.
    pub const SHORTEST: usize = 16;

    pub fn new(secret: &[u8]) -> Result<Self, InvalidKey> {
        if secret.len() < Self::SHORTEST {
            return Err(InvalidKey);
        }
        Ok(Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length")))
    }

    /// For one process: its cursors end with it.
    #[must_use]
    pub fn random() -> Self {
        let secret = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        Self(Hmac::new_from_slice(&secret).expect("HMAC takes keys of any length"))
    }

    fn mac(&self, filters: &[u8], values: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(PURPOSE);
        mac.update(&(filters.len() as u64).to_be_bytes());
        mac.update(filters);
        mac.update(values);
        mac
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey")
    }
}

/// Key-set cursors: the sort values of the last row of a page, as opaque text.
///
/// They are authenticated, so that no caller can make one up, and bound to the filters of the list (the tenant belongs
/// among them), so that none is used where it does not fit. They are not encrypted: the values are the caller's own.
#[derive(Debug, Clone, Copy)]
pub struct Cursor;

impl Cursor {
    /// # Panics
    ///
    /// When `filters` or `values` cannot be written as JSON.
    #[must_use]
    pub fn seal(key: &CursorKey, filters: &(impl Serialize + ?Sized), values: &(impl Serialize + ?Sized)) -> String {
        let filters = serde_json::to_vec(filters).expect("filters are plain data");
        let values = serde_json::to_vec(values).expect("sort values are plain data");
        let tag = key.mac(&filters, &values).finalize().into_bytes();
        let mut sealed = Vec::with_capacity(TAG_BYTES + values.len());
        sealed.extend_from_slice(&tag[..TAG_BYTES]);
        sealed.extend_from_slice(&values);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The values that were sealed.
    ///
    /// # Errors
    ///
    /// 400 for anything that [`seal`](Self::seal) did not make with this key and these filters.
    pub fn open<V: DeserializeOwned>(
        key: &CursorKey, filters: &(impl Serialize + ?Sized), cursor: &str,
    ) -> Result<V, Problem> {
        Self::unseal(key, filters, cursor).ok_or_else(|| {
            Problem::new(
                ProblemKind::INVALID_CURSOR,
                "send next_cursor as it was given, with the same filters, or leave it out to begin again",
            )
        })
    }

    fn unseal<V: DeserializeOwned>(key: &CursorKey, filters: &(impl Serialize + ?Sized), cursor: &str) -> Option<V> {
        if cursor.len() > LONGEST {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, values) = sealed.split_at_checked(TAG_BYTES)?;
        let filters = serde_json::to_vec(filters).expect("filters are plain data");
        key.mac(&filters, values).verify_truncated_left(tag).ok()?;
        serde_json::from_slice(values).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> CursorKey {
        CursorKey::new(b"sixteen bytes or more").unwrap()
    }

    #[test]
    fn a_cursor_fits_its_key_and_filters_only() {
        let cursor = Cursor::seal(&key(), &("acme", "placed"), &(17, "order-9"));
        let open = |key: &CursorKey, filters: &(&str, &str)| Cursor::open::<(u32, String)>(key, filters, &cursor);
        assert_eq!(open(&key(), &("acme", "placed")).unwrap(), (17, "order-9".to_owned()));
        assert_eq!(open(&key(), &("acme", "cancelled")).unwrap_err().kind(), ProblemKind::INVALID_CURSOR);
        assert_eq!(open(&key(), &("bolt", "placed")).unwrap_err().status(), 400);
        assert!(open(&CursorKey::random(), &("acme", "placed")).is_err());
        assert!(Cursor::open::<Vec<bool>>(&key(), &("acme", "placed"), &cursor).is_err(), "other values");
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(CursorKey::new(b"short").unwrap_err(), InvalidKey);
    }

    #[test]
    fn filters_and_values_do_not_run_into_each_other() {
        // Without its length in the MAC, one text could be divided in two ways.
        let cursor = Cursor::seal(&key(), "a", &1);
        assert!(Cursor::open::<u32>(&key(), "a1", &cursor).is_err());
    }

    proptest! {
        #[test]
        fn no_change_goes_unnoticed(values: (u64, String), byte: prop::sample::Index, bit in 0u8..8) {
            let cursor = Cursor::seal(&key(), "all", &values);
            prop_assert_eq!(Cursor::open::<(u64, String)>(&key(), "all", &cursor).unwrap(), values);
            let mut sealed = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            let byte = byte.index(sealed.len());
            sealed[byte] ^= 1 << bit;
            let tampered = URL_SAFE_NO_PAD.encode(sealed);
            prop_assert!(Cursor::open::<(u64, String)>(&key(), "all", &tampered).is_err());
        }

        #[test]
        fn any_text_is_answered(text: String) {
            prop_assert!(Cursor::open::<u32>(&key(), "all", &text).is_err());
        }
    }
}
