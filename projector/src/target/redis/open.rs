//! Opening a Redis for views: whose keys, which worker, and whether it keeps what it is given.

use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use redis::{Client, InfoDict};
use uuid::Uuid;

use super::{Inner, Recent, RedisTarget, keys::Keys, link::Link};

/// The policy under which nothing is thrown away silently.
const KEEPS_ALL: &str = "noeviction";

/// How a Redis is used for views.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// What all keys begin with: letters, digits and `_-.:{}`. A cluster needs it in braces, so that all are in one slot.
    pub prefix: String,
    /// Tells this worker from all others: made anew at random for each start.
    pub worker: Uuid,
    /// How long a worker that says nothing keeps the others from writing.
    pub lease: Duration,
    /// The lists of newest rows that are kept.
    pub recent: &'static [Recent],
    pub connect_timeout: Duration,
    /// How long the server may take for one command.
    pub response_timeout: Duration,
}

impl RedisOptions {
    /// The defaults, for the worker of this name.
    #[must_use]
    pub fn new(worker: Uuid) -> Self {
        Self {
            prefix: "orderflow".to_owned(),
            worker,
            lease: Duration::from_secs(9),
            recent: &[],
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(5),
        }
    }
}

/// Why a Redis was not opened. Nothing in it was changed. The URL is never part of it, since it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenRedisError {
    #[error("the URL of Redis cannot be read: give redis://[user:password@]host:port/[database], or rediss:// for TLS")]
    Url(#[source] redis::RedisError),
    #[error("'{0}' cannot begin the names of keys: use letters, digits and _-.:{{}}")]
    Prefix(String),
    #[error(
        "the Redis at {address} throws rows away when it is full (maxmemory-policy {policy}), and views would be wrong: \
         set maxmemory-policy to {KEEPS_ALL}"
    )]
    Evicts { address: String, policy: String },
    #[error("the Redis at {address} refused the user or the password: correct them in its URL")]
    Credentials { address: String, source: redis::RedisError },
    #[error("the Redis at {address} does not answer as it should: check the address, or try again")]
    Failed { address: String, source: redis::RedisError },
}

impl RedisTarget {
    /// Connects, and looks whether the server is fit for views.
    pub async fn open(url: &str, options: &RedisOptions) -> Result<Self, OpenRedisError> {
        if !Keys::allows(&options.prefix) {
            return Err(OpenRedisError::Prefix(options.prefix.clone()));
        }
        let client = Client::open(url).map_err(OpenRedisError::Url)?;
        let link = Link::new(client, options.connect_timeout, options.response_timeout);
        look(&link).await?;
        let inner = Inner {
            link,
            keys: Keys::new(&options.prefix),
            recent: options.recent,
            worker: options.worker.simple().to_string(),
            lease: options.lease,
            held: Mutex::new(None),
            taken: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            sweeping: tokio::sync::Mutex::new(None),
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

async fn look(link: &Link) -> Result<(), OpenRedisError> {
    let failed = |source: redis::RedisError| {
        let refused = source.kind() == redis::ErrorKind::AuthenticationFailed
            || matches!(source.code(), Some("WRONGPASS" | "NOAUTH"));
        let address = link.address();
        if refused {
            OpenRedisError::Credentials { address, source }
        } else {
            OpenRedisError::Failed { address, source }
        }
    };
    link.run::<()>(&redis::cmd("PING")).await.map_err(failed)?;
    let mut info = redis::cmd("INFO");
    let policy = match link.run::<InfoDict>(info.arg("memory")).await {
        Ok(memory) => memory.get::<String>("maxmemory_policy"),
        // A user that may not ask may still write.
        Err(error) if error.code() == Some("NOPERM") => None,
        Err(error) => return Err(failed(error)),
    };
    match policy {
        Some(policy) if policy == KEEPS_ALL => {}
        Some(policy) => return Err(OpenRedisError::Evicts { address: link.address(), policy }),
        None => {
            tracing::warn!("Redis does not say whether it keeps all rows: its maxmemory-policy must be {KEEPS_ALL}")
        }
    }
    Ok(())
}
