//! Serving: all roles in one process on one data directory, or one role beside others on shared servers.

mod checks;
mod hot;
mod projecting;
mod role;
mod signals;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use orderflow_commands::{Clock, Commands, Payments, SimulatedProvider};
use orderflow_http::{Health, Limits, Reach, bind, edge, run};
use orderflow_read_api::{ReadState, RedisCache};
use orderflow_stores::{AnyReader, AnyStore};
use orderflow_write_api::{Caller, Ids, WriteState};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use self::role::Role;
use self::{projecting::Projecting, signals::Asked};
use crate::{
    admin,
    backends::Backends,
    client::Client,
    home::Home,
    openapi::{self, Api},
    settings::Settings,
};

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    health: Health,
    /// Stops the HTTP side first, so that nothing new comes in.
    closing: CancellationToken,
    http: JoinHandle<std::io::Result<()>>,
    /// For how long it serves on when it was asked to stop.
    drain_delay: Duration,
    projecting: Option<Projecting>,
    store: Option<AnyStore>,
    /// The data directory in which others find this server.
    home: Option<PathBuf>,
}

/// Serves until the process is asked to stop, or something it cannot do without fails.
pub(crate) async fn until_stopped(settings: &Settings, role: Role) -> anyhow::Result<()> {
    let mut server = Server::start(settings, role).await?;
    println!("{}", greeting(&server, role));
    let ran = server.run_until_asked().await;
    let stopped = server.stop().await;
    ran.and(stopped)
}

fn greeting(server: &Server, role: Role) -> String {
    let (url, name) = (server.url(), role.name());
    let data = server.home.as_ref().map_or_else(String::new, |home| format!(" (data in {})", home.display()));
    match role {
        Role::All => format!("{name} serves {url}{data}; try {url}/docs or 'orderflow demo'"),
        Role::WriteApi | Role::ReadApi => format!("{name} serves {url}{data}; try {url}/docs"),
        Role::Projector => format!("{name} is at work; look at {url}/api/v1/admin/projections"),
    }
}

/// What both APIs and the processes are made of where there is an event store to write to.
struct Writing {
    store: AnyStore,
    commands: Commands,
    payments: Payments,
}

impl Writing {
    fn new(store: AnyStore, settings: &Settings) -> Self {
        let commands = Commands::new(&store, settings.cached_streams.value);
        let payments = Payments::new(commands.clone(), Arc::new(SimulatedProvider), Clock::system());
        Self { store, commands, payments }
    }
}

impl Server {
    pub(crate) async fn start(settings: &Settings, role: Role) -> anyhow::Result<Self> {
        let backends = Backends::of(settings, role)?;
        // The port first: a second server on the same address should not touch the data.
        let reach = if settings.listen_anywhere.value { Reach::Anyone } else { Reach::Loopback };
        let listener = bind(settings.listen.value, reach)?;
        let address = listener.local_addr()?;
        // What can be wrong in its setting is told before anything is waited for.
        let cache = if role.reads() { backends.cache().await? } else { None };

        let writing =
            if role.writes() || role.projects() { Some(Writing::new(backends.store().await?, settings)) } else { None };
        let reader = match &writing {
            Some(writing) => writing.store.reader(),
            None => backends.reader().await?,
        };
        let mut health = checks::of_store(Health::new(), writing.as_ref().map(|writing| &writing.store), &reader);
        let mut router = axum::Router::new();
        let mut documents = Vec::new();

        let projecting = match &writing {
            Some(writing) if role.projects() => Some(Projecting::start(&backends, writing, settings).await?),
            Some(_) | None => None,
        };
        if let Some(projecting) = &projecting {
            health = checks::of_projector(health, projecting);
            router = router.merge(admin::router(projecting.views.clone(), projecting.processes.clone()));
            if !role.reads() {
                // Whoever retries a process looks at it before and after, at one address.
                let (views, cursors) = backends.views().await?;
                let projected = Some(projecting.views.position());
                let read = ReadState::new(views, reader.clone(), projected, cursors);
                router = router.merge(orderflow_read_api::processes_router(read));
            }
        }
        if let Some(writing) = writing.as_ref().filter(|_| role.writes()) {
            let (write, document) = orderflow_write_api::router(write_state(writing));
            router = router.merge(write);
            documents.push((Api::Write, document));
        }
        if role.reads() {
            let (read, checked) = read_side(&backends, reader, cache, projecting.as_ref(), health).await?;
            health = checked;
            let (read, document) = orderflow_read_api::router(read);
            router = router.merge(read);
            documents.push((Api::Read, document));
        }
        if !documents.is_empty() {
            router = router.merge(openapi::pages(documents));
        }

        let limits = Limits { connections: settings.connections.value, ..Limits::default() };
        let closing = CancellationToken::new();
        let http = tokio::spawn(run(listener, edge(router.merge(health.router()), limits), limits, closing.clone()));
        let home = backends.data_directory();
        if let Some(home) = &home {
            Home(home).announce(&format!("http://{address}"))?;
        }
        health.started();
        let store = writing.map(|writing| writing.store);
        let drain_delay = settings.drain_delay.value.of(role);
        Ok(Self { address, health, closing, http, drain_delay, projecting, store, home })
    }

