//! Events: as they are proposed, as they are kept, and as checks see them.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

/// The type of events that only point to another one.
pub(crate) const LINK: &str = "$>";
/// The type of events that say how a stream is to be kept.
pub(crate) const METADATA: &str = "$metadata";
/// The type of the last event of a stream that was deleted for good.
pub(crate) const TOMBSTONE: &str = "$streamDeleted";

pub(crate) const JSON: &str = "application/json";
pub(crate) const BINARY: &str = "application/octet-stream";

/// What a record needs beside its event and the names.
const FRAME_BYTES: usize = 97;

#[derive(Debug, Clone)]
pub(crate) struct Proposed {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) content_type: String,
    pub(crate) custom_metadata: Bytes,
    pub(crate) data: Bytes,
}

impl Proposed {
    /// What counts towards the limit of an append.
    pub(crate) fn size_bytes(&self) -> usize {
        self.data.len() + self.custom_metadata.len() + 2 * self.event_type.len()
    }
}

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) stream: Arc<str>,
    pub(crate) revision: u64,
    /// The offset at which the record begins.
    pub(crate) position: u64,
    pub(crate) created_ticks: u64,
    pub(crate) event: Proposed,
}

impl Record {
    /// How far the next record is away.
    pub(crate) fn size_bytes(&self) -> u64 {
        (FRAME_BYTES + self.stream.len() + self.event.size_bytes()) as u64
    }

    /// Where a link points to.
    pub(crate) fn target(&self) -> Option<(u64, &str)> {
        if self.event.event_type != LINK {
            return None;
        }
        let (revision, stream) = str::from_utf8(&self.event.data).ok()?.split_once('@')?;
        Some((revision.parse().ok()?, stream))
    }
}

/// An event of `$all`, for checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub stream: String,
    pub revision: u64,
    pub id: Uuid,
    pub event_type: String,
    pub position: u64,
}

impl From<&Record> for Recorded {
    fn from(record: &Record) -> Self {
        Self {
            stream: record.stream.to_string(),
            revision: record.revision,
            id: record.event.id,
            event_type: record.event.event_type.clone(),
            position: record.position,
        }
    }
}
