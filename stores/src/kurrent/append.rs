//! One append, from the first try until its outcome is known.
//!
//! Every try names the version that the stream must have and brings the same event ids. So a try after one whose
//! outcome is unknown finds out: when the events are there already, at the same versions and with the same ids, the
//! server says that they were written and writes nothing; when somebody else's are, it says conflict, and then no
//! earlier try can be carried out any more either, however late it arrives.

use std::time::Duration;

use kurrentdb::{AppendToStreamOptions, Error, EventData, StreamPosition, StreamState};
use orderflow_engine::{AppendError, Appended, Cause, ExpectedVersion, Position, StreamName, Version};
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    event,
    link::Link,
    open::KurrentOptions,
    outcome::Failure,
    pace::{Pace, jittered},
    page,
};

/// How often an append that fits any version is moved to the version that another writer has left.
const MOVES: u32 = 100;
const MOVE_PAUSE: Duration = Duration::from_millis(4);

/// What is sent as one append: that of one caller, or of several that build on each other.
pub(super) struct Outgoing {
    pub(super) stream: StreamName,
    pub(super) expected: ExpectedVersion,
    pub(super) ids: Vec<Uuid>,
    pub(super) events: Vec<EventData>,
    /// For each caller, how many events there are up to its last one.
    pub(super) ends: Vec<usize>,
}

/// Sends appends of different streams side by side.
pub(super) struct Sender {
    link: Link,
    in_flight: Semaphore,
    /// What streams were last seen at, for callers that do not say: often right, and the server knows when not.
    versions: Cache<StreamName, Version>,
}

impl Sender {
    pub(super) fn new(link: Link, options: &KurrentOptions) -> Self {
        let in_flight = Semaphore::new(options.in_flight.max(1));
        Self { link, in_flight, versions: Cache::new(options.cached_streams.max(1)) }
    }

    /// Where each caller's last event came to stand. Nothing else may be sent to the stream meanwhile.
    pub(super) async fn send(&self, append: &Outgoing) -> Result<Vec<Appended>, AppendError> {
        let mut pace = Pace::new(self.link.patience());
        let mut before = self.version_before(append).await?;
        let mut doubt: Option<Cause> = None;
        let mut moves = 0;
        loop {
            let failure = match self.attempt(append, before, &pace).await {
                Ok(position) => {
                    self.versions.insert(append.stream.clone(), before.plus(append.events.len()));
                    let told = position.filter(|_| doubt.is_none() && append.ends.len() == 1);
                    return match told {
                        Some(position) => Ok(vec![Appended { version: before.plus(append.events.len()), position }]),
                        None => self.find(append, before).await,
                    };
                }
                Err(failure) => failure,
            };
            let cause = match failure {
                Failure::Conflict(actual) => {
                    self.versions.insert(append.stream.clone(), actual);
                    if let Some(cause) = doubt.take().filter(|_| actual <= before) {
                        // An earlier try can still be carried out, now or once the stream has grown that far.
                        return Err(AppendError::Indeterminate(cause));
                    }
                    if moves < MOVES && fits_any_version(append.expected, actual) {
                        before = actual;
                        moves += 1;
                        tokio::time::sleep(jittered(MOVE_PAUSE)).await;
                        continue;
                    }
                    return Err(AppendError::Conflict { expected: append.expected, actual });
                }
                Failure::Refused(cause) => return Err(undone(doubt, cause)),
                Failure::NotSent(cause) => cause,
                Failure::Unknown(cause) => doubt.insert(cause).clone(),
            };
            if !pace.another_try().await {
                return Err(undone(doubt, cause));
            }
        }
    }

    /// The version that the append is sent for: whoever does not name one gets it fixed here, so that a try can be
    /// repeated.
    async fn version_before(&self, append: &Outgoing) -> Result<Version, AppendError> {
        match append.expected {
            ExpectedVersion::NoStream => return Ok(Version::ZERO),
            ExpectedVersion::Exactly(version) => return Ok(version),
            ExpectedVersion::Any | ExpectedVersion::Exists => {}
        }
        if let Some(version) = self.versions.get(&append.stream).filter(|version| append.expected.admits(*version)) {
            return Ok(version);
        }
        let last = self.link.ask(async |caller| page::last(&caller, append.stream.as_str()).await);
        let last = last.await.map_err(|error| AppendError::Unavailable(error.0))?;
        let version = last.map_or(Version::ZERO, |event| Version(event.revision + 1));
        if append.expected.admits(version) {
            Ok(version)
        } else {
            Err(AppendError::Conflict { expected: append.expected, actual: version })
        }
    }

    /// One try; the position of its last event, if the server tells.
    async fn attempt(&self, append: &Outgoing, before: Version, pace: &Pace) -> Result<Option<Position>, Failure> {
        let permit = self.in_flight.acquire().await.map_err(|closed| Failure::NotSent(Cause::new(closed)))?;
        // Only now: whoever waited with a connection would come with one that was replaced meanwhile.
        let connection = self.link.connection(pace.until()).await.map_err(Failure::NotSent)?;
        let caller = &connection.caller;
        let options = AppendToStreamOptions::default().stream_state(state(before)).requires_leader(true);
        let options = caller.signed(options.deadline(caller.timeout), AppendToStreamOptions::authenticated);
        let sent = caller.client.append_to_stream(append.stream.as_str(), &options, append.events.clone());
        let outcome = caller.within(sent).await;
        drop(permit);
        match outcome {
            Ok(written) => {
                connection.worked();
                // The server may leave it out, and the client makes it 0.
                Ok(Some(written.position.commit).filter(|commit| *commit > 0).map(|commit| Position(commit + 1)))
            }
            Err(error) => {
                self.link.failed(&connection, &error);
                Err(Failure::from(error))
            }
        }
    }

    /// Reads the positions of events that were written: the server tells only that of the last one, and none for sure
    /// when they were there already.
    async fn find(&self, append: &Outgoing, before: Version) -> Result<Vec<Appended>, AppendError> {
        let count = append.events.len();
        let from = StreamPosition::Position(before.0);
        let read = self.link.ask(async |caller| {
            let events = page::recorded(&caller, append.stream.as_str(), from, count).await?;
            if events.iter().map(|event| event.id).eq(append.ids.iter().copied()) {
                Ok(events)
            } else {
                Err(Error::IllegalStateError("the server lost events that it said it had written".to_owned()))
            }
        });
        let events = read.await.map_err(|error| AppendError::Indeterminate(error.0))?;
        let appended = |end: &usize| {
            let last = &events[end - 1];
            Appended { version: Version(last.revision + 1), position: event::position(last) }
        };
        Ok(append.ends.iter().map(appended).collect())
    }
}

fn state(before: Version) -> StreamState {
    before.0.checked_sub(1).map_or(StreamState::NoStream, StreamState::StreamRevision)
}

fn fits_any_version(expected: ExpectedVersion, actual: Version) -> bool {
    match expected {
        ExpectedVersion::Any | ExpectedVersion::Exists => expected.admits(actual),
        ExpectedVersion::NoStream | ExpectedVersion::Exactly(_) => false,
    }
}

/// What to tell a caller when there are no more tries.
fn undone(doubt: Option<Cause>, cause: Cause) -> AppendError {
    match doubt {
        Some(doubt) => AppendError::Indeterminate(doubt),
        None => AppendError::Unavailable(cause),
    }
}