    pub(crate) fn url(&self) -> String {
        Client::url_of(self.address)
    }

    /// Until SIGINT or SIGTERM comes, and for as long after it as load balancers need to notice, or until it comes
    /// again; an error when a part that the rest needs has ended by itself.
    pub(crate) async fn run_until_asked(&mut self) -> anyhow::Result<()> {
        let mut asked = Asked::from_now()?;
        tokio::select! {
            () = asked.again() => {}
            ended = self.ended() => return ended,
        }
        self.health.drain();
        let delay = self.drain_delay;
        if !delay.is_zero() {
            tracing::info!(seconds = delay.as_secs(), "asked to stop: serving on until others have noticed");
        }
        tokio::select! {
            () = tokio::time::sleep(delay) => Ok(()),
            () = asked.again() => Ok(()),
            ended = self.ended() => ended,
        }
    }

    /// Waits until a part has ended by itself.
    async fn ended(&mut self) -> anyhow::Result<()> {
        let projecting = async {
            match &mut self.projecting {
                Some(projecting) => projecting.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            served = &mut self.http => served?.context("requests are no longer served"),
            ended = projecting => ended,
        }
    }

    /// Finishes what is under way, in the order in which it depends on each other; the store is closed in any case.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.health.drain();
        self.closing.cancel();
        // A part that has ended was waited for by whoever noticed.
        let served = if self.http.is_finished() { Ok(Ok(())) } else { self.http.await };
        let projected = match self.projecting {
            Some(projecting) => projecting.stop().await,
            None => Ok(()),
        };
        if let Some(store) = &self.store {
            store.close().await;
        }
        if let Some(home) = &self.home {
            Home(home).retire();
        }
        served??;
        projected
    }
}

fn write_state(writing: &Writing) -> WriteState {
    WriteState {
        commands: writing.commands.clone(),
        payments: writing.payments.clone(),
        store: writing.store.clone(),
        clock: Clock::system(),
        ids: Ids::random(),
        caller: Caller::operator(),
    }
}

async fn read_side(
    backends: &Backends<'_>, reader: AnyReader, cache: Option<RedisCache>, projecting: Option<&Projecting>,
    health: Health,
) -> anyhow::Result<(ReadState, Health)> {
    let (views, cursors) = backends.views().await?;
    let projected = projecting.map(|projecting| projecting.views.position());
    let health = checks::of_views(health, &views, cache.as_ref());
    let state = ReadState::new(views, reader, projected, cursors);
    Ok((if let Some(cache) = cache { state.with_cache(cache) } else { state }, health))
}
