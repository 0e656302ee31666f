//! The connection to the server: a client, and another one when that is of no more use.
//!
//! The library's client never recovers from a failed connect, and calls a node that died again and again. So every
//! failure is reported here, and what cannot be trusted any more is replaced, in the background, with pauses.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Weak},
    time::Duration,
};

use futures::FutureExt;
use kurrentdb::Error;
use orderflow_engine::{Cause, ReadError};
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, timeout_at},
};

use super::{
    connection::{Caller, Connection},
    open::{self, KurrentOpenError, KurrentOptions, Settings},
    outcome::Failure,
    pace::{Pace, jittered},
    page,
};
use crate::sqlite::StoreHealth;

/// How often the server is looked at when nobody asks it anything, so that `health` tells whether it is there.
const IDLE_LOOK: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Clones share the client.
#[derive(Clone)]
pub(super) struct Link(Arc<Shared>);

struct Shared {
    settings: Settings,
    runtime: Handle,
    call_timeout: Duration,
    patience: Duration,
    state: watch::Sender<State>,
}

enum State {
    Up(Arc<Connection>),
    Down(Cause),
}

impl Link {
    /// Connects, and makes sure that the server is one and lets this program read.
    pub(super) async fn open(url: &str, options: &KurrentOptions) -> Result<Self, KurrentOpenError> {
        let settings = open::settings(url)?;
        let runtime = Handle::current();
        let mut pace = Pace::new(options.patience);
        let connection = loop {
            match Connection::open(&settings, options.call_timeout).await {
                Ok(connection) => break connection,
                Err(error) => match open::refused(settings.place(), error) {
                    unreachable @ KurrentOpenError::Unreachable { .. } => {
                        if !pace.another_try().await {
                            return Err(unreachable);
                        }
                    }
                    refused @ (KurrentOpenError::Url(_)
                    | KurrentOpenError::Setup(_)
                    | KurrentOpenError::Denied { .. }
                    | KurrentOpenError::Foreign { .. }) => return Err(refused),
                },
            }
        };
        let (call_timeout, patience) = (options.call_timeout, options.patience);
        let state = watch::Sender::new(State::Up(connection));
        let shared = Arc::new(Shared { settings, runtime, call_timeout, patience, state });
        shared.runtime.spawn(look_now_and_then(Arc::downgrade(&shared)));
        Ok(Self(shared))
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    pub(super) fn call_timeout(&self) -> Duration {
        self.0.call_timeout
    }

    pub(super) fn patience(&self) -> Duration {
        self.0.patience
    }

    pub(super) fn health(&self) -> StoreHealth {
        match &*self.0.state.borrow() {
            State::Up(_) => StoreHealth::Serving,
            State::Down(cause) => StoreHealth::Failing(cause.clone()),
        }
    }

    /// The connection, waited for while there is none.
    pub(super) async fn connection(&self, until: Instant) -> Result<Arc<Connection>, Cause> {
        let mut state = self.0.state.subscribe();
        // However the waiting ends, the state says what there is.
        let _ = timeout_at(until, state.wait_for(|state| !matches!(state, State::Down(_)))).await;
        match &*self.0.state.borrow() {
            State::Up(connection) => Ok(Arc::clone(connection)),
            State::Down(cause) => Err(cause.clone()),
        }
    }

    /// Makes a call with a client, again if it is worth it: for calls that change nothing.
    pub(super) async fn ask<T, F>(&self, question: impl Fn(Caller) -> F) -> Result<T, ReadError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut pace = Pace::new(self.0.patience);
        loop {
            let connection = self.connection(pace.until()).await.map_err(ReadError)?;
            let error = match question(connection.caller.clone()).await {
                Ok(answer) => {
                    connection.worked();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            self.failed(&connection, &error);
            match Failure::from(error) {
                Failure::Refused(cause) => return Err(ReadError(cause)),
                Failure::Conflict(_) => return Err(ReadError(Cause::new("the event store took a read for a write"))),
                Failure::NotSent(cause) | Failure::Unknown(cause) => {
                    if !pace.another_try().await {
                        return Err(ReadError(cause));
                    }
                }
            }
        }
    }

    /// Replaces the client if the error says that it is of no more use, or if too many calls failed in a row.
    pub(super) fn failed(&self, connection: &Arc<Connection>, error: &Error) {
        if connection.failed(error) {
            self.replace(connection, error);
        }
    }

    /// Asks for something, unless somebody has lately: what comes of it is noted as with any call.
    async fn look(&self) {
        let idle = match &*self.0.state.borrow() {
            State::Up(connection) => !connection.worked_within(IDLE_LOOK / 2),
            State::Down(_) => false,
        };
        if idle {
            // Nor must a panic of the library's end the looking.
            let looked = AssertUnwindSafe(self.ask(async |caller| page::head(&caller).await)).catch_unwind().await;
            tracing::trace!(?looked, "the server was looked at");
        }
    }

    /// Only the first report of a connection does something.
    fn replace(&self, connection: &Arc<Connection>, error: &Error) {
        let replaced = self.0.state.send_if_modified(|state| match state {
            State::Up(current) if Arc::ptr_eq(current, connection) => {
                *state = State::Down(Cause::new(error.clone()));
                true
            }
            State::Up(_) | State::Down(_) => false,
        });
        if replaced {
            tracing::warn!(%error, place = self.0.settings.place(), "the connection to KurrentDB is made anew");
            self.0.runtime.spawn(reconnect(Arc::downgrade(&self.0)));
        }
    }
}

/// Until nobody needs it any more.
async fn look_now_and_then(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(jittered(IDLE_LOOK)).await;
        let Some(shared) = shared.upgrade() else { return };
        Link(shared).look().await;
    }
}

/// Tries until it succeeds, or until nobody needs it any more.
async fn reconnect(shared: Weak<Shared>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(link) = shared.upgrade() else { return };
        let (settings, call_timeout) = (link.settings.clone(), link.call_timeout);
        drop(link);
        let connected = Connection::open(&settings, call_timeout).await;
        let Some(link) = shared.upgrade() else { return };
        match connected {
            Ok(connection) => {
                tracing::info!(place = settings.place(), "the connection to KurrentDB is back");
                link.state.send_replace(State::Up(connection));
                return;
            }
            Err(error) => link.state.send_replace(State::Down(Cause::new(error))),
        };
        drop(link);
        tokio::time::sleep(jittered(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
