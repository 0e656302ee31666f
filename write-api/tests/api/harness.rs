use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use http_body_util::BodyExt;
use orderflow_commands::{Clock, Commands, Payments, SimulatedProvider};
use orderflow_engine::{
    CommandId, Envelope, EventReader, FirstLook, MemoryStore, Metadata, RawEvent, Tenant, Timestamp,
};
use orderflow_http::{Limits, edge};
use orderflow_stores::AnyStore;
use orderflow_write_api::{Caller, Ids, Privilege, WriteState, router};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

/// The write API on an empty store, at a time that stands still.
pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) commands: Commands,
    pub(crate) store: AnyStore,
    keys: AtomicU64,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    /// The whole answer is this one.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: Value) -> &Self {
        assert_eq!((self.status.as_u16(), self.json()), (status, body));
        self
    }

    /// A problem of this kind and detail, with these errors: pointer and detail of each.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, slug: &str, action: &str, errors: &[(&str, &str)]) -> &Self {
        let body = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.status.as_u16(), status, "{body:#}");
        assert_eq!(body["type"], format!("https://orderflow.dev/problems/{slug}"), "{body:#}");
        assert_eq!(body["action"], action, "{body:#}");
        let found: Vec<_> = body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| (error["pointer"].as_str().unwrap_or_default(), error["detail"].as_str().unwrap()))
            .collect();
        assert_eq!(found, errors, "{body:#}");
        self
    }

    /// A rule's refusal, by its code.
    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status.as_u16(), &self.json()["code"]), (status, &json!(code)), "{}", self.body);
        self
    }
}

pub(crate) fn now() -> Timestamp {
    "2010-12-01T10:00:00Z".parse().unwrap()
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with(AnyStore::from(MemoryStore::new()), Privilege::Operator)
    }

    /// Another process on the same store.
    pub(crate) fn restarted(&self) -> Self {
        Self::with(self.store.clone(), Privilege::Operator)
    }

    /// The same store and the same caches for a caller without privileges.
    pub(crate) fn ordinary(&self) -> Self {
        Self::with(self.store.clone(), Privilege::Ordinary)
    }

    fn with(store: AnyStore, privilege: Privilege) -> Self {
        let commands = Commands::new(&store, 1000);
        let clock = Clock::new(now);
        let payments = Payments::new(commands.clone(), Arc::new(SimulatedProvider), clock.clone());
        let next = AtomicU64::new(1);
        let ids = Ids::new(move || Uuid::from_u128(u128::from(next.fetch_add(1, Ordering::Relaxed))));
        let caller = Caller { privilege, ..Caller::operator() };
        let state = WriteState { commands: commands.clone(), payments, store: store.clone(), clock, ids, caller };
        let router = edge(router(state).0, Limits::default());
        Self { router, commands, store, keys: AtomicU64::new(1) }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        if !body.is_empty() {
            request = request.header("Content-Type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (mut parts, body) = response.into_parts();
        parts.headers.remove("x-request-id");
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Sends under a key of its own.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let key = format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        self.send("POST", path, &[("Idempotency-Key", &key)], &body.to_string()).await
    }

    pub(crate) async fn keyed(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("Idempotency-Key", key)], &body.to_string()).await
    }

    /// Lists a product at a price in GBP.
    pub(crate) async fn list(&self, sku: &str, price: &str) {
        let body = json!({
            "sku": sku, "description": format!("the {sku}"), "price": {"amount": price, "currency": "GBP"}
        });
        let answer = self.post("/products", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    /// Places an order of one line and gives its id.
    pub(crate) async fn order(&self, sku: &str, quantity: u32) -> String {
        self.begin(sku, quantity, false).await
    }

    pub(crate) async fn draft(&self, sku: &str, quantity: u32) -> String {
        self.begin(sku, quantity, true).await
    }

    async fn begin(&self, sku: &str, quantity: u32, draft: bool) -> String {
        let mut body = order(&[(sku, quantity)]);
        body["draft"] = json!(draft);
        let answer = self.post("/orders", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.id()
    }

    /// Every event of the log, oldest first.
    pub(crate) async fn log(&self) -> Vec<RawEvent> {
        let page = self.store.read_all(Default::default(), 10_000, &orderflow_engine::Wanted::ALL).await.unwrap();
        page.events
    }

    /// The kinds of the events of one stream.
    pub(crate) async fn kinds(&self, stream: &str) -> Vec<String> {
        let log = self.log().await;
        log.iter().filter(|event| event.stream.as_str() == stream).map(|event| event.kind.to_string()).collect()
    }
}

/// What someone other than a caller of the API sends along.
pub(crate) fn envelope() -> Envelope {
    Envelope {
        metadata: Metadata::new(CommandId(Uuid::now_v7()), "the process"),
        time: now(),
        if_version: None,
        first_look: FirstLook::Load,
    }
}

pub(crate) fn tenant() -> Tenant {
    Tenant::default()
}

/// The body of an order in GBP.
pub(crate) fn order(lines: &[(&str, u32)]) -> Value {
    let lines: Vec<_> = lines.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity})).collect();
    json!({"customer_id": null, "currency": "GBP", "lines": lines, "payment": {"token": "tok_approve"}})
}
