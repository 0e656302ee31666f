//! The suite that every event store passes, the memory store included. Each obligation of the contract is a function.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta};

use super::{AppendError, EventStore, Snapshot, Ticket, Wanted};
use crate::{
    event::{Append, NewEvent, RawEvent},
    slice::{Slice, Slices},
    stream::{ExpectedVersion, Position, StreamName, Version},
};

const KIND: &str = "probe.happened.v1";
const OTHER: &str = "probe.other.v1";

/// What a store gives as positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// 1, 2, 3, …: each position is an event's.
    Gapless,
    /// They grow, and what lies between two events may be something else, which the log ends with now and then.
    Sparse,
}

/// Runs the whole suite against one store. A store with gapless positions holds nothing yet; one with sparse positions
/// may hold other streams.
///
/// # Panics
///
/// When the store breaks its contract.
pub async fn check(store: impl EventStore, positions: Positions) {
    expected_versions_are_checked(&store).await;
    appends_are_whole_and_read_back(&store, positions).await;
    pipelined_appends_keep_their_order(&store).await;
    a_failed_append_fails_what_was_built_on_it(&store).await;
    a_version_that_fits_by_accident_admits_nothing_built_on_a_failed_append(&store).await;
    readers_beside_writers_miss_nothing(&store, positions).await;
    pages_kinds_and_slices_narrow_what_is_read(&store, positions).await;
    followers_are_woken(&store).await;
    snapshots_are_replaced(&store).await;
}

fn name(id: &str) -> StreamName {
    StreamName::parse(format!("probe-{id}")).expect("a valid name")
}

fn append(stream: &StreamName, expected: ExpectedVersion, bodies: &[&str]) -> Append {
    Append {
        stream: stream.clone(),
        expected,
        events: bodies.iter().map(|body| NewEvent { kind: KIND, data: Bytes::from((*body).to_owned()) }).collect(),
        metadata: Bytes::from_static(br#"{"command":"00000000-0000-0000-0000-000000000000","actor":"probe"}"#),
        time: DateTime::UNIX_EPOCH + TimeDelta::microseconds(1_234_567),
    }
}

async fn put(
    store: &impl EventStore, stream: &StreamName, expected: ExpectedVersion, bodies: &[&str],
) -> Result<Version, AppendError> {
    store.submit(append(stream, expected, bodies)).await.wait().await.map(|appended| appended.version)
}

async fn bodies(store: &impl EventStore, stream: &StreamName) -> Vec<String> {
    let events = store.read_stream(stream, Version::ZERO, usize::MAX).await.expect("readable");
    events.iter().map(|event| String::from_utf8_lossy(&event.data).into_owned()).collect()
}

async fn all(store: &impl EventStore) -> Vec<RawEvent> {
    store.read_all(Position::START, usize::MAX, &Wanted::ALL).await.expect("readable").events
}

async fn expected_versions_are_checked(store: &impl EventStore) {
    use ExpectedVersion::{Any, Exactly, Exists, NoStream};
    let conflicts = |verdict: Result<Version, AppendError>, at: u64| match verdict {
        Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual, Version(at)),
        other => panic!("expected a conflict, got {other:?}"),
    };
    let stream = name("expected");
    conflicts(put(store, &stream, Exists, &["0"]).await, 0);
    conflicts(put(store, &stream, Exactly(Version(1)), &["0"]).await, 0);
    assert_eq!(put(store, &stream, NoStream, &["1"]).await.unwrap(), Version(1));
    conflicts(put(store, &stream, NoStream, &["0"]).await, 1);
    conflicts(put(store, &stream, Exactly(Version(2)), &["0"]).await, 1);
    assert_eq!(put(store, &stream, Exists, &["2"]).await.unwrap(), Version(2));
    assert_eq!(put(store, &stream, Any, &["3"]).await.unwrap(), Version(3));
    assert_eq!(put(store, &stream, Exactly(Version(3)), &["4"]).await.unwrap(), Version(4));
    assert_eq!(bodies(store, &stream).await, ["1", "2", "3", "4"], "a conflict writes nothing");
}

