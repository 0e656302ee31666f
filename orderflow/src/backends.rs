//! Opens what the configuration names: event store, views and cache, in files of the data directory or on servers.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use orderflow_http::CursorKey;
use orderflow_projector::{
    AnyTarget, OpenRedisError, PostgresTarget, Recent, RedisOptions, RedisTarget, SqliteTarget, ViewAgenda,
};
use orderflow_read_api::{AnyViews, CacheOptions, PostgresViews, RedisCache, SqliteViews, ViewError};
use orderflow_stores::{
    AnyReader, AnyStore, KurrentOptions, KurrentReader, KurrentStore, PostgresOpenError, PostgresOptions,
    PostgresReader, PostgresStore, SqliteOptions, SqliteReader, SqliteStore, StoreUrl,
};
use uuid::Uuid;

use crate::{home::Home, serve::Role, settings::Settings};

/// A customer's newest orders are kept at hand.
const RECENT: &[Recent] = &[Recent { view: "orders", index: "by_customer" }];
/// How long a reader waits for somebody to make what it reads, and how often it looks.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_secs(1);

/// Where the views are.
enum ViewsUrl {
    Sqlite(PathBuf),
    Postgres(String),
}

pub(crate) struct Backends<'a> {
    settings: &'a Settings,
    role: Role,
    store: StoreUrl,
    views: ViewsUrl,
}

/// What it takes to open the cache for writing.
pub(crate) struct HotDocuments {
    url: String,
}

impl<'a> Backends<'a> {
    /// What the settings name, as far as a process with this role can use it.
    pub(crate) fn of(settings: &'a Settings, role: Role) -> anyhow::Result<Self> {
        let home = Home(&settings.data.value);
        let store = match settings.store.value.get() {
            None => StoreUrl::Sqlite(home.events()),
            Some(url) => url.parse().context("the setting 'store' cannot be used")?,
        };
        let views = match settings.views.value.get() {
            None => ViewsUrl::Sqlite(home.views()),
            Some(url) => ViewsUrl::parse(url)?,
        };
        let backends = Self { settings, role, store, views };
        ensure!(
            role == Role::All || role == Role::ReadApi || !backends.are_embedded(),
            "{} shares its servers with the other roles, and a file has one process that writes it: give {} such as \
             postgres://USER@HOST/DATABASE, or run all roles with 'orderflow serve'",
            role.name(),
            if role.has_views() { "--store and --views URLs" } else { "--store a URL" }
        );
        Ok(backends)
    }

    /// Whether anything is in a file, which has one process that writes it.
    fn are_embedded(&self) -> bool {
        matches!(self.store, StoreUrl::Sqlite(_))
            || (self.role.has_views() && matches!(self.views, ViewsUrl::Sqlite(_)))
    }

    /// Whether other processes may look after the views as well.
    pub(crate) fn views_are_on_a_server(&self) -> bool {
        matches!(self.views, ViewsUrl::Postgres(_))
    }

    /// Whether positions have gaps, so that nobody can count with them.
    pub(crate) fn has_sparse_positions(&self) -> bool {
        match self.store {
            StoreUrl::Sqlite(_) | StoreUrl::Postgres(_) => false,
            StoreUrl::Kurrent(_) => true,
        }
    }

    /// The data directory, when there is anything in it.
    pub(crate) fn data_directory(&self) -> Option<PathBuf> {
        self.are_embedded().then(|| self.settings.data.value.clone())
    }

    pub(crate) async fn store(&self) -> anyhow::Result<AnyStore> {
        let cached_streams = self.settings.cached_streams.value;
        Ok(match &self.store {
            StoreUrl::Sqlite(path) => {
                let options = SqliteOptions { cached_streams, ..SqliteOptions::default() };
                SqliteStore::open(path, &options)?.into()
            }
            StoreUrl::Postgres(url) => {
                let options = PostgresOptions { cached_streams, ..PostgresOptions::default() };
                PostgresStore::open(url, &options).await?.into()
            }
            StoreUrl::Kurrent(url) => KurrentStore::open(url, &KurrentOptions::default()).await?.into(),
        })
    }

