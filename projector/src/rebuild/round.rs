//! Bringing views that are being built to where they are wanted.

use std::{sync::Arc, time::Instant};

use orderflow_engine::{EventCodec, EventReader, Position, Slices};

use super::{Done, Failure, Rebuild, RebuildError, Rising};
use crate::{
    feed::{Feed, Limit},
    prepared::Prepared,
    route::{Route, Span},
    target::{Checkpoints, Target},
    trouble::Trouble,
};

/// A view on its way from one position to another, with those of its slices that have this way before them.
struct Leg<'a> {
    view: &'a mut Rising,
    slices: Slices,
    span: Span,
}

impl<'a> Leg<'a> {
    /// The one that begins first, when the view is not where it is wanted.
    fn next(view: &'a mut Rising, goal: &Checkpoints) -> Option<Self> {
        let ways = view.checkpoints.groups(Slices::ALL).into_iter().flat_map(|(after, slices)| {
            goal.groups(slices).into_iter().map(move |(to, slices)| (Span { after, to }, slices))
        });
        let (span, slices) = ways.filter(|(span, _)| !span.is_done()).min_by_key(|(span, _)| span.after)?;
        Some(Self { view, slices, span })
    }

    /// Whether there are no rows yet.
    fn is_first(&self) -> bool {
        self.slices == Slices::ALL && self.span.after == Position::START
    }
}

impl<R: EventReader, E: EventCodec> Rebuild<R, E> {
    /// Brings every view to its goal.
    pub(super) async fn round(
        &self, rising: &mut [Rising], goals: &[Checkpoints], done: &mut Done,
    ) -> Result<(), Failure> {
        loop {
            let mut legs: Vec<Leg<'_>> =
                rising.iter_mut().zip(goals).filter_map(|(view, goal)| Leg::next(view, goal)).collect();
            if legs.is_empty() {
                return Ok(());
            }
            let route = Arc::new(Route::new(
                legs.iter().map(|leg| (self.projections[leg.view.index], leg.slices, Arc::clone(&leg.view.parked))),
            ));
            let spans: Vec<Span> = legs.iter().map(|leg| leg.span).collect();
            // One batch is gathered while another is written.
            let limit = Limit::MemoryBytes(self.shared.options.rebuild_memory_bytes / 2);
            let mut feed = Feed::start(self.reader.clone(), Arc::clone(&route), spans, limit, &self.shared.options);
            let mut parks = false;
            loop {
                let batch = tokio::select! {
                    () = self.shutdown.cancelled() => return Err(Failure::Final(RebuildError::Stopped)),
                    batch = feed.next() => batch.transpose().map_err(Trouble::from)?,
                };
                let Some(batch) = batch else { break };
                parks = batch.parks();
                done.events += batch.events;
                self.write(&mut legs, batch, done).await?;
            }
            if !parks {
                // Nothing wanted lies between the last event and the goal.
                let mut rest = Prepared::new(&route);
                rest.through = legs.iter().map(|leg| leg.span.to).max().unwrap_or_default();
                self.write(&mut legs, rest, done).await?;
            }
        }
    }

    async fn write(&self, legs: &mut [Leg<'_>], batch: Prepared, done: &mut Done) -> Result<(), Failure> {
        let through = batch.through;
        let mut together = Vec::with_capacity(legs.len());
        let mut moved = Vec::with_capacity(legs.len());
        for (leg, mut prepared) in legs.iter_mut().zip(batch.views) {
            let (before, to) = (leg.span.after, leg.span.advanced(through));
            if !prepared.newly_parked.is_empty() {
                let streams = std::mem::take(&mut prepared.newly_parked);
                leg.view.parked = Arc::new(leg.view.parked.iter().cloned().chain(streams).collect());
            }
            let write = prepared.into_write(leg.view.generation, leg.slices, before, to);
            if leg.is_first() {
                self.shared.target.load(write).await.map_err(Trouble::from)?;
                done.writes += 1;
            } else {
                together.push(write);
            }
            moved.push(to);
        }
        if !together.is_empty() {
            self.shared.target.write(together).await.map_err(Trouble::from)?;
            done.writes += 1;
        }
        let now = Instant::now();
        self.shared.update(|views| {
            for (leg, to) in legs.iter_mut().zip(moved) {
                let before = leg.view.checkpoints.least();
                leg.span.after = to;
                leg.view.checkpoints.set(leg.slices, to);
                if let Some(build) = &mut views.entries[leg.view.index].build {
                    build.position = leg.view.checkpoints.least();
                    build.meter.moved(now, before, build.position);
                }
            }
        });
        Ok(())
    }
}
