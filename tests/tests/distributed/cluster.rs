//! The roles as separate processes, and the servers they share.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use orderflow_test_kurrentdb::Standin;
use orderflow_test_servers::{Postgres, Redis, free_port};
use orderflow_tests::{Client, Server};

/// A cluster keeps a small machine busy: one at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Where events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Events {
    Postgres,
    /// A stand-in: streams have the same names in every test, so a real one would do for one of them, once.
    KurrentDb,
}

/// Tells others that it is over, and be it because of a panic: a test that has failed must not wait for its threads.
pub(crate) struct Over<'a>(pub(crate) &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What the roles share.
pub(crate) struct Cluster {
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) redis: Redis,
    _standin: Option<Standin>,
    _turn: MutexGuard<'static, ()>,
}

/// A role that is started again at the address it had.
pub(crate) struct Role {
    name: &'static str,
    port: u16,
    environment: Vec<(&'static str, String)>,
    server: Option<Server>,
}

impl Cluster {
    pub(crate) fn new(events: Events) -> Self {
        let redis = Redis::start().expect("a private Redis starts");
        let views = Postgres::shared().database();
        let (store, standin) = match events {
            Events::Postgres => (Postgres::shared().database(), None),
            Events::KurrentDb => {
                let standin = Standin::start();
                (standin.url(), Some(standin))
            }
        };
        Self { _standin: standin, ..Self::of(store, views, redis) }
    }

    /// On servers that the caller looks after.
    pub(crate) fn of(store: String, views: String, redis: Redis) -> Self {
        let cache = redis.url();
        let environment = vec![("ORDERFLOW_STORE", store), ("ORDERFLOW_VIEWS", views), ("ORDERFLOW_CACHE", cache)];
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Self { environment, redis, _standin: None, _turn: turn }
    }

    pub(crate) fn start(&self, name: &'static str) -> Role {
        self.start_with(name, &[])
    }

    pub(crate) fn start_with(&self, name: &'static str, settings: &[(&'static str, &str)]) -> Role {
        let port = free_port().expect("a free port");
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let environment = self.environment.iter().cloned().chain(settings).collect();
        let mut role = Role { name, port, environment, server: None };
        role.start();
        role
    }
}

impl Role {
    pub(crate) fn start(&mut self) {
        let environment: Vec<_> = self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.server = Some(Server::role(self.name, self.port, &environment));
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.server.take().expect("it runs").kill();
    }

    /// SIGTERM, and the end of it.
    pub(crate) fn stop(&mut self) {
        self.server.take().expect("it runs").stop();
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    pub(crate) fn client(&self) -> Client {
        self.server().client()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
