//! What the tasks of one projector share: where each view stands, and whose turn it is.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use orderflow_engine::{Position, Slices, View};
use tokio::sync::{Notify, watch};

use crate::{
    meter::Meter,
    options::Options,
    route::{Parked, Span},
    stock::{Stock, claim, upkeep},
    target::{Activity, AnyTarget, Claim, Generation, Generations, ParkedStream, Stored, Target, TargetError, Terms},
};

pub(crate) struct Shared {
    pub(crate) target: AnyTarget,
    pub(crate) options: Options,
    /// Held by the live worker for each batch, and by whoever needs the serving views to stand still for a moment.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Held by a rebuild: one at a time, because each takes the memory it may.
    pub(crate) rebuilding: tokio::sync::Mutex<()>,
    /// Tells the live worker to look at the views anew.
    pub(crate) changed: Notify,
    /// Tells the supervisor that there are views to rebuild.
    pub(crate) unfit: Notify,
    /// Tells the supervisor that there are slices of which this program has not tried the parked events yet.
    pub(crate) gained: Notify,
    views: Mutex<Views>,
    position: watch::Sender<Position>,
    held: watch::Sender<Slices>,
    heads: watch::Receiver<Position>,
    head: AtomicU64,
}

pub(crate) struct Views {
    pub(crate) entries: Vec<Entry>,
    /// The slices that this worker holds.
    pub(crate) terms: Terms,
    /// Those that whoever watches was told of.
    told: Terms,
    /// Changes whenever something other than a position does: what was read ahead is then not to be used.
    pub(crate) epoch: u64,
    pub(crate) trouble: Option<Arc<str>>,
}

pub(crate) struct Entry {
    pub(crate) view: &'static View,
    pub(crate) serving: Stored,
    pub(crate) activity: Activity,
    pub(crate) upkeep: Upkeep,
    pub(crate) parked: Parked,
    pub(crate) parked_events: u64,
    pub(crate) meter: Meter,
    pub(crate) build: Option<Build>,
}

/// Who brings a view up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upkeep {
    Live,
    /// The rows that serve are left as they are until a rebuild replaces them.
    Rebuild,
    /// Rows of a newer program, which are left to the workers that run it.
    StandBy,
}

pub(crate) struct Build {
    pub(crate) generation: Generation,
    pub(crate) position: Position,
    pub(crate) goal: Position,
    pub(crate) meter: Meter,
}

/// A view that takes part in a run.
#[derive(Clone)]
pub(crate) struct Member {
    /// Its place among the projections.
    pub(crate) index: usize,
    pub(crate) generation: Generation,
    pub(crate) slices: Slices,
    pub(crate) span: Span,
    pub(crate) parked: Parked,
}

/// Views, or slices of them, that stand at the same position.
pub(crate) struct Group {
    pub(crate) position: Position,
    pub(crate) members: Vec<Member>,
}

pub(crate) struct Plan {
    pub(crate) epoch: u64,
    /// The one that is ahead comes first.
    pub(crate) groups: Vec<Group>,
}

impl Entry {
    pub(crate) async fn load(target: &AnyTarget, view: &'static View, kept: &Generations) -> Result<Self, TargetError> {
        let (parked, parked_events) = parked(target, view, kept.serving.generation).await?;
        let mut entry = Self {
            view,
            serving: kept.serving,
            activity: kept.activity,
            upkeep: Upkeep::Live,
            parked,
            parked_events,
            meter: Meter::default(),
            build: None,
        };
        entry.appoint(upkeep(target, view, &kept.serving), &kept.serving);
        Ok(entry)
    }

    fn appoint(&mut self, upkeep: Upkeep, serving: &Stored) {
        if upkeep == Upkeep::StandBy && self.upkeep != Upkeep::StandBy {
            let (serving, known) = (serving.version, self.view.version);
            tracing::warn!(view = self.view.name, serving, known, "a newer program has built a view: standing by");
        }
        self.upkeep = upkeep;
    }
}

/// The streams a generation has parked events of, and how many events.
pub(crate) async fn parked(
    target: &AnyTarget, view: &'static View, generation: Generation,
) -> Result<(Parked, u64), TargetError> {
    let streams = target.parked_streams(view, generation).await?;
    let events = streams.iter().map(|parked| parked.events).sum();
    Ok((Arc::new(streams.into_iter().map(|ParkedStream { stream, .. }| stream).collect()), events))
}

impl Shared {
    pub(crate) fn new(
        target: AnyTarget, options: Options, (entries, terms): (Vec<Entry>, Terms), heads: watch::Receiver<Position>,
        head: Position,
    ) -> Self {
        let shared = Self {
            target,
            options,
            turn: tokio::sync::Mutex::new(()),
            rebuilding: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
            unfit: Notify::new(),
            gained: Notify::new(),
            views: Mutex::new(Views { entries, terms, told: terms, epoch: 0, trouble: None }),
            position: watch::Sender::new(Position::START),
            held: watch::Sender::new(terms.slices()),
            heads,
            head: AtomicU64::new(head.0),
        };
        shared.update(|_| {});
        shared
    }

