//! Accounts that transfer amounts to each other, and three views of them.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use chrono::DateTime;
use orderflow_engine::{
    Append, EventReader, EventStore, ExpectedVersion, MemoryStore, NewEvent, Position, Projection, Recorded, Rows,
    StreamName, View, Wanted, event_codec,
    projection::{Changes, Column, Index, Key, Value},
};
use orderflow_projector::{AnyTarget, Options, Projector, Target, WriteError};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) owner: String,
}
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transferred {
    pub(crate) to: String,
    pub(crate) amount: i64,
}
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Renamed {
    pub(crate) owner: String,
}
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Closed {}

#[derive(Debug, Clone)]
pub(crate) enum BankEvent {
    Opened(Opened),
    Transferred(Transferred),
    Renamed(Renamed),
    Closed(Closed),
}
event_codec! {
    BankEvent {
        Opened(Opened) => "account.opened.v1",
        Transferred(Transferred) => "account.transferred.v1",
        Renamed(Renamed) => "account.renamed.v1",
        Closed(Closed) => "account.closed.v1",
    }
}

pub(crate) static ACCOUNTS: View = View {
    name: "accounts",
    version: 1,
    key: &[Column::text("id")],
    columns: &[Column::text("owner"), Column::int("balance"), Column::int("renamed_at").or_null()],
    indexes: &[Index { name: "by_balance", columns: &["balance"], where_present: None }],
};
pub(crate) static ACCOUNTS_LATER: View = View {
    name: "accounts",
    version: 2,
    key: &[Column::text("id")],
    columns: &[Column::text("holder"), Column::int("balance")],
    indexes: &[Index { name: "by_holder", columns: &["holder"], where_present: None }],
};
pub(crate) static TOTALS: View = View {
    name: "totals",
    version: 1,
    key: &[Column::text("what")],
    columns: &[Column::int("count"), Column::int("amount")],
    indexes: &[],
};
pub(crate) static TRANSFERS: View = View {
    name: "transfers",
    version: 1,
    key: &[Column::text("from"), Column::int("number")],
    columns: &[Column::text("to"), Column::int("amount")],
    indexes: &[Index { name: "by_to", columns: &["to", "amount"], where_present: None }],
};

/// The amount on which the first version of the projection of accounts fails.
pub(crate) const UNLUCKY: i64 = 1_313;

fn accounts(event: &Recorded<BankEvent>, rows: &mut Rows) {
    if let BankEvent::Transferred(transferred) = &event.event {
        assert!(transferred.amount != UNLUCKY, "an unlucky amount");
    }
    accounts_fixed(event, rows);
}

fn accounts_fixed(event: &Recorded<BankEvent>, rows: &mut Rows) {
    let id = vec![Value::from(event.stream.id())];
    match &event.event {
        BankEvent::Opened(opened) => rows.patch(id, vec![("owner", opened.owner.as_str().into())]),
        BankEvent::Transferred(transferred) => {
            rows.add(id, vec![("balance", -transferred.amount)]);
            rows.add(vec![transferred.to.as_str().into()], vec![("balance", transferred.amount)]);
        }
        BankEvent::Renamed(renamed) => {
            let at = i64::try_from(event.position.0).unwrap();
            rows.patch(id, vec![("owner", renamed.owner.as_str().into()), ("renamed_at", at.into())]);
        }
        BankEvent::Closed(_) => rows.delete(id),
    }
}

fn accounts_later(event: &Recorded<BankEvent>, rows: &mut Rows) {
    let id = vec![Value::from(event.stream.id())];
    match &event.event {
        BankEvent::Opened(Opened { owner }) | BankEvent::Renamed(Renamed { owner }) => {
            rows.patch(id, vec![("holder", owner.as_str().into())]);
        }
        BankEvent::Transferred(transferred) => {
            rows.add(id, vec![("balance", -transferred.amount)]);
            rows.add(vec![transferred.to.as_str().into()], vec![("balance", transferred.amount)]);
        }
        BankEvent::Closed(_) => rows.delete(id),
    }
}

fn totals(event: &Recorded<BankEvent>, rows: &mut Rows) {
    match &event.event {
        BankEvent::Opened(_) => rows.add(vec!["opened".into()], vec![("count", 1)]),
        BankEvent::Transferred(Transferred { amount, .. }) => {
            rows.add(vec!["transferred".into()], vec![("count", 1), ("amount", *amount)]);
        }
        BankEvent::Closed(_) => rows.add(vec!["closed".into()], vec![("count", 1)]),
        BankEvent::Renamed(_) => {}
    }
}

fn transfers(event: &Recorded<BankEvent>, rows: &mut Rows) {
    match &event.event {
        BankEvent::Transferred(Transferred { to, amount }) => {
            let number = i64::try_from(event.version.0).unwrap();
            let key = vec![event.stream.id().into(), number.into()];
            rows.put(key, vec![("to", to.as_str().into()), ("amount", (*amount).into())]);
        }
        BankEvent::Opened(_) | BankEvent::Renamed(_) | BankEvent::Closed(_) => {}
    }
}

const ALL: &[&str] = &["account.opened.v1", "account.transferred.v1", "account.renamed.v1", "account.closed.v1"];
const COUNTED: &[&str] = &["account.opened.v1", "account.transferred.v1", "account.closed.v1"];
const MOVED: &[&str] = &["account.transferred.v1"];

