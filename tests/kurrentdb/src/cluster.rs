//! What the nodes of a cluster share: the log, who leads, who is there, and what goes wrong.

use std::{
    net::SocketAddr,
    sync::{
        PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::sync::watch;

use crate::{
    clock,
    faults::Faults,
    freeze::Freeze,
    log::{Expected, Log, Refusal, Written},
    record::Proposed,
};

pub(crate) struct Cluster {
    log: RwLock<Log>,
    /// Counts the changes of the log, for those who wait for more.
    changes: watch::Sender<u64>,
    pub(crate) appends: AtomicUsize,
    pub(crate) subscriptions: AtomicUsize,
    pub(crate) faults: Faults,
    pub(crate) members: Vec<Member>,
    leader: AtomicUsize,
    /// The one value of `authorization` that is let in, where one is asked for.
    pub(crate) authorization: Option<String>,
    pub(crate) max_append_bytes: usize,
}

pub(crate) struct Member {
    pub(crate) address: SocketAddr,
    alive: AtomicBool,
    pub(crate) freeze: Freeze,
    /// How many connections it has.
    pub(crate) connections: AtomicUsize,
}

impl Cluster {
    pub(crate) fn new(
        addresses: &[SocketAddr], credentials: Option<&(String, String)>, max_append_bytes: usize,
    ) -> Self {
        let member = |address: &SocketAddr| Member {
            address: *address,
            alive: AtomicBool::new(false),
            freeze: Freeze::default(),
            connections: AtomicUsize::new(0),
        };
        Self {
            log: RwLock::new(Log::new()),
            changes: watch::Sender::new(0),
            appends: AtomicUsize::new(0),
            subscriptions: AtomicUsize::new(0),
            faults: Faults::new(),
            members: addresses.iter().map(member).collect(),
            leader: AtomicUsize::new(0),
            authorization: credentials
                .map(|(name, password)| format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))),
            max_append_bytes,
        }
    }

    pub(crate) fn log(&self) -> RwLockReadGuard<'_, Log> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(&self, stream: &str, expected: Expected, events: Vec<Proposed>) -> Result<Written, Refusal> {
        self.change(|log, now_ticks| {
            let written = log.append(stream, expected, events, now_ticks)?;
            let appends = self.appends.fetch_add(1, Ordering::Relaxed) + 1;
            if self.faults.system_events_are_due(appends) {
                log.write_system_events(stream, now_ticks);
            }
            Ok(written)
        })
    }

    /// Changes the log and wakes up whoever waits for that.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Log, u64) -> T) -> T {
        let changed = change(&mut self.log.write().unwrap_or_else(PoisonError::into_inner), clock::ticks());
        self.changes.send_modify(|changes| *changes += 1);
        changed
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn is_leader(&self, node: usize) -> bool {
        self.leader.load(Ordering::SeqCst) == node
    }

    /// The leader, unless it is away.
    pub(crate) fn leader(&self) -> Option<&Member> {
        self.members.get(self.leader.load(Ordering::SeqCst)).filter(|leader| leader.is_alive())
    }

    pub(crate) fn elect(&self, node: usize) {
        self.leader.store(node, Ordering::SeqCst);
    }
}

impl Member {
    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    pub(crate) fn set_alive(&self, alive: bool) {
        self.alive.store(alive, Ordering::SeqCst);
    }
}
