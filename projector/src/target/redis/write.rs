//! Rows and checkpoints, together.
//!
//! One script changes all views of a batch and their checkpoints. A batch of more rows than one script may write takes
//! several: the first marks the generations as half written, each checks lease, checkpoints and mark and leaves its
//! number, and the last moves the checkpoints and takes the mark away, if it finds the numbers of all others: a server
//! that fails over in between may have lost some. Each can be sent again, because rows are written as they become and not as
//! they change. Between the first and the last nobody reads a marked generation, nobody else writes it, and when its
//! writer does not come to the end its mark is of a lease that has ended: then the generation no longer fits, and the
//! projector builds the view anew. So rows and checkpoint are never seen out of step.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use orderflow_engine::projection::{Key, Merged};

use super::{
    super::{TargetError, ViewWrite, WriteError},
    Inner, SCRIPT_ROWS,
    plan::{Announcement, Commands, Place, Step, name},
    recent::Lists,
    script,
};
use crate::backoff::Backoff;

/// How many scripts are under way at a time: one is made while another is carried out.
const UNDER_WAY: usize = 2;
/// How often a script that may be sent again is sent.
const ATTEMPTS: u32 = 8;
/// What the last script answers when an earlier one is not there any more.
const PART_LOST: i64 = -2;
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// One write, from its first script to its last.
struct Writing<'a> {
    inner: &'a Inner,
    lease: Arc<str>,
    steps: Vec<Step>,
    /// What marks generations as half written; empty when that need not be known.
    mark: String,
}

/// Whether there may be rows yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    Unknown,
    NoneYet,
}

/// Whether more scripts follow, and the number of this one, from 1.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    OneOfMany(u64),
    Last(u64),
}

impl Inner {
    pub(super) async fn write(&self, batch: Vec<ViewWrite>) -> Result<(), WriteError> {
        let size: usize = batch.iter().map(|write| write.changes.len() + write.parked.len()).sum();
        let mark = if size > SCRIPT_ROWS { Some(self.number()) } else { None };
        self.carry_out(batch, Rows::Unknown, mark).await
    }

    /// Nobody reads what is loaded before the checkpoint has moved, and what has no checkpoint is begun anew.
    pub(super) async fn load(&self, load: ViewWrite) -> Result<(), WriteError> {
        self.carry_out(vec![load], Rows::NoneYet, Some(self.number())).await
    }

    fn number(&self) -> u64 {
        self.writes.fetch_add(1, Ordering::Relaxed)
    }

    async fn carry_out(&self, batch: Vec<ViewWrite>, rows: Rows, mark: Option<u64>) -> Result<(), WriteError> {
        let step = |write: &ViewWrite| {
            let ViewWrite { view, generation, believed, to, .. } = *write;
            Step { view, generation, believed, to }
        };
        let steps: Vec<Step> = batch.iter().map(step).collect();
        let Some(Step { view, believed, to, .. }) = steps.first() else { return Ok(()) };
        let lease = self.held().ok_or(WriteError::Fenced { view: view.name, believed: *believed })?;
        let announcement = Announcement::new(*to);
        let mark = mark.map_or_else(String::new, |number| format!("{lease}#{number}"));
        let writing = Writing { inner: self, lease, steps, mark };
        let outcome = writing.all(batch, rows, announcement).await;
        if let Err(WriteError::Target(_)) = &outcome
            && !writing.mark.is_empty()
            && rows == Rows::Unknown
        {
            // Nobody knows how much of it was written, so nobody may go on from here.
            self.end_term(&writing.lease);
        }
        outcome
    }
}

