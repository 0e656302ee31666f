//! Views in a Postgres database that projectors, in whatever process, are writing.
//!
//! Every question is one statement: it sees position and rows at one instant, in one round trip. It takes its snapshot
//! when it has found the tables that serve, so a switch of generations comes before all of it or after all of it; a
//! transaction that repeats its reads would not do, because its snapshot can be older than the tables it then finds.
//!
//! Several workers bring a view forward, each some slices of the log. The position of an answer is the least of theirs:
//! its rows may be newer than it says, but never older.

mod by_status;
mod error;
mod lane;
mod orders;
mod processes;
mod products;
mod rows;
mod sales;
mod session;
mod shipments;
mod stock;
mod words;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use orderflow_engine::{Cause, Position};
use sqlx::{Row, postgres::PgRow};
use tokio::{sync::Mutex, time::Instant};

pub use self::session::InvalidUrl;
use self::{
    lane::{Lane, Limits},
    rows::Parameters,
    session::{Access, Planning, Server},
};
use super::ViewError;

/// The newest layout of the views that is understood here.
const SCHEMA_VERSION: i64 = 1;
/// How long the server may take to say that it is there, and how many may ask it at once. A wait for the turn and an
/// answer that does not come are over before whoever asks for readiness gives up.
const PROBE: Duration = Duration::from_millis(750);
const PROBES: usize = 2;
/// Whoever waits for a position asks again and again: all of them share what one of them has learnt, for so long.
const SHARED: Duration = Duration::from_millis(5);

/// What a [`PostgresViews`] may use. Every question has a connection of its own while it is answered.
#[derive(Debug, Clone, Copy)]
pub struct PostgresOptions {
    /// Point reads at once.
    pub points: usize,
    /// How long the server may take over one.
    pub point_timeout: Duration,
    /// Lists and sums at once.
    pub scans: usize,
    /// How long the server may take over one.
    pub scan_timeout: Duration,
    /// Reads of either sort that wait for their turn; more are refused.
    pub waiting: usize,
    /// How long a read waits for its turn.
    pub turn_timeout: Duration,
    pub connect_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            points: (4 * cores).clamp(8, 32),
            // A switch of generations keeps readers waiting for up to a second, behind a reader that takes its time.
            point_timeout: Duration::from_secs(2),
            scans: cores.clamp(2, 8),
            scan_timeout: Duration::from_secs(5),
            waiting: 256,
            turn_timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(1),
        }
    }
}

/// Clones share their connections. Nothing is connected to before something is asked, and the views need not be there
/// yet: until they are, they are not ready.
#[derive(Clone)]
pub struct PostgresViews(Arc<Shared>);

struct Shared {
    server: Server,
    options: PostgresOptions,
    points: Lane,
    /// Apart, so that lists cannot keep point reads waiting.
    scans: Lane,
    /// Apart, so that however much is asked, it can be told whether the server is there.
    probes: Lane,
    positions: Mutex<Option<Positions>>,
}

/// What was found when it was looked how far the views are.
struct Positions {
    found: Result<HashMap<String, Position>, ViewError>,
    began: Instant,
    ended: Instant,
}

impl Positions {
    /// Whether they will do for whoever asked then: a failure does for all who waited for it, or each of them would
    /// wait for one of its own, one after the other.
    fn serve(&self, asked: Instant) -> bool {
        match &self.found {
            Ok(_) => self.began.elapsed() <= SHARED,
            Err(_) => self.ended >= asked,
        }
    }
}

impl PostgresViews {
    pub fn open(url: &str, options: PostgresOptions) -> Result<Self, InvalidUrl> {
        let server = Server::parse(url)?;
        let lane = |at_once, statement_timeout, planning| {
            let limits = Limits {
                at_once,
                waiting: options.waiting,
                turn_timeout: options.turn_timeout,
                connect_timeout: options.connect_timeout,
                call_timeout: statement_timeout + options.connect_timeout,
            };
            Lane::new(server.connections(Access::ReadOnly, planning, statement_timeout), limits)
        };
        Ok(Self(Arc::new(Shared {
            points: lane(options.points, options.point_timeout, Planning::Once),
            scans: lane(options.scans, options.scan_timeout, Planning::EachTime),
            probes: probes(&server, &options),
            server,
            options,
            positions: Mutex::new(None),
        })))
    }

    /// Whether the views can be read: for readiness, so the answer comes soon.
    pub async fn ping(&self) -> Result<(), ViewError> {
        Self::look_at_layout(&self.0.probes).await
    }

