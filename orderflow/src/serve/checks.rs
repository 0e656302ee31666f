//! What readiness depends on.

use orderflow_engine::EventReader;
use orderflow_http::{Dependency, Health};
use orderflow_read_api::{AnyViews, RedisCache, ViewError};
use orderflow_stores::{AnyReader, AnyStore, StoreHealth};

use super::projecting::Projecting;

/// Whoever appends knows how its store is; who only reads asks it, and has the views to serve meanwhile.
pub(super) fn of_store(health: Health, store: Option<&AnyStore>, reader: &AnyReader) -> Health {
    let (store, reader) = (store.cloned(), reader.clone());
    health.check("event_store", move || {
        let (store, reader) = (store.clone(), reader.clone());
        async move {
            match store.map(|store| store.health()) {
                None => match reader.head().await {
                    Ok(_) => Dependency::Up,
                    Err(error) => Dependency::Degraded(format!("timelines and as_of are not served: {error}")),
                },
                Some(StoreHealth::Serving) => Dependency::Up,
                Some(StoreHealth::Failing(cause) | StoreHealth::Stopped(cause)) => Dependency::Down(cause.to_string()),
                Some(StoreHealth::Closed) => Dependency::Down("it is closed".to_owned()),
            }
        }
    })
}

pub(super) fn of_projector(health: Health, projecting: &Projecting) -> Health {
    let projector = projecting.views.clone();
    let health = health.check("views", move || {
        let trouble = projector.status().into_iter().find_map(|status| status.trouble);
        std::future::ready(trouble.map_or(Dependency::Up, |trouble| Dependency::Down(trouble.to_string())))
    });
    let processes = projecting.processes.clone();
    let health = health.check("processes", move || {
        std::future::ready(match processes.set_aside() {
            0 => Dependency::Up,
            aside => Dependency::Degraded(format!("{aside} cannot go on, and are tried again from time to time")),
        })
    });
    match &projecting.hot {
        None => health,
        Some(hot) => {
            let trouble = hot.trouble();
            health.check("hot_documents", move || {
                std::future::ready(trouble.get().map_or(Dependency::Up, Dependency::Degraded))
            })
        }
    }
}

/// For a process that reads views: another one may write them.
pub(super) fn of_views(health: Health, views: &AnyViews, cache: Option<&RedisCache>) -> Health {
    let (views, documents) = (views.clone(), cache.cloned());
    let health = health.check("read_models", move || {
        let (views, documents) = (views.clone(), documents.clone());
        async move {
            match views.ping().await {
                Ok(()) => Dependency::Up,
                Err(error) => without_views(&error, documents.as_ref()).await,
            }
        }
    });
    match cache.cloned() {
        None => health,
        Some(cache) => health.check("cache", move || {
            let cache = cache.clone();
            async move { cache.health().await }
        }),
    }
}

/// Every process that reads the same views has the same trouble, so one that can serve anything stays: when all are
/// left out, nobody serves.
async fn without_views(error: &ViewError, documents: Option<&RedisCache>) -> Dependency {
    match error {
        ViewError::Busy | ViewError::TooSlow => Dependency::Degraded(error.to_string()),
        ViewError::NotReady | ViewError::Failed(_) => match documents {
            Some(cache) if cache.health().await == Dependency::Up => {
                Dependency::Degraded(format!("only documents by id are served, from the cache: {error}"))
            }
            Some(_) | None => Dependency::Down(error.to_string()),
        },
    }
}
