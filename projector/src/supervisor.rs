//! Carries out what the handle asks for, and ends everything together.

use std::sync::Arc;

use orderflow_engine::{EventCodec, EventReader, Projection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    live::Live,
    projector::ControlError,
    rebuild::{Reason, Rebuild, RebuildError, RebuildReport, Verify, sweep},
    retry::{Retried, retry},
    state::Shared,
    target::{Activity, Target, WriteError},
    tenure,
    trouble::Trouble,
};

pub(crate) enum Command {
    SetActivity { index: usize, activity: Activity, reply: oneshot::Sender<Result<(), ControlError>> },
    Rebuild { views: Vec<usize>, verify: Verify, reply: oneshot::Sender<Result<RebuildReport, RebuildError>> },
    Retry { reply: oneshot::Sender<Result<Retried, ControlError>> },
}

pub(crate) struct Supervisor<R, E: 'static> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: R,
    pub(crate) projections: &'static [Projection<E>],
    pub(crate) commands: mpsc::Receiver<Command>,
    /// Cancelled from outside or, when a worker fails, from here.
    pub(crate) shutdown: CancellationToken,
    /// Views that are to be rebuilt at once.
    pub(crate) rebuild: Vec<usize>,
}

impl<R: EventReader, E: EventCodec> Supervisor<R, E> {
    pub(crate) async fn run(mut self) -> Result<(), WriteError> {
        let tasks = TaskTracker::new();
        let live = Live::new(Arc::clone(&self.shared), self.reader.clone(), self.projections, self.shutdown.clone());
        let mut live = tasks.spawn(live.run());
        tasks.spawn(tenure::keep(Arc::clone(&self.shared), self.shutdown.clone()));
        let mut rebuilding = if self.rebuild.is_empty() {
            let (shared, shutdown) = (Arc::clone(&self.shared), self.shutdown.clone());
            tasks.spawn(async move { sweep(&shared, &shutdown).await });
            None
        } else {
            let views = std::mem::take(&mut self.rebuild);
            Some(tasks.spawn(self.rebuilding(views, Verify::No, Reason::Needed).run()))
        };
        self.retry(&tasks, None);
        let outcome = loop {
            tokio::select! {
                outcome = &mut live => break match outcome {
                    Ok(outcome) => outcome,
                    Err(stopped) => {
                        self.shutdown.cancel();
                        match stopped.try_into_panic() {
                            Ok(panic) => std::panic::resume_unwind(panic),
                            // The runtime itself is going down.
                            Err(_) => Ok(()),
                        }
                    }
                },
                Some(command) = self.commands.recv() => self.carry_out(command, &tasks),
                () = self.shared.gained.notified() => self.retry(&tasks, None),
                () = self.shared.unfit.notified() => {
                    // One pass at a time; what it leaves is found again when the views are next looked at.
                    if rebuilding.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
                        let pass = self.rebuilding(self.shared.unfit(), Verify::No, Reason::Needed);
                        rebuilding = Some(tasks.spawn(pass.run()));
                    }
                }
            }
        };
        if let Err(error) = &outcome {
            tracing::error!(%error, "the projector stopped");
        }
        self.shutdown.cancel();
        self.commands.close();
        tasks.close();
        tasks.wait().await;
        tenure::end(&self.shared).await;
        outcome
    }

    fn carry_out(&self, command: Command, tasks: &TaskTracker) {
        // A reply that nobody waits for any more is dropped; what was asked for is done all the same.
        match command {
            Command::SetActivity { index, activity, reply } => {
                let shared = Arc::clone(&self.shared);
                tasks.spawn(async move {
                    let _ = reply.send(set_activity(&shared, index, activity).await);
                });
            }
            Command::Rebuild { views, verify, reply } => {
                let pass = self.rebuilding(views, verify, Reason::Asked);
                tasks.spawn(async move {
                    let _ = reply.send(pass.run().await);
                });
            }
            Command::Retry { reply } => self.retry(tasks, Some(reply)),
        }
    }

    fn rebuilding(&self, views: Vec<usize>, verify: Verify, reason: Reason) -> Rebuild<R, E> {
        Rebuild {
            shared: Arc::clone(&self.shared),
            reader: self.reader.clone(),
            projections: self.projections,
            views,
            verify,
            reason,
            shutdown: self.shutdown.clone(),
        }
    }

    fn retry(&self, tasks: &TaskTracker, reply: Option<oneshot::Sender<Result<Retried, ControlError>>>) {
        let (shared, reader, projections) = (Arc::clone(&self.shared), self.reader.clone(), self.projections);
        let shutdown = self.shutdown.clone();
        tasks.spawn(async move {
            let outcome = tokio::select! {
                () = shutdown.cancelled() => Err(ControlError::Stopped),
                outcome = retry(&shared, &reader, projections) => outcome.map_err(|trouble| match trouble {
                    Trouble::Passing(reason) => ControlError::Failed(reason),
                    Trouble::Fenced(error) => ControlError::Failed(error.to_string()),
                }),
            };
            match (reply, outcome) {
                (Some(reply), outcome) => {
                    let _ = reply.send(outcome);
                }
                (None, Ok(retried)) if retried.streams_settled > 0 => {
                    tracing::info!(streams = retried.streams_settled, "parked streams were taken up again");
                }
                (None, Ok(_) | Err(ControlError::Stopped)) => {}
                (None, Err(error)) => tracing::warn!(%error, "parked events were not tried again"),
            }
        });
    }
}

async fn set_activity(shared: &Shared, index: usize, activity: Activity) -> Result<(), ControlError> {
    // Between two batches, so that a view that is said to be paused does not move any more.
    let _turn = shared.turn.lock().await;
    let view = shared.see(|views| views.entries[index].view);
    shared.target.set_activity(view, activity).await.map_err(|error| ControlError::Failed(error.to_string()))?;
    shared.reshape(|views| views.entries[index].activity = activity);
    Ok(())
}
