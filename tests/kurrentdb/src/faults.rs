//! Switches for what goes wrong in production. They take effect at once, on every node.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::watch;

/// What is to go wrong. Where several faults are set, an append meets one of them, in the order of the methods.
#[derive(Debug)]
pub struct Faults {
    lost_responses: AtomicUsize,
    refusals: AtomicUsize,
    conflicts: AtomicUsize,
    time_outs: AtomicUsize,
    timed_out: AtomicUsize,
    late_commits: AtomicUsize,
    late_by_us: AtomicU64,
    delay_us: AtomicU64,
    system_events_every: AtomicUsize,
    ended_subscriptions: watch::Sender<End>,
}

/// How subscriptions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Error,
    Success,
}

/// What an append is going to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    CommittedUnanswered,
    Refused,
    Conflict,
    CommittedTimedOut,
    LostTimedOut,
    TimedOutCommittedAfter(Duration),
}

impl Faults {
    pub(crate) fn new() -> Self {
        let none = || AtomicUsize::new(0);
        Self {
            lost_responses: none(),
            refusals: none(),
            conflicts: none(),
            time_outs: none(),
            timed_out: none(),
            late_commits: none(),
            late_by_us: AtomicU64::new(0),
            delay_us: AtomicU64::new(0),
            system_events_every: none(),
            ended_subscriptions: watch::Sender::new(End::Error),
        }
    }

    /// The `next` appends are committed, and answered as if the server had become unavailable.
    pub fn lose_response_after_commit(&self, next: usize) {
        self.lost_responses.store(next, Ordering::SeqCst);
    }

    /// The `next` appends are answered as if the server had become unavailable, and are not committed.
    pub fn refuse_before_commit(&self, next: usize) {
        self.refusals.store(next, Ordering::SeqCst);
    }

    /// The `next` appends are answered with a conflict, whatever they expect, and are not committed.
    pub fn answer_conflict(&self, next: usize) {
        self.conflicts.store(next, Ordering::SeqCst);
    }

    /// The `next` appends exceed their deadline. Every second of them is committed, beginning with the first.
    pub fn time_out_appends(&self, next: usize) {
        self.timed_out.store(0, Ordering::SeqCst);
        self.time_outs.store(next, Ordering::SeqCst);
    }

    /// The `next` appends exceed their deadline, and are committed all the same when so much time has passed: the
    /// client may have sent them again by then, or given them up. Those of a node that is stopped meanwhile are not.
    pub fn commit_late(&self, next: usize, after: Duration) {
        self.late_by_us.store(after.as_micros().try_into().unwrap_or(u64::MAX), Ordering::SeqCst);
        self.late_commits.store(next, Ordering::SeqCst);
    }

    /// Every call waits before it is looked at, but for the question what the server can do.
    pub fn delay(&self, per_call: Duration) {
        self.delay_us.store(per_call.as_micros().try_into().unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Ends all subscriptions that there are, with an error.
    pub fn end_subscriptions(&self) {
        self.ended_subscriptions.send_replace(End::Error);
    }

    /// Ends all subscriptions that there are, with success: clients that are not on their guard spin then.
    pub fn end_subscriptions_with_success(&self) {
        self.ended_subscriptions.send_replace(End::Success);
    }

    /// After every so many appends the server writes events of its own. With 0 it does not.
    pub fn write_system_events(&self, every: usize) {
        self.system_events_every.store(every, Ordering::SeqCst);
    }

    pub(crate) fn fate(&self) -> Fate {
        if take(&self.lost_responses) {
            Fate::CommittedUnanswered
        } else if take(&self.refusals) {
            Fate::Refused
        } else if take(&self.conflicts) {
            Fate::Conflict
        } else if take(&self.time_outs) {
            if self.timed_out.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
                Fate::CommittedTimedOut
            } else {
                Fate::LostTimedOut
            }
        } else if take(&self.late_commits) {
            Fate::TimedOutCommittedAfter(Duration::from_micros(self.late_by_us.load(Ordering::SeqCst)))
        } else {
            Fate::Answered
        }
    }

    pub(crate) async fn pause(&self) {
        let delay = Duration::from_micros(self.delay_us.load(Ordering::SeqCst));
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    pub(crate) fn system_events_are_due(&self, appends: usize) -> bool {
        let every = self.system_events_every.load(Ordering::SeqCst);
        every > 0 && appends.is_multiple_of(every)
    }

    pub(crate) fn ended_subscriptions(&self) -> watch::Receiver<End> {
        self.ended_subscriptions.subscribe()
    }
}

/// Takes one of those that are left.
fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}
