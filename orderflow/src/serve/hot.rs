//! Hot documents in the cache. Every projector offers to keep them up to date, and the one that holds the cache's lease
//! does.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use orderflow_core::views;
use orderflow_projector::{Options, Projector};
use orderflow_stores::AnyReader;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::backends::HotDocuments;

/// How long to wait before the cache is tried again, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(5)];
/// How often the projector is asked how it is doing.
const LOOK: Duration = Duration::from_millis(500);

/// A running keeper of the cache. It never gives up: what it keeps can be had elsewhere, only slower.
pub(crate) struct Hot {
    trouble: Trouble,
    task: JoinHandle<()>,
}

#[derive(Clone, Default)]
pub(super) struct Trouble(Arc<Mutex<Option<String>>>);

struct Keeper {
    documents: HotDocuments,
    reader: AnyReader,
    shutdown: CancellationToken,
    trouble: Trouble,
}

impl Hot {
    pub(super) fn start(documents: HotDocuments, reader: AnyReader, shutdown: CancellationToken) -> Self {
        let trouble = Trouble::default();
        let keeper = Keeper { documents, reader, shutdown, trouble: trouble.clone() };
        Self { trouble, task: tokio::spawn(keeper.run()) }
    }

    pub(super) fn trouble(&self) -> Trouble {
        self.trouble.clone()
    }

    pub(super) async fn stopped(self) {
        if self.task.await.is_err() {
            tracing::error!("the keeper of the cache has panicked");
        }
    }
}

impl Trouble {
    /// Why the cache is not kept up to date, while that is so.
    pub(super) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, trouble: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

impl Keeper {
    async fn run(self) {
        let [mut pause, longest] = PAUSES;
        while let Err(error) = self.keep().await {
            tracing::warn!(%error, wait_ms = pause.as_millis() as u64, "the cache is not kept up to date");
            self.trouble.set(Some(format!("{error:#}")));
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = longest.min(pause * 2);
        }
    }

    /// Keeps the cache until shutdown.
    async fn keep(&self) -> anyhow::Result<()> {
        let target = self.documents.target().await?;
        let started =
            Projector::start(self.reader.clone(), target, &views::HOT, Options::default(), self.shutdown.clone());
        let (projector, mut running) = started.await?;
        loop {
            tokio::select! {
                ended = &mut running => return Ok(ended??),
                () = tokio::time::sleep(LOOK) => {
                    let trouble = projector.status().into_iter().find_map(|view| view.trouble);
                    self.trouble.set(trouble.map(|why| why.to_string()));
                }
            }
        }
    }
}
