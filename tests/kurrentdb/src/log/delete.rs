//! Deleting: for now, or for good.

use super::{
    Log,
    expected::{Expected, Refusal},
    stream::{DELETED, Life},
};
use crate::record::{BINARY, TOMBSTONE};

impl Log {
    /// Hides a stream until it is appended to again, and gives the position of the record that says so.
    pub(crate) fn delete(&mut self, name: &str, expected: Expected, now_ticks: u64) -> Result<u64, Refusal> {
        self.rule(name, expected, &[])?;
        let written = self.hide(name, now_ticks);
        Ok(written.position.expect("one event was appended"))
    }

    /// Ends a stream: nothing can be read from it or appended to it again. Its events stay in `$all`.
    pub(crate) fn tombstone(&mut self, name: &str, expected: Expected, now_ticks: u64) -> Result<u64, Refusal> {
        self.rule(name, expected, &[])?;
        self.stream_mut(name).life = Life::Tombstoned;
        let event = self.own_event(TOMBSTONE, BINARY, String::new());
        let name = self.intern(name);
        Ok(self.put(&name, DELETED, now_ticks, event))
    }
}