    async fn look_at_layout(lane: &Lane) -> Result<(), ViewError> {
        let rows = lane.ask(include_str!("postgres/sql/schema_version.sql"), Parameters::default().0).await?;
        let version = rows.first().map(|row| row.try_get::<i64, _>(0)).transpose().map_err(error::failed)?;
        match version {
            Some(..=SCHEMA_VERSION) => Ok(()),
            Some(newer) => Err(ViewError::Failed(Cause::new(format!(
                "the views have layout {newer}, and this program knows those up to {SCHEMA_VERSION}: start a newer one"
            )))),
            None => Err(ViewError::NotReady),
        }
    }

    /// The secret that every process seals its cursors with: that of whoever was first to offer one. Where the views
    /// have a layout that is not known here, none is offered, and the error says so.
    pub async fn cursor_key(&self, offered: [u8; 32]) -> Result<[u8; 32], ViewError> {
        let find = || self.point(include_str!("postgres/sql/find_cursor_key.sql"), Parameters::default());
        Self::look_at_layout(&self.0.points).await?;
        let mut rows = find().await?;
        if rows.is_empty() {
            // The one statement that writes, on a connection for it alone.
            let PostgresOptions { point_timeout, connect_timeout, turn_timeout, .. } = self.0.options;
            let limits = Limits {
                at_once: 1,
                waiting: 0,
                turn_timeout,
                connect_timeout,
                call_timeout: point_timeout + connect_timeout,
            };
            let writing = self.0.server.connections(Access::ReadWrite, Planning::Once, point_timeout);
            let offer = Parameters::default().with(offered.as_slice());
            Lane::new(writing, limits).ask(include_str!("postgres/sql/offer_cursor_key.sql"), offer.0).await?;
            rows = find().await?;
        }
        let key: &[u8] = rows.first().ok_or(ViewError::NotReady)?.try_get(0).map_err(error::failed)?;
        key.try_into().map_err(|_| ViewError::Failed(Cause::new("the cursor key of the views is not one of 32 bytes")))
    }

    /// The position that all of these views have reached.
    pub(super) async fn position(&self, views: &[&'static str]) -> Result<Position, ViewError> {
        let asked = Instant::now();
        let mut positions = self.0.positions.lock().await;
        let known = match positions.take() {
            Some(known) if known.serve(asked) => known,
            Some(_) | None => {
                let (began, found) = (Instant::now(), self.find_positions().await);
                Positions { found, began, ended: Instant::now() }
            }
        };
        let found = positions.insert(known).found.as_ref().map_err(Clone::clone)?;
        let least = views.iter().map(|view| found.get(*view).copied()).min().flatten();
        least.ok_or(ViewError::NotReady)
    }

    async fn find_positions(&self) -> Result<HashMap<String, Position>, ViewError> {
        let rows = self.point(include_str!("postgres/sql/positions.sql"), Parameters::default()).await?;
        let found = rows.iter().map(|row| Ok((row.try_get(0)?, rows::position(row.try_get(1)?))));
        found.collect::<sqlx::Result<_>>().map_err(error::failed)
    }

    async fn point(&self, sql: &'static str, parameters: Parameters) -> Result<Vec<PgRow>, ViewError> {
        self.0.points.ask(sql, parameters.0).await
    }

    /// Goes on when nobody waits for it any more, because the server does: its turn is not given away before its end.
    async fn scan(&self, sql: &'static str, parameters: Parameters) -> Result<Vec<PgRow>, ViewError> {
        let shared = Arc::clone(&self.0);
        let scan = tokio::spawn(async move { shared.scans.ask(sql, parameters.0).await });
        scan.await.unwrap_or_else(|error| Err(ViewError::Failed(Cause::new(error))))
    }
}

fn probes(server: &Server, options: &PostgresOptions) -> Lane {
    let patience = options.connect_timeout.min(PROBE);
    let limits = Limits {
        at_once: PROBES,
        waiting: options.waiting,
        turn_timeout: options.turn_timeout.min(PROBE),
        connect_timeout: patience,
        call_timeout: patience + PROBE / 2,
    };
    Lane::new(server.connections(Access::ReadOnly, Planning::Once, PROBE), limits)
}

/// A URL holds a password.
impl fmt::Debug for PostgresViews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresViews").field("options", &self.0.options).finish_non_exhaustive()
    }
}
