//! What the views are asked: one function per question, whatever database they are in.
//!
//! Every answer says which position of the log it reflects, read in the same snapshot as its rows.

mod cache;
mod postgres;
mod question;
mod row;
mod sqlite;

use std::sync::Arc;

use orderflow_core::{Currency, OrderId, ShipmentId, Sku};
use orderflow_engine::{Cause, Position, Tenant};

pub(crate) use self::{
    cache::Turn,
    question::{
        Answer, OrderFilter, OrderPlace, OrderSearch, Place, ProcessStatus, Ranking, Sales, SalesBy, SalesPlace,
        ShipmentFilter, ShipmentStatus, Slice, Words,
    },
    row::{
        FunnelCount, LinesRow, OrderRow, ProcessRow, ProductRow, RankedProduct, SalesRow, ShipmentRow, StockRow, Total,
        WholeOrder,
    },
};
pub use self::{
    cache::{CacheOptions, OpenCacheError, RedisCache},
    postgres::{InvalidUrl, PostgresOptions, PostgresViews},
    sqlite::{SqliteOptions, SqliteViews},
};

/// The places that views can be read from.
#[derive(Debug, Clone)]
pub enum AnyViews {
    Sqlite(SqliteViews),
    Postgres(PostgresViews),
}

/// Why the views did not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ViewError {
    /// The views are not built yet, or not there yet: retry.
    #[error("the views are not ready yet")]
    NotReady,
    /// As many reads as are allowed at once are under way: retry.
    #[error("too many reads are under way")]
    Busy,
    /// The question took longer than is allowed: ask for less.
    #[error("the question took too long to answer")]
    TooSlow,
    #[error("the views could not be read: {0}")]
    Failed(#[source] Cause),
}

type Result<T> = std::result::Result<Answer<T>, ViewError>;

impl AnyViews {
    /// Whether the views can be read.
    pub async fn ping(&self) -> std::result::Result<(), ViewError> {
        match self {
            Self::Sqlite(views) => views.position(&["orders"]).map(|_| ()),
            Self::Postgres(views) => views.ping().await,
        }
    }

    /// The position that all of the named views have reached: rows may be newer than it, but never older.
    pub(crate) async fn position(&self, views: &[&'static str]) -> std::result::Result<Position, ViewError> {
        match self {
            Self::Sqlite(views_in) => views_in.position(views),
            Self::Postgres(views_in) => views_in.position(views).await,
        }
    }

    pub(crate) async fn order(&self, tenant: &Tenant, id: OrderId) -> Result<Option<WholeOrder>> {
        match self {
            Self::Sqlite(views) => views.order(tenant, id),
            Self::Postgres(views) => views.order(tenant, id).await,
        }
    }

    /// Newest placed first.
    pub(crate) async fn orders(
        &self, tenant: &Tenant, filter: OrderFilter, slice: Slice<OrderPlace>,
    ) -> Result<Vec<OrderRow>> {
        match self {
            Self::Sqlite(views) => views.orders(tenant, filter, slice).await,
            Self::Postgres(views) => views.orders(tenant, filter, slice).await,
        }
    }

    pub(crate) async fn product(&self, tenant: &Tenant, sku: &Sku) -> Result<Option<ProductRow>> {
        match self {
            Self::Sqlite(views) => views.product(tenant, sku),
            Self::Postgres(views) => views.product(tenant, sku).await,
        }
    }

    /// By SKU; those that have all of the words, if there are any.
    pub(crate) async fn products(
        &self, tenant: &Tenant, words: Option<Words>, slice: Slice<Arc<str>>,
    ) -> Result<Vec<ProductRow>> {
        match self {
            Self::Sqlite(views) => views.products(tenant, words, slice).await,
            Self::Postgres(views) => views.products(tenant, words, slice).await,
        }
    }

    pub(crate) async fn stock_item(&self, tenant: &Tenant, sku: &Sku) -> Result<Option<StockRow>> {
        match self {
            Self::Sqlite(views) => views.stock_item(tenant, sku),
            Self::Postgres(views) => views.stock_item(tenant, sku).await,
        }
    }

    pub(crate) async fn stock(&self, tenant: &Tenant, slice: Slice<Arc<str>>) -> Result<Vec<StockRow>> {
        match self {
            Self::Sqlite(views) => views.stock(tenant, slice).await,
            Self::Postgres(views) => views.stock(tenant, slice).await,
        }
    }

    pub(crate) async fn shipment(&self, tenant: &Tenant, id: ShipmentId) -> Result<Option<ShipmentRow>> {
        match self {
            Self::Sqlite(views) => views.shipment(tenant, id),
            Self::Postgres(views) => views.shipment(tenant, id).await,
        }
    }

    /// Oldest first.
    pub(crate) async fn shipments(
        &self, tenant: &Tenant, filter: ShipmentFilter, slice: Slice<Place>,
    ) -> Result<Vec<ShipmentRow>> {
        match self {
            Self::Sqlite(views) => views.shipments(tenant, filter, slice).await,
            Self::Postgres(views) => views.shipments(tenant, filter, slice).await,
        }
    }

    pub(crate) async fn sales(&self, tenant: &Tenant, sales: Sales, slice: Slice<SalesPlace>) -> Result<Vec<SalesRow>> {
        match self {
            Self::Sqlite(views) => views.sales(tenant, sales, slice).await,
            Self::Postgres(views) => views.sales(tenant, sales, slice).await,
        }
    }

    pub(crate) async fn top_products(
        &self, tenant: &Tenant, ranking: Ranking, currency: Option<Currency>, limit: usize,
    ) -> Result<Vec<RankedProduct>> {
        match self {
            Self::Sqlite(views) => views.top_products(tenant, ranking, currency, limit).await,
            Self::Postgres(views) => views.top_products(tenant, ranking, currency, limit).await,
        }
    }

    pub(crate) async fn funnel(&self, tenant: &Tenant) -> Result<Vec<FunnelCount>> {
        match self {
            Self::Sqlite(views) => views.funnel(tenant).await,
            Self::Postgres(views) => views.funnel(tenant).await,
        }
    }

    pub(crate) async fn process(&self, tenant: &Tenant, id: &str) -> Result<Option<ProcessRow>> {
        match self {
            Self::Sqlite(views) => views.process(tenant, id),
            Self::Postgres(views) => views.process(tenant, id).await,
        }
    }

    /// Those that wait longest without a change first.
    pub(crate) async fn processes(
        &self, tenant: &Tenant, status: Option<ProcessStatus>, slice: Slice<Place>,
    ) -> Result<Vec<ProcessRow>> {
        match self {
            Self::Sqlite(views) => views.processes(tenant, status, slice).await,
            Self::Postgres(views) => views.processes(tenant, status, slice).await,
        }
    }
}
