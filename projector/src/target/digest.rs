//! What two generations of a view are compared by.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use orderflow_engine::projection::{Key, Value};

/// The sum of the hashes of all rows: the same for the same rows in any order. Comparable within one program only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContentHash(pub u128);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest {
    pub rows: u64,
    pub hash: ContentHash,
}

impl Digest {
    /// Adds a row, given as its key's values and then its columns'.
    pub(super) fn add<'a>(&mut self, values: impl Iterator<Item = &'a Value>) {
        // Two independent hashes of 64 bits: a sum of one is too easily the same by accident in a view of many rows.
        let (mut low, mut high) = (DefaultHasher::new(), DefaultHasher::new());
        high.write_u8(0x5f);
        for value in values {
            value.hash(&mut low);
            value.hash(&mut high);
        }
        let hash = u128::from(high.finish()) << 64 | u128::from(low.finish());
        self.rows += 1;
        self.hash.0 = self.hash.0.wrapping_add(hash);
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    pub serving: Digest,
    pub building: Digest,
    /// Some keys whose rows differ, or are on one side only.
    pub sample: Vec<Key>,
}

impl Comparison {
    /// How many differing keys a sample holds at most.
    pub const SAMPLE: usize = 10;

    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.serving == self.building
    }
}
