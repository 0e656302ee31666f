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

    /// What `look` makes of the stream, if it is remembered.
    pub(super) fn with<T>(&mut self, name: &StreamName, look: impl FnOnce(&mut Stream) -> T) -> Option<T> {
        if let Some(stream) = self.young.get_mut(name) {
            return Some(look(stream));
        }
        let (name, mut stream) = self.old.remove_entry(name)?;
        let seen = look(&mut stream);
        self.insert(name, stream);
        Some(seen)
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

    fn id(cache: &mut StreamCache, number: usize) -> Option<i64> {
        cache.with(&name(number), |stream| stream.id)
    }

    #[test]
    fn it_keeps_what_is_used_and_stays_bounded() {
        let mut cache = StreamCache::new(8);
        for number in 0..1000 {
            cache.insert(name(number), Stream { id: number as i64, version: Version(1) });
            assert_eq!(id(&mut cache, 0), Some(0), "the stream that is always used stays");
            assert!(cache.young.len() + cache.old.len() <= 8);
        }
        assert_eq!(id(&mut cache, 10), None);
        assert_eq!(id(&mut cache, 999), Some(999));
        cache.clear();
        assert_eq!(id(&mut cache, 0), None);
    }

    #[test]
    fn a_version_is_changed_in_place_in_either_generation() {
        let mut cache = StreamCache::new(4);
        cache.insert(name(1), Stream { id: 1, version: Version(1) });
        for (number, version) in [(2, 5), (3, 6), (4, 7)] {
            cache.with(&name(1), |stream| stream.version = Version(version));
            cache.insert(name(number), Stream { id: 0, version: Version(1) });
            assert_eq!(cache.with(&name(1), |stream| stream.version), Some(Version(version)));
        }
    }
}
