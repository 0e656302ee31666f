//! The same without a server, on views in a file: a projector of our own, for as long as it takes.

use std::time::Duration;

use anyhow::{bail, ensure};
use orderflow_core::views;
use orderflow_engine::EventReader;
use orderflow_projector::{Options, Projector, Selection, Verify, ViewState, ViewStatus};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{progress_bar, show_progress};
use crate::{
    admin::{report, statuses},
    backends::Backends,
    serve::Role,
    settings::Settings,
};

struct Own {
    projector: Projector,
    task: JoinHandle<Result<(), orderflow_projector::WriteError>>,
    shutdown: CancellationToken,
}

impl Own {
    async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let backends = Backends::of(settings, Role::All)?;
        // It would take over a share of the views, and of the processes with it, which it does not run.
        ensure!(
            !backends.views_are_on_a_server(),
            "the views are on a server, where projectors look after them: name one that runs with --url, such as \
             --url http://127.0.0.1:8100"
        );
        let reader = backends.reader().await?;
        let target = backends.target().await?;
        let shutdown = CancellationToken::new();
        let (projector, task) =
            Projector::start(reader.clone(), target, &views::ALL, Options::default(), shutdown.clone()).await?;
        let head = reader.head().await?;
        let own = Self { projector, task, shutdown };
        let is_there = |status: &ViewStatus| status.position >= head || status.state != ViewState::Live;
        while !own.projector.status().iter().all(is_there) {
            if own.task.is_finished() {
                own.task.await??;
                bail!("the projector stopped: look at the log");
            }
            if let Some(trouble) = own.projector.status().iter().find_map(|status| status.trouble.clone()) {
                bail!("the views cannot be written: {trouble}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(own)
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.shutdown.cancel();
        Ok(self.task.await??)
    }
}

pub(super) async fn status(settings: &Settings) -> anyhow::Result<Value> {
    let own = Own::start(settings).await?;
    let found = statuses(&own.projector.status());
    own.stop().await?;
    Ok(found)
}

pub(super) async fn rebuild(settings: &Settings, view: &str, verify: bool) -> anyhow::Result<Value> {
    let own = Own::start(settings).await?;
    let verify = if verify { Verify::Yes } else { Verify::No };
    let bar = progress_bar();
    let rebuilding = async {
        if view == "all" {
            own.projector.rebuild(Selection::All, verify).await
        } else {
            own.projector.rebuild(Selection::Named(&[view]), verify).await
        }
    };
    let showing = async {
        loop {
            show_progress(&bar, &statuses(&own.projector.status()));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let rebuilt = tokio::select! {
        rebuilt = rebuilding => rebuilt,
        () = showing => unreachable!("it is shown until it is done"),
    };
    bar.finish_and_clear();
    let done = rebuilt.map(|done| report(&done));
    own.stop().await?;
    Ok(done?)
}
