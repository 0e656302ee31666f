//! The slices that this worker holds, and what it has to itself.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use orderflow_engine::{Slice, Slices};
use sqlx::{PgConnection, PgPool, Row};
use tokio::task::JoinSet;

use super::{
    super::{Claim, Reservation, Reserve, TargetError, Terms},
    locks,
    session::{Session, in_time, long, statement},
    write::number,
};
use crate::lease::{Lease, Worker, share};

/// How long a lease lasts.
const LEASE_MS: i64 = 8_000;
/// How often it is renewed: three times may fail.
pub(super) const RENEW_EVERY: Duration = Duration::from_secs(2);

/// How often a worker that has something to itself says that it is still there. The server waits five seconds for it
/// while all others stand still, which every session is set up with.
const SAY_SO_EVERY: Duration = Duration::from_secs(1);
/// A rebuild keeps nobody from writing, so it may be silent for longer.
const LET_GO_OF_A_REBUILD: &str = "SET LOCAL idle_in_transaction_session_timeout = '15s'";

/// The slices that are held, each by the epoch under which it was taken.
pub(super) struct Held {
    worker: Arc<str>,
    epochs: Mutex<[Option<i64>; Slice::COUNT]>,
}

impl Held {
    pub(super) fn new(worker: Arc<str>) -> Self {
        Self { worker, epochs: Mutex::new([None; Slice::COUNT]) }
    }

    pub(super) fn worker(&self) -> &str {
        &self.worker
    }

    fn lock(&self) -> MutexGuard<'_, [Option<i64>; Slice::COUNT]> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Slices and their epochs, side by side.
    pub(super) fn epochs(&self) -> (Vec<i16>, Vec<i64>) {
        let epochs = *self.lock();
        Slice::all().zip(epochs).filter_map(|(slice, epoch)| Some((number(slice), epoch?))).unzip()
    }

    /// Renews, gives back and takes leases, whichever the claim asks for.
    pub(super) async fn claim(&self, pool: &PgPool, claim: Claim) -> Result<Terms, TargetError> {
        if claim == Claim::Nothing {
            return self.resign(pool).await.map(|()| Terms::NONE);
        }
        let mut session = Session::begin(pool).await?;
        session.row(locks::within_transaction(locks::LEASES)).await?;
        session.run(statement(include_str!("sql/forget_workers.sql"))).await?;
        let now = session.row(statement(include_str!("sql/clock.sql"))).await?;
        let now: i64 = now.ok_or_else(|| TargetError::new("the database has no clock"))?.try_get(0)?;
        let mut workers = Vec::new();
        for row in session.rows(statement(include_str!("sql/workers.sql"))).await? {
            workers.push(Worker { name: row.try_get(0)?, expires_at_micros: row.try_get(1)? });
        }
        if claim == Claim::IfNobodyElse && workers.iter().any(|worker| worker.name != self.worker()) {
            return self.give_everything_back(session).await.map(|()| Terms::NONE);
        }
        session.run(statement(include_str!("sql/note_worker.sql")).bind(self.name()).bind(LEASE_MS)).await?;
        let (mut leases, mut epochs) = (Vec::new(), Vec::new());
        for row in session.rows(statement(include_str!("sql/leases.sql"))).await? {
            leases.push(Lease { owner: row.try_get(0)?, expires_at_micros: row.try_get(1)? });
            epochs.push(row.try_get::<i64, _>(2)?);
        }
        let decision = share(self.worker(), &workers, &leases, now);
        let numbers = |slices: Slices| slices.iter().map(number).collect::<Vec<_>>();
        if !decision.give_back.is_empty() {
            let give_back = statement(include_str!("sql/give_back.sql"));
            session.run(give_back.bind(self.name()).bind(numbers(decision.give_back))).await?;
        }
        if !decision.renew.is_empty() {
            let renew = statement(include_str!("sql/renew.sql"));
            session.run(renew.bind(self.name()).bind(numbers(decision.renew)).bind(LEASE_MS)).await?;
        }
        let mut held = [None; Slice::COUNT];
        for slice in decision.renew.iter() {
            held[slice.number()] = epochs.get(slice.number()).copied();
        }
        if !decision.take.is_empty() {
            for (slice, epoch) in self.take(&mut session, numbers(decision.take)).await? {
                held[slice.number()] = Some(epoch);
            }
        }
        session.commit().await?;
        *self.lock() = held;
        Ok(Slice::all().zip(held).filter_map(|(slice, epoch)| Some((slice, epoch?.unsigned_abs()))).collect())
    }