    fn lock(&self) -> MutexGuard<'_, Views> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn see<T>(&self, see: impl FnOnce(&Views) -> T) -> T {
        see(&self.lock())
    }

    /// Changes the views, and tells whoever waits for a position when the lowest one has moved.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Views) -> T) -> T {
        let mut views = self.lock();
        let result = change(&mut views);
        let active = views.entries.iter().filter(|entry| entry.activity == Activity::Active);
        let lowest = active.map(|entry| entry.serving.checkpoints.least()).min();
        // Published under the lock: the last one published must be the last one computed.
        self.position.send_if_modified(|position| {
            let moved = lowest.filter(|lowest| lowest != position);
            *position = moved.unwrap_or(*position);
            moved.is_some()
        });
        if views.told != views.terms {
            views.told = views.terms;
            // Told even when the slices are the same ones: what was lost meanwhile somebody else may have worked on.
            self.held.send_replace(views.terms.slices());
        }
        result
    }

    /// Like [`update`](Self::update), for what makes everything read ahead useless.
    pub(crate) fn reshape<T>(&self, change: impl FnOnce(&mut Views) -> T) -> T {
        let result = self.update(|views| {
            views.epoch += 1;
            change(views)
        });
        self.changed.notify_one();
        result
    }

    /// What this worker claims, as far as it knows the views.
    pub(crate) fn claim(&self) -> Claim {
        let serving: Vec<_> = self.see(|views| views.entries.iter().map(|entry| (entry.view, entry.serving)).collect());
        claim(&self.target, serving.into_iter())
    }

    /// Renews what this worker holds, and looks at what the others have done. The caller has the turn.
    pub(crate) async fn take_stock(&self) -> Result<(), TargetError> {
        let (known, before) = self.see(|views| {
            let entries = views.entries.iter().map(|entry| (entry.view, entry.serving, entry.activity));
            (entries.collect::<Vec<_>>(), views.terms)
        });
        let views: Vec<_> = known.iter().map(|(view, ..)| *view).collect();
        let Stock { terms, kept } = Stock::take(&self.target, &views, self.claim()).await?;
        let mut changed = before != terms;
        let mut found = Vec::with_capacity(known.len());
        for ((view, serving, activity), kept) in known.into_iter().zip(kept) {
            let lost = kept.serving.checkpoints.greatest() < serving.checkpoints.least();
            let other = kept.serving.generation != serving.generation || kept.activity != activity || lost;
            changed |= other || kept.serving.fit != serving.fit;
            // Of the streams that were held without a break nothing has changed; others may have parked some.
            let parked = if other || before != terms {
                Some(parked(&self.target, view, kept.serving.generation).await?)
            } else {
                None
            };
            found.push((kept, parked));
        }
        let head = self.head();
        let far_behind = |stored: &Stored| self.options.begins_anew(stored.checkpoints.greatest(), head);
        let take = |views: &mut Views| {
            views.terms = terms;
            for (entry, (kept, parked)) in views.entries.iter_mut().zip(found) {
                if entry.serving.generation != kept.serving.generation || entry.serving.fit != kept.serving.fit {
                    entry.appoint(upkeep(&self.target, entry.view, &kept.serving), &kept.serving);
                }
                if far_behind(&kept.serving) && !far_behind(&entry.serving) && entry.upkeep == Upkeep::Live {
                    tracing::warn!(view = entry.view.name, "the target has lost a view: it is built anew");
                    entry.upkeep = Upkeep::Rebuild;
                }
                (entry.serving, entry.activity) = (kept.serving, kept.activity);
                if let Some((parked, events)) = parked {
                    (entry.parked, entry.parked_events) = (parked, events);
                }
            }
        };
        if changed {
            tracing::info!(slices = ?terms.slices(), "the views are shared anew");
            self.reshape(take);
        } else {
            self.update(take);
        }
        if terms.unbroken_since(&before) != terms {
            self.gained.notify_one();
        }
        if !self.unfit().is_empty() {
            self.unfit.notify_one();
        }
        Ok(())
    }

    /// The views that only a rebuild helps, and that nobody here is rebuilding.
    pub(crate) fn unfit(&self) -> Vec<usize> {
        self.see(|views| {
            let entries = views.entries.iter().enumerate();
            let unfit = entries.filter(|(_, entry)| entry.upkeep == Upkeep::Rebuild && entry.build.is_none());
            unfit.map(|(index, _)| index).collect()
        })
    }

    pub(crate) fn position(&self) -> watch::Receiver<Position> {
        self.position.subscribe()
    }

    pub(crate) fn held(&self) -> watch::Receiver<Slices> {
        self.held.subscribe()
    }

    /// The end of the log as far as it is known.
    pub(crate) fn head(&self) -> Position {
        Position(self.head.load(Ordering::Relaxed)).max(*self.heads.borrow())
    }

    pub(crate) fn saw_head(&self, head: Position) {
        self.head.fetch_max(head.0, Ordering::Relaxed);
    }

    /// The views that the live worker looks after.
    pub(crate) fn plan(&self) -> Plan {
        self.see(|views| {
            let mut groups: Vec<Group> = Vec::with_capacity(1);
            for (index, entry) in views.entries.iter().enumerate() {
                if entry.activity == Activity::Paused || entry.upkeep != Upkeep::Live {
                    continue;
                }
                for (position, slices) in entry.serving.checkpoints.groups(views.terms.slices()) {
                    let member = Member {
                        index,
                        generation: entry.serving.generation,
                        slices,
                        span: Span::after(position),
                        parked: Arc::clone(&entry.parked),
                    };
                    match groups.iter_mut().find(|group| group.position == position) {
                        Some(group) => group.members.push(member),
                        None => groups.push(Group { position, members: vec![member] }),
                    }
                }
            }
            groups.sort_by_key(|group| std::cmp::Reverse(group.position));
            Plan { epoch: views.epoch, groups }
        })
    }
}
