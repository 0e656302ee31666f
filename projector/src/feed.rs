//! The log as a series of prepared batches: read ahead, decoded side by side, coalesced, all while the last batch is
//! written.
//!
//! A task reads pages and hands each to a thread that decodes and projects it; another thread takes the results in
//! order and coalesces them. Each stage waits when the next one is behind.

use std::sync::Arc;

use orderflow_engine::{Cause, EventCodec, EventReader, Position, ReadError};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

use crate::{
    decode::{Projected, decode},
    options::Options,
    prepared::Prepared,
    route::{Route, Span},
};

/// When a batch is large enough.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    Events(usize),
    MemoryBytes(usize),
}

impl Limit {
    fn is_reached(self, batch: &Prepared) -> bool {
        match self {
            Self::Events(events) => batch.events >= events as u64,
            Self::MemoryBytes(bytes) => batch.memory_bytes() >= bytes,
        }
    }
}

/// A page on its way.
struct Decoding {
    through: Position,
    events: usize,
    views: oneshot::Receiver<Vec<Projected>>,
}

/// Ends when the log, or what was asked of it, does; and after a batch that parks a stream. Dropped, it stops reading.
pub(crate) struct Feed {
    batches: mpsc::Receiver<Result<Prepared, ReadError>>,
    _reading: JoinSet<()>,
}

impl Feed {
    pub(crate) fn start<R: EventReader, E: EventCodec>(
        reader: R, route: Arc<Route<E>>, spans: Vec<Span>, limit: Limit, options: &Options,
    ) -> Self {
        let ahead = std::thread::available_parallelism().map_or(2, usize::from);
        let (pages, pages_to_come) = mpsc::channel(ahead);
        let (batches, batches_to_come) = mpsc::channel(1);
        let mut reading = JoinSet::new();
        reading.spawn(read(reader, Arc::clone(&route), spans, pages, options.clone()));
        tokio::task::spawn_blocking(move || coalesce(&route, limit, pages_to_come, &batches));
        Self { batches: batches_to_come, _reading: reading }
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Prepared, ReadError>> {
        self.batches.recv().await
    }
}

async fn read<R: EventReader, E: EventCodec>(
    reader: R, route: Arc<Route<E>>, spans: Vec<Span>, pages: mpsc::Sender<Result<Decoding, ReadError>>,
    options: Options,
) {
    let spans: Arc<[Span]> = spans.into();
    let heads = reader.watch();
    let (Some(mut after), Some(to)) = (spans.iter().map(|s| s.after).min(), spans.iter().map(|s| s.to).max()) else {
        return;
    };
    while after < to {
        let page = match reader.read_all(after, options.page_events, &route.wanted).await {
            Ok(page) => page,
            Err(error) => {
                // When nobody listens any more there is nobody to tell.
                let _ = pages.send(Err(error)).await;
                return;
            }
        };
        if page.through <= after {
            return;
        }
        after = page.through;
        let (done, views) = oneshot::channel();
        let decoding = Decoding { through: page.through, events: page.events.len(), views };
        let (route, spans, clock) = (Arc::clone(&route), Arc::clone(&spans), options.clock);
        tokio::task::spawn_blocking(move || {
            // Dropped before its turn came, a feed does not want it any more.
            let _ = done.send(decode(page.events, &route, &spans, clock));
        });
        if pages.send(Ok(decoding)).await.is_err() || (to.0 == u64::MAX && after >= *heads.borrow()) {
            return;
        }
    }
}

fn coalesce<E>(
    route: &Route<E>, limit: Limit, mut pages: mpsc::Receiver<Result<Decoding, ReadError>>,
    batches: &mpsc::Sender<Result<Prepared, ReadError>>,
) {
    let mut batch = Prepared::new(route);
    let mut pending = false;
    while let Some(page) = pages.blocking_recv() {
        let decoded = page.and_then(|page| {
            let views = page.views.blocking_recv();
            let views = views.map_err(|_| ReadError(Cause::new("a page was not decoded to its end")))?;
            Ok((views, page.through, page.events))
        });
        match decoded {
            Ok((views, through, events)) => {
                batch.push(views, through, events);
                pending = true;
            }
            Err(error) => {
                let _ = batches.blocking_send(Err(error));
                return;
            }
        }
        let parks = batch.parks();
        if parks || limit.is_reached(&batch) {
            let ready = std::mem::replace(&mut batch, Prepared::new(route));
            pending = false;
            if batches.blocking_send(Ok(ready)).is_err() || parks {
                return;
            }
        }
    }
    if pending {
        let _ = batches.blocking_send(Ok(batch));
    }
}
