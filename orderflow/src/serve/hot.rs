//! Hot documents in the cache. Every projector offers to keep them up to date, and the one that holds the cache's lease
//! does.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use orderflow_core::views;
use orderflow_projector::{AnyTarget, OpenRedisError, Options, Projector};
use orderflow_stores::AnyReader;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::backends::HotDocuments;

/// How long to wait before the cache is tried again, at first and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(5)];
/// How often the projector is asked how it is doing.
const LOOK: Duration = Duration::from_millis(500);

/// A running keeper of the cache. It never gives up once it runs: what it keeps can be had elsewhere, only slower.
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
    /// An error when the configuration is wrong; a cache that is down is waited for.
    pub(super) async fn start(
        documents: HotDocuments, reader: AnyReader, shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let first = match documents.target().await {
            Ok(target) => Some(target),
            Err(OpenRedisError::Failed { .. }) => None,
            Err(
                wrong @ (OpenRedisError::Url(_)
                | OpenRedisError::Prefix(_)
                | OpenRedisError::Evicts { .. }
                | OpenRedisError::Credentials { .. }),
            ) => return Err(wrong).context("the setting 'cache' cannot be used"),
        };
        let trouble = Trouble::default();
        let keeper = Keeper { documents, reader, shutdown, trouble: trouble.clone() };
        Ok(Self { trouble, task: tokio::spawn(keeper.run(first)) })
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

    /// Whether it is another one than before.
    fn set(&self, trouble: Option<String>) -> bool {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *current != trouble;
        *current = trouble;
        changed
    }
}

impl Keeper {
    async fn run(self, mut first: Option<AnyTarget>) {
        let [mut pause, longest] = PAUSES;
        while let Err(error) = self.keep(first.take()).await {
            let why = format!("{error:#}");
            if self.trouble.set(Some(why.clone())) {
                tracing::warn!(error = why, "the cache is not kept up to date; it is tried again and again");
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = longest.min(pause * 2);
        }
    }

    /// Keeps the cache until shutdown.
    async fn keep(&self, opened: Option<AnyTarget>) -> anyhow::Result<()> {
        let target = match opened {
            Some(target) => target,
            None => self.documents.target().await?,
        };
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
