//! A stream's metadata: events of the stream `$$` and its name, of which the last one counts.

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Log, append::Written, stream::DELETED};
use crate::record::{JSON, METADATA, Proposed};

impl Log {
    /// Takes in what an event says about another stream, if it does.
    pub(super) fn note_metadata(&mut self, name: &str, event: &Proposed) {
        let Some(described) = name.strip_prefix("$$") else { return };
        if event.event_type != METADATA {
            return;
        }
        let metadata: Value = serde_json::from_slice(&event.data).unwrap_or_default();
        let number = |key: &str| metadata.get(key).and_then(Value::as_u64);
        let stream = self.stream_mut(described);
        // What has been deleted does not come back with new metadata.
        let deleted = stream.is_soft_deleted().then_some(stream.next());
        stream.max_count = number("$maxCount");
        stream.truncate_before = number("$tb").or(deleted);
    }

    /// Writes metadata as the server itself does. The id derives from the place, so that nothing has to be passed in.
    pub(super) fn describe(&mut self, name: &str, metadata: &Value, now_ticks: u64) -> Written {
        let name = self.intern(&format!("$${name}"));
        let event = self.own_event(METADATA, JSON, metadata.to_string());
        self.extend(&name, vec![event], now_ticks)
    }

    /// An event of the server itself.
    pub(super) fn own_event(&self, event_type: &str, content_type: &str, data: String) -> Proposed {
        Proposed {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, &self.end.to_be_bytes()),
            event_type: event_type.to_owned(),
            content_type: content_type.to_owned(),
            custom_metadata: Bytes::new(),
            data: data.into(),
        }
    }

    /// Hides all events that a stream has.
    pub(super) fn hide(&mut self, name: &str, now_ticks: u64) -> Written {
        self.describe(name, &json!({ "$tb": DELETED }), now_ticks)
    }

    /// Shows a stream again from the first event that was appended after its deletion.
    pub(super) fn revive(&mut self, name: &str, first: u64, now_ticks: u64) {
        self.describe(name, &json!({ "$tb": first }), now_ticks);
    }
}
