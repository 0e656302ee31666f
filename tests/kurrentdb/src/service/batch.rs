//! Batch append: many appends in one call, answered in their order. One that fails does not end the call.

use std::{collections::HashMap, sync::Arc};

use tokio_stream::StreamExt;
use tonic::{Status, Streaming};
use uuid::Uuid;

use super::{
    append::{Events, commit, parse_expected, success},
    refusal,
    streams::Answers,
};
use crate::{
    cluster::Cluster,
    log::Expected,
    wire::{
        self, IdForm, InnerStatus,
        streams::{
            Appended, BatchAppendReq, BatchAppendResp, ExpectedRevision,
            batch_append_req::{Options, options::ExpectedStreamPosition as Wanted},
            batch_append_resp::{ExpectedStreamPosition, Result as Answer},
            expected_revision::ExpectedStreamRevision,
        },
    },
};

/// How many appends of one call may have begun and not ended.
const MAX_BEGUN: usize = 1024;

pub(super) fn append(cluster: &Arc<Cluster>, requests: Streaming<BatchAppendReq>) -> Answers<BatchAppendResp> {
    let mut batch = Batch { cluster: Arc::clone(cluster), begun: HashMap::new() };
    Box::pin(requests.filter_map(move |request| match request {
        Ok(request) => batch.take(request).transpose(),
        Err(status) => Some(Err(status)),
    }))
}

struct Batch {
    cluster: Arc<Cluster>,
    begun: HashMap<Uuid, Begun>,
}

struct Begun {
    stream: String,
    expected: Expected,
    events: Result<Events, Status>,
}

impl Batch {
    /// Takes a part of an append. The last one is answered.
    fn take(&mut self, request: BatchAppendReq) -> Result<Option<BatchAppendResp>, Status> {
        let id = wire::parse_id(request.correlation_id)?;
        if let Some(options) = request.options {
            if self.begun.len() == MAX_BEGUN {
                return Err(Status::resource_exhausted("too many appends have begun: end some of them first"));
            }
            let (stream, expected) = parse_options(options)?;
            let events = Ok(Events::new(self.cluster.max_append_bytes));
            self.begun.insert(id, Begun { stream, expected, events });
        }
        let begun = self.begun.get_mut(&id).ok_or_else(|| Status::invalid_argument("the options come first"))?;
        for event in request.proposed_messages {
            if let Ok(events) = &mut begun.events
                && let Err(status) = events.push(event)
            {
                begun.events = Err(status);
            }
        }
        let ended = if request.is_final { self.begun.remove(&id) } else { None };
        Ok(ended.map(|ended| self.answer(id, ended)))
    }

    fn answer(&self, id: Uuid, append: Begun) -> BatchAppendResp {
        let Begun { stream, expected, events } = append;
        let result = match events.and_then(|events| self.append(&stream, expected, events)) {
            Ok(appended) => Answer::Success(appended),
            Err(status) => {
                let message = status.message().to_owned();
                Answer::Error(InnerStatus { code: status.code().into(), message })
            }
        };
        let expected = match expected {
            Expected::Any => ExpectedStreamPosition::Any(()),
            Expected::NoStream => ExpectedStreamPosition::NoStream(()),
            Expected::Exists => ExpectedStreamPosition::StreamExists(()),
            Expected::Revision(revision) => ExpectedStreamPosition::StreamPosition(revision),
        };
        BatchAppendResp {
            correlation_id: Some(wire::id(id, IdForm::Structured)),
            result: Some(result),
            stream_identifier: Some(wire::stream_identifier(&stream)),
            expected_stream_position: Some(expected),
        }
    }

    fn append(&self, stream: &str, expected: Expected, events: Events) -> Result<Appended, Status> {
        match commit(&self.cluster, stream, expected, events.taken)? {
            Ok(written) => Ok(success(written)),
            Err(refused) => Err(refusal::refused(refused, stream, expected)),
        }
    }
}

/// The same as the options of a single append, under other names. Deadlines are not kept.
fn parse_options(options: Options) -> Result<(String, Expected), Status> {
    let expected = options.expected_stream_position.map(|wanted| match wanted {
        Wanted::StreamPosition(revision) => ExpectedStreamRevision::Revision(revision),
        Wanted::NoStream(()) => ExpectedStreamRevision::NoStream(()),
        Wanted::Any(()) => ExpectedStreamRevision::Any(()),
        Wanted::StreamExists(()) => ExpectedStreamRevision::StreamExists(()),
    });
    let stream_identifier = options.stream_identifier;
    parse_expected(Some(ExpectedRevision { stream_identifier, expected_stream_revision: expected }))
}