const TOTALS_PROJECTION: Projection<BankEvent> = Projection { view: &TOTALS, kinds: COUNTED, project: totals };
const TRANSFERS_PROJECTION: Projection<BankEvent> = Projection { view: &TRANSFERS, kinds: MOVED, project: transfers };

pub(crate) static BANK: [Projection<BankEvent>; 3] =
    [Projection { view: &ACCOUNTS, kinds: ALL, project: accounts }, TOTALS_PROJECTION, TRANSFERS_PROJECTION];
/// The same views, by a program that can take every amount.
pub(crate) static BANK_FIXED: [Projection<BankEvent>; 3] =
    [Projection { view: &ACCOUNTS, kinds: ALL, project: accounts_fixed }, TOTALS_PROJECTION, TRANSFERS_PROJECTION];
/// A program with another version of one view.
pub(crate) static BANK_LATER: [Projection<BankEvent>; 3] = [
    Projection { view: &ACCOUNTS_LATER, kinds: ALL, project: accounts_later },
    TOTALS_PROJECTION,
    TRANSFERS_PROJECTION,
];

pub(crate) fn account(id: impl std::fmt::Display) -> StreamName {
    StreamName::parse(format!("account-{id}")).unwrap()
}

pub(crate) async fn append(store: &MemoryStore, id: impl std::fmt::Display, event: BankEvent) -> Position {
    use orderflow_engine::EventCodec;
    append_raw(store, id, event.kind(), &event.encode()).await
}

pub(crate) async fn append_raw(
    store: &MemoryStore, id: impl std::fmt::Display, kind: &'static str, data: &[u8],
) -> Position {
    let append = Append {
        stream: account(id),
        expected: ExpectedVersion::Any,
        events: vec![NewEvent { kind, data: Bytes::copy_from_slice(data) }],
        metadata: Bytes::from_static(b"{}"),
        time: DateTime::UNIX_EPOCH,
    };
    store.submit(append).await.wait().await.unwrap().position
}

pub(crate) fn opened(owner: &str) -> BankEvent {
    BankEvent::Opened(Opened { owner: owner.to_owned() })
}

pub(crate) fn transferred(to: impl std::fmt::Display, amount: i64) -> BankEvent {
    BankEvent::Transferred(Transferred { to: to.to_string(), amount })
}

pub(crate) fn renamed(owner: &str) -> BankEvent {
    BankEvent::Renamed(Renamed { owner: owner.to_owned() })
}

pub(crate) fn closed() -> BankEvent {
    BankEvent::Closed(Closed {})
}

/// Appends some of everything, the same each time.
pub(crate) async fn fill(store: &MemoryStore, events: u64) {
    for n in 0..events {
        let (id, other) = (n * 7 % 31, n * 11 % 37);
        let event = match n % 10 {
            0 => opened(&format!("owner-{n}")),
            1 => renamed(&format!("renamed-{n}")),
            2 if n % 3 == 0 => closed(),
            _ => transferred(other, i64::try_from(n % 100).unwrap()),
        };
        append(store, id, event).await;
    }
}

pub(crate) type Table = BTreeMap<Key, Vec<Value>>;

/// The rows that a projection makes of the whole log, one event at a time.
pub(crate) async fn reference(store: &MemoryStore, projection: &Projection<BankEvent>) -> Table {
    let page = store.read_all(Position::START, usize::MAX, &Wanted::ALL).await.unwrap();
    let mut table = Table::new();
    for raw in page.events.iter().filter(|raw| projection.kinds.contains(&&*raw.kind)) {
        let mut rows = Rows::default();
        (projection.project)(&raw.decode().unwrap(), &mut rows);
        let mut changes = Changes::new(projection.view);
        changes.push(rows);
        changes.apply(&mut table);
    }
    table
}

#[track_caller]
pub(crate) fn same(actual: &Table, expected: &Table) {
    assert_eq!(actual, expected);
}

pub(crate) async fn assert_current(
    store: &MemoryStore, target: &impl Target, projections: &'static [Projection<BankEvent>],
) {
    for projection in projections {
        let expected = reference(store, projection).await;
        same(&target.rows(projection.view).await.unwrap(), &expected);
    }
}

/// Small batches and no long waits.
pub(crate) fn options() -> Options {
    Options {
        page_events: 50,
        batch_events: 200,
        inline_events: 8,
        poll_interval: Duration::from_millis(20),
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(5),
        ..Options::default()
    }
}

/// A running projector.
pub(crate) struct Running {
    pub(crate) projector: Projector,
    pub(crate) stopped: JoinHandle<Result<(), WriteError>>,
    shutdown: CancellationToken,
}

impl Running {
    pub(crate) async fn start(
        reader: impl EventReader, target: impl Into<AnyTarget>, projections: &'static [Projection<BankEvent>],
        options: Options,
    ) -> Self {
        let shutdown = CancellationToken::new();
        let started = Projector::start(reader, target, projections, options, shutdown.clone()).await;
        let (projector, stopped) = started.unwrap();
        Self { projector, stopped, shutdown }
    }

    pub(crate) async fn reach(&self, position: Position) {
        self.projector.wait_for(position, Duration::from_secs(60)).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.stopped.await.unwrap().unwrap();
    }
}

/// Waits until something is so, without saying how long that takes.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..6_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never came true: {what}");
}
