//! Rows and checkpoints, in one transaction: planned as statements first, then carried out one after the other.

use orderflow_engine::{Position, Slice, Slices, View};
use sqlx::{PgPool, Row};

use super::{
    super::{DeadLetter, Generation, TargetError, ViewWrite, WriteError},
    index,
    schema::{integer, small, storable},
    session::{Session, Statement, in_time, statement},
    tenure::Held,
    upsert,
};

/// A plan for more rows than this is made on a thread where it keeps nobody waiting.
const INLINE_ROWS: usize = 256;

/// So many parked events are sent at a time.
const LETTERS: usize = 1_000;

/// The statements of one transaction.
struct Plan {
    fence: Fence,
    /// Generations of which it is not known that they have a key yet.
    keys: Vec<(&'static View, Generation)>,
    then: Vec<Statement>,
}

pub(super) async fn write(pool: &PgPool, held: &Held, batch: Vec<ViewWrite>) -> Result<(), WriteError> {
    let plan = if batch.iter().map(|write| write.changes.len() + write.parked.len()).sum::<usize>() > INLINE_ROWS {
        let planned = tokio::task::spawn_blocking(move || plan(batch)).await;
        planned.unwrap_or_else(|stopped| Err(TargetError::new(stopped)))?
    } else {
        plan(batch)?
    };
    let mut session = Session::begin(pool).await?;
    for (view, generation) in plan.keys {
        in_time(index::key(session.connection()?, view, generation)).await?;
    }
    if let Some(fenced) = plan.fence.pass(&mut session, held).await? {
        session.roll_back().await?;
        return Err(fenced);
    }
    for statement in plan.then {
        session.run(statement).await?;
    }
    Ok(session.commit().await?)
}

fn plan(mut batch: Vec<ViewWrite>) -> Result<Plan, TargetError> {
    // In one order by all workers, so that none of them waits for another that waits for it.
    batch.sort_by_key(|write| write.view.name);
    let fence = Fence::of(&batch);
    let starts = batch.iter().filter(|write| write.believed == Position::START);
    let keys = starts.map(|write| (write.view, write.generation)).collect();
    let mut then = Vec::new();
    for write in batch {
        let ViewWrite { view, generation, changes, parked, settled, .. } = write;
        then.extend(upsert::statements(view, generation, &changes.sorted())?);
        let settled: Vec<_> = settled.iter().map(|stream| stream.as_str()).collect();
        then.extend(settle(view, generation, &settled));
        then.extend(park(view, generation, &parked));
    }
    Ok(Plan { fence, keys, then })
}

/// What must be true for a write to happen, for every slice of every view of it.
pub(super) struct Fence(Vec<Expected>);

struct Expected {
    view: &'static str,
    generation: Generation,
    slices: Slices,
    believed: Position,
    to: Position,
}

impl Fence {
    pub(super) fn of(batch: &[ViewWrite]) -> Self {
        let expected = batch.iter().map(|write| Expected {
            view: write.view.name,
            generation: write.generation,
            slices: write.slices,
            believed: write.believed,
            to: write.to,
        });
        Self(expected.collect())
    }

    /// Moves the checkpoints, or tells why nothing of this may be written.
    pub(super) async fn pass(&self, session: &mut Session, held: &Held) -> Result<Option<WriteError>, TargetError> {
        let moving = || self.0.iter().flat_map(|of| of.slices.iter().map(move |slice| (of, slice)));
        let (slices, epochs) = held.epochs();
        let fence = statement(include_str!("sql/fence.sql"))
            .bind(held.worker().to_owned())
            .bind(slices)
            .bind(epochs)
            .bind(moving().map(|(of, _)| of.view).collect::<Vec<_>>())
            .bind(moving().map(|(of, _)| small(of.generation.0)).collect::<Vec<_>>())
            .bind(moving().map(|(_, slice)| number(slice)).collect::<Vec<_>>())
            .bind(moving().map(|(of, _)| integer(of.believed.0)).collect::<Vec<_>>())
            .bind(moving().map(|(of, _)| integer(of.to.0)).collect::<Vec<_>>());
        let answer = session.row(fence).await?.ok_or_else(|| TargetError::new("the fence gave no answer"))?;
        let Some(stranger) = answer.try_get::<Option<String>, _>(0)? else { return Ok(None) };
        let fenced = self.0.iter().find(|of| of.view == stranger);
        let fenced = fenced.ok_or_else(|| TargetError::new(format!("the fence named '{stranger}'")))?;
        Ok(Some(WriteError::Fenced { view: fenced.view, believed: fenced.believed }))
    }
}

pub(super) fn number(slice: Slice) -> i16 {
    slice.number() as i16
}

pub(super) fn settle(view: &View, generation: Generation, streams: &[&str]) -> Option<Statement> {
    if streams.is_empty() {
        return None;
    }
    let settle = statement(include_str!("sql/settle.sql"));
    Some(settle.bind(view.name).bind(small(generation.0)).bind(streams.to_vec()))
}

/// A statement for each of a few letters.
pub(super) fn park(view: &View, generation: Generation, letters: &[DeadLetter]) -> impl Iterator<Item = Statement> {
    letters.chunks(LETTERS).map(move |letters| park_some(view, generation, letters))
}

fn park_some(view: &View, generation: Generation, letters: &[DeadLetter]) -> Statement {
    statement(include_str!("sql/park.sql"))
        .bind(view.name)
        .bind(small(generation.0))
        .bind(letters.iter().map(|letter| letter.stream.as_str()).collect::<Vec<_>>())
        .bind(letters.iter().map(|letter| integer(letter.version.0)).collect::<Vec<_>>())
        .bind(letters.iter().map(|letter| integer(letter.position.0)).collect::<Vec<_>>())
        .bind(letters.iter().map(|letter| storable(&letter.kind)).collect::<Vec<_>>())
        .bind(letters.iter().map(|letter| storable(&letter.reason)).collect::<Vec<_>>())
        .bind(letters.iter().map(|letter| letter.parked_at.timestamp_micros()).collect::<Vec<_>>())
}
