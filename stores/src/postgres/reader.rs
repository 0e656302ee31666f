//! The reading half of the store.

use std::sync::Arc;

use orderflow_engine::{
    Category, EventReader, Page, Position, RawEvent, ReadError, Snapshot, StreamName, Version, Wanted,
};
use tokio::sync::watch;

use super::{
    connect::Address,
    error::{OpenError, connecting},
    follow::Follower,
    head::Head,
    pool::Pool,
    query::{self, Names, Which},
    schema,
    store::PostgresOptions,
};

/// Reads an event store that any number of processes append to. Clones share connections.
#[derive(Clone)]
pub struct PostgresReader(Arc<Shared>);

struct Shared {
    pool: Pool,
    names: Names,
    head: Arc<Head>,
    follower: Follower,
}

impl PostgresReader {
    /// Opens a store for reading only; refused when there is none.
    pub async fn open(url: &str, options: &PostgresOptions) -> Result<Self, OpenError> {
        let address = Address::parse(url, options.connect_timeout)?;
        let mut connection = address.try_out().await?;
        let look = async {
            schema::check(&mut connection, &address).await?;
            query::head(&mut connection).await.map_err(connecting(&address.place))
        };
        let head = address.in_time(options.read_timeout, look).await?;
        Ok(Self::beside(Arc::new(Head::new(head)), &address, options))
    }

    /// Reads what is at `address`, and shares what is known of its end.
    pub(super) fn beside(head: Arc<Head>, address: &Address, options: &PostgresOptions) -> Self {
        let limits = [
            ("default_transaction_read_only", "on".to_owned()),
            // The server gives up first, so that its answer still arrives.
            ("statement_timeout", format!("{}ms", options.read_timeout.mul_f64(0.8).as_millis().max(1))),
        ];
        let pool = Pool::new(address.with(&limits), options.readers, options.acquire_timeout, options.read_timeout);
        let follower = Follower::new(Arc::clone(&head), address.with(&limits));
        Self(Arc::new(Shared { pool, names: Names::new(options.cached_streams), head, follower }))
    }

    /// Considers up to `limit` events above `after` and gives those of streams of one category.
    pub async fn read_category(&self, category: Category, after: Position, limit: usize) -> Result<Page, ReadError> {
        self.page(after, limit, &Which::Category(category.as_str())).await
    }

    /// Asks for the end of the log before the page is read, on the same connection: what is at or below it is there for
    /// the page as well, and nothing can come below it any more.
    async fn page(&self, after: Position, limit: usize, which: &Which<'_>) -> Result<Page, ReadError> {
        let Shared { pool, names, .. } = &*self.0;
        let ask = |mut connection| async move {
            let head = query::head(&mut connection).await?;
            let through = query::page_end(after, limit, head);
            let page = if through > after {
                names.page(&mut connection, after, through, which).await?
            } else {
                Page { events: Vec::new(), through: after }
            };
            Ok(((page, head), connection))
        };
        let (page, head) = pool.read(ask).await?;
        self.0.head.raise(head);
        Ok(page)
    }
}

impl EventReader for PostgresReader {
    async fn read_stream(&self, stream: &StreamName, after: Version, limit: usize) -> Result<Vec<RawEvent>, ReadError> {
        let Shared { pool, names, .. } = &*self.0;
        pool.read(|mut connection| async move {
            let events = names.read_stream(&mut connection, stream, after, limit).await?;
            Ok((events, connection))
        })
        .await
    }

    async fn read_all(&self, after: Position, limit: usize, wanted: &Wanted) -> Result<Page, ReadError> {
        self.page(after, limit, &Which::Wanted(wanted)).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        let ask = |mut connection| async move {
            let head = query::head(&mut connection).await?;
            Ok((head, connection))
        };
        let head = self.0.pool.read(ask).await?;
        self.0.head.raise(head);
        Ok(head)
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.0.follower.watch()
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, ReadError> {
        let ask = |mut connection| async move {
            let snapshot = query::load_snapshot(&mut connection, stream).await?;
            Ok((snapshot, connection))
        };
        self.0.pool.read(ask).await
    }
}
