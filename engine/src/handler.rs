//! The command path: a mailbox per stream, cached state, decisions, appends, and the answer once they are durable.
//!
//! Commands on one stream are decided in order against the state that includes events not yet durable, so a hot stream
//! runs at the store's pace rather than at one round trip a command. Nothing is answered, a refusal included, before
//! everything it rests on is durable.
//!
//! Where other processes append too, an append shows by its conflict that the state at hand is old. An answer that
//! appends nothing does not, so the end of the stream is looked at before one is given.

mod fold;
mod mailbox;
mod outcome;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use quick_cache::sync::Cache;

pub use self::outcome::{ExecuteError, Outcome};
use self::{
    fold::{Folded, Memory},
    mailbox::{Mailbox, Slot},
};
use crate::{
    codec::EventCodec,
    decider::Decider,
    event::{Append, NewEvent},
    metadata::{Metadata, Timestamp},
    store::{AppendError, EventStore, Snapshot, Ticket, Writers},
    stream::{ExpectedVersion, StreamName, Tenant, Version},
};

/// How often a command is decided again after losing a race, before its caller is told to reload.
const ATTEMPTS: u32 = 10;

/// What comes with a command.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub metadata: Metadata,
    pub time: Timestamp,
    /// The version the caller saw, when the caller makes that a condition (`If-Match`).
    pub if_version: Option<Version>,
    pub first_look: FirstLook,
}

/// What to do about a stream whose state is not at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstLook {
    /// Load it.
    Load,
    /// Assume that it does not exist: right for a command that begins a stream. A wrong guess costs one conflict.
    AssumeNew,
}

/// Executes the commands of one kind of aggregate. Clones share mailboxes and cache.
pub struct Handler<D: Decider, S> {
    store: S,
    mailboxes: Arc<Cache<StreamName, Arc<Mailbox<D>>>>,
}

impl<D: Decider, S: Clone> Clone for Handler<D, S> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), mailboxes: Arc::clone(&self.mailboxes) }
    }
}

/// What came of one attempt.
enum Step<E> {
    /// Wait for the ticket, then answer.
    Answer { outcome: Outcome<E>, ticket: Option<Ticket>, epoch: u64, snapshot: Option<Snapshot> },
    /// The command was carried out before, at these versions.
    Repeated { after: Version, version: Version },
}

type Verdict<D> =
    Result<Result<Vec<<D as Decider>::Event>, Step<<D as Decider>::Event>>, ExecuteError<<D as Decider>::Rejection>>;

impl<D: Decider, S: EventStore> Handler<D, S> {
    /// Keeps the states of up to `streams` streams at hand.
    #[must_use]
    pub fn new(store: S, streams: usize) -> Self {
        Self { store, mailboxes: Arc::new(Cache::new(streams)) }
    }

    /// Executes a command on the stream that the decider's category, `tenant` and `id` name.
    pub async fn execute(
        &self, tenant: &Tenant, id: &str, command: &D::Command, envelope: &Envelope,
    ) -> Result<Outcome<D::Event>, ExecuteError<D::Rejection>> {
        let stream = StreamName::new(tenant, D::CATEGORY, id);
        let metadata = Bytes::from(serde_json::to_vec(&envelope.metadata).expect("metadata is plain JSON"));
        let mut first_look = envelope.first_look;
        for attempt in 0..ATTEMPTS {
            if attempt > 2 {
                // Writers in other processes are at it too: let them finish, each at another time.
                let jitter_us = (envelope.metadata.command.0.as_u128() as u64 ^ u64::from(attempt)) % 1000;
                tokio::time::sleep(Duration::from_micros((1000 << attempt.min(6)) + jitter_us)).await;
            }
            match self.attempt(&stream, command, envelope, &metadata, first_look).await? {
                None => {}
                Some(Step::Repeated { after, version }) => return self.repeated(&stream, after, version).await,
                Some(Step::Answer { outcome, ticket: None, .. }) => return Ok(outcome),
                Some(Step::Answer { mut outcome, ticket: Some(ticket), epoch, snapshot }) => {
                    match ticket.wait().await {
                        Ok(appended) => {
                            outcome.position = Some(appended.position);
                            if let Some(snapshot) = snapshot {
                                self.store.save_snapshot(stream, snapshot).await;
                            }
                            return Ok(outcome);
                        }
                        Err(error) => {
                            self.mailbox(&stream).forget(epoch).await;
                            if !matches!(error, AppendError::Conflict { .. }) {
                                return Err(ExecuteError::Append(error));
                            }
                        }
                    }
                }
            }
            first_look = FirstLook::Load;
        }
        Err(ExecuteError::Contended { attempts: ATTEMPTS })
    }

