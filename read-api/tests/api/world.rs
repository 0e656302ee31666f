//! A log in memory, its views in a file and in a Postgres, and the router over each.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use orderflow_core::{AnyEvent, Country, Currency, CustomerId, OrderId, Quantity, Sku, UnitPrice, order, views::ALL};
use orderflow_engine::{
    Append, Category, CommandId, EventCodec, EventReader, EventStore, ExpectedVersion, MemoryStore, Metadata, NewEvent,
    Position, Projection, Rows, StreamName, Tenant, Timestamp, Wanted, projection::Changes,
};
use orderflow_http::CursorKey;
use orderflow_projector::{AnyTarget, Stored, Swept, Target, ViewWrite};
use orderflow_read_api::{AnyViews, ReadState, router};
use orderflow_stores::AnyStore;
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt;
use uuid::Uuid;

use crate::home::Home;

/// A log, and the router over each of the places that its views are in. Whatever is asked is asked everywhere, and the
/// answers have to be the same, byte for byte.
pub(crate) struct World {
    pub(crate) log: MemoryStore,
    pub(crate) projected: watch::Sender<Position>,
    pub(crate) sides: Vec<Side>,
}

pub(crate) struct Side {
    pub(crate) home: Home,
    target: AnyTarget,
    pub(crate) router: Router,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: axum::http::HeaderMap,
    bytes: bytes::Bytes,
    pub(crate) json: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:?}", self.json);
        self.json
    }

    #[track_caller]
    pub(crate) fn problem(self, status: u16, slug: &str) -> Self {
        assert_eq!(self.status, status, "{:?}", self.json);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["type"], format!("https://orderflow.dev/problems/{slug}"), "{:?}", self.json);
        self
    }
}

/// Whether the router is told how far the projector is.
pub(crate) enum Hint {
    SameProcess,
    OtherProcess,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Hint::SameProcess).await
    }

    pub(crate) async fn with(hint: Hint) -> Self {
        Self::at(vec![Home::file(), Home::server()], hint).await
    }

    /// With views in one place, where answers come so late or so early that two could not be compared.
    pub(crate) async fn only(home: Home) -> Self {
        Self::at(vec![home], Hint::SameProcess).await
    }

    async fn at(homes: Vec<Home>, hint: Hint) -> Self {
        let log = MemoryStore::new();
        let (projected, watched) = watch::channel(Position::START);
        let hint = match hint {
            Hint::SameProcess => Some(watched),
            Hint::OtherProcess => None,
        };
        let mut sides = Vec::new();
        for home in homes {
            let target = home.target().await;
            for projection in &ALL {
                target.ensure(projection.view).await.unwrap();
            }
            let router = routed(home.views(), &log, hint.clone());
            sides.push(Side { home, target, router });
        }
        Self { log, projected, sides }
    }

    /// Appends events of one decision and gives the position of the last.
    pub(crate) async fn append<E: Into<AnyEvent>>(
        &self, category: Category, id: impl std::fmt::Display, time: Timestamp, events: impl IntoIterator<Item = E>,
    ) -> Position {
        self.append_to(StreamName::new(&Tenant::default(), category, id), time, events).await
    }

    pub(crate) async fn append_to<E: Into<AnyEvent>>(
        &self, stream: StreamName, time: Timestamp, events: impl IntoIterator<Item = E>,
    ) -> Position {
        let events = events.into_iter().map(|event| {
            let event: AnyEvent = event.into();
            NewEvent { kind: event.kind(), data: event.encode().into() }
        });
        let events: Vec<_> = events.collect();
        let command = CommandId(Uuid::new_v5(&Uuid::nil(), format!("{stream}{time}").as_bytes()));
        let metadata = serde_json::to_vec(&Metadata::new(command, "tester")).unwrap().into();
        let append = Append { stream, expected: ExpectedVersion::Any, events, metadata, time };
        self.log.submit(append).await.wait().await.unwrap().position
    }

    /// Brings every view to the head of the log.
    pub(crate) async fn project(&self) -> Position {
        let head = self.log.head().await.unwrap();
        for target in self.sides.iter().map(|side| &side.target) {
            target.renew().await.unwrap();
            let mut batch = Vec::new();
            for projection in &ALL {
                let serving = target.ensure(projection.view).await.unwrap().serving;
                batch.push(self.write(projection, serving).await);
            }
            target.write(batch).await.unwrap();
        }
        self.projected.send_replace(head);
        head
    }

    /// Builds every view anew beside the serving one, and switches to it.
    pub(crate) async fn rebuild(&self) {
        for target in self.sides.iter().map(|side| &side.target) {
            let mut built = Vec::new();
            for projection in &ALL {
                let begun = target.begin_build(projection.view).await.unwrap();
                target.load(self.write(projection, begun).await).await.unwrap();
                target.index(projection.view, begun.generation).await.unwrap();
                built.push((projection.view, begun.generation));
            }
            target.switch(built).await.unwrap();
            while target.sweep().await.unwrap() == Swept::More {}
        }
    }

    /// What brings a generation to the head of the log.
    pub(crate) async fn write(&self, projection: &Projection<AnyEvent>, stored: Stored) -> ViewWrite {
        let page = self.log.read_all(stored.checkpoints.least(), usize::MAX, &Wanted::ALL).await.unwrap();
        let mut changes = Changes::new(projection.view);
        for raw in page.events.iter().filter(|raw| projection.kinds.contains(&&*raw.kind)) {
            let mut rows = Rows::default();
            (projection.project)(&raw.decode().unwrap(), &mut rows);
            changes.push(rows);
        }
        ViewWrite {
            view: projection.view,
            generation: stored.generation,
            slices: orderflow_engine::Slices::ALL,
            believed: stored.checkpoints.least(),
            to: page.through,
            changes,
            parked: vec![],
            settled: vec![],
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut replies = Vec::new();
        for side in &self.sides {
            replies.push(get(&side.router, path, headers).await);
        }
        let last = replies.pop().unwrap();
        for reply in replies {
            assert_eq!(reply.status, last.status, "{path}: {:?}, {:?}", reply.json, last.json);
            assert_eq!(reply.headers, last.headers, "{path}");
            assert_eq!(reply.bytes, last.bytes, "{path}: {:?}, {:?}", reply.json, last.json);
        }
        last
    }

    /// Every item of a list, page by page.
    pub(crate) async fn walk(&self, path: &str, limit: usize) -> Vec<Value> {
        let glue = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{glue}limit={limit}{cursor}")).await.ok();
            let found = page["items"].as_array().unwrap();
            assert!(found.len() <= limit);
            items.extend(found.iter().cloned());
            match &page["next_cursor"] {
                Value::Null => return items,
                next => cursor = format!("&cursor={}", next.as_str().unwrap()),
            }
        }
    }

    /// Places an order of some lines and gives its id.
    pub(crate) async fn place(&self, n: u128, order: NewOrder) -> OrderId {
        let id = order_id(n);
        self.append(order::CATEGORY, id, order.placed_at, [order::OrderEvent::Placed(order.placed())]).await;
        id
    }
}

