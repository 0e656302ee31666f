//! The worker that keeps the serving views up to date.
//!
//! Views normally stand at one position and move together. One that was paused, or has just been rebuilt, stands
//! elsewhere: it gets every other turn until it has caught up.

use std::{collections::HashSet, sync::Arc, time::Instant};

use orderflow_engine::{EventCodec, EventReader, Page, Position, Projection, Slices};
use tokio_util::sync::CancellationToken;

use crate::{
    backoff::Backoff,
    decode::decode,
    feed::{Feed, Limit},
    prepared::Prepared,
    route::{Route, Span},
    state::{Group, Member, Shared},
    target::{Generation, Target, WriteError},
    trouble::Trouble,
};

/// After a small batch the worker rests so many times as long as it took: every transaction has its price, so when the
/// machine is busy there should be fewer of them, with more in each.
const RESTS: u32 = 3;

pub(crate) struct Live<R, E: 'static> {
    shared: Arc<Shared>,
    reader: R,
    projections: &'static [Projection<E>],
    shutdown: CancellationToken,
    route: Option<Routed<E>>,
    running: Option<Running>,
    unsettled: Vec<Unsettled>,
    next: Next,
}

struct Routed<E: 'static> {
    epoch: u64,
    members: Vec<(usize, Slices)>,
    route: Arc<Route<E>>,
}

/// A feed, good for as long as the views are where it expects them.
struct Running {
    epoch: u64,
    members: Vec<(usize, Slices)>,
    position: Position,
    feed: Feed,
}

/// A write of which it is not known whether it happened.
struct Unsettled {
    index: usize,
    generation: Generation,
    slices: Slices,
    believed: Position,
    to: Position,
}

enum Next {
    Leader,
    Laggard,
}

enum Progress {
    Moved,
    NothingNew,
}

/// What tells one set of members from another.
fn seats(members: &[Member]) -> impl Iterator<Item = (usize, Slices)> {
    members.iter().map(|member| (member.index, member.slices))
}

impl<R: EventReader, E: EventCodec> Live<R, E> {
    pub(crate) fn new(
        shared: Arc<Shared>, reader: R, projections: &'static [Projection<E>], shutdown: CancellationToken,
    ) -> Self {
        let next = Next::Leader;
        Self { shared, reader, projections, shutdown, route: None, running: None, unsettled: Vec::new(), next }
    }