    /// Looks at a stream's state; what was seen is given once everything it rests on is durable. Version 0: the stream
    /// does not exist.
    pub async fn look<T>(
        &self, tenant: &Tenant, id: &str, mut look: impl FnMut(&D::State, Version) -> T,
    ) -> Result<T, ExecuteError<D::Rejection>> {
        let stream = StreamName::new(tenant, D::CATEGORY, id);
        for _ in 0..ATTEMPTS {
            let mailbox = self.mailbox(&stream);
            let mut slot = mailbox.slot().await;
            let pending = slot.pending();
            let epoch = slot.epoch;
            let at_hand = slot.folded.is_some();
            let folded = self.folded(&mut slot, &stream, FirstLook::Load).await?;
            if at_hand && pending.is_none() && self.store.writers() == Writers::Several {
                folded.catch_up(&self.store, &stream).await?;
            }
            let seen = look(&folded.state, folded.version);
            drop(slot);
            match pending {
                Some(ticket) if ticket.wait().await.is_err() => mailbox.forget(epoch).await,
                Some(_) | None => return Ok(seen),
            }
        }
        Err(ExecuteError::Contended { attempts: ATTEMPTS })
    }

    /// One pass through the mailbox; `None` when what the answer rests on came to nothing and must be loaded again.
    async fn attempt(
        &self, stream: &StreamName, command: &D::Command, envelope: &Envelope, metadata: &Bytes, first_look: FirstLook,
    ) -> Result<Option<Step<D::Event>>, ExecuteError<D::Rejection>> {
        let mailbox = self.mailbox(stream);
        let mut slot = mailbox.slot().await;
        let pending = slot.pending();
        let epoch = slot.epoch;
        if slot.is_guessed()
            && let Some(ticket) = pending
        {
            // Nothing is built on a guess: the version alone would not show that it was wrong.
            drop(slot);
            if ticket.wait().await.is_err() {
                mailbox.forget(epoch).await;
            }
            return Ok(None);
        }
        let at_hand = slot.folded.is_some();
        let guess = !at_hand && first_look == FirstLook::AssumeNew;
        let folded = self.folded(&mut slot, stream, first_look).await?;

        let mut verdict = self.verdict(stream, folded, command, envelope).await;
        let appends = matches!(&verdict, Ok(Ok(events)) if !events.is_empty());
        if !appends && guess {
            // Only an append finds out whether the guess was right.
            slot.forget(epoch);
            return Ok(None);
        }
        // What is pending shows, when it is durable, that nobody else was at it.
        if !appends
            && at_hand
            && pending.is_none()
            && self.store.writers() == Writers::Several
            && folded.catch_up(&self.store, stream).await?
        {
            verdict = self.verdict(stream, folded, command, envelope).await;
        }
        let events = match verdict {
            Ok(Ok(events)) if !events.is_empty() => events,
            // Nothing to append: the answer only waits for what it rests on.
            verdict => {
                let version = folded.version;
                drop(slot);
                if let Some(ticket) = pending
                    && ticket.wait().await.is_err()
                {
                    mailbox.forget(epoch).await;
                    return Ok(None);
                }
                return verdict.map(|verdict| match verdict {
                    Ok(_) => {
                        Some(Step::Answer { outcome: Outcome::unchanged(version), ticket: None, epoch, snapshot: None })
                    }
                    Err(repeated) => Some(repeated),
                });
            }
        };

        let expected = ExpectedVersion::at(folded.version);
        let encode = |event: &D::Event| NewEvent { kind: event.kind(), data: event.encode().into() };
        let append = Append {
            stream: stream.clone(),
            expected,
            events: events.iter().map(encode).collect(),
            metadata: metadata.clone(),
            time: envelope.time,
        };
        // Held across the submit, so that appends are queued in the order they were decided.
        let ticket = self.store.submit_after(append, pending).await;
        let snapshot = folded.extend(&events, &envelope.metadata);
        let outcome = Outcome { version: folded.version, position: None, events, repeated: false };
        slot.submitted(ticket.clone());
        Ok(Some(Step::Answer { outcome, ticket: Some(ticket), epoch, snapshot }))
    }