async fn appends_are_whole_and_read_back(store: &impl EventStore, positions: Positions) {
    let stream = name("whole@acme");
    let before = store.head().await.expect("readable");
    let wanted = append(&stream, ExpectedVersion::NoStream, &["{\"a\":1}", "{}", "{\"b\":\"\u{e9}\"}"]);
    let appended = store.submit(wanted.clone()).await.wait().await.expect("appended");
    assert_eq!(appended.version, Version(3));
    let events = store.read_stream(&stream, Version::ZERO, 10).await.expect("readable");
    assert_eq!(events.len(), 3);
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.version, Version(index as u64 + 1));
        assert_eq!((&event.stream, &*event.kind, event.time), (&stream, KIND, wanted.time));
        assert_eq!((&event.metadata, &event.data), (&wanted.metadata, &wanted.events[index].data));
    }
    assert!(events[0].position > before, "positions grow");
    assert_eq!(events[2].position, appended.position);
    ends_at(store.head().await.expect("readable"), appended.position, positions);
    let nothing = store.read_stream(&name("never"), Version::ZERO, 10).await.expect("readable");
    assert!(nothing.is_empty(), "a stream that does not exist is empty");
}

/// The log ends with the last event; behind it there may be something else only where positions are sparse.
fn ends_at(end: Position, last: Position, positions: Positions) {
    match positions {
        Positions::Gapless => assert_eq!(end, last),
        Positions::Sparse => assert!(end >= last, "{end} is before {last}"),
    }
}

async fn pipelined_appends_keep_their_order(store: &impl EventStore) {
    let stream = name("pipelined");
    let mut tickets = Vec::new();
    for version in 0..50 {
        let body = version.to_string();
        let next = append(&stream, ExpectedVersion::at(Version(version)), &[&body]);
        tickets.push(store.submit(next).await);
    }
    for (index, ticket) in tickets.iter().enumerate() {
        assert_eq!(ticket.wait().await.expect("appended").version, Version(index as u64 + 1));
    }
    let expected: Vec<_> = (0..50).map(|version| version.to_string()).collect();
    assert_eq!(bodies(store, &stream).await, expected);
}

async fn a_failed_append_fails_what_was_built_on_it(store: &impl EventStore) {
    let stream = name("chained");
    let wrong = store.submit(append(&stream, ExpectedVersion::Exactly(Version(1)), &["x"])).await;
    let next = append(&stream, ExpectedVersion::Exactly(Version(2)), &["y"]);
    let built_on_it = store.submit_after(next, Some(wrong.clone())).await;
    for ticket in [wrong, built_on_it] {
        assert!(matches!(ticket.wait().await, Err(AppendError::Conflict { .. })));
    }
    assert!(bodies(store, &stream).await.is_empty());
}

/// Somebody else has brought the stream to the very versions that the failed append would have left.
async fn a_version_that_fits_by_accident_admits_nothing_built_on_a_failed_append(store: &impl EventStore) {
    let stream = name("accident");
    put(store, &stream, ExpectedVersion::NoStream, &["theirs"]).await.expect("appended");
    let mut tickets: Vec<Ticket> = Vec::new();
    for version in 0..20 {
        let next = append(&stream, ExpectedVersion::at(Version(version)), &["ours"]);
        tickets.push(store.submit_after(next, tickets.last().cloned()).await);
    }
    for ticket in &tickets {
        assert!(matches!(ticket.wait().await, Err(AppendError::Conflict { .. })));
    }
    let next = append(&stream, ExpectedVersion::Exactly(Version(1)), &["late"]);
    let late = store.submit_after(next, tickets.last().cloned()).await;
    assert!(matches!(late.wait().await, Err(AppendError::Conflict { .. })), "what failed is known by now");
    assert_eq!(bodies(store, &stream).await, ["theirs"]);
    put(store, &stream, ExpectedVersion::Exactly(Version(1)), &["reloaded"]).await.expect("it rests on nothing");
}

