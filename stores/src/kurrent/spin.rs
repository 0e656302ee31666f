//! A guard around the library's subscriptions.
//!
//! When a server ends a subscription with status OK, the library asks the ended stream for its next message for ever,
//! without yielding once: the thread is lost, and neither a time-out nor an abort can reach the task. What it does on
//! each round is to log a warning. So while it is polled, its log comes here, and when one poll has more to say than
//! any honest one, the poll is unwound. Were a later version of the library to spin in silence, or were panics to abort
//! the program, nothing could stop it.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};

/// An honest poll warns a few times at most.
const WARNINGS: u32 = 100;

/// The future would never have yielded again. It was unwound and must be dropped.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spinning;

/// Made once for many polls: the log's callsites are looked through whenever there is another place for it to go.
pub(super) struct Guard {
    warnings: Warnings,
    dispatch: Dispatch,
}

/// Counts the warnings of one poll. What the library says of a subscription is told by its user, so it goes no further.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicU32>);

impl Guard {
    pub(super) fn new() -> Self {
        let warnings = Warnings::default();
        Self { dispatch: Dispatch::new(warnings.clone()), warnings }
    }

    /// Waits for a future of the library, unless it spins.
    pub(super) async fn wait<F: Future>(&self, future: F) -> Result<F::Output, Spinning> {
        let mut future = pin!(future);
        poll_fn(|context| {
            self.warnings.0.store(0, Ordering::Relaxed);
            let poll = || tracing::dispatcher::with_default(&self.dispatch, || future.as_mut().poll(context));
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(poll) => poll.map(Ok),
                Err(panic) if panic.is::<Spinning>() => Err(Spinning).into(),
                Err(panic) => resume_unwind(panic),
            }
        })
        .await
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("kurrentdb")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, _: &Event<'_>) {
        if self.0.fetch_add(1, Ordering::Relaxed) >= WARNINGS {
            // Unwinds without the panic hook: nobody need be told of a panic that is none.
            resume_unwind(Box::new(Spinning));
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warn() {
        tracing::warn!(target: "kurrentdb::commands", "a message of the library");
    }

    #[tokio::test]
    async fn a_future_that_spins_is_unwound() {
        let guard = Guard::new();
        let spinning = guard.wait(async {
            loop {
                warn();
            }
        });
        assert_eq!(spinning.await, Err::<(), _>(Spinning));
    }

    #[tokio::test]
    async fn one_that_yields_may_warn_as_often_as_it_likes() {
        let guard = Guard::new();
        let chatty = guard.wait(async {
            for _ in 0..WARNINGS * 3 {
                warn();
                tokio::task::yield_now().await;
            }
            7
        });
        assert_eq!(chatty.await, Ok(7));
    }

    #[tokio::test]
    async fn a_real_panic_stays_one() {
        let panicking = tokio::spawn(async { Guard::new().wait(async { panic!("as it was") }).await });
        assert!(panicking.await.unwrap_err().is_panic());
    }
}