    /// Runs until shutdown, or until it is fenced where it should be alone.
    pub(crate) async fn run(mut self) -> Result<(), WriteError> {
        let shared = Arc::clone(&self.shared);
        let shutdown = self.shutdown.clone();
        let mut heads = self.reader.watch();
        let mut backoff = Backoff::new(&shared.options);
        let mut troubled = false;
        while !shutdown.is_cancelled() {
            // Marked as seen before the log is read: what is appended later wakes this worker.
            let hint = *heads.borrow_and_update();
            let begun = Instant::now();
            let outcome = self.turn(hint).await;
            if troubled && outcome.is_ok() {
                troubled = false;
                backoff.reset();
                shared.update(|views| views.trouble = None);
                tracing::info!("the views are written again");
            }
            match outcome {
                Ok(Progress::Moved) if self.running.is_none() => {
                    let rest = (begun.elapsed() * RESTS).min(shared.options.longest_rest);
                    tokio::select! {
                        () = shutdown.cancelled() => {}
                        () = tokio::time::sleep(rest) => {}
                    }
                }
                Ok(Progress::Moved) => {}
                Ok(Progress::NothingNew) => {
                    let poll = tokio::time::sleep(shared.options.poll_interval);
                    tokio::select! {
                        biased;
                        () = shutdown.cancelled() => {}
                        Ok(()) = heads.changed() => {}
                        () = shared.changed.notified() => {}
                        () = poll => {
                            if let Ok(head) = self.reader.head().await {
                                shared.saw_head(head);
                            }
                        }
                    }
                }
                Err(Trouble::Passing(reason)) => {
                    self.running = None;
                    troubled = true;
                    let wait = backoff.next();
                    let wait_ms = wait.as_millis() as u64;
                    tracing::warn!(%reason, wait_ms, "the views could not be brought up to date");
                    shared.update(|views| views.trouble = Some(reason.into()));
                    tokio::select! {
                        () = shutdown.cancelled() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                }
                Err(Trouble::Fenced(error)) if shared.target.renew_every().is_none() => return Err(error),
                Err(Trouble::Fenced(error)) => {
                    tracing::info!(%error, "another worker has taken over, or a rebuilt view serves");
                    self.running = None;
                    self.unsettled.clear();
                    let _turn = shared.turn.lock().await;
                    if let Err(error) = shared.take_stock().await {
                        tracing::warn!(%error, "what other workers have done cannot be looked at");
                        tokio::time::sleep(backoff.next()).await;
                    }
                }
            }
        }
        Ok(())
    }

    async fn turn(&mut self, hint: Position) -> Result<Progress, Trouble> {
        let shared = Arc::clone(&self.shared);
        let _turn = shared.turn.lock().await;
        self.settle().await?;
        let plan = shared.plan();
        match (&plan.groups[..], &self.next) {
            ([], _) => Ok(Progress::NothingNew),
            ([.., ahead, last], Next::Laggard) => {
                self.next = Next::Leader;
                self.catch_up(plan.epoch, last, ahead.position).await?;
                Ok(Progress::Moved)
            }
            ([leader, laggards @ ..], _) => {
                self.next = Next::Laggard;
                let progress = self.lead(plan.epoch, leader, hint).await?;
                Ok(if laggards.is_empty() { progress } else { Progress::Moved })
            }
        }
    }

    /// Brings the leading group forward by one batch.
    async fn lead(&mut self, epoch: u64, group: &Group, hint: Position) -> Result<Progress, Trouble> {
        if let Some(mut running) = self.running.take() {
            let usable = running.epoch == epoch
                && running.position == group.position
                && running.members.iter().copied().eq(seats(&group.members));
            let batch = if usable {
                tokio::select! {
                    () = self.shutdown.cancelled() => return Ok(Progress::NothingNew),
                    batch = running.feed.next() => batch.transpose()?,
                }
            } else {
                None
            };
            if let Some(batch) = batch {
                running.position = batch.through;
                self.commit(&group.members, batch).await?;
                self.running = Some(running);
                return Ok(Progress::Moved);
            }
        }
        let page_events = self.shared.options.page_events;
        let route = self.route(epoch, &group.members);
        let page = self.reader.read_all(group.position, page_events, &route.wanted).await?;
        if page.through <= group.position {
            return Ok(Progress::NothingNew);
        }
        let through = page.through;
        let considered = through.0 - group.position.0;
        let batch = self.prepare(Arc::clone(&route), page, &group.members).await?;
        let parks = batch.parks();
        self.commit(&group.members, batch).await?;
        if !parks && considered >= page_events as u64 && through < hint.max(self.shared.head()) {
            let spans = group.members.iter().map(|_| Span::after(through)).collect();
            let options = &self.shared.options;
            let feed = Feed::start(self.reader.clone(), route, spans, Limit::Events(options.batch_events), options);
            let members = seats(&group.members).collect();
            self.running = Some(Running { epoch, members, position: through, feed });
        }
        Ok(Progress::Moved)
    }

    /// Brings a group that is behind forward by one batch, at most to where the next group stands.
    async fn catch_up(&mut self, epoch: u64, group: &Group, to: Position) -> Result<(), Trouble> {
        let members: Vec<Member> = group
            .members
            .iter()
            .cloned()
            .map(|mut member| {
                member.span.to = to;
                member
            })
            .collect();
        let route = self.route(epoch, &members);
        let mut page = self.reader.read_all(group.position, self.shared.options.batch_events, &route.wanted).await?;
        if page.through <= group.position {
            // The other group has seen everything up to there, so there is nothing in between.
            page.through = to;
        }
        let batch = self.prepare(route, page, &members).await?;
        self.commit(&members, batch).await
    }

    async fn prepare(&self, route: Arc<Route<E>>, page: Page, members: &[Member]) -> Result<Prepared, Trouble> {
        let clock = self.shared.options.clock;
        let spans: Vec<Span> = members.iter().map(|member| member.span).collect();
        let events = page.events.len();
        let work = move || {
            let mut batch = Prepared::new(&route);
            batch.push(decode(page.events, &route, &spans, clock), page.through, events);
            batch
        };
        if events <= self.shared.options.inline_events {
            return Ok(work());
        }
        tokio::task::spawn_blocking(work).await.map_err(|stopped| Trouble::Passing(stopped.to_string()))
    }

    async fn commit(&mut self, members: &[Member], batch: Prepared) -> Result<(), Trouble> {
        let through = batch.through;
        let mut writes = Vec::with_capacity(members.len());
        let mut parked = Vec::new();
        for (member, mut view) in members.iter().zip(batch.views) {
            let (believed, to) = (member.span.after, member.span.advanced(through));
            parked.push((view.parked.len() as u64, std::mem::take(&mut view.newly_parked)));
            writes.push(view.into_write(member.generation, member.slices, believed, to));
        }
        self.unsettled = members
            .iter()
            .zip(&writes)
            .map(|(member, write)| Unsettled {
                index: member.index,
                generation: member.generation,
                slices: member.slices,
                believed: write.believed,
                to: write.to,
            })
            .collect();
        self.shared.target.write(writes).await?;
        let written = std::mem::take(&mut self.unsettled);
        let now = Instant::now();
        self.shared.update(|views| {
            for (written, (events, streams)) in written.iter().zip(parked) {
                let entry = &mut views.entries[written.index];
                entry.serving.checkpoints.set(written.slices, written.to);
                entry.meter.moved(now, written.believed, written.to);
                entry.parked_events += events;
                if !streams.is_empty() {
                    let known: HashSet<_> = entry.parked.iter().cloned().chain(streams).collect();
                    tracing::warn!(view = entry.view.name, streams = known.len(), "events were parked");
                    entry.parked = Arc::new(known);
                    views.epoch += 1;
                }
            }
        });
        Ok(())
    }

    /// Finds out what became of a write that failed: it may have been done all the same.
    async fn settle(&mut self) -> Result<(), Trouble> {
        while let Some(write) = self.unsettled.last() {
            let (view, current) = self.shared.see(|views| {
                let entry = &views.entries[write.index];
                (entry.view, entry.serving.generation == write.generation)
            });
            let stored = self.shared.target.ensure(view).await?.serving;
            if current && stored.generation == write.generation {
                let mut found = write.slices.iter().map(|slice| stored.checkpoints.of(slice));
                if !found.all(|position| position == write.believed || position == write.to) {
                    return Err(WriteError::Fenced { view: view.name, believed: write.believed }.into());
                }
                let (parked, events) = crate::state::parked(&self.shared.target, view, write.generation).await?;
                let index = write.index;
                self.shared.reshape(|views| {
                    let entry = &mut views.entries[index];
                    entry.serving.checkpoints = stored.checkpoints;
                    (entry.parked, entry.parked_events) = (parked, events);
                });
            }
            self.unsettled.pop();
        }
        Ok(())
    }

    /// The route of these views, made anew only when something has changed.
    fn route(&mut self, epoch: u64, members: &[Member]) -> Arc<Route<E>> {
        if let Some(routed) = &self.route
            && routed.epoch == epoch
            && routed.members.iter().copied().eq(seats(members))
        {
            return Arc::clone(&routed.route);
        }
        let route = Arc::new(Route::new(
            members.iter().map(|member| (self.projections[member.index], member.slices, Arc::clone(&member.parked))),
        ));
        self.route = Some(Routed { epoch, members: seats(members).collect(), route: Arc::clone(&route) });
        route
    }
}
