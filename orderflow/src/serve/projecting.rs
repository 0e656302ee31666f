//! Keeping views up to date and running processes, in this process.

use anyhow::Context;
use orderflow_commands::{Clock, FulfilmentActions};
use orderflow_core::{fulfilment::Fulfilment, views};
use orderflow_projector::{Options, ProcessHandle, ProcessOptions, Projector, WriteError, start_process};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Writing, hot::Hot};
use crate::{backends::Backends, settings::Settings};

pub(super) struct Projecting {
    pub(super) views: Projector,
    pub(super) processes: ProcessHandle,
    pub(super) hot: Option<Hot>,
    stopping: CancellationToken,
    projecting: JoinHandle<Result<(), WriteError>>,
    fulfilling: JoinHandle<()>,
}

impl Projecting {
    pub(super) async fn start(backends: &Backends<'_>, writing: &Writing, settings: &Settings) -> anyhow::Result<Self> {
        let target = backends.target().await?;
        let (reader, stopping) = (writing.store.reader(), CancellationToken::new());
        let (projector, projecting) =
            Projector::start(reader.clone(), target.clone(), &views::ALL, Options::default(), stopping.clone()).await?;
        let hot = match backends.hot_documents() {
            Some(documents) => Some(Hot::start(documents, reader, stopping.clone()).await?),
            None => None,
        };
        let clock = Clock::system();
        let actions = FulfilmentActions::new(writing.commands.clone(), writing.payments.clone(), clock.clone());
        let options = ProcessOptions {
            clock: Box::new(move || clock.now()),
            side_by_side: settings.side_by_side.value,
            slices: projector.held(),
        };
        let agenda = backends.agenda(target)?;
        let (processes, fulfilling) =
            start_process::<Fulfilment, _>(writing.store.clone(), actions, agenda, options, stopping.clone()).await?;
        Ok(Self { views: projector, processes, hot, stopping, projecting, fulfilling })
    }

    /// Waits until a part has ended by itself.
    pub(super) async fn ended(&mut self) -> anyhow::Result<()> {
        tokio::select! {
            projected = &mut self.projecting => Ok(projected?.context("the views are no longer kept up to date")?),
            fulfilled = &mut self.fulfilling => fulfilled.context("orders are no longer fulfilled"),
        }
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stopping.cancel();
        // A part that has ended was waited for by whoever noticed.
        let projected = if self.projecting.is_finished() { Ok(Ok(())) } else { self.projecting.await };
        let fulfilled = if self.fulfilling.is_finished() { Ok(()) } else { self.fulfilling.await };
        if let Some(hot) = self.hot {
            hot.stopped().await;
        }
        projected??;
        Ok(fulfilled?)
    }
}
