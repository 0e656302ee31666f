//! What a writer knows of streams, so that the server need not look at each of them.

use orderflow_engine::{Append, StreamName};
use quick_cache::unsync::Cache;

use super::group::{Answer, UNKNOWN};

/// Versions hold as of a position: of those that others have changed since, the server tells. Should one be wrong all
/// the same, the version that is written next is there already, and the server refuses the group.
pub(super) struct Known {
    head: i64,
    /// An id never changes.
    ids: Cache<StreamName, i64>,
    versions: Cache<i64, i64>,
}

impl Known {
    pub(super) fn new(streams: usize) -> Self {
        Self { head: 0, ids: Cache::new(streams.max(1)), versions: Cache::new(streams.max(1)) }
    }

    /// For another server, or after an error.
    pub(super) fn forget(&mut self) {
        self.head = 0;
        self.ids.clear();
        self.versions.clear();
    }

    /// The position that versions hold for.
    pub(super) fn head(&self) -> i64 {
        self.head
    }

    /// The id of a stream and its version, as far as they are known.
    pub(super) fn look(&self, stream: &StreamName) -> (i64, i64) {
        match self.ids.get(stream) {
            Some(id) => (*id, self.versions.get(id).copied().unwrap_or(UNKNOWN)),
            None => (0, UNKNOWN),
        }
    }

    /// Learns from the answer to a group; `places` is where each append's stream is among the ids, counted from 1.
    pub(super) fn learn<'a>(&mut self, answer: &Answer, appends: impl Iterator<Item = &'a Append>, places: &[i32]) {
        // An answer that was given before has nothing to teach.
        let Some(ids) = &answer.ids else { return };
        if answer.before != self.head {
            match &answer.changed {
                Some(changed) => {
                    for id in changed {
                        let _ = self.versions.remove(id);
                    }
                }
                None => self.versions.clear(),
            }
        }
        self.head = answer.before;
        for ((append, place), outcome) in appends.zip(places).zip(&answer.outcomes) {
            let id = usize::try_from(*place - 1).ok().and_then(|place| ids.get(place).copied()).unwrap_or(0);
            if id > 0 {
                self.ids.insert(append.stream.clone(), id);
            }
            if *outcome > 0 {
                self.head += append.events.len() as i64;
                self.versions.insert(id, *outcome);
            } else {
                // Had it not been what was known, nobody would come to know it otherwise.
                let _ = self.versions.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::DateTime;
    use orderflow_engine::{ExpectedVersion, NewEvent};

    use super::*;

    fn append(stream: &str) -> Append {
        let event = NewEvent { kind: "k.v1", data: Bytes::new() };
        let (stream, events) = (StreamName::parse(stream).unwrap(), vec![event.clone(), event]);
        let (metadata, time) = (Bytes::new(), DateTime::UNIX_EPOCH);
        Append { stream, expected: ExpectedVersion::Any, events, metadata, time }
    }

    fn answer(before: i64, outcomes: &[i64], ids: Option<&[i64]>, changed: Option<&[i64]>) -> Answer {
        let [ids, changed] = [ids, changed].map(|list| list.map(<[i64]>::to_vec));
        Answer { before, outcomes: outcomes.to_vec(), ids, changed }
    }

    #[test]
    fn versions_are_known_until_others_write() {
        let [one, two] = [append("order-1"), append("order-2")];
        let mut known = Known::new(10);
        let look = |known: &Known| [&one, &two].map(|append| known.look(&append.stream));
        assert_eq!(look(&known), [(0, UNKNOWN); 2]);
        known.learn(&answer(7, &[2, 6, -3], Some(&[5, 4]), None), [&one, &two, &one].into_iter(), &[1, 2, 1]);
        assert_eq!((known.head(), look(&known)), (11, [(5, UNKNOWN), (4, 6)]), "a refused append says nothing");
        known.learn(&answer(11, &[4], Some(&[5]), None), [&one].into_iter(), &[1]);
        assert_eq!((known.head(), look(&known)), (13, [(5, 4), (4, 6)]), "nobody else wrote");
        known.learn(&answer(14, &[6], Some(&[5]), Some(&[4])), [&one].into_iter(), &[1]);
        assert_eq!((known.head(), look(&known)), (16, [(5, 6), (4, UNKNOWN)]), "somebody wrote to the other one");
        known.learn(&answer(9, &[8], None, None), [&one].into_iter(), &[1]);
        assert_eq!((known.head(), look(&known)), (16, [(5, 6), (4, UNKNOWN)]), "an old answer teaches nothing");
        known.learn(&answer(9_000, &[1], Some(&[4]), None), [&two].into_iter(), &[1]);
        assert_eq!((known.head(), look(&known)), (9_002, [(5, UNKNOWN), (4, 1)]), "it was too much to tell");
        known.forget();
        assert_eq!((known.head(), look(&known)), (0, [(0, UNKNOWN); 2]));
    }
}
