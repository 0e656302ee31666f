//! The events that a server writes for itself, among which readers have to find theirs.

use serde_json::json;

use super::Log;
use crate::record::{BINARY, JSON, LINK};

const STATISTICS: &str = "$stats-127.0.0.1:2113";

impl Log {
    /// Writes one of each kind: statistics, their stream's metadata, and a link to the stream's last event.
    pub(crate) fn write_system_events(&mut self, name: &str, now_ticks: u64) {
        let statistics = self.own_event("$statsCollected", JSON, json!({ "proc-cpu": 1.5 }).to_string());
        let stream = self.intern(STATISTICS);
        self.extend(&stream, vec![statistics], now_ticks);
        self.describe(STATISTICS, &json!({ "$maxCount": 10 }), now_ticks);
        if let Some(last) = self.stream(name).and_then(|stream| stream.current()) {
            let category = name.split_once('-').map_or(name, |(category, _)| category);
            let link = self.own_event(LINK, BINARY, format!("{last}@{name}"));
            let stream = self.intern(&format!("$ce-{category}"));
            self.extend(&stream, vec![link], now_ticks);
        }
    }
}
