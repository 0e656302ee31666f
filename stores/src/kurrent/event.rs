//! How an event of ours is an event of the server, and back.
//!
//! The custom metadata are JSON that begins with our own time and ends with our metadata as they came:
//! `{"time_us":1700000000000000,"metadata":{…}}`. They are written and taken apart as text, so that the bytes inside
//! come back as they were, without a copy.

use bytes::Bytes;
use chrono::DateTime;
use kurrentdb::{EventData, RecordedEvent};
use orderflow_engine::{Append, Position, RawEvent, StreamName, Timestamp, Version};
use serde_json::value::RawValue;
use uuid::Uuid;

const TIME: &[u8] = b"{\"time_us\":";
const METADATA: &[u8] = b",\"metadata\":";
const END: &[u8] = b"}";

/// Events of one append or of several that build on each other, with ids that were made once and are sent every time.
///
/// The ids are random and not `StreamName::event_id`: two writers that decide the same version would both derive that
/// one, and the server, which compares ids and never content, would take the second writer's event for a repeat of the
/// first and call it a success.
pub(super) fn outgoing(append: &Append) -> impl Iterator<Item = (Uuid, EventData)> {
    let metadata = wrap(append.time, &append.metadata);
    append.events.iter().map(move |event| {
        let id = Uuid::new_v4();
        (id, data(event.kind, &event.data).metadata(metadata.clone()).id(id))
    })
}

/// Marked as JSON where it is, because the server's own tools look into it then. What the library would not send byte
/// for byte goes as binary.
pub(super) fn data(kind: &str, data: &Bytes) -> EventData {
    match serde_json::from_slice::<&RawValue>(data) {
        Ok(raw) if raw.get().len() == data.len() => {
            EventData::json(kind, &raw).unwrap_or_else(|_| EventData::binary(kind, data.clone()))
        }
        Ok(_) | Err(_) => EventData::binary(kind, data.clone()),
    }
}

/// What an event takes of the server's limit on an append, with something for its id and its numbers.
pub(super) fn size(append: &Append) -> usize {
    append.events.iter().map(|event| event.kind.len() + event.data.len() + append.metadata.len() + 200).sum()
}

/// `None` for events of others: the server's own, links, snapshots, and streams of other programs.
pub(super) fn incoming(event: RecordedEvent) -> Option<RawEvent> {
    if event.event_type.starts_with('$') {
        return None;
    }
    let stream = StreamName::parse(event.stream_id()).ok()?;
    let (time, metadata) = unwrap(&event.custom_metadata)?;
    Some(RawEvent {
        position: position(&event),
        stream,
        version: Version(event.revision + 1),
        kind: event.event_type.into(),
        time,
        metadata,
        data: event.data,
    })
}

pub(super) fn position(event: &RecordedEvent) -> Position {
    Position(event.position.commit + 1)
}

/// Where to begin reading: with the event at `position`, because the server gives events *at* a place and after it, and
/// knows no other places than those of events.
pub(super) fn place(position: Position) -> Option<kurrentdb::Position> {
    let offset = position.0.checked_sub(1)?;
    Some(kurrentdb::Position { commit: offset, prepare: offset })
}

fn wrap(time: Timestamp, metadata: &[u8]) -> Bytes {
    let time = time.timestamp_micros().to_string();
    [TIME, time.as_bytes(), METADATA, metadata, END].concat().into()
}

fn unwrap(custom: &Bytes) -> Option<(Timestamp, Bytes)> {
    let rest = custom.strip_prefix(TIME)?;
    let digits = rest.iter().position(|byte| *byte == b',')?;
    let (time, rest) = rest.split_at(digits);
    let metadata = rest.strip_prefix(METADATA)?.strip_suffix(END)?;
    let time = DateTime::from_timestamp_micros(std::str::from_utf8(time).ok()?.parse().ok()?)?;
    Some((time, custom.slice_ref(metadata)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_and_time_come_back_as_they_were() {
        for (micros, metadata) in [(1_234_567, "{\"a\": {\"b\":1}}"), (-1, " {} "), (0, ""), (i64::from(u32::MAX), "}")]
        {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let wrapped = wrap(time, metadata.as_bytes());
            assert_eq!(unwrap(&wrapped), Some((time, Bytes::from_static(metadata.as_bytes()))));
        }
        let wrapped = wrap(DateTime::UNIX_EPOCH, b"{\"actor\":\"probe\"}");
        let json: serde_json::Value = serde_json::from_slice(&wrapped).unwrap();
        assert_eq!(json, serde_json::json!({ "time_us": 0, "metadata": { "actor": "probe" } }));
    }

    #[test]
    fn metadata_of_others_are_none_of_ours() {
        for custom in ["", "{}", "{\"time_us\":x,\"metadata\":{}}", "{\"time_us\":1}", "{\"$correlationId\":\"1\"}"] {
            assert_eq!(unwrap(&Bytes::from_static(custom.as_bytes())), None, "{custom}");
        }
    }

    #[test]
    fn positions_are_places_of_events() {
        assert_eq!(place(Position::START), None);
        assert_eq!(place(Position(1)).unwrap(), kurrentdb::Position { commit: 0, prepare: 0 });
    }
}
