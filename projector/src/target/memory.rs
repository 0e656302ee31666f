//! Views in memory: the reference for what the contract means, and the target of tests and simulations.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use orderflow_engine::{
    Position, Slices, StreamName, Version, View,
    projection::{Key, Value},
};
use tokio::sync::oneshot;

use super::{
    Activity, Checkpoints, Comparison, DeadLetter, Digest, Fit, Generation, Generations, ParkedStream, Stored, Swept,
    Switched, Target, TargetError, ViewWrite, WriteError,
};

type Rows = BTreeMap<Key, Vec<Value>>;

/// Clones share the same views.
#[derive(Clone, Default)]
pub struct MemoryTarget {
    state: Arc<Mutex<State>>,
    failing: Arc<AtomicU32>,
}

#[derive(Default)]
struct State {
    views: HashMap<&'static str, Kept>,
    followers: HashMap<String, Checkpoints>,
}

struct Kept {
    serving: Table,
    building: Option<Table>,
    activity: Activity,
    generations: u32,
}

struct Table {
    generation: Generation,
    view: &'static View,
    checkpoints: Checkpoints,
    rows: Rows,
    parked: BTreeMap<(StreamName, Version), DeadLetter>,
}

impl Table {
    fn new(view: &'static View, generation: Generation) -> Self {
        Self {
            generation,
            view,
            checkpoints: Checkpoints::at(Position::START),
            rows: Rows::new(),
            parked: BTreeMap::new(),
        }
    }

    fn stored(&self, view: &'static View) -> Stored {
        let fit = if self.view == view { Fit::Declared } else { Fit::Outdated };
        Stored { generation: self.generation, version: self.view.version, fit, checkpoints: self.checkpoints }
    }

    fn digest(rows: &Rows) -> Digest {
        let mut digest = Digest::default();
        for (key, row) in rows {
            digest.add(key.iter().chain(row));
        }
        digest
    }
}

impl State {
    fn view(&mut self, name: &str) -> Result<&mut Kept, TargetError> {
        self.views.get_mut(name).ok_or_else(|| TargetError::new(format!("there is no view '{name}'")))
    }

    fn table(&mut self, name: &str, generation: Generation) -> Result<&mut Table, TargetError> {
        let kept = self.view(name)?;
        let tables = std::iter::once(&mut kept.serving).chain(kept.building.as_mut());
        let mut found = tables.filter(|table| table.generation == generation);
        found.next().ok_or_else(|| TargetError::new(format!("'{name}' has no generation {}", generation.0)))
    }
}

