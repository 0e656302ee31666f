//! What the tests share: a server, a client, streams with names of their own.

use std::{env, future::Future, time::Duration};

use kurrentdb::{
    AppendToStreamOptions, Client, CurrentRevision, Error, EventData, ReadAllOptions, ReadStream, RecordedEvent,
    ResolvedEvent, StreamState, WriteResult,
};
use orderflow_test_kurrentdb::{Options, Standin};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

/// The server to test: the one that the environment names, or a stand-in.
pub(crate) struct Server {
    url: String,
    standin: Option<Standin>,
}

impl Server {
    pub(crate) fn start() -> Self {
        match env::var("KURRENTDB_URL") {
            Ok(url) => Self { url, standin: None },
            Err(_) => Self::stand_in(Options::default()),
        }
    }

    pub(crate) fn stand_in(options: Options) -> Self {
        let standin = Standin::start_with(options);
        Self { url: standin.url(), standin: Some(standin) }
    }

    pub(crate) fn client(&self) -> Client {
        connect(&self.url)
    }

    pub(crate) fn standin(&self) -> &Standin {
        self.standin.as_ref().expect("this test is about the stand-in")
    }

    /// The addresses of the nodes.
    pub(crate) fn hosts(&self) -> Vec<&str> {
        let hosts = self.url.trim_start_matches("kurrentdb://");
        hosts.split_once('?').map_or(hosts, |(hosts, _)| hosts).split(',').collect()
    }
}

/// A client that does not wait long before its first call.
pub(crate) fn connect(url: &str) -> Client {
    let separator = if url.contains('?') { '&' } else { '?' };
    let settings = format!("{url}{separator}discoveryInterval=10").parse().expect("the URL is one of KurrentDB's");
    Client::new(settings).expect("there is nothing else to get wrong")
}

/// A name that nobody else uses.
pub(crate) fn stream(category: &str) -> String {
    format!("{category}-{}", Uuid::new_v4().simple())
}

pub(crate) fn event() -> EventData {
    event_with(Uuid::new_v4())
}

pub(crate) fn event_with(id: Uuid) -> EventData {
    EventData::binary("tested", r#"{"n":1}"#.into()).id(id)
}

pub(crate) fn events(count: usize) -> Vec<EventData> {
    (0..count).map(|_| event()).collect()
}

pub(crate) async fn append(
    client: &Client, stream: &str, state: StreamState, events: Vec<EventData>,
) -> Result<WriteResult, Error> {
    let options = AppendToStreamOptions::default().stream_state(state);
    within(client.append_to_stream(stream, &options, events)).await
}

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It succeeds, and this is the revision of its last event.
    At(u64),
    /// It does not, because the stream is here.
    Conflict(CurrentRevision),
    Deleted,
}

pub(crate) fn outcome(state: StreamState, result: Result<WriteResult, Error>) -> Outcome {
    match result {
        Ok(written) => Outcome::At(written.next_expected_version),
        Err(Error::ResourceDeleted) => Outcome::Deleted,
        Err(Error::WrongExpectedVersion { expected, current }) => {
            assert_eq!(expected, state, "a conflict repeats what was expected");
            Outcome::Conflict(current)
        }
        Err(error) => panic!("{error}"),
    }
}

pub(crate) async fn collect(mut stream: ReadStream) -> Result<Vec<ResolvedEvent>, Error> {
    let mut events = Vec::new();
    while let Some(event) = within(stream.next()).await? {
        events.push(event);
    }
    Ok(events)
}

/// The events of `$all` that a read gives, without those of other streams.
pub(crate) async fn read_all(client: &Client, options: &ReadAllOptions, category: &str) -> Vec<RecordedEvent> {
    let events = collect(client.read_all(options).await.expect("$all can be read")).await.expect("$all can be read");
    let events = events.into_iter().filter_map(|event| event.link.or(event.event));
    events.filter(|event| event.stream_id().starts_with(category)).collect()
}

pub(crate) fn revisions(events: &[ResolvedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.get_original_event().revision).collect()
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("the server answers in time")
}