impl Writing<'_> {
    async fn all(
        &self, batch: Vec<ViewWrite>, present: Rows, mut announcement: Announcement,
    ) -> Result<(), WriteError> {
        let several = !self.mark.is_empty();
        let mut part = 1;
        let mut under_way = FuturesUnordered::new();
        let mut commands = Commands::default();
        for write in batch {
            let ViewWrite { view, generation, changes, parked, settled, slices: _, believed: _, to: _ } = write;
            let lists = Lists::of(view, self.inner.recent)?;
            let place = Place::new(&self.inner.keys, view, generation, lists);
            let fields = self.inner.fields_of(view, generation, &settled).await?;
            commands.settle(&place, fields);
            commands.park(&place, &parked);
            let mut rows = changes.unsorted().peekable();
            while rows.peek().is_some() {
                let room = if several { SCRIPT_ROWS.saturating_sub(commands.size) } else { usize::MAX };
                let some: Vec<(Key, Merged)> = rows.by_ref().take(room).collect();
                some.iter().for_each(|(key, _)| announcement.add(view, key));
                self.fill(&mut commands, &place, some, present).await?;
                if several && commands.size >= SCRIPT_ROWS {
                    under_way.push(self.send(std::mem::take(&mut commands), Turn::OneOfMany(part), String::new()));
                    part += 1;
                    if under_way.len() >= UNDER_WAY {
                        under_way.next().await.transpose()?;
                    }
                }
            }
        }
        while under_way.next().await.transpose()?.is_some() {}
        let message = if present == Rows::NoneYet { String::new() } else { announcement.finish() };
        self.send(commands, Turn::Last(part), message).await
    }

    /// Finds out what the rows are and what they become.
    async fn fill(
        &self, commands: &mut Commands, place: &Place, rows: Vec<(Key, Merged)>, present: Rows,
    ) -> Result<(), TargetError> {
        let names: Vec<String> = rows.iter().map(|(key, _)| name(place, key)).collect();
        let needed = |merged: &Merged| present == Rows::Unknown && place.needs(merged);
        let wanted: Vec<String> =
            names.iter().zip(&rows).filter(|(_, (_, merged))| needed(merged)).map(|(name, _)| name.clone()).collect();
        let found = if wanted.is_empty() { Vec::new() } else { self.inner.present(&wanted).await? };
        let mut found = found.into_iter();
        for (name, (key, merged)) in names.into_iter().zip(rows) {
            let before = if needed(&merged) { found.next().flatten() } else { None };
            commands.row(place, name, &key, merged, before);
        }
        Ok(())
    }

    async fn send(&self, commands: Commands, turn: Turn, message: String) -> Result<(), WriteError> {
        let keys = &self.inner.keys;
        let states = self.steps.iter().map(|step| keys.state(step.view.name, step.generation));
        let mut call = script::WRITE.call(&std::iter::once(keys.writer()).chain(states).collect::<Vec<_>>());
        let (last, part) = match turn {
            Turn::OneOfMany(part) => (0, part),
            Turn::Last(part) => (1, part),
        };
        call.arg(&*self.lease).arg(&self.mark).arg(last).arg(part).arg(keys.changes()).arg(message);
        for step in &self.steps {
            call.arg(step.believed.0).arg(step.to.0);
        }
        commands.write_to(&mut call);
        drop(commands);
        // A script that leaves no mark would find the checkpoint moved when it is sent again.
        let attempts = if self.mark.is_empty() { 1 } else { ATTEMPTS };
        let answer = self.run(&call, attempts).await?;
        if answer == PART_LOST {
            return Err(TargetError::new("the server has lost a part of a large write").into());
        }
        let Some(fenced) = usize::try_from(answer).map_or(self.steps.first(), |number| match number {
            0 => None,
            _ => self.steps.get(number - 1),
        }) else {
            return Ok(());
        };
        Err(WriteError::Fenced { view: fenced.view.name, believed: fenced.believed })
    }

    async fn run(&self, call: &redis::Cmd, attempts: u32) -> Result<i64, TargetError> {
        let seed = self.inner.writes.load(Ordering::Relaxed);
        let mut backoff = Backoff::between(Duration::from_millis(20), LONGEST_WAIT, seed);
        let mut left = attempts;
        loop {
            left = left.saturating_sub(1);
            match script::WRITE.run(&self.inner.link, call).await {
                Ok(answer) => return Ok(answer),
                Err(error) if left == 0 => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%error, "a part of a large write failed and is sent again");
                    tokio::time::sleep(backoff.next()).await;
                }
            }
        }
    }
}