impl MemoryTarget {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next `writes` writes fail as if the target were down: for simulations.
    pub fn fail_next_writes(&self, writes: u32) {
        self.failing.store(writes, Ordering::SeqCst);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Target for MemoryTarget {
    async fn ensure(&self, view: &'static View) -> Result<Generations, TargetError> {
        let mut state = self.state();
        let kept = state.views.entry(view.name).or_insert_with(|| Kept {
            serving: Table::new(view, Generation(1)),
            building: None,
            activity: Activity::Active,
            generations: 1,
        });
        Ok(Generations {
            serving: kept.serving.stored(view),
            building: kept.building.as_ref().map(|building| building.stored(view)),
            activity: kept.activity,
        })
    }

    async fn write(&self, batch: Vec<ViewWrite>) -> Result<(), WriteError> {
        let fails = self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if fails.is_ok() {
            return Err(TargetError::new("it was told to fail").into());
        }
        let mut state = self.state();
        for write in &batch {
            let checkpoints = state.table(write.view.name, write.generation)?.checkpoints;
            if write.slices.iter().any(|slice| checkpoints.of(slice) != write.believed) {
                return Err(WriteError::Fenced { view: write.view.name, believed: write.believed });
            }
        }
        for write in batch {
            let table = state.table(write.view.name, write.generation)?;
            table.checkpoints.set(write.slices, write.to);
            write.changes.apply(&mut table.rows);
            table.parked.retain(|(stream, _), _| !write.settled.contains(stream));
            for letter in write.parked {
                table.parked.insert((letter.stream.clone(), letter.version), letter);
            }
        }
        Ok(())
    }

    async fn load(&self, load: ViewWrite) -> Result<(), WriteError> {
        self.write(vec![load]).await
    }

    async fn begin_build(&self, view: &'static View) -> Result<Stored, TargetError> {
        let mut state = self.state();
        let kept = state.view(view.name)?;
        match &kept.building {
            Some(building) if building.view == view && building.checkpoints.least() > Position::START => {}
            Some(_) | None => {
                kept.generations += 1;
                kept.building = Some(Table::new(view, Generation(kept.generations)));
            }
        }
        let building = kept.building.as_ref().map(|building| building.stored(view));
        building.ok_or_else(|| TargetError::new("nothing is being built"))
    }

    async fn index(&self, _: &'static View, _: Generation) -> Result<(), TargetError> {
        Ok(())
    }

    async fn switch(&self, views: Vec<(&'static View, Generation)>) -> Result<Switched, TargetError> {
        let mut state = self.state();
        for (view, generation) in &views {
            state.table(view.name, *generation)?;
        }
        for (view, generation) in views {
            let kept = state.view(view.name)?;
            if let Some(building) = kept.building.take_if(|building| building.generation == generation) {
                kept.serving = building;
            }
        }
        Ok(Switched::Done)
    }

    async fn abandon(&self, view: &'static View, generation: Generation) -> Result<(), TargetError> {
        self.state().view(view.name)?.building.take_if(|building| building.generation == generation);
        Ok(())
    }

    async fn sweep(&self) -> Result<Swept, TargetError> {
        Ok(Swept::Everything)
    }

    async fn compare(
        &self, view: &'static View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
    ) -> Result<Comparison, TargetError> {
        let (left, right) = {
            let mut state = self.state();
            let left = state.table(view.name, serving)?.rows.clone();
            (left, state.table(view.name, building)?.rows.clone())
        };
        // Whoever no longer waits for it does not mind.
        let _ = opened.send(());
        let only_left = left.iter().filter(|(key, row)| right.get(*key) != Some(row)).map(|(key, _)| key);
        let only_right = right.keys().filter(|key| !left.contains_key(*key));
        let sample = only_left.chain(only_right).take(Comparison::SAMPLE).cloned().collect();
        Ok(Comparison { serving: Table::digest(&left), building: Table::digest(&right), sample })
    }

    async fn digest(&self, view: &'static View, generation: Generation) -> Result<Digest, TargetError> {
        Ok(Table::digest(&self.state().table(view.name, generation)?.rows))
    }

    async fn count(&self, view: &'static View, generation: Generation) -> Result<u64, TargetError> {
        Ok(self.state().table(view.name, generation)?.rows.len() as u64)
    }

    async fn rows(&self, view: &'static View) -> Result<Rows, TargetError> {
        Ok(self.state().view(view.name)?.serving.rows.clone())
    }

    async fn parked_streams(
        &self, view: &'static View, generation: Generation,
    ) -> Result<Vec<ParkedStream>, TargetError> {
        let mut state = self.state();
        let mut streams: Vec<ParkedStream> = Vec::new();
        for (stream, version) in state.table(view.name, generation)?.parked.keys() {
            match streams.last_mut().filter(|last| last.stream == *stream) {
                Some(last) => last.events += 1,
                None => streams.push(ParkedStream { stream: stream.clone(), first: *version, events: 1 }),
            }
        }
        Ok(streams)
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
        let state = self.state();
        let mut letters: Vec<_> = state.views.values().flat_map(|kept| kept.serving.parked.values()).cloned().collect();
        letters.sort_by(|a, b| (&a.view, &a.stream, a.version).cmp(&(&b.view, &b.stream, b.version)));
        letters.truncate(limit);
        Ok(letters)
    }

    async fn set_activity(&self, view: &'static View, activity: Activity) -> Result<(), TargetError> {
        self.state().view(view.name)?.activity = activity;
        Ok(())
    }

    async fn checkpoint(&self, name: &str, slices: Slices) -> Result<Position, TargetError> {
        let state = self.state();
        let least = |kept: &Checkpoints| slices.iter().map(|slice| kept.of(slice)).min();
        Ok(state.followers.get(name).and_then(least).unwrap_or_default())
    }

    async fn set_checkpoint(&self, name: &str, slices: Slices, position: Position) -> Result<(), TargetError> {
        let mut state = self.state();
        let kept = state.followers.entry(name.to_owned()).or_insert(Checkpoints::at(Position::START));
        kept.set(slices, position);
        Ok(())
    }
}