/// Writers write while a reader follows page by page: the reader must meet every event once, in order.
async fn readers_beside_writers_miss_nothing(store: &impl EventStore, positions: Positions) {
    const WRITERS: u64 = 8;
    const EACH: u64 = 100;
    let start = store.head().await.expect("readable");
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let stream = name(&format!("beside-{writer}"));
                for version in 0..EACH {
                    let bodies = if version % 3 == 0 { &["a", "b"][..] } else { &["c"][..] };
                    put(&store, &stream, ExpectedVersion::Any, bodies).await.expect("appended");
                }
            })
        })
        .collect();
    let expected = usize::try_from(WRITERS * (EACH + EACH.div_ceil(3))).expect("few");
    let mut read: Vec<RawEvent> = Vec::new();
    let mut through = start;
    while read.len() < expected {
        let page = store.read_all(through, 64, &Wanted::ALL).await.expect("readable");
        assert!(page.events.iter().all(|event| event.position > through && event.position <= page.through));
        through = page.through;
        if page.events.is_empty() {
            tokio::task::yield_now().await;
        }
        read.extend(page.events);
    }
    for writer in writers {
        writer.await.expect("the writer finished");
    }
    assert!(read.is_sorted_by(|a, b| a.position < b.position), "positions grow");
    let afterwards: Vec<_> = all(store).await.into_iter().filter(|event| event.position > start).collect();
    assert_eq!(read, afterwards, "a reader beside the writers sees what a later reader sees");
    if positions == Positions::Gapless {
        let mut counted = read.iter().zip(start.0 + 1..);
        assert!(counted.all(|(event, position)| event.position.0 == position), "positions have no gap");
    }
}

async fn pages_kinds_and_slices_narrow_what_is_read(store: &impl EventStore, positions: Positions) {
    let stream = name("narrow");
    put(store, &stream, ExpectedVersion::Any, &["1", "2", "3"]).await.expect("appended");
    let mut other = append(&stream, ExpectedVersion::Any, &["4"]);
    other.events[0].kind = OTHER;
    let last = store.submit(other).await.wait().await.expect("appended").position;

    let tail = store.read_stream(&stream, Version(1), 2).await.expect("readable");
    assert_eq!(tail.iter().map(|event| event.version.0).collect::<Vec<_>>(), [2, 3]);
    let page = store.read_all(Position::START, usize::MAX, &Wanted::kinds([OTHER])).await.expect("readable");
    assert_eq!(page.events.iter().map(|event| event.position).collect::<Vec<_>>(), [last]);
    ends_at(page.through, last, positions);
    let considered = store.read_all(Position::START, 1, &Wanted::kinds([OTHER])).await.expect("readable");
    assert!(considered.events.is_empty() && considered.through > Position::START, "unwanted events are passed over");
    for slice in Slice::all() {
        let wanted = Wanted { slices: Slices::NONE.with(slice), ..Wanted::ALL };
        let page = store.read_all(Position::START, usize::MAX, &wanted).await.expect("readable");
        assert!(page.events.iter().all(|event| Slice::of(&event.stream) == slice), "other slices are passed over");
        let found = page.events.iter().filter(|event| event.stream == stream).count();
        assert_eq!(found, if Slice::of(&stream) == slice { 4 } else { 0 });
    }
    let end = store.read_all(last, 10, &Wanted::ALL).await.expect("readable");
    assert!(end.events.is_empty(), "there is nothing new");
    ends_at(end.through, last, positions);
}

async fn followers_are_woken(store: &impl EventStore) {
    let mut watch = store.watch();
    watch.borrow_and_update();
    put(store, &name("woken"), ExpectedVersion::Any, &["1"]).await.expect("appended");
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), watch.changed()).await;
    woken.expect("a follower is woken").expect("the store is there");
}

async fn snapshots_are_replaced(store: &impl EventStore) {
    let stream = name("snapshots");
    put(store, &stream, ExpectedVersion::Any, &["1", "2"]).await.expect("appended");
    assert_eq!(store.load_snapshot(&stream).await.expect("readable"), None);
    for version in [1, 2] {
        let snapshot = Snapshot { version: Version(version), schema: 7, data: Bytes::from(format!("{version}")) };
        store.save_snapshot(stream.clone(), snapshot.clone()).await;
        // Saving is not acknowledged: whatever is appended after it comes after it.
        put(store, &stream, ExpectedVersion::Any, &["3"]).await.expect("appended");
        assert_eq!(store.load_snapshot(&stream).await.expect("readable"), Some(snapshot));
    }
}
