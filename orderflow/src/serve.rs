//! All roles in one process: both APIs, the projector and the fulfilment process, on one data directory.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use orderflow_commands::{Clock, Commands, FulfilmentActions, Payments, SimulatedProvider};
use orderflow_core::{fulfilment::Fulfilment, views};
use orderflow_http::{CursorKey, Dependency, Health, Limits, bind, edge, run};
use orderflow_projector::{
    AnyTarget, Options, ProcessHandle, ProcessOptions, Projector, SqliteTarget, ViewAgenda, WriteError, start_process,
};
use orderflow_read_api::{AnyViews, ReadState, SqliteViews};
use orderflow_stores::{AnyReader, AnyStore, SqliteOptions, SqliteStore, StoreHealth};
use orderflow_write_api::{Caller, Ids, WriteState};
use tokio::{signal::unix::SignalKind, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{admin, home::Home, openapi, settings::Settings};

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    health: Health,
    /// Stops the HTTP side first, so that nothing new comes in.
    closing: CancellationToken,
    http: JoinHandle<std::io::Result<()>>,
    /// Stops projector and processes.
    stopping: CancellationToken,
    projecting: JoinHandle<Result<(), WriteError>>,
    fulfilling: JoinHandle<()>,
    store: AnyStore,
    settings: Settings,
}

/// Serves until the process is asked to stop, or something it cannot do without fails.
pub(crate) async fn until_stopped(settings: &Settings) -> anyhow::Result<()> {
    let mut server = Server::start(settings).await?;
    println!("{}", greeting(&server.url(), settings));
    let ran = server.run_until_asked().await;
    let stopped = server.stop().await;
    ran.and(stopped)
}

fn greeting(url: &str, settings: &Settings) -> String {
    let data = settings.data.value.display();
    format!("orderflow serves {url} (data in {data}); try {url}/docs or 'orderflow demo'")
}

impl Server {
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let data = &settings.data.value;
        let home = Home(data);
        // The port first: a second server on the same address should not touch the data.
        let listener = bind(settings.listen.value)?;
        let address = listener.local_addr()?;
        let options = SqliteOptions { cached_streams: settings.cached_streams.value, ..SqliteOptions::default() };
        let store = AnyStore::from(SqliteStore::open(&home.events(), &options)?);
        let target = AnyTarget::from(SqliteTarget::open(home.views())?);
        let clock = Clock::system();
        let stopping = CancellationToken::new();

        let (projector, projecting) =
            Projector::start(store.reader(), target.clone(), &views::ALL, Options::default(), stopping.clone()).await?;
        let commands = Commands::new(&store, settings.cached_streams.value);
        let payments = Payments::new(commands.clone(), Arc::new(SimulatedProvider), clock.clone());
        let (processes, fulfilling) =
            start_fulfilment(settings, &store, &commands, &payments, target, stopping.clone()).await?;

        let health = health(&store, &projector);
        let write = WriteState {
            commands,
            payments,
            store: store.clone(),
            clock,
            ids: Ids::random(),
            caller: Caller::operator(),
        };
        let read = read_state(&home, store.reader(), &projector)?;
        let limits = Limits { connections: settings.connections.value, ..Limits::default() };
        let router = edge(router(write, read, projector, processes, &health), limits);
        let closing = CancellationToken::new();
        let http = tokio::spawn(run(listener, router, limits, closing.clone()));
        home.announce(&format!("http://{address}"))?;
        health.started();
        let settings = settings.clone();
        Ok(Self { address, health, closing, http, stopping, projecting, fulfilling, store, settings })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Until SIGINT or SIGTERM comes; an error when a part that the rest needs has ended by itself.
    pub(crate) async fn run_until_asked(&mut self) -> anyhow::Result<()> {
        let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
            _ = terminate.recv() => Ok(()),
            served = &mut self.http => served?.context("requests are no longer served"),
            projected = &mut self.projecting => Ok(projected?.context("the views are no longer kept up to date")?),
            fulfilled = &mut self.fulfilling => fulfilled.context("orders are no longer fulfilled"),
        }
    }

    /// Finishes what is under way, in the order in which it depends on each other; the store is closed in any case.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.health.drain();
        self.closing.cancel();
        // A part that has ended was waited for by whoever noticed.
        let served = if self.http.is_finished() { Ok(Ok(())) } else { self.http.await };
        self.stopping.cancel();
        let projected = if self.projecting.is_finished() { Ok(Ok(())) } else { self.projecting.await };
        let fulfilled = if self.fulfilling.is_finished() { Ok(()) } else { self.fulfilling.await };
        self.store.close().await;
        Home(&self.settings.data.value).retire();
        served??;
        projected??;
        Ok(fulfilled?)
    }
}

async fn start_fulfilment(
    settings: &Settings, store: &AnyStore, commands: &Commands, payments: &Payments, target: AnyTarget,
    stopping: CancellationToken,
) -> anyhow::Result<(ProcessHandle, JoinHandle<()>)> {
    let clock = Clock::system();
    let actions = FulfilmentActions::new(commands.clone(), payments.clone(), clock.clone());
    let options = ProcessOptions { clock: Box::new(move || clock.now()), side_by_side: settings.side_by_side.value };
    let agenda = ViewAgenda::open(target, &Home(&settings.data.value).views())?;
    Ok(start_process::<Fulfilment, _>(store.clone(), actions, agenda, options, stopping).await?)
}

fn read_state(home: &Home<'_>, reader: AnyReader, projector: &Projector) -> anyhow::Result<ReadState> {
    Ok(ReadState::new(
        AnyViews::Sqlite(SqliteViews::new(home.views(), orderflow_read_api::SqliteOptions::default())),
        reader,
        Some(projector.position()),
        CursorKey::new(&home.cursor_key()?)?,
    ))
}

fn health(store: &AnyStore, projector: &Projector) -> Health {
    let (store, projector) = (store.clone(), projector.clone());
    Health::new()
        .check("event_store", move || {
            let health = match store.health() {
                StoreHealth::Serving => Dependency::Up,
                StoreHealth::Failing(cause) | StoreHealth::Stopped(cause) => Dependency::Down(cause.to_string()),
                StoreHealth::Closed => Dependency::Down("it is closed".to_owned()),
            };
            std::future::ready(health)
        })
        .check("views", move || {
            let projector = projector.clone();
            async move {
                match projector.status().into_iter().find_map(|status| status.trouble) {
                    None => Dependency::Up,
                    Some(trouble) => Dependency::Down(trouble.to_string()),
                }
            }
        })
}

fn router(
    write: WriteState, read: ReadState, projector: Projector, processes: ProcessHandle, health: &Health,
) -> axum::Router {
    let (write, write_document) = orderflow_write_api::router(write);
    let (read, read_document) = orderflow_read_api::router(read);
    axum::Router::new()
        .merge(write)
        .merge(read)
        .merge(admin::router(projector, processes))
        .merge(health.router())
        .merge(openapi::pages(write_document, read_document))
}
