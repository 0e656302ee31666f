//! A stream's state by replaying its events, for whoever reads it without a mailbox.

use crate::{
    codec::{DecodeError, EventCodec},
    decider::Decider,
    event::RawEvent,
    store::{EventReader, ReadError},
    stream::{StreamName, Version},
};

/// Events are read in pages of this size.
const PAGE: usize = 1000;

/// A state, and the version of the stream that it is the state of.
#[derive(Debug, Clone)]
pub struct Replayed<S> {
    pub state: S,
    pub version: Version,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Folds a stream's events for as long as `wanted` says so. A stream that does not exist is at version 0.
pub async fn replay<D: Decider>(
    store: &impl EventReader, stream: &StreamName, mut wanted: impl FnMut(&RawEvent) -> bool + Send,
) -> Result<Replayed<D::State>, ReplayError> {
    let mut replayed = Replayed { state: D::initial(), version: Version::ZERO };
    loop {
        let page = store.read_stream(stream, replayed.version, PAGE).await?;
        for raw in &page {
            if !wanted(raw) {
                return Ok(replayed);
            }
            replayed.state = D::evolve(replayed.state, &D::Event::decode(&raw.kind, &raw.data)?);
            replayed.version = raw.version;
        }
        if page.len() < PAGE {
            return Ok(replayed);
        }
    }
}
