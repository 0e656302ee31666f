//! A client of the library, what every call with it brings along, and how it has fared.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use kurrentdb::{Client, Credentials, Error, GrpcConnectionError};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    time::{Instant, timeout},
};

use super::{open::Settings, page};

/// The client is replaced when so many calls in a row got no answer that counts, over so long a time: an overloaded
/// server that refuses some is not relieved by new connections.
const TROUBLES: u32 = 3;
const TROUBLED_FOR: Duration = Duration::from_millis(500);

pub(super) struct Connection {
    pub(super) caller: Caller,
    fared: Mutex<Fared>,
    _thread: Thread,
}

/// The client as calls are made with it.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) timeout: Duration,
    credentials: Option<Credentials>,
}

/// Where the client's own task runs, and what it connects with. The task would never end: it holds the sender of the
/// channel that it listens to, and with it the connection. So it gets a thread of its own, with which it ends.
struct Thread(Option<Runtime>);

struct Fared {
    /// When a call last worked.
    worked: Instant,
    /// What went wrong since then.
    troubles: u32,
    since: Option<Instant>,
}

impl Connection {
    /// A new client that has read something.
    pub(super) async fn open(settings: &Settings, call_timeout: Duration) -> Result<Arc<Self>, Error> {
        let opened = AssertUnwindSafe(Self::try_open(settings, call_timeout)).catch_unwind().await;
        // The library's panic must not end what would try again.
        opened.unwrap_or(Err(Error::InternalClientError))
    }

    /// Setting a client up reads certificates from disk, and a damaged file makes the library panic: both are better
    /// done on a thread of their own.
    async fn try_open(settings: &Settings, call_timeout: Duration) -> Result<Arc<Self>, Error> {
        let Settings { client: settings, credentials } = settings.clone();
        let (thread, handle) = Thread::start()?;
        let setup = tokio::task::spawn_blocking(move || Client::with_runtime_handle(handle, settings)).await;
        let client = match setup {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => return Err(Error::InitializationError(error.to_string())),
            Err(_) => return Err(Error::InitializationError("a certificate in it is damaged".to_owned())),
        };
        let caller = Caller { client, timeout: call_timeout, credentials };
        let mut outcome = page::head(&caller).await;
        // A cluster may answer with the address of its leader first.
        for _ in 0..TROUBLES {
            if !matches!(outcome, Err(Error::NotLeaderException(_))) {
                break;
            }
            outcome = page::head(&caller).await;
        }
        outcome.map(|_| Arc::new(Self { caller, fared: Mutex::new(Fared::well()), _thread: thread }))
    }

    pub(super) fn worked(&self) {
        *self.fared() = Fared::well();
    }

    /// Whether that was so lately that it need not be looked at.
    pub(super) fn worked_within(&self, time: Duration) -> bool {
        self.fared().worked.elapsed() < time
    }

    /// Whether the client is of no more use.
    pub(super) fn failed(&self, error: &Error) -> bool {
        match error {
            Error::ConnectionClosed | Error::GrpcConnectionError(_) => true,
            // Nothing at all was answered while the call waited: a node that hangs is left before patience ends.
            Error::DeadlineExceeded if !self.worked_within(self.caller.timeout) => true,
            Error::ServerError(_) | Error::DeadlineExceeded => self.fared().is_too_much(),
            Error::NotLeaderException(_)
            | Error::Grpc { .. }
            | Error::InternalParsingError(_)
            | Error::AccessDenied
            | Error::ResourceAlreadyExists
            | Error::ResourceNotFound
            | Error::ResourceDeleted
            | Error::UnsupportedFeature
            | Error::InternalClientError
            | Error::InitializationError(_)
            | Error::IllegalStateError(_)
            | Error::WrongExpectedVersion { .. } => false,
        }
    }

    fn fared(&self) -> MutexGuard<'_, Fared> {
        self.fared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fared {
    fn well() -> Self {
        Self { worked: Instant::now(), troubles: 0, since: None }
    }

    /// Takes another failure; whether that is enough.
    fn is_too_much(&mut self) -> bool {
        self.troubles += 1;
        self.since.get_or_insert_with(Instant::now).elapsed() >= TROUBLED_FOR && self.troubles >= TROUBLES
    }
}

impl Caller {
    /// Options of a call with the credentials, if there are any: `sign` is the options' own `authenticated`.
    pub(super) fn signed<O>(&self, options: O, sign: impl FnOnce(O, Credentials) -> O) -> O {
        match &self.credentials {
            Some(credentials) => sign(options, credentials.clone()),
            None => options,
        }
    }

    /// The library gives its time-outs to the server, and a server that is gone keeps none.
    pub(super) async fn within<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout(self.timeout, call).await.unwrap_or(Err(Error::DeadlineExceeded))
    }
}

impl Thread {
    fn start() -> Result<(Self, Handle), Error> {
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("kurrentdb").enable_all().build();
        match runtime {
            Ok(runtime) => {
                let handle = runtime.handle().clone();
                Ok((Self(Some(runtime)), handle))
            }
            Err(error) => Err(Error::GrpcConnectionError(GrpcConnectionError::Grpc(format!("no thread: {error}")))),
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Not by the runtime's own drop, which waits, and may not where tasks run.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
