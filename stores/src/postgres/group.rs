//! A group of appends as the arguments of one call, and the call's answer as the decision on each.

use std::collections::HashMap;

use orderflow_engine::{Append, AppendError, Appended, ExpectedVersion, Position, Slice, StreamName, Version};

use super::{known::Known, writer::Queued};

/// What `append` takes, column by column.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Arguments<'a> {
    /// The streams of the group, once each.
    pub(super) names: Vec<&'a str>,
    pub(super) slices: Vec<i16>,
    /// What is known of each stream.
    pub(super) known_ids: Vec<i64>,
    pub(super) known_versions: Vec<i64>,
    /// Of each append: its stream's place among the names, what it expects, how many events it has, and whether it
    /// fails with the one before it.
    pub(super) places: Vec<i32>,
    pub(super) expected: Vec<i64>,
    pub(super) counts: Vec<i32>,
    pub(super) rests_on_last: Vec<bool>,
    /// Of each event: its append's place and its own among that one's, both counted from 1, and what it is.
    pub(super) appends: Vec<i32>,
    pub(super) nths: Vec<i32>,
    pub(super) kinds: Vec<i16>,
    pub(super) times: Vec<i64>,
    pub(super) metadata: Vec<&'a [u8]>,
    pub(super) data: Vec<&'a [u8]>,
}

/// What `append` gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The position of the last event before the group.
    pub(super) before: i64,
    pub(super) outcomes: Vec<i64>,
    /// Of each stream of the group; nothing when the answer was given before.
    pub(super) ids: Option<Vec<i64>>,
    /// The streams to which others have appended since the position that was known.
    pub(super) changed: Option<Vec<i64>>,
}

/// A version that the server has to look up.
pub(super) const UNKNOWN: i64 = -1;

/// An answer that does not fit the question.
#[derive(Debug, thiserror::Error)]
#[error("the server answered {answers} of {appends} appends")]
pub(super) struct Misfit {
    answers: usize,
    appends: usize,
}

impl<'a> Arguments<'a> {
    /// `kind_ids` holds every kind that occurs.
    pub(super) fn new<'k>(appends: &'a [Queued], kind_ids: &HashMap<&'k str, i16>, known: &Known) -> Self {
        let mut arguments = Self::default();
        let mut places: HashMap<&StreamName, i32> = HashMap::new();
        for Queued { append, rests_on_last } in appends {
            let place = *places.entry(&append.stream).or_insert_with(|| {
                arguments.names.push(append.stream.as_str());
                arguments.slices.push(Slice::of(&append.stream).number() as i16);
                let (id, version) = known.look(&append.stream);
                arguments.known_ids.push(id);
                arguments.known_versions.push(version);
                arguments.names.len() as i32
            });
            arguments.places.push(place);
            arguments.expected.push(code(append.expected));
            arguments.counts.push(append.events.len() as i32);
            arguments.rests_on_last.push(*rests_on_last);
            let number = arguments.places.len() as i32;
            for (nth, event) in (1..).zip(&append.events) {
                arguments.appends.push(number);
                arguments.nths.push(nth);
                arguments.kinds.push(kind_ids[event.kind]);
                arguments.times.push(append.time.timestamp_micros());
                arguments.metadata.push(&append.metadata);
                arguments.data.push(&event.data);
            }
        }
        arguments
    }
}

impl Answer {
    /// The decision on each append, and the position of the group's last event.
    pub(super) fn decide<'a>(
        &self, appends: impl ExactSizeIterator<Item = &'a Append>,
    ) -> Result<(Vec<Result<Appended, AppendError>>, Position), Misfit> {
        if appends.len() != self.outcomes.len() {
            return Err(Misfit { answers: self.outcomes.len(), appends: appends.len() });
        }
        let mut last = Position(self.before.cast_unsigned());
        let decide = |(append, outcome): (&Append, &i64)| match u64::try_from(*outcome) {
            Ok(version) => {
                last = Position(last.0 + append.events.len() as u64);
                Ok(Appended { version: Version(version), position: last })
            }
            Err(_) => {
                let actual = Version((-1 - *outcome).cast_unsigned());
                Err(AppendError::Conflict { expected: append.expected, actual })
            }
        };
        let decisions = appends.zip(&self.outcomes).map(decide).collect();
        Ok((decisions, last))
    }
}

