//! What is asked for most, from a Redis that a projector of its own keeps: orders by id, stock levels, a customer's
//! newest orders.
//!
//! The cache answers when it surely knows, and says nothing otherwise: when it is down or slow, when it does not hold
//! the row, when it has not come as far as the caller wants or as the views had a moment ago. Then the views are asked.
//! What it does not hold may exist all the same. When the views do not answer, it is asked once more: what it says is
//! true at the position that it says.

mod breaker;
mod connection;
mod fresh;
mod row;

use std::{sync::Arc, time::Duration};

use orderflow_core::{CustomerId, OrderId, Sku, views::HOT};
use orderflow_engine::{Position, Tenant, View};
use orderflow_http::Dependency;
use redis::{FromRedisValue, Script, ScriptInvocation};
use tokio::time::Instant;

use self::{connection::Connection, fresh::Freshness};
use super::{
    question::Answer,
    row::{OrderRow, StockRow, WholeOrder},
};

/// How a Redis is used as a cache.
#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// What the projector's keys begin with.
    pub prefix: String,
    /// How long an answer may take before the views are asked instead.
    pub timeout: Duration,
    /// How long making a connection may take; no request waits for it.
    pub connect_timeout: Duration,
    /// How long the cache is left alone after a first error; longer and longer while it goes on failing.
    pub pause: Duration,
    pub longest_pause: Duration,
    /// How often a request asks the views, so that the cache is not believed when it has fallen behind them.
    pub compare_every: Duration,
    /// Spreads the pauses of several processes.
    pub seed: u64,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            prefix: "orderflow".to_owned(),
            timeout: Duration::from_millis(50),
            connect_timeout: Duration::from_secs(2),
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(10),
            compare_every: Duration::from_secs(1),
            seed: 0,
        }
    }
}

/// A cache cannot be used, however often it is tried. The URL is not part of the text, since it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenCacheError {
    #[error("the URL of Redis cannot be read: give redis://[user:password@]host:port/[database], or rediss:// for TLS")]
    Url(#[source] redis::RedisError),
    #[error("the user or the password is refused by Redis: correct them in its URL")]
    Credentials(#[source] redis::RedisError),
}

/// Clones share one connection.
#[derive(Clone)]
pub struct RedisCache(Arc<Shared>);

/// Why the cache is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Before the views. Once in a while the request is theirs.
    First,
    /// After the views, which did not answer.
    Last,
}

struct Shared {
    prefix: String,
    connection: Connection,
    fresh: Freshness,
    rows: Script,
    recent: Script,
}

impl RedisCache {
    /// Tries to connect. A server that is down is no error: it is tried again when it is next needed.
    pub async fn open(url: &str, options: &CacheOptions) -> Result<Self, OpenCacheError> {
        let client = redis::Client::open(url).map_err(OpenCacheError::Url)?;
        let shared = Shared {
            prefix: options.prefix.clone(),
            connection: Connection::new(client, options),
            fresh: Freshness::new(options.compare_every, Instant::now()),
            rows: Script::new(include_str!("cache/rows.lua")),
            recent: Script::new(include_str!("cache/recent.lua")),
        };
        if let Err(error) = shared.connection.connect().await
            && is_refusal(&error)
        {
            return Err(OpenCacheError::Credentials(error));
        }
        Ok(Self(Arc::new(shared)))
    }

    /// Whether the server answers. The API does without it: it degrades, and stays ready.
    pub async fn health(&self) -> Dependency {
        match self.0.connection.ping().await {
            Ok(()) => Dependency::Up,
            Err(error) => Dependency::Degraded(format!("the cache does not answer, so the views do: {error}")),
        }
    }

    /// Says where the views were found when they answered in the cache's stead.
    pub(crate) fn views_are_at(&self, position: Position) {
        self.0.fresh.views_are_at(position);
    }

    pub(crate) async fn order(
        &self, turn: Turn, tenant: &Tenant, id: OrderId, after: Option<Position>,
    ) -> Option<Answer<WholeOrder>> {
        let [orders, lines, _] = views();
        let mut call = self.0.rows.prepare_invoke();
        let key = serde_json::to_string(&(tenant.as_str(), id)).ok()?;
        call.key(self.0.view(orders)).key(self.0.view(lines)).arg(key).arg(orders.version).arg(lines.version);
        let (position, order, lines_at, lines): (u64, Option<Vec<u8>>, u64, Option<Vec<u8>>) =
            self.ask(turn, &call).await?;
        // Lines that are older or younger than the order would not be its lines at that version.
        let position = self.reached(position, after).filter(|position| position.0 == lines_at)?;
        let lines = lines.map(|lines| row::lines(&lines)).transpose().ok()?.flatten();
        Some(Answer { position, value: WholeOrder { order: row::order(id.0, &order?).ok()?, lines } })
    }

    pub(crate) async fn stock_item(
        &self, turn: Turn, tenant: &Tenant, sku: &Sku, after: Option<Position>,
    ) -> Option<Answer<StockRow>> {
        let [_, _, stock] = views();
        let mut call = self.0.rows.prepare_invoke();
        let key = serde_json::to_string(&(tenant.as_str(), sku.as_str())).ok()?;
        call.key(self.0.view(stock)).arg(key).arg(stock.version);
        let (position, item): (u64, Option<Vec<u8>>) = self.ask(turn, &call).await?;
        let position = self.reached(position, after)?;
        Some(Answer { position, value: row::stock(sku, &item?).ok()? })
    }

    /// Newest placed first: `limit` of them, or all that there are.
    pub(crate) async fn newest_orders(
        &self, turn: Turn, tenant: &Tenant, customer: CustomerId, limit: usize, after: Option<Position>,
    ) -> Option<Answer<Vec<OrderRow>>> {
        let [orders, ..] = views();
        let mut call = self.0.recent.prepare_invoke();
        let list = serde_json::to_string(&(tenant.as_str(), customer)).ok()?;
        call.key(self.0.view(orders)).arg(format!("by_customer:{list}")).arg(orders.version).arg(limit);
        let (position, found): (u64, Vec<(String, Vec<u8>)>) = self.ask(turn, &call).await?;
        let position = self.reached(position, after)?;
        let value = found.iter().map(|(key, json)| row::listed_order(key, json)).collect::<Result<_, _>>().ok()?;
        Some(Answer { position, value })
    }

    /// `None` as well when the server has nothing to say.
    async fn ask<T: FromRedisValue>(&self, turn: Turn, call: &ScriptInvocation<'_>) -> Option<T> {
        if turn == Turn::First && self.0.fresh.wants_the_views(Instant::now()) {
            return None;
        }
        self.0.connection.ask(call).await
    }

    /// The position, when it will do.
    fn reached(&self, position: u64, after: Option<Position>) -> Option<Position> {
        let position = Position(position);
        (position >= after.unwrap_or_default() && self.0.fresh.is_fresh(position)).then_some(position)
    }
}

/// Whether the server wants another user or another password.
fn is_refusal(error: &redis::RedisError) -> bool {
    error.kind() == redis::ErrorKind::AuthenticationFailed || matches!(error.code(), Some("WRONGPASS" | "NOAUTH"))
}

impl Shared {
    fn view(&self, view: &View) -> String {
        format!("{}:{}", self.prefix, view.name)
    }
}

/// Orders, their lines, and stock.
fn views() -> [&'static View; 3] {
    HOT.each_ref().map(|projection| projection.view)
}
