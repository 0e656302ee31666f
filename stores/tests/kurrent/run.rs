//! A store whose streams have names of one run of the tests, on a server that holds other runs' events as well.

use std::sync::Arc;

use orderflow_engine::{
    Append, EventReader, EventStore, Page, Position, RawEvent, ReadError, Slices, Snapshot, StreamName, Ticket,
    Version, Wanted, Writers,
};
use tokio::sync::watch;

/// Gives names this run's prefix on their way in, takes it away on their way out, and passes over what has none.
#[derive(Clone)]
pub(crate) struct OfRun<S> {
    pub(crate) store: S,
    pub(crate) run: Arc<str>,
}

impl<S> OfRun<S> {
    fn inside(&self, name: &StreamName) -> StreamName {
        let (category, rest) = name.as_str().split_once('-').unwrap();
        StreamName::parse(format!("{category}-{}.{rest}", self.run)).unwrap()
    }

    fn outside(&self, mut event: RawEvent) -> Option<RawEvent> {
        let (category, rest) = event.stream.as_str().split_once('-')?;
        let rest = rest.strip_prefix(&*self.run)?.strip_prefix('.')?;
        event.stream = StreamName::parse(format!("{category}-{rest}")).ok()?;
        Some(event)
    }
}

impl<S: EventReader> EventReader for OfRun<S> {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        let events = self.store.read_stream(&self.inside(stream), after, limit).await?;
        Ok(events.into_iter().filter_map(|event| self.outside(event)).collect())
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        // The slice of a stream is that of its name outside.
        let inside = Wanted { slices: Slices::ALL, ..wanted.clone() };
        let mut page = Page { events: Vec::new(), through: after };
        loop {
            let next = self.store.read_all(page.through, limit, &inside).await?;
            let events = next.events.into_iter().filter_map(|event| self.outside(event));
            page.events.extend(events.filter(|event| wanted.wants(event)));
            let ended = next.through == page.through;
            page.through = next.through;
            // The log may be longer than what the store gives at once.
            if ended || limit < usize::MAX {
                return Ok(page);
            }
        }
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.store.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        self.store.load_snapshot(&self.inside(stream)).await
    }
}

impl<S: EventStore> EventStore for OfRun<S> {
    fn writers(&self) -> Writers {
        self.store.writers()
    }

    async fn submit_after(&self, append: Append, rests_on: Option<Ticket>) -> Ticket {
        let stream = self.inside(&append.stream);
        self.store.submit_after(Append { stream, ..append }, rests_on).await
    }

    async fn save_snapshot(&self, stream: StreamName, snapshot: Snapshot) {
        self.store.save_snapshot(self.inside(&stream), snapshot).await;
    }
}
