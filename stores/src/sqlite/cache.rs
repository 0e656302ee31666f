//! What the writer remembers of streams, so that it need not ask the database for each append.

use std::collections::HashMap;

use orderflow_engine::{StreamName, Version};

/// A stream that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) id: i64,
    pub(super) version: Version,
}

/// Right only because there is one writer, and only if it is cleared whenever a transaction comes to nothing.
///
/// Bounded by two generations: when the younger is full it becomes the older, and what the older held is forgotten
/// unless it was used meanwhile.
pub(super) struct StreamCache {
    young: HashMap<StreamName, Stream>,
    old: HashMap<StreamName, Stream>,
    generation: usize,
}

impl StreamCache {
    /// Keeps between half of `streams` and all of them.
    pub(super) fn new(streams: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation: (streams / 2).max(1) }
    }

    pub(super) fn get(&mut self, name: &StreamName) -> Option<&mut Stream> {
        if !self.young.contains_key(name) {
            let (name, stream) = self.old.remove_entry(name)?;
            self.insert(name, stream);
        }
        self.young.get_mut(name)
    }

    pub(super) fn insert(&mut self, name: StreamName, stream: Stream) {
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, stream);
    }

    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: usize) -> StreamName {
        StreamName::parse(format!("probe-{id}")).unwrap()
    }

    #[test]
    fn it_keeps_what_is_used_and_stays_bounded() {
        let mut cache = StreamCache::new(8);
        for id in 0..1000 {
            cache.insert(name(id), Stream { id: id as i64, version: Version(1) });
            assert!(cache.get(&name(0)).is_some(), "the stream that is always used stays");
            assert!(cache.young.len() + cache.old.len() <= 8);
        }
        assert_eq!(cache.get(&name(10)), None);
        assert_eq!(cache.get(&name(999)).map(|stream| stream.id), Some(999));
        cache.clear();
        assert_eq!(cache.get(&name(0)), None);
    }

    #[test]
    fn a_version_is_changed_in_place() {
        let mut cache = StreamCache::new(8);
        cache.insert(name(1), Stream { id: 1, version: Version(1) });
        cache.get(&name(1)).unwrap().version = Version(5);
        assert_eq!(cache.get(&name(1)).unwrap().version, Version(5));
    }
}