    /// Takes those slices that no write is under way for.
    async fn take(&self, session: &mut Session, slices: Vec<i16>) -> Result<Vec<(Slice, i64)>, TargetError> {
        let mut taken = Vec::with_capacity(slices.len());
        for row in session.rows(statement(include_str!("sql/clear_for_taking.sql")).bind(slices)).await? {
            let (slice, epoch): (i16, i64) = (row.try_get(0)?, row.try_get(1)?);
            let slice = usize::try_from(slice).ok().and_then(Slice::new);
            taken.push((slice.ok_or_else(|| TargetError::new("there is a lease of no slice"))?, epoch + 1));
        }
        let (slices, epochs): (Vec<i16>, Vec<i64>) =
            taken.iter().map(|(slice, epoch)| (number(*slice), *epoch)).unzip();
        let take = statement(include_str!("sql/take.sql"));
        session.run(take.bind(self.name()).bind(slices).bind(epochs).bind(LEASE_MS)).await?;
        Ok(taken)
    }

    pub(super) async fn resign(&self, pool: &PgPool) -> Result<(), TargetError> {
        let mut session = Session::begin(pool).await?;
        session.row(locks::within_transaction(locks::LEASES)).await?;
        self.give_everything_back(session).await
    }

    async fn give_everything_back(&self, mut session: Session) -> Result<(), TargetError> {
        let all: Vec<i16> = Slice::all().map(number).collect();
        session.run(statement(include_str!("sql/give_back.sql")).bind(self.name()).bind(all)).await?;
        session.run(statement(include_str!("sql/forget_worker.sql")).bind(self.name())).await?;
        session.commit().await?;
        *self.lock() = [None; Slice::COUNT];
        Ok(())
    }

    fn name(&self) -> String {
        self.worker.as_ref().to_owned()
    }
}

/// A reservation is a lock of a transaction, which ends with its connection: dropped here, or ended there because the
/// worker has said nothing for too long. One that is frozen therefore keeps nobody waiting; when it goes on it finds that
/// checkpoints have moved, and what it then wants to write or to switch to is refused.
pub(super) async fn reserve(pool: &PgPool, what: Reserve) -> Result<Option<Reservation>, TargetError> {
    let mut connection = long(pool).await?;
    in_time(sqlx::raw_sql("BEGIN").execute(&mut connection)).await?;
    let got = match what {
        Reserve::Rebuild => {
            in_time(sqlx::raw_sql(LET_GO_OF_A_REBUILD).execute(&mut connection)).await?;
            let tried = statement(include_str!("sql/try_reserve.sql")).bind(locks::REBUILD);
            in_time(tried.fetch_one(&mut connection)).await?.try_get(0)?
        }
        Reserve::Standstill => {
            in_time(locks::within_transaction(locks::STANDSTILL).execute(&mut connection)).await?;
            true
        }
    };
    if !got {
        return Ok(None);
    }
    // Ends with the reservation, and the connection with it.
    let mut held = JoinSet::new();
    held.spawn(stay(connection));
    Ok(Some(Reservation::of(held)))
}

/// Lets the server know that this worker is there, for as long as it answers.
async fn stay(mut connection: PgConnection) {
    loop {
        tokio::time::sleep(SAY_SO_EVERY).await;
        if let Err(error) = in_time(statement("SELECT 1").execute(&mut connection)).await {
            tracing::warn!(%error, "what this worker had to itself is lost");
            return;
        }
    }
}