    /// The event store for reading, beside whoever writes it.
    pub(crate) async fn reader(&self) -> anyhow::Result<AnyReader> {
        Ok(match &self.store {
            StoreUrl::Sqlite(path) => SqliteReader::open(path, &SqliteOptions::default())?.into(),
            StoreUrl::Postgres(url) => wait_for_postgres(url).await?.into(),
            StoreUrl::Kurrent(url) => KurrentReader::open(url, &KurrentOptions::default()).await?.into(),
        })
    }

    /// The views for writing.
    pub(crate) async fn target(&self) -> anyhow::Result<AnyTarget> {
        Ok(match &self.views {
            ViewsUrl::Sqlite(path) => SqliteTarget::open(path)?.into(),
            ViewsUrl::Postgres(url) => {
                let options = orderflow_projector::PostgresOptions { worker: worker(), ..Default::default() };
                PostgresTarget::open(url, &options).await?.into()
            }
        })
    }

    /// The deadlines in views that this process writes.
    pub(crate) fn agenda(&self, target: AnyTarget) -> anyhow::Result<ViewAgenda> {
        match (&self.views, target) {
            (_, AnyTarget::Postgres(target)) => Ok(target.into()),
            (ViewsUrl::Sqlite(path), target) => Ok(ViewAgenda::open(target, path)?),
            (ViewsUrl::Postgres(_), _) => bail!("processes find their deadlines in the views that are written here"),
        }
    }

    /// The views for reading, and the key that cursors into them are sealed with.
    pub(crate) async fn views(&self) -> anyhow::Result<(AnyViews, CursorKey)> {
        match &self.views {
            ViewsUrl::Sqlite(path) => {
                let views = SqliteViews::new(path, orderflow_read_api::SqliteOptions::default());
                Ok((AnyViews::Sqlite(views), CursorKey::new(&Home(&self.settings.data.value).cursor_key()?)?))
            }
            ViewsUrl::Postgres(url) => {
                let views = PostgresViews::open(url, orderflow_read_api::PostgresOptions::default())?;
                let key = wait_for_views(&views).await?;
                Ok((AnyViews::Postgres(views), CursorKey::new(&key)?))
            }
        }
    }

    pub(crate) async fn cache(&self) -> anyhow::Result<Option<RedisCache>> {
        match self.settings.cache.value.get() {
            None => Ok(None),
            Some(url) => {
                let opened = RedisCache::open(url, &CacheOptions::default()).await;
                Ok(Some(opened.context("the setting 'cache' cannot be used")?))
            }
        }
    }

    pub(crate) fn hot_documents(&self) -> Option<HotDocuments> {
        self.settings.cache.value.get().map(|url| HotDocuments { url: url.to_owned() })
    }
}

impl ViewsUrl {
    fn parse(url: &str) -> anyhow::Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
            Some(_) | None => {
                bail!("the setting 'views' cannot be used: its URL should begin with postgres:// or sqlite:")
            }
        }
    }
}

impl HotDocuments {
    pub(crate) async fn target(&self) -> Result<AnyTarget, OpenRedisError> {
        let options = RedisOptions { recent: RECENT, ..RedisOptions::new(Uuid::new_v4()) };
        Ok(RedisTarget::open(&self.url, &options).await?.into())
    }
}

/// A store's tables are made by whoever writes it, who may be starting at this moment.
async fn wait_for_postgres(url: &str) -> Result<PostgresReader, PostgresOpenError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match PostgresReader::open(url, &PostgresOptions::default()).await {
            Err(error @ (PostgresOpenError::Missing { .. } | PostgresOpenError::Older { .. }))
                if Instant::now() < deadline =>
            {
                tracing::info!(%error, "waiting for it");
                tokio::time::sleep(LOOK).await;
            }
            opened => return opened,
        }
    }
}

/// The views' tables are made by a projector, who may be starting at this moment.
async fn wait_for_views(views: &PostgresViews) -> anyhow::Result<[u8; 32]> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match views.cursor_key(random_key()).await {
            Err(ViewError::NotReady) if Instant::now() < deadline => {
                tracing::info!("waiting for a projector to make the views");
                tokio::time::sleep(LOOK).await;
            }
            Err(error @ ViewError::NotReady) => {
                return Err(error).context("there are no views: is a projector running?");
            }
            key => return key.context("the setting 'views' cannot be used"),
        }
    }
}

/// The name of this process among those that share the work: new with each start.
fn worker() -> String {
    format!("{}-{}", std::process::id(), Uuid::new_v4().simple())
}

pub(crate) fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    key
}