pub(crate) async fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(format!("/api/v1{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let json = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Reply { status: parts.status.as_u16(), headers: parts.headers, bytes, json }
}

/// A router over views that are, or will be, somewhere.
pub(crate) fn routed(views: AnyViews, log: &MemoryStore, hint: Option<watch::Receiver<Position>>) -> Router {
    let reader = AnyStore::from(log.clone()).reader();
    let cursors = CursorKey::new(b"a key for the tests").unwrap();
    router(ReadState::new(views, reader, hint, cursors)).0
}

pub(crate) fn order_id(n: u128) -> OrderId {
    // Like the ids of the real thing, they do not grow with time in their last bits.
    OrderId(Uuid::new_v5(&Uuid::nil(), &n.to_be_bytes()))
}

pub(crate) fn at(minutes: i64) -> Timestamp {
    DateTime::<Utc>::from_timestamp(1_259_625_600, 0).unwrap() + TimeDelta::minutes(minutes)
}

pub(crate) struct NewOrder {
    pub(crate) placed_at: Timestamp,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) country: Option<&'static str>,
    pub(crate) currency: &'static str,
    pub(crate) reference: Option<String>,
    pub(crate) lines: Vec<order::Line>,
}

impl NewOrder {
    pub(crate) fn new(minutes: i64) -> Self {
        Self {
            placed_at: at(minutes),
            customer: None,
            country: Some("United Kingdom"),
            currency: "GBP",
            reference: None,
            lines: vec![line(1, "85048", 12, "6.95")],
        }
    }

    pub(crate) fn placed(&self) -> order::Placed {
        order::Placed {
            customer: self.customer,
            country: self.country.map(|name| Country::new(name).unwrap()),
            currency: self.currency.parse::<Currency>().unwrap(),
            reference: self.reference.clone(),
            payment_token: "tok_approve".to_owned(),
            placed_at: self.placed_at,
            total: self.lines.iter().map(|line| line.total).sum(),
            lines: self.lines.clone(),
        }
    }
}

pub(crate) fn line(line: u32, sku: &str, quantity: u32, price: &str) -> order::Line {
    let unit_price = UnitPrice::new(price.parse::<Decimal>().unwrap()).unwrap();
    let quantity = Quantity::new(quantity).unwrap();
    order::Line {
        line,
        sku: Sku::new(Arc::<str>::from(sku)).unwrap(),
        description: format!("A \"{sku}\" \u{00e9}\n"),
        quantity,
        unit_price,
        total: unit_price.times(quantity, Currency::GBP),
    }
}

pub(crate) async fn soon() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
