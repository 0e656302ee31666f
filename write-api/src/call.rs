//! What comes with a command, whatever the command is: who, under which key, on which condition.

use std::{fmt, sync::Arc};

use axum::{
    extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request},
    http::request::Parts,
};
use bytes::Bytes;
use orderflow_core::Refusal;
use orderflow_engine::{CommandId, Decider, Envelope, Fingerprint, FirstLook, Handler, Metadata, Outcome, Version};
use orderflow_http::{IdempotencyKey, IfMatch, Problem, ProblemKind, RawBody, RequestContext};
use orderflow_stores::AnyStore;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{caller::Caller, fault, state::WriteState};

/// Under which the ids of repeatable commands are made (RFC 9562, version 5).
const COMMANDS: Uuid = Uuid::from_u128(0x6f72_6465_7266_4c6f_b75b_2f77_7269_7465);

/// Whether a request has to carry a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Twice would be once too often: it moves money or stock, or creates something that does.
    Required,
    Accepted,
}

/// What an endpoint does, as part of the identity of an intention.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    /// Method and path template.
    pub(crate) name: &'static str,
    pub(crate) key: Key,
    pub(crate) first_look: FirstLook,
}

impl Operation {
    /// On something that is there already.
    pub(crate) const fn on(name: &'static str, key: Key) -> Self {
        Self { name, key, first_look: FirstLook::Load }
    }

    /// That brings something into being.
    pub(crate) const fn new(name: &'static str, key: Key) -> Self {
        Self { name, key, first_look: FirstLook::AssumeNew }
    }
}

/// The parts of a request that do not depend on its endpoint.
pub(crate) struct Call {
    pub(crate) caller: Caller,
    trace_parent: Option<Arc<str>>,
    key: Option<IdempotencyKey>,
    if_version: Option<Version>,
}

impl FromRequestParts<Arc<WriteState>> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<WriteState>) -> Result<Self, Problem> {
        let context = parts.extensions.get::<RequestContext>();
        let context = context.ok_or_else(|| Problem::internal("the route is not behind the edge"))?;
        let trace_parent = context.trace_parent().map(Arc::from);
        let key = <IdempotencyKey as OptionalFromRequestParts<_>>::from_request_parts(parts, state).await?;
        let if_match = IfMatch::from_request_parts(parts, state).await?;
        let caller = state.caller.clone();
        Ok(Self { caller, trace_parent, key, if_version: if_match.version().map(Version) })
    }
}

impl Call {
    /// The envelope of the command that this request is. With a key, its id follows from who does what to what under
    /// which key, and from nothing else.
    pub(crate) fn envelope(
        &self, state: &WriteState, operation: &Operation, subject: &str, body: &[u8],
    ) -> Result<Envelope, Problem> {
        let (command, fingerprint) = match &self.key {
            Some(key) => (self.command(operation, subject, key), Some(fingerprint(body))),
            None if operation.key == Key::Accepted => (CommandId(state.ids.next()), None),
            None => {
                return Err(Problem::new(
                    ProblemKind::IDEMPOTENCY_KEY_MISSING,
                    "send the header Idempotency-Key with a value of your own, such as a UUID, and the same one when \
                     you try again",
                ));
            }
        };
        let metadata = Metadata {
            trace_parent: self.trace_parent.clone(),
            fingerprint,
            ..Metadata::new(command, Arc::clone(&self.caller.actor))
        };
        // Whoever names a version has seen the thing.
        let first_look = self.if_version.map_or(operation.first_look, |_| FirstLook::Load);
        Ok(Envelope { metadata, time: state.clock.now(), if_version: self.if_version, first_look })
    }

    /// No part of the name can hold the separator, so no two intentions share a name.
    fn command(&self, operation: &Operation, subject: &str, key: &IdempotencyKey) -> CommandId {
        let (tenant, actor) = (self.caller.tenant.as_str(), &*self.caller.actor);
        let name = [tenant, actor, operation.name, subject, key.as_str()].join("\0");
        CommandId(Uuid::new_v5(&COMMANDS, name.as_bytes()))
    }

    pub(crate) async fn execute<D: Decider>(
        &self, handler: &Handler<D, AnyStore>, id: &str, command: &D::Command, envelope: &Envelope,
    ) -> Result<Outcome<D::Event>, Problem>
    where
        D::Rejection: Refusal,
    {
        handler.execute(&self.caller.tenant, id, command, envelope).await.map_err(fault::problem)
    }

    /// What the command of this envelope did before, for a request that would be refused if it came for the first time.
    ///
    /// Whether a product can be ordered changes; the answer to a request that was once carried out does not. `idle` is
    /// never decided: the condition cannot hold, and a repeat is recognised before conditions are looked at.
    pub(crate) async fn repeated<D: Decider>(
        &self, handler: &Handler<D, AnyStore>, id: &str, idle: &D::Command, envelope: &Envelope,
    ) -> Result<Option<Outcome<D::Event>>, Problem>
    where
        D::Rejection: Refusal,
    {
        if self.key.is_none() {
            return Ok(None);
        }
        let never = Envelope { if_version: Some(Version(u64::MAX)), first_look: FirstLook::Load, ..envelope.clone() };
        match handler.execute(&self.caller.tenant, id, idle, &never).await {
            Ok(outcome) => Ok(Some(outcome)),
            Err(orderflow_engine::ExecuteError::Stale { .. }) => Ok(None),
            Err(error) => Err(fault::problem(error)),
        }
    }
}

/// The first half of a SHA-256 digest of the body as it was sent.
fn fingerprint(body: &[u8]) -> Fingerprint {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(body)[..16]);
    Fingerprint(Uuid::from_bytes(half))
}

/// The body of a request that needs none: nothing, or an empty object.
pub(crate) struct NoBody(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let RawBody(raw) = RawBody::from_request(request, state).await?;
        let empty = raw.trim_ascii().is_empty()
            || serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&raw)
                .is_ok_and(|map| map.is_empty());
        if empty {
            Ok(Self(raw))
        } else {
            Err(Problem::new(ProblemKind::INVALID_REQUEST, "this request takes no fields: send no body, or {}"))
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("caller", &self.caller).field("key", &self.key).finish_non_exhaustive()
    }
}
