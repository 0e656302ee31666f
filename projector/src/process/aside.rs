//! Instances that cannot go on: kept out of the way of the others, and tried again slowly.

use std::{collections::HashMap, time::Duration};

use orderflow_engine::StreamName;
use tokio::time::Instant;

/// So many inputs of instances that are set aside may wait before the log is read no further: they are in memory, and
/// the checkpoint stays below them.
const MOST_INPUTS: usize = 1024;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Aside {
    instances: HashMap<StreamName, Turn>,
    /// How many inputs wait for those that rest.
    inputs: usize,
}

struct Turn {
    pause: Duration,
    /// When it is tried again; nothing while it is being tried.
    at: Option<Instant>,
}

impl Aside {
    /// Sets an instance aside for which so many inputs wait, or sets it aside again.
    pub(super) fn put(&mut self, stream: &StreamName, inputs: usize) {
        let now = Instant::now();
        let known = self.instances.get(stream).map(|turn| turn.pause * 2);
        let pause = known.unwrap_or(FIRST_PAUSE).min(LONGEST_PAUSE);
        self.instances.insert(stream.clone(), Turn { pause, at: Some(now + pause) });
        self.inputs += inputs;
        if known.is_none() {
            tracing::error!(%stream, set_aside = self.instances.len(),
                "a process cannot go on and is set aside: it is tried again from time to time");
        }
        if !self.has_room() {
            tracing::error!(
                set_aside = self.instances.len(),
                inputs = self.inputs,
                "too much waits for processes that cannot go on: no other is begun before they do"
            );
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.inputs < MOST_INPUTS
    }

    pub(super) fn len(&self) -> usize {
        self.instances.len()
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Whether it is set aside, or is tried again after it was.
    pub(super) fn knows(&self, stream: &StreamName) -> bool {
        self.instances.contains_key(stream)
    }

    /// Notes that another input waits for an instance, if it rests.
    pub(super) fn queued(&mut self, stream: &StreamName) {
        if self.instances.get(stream).is_some_and(|turn| turn.at.is_some()) {
            self.inputs += 1;
        }
    }

    /// Has an instance tried again at the next look.
    pub(super) fn hurry(&mut self, stream: &StreamName) {
        if let Some(at) = self.instances.get_mut(stream).and_then(|turn| turn.at.as_mut()) {
            *at = Instant::now();
        }
    }

    /// Those whose turn it is, the one that has rested longest first.
    pub(super) fn due(&self) -> Vec<StreamName> {
        let now = Instant::now();
        let at = |(stream, turn): (&StreamName, &Turn)| Some((turn.at.filter(|at| *at <= now)?, stream.clone()));
        let mut due: Vec<_> = self.instances.iter().filter_map(at).collect();
        due.sort();
        due.into_iter().map(|(_, stream)| stream).collect()
    }

    /// Takes an instance up again, and so many inputs with it.
    pub(super) fn take_up(&mut self, stream: &StreamName, inputs: usize) {
        if let Some(turn) = self.instances.get_mut(stream) {
            turn.at = None;
            self.inputs -= inputs;
        }
    }

    /// It goes on again.
    pub(super) fn forget(&mut self, stream: &StreamName) {
        if self.instances.remove(stream).is_some() {
            tracing::info!(%stream, set_aside = self.instances.len(), "a process that was set aside goes on");
        }
    }
}