    fn mailbox(&self, stream: &StreamName) -> Arc<Mailbox<D>> {
        match self.mailboxes.get_or_insert_with(stream, || Ok::<_, std::convert::Infallible>(Arc::default())) {
            Ok(mailbox) => mailbox,
            Err(never) => match never {},
        }
    }

    async fn folded<'a>(
        &self, slot: &'a mut Slot<D>, stream: &StreamName, first_look: FirstLook,
    ) -> Result<&'a mut Folded<D>, ExecuteError<D::Rejection>> {
        if slot.folded.is_none() {
            match first_look {
                FirstLook::AssumeNew => slot.guess(Folded::new()),
                FirstLook::Load => slot.folded = Some(Folded::load(&self.store, stream).await?),
            }
        }
        Ok(slot.folded.as_mut().expect("it was just put there"))
    }

    /// What the command comes to in this state: events, or the place of those it led to before.
    async fn verdict(
        &self, stream: &StreamName, folded: &Folded<D>, command: &D::Command, envelope: &Envelope,
    ) -> Verdict<D> {
        if let Some(repeated) = self.recall(stream, folded, &envelope.metadata).await? {
            return Ok(Err(repeated));
        }
        match envelope.if_version {
            Some(expected) if expected != folded.version => {
                Err(ExecuteError::Stale { expected, actual: folded.version })
            }
            _ => D::decide(&folded.state, command).map(Ok).map_err(ExecuteError::Rejected),
        }
    }

    /// Whether this command was carried out before.
    async fn recall(
        &self, stream: &StreamName, folded: &Folded<D>, metadata: &Metadata,
    ) -> Result<Option<Step<D::Event>>, ExecuteError<D::Rejection>> {
        let Some(fingerprint) = metadata.fingerprint else { return Ok(None) };
        let found = match folded.repeats.recall(metadata.command) {
            Memory::Found(repeat) => Some(repeat),
            Memory::Never => None,
            Memory::Forgotten => fold::search(&self.store, stream, metadata.command).await?,
        };
        match found {
            None => Ok(None),
            Some(repeat) if repeat.fingerprint != fingerprint => Err(ExecuteError::KeyReused),
            Some(repeat) => Ok(Some(Step::Repeated { after: repeat.after, version: repeat.version })),
        }
    }

    async fn repeated(
        &self, stream: &StreamName, after: Version, version: Version,
    ) -> Result<Outcome<D::Event>, ExecuteError<D::Rejection>> {
        let count = usize::try_from(version.0 - after.0).expect("one decision has few events");
        let raw = self.store.read_stream(stream, after, count).await?;
        let position = raw.last().map(|event| event.position);
        let events = raw.iter().map(|event| D::Event::decode(&event.kind, &event.data)).collect::<Result<_, _>>()?;
        Ok(Outcome { version, position, events, repeated: true })
    }
}