/// What is expected, as `append` takes it.
fn code(expected: ExpectedVersion) -> i64 {
    match expected {
        ExpectedVersion::Any => -1,
        ExpectedVersion::NoStream => 0,
        ExpectedVersion::Exists => -2,
        // No version comes near the bound, so one that does is never met.
        ExpectedVersion::Exactly(version) => i64::try_from(version.0).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::{DateTime, TimeDelta};
    use orderflow_engine::NewEvent;

    use super::*;

    fn append(stream: &str, expected: ExpectedVersion, bodies: &[&'static str]) -> Append {
        Append {
            stream: StreamName::parse(stream).unwrap(),
            expected,
            events: bodies
                .iter()
                .map(|body| NewEvent { kind: "k.v1", data: Bytes::from_static(body.as_bytes()) })
                .collect(),
            metadata: Bytes::from_static(b"m"),
            time: DateTime::UNIX_EPOCH + TimeDelta::microseconds(7),
        }
    }

    #[test]
    fn streams_are_named_once_and_events_follow_their_appends() {
        let appends = [
            append("order-1", ExpectedVersion::NoStream, &["a", "b"]),
            append("order-2", ExpectedVersion::Any, &["c"]),
            append("order-1", ExpectedVersion::Exactly(Version(2)), &["d"]),
            append("order-2", ExpectedVersion::Exists, &["e"]),
        ];
        let rests = [false, false, true, false];
        let appends: Vec<_> =
            appends.into_iter().zip(rests).map(|(append, rests_on_last)| Queued { append, rests_on_last }).collect();
        let arguments = Arguments::new(&appends, &HashMap::from([("k.v1", 3)]), &Known::new(10));
        let wanted = Arguments {
            names: vec!["order-1", "order-2"],
            slices: vec![5, 4],
            known_ids: vec![0, 0],
            known_versions: vec![UNKNOWN, UNKNOWN],
            places: vec![1, 2, 1, 2],
            expected: vec![0, -1, 2, -2],
            counts: vec![2, 1, 1, 1],
            rests_on_last: rests.to_vec(),
            appends: vec![1, 1, 2, 3, 4],
            nths: vec![1, 2, 1, 1, 1],
            kinds: vec![3; 5],
            times: vec![7; 5],
            metadata: vec![b"m"; 5],
            data: vec![b"a", b"b", b"c", b"d", b"e"],
        };
        assert_eq!(arguments, wanted);
    }

    #[test]
    fn an_outcome_is_a_version_or_a_conflict() {
        let appends = [
            append("order-1", ExpectedVersion::NoStream, &["a", "b"]),
            append("order-2", ExpectedVersion::NoStream, &["c"]),
            append("order-3", ExpectedVersion::Exists, &["c"]),
            append("order-1", ExpectedVersion::Any, &["d"]),
        ];
        let answer = Answer { before: 10, outcomes: vec![2, -5, -1, 3], ids: None, changed: None };
        let (decisions, last) = answer.decide(appends.iter()).unwrap();
        let told = |decision: &Result<Appended, AppendError>| match decision {
            Ok(appended) => Ok((appended.version.0, appended.position.0)),
            Err(AppendError::Conflict { actual, .. }) => Err(actual.0),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(decisions.iter().map(told).collect::<Vec<_>>(), [Ok((2, 12)), Err(4), Err(0), Ok((3, 13))]);
        assert_eq!(last, Position(13));
        assert!(answer.decide(appends[..3].iter()).is_err());
    }
}
