//! One stream: where its events are in the log, and which of them can still be read.

/// The revision of a tombstone, and what a soft deletion cuts a stream off at.
pub(super) const DELETED: u64 = i64::MAX as u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Live,
    Tombstoned,
}

#[derive(Debug)]
pub(super) struct Stream {
    /// The place in the log of each event; the index is the revision.
    pub(super) places: Vec<usize>,
    pub(super) life: Life,
    pub(super) max_count: Option<u64>,
    pub(super) truncate_before: Option<u64>,
}

impl Stream {
    pub(super) fn new(name: &str) -> Self {
        // Of a stream's metadata only the last event counts.
        let max_count = name.starts_with("$$").then_some(1);
        Self { places: Vec::new(), life: Life::Live, max_count, truncate_before: None }
    }

    /// The revision that the next event will have.
    pub(super) fn next(&self) -> u64 {
        self.places.len() as u64
    }

    pub(super) fn current(&self) -> Option<u64> {
        self.next().checked_sub(1)
    }

    /// The first revision that can still be read.
    pub(super) fn first(&self) -> u64 {
        let kept = self.max_count.map_or(0, |count| self.next().saturating_sub(count));
        kept.max(self.truncate_before.unwrap_or(0))
    }

    pub(super) fn is_soft_deleted(&self) -> bool {
        self.truncate_before == Some(DELETED)
    }
}
