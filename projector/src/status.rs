//! How the views are doing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use orderflow_engine::Position;

use crate::{
    state::{Entry, Shared, Upkeep},
    target::{Activity, Generation},
};

#[derive(Debug, Clone, PartialEq)]
pub struct ViewStatus {
    pub view: &'static str,
    /// The version of the view that serves.
    pub version: u32,
    pub generation: Generation,
    pub position: Position,
    /// The end of the log, as far as it is known.
    pub head: Position,
    /// How many positions the view is behind.
    pub lag: u64,
    /// Positions per second over the last seconds.
    pub rate_per_second: f64,
    pub state: ViewState,
    pub building: Option<Building>,
    /// How many events are parked.
    pub parked: u64,
    /// Why nothing is written at the moment, while that is so.
    pub trouble: Option<Arc<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewState {
    /// It follows the log.
    Live,
    Paused,
    /// It serves what it has, which this worker does not write, until a rebuild replaces it.
    AwaitingRebuild,
    /// A newer program has built what serves, so this worker leaves all views to those that run it.
    StandBy,
}

/// A generation that is being built beside the serving one.
#[derive(Debug, Clone, PartialEq)]
pub struct Building {
    pub generation: Generation,
    pub position: Position,
    /// From 0 to 1.
    pub progress: f64,
    pub rate_per_second: f64,
    /// The time left at this rate; unknown while there is none.
    pub eta: Option<Duration>,
}

pub(crate) fn status(shared: &Shared) -> Vec<ViewStatus> {
    let head = shared.head();
    shared.see(|views| views.entries.iter().map(|entry| view(entry, head, views.trouble.clone())).collect())
}

fn view(entry: &Entry, head: Position, trouble: Option<Arc<str>>) -> ViewStatus {
    let position = entry.serving.checkpoints.least();
    let now = Instant::now();
    let head = head.max(position);
    ViewStatus {
        view: entry.view.name,
        version: entry.serving.version,
        generation: entry.serving.generation,
        position,
        head,
        lag: head.0 - position.0,
        rate_per_second: entry.meter.rate(now),
        state: match (entry.activity, entry.upkeep) {
            (Activity::Paused, _) => ViewState::Paused,
            (Activity::Active, Upkeep::Live) => ViewState::Live,
            (Activity::Active, Upkeep::Rebuild) => ViewState::AwaitingRebuild,
            (Activity::Active, Upkeep::StandBy) => ViewState::StandBy,
        },
        building: entry.build.as_ref().map(|build| {
            let rate = build.meter.rate(now);
            let left = build.goal.0.saturating_sub(build.position.0) as f64;
            Building {
                generation: build.generation,
                position: build.position,
                progress: if build.goal.0 == 0 {
                    1.0
                } else {
                    (build.position.0 as f64 / build.goal.0 as f64).min(1.0)
                },
                rate_per_second: rate,
                eta: (rate > 0.0).then(|| Duration::from_secs_f64(left / rate)),
            }
        }),
        parked: entry.parked_events,
        trouble,
    }
}
