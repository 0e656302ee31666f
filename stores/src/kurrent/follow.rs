//! Notices what was appended, by whomever.
//!
//! What this process appends is announced as it is written. What others append is announced by a subscription, or found
//! by looking at the end of the log: often while the subscription is behind, and now and then while it is not.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use orderflow_engine::Position;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{event, link::Link, listen, pace::jittered, page, watchdog::Watchdog};

/// How long to wait before the next look: the shortest after the subscription was late, twice the last otherwise.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Clones share what they know. Works only while somebody watches.
#[derive(Clone)]
pub(super) struct Follower(Arc<Shared>);

struct Shared {
    link: Link,
    head: watch::Sender<Position>,
    told: Arc<Told>,
    running: Mutex<bool>,
}

/// What the subscription has to say.
#[derive(Default)]
pub(super) struct Told {
    /// The last position it spoke of.
    position: AtomicU64,
    /// It spoke.
    word: Notify,
    /// It began since that was last asked.
    begun: AtomicBool,
}

impl Told {
    pub(super) fn event_at(&self, position: Position) {
        self.position.fetch_max(position.0, Ordering::Relaxed);
        self.word.notify_one();
    }

    /// It begins: what came before was not told of.
    pub(super) fn begun(&self) {
        self.begun.store(true, Ordering::Relaxed);
        self.word.notify_one();
    }
}

impl Follower {
    pub(super) fn new(link: Link) -> Self {
        let (head, told) = (watch::Sender::new(Position::START), Arc::default());
        Self(Arc::new(Shared { link, head, told, running: Mutex::new(false) }))
    }

    pub(super) fn raise(&self, position: Position) {
        self.0.raise(position);
    }

    pub(super) fn watch(&self) -> watch::Receiver<Position> {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.0.head.subscribe();
        if !*running {
            *running = true;
            self.0.link.runtime().spawn(Arc::clone(&self.0).follow());
        }
        receiver
    }
}

impl Shared {
    /// Whether that was news.
    fn raise(&self, position: Position) -> bool {
        self.head.send_if_modified(|known| {
            let news = position > *known;
            *known = position.max(*known);
            news
        })
    }

    /// Decided under the lock that `watch` takes, so that no watcher is left without a task.
    fn is_watched(&self) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running = self.head.receiver_count() > 0;
        *running
    }

    async fn follow(self: Arc<Self>) {
        let _running = Running(Arc::clone(&self));
        let mut subscription = Listening::begin(&self);
        let (mut watchdog, mut pause) = (Watchdog::default(), SHORTEST);
        // What the first look finds was there before.
        let mut known = false;
        while self.is_watched() {
            if self.told.begun.swap(false, Ordering::Relaxed) {
                watchdog.begun();
            }
            // A panic of the library's must not end the following.
            let looked = AssertUnwindSafe(self.link.ask(async |caller| page::last_of_all(&caller).await));
            match looked.catch_unwind().await {
                Ok(Ok(last)) => {
                    let position = last.as_ref().map_or(Position::START, event::position);
                    let is_told_of = last.is_some_and(|event| !event.stream_id().starts_with('$'));
                    let late = self.raise(position) && is_told_of && self.told() < position;
                    if late && known {
                        watchdog.found(position, Instant::now());
                    }
                    known = true;
                    pause = if late { SHORTEST } else { (pause * 2).min(LONGEST) };
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "the end of the log could not be looked at");
                    pause = LONGEST;
                }
                Err(_) => {
                    tracing::error!("looking at the end of the log panicked");
                    pause = LONGEST;
                }
            }
            if watchdog.barks(self.told(), Instant::now()) {
                subscription.end();
            }
            subscription.keep(&self);
            self.listen(jittered(pause)).await;
        }
    }

    /// Passes on what the subscription says, and comes back when it is time to look or when it says that it begins.
    async fn listen(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while timeout(until.saturating_duration_since(Instant::now()), self.told.word.notified()).await.is_ok() {
            if !self.raise(self.told()) {
                return;
            }
        }
    }

    fn told(&self) -> Position {
        Position(self.told.position.load(Ordering::Relaxed))
    }
}

/// The task of a subscription, which ends with its owner.
struct Listening(JoinHandle<()>);

impl Listening {
    fn begin(shared: &Shared) -> Self {
        Self(shared.link.runtime().spawn(listen::listen(shared.link.clone(), Arc::clone(&shared.told))))
    }

    fn end(&self) {
        self.0.abort();
    }

    /// Begins another one when it has ended. Where nothing ends the old task there is no new one, and looking alone
    /// goes on.
    fn keep(&mut self, shared: &Shared) {
        if self.0.is_finished() {
            *self = Self::begin(shared);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.end();
    }
}

/// Lets the next watcher start another task when this one panics.
struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) = false;
        }
    }
}
