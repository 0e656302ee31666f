//! Append: one stream, all events or none; and what both kinds of append share.

use std::{collections::HashMap, sync::Arc};

use tonic::{Status, Streaming};

use super::refusal;
use crate::{
    cluster::Cluster,
    faults::Fate,
    log::{Expected, Refusal, Written},
    record::Proposed,
    wire::{
        self,
        streams::{
            AppendReq, AppendResp, Appended, ExpectedRevision, ProposedMessage,
            append_req::Content,
            append_resp::{Result as Answer, WrongExpectedVersion, wrong_expected_version as wrong},
            appended,
            expected_revision::ExpectedStreamRevision,
        },
    },
};

pub(super) async fn append(cluster: &Arc<Cluster>, mut request: Streaming<AppendReq>) -> Result<AppendResp, Status> {
    let Some(AppendReq { content: Some(Content::Options(options)) }) = request.message().await? else {
        return Err(Status::invalid_argument("the options come first"));
    };
    let (stream, expected) = parse_expected(Some(options))?;
    let mut events = Events::new(cluster.max_append_bytes);
    while let Some(message) = request.message().await? {
        match message.content {
            Some(Content::ProposedMessage(event)) => events.push(event)?,
            Some(Content::Options(_)) | None => return Err(Status::invalid_argument("an event is missing")),
        }
    }
    let answer = match commit(cluster, &stream, expected, events.taken)? {
        Ok(written) => Answer::Success(success(written)),
        Err(Refusal::Conflict { current }) => Answer::WrongExpectedVersion(conflict(expected, current)),
        Err(Refusal::Deleted) => return Err(refusal::refused(Refusal::Deleted, &stream, expected)),
    };
    Ok(AppendResp { result: Some(answer) })
}

/// Appends, unless something is to go wrong.
pub(super) fn commit(
    cluster: &Arc<Cluster>, stream: &str, expected: Expected, events: Vec<Proposed>,
) -> Result<Result<Written, Refusal>, Status> {
    let gone = || Status::unavailable("the connection was lost");
    let late = || Status::deadline_exceeded("the deadline was exceeded");
    match cluster.faults.fate() {
        Fate::Answered => Ok(cluster.append(stream, expected, events)),
        Fate::CommittedUnanswered => {
            // Whatever became of it, nobody is told.
            let _ = cluster.append(stream, expected, events);
            Err(gone())
        }
        Fate::CommittedTimedOut => {
            let _ = cluster.append(stream, expected, events);
            Err(late())
        }
        Fate::LostTimedOut => Err(late()),
        Fate::TimedOutCommittedAfter(time) => {
            let (cluster, stream) = (Arc::clone(cluster), stream.to_owned());
            tokio::spawn(async move {
                tokio::time::sleep(time).await;
                let _ = cluster.append(&stream, expected, events);
            });
            Err(late())
        }
        Fate::Refused => Err(gone()),
        Fate::Conflict => Ok(Err(Refusal::Conflict { current: cluster.log().current(stream) })),
    }
}

/// The events of an append, up to the limit.
pub(super) struct Events {
    pub(super) taken: Vec<Proposed>,
    max_bytes: usize,
    left_bytes: usize,
}

impl Events {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { taken: Vec::new(), max_bytes, left_bytes: max_bytes }
    }

    pub(super) fn push(&mut self, event: ProposedMessage) -> Result<(), Status> {
        let event = parse_event(event)?;
        let left_bytes = self.left_bytes.checked_sub(event.size_bytes());
        self.left_bytes = left_bytes.ok_or_else(|| refusal::too_large(self.max_bytes))?;
        self.taken.push(event);
        Ok(())
    }
}

fn parse_event(event: ProposedMessage) -> Result<Proposed, Status> {
    let mut metadata: HashMap<_, _> = event.metadata;
    let mut property = |name: &str| metadata.remove(name).ok_or_else(|| refusal::missing_property(name));
    Ok(Proposed {
        id: wire::parse_id(event.id)?,
        event_type: property("type")?,
        content_type: property("content-type")?,
        custom_metadata: event.custom_metadata,
        data: event.data,
    })
}

pub(super) fn parse_expected(options: Option<ExpectedRevision>) -> Result<(String, Expected), Status> {
    let options = options.ok_or_else(|| Status::invalid_argument("the options are missing"))?;
    let expected = match options.expected_stream_revision {
        Some(ExpectedStreamRevision::Revision(revision)) => Expected::Revision(revision),
        Some(ExpectedStreamRevision::NoStream(())) => Expected::NoStream,
        Some(ExpectedStreamRevision::Any(())) => Expected::Any,
        Some(ExpectedStreamRevision::StreamExists(())) => Expected::Exists,
        None => return Err(Status::invalid_argument("the expected revision is missing")),
    };
    Ok((wire::stream_name(options.stream_identifier)?, expected))
}

pub(super) fn success(written: Written) -> Appended {
    let revision = written.revision.map(appended::CurrentRevisionOption::CurrentRevision);
    let position = written.position.map(|at| appended::PositionOption::Position(wire::position(at)));
    Appended {
        current_revision_option: Some(revision.unwrap_or(appended::CurrentRevisionOption::NoStream(()))),
        position_option: Some(position.unwrap_or(appended::PositionOption::NoPosition(()))),
    }
}

/// A conflict is an answer, not an error. Clients rely on both halves of it.
fn conflict(expected: Expected, current: Option<u64>) -> WrongExpectedVersion {
    let current = current.map(wrong::CurrentRevisionOption::CurrentRevision);
    let expected = match expected {
        Expected::Any => wrong::ExpectedRevisionOption::ExpectedAny(()),
        Expected::NoStream => wrong::ExpectedRevisionOption::ExpectedNoStream(()),
        Expected::Exists => wrong::ExpectedRevisionOption::ExpectedStreamExists(()),
        Expected::Revision(revision) => wrong::ExpectedRevisionOption::ExpectedRevision(revision),
    };
    WrongExpectedVersion {
        current_revision_option: Some(current.unwrap_or(wrong::CurrentRevisionOption::CurrentNoStream(()))),
        expected_revision_option: Some(expected),
    }
}
