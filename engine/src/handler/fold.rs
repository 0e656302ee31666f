//! A stream's state, its version, and what must be remembered to recognise a repeat.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::outcome::ExecuteError;
use crate::{
    codec::EventCodec,
    decider::{Decider, SnapshotPolicy},
    event::RawEvent,
    metadata::{CommandId, Fingerprint, Metadata},
    store::{EventReader, Snapshot},
    stream::{StreamName, Version},
};

/// Events are read in pages of this size.
const PAGE: usize = 1000;
/// So many repeatable commands are remembered per stream; older ones are searched for in the stream.
const REMEMBERED: usize = 1024;

pub(super) struct Folded<D: Decider> {
    pub(super) state: D::State,
    pub(super) version: Version,
    pub(super) repeats: Repeats,
}

/// A command that its caller may repeat, and where its events stand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Repeat {
    command: CommandId,
    pub(super) fingerprint: Fingerprint,
    pub(super) after: Version,
    pub(super) version: Version,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Repeats {
    recent: VecDeque<Repeat>,
    forgot: bool,
}

pub(super) enum Memory {
    Found(Repeat),
    Never,
    Forgotten,
}

impl Repeats {
    pub(super) fn recall(&self, command: CommandId) -> Memory {
        match self.recent.iter().rev().find(|repeat| repeat.command == command) {
            Some(repeat) => Memory::Found(*repeat),
            None if self.forgot => Memory::Forgotten,
            None => Memory::Never,
        }
    }

    fn remember(&mut self, metadata: &Metadata, after: Version, version: Version) {
        let Some(fingerprint) = metadata.fingerprint else { return };
        match self.recent.back_mut() {
            Some(last) if last.command == metadata.command => last.version = version,
            _ => self.recent.push_back(Repeat { command: metadata.command, fingerprint, after, version }),
        }
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
            self.forgot = true;
        }
    }
}

/// The stored form of a snapshot.
#[derive(Serialize, Deserialize)]
struct Saved<S, R> {
    state: S,
    repeats: R,
}

impl<D: Decider> Folded<D> {
    pub(super) fn new() -> Self {
        Self { state: D::initial(), version: Version::ZERO, repeats: Repeats::default() }
    }

    pub(super) async fn load(
        store: &impl EventReader, stream: &StreamName,
    ) -> Result<Self, ExecuteError<D::Rejection>> {
        let mut folded = match D::SNAPSHOT {
            None => Self::new(),
            Some(policy) => Self::from_snapshot(store.load_snapshot(stream).await?, policy),
        };
        folded.catch_up(store, stream).await?;
        Ok(folded)
    }

    /// Folds what the stream has beyond this; says whether there was anything.
    pub(super) async fn catch_up(
        &mut self, store: &impl EventReader, stream: &StreamName,
    ) -> Result<bool, ExecuteError<D::Rejection>> {
        let before = self.version;
        loop {
            let page = store.read_stream(stream, self.version, PAGE).await?;
            for raw in &page {
                let event = D::Event::decode(&raw.kind, &raw.data)?;
                self.evolve(&event);
                self.repeats.remember(&raw.metadata()?, Version(raw.version.0 - 1), raw.version);
            }
            if page.len() < PAGE {
                return Ok(self.version != before);
            }
        }
    }

    /// A snapshot that does not fit is only slower: the stream is there.
    fn from_snapshot(snapshot: Option<Snapshot>, policy: SnapshotPolicy) -> Self {
        let Some(snapshot) = snapshot.filter(|snapshot| snapshot.schema == policy.schema) else { return Self::new() };
        match serde_json::from_slice::<Saved<D::State, Repeats>>(&snapshot.data) {
            Ok(saved) => Self { state: saved.state, version: snapshot.version, repeats: saved.repeats },
            Err(error) => {
                tracing::warn!(category = %D::CATEGORY, %error, "a snapshot does not decode and is ignored");
                Self::new()
            }
        }
    }

    fn evolve(&mut self, event: &D::Event) {
        let state = std::mem::replace(&mut self.state, D::initial());
        self.state = D::evolve(state, event);
        self.version = self.version.plus(1);
    }

    /// Folds the events of a command that was just submitted, and gives the snapshot that is due after them.
    pub(super) fn extend(&mut self, events: &[D::Event], metadata: &Metadata) -> Option<Snapshot> {
        let after = self.version;
        for event in events {
            self.evolve(event);
        }
        self.repeats.remember(metadata, after, self.version);
        let policy = D::SNAPSHOT?;
        let due = after.0 / policy.every != self.version.0 / policy.every;
        due.then(|| {
            let saved = Saved { state: &self.state, repeats: &self.repeats };
            let data = serde_json::to_vec(&saved).expect("a state is plain JSON").into();
            Snapshot { version: self.version, schema: policy.schema, data }
        })
    }
}

/// Looks for a command in the whole stream: exact, and slow, for streams with more repeatable commands than are
/// remembered.
pub(super) async fn search<R>(
    store: &impl EventReader, stream: &StreamName, command: CommandId,
) -> Result<Option<Repeat>, ExecuteError<R>> {
    let mut found: Option<Repeat> = None;
    let mut after = Version::ZERO;
    loop {
        let page = store.read_stream(stream, after, PAGE).await?;
        for raw in &page {
            match (matching(raw, command)?, &mut found) {
                (Some(fingerprint), None) => {
                    found =
                        Some(Repeat { command, fingerprint, after: Version(raw.version.0 - 1), version: raw.version });
                }
                (Some(_), Some(repeat)) => repeat.version = raw.version,
                (None, Some(_)) => return Ok(found),
                (None, None) => {}
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.version,
            _ => return Ok(found),
        }
    }
}

fn matching<R>(raw: &RawEvent, command: CommandId) -> Result<Option<Fingerprint>, ExecuteError<R>> {
    let metadata = raw.metadata()?;
    Ok(metadata.fingerprint.filter(|_| metadata.command == command))
}
