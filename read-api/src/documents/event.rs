//! Events as they are stored.

use orderflow_engine::{CommandId, Metadata, RawEvent};
use orderflow_http::Problem;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::time::rfc3339;

/// An event of an order's story: what happened, who wanted it, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineEntry<'a> {
    position: u64,
    #[schema(example = "order-019b2f9e-5c1f-7f2e-9d7c-6f2e8f1d3a4b")]
    stream: &'a str,
    /// Its place in the stream, counted from 1.
    version: u64,
    #[serde(rename = "type")]
    #[schema(example = "order.placed.v1")]
    kind: &'a str,
    #[schema(format = DateTime)]
    time: String,
    actor: String,
    /// The id of the command that led to it.
    #[schema(value_type = Uuid)]
    command: CommandId,
    /// The id of the command that began it all.
    #[schema(value_type = Uuid)]
    correlation: CommandId,
    /// The id of the event that caused the command, when an event did.
    causation: Option<Uuid>,
    #[schema(value_type = Object)]
    data: &'a RawValue,
}

impl<'a> TimelineEntry<'a> {
    pub(crate) fn new(event: &'a RawEvent) -> Result<Self, Problem> {
        let metadata: Metadata = event.metadata().map_err(Problem::internal)?;
        Ok(Self {
            position: event.position.0,
            stream: event.stream.as_str(),
            version: event.version.0,
            kind: &event.kind,
            time: rfc3339(event.time),
            command: metadata.command,
            correlation: metadata.correlation(),
            causation: metadata.causation,
            actor: metadata.actor.to_string(),
            data: raw(&event.data)?,
        })
    }
}

/// An event with all of its metadata.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamEvent)]
pub(crate) struct StreamEventDocument<'a> {
    position: u64,
    stream: &'a str,
    version: u64,
    #[serde(rename = "type")]
    #[schema(example = "order.placed.v1")]
    kind: &'a str,
    #[schema(format = DateTime)]
    time: String,
    #[schema(value_type = Object)]
    metadata: &'a RawValue,
    #[schema(value_type = Object)]
    data: &'a RawValue,
}

impl<'a> StreamEventDocument<'a> {
    pub(crate) fn new(event: &'a RawEvent) -> Result<Self, Problem> {
        Ok(Self {
            position: event.position.0,
            stream: event.stream.as_str(),
            version: event.version.0,
            kind: &event.kind,
            time: rfc3339(event.time),
            metadata: raw(&event.metadata)?,
            data: raw(&event.data)?,
        })
    }
}

fn raw(json: &[u8]) -> Result<&RawValue, Problem> {
    serde_json::from_slice(json).map_err(Problem::internal)
}
