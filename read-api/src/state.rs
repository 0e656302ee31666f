//! What the endpoints share, and how they wait for a view to catch up.

use std::{future::Future, sync::Arc, time::Duration};

use orderflow_engine::{EventReader, Position, Tenant};
use orderflow_http::{CursorKey, OrderflowAfter, Problem, ProblemKind};
use orderflow_stores::AnyReader;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use crate::{
    caller::Caller,
    problems::Refused,
    views::{Answer, AnyViews, RedisCache, Turn},
};

/// How long an answer waits for what `Orderflow-After` asks for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it looks meanwhile, at first and at most: nobody says when another process has projected something.
const LOOKS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(10)];

/// Clones are the same state.
#[derive(Clone)]
pub struct ReadState(Arc<Shared>);

struct Shared {
    views: AnyViews,
    cache: Option<RedisCache>,
    log: AnyReader,
    projected: Option<watch::Receiver<Position>>,
    cursors: CursorKey,
    anyone: Caller,
}

impl ReadState {
    /// `projected` says how far the projector in this process is; without it the views are looked at from time to time.
    #[must_use]
    pub fn new(
        views: AnyViews, log: AnyReader, projected: Option<watch::Receiver<Position>>, cursors: CursorKey,
    ) -> Self {
        let anyone = Caller { tenant: Tenant::default() };
        Self(Arc::new(Shared { views, cache: None, log, projected, cursors, anyone }))
    }

    /// Asks a cache first.
    ///
    /// # Panics
    ///
    /// When the state has been cloned already: it is made before it is shared.
    #[must_use]
    pub fn with_cache(mut self, cache: RedisCache) -> Self {
        Arc::get_mut(&mut self.0).expect("the state is made before it is shared").cache = Some(cache);
        self
    }

    pub(crate) fn cache(&self) -> Option<&RedisCache> {
        self.0.cache.as_ref()
    }

    /// The cache's answer, or else that of the views. When they have none, the cache is asked again: this may have been
    /// a request that was theirs to find out how far it is behind.
    pub(crate) async fn cached_or<T, F: Future<Output = Option<Answer<T>>>>(
        &self, cached: impl Fn(Turn) -> F, viewed: impl Future<Output = Result<Answer<T>, Problem>>,
    ) -> Result<Answer<T>, Problem> {
        if let Some(answer) = cached(Turn::First).await {
            return Ok(answer);
        }
        match viewed.await {
            Ok(answer) => {
                if let Some(cache) = self.cache() {
                    cache.views_are_at(answer.position);
                }
                Ok(answer)
            }
            Err(problem) => cached(Turn::Last).await.ok_or(problem),
        }
    }

    pub(crate) fn views(&self) -> &AnyViews {
        &self.0.views
    }

    pub(crate) fn log(&self) -> &AnyReader {
        &self.0.log
    }

    pub(crate) fn cursors(&self) -> &CursorKey {
        &self.0.cursors
    }

    pub(crate) fn anyone(&self) -> Caller {
        self.0.anyone.clone()
    }

    /// Waits, within bounds, until all of the named views are where the caller wants them.
    pub(crate) async fn caught_up(&self, after: OrderflowAfter, views: &'static [&'static str]) -> Result<(), Problem> {
        let Some(token) = after.0.map(Position) else { return Ok(()) };
        let position = || async { self.0.views.position(views).await.map_err(Problem::refused) };
        wait(token, self.0.projected.clone(), position).await.map(|_| ())
    }

    /// Waits, within bounds, until the log is where the caller wants it, and says where it is.
    pub(crate) async fn log_caught_up(&self, after: OrderflowAfter) -> Result<Position, Problem> {
        let head = || async { self.0.log.head().await.map_err(Problem::refused) };
        match after.0.map(Position) {
            Some(token) => wait(token, Some(self.0.log.watch()), head).await,
            None => head().await,
        }
    }
}

/// Gives the position that was reached. The hint wakes the waiter early; what counts is `position`, and a look that is
/// not over by the end of patience ends with it.
async fn wait<F: Future<Output = Result<Position, Problem>> + Send>(
    token: Position, mut hint: Option<watch::Receiver<Position>>, position: impl Fn() -> F + Send,
) -> Result<Position, Problem> {
    let deadline = Instant::now() + PATIENCE;
    let [mut pause, longest] = LOOKS;
    let too_late = |detail| Problem::new(ProblemKind::NOT_YET_PROJECTED, detail).retry_after(Duration::from_secs(1));
    loop {
        let Ok(looked) = timeout_at(deadline, position()).await else {
            return Err(too_late(format!("whether the view is at position {token} cannot be told yet: ask again")));
        };
        let reached = looked?;
        if reached >= token {
            return Ok(reached);
        }
        if Instant::now() >= deadline {
            return Err(too_late(format!("the view is at position {reached} and not yet at {token}: ask again")));
        }
        let look = deadline.min(Instant::now() + pause);
        match &mut hint {
            Some(changes) => {
                // The sender is gone when its projector has stopped: then there is only the clock.
                if let Ok(Err(_)) = timeout_at(look, changes.changed()).await {
                    hint = None;
                }
            }
            None => tokio::time::sleep_until(look).await,
        }
        pause = longest.min(pause * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_because_the_views_are_silent() {
        let silent = || std::future::pending::<Result<Position, Problem>>();
        let late = wait(Position(1), None, silent).await.unwrap_err();
        assert_eq!(late.kind(), ProblemKind::NOT_YET_PROJECTED);
        assert_eq!(wait(Position(1), None, async || Ok(Position(2))).await.unwrap(), Position(2));
    }
}
