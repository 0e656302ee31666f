//! Liveness, readiness and startup, for whoever starts, stops and routes to a service.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::join_all;
use serde::Serialize;
use tokio::time::timeout;

use crate::extract::Json;

/// How long a dependency may take to say that it is up.
const PATIENCE: Duration = Duration::from_secs(2);

/// The state of what a service depends on. The reason is for operators, and is served as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependency {
    Up,
    /// Worse than it should be, but what depends on it still works.
    Degraded(String),
    Down(String),
}

/// Where a service is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    Starting,
    Serving,
    Draining,
}

type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Dependency> + Send>> + Send + Sync>;

/// What the probes are answered from. Clones share the phase.
///
/// - `/health/live`: up as long as the process can answer at all; a service whose database is down is not helped by a
///   restart.
/// - `/health/startup`: up once the service has started.
/// - `/health/ready`: up while it serves and everything it depends on is up.
#[derive(Clone)]
pub struct Health {
    phase: Arc<AtomicU8>,
    checks: Arc<Vec<(&'static str, Check)>>,
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl Health {
    /// Starting, and dependent on nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { phase: Arc::new(AtomicU8::new(Phase::Starting as u8)), checks: Arc::default() }
    }

    /// Adds a dependency. A check that takes more than two seconds counts as down.
    ///
    /// # Panics
    ///
    /// When this registry has been cloned already: dependencies are named while it is built.
    #[must_use]
    pub fn check<C, F>(mut self, name: &'static str, check: C) -> Self
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Dependency> + Send + 'static,
    {
        let checks = Arc::get_mut(&mut self.checks).expect("dependencies are named before the registry is shared");
        checks.push((name, Box::new(move || Box::pin(check()))));
        self
    }

    /// The service takes requests from now on.
    pub fn started(&self) {
        self.phase.store(Phase::Serving as u8, Ordering::Release);
    }

    /// The service takes no new work: readiness is down from now on, so that nothing more is routed here.
    pub fn drain(&self) {
        self.phase.store(Phase::Draining as u8, Ordering::Release);
    }

    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            phase if phase == Phase::Starting as u8 => Phase::Starting,
            phase if phase == Phase::Serving as u8 => Phase::Serving,
            _ => Phase::Draining,
        }
    }

    /// `GET /health/live`, `/health/startup` and `/health/ready`.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/health/live", get(async || Report::new(BTreeMap::new(), None)))
            .route("/health/startup", get(startup))
            .route("/health/ready", get(ready))
            .with_state(self.clone())
    }

    async fn dependencies(&self) -> BTreeMap<&'static str, Answer> {
        let answers = self.checks.iter().map(async |(name, check)| {
            let dependency = timeout(PATIENCE, check())
                .await
                .unwrap_or_else(|_| Dependency::Down(format!("no answer within {} s", PATIENCE.as_secs())));
            (*name, Answer::from(dependency))
        });
        join_all(answers).await.into_iter().collect()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.checks.iter().map(|(name, _)| name).collect();
        f.debug_struct("Health").field("phase", &self.phase()).field("checks", &names).finish()
    }
}

async fn startup(State(health): State<Health>) -> Report {
    let reason = match health.phase() {
        Phase::Starting => Some("starting"),
        Phase::Serving | Phase::Draining => None,
    };
    Report::new(BTreeMap::new(), reason)
}

async fn ready(State(health): State<Health>) -> Report {
    let reason = match health.phase() {
        Phase::Starting => Some("starting"),
        Phase::Serving => None,
        Phase::Draining => Some("draining"),
    };
    Report::new(health.dependencies().await, reason)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Up,
    Degraded,
    Down,
}

#[derive(Debug, Serialize)]
struct Answer {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Dependency> for Answer {
    fn from(dependency: Dependency) -> Self {
        match dependency {
            Dependency::Up => Self { status: Status::Up, reason: None },
            Dependency::Degraded(reason) => Self { status: Status::Degraded, reason: Some(reason) },
            Dependency::Down(reason) => Self { status: Status::Down, reason: Some(reason) },
        }
    }
}

#[derive(Debug, Serialize)]
struct Report {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    dependencies: BTreeMap<&'static str, Answer>,
}

impl Report {
    fn new(dependencies: BTreeMap<&'static str, Answer>, reason: Option<&'static str>) -> Self {
        let up = reason.is_none() && dependencies.values().all(|answer| answer.status != Status::Down);
        Self { status: if up { Status::Up } else { Status::Down }, reason, dependencies }
    }
}

impl IntoResponse for Report {
    fn into_response(self) -> Response {
        let status = match self.status {
            Status::Up | Status::Degraded => StatusCode::OK,
            Status::Down => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;

    async fn probe(health: &Health, probe: &str) -> (u16, Value) {
        let request = Request::get(format!("/health/{probe}")).body(Body::empty()).unwrap();
        let response = health.router::<()>().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_service_is_ready_between_its_start_and_its_end() {
        let health = Health::new().check("event_store", async || Dependency::Up);
        assert_eq!(probe(&health, "live").await.0, 200);
        assert_eq!(probe(&health, "startup").await.0, 503);
        assert_eq!(probe(&health, "ready").await.0, 503);
        health.started();
        assert_eq!(probe(&health, "startup").await.0, 200);
        let expected = json!({"status": "up", "dependencies": {"event_store": {"status": "up"}}});
        assert_eq!(probe(&health, "ready").await, (200, expected));
        health.drain();
        let (status, body) = probe(&health, "ready").await;
        assert_eq!((status, &body["reason"]), (503, &json!("draining")));
        assert_eq!(probe(&health, "live").await.0, 200);
        assert_eq!(probe(&health, "startup").await.0, 200);
    }

    #[tokio::test]
    async fn a_degraded_dependency_is_told_and_the_service_is_ready_still() {
        let health = Health::new().check("cache", async || Dependency::Degraded("refused".to_owned()));
        health.started();
        let dependencies = json!({"cache": {"status": "degraded", "reason": "refused"}});
        assert_eq!(probe(&health, "ready").await, (200, json!({"status": "up", "dependencies": dependencies})));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dependency_is_named_with_its_reason() {
        let health = Health::new()
            .check("views", async || Dependency::Down("refused".to_owned()))
            .check("event_store", std::future::pending);
        health.started();
        let expected = json!({"status": "down", "dependencies": {
            "event_store": {"status": "down", "reason": "no answer within 2 s"},
            "views": {"status": "down", "reason": "refused"},
        }});
        assert_eq!(probe(&health, "ready").await, (503, expected));
        assert_eq!(probe(&health, "live").await.0, 200, "a restart would not help");
    }
}
