//! Reading: the log in pages, one stream, and the end of either.
//!
//! Everything is read from the leader, so that what was acknowledged is seen. The log is read as it is and what is not
//! wanted is left out here: a filter of the server's has no bound on what it looks through for one page, and does not
//! say how far it came.

use kurrentdb::{Error, ReadAllOptions, ReadStreamOptions, RecordedEvent, StreamPosition};
use orderflow_engine::{Page, Position, RawEvent, StreamName, Version, Wanted};

use super::{connection::Caller, event};

/// A page of the log ends early when so much of it was read.
const FULL_BYTES: usize = 16 * 1024 * 1024;

/// The position of the last event of all, the server's own included.
pub(super) async fn head(caller: &Caller) -> Result<Position, Error> {
    Ok(last_of_all(caller).await?.map_or(Position::START, |event| event::position(&event)))
}

/// The last event of all, which may be one of the server's own.
pub(super) async fn last_of_all(caller: &Caller) -> Result<Option<RecordedEvent>, Error> {
    let options = ReadAllOptions::default().position(StreamPosition::End).max_count(1).requires_leader(true);
    let options = caller.signed(options, ReadAllOptions::authenticated);
    caller
        .within(async {
            let last = caller.client.read_all(&options).await?.next().await?;
            Ok(last.and_then(|resolved| resolved.event))
        })
        .await
}

pub(super) async fn of_all(caller: &Caller, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, Error> {
    let mut page = Page { events: Vec::new(), through: after };
    if limit == 0 {
        return Ok(page);
    }
    let position = event::place(after).map_or(StreamPosition::Start, StreamPosition::Position);
    // One more, because the first one is the event at `after`.
    let count = limit.saturating_add(1);
    let options = ReadAllOptions::default().position(position).max_count(count).requires_leader(true);
    let options = caller.signed(options, ReadAllOptions::authenticated);
    let mut read = caller.within(caller.client.read_all(&options)).await?;
    let (mut considered, mut bytes) = (0, 0);
    while considered < limit && bytes < FULL_BYTES {
        let Some(resolved) = caller.within(read.next()).await? else { break };
        let Some(event) = resolved.event else { continue };
        let position = event::position(&event);
        if position <= after {
            continue;
        }
        considered += 1;
        bytes += event.data.len() + event.custom_metadata.len();
        page.through = position;
        page.events.extend(event::incoming(event).filter(|event| wanted.wants(event)));
    }
    Ok(page)
}

pub(super) async fn of_stream(
    caller: &Caller, stream: &StreamName, after: Version, limit: usize,
) -> Result<Vec<RawEvent>, Error> {
    let events = recorded(caller, stream.as_str(), StreamPosition::Position(after.0), limit).await?;
    let ours = |event: RecordedEvent| {
        let revision = event.revision;
        let foreign = || format!("event {revision} of stream {stream} was not written by this program");
        event::incoming(event).ok_or_else(|| Error::IllegalStateError(foreign()))
    };
    events.into_iter().map(ours).collect()
}

/// The last event of a stream of the server.
pub(super) async fn last(caller: &Caller, stream: &str) -> Result<Option<RecordedEvent>, Error> {
    Ok(recorded(caller, stream, StreamPosition::End, 1).await?.pop())
}

/// Events of a stream of the server from `position` on: backwards from its end, forwards from anywhere else.
pub(super) async fn recorded(
    caller: &Caller, stream: &str, position: StreamPosition<u64>, limit: usize,
) -> Result<Vec<RecordedEvent>, Error> {
    let mut events = Vec::new();
    if limit == 0 {
        return Ok(events);
    }
    let options = ReadStreamOptions::default().position(position).max_count(limit).requires_leader(true);
    let options = caller.signed(options, ReadStreamOptions::authenticated);
    let mut read = caller.within(caller.client.read_stream(stream, &options)).await?;
    loop {
        match caller.within(read.next()).await {
            Ok(Some(resolved)) => events.extend(resolved.event),
            Ok(None) => return Ok(events),
            Err(Error::ResourceNotFound) if events.is_empty() => return Ok(events),
            Err(error) => return Err(error),
        }
    }
}
