//! One attempt, from the first row to the switch.

use orderflow_engine::{EventCodec, EventReader, Slice, Slices};

use super::{Done, Failure, Rebuild, RebuildError, RebuiltView, Rising, Verified, Verify};
use crate::{
    backoff::Backoff,
    meter::Meter,
    state::{Build, Upkeep, parked},
    target::{Activity, Checkpoints, Fit, Reserve, Stored, Switched, Target},
    trouble::Trouble,
};

/// How often a pass follows the log with nobody waiting before it makes the live worker wait for the rest.
const ROUNDS: u32 = 10;

/// How far a view that is followed is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// So that it can serve: as far as anything of what serves.
    Serve,
    /// So that it can be compared in a moment: no slice of it ahead of what serves.
    StayBehind,
    /// So that it can be compared now: each slice of it where that of what serves is.
    Meet,
}

impl<R: EventReader, E: EventCodec> Rebuild<R, E> {
    /// Whatever it has committed is found again by the next one.
    pub(super) async fn attempt(&self, done: &mut Done) -> Result<Vec<RebuiltView>, Failure> {
        if self.views.is_empty() {
            // Another worker was quicker, and nobody need stand still for nothing.
            return Ok(Vec::new());
        }
        let mut rising = self.begin().await?;
        let aim = if self.verify == Verify::Yes { Aim::StayBehind } else { Aim::Serve };
        let goals = self.goals(&rising, aim).await?;
        let before = done.writes;
        let built = self.round(&mut rising, &goals, done).await;
        // Only here: what is written while others are kept up with does not say that it comes to an end.
        done.came_forward = built.is_err() && done.writes > before;
        built?;
        for view in &rising {
            self.shared.target.index(view.view, view.generation).await?;
        }
        self.follow(&mut rising, aim, done).await?;
        if self.verify == Verify::Yes {
            self.verify(&mut rising, done).await?;
            // It may have taken long, and the live worker should not wait for what came meanwhile.
            self.follow(&mut rising, Aim::Serve, done).await?;
        }
        self.change_over(&mut rising, done).await?;
        let mut rebuilt = Vec::with_capacity(rising.len());
        for view in rising {
            let Rising { view, generation, checkpoints, verified, .. } = view;
            let rows = self.shared.target.count(view, generation).await?;
            rebuilt.push(RebuiltView { view: view.name, generation, position: checkpoints.least(), rows, verified });
        }
        Ok(rebuilt)
    }

    async fn begin(&self) -> Result<Vec<Rising>, Failure> {
        let mut rising = Vec::with_capacity(self.views.len());
        for index in &self.views {
            let view = self.projections[*index].view;
            let (upkeep, serving) = self.shared.see(|views| {
                let entry = &views.entries[*index];
                (entry.upkeep, entry.serving.version)
            });
            if upkeep == Upkeep::StandBy {
                return Err(Failure::Final(RebuildError::Newer { view: view.name, serving, known: view.version }));
            }
            let Stored { generation, checkpoints, .. } = self.shared.target.begin_build(view).await?;
            let (parked, _) = parked(&self.shared.target, view, generation).await?;
            let (position, goal) = (checkpoints.least(), self.shared.head());
            self.shared.update(|views| {
                views.entries[*index].build = Some(Build { generation, position, goal, meter: Meter::default() });
            });
            rising.push(Rising { index: *index, view, generation, checkpoints, parked, verified: Verified::NotAsked });
        }
        Ok(rising)
    }

    /// Comes so close that the rest takes a moment only.
    async fn follow(&self, rising: &mut [Rising], aim: Aim, done: &mut Done) -> Result<(), Failure> {
        for _ in 0..ROUNDS {
            let before = done.events;
            let goals = self.goals(rising, aim).await?;
            self.round(rising, &goals, done).await?;
            if done.events - before <= self.shared.options.page_events as u64 {
                break;
            }
        }
        Ok(())
    }

    /// How far each slice of each view is to be built. Where what serves is not followed, that is the end of the log.
    pub(super) async fn goals(&self, rising: &[Rising], aim: Aim) -> Result<Vec<Checkpoints>, Failure> {
        let head = self.reader.head().await.map_err(Trouble::from)?;
        self.shared.saw_head(head);
        let mut goals = Vec::with_capacity(rising.len());
        for view in rising {
            let mut goal = match self.shared.see(|views| views.entries[view.index].upkeep) {
                Upkeep::Live => {
                    let serving = self.shared.target.ensure(view.view).await?.serving.checkpoints;
                    match aim {
                        Aim::Serve => Checkpoints::at(serving.greatest()),
                        Aim::StayBehind => Checkpoints::at(serving.least()),
                        Aim::Meet => serving,
                    }
                }
                Upkeep::Rebuild | Upkeep::StandBy => Checkpoints::at(head),
            };
            for slice in Slice::all() {
                goal.set(Slices::NONE.with(slice), goal.of(slice).max(view.checkpoints.of(slice)));
            }
            goals.push(goal);
        }
        self.shared.update(|views| {
            for (view, goal) in rising.iter().zip(&goals) {
                if let Some(build) = &mut views.entries[view.index].build {
                    build.goal = goal.greatest();
                }
            }
        });
        Ok(goals)
    }

    /// Lets the live workers stand still for the last events and the switch. Readers that are in the way of it are
    /// waited for, with the others at work meanwhile: nothing is wrong with what was built.
    async fn change_over(&self, rising: &mut [Rising], done: &mut Done) -> Result<(), Failure> {
        let mut backoff = Backoff::new(&self.shared.options);
        loop {
            let turn = self.shared.turn.lock().await;
            let standstill = self.shared.target.reserve(Reserve::Standstill).await?;
            let goals = self.goals(rising, Aim::Serve).await?;
            self.round(rising, &goals, done).await?;
            let switching = rising.iter().map(|view| (view.view, view.generation)).collect();
            match self.shared.target.switch(switching).await? {
                Switched::Done => {
                    self.switched(rising).await;
                    return Ok(());
                }
                Switched::Busy => {}
            }
            drop((turn, standstill));
            tracing::warn!("readers are in the way of a rebuilt view; trying again");
            tokio::select! {
                () = self.shutdown.cancelled() => return Err(Failure::Final(RebuildError::Stopped)),
                () = tokio::time::sleep(backoff.next()) => {}
            }
        }
    }

    /// Goes on with what serves from now on. The live worker stands still meanwhile.
    async fn switched(&self, rising: &[Rising]) {
        let mut now = Vec::with_capacity(rising.len());
        for view in rising {
            // Looked up only after the switch is done, so a failure here must not undo what was done.
            now.push(parked(&self.shared.target, view.view, view.generation).await.map(|(_, events)| events));
        }
        self.shared.reshape(|views| {
            for (view, parked_events) in rising.iter().zip(now) {
                let entry = &mut views.entries[view.index];
                entry.serving = Stored {
                    generation: view.generation,
                    version: view.view.version,
                    fit: Fit::Declared,
                    checkpoints: view.checkpoints,
                };
                entry.upkeep = Upkeep::Live;
                entry.parked = std::sync::Arc::clone(&view.parked);
                entry.parked_events = parked_events.unwrap_or(view.parked.len() as u64);
                if entry.activity == Activity::Active {
                    entry.meter = Meter::default();
                }
            }
        });
    }
}
