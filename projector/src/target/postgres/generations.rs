//! The generations of a view: begun, switched to, given up, swept away.

use orderflow_engine::{Position, Slice, View};
use sqlx::{PgPool, Row};

use super::{
    super::{
        Activity, Checkpoints, Fit, Generation, Generations, Stored, Swept, Switched, TargetError, shape::check_columns,
    },
    locks,
    schema::{self, small},
    session::{Session, generated, statement},
};

/// What is kept of a view: what serves, what is being built, and whether it is paused.
#[derive(Default)]
struct Kept {
    serving: Option<(Stored, Activity)>,
    building: Option<Stored>,
}

pub(super) async fn ensure(pool: &PgPool, view: &'static View) -> Result<Generations, TargetError> {
    let mut session = Session::take(pool).await?;
    let mut kept = kept(&mut session, view).await?;
    session.end();
    if kept.serving.is_none() {
        kept = create(pool, view).await?;
    }
    let Some((serving, activity)) = kept.serving else {
        return Err(TargetError::new(format!("the view '{}' was not created", view.name)));
    };
    Ok(Generations { serving, building: kept.building, activity })
}

async fn create(pool: &PgPool, view: &'static View) -> Result<Kept, TargetError> {
    check_columns(view)?;
    schema::check_name(view)?;
    let mut session = begin(pool).await?;
    // Another worker may have been first.
    if kept(&mut session, view).await?.serving.is_none() {
        let generation = insert(&mut session, view, "serving").await?;
        session.run(generated(schema::add_key(view, generation))).await?;
        for index in schema::create_indexes(view, generation) {
            session.run(generated(index)).await?;
        }
        session.run(generated(schema::create_view(view, generation))).await?;
    }
    let kept = kept(&mut session, view).await?;
    session.commit().await?;
    Ok(kept)
}

pub(super) async fn begin_build(pool: &PgPool, view: &'static View) -> Result<Stored, TargetError> {
    let mut session = begin(pool).await?;
    match kept(&mut session, view).await?.building {
        Some(found) if found.fit == Fit::Declared && found.checkpoints.least() > Position::START => {
            session.commit().await?;
            return Ok(found);
        }
        Some(found) => retire(&mut session, view, found.generation).await?,
        None => {}
    }
    insert(&mut session, view, "building").await?;
    let begun = kept(&mut session, view).await?.building;
    session.commit().await?;
    begun.ok_or_else(|| TargetError::new("the generation was not begun"))
}

/// Readers of the view wait for a moment, and find one table or the other when they look it up: dropped and made again
/// in one transaction, the SQL view is never missing, whatever its columns are from now on.
pub(super) async fn switch(pool: &PgPool, views: &[(&'static View, Generation)]) -> Result<Switched, TargetError> {
    let mut session = begin(pool).await?;
    // Behind a reader that takes its time, new readers would wait as long as this does.
    session.run(statement("SET LOCAL lock_timeout = '1s'")).await?;
    for (view, generation) in views {
        let kept = kept(&mut session, view).await?;
        let (before, activity) =
            kept.serving.ok_or_else(|| TargetError::new(format!("'{}' does not serve", view.name)))?;
        if before.version > view.version {
            return Err(TargetError::new(format!("'{}' serves for a newer program meanwhile", view.name)));
        }
        if !does_not_go_back(&mut session, view, before.generation, *generation).await? {
            return Err(TargetError::new(format!(
                "'{}' went on meanwhile: bring the new one forward again",
                view.name
            )));
        }
        retire(&mut session, view, before.generation).await?;
        let serve = statement(include_str!("sql/begin_serving.sql"))
            .bind(view.name)
            .bind(small(generation.0))
            .bind(activity == Activity::Paused);
        if session.run(serve).await? == 0 {
            return Err(TargetError::new(format!("generation {} of '{}' is not being built", generation.0, view.name)));
        }
        if !session.run_unless_locked(generated(schema::drop_view(view))).await? {
            session.roll_back().await?;
            return Ok(Switched::Busy);
        }
        session.run(generated(schema::create_view(view, *generation))).await?;
    }
    session.commit().await?;
    Ok(Switched::Done)
}

/// Whoever switches has seen to it that nobody writes; but what reserved that may be lost, and nobody be told. So both
/// generations are locked, which waits for writers, and looked at once more.
async fn does_not_go_back(
    session: &mut Session, view: &View, serving: Generation, building: Generation,
) -> Result<bool, TargetError> {
    let rows = session.rows(statement(include_str!("sql/lock_checkpoints.sql")).bind(view.name)).await?;
    let (mut reached, mut least) = (0, i64::MAX);
    for row in rows {
        let (generation, position): (i32, i64) = (row.try_get(0)?, row.try_get(1)?);
        if generation == small(serving.0) {
            reached = reached.max(position);
        } else if generation == small(building.0) {
            least = least.min(position);
        }
    }
    Ok(least >= reached)
}

pub(super) async fn abandon(pool: &PgPool, view: &'static View, generation: Generation) -> Result<(), TargetError> {
    let mut session = begin(pool).await?;
    if kept(&mut session, view).await?.building.is_some_and(|building| building.generation == generation) {
        retire(&mut session, view, generation).await?;
    }
    session.commit().await
}

/// Drops one table. Nobody finds it any more, so it does not matter that this waits for the last readers of it.
pub(super) async fn sweep(pool: &PgPool) -> Result<Swept, TargetError> {
    let mut session = Session::begin(pool).await?;
    let Some(retired) = session.row(statement(include_str!("sql/next_retired.sql"))).await? else {
        session.commit().await?;
        return Ok(Swept::Everything);
    };
    let (view, generation): (String, i32) = (retired.try_get(0)?, retired.try_get(1)?);
    let table = schema::table(&view, Generation(generation.unsigned_abs()));
    session.run(generated(format!("DROP TABLE IF EXISTS \"{table}\""))).await?;
    session.run(statement(include_str!("sql/delete_retired.sql")).bind(view).bind(generation)).await?;
    session.commit().await?;
    Ok(Swept::More)
}

pub(super) async fn set_activity(pool: &PgPool, view: &View, activity: Activity) -> Result<(), TargetError> {
    let mut session = Session::take(pool).await?;
    let paused = activity == Activity::Paused;
    session.run(statement(include_str!("sql/set_paused.sql")).bind(view.name).bind(paused)).await?;
    session.end();
    Ok(())
}

/// Begins to change generations, when nobody else does.
async fn begin(pool: &PgPool) -> Result<Session, TargetError> {
    let mut session = Session::begin(pool).await?;
    session.row(locks::within_transaction(locks::GENERATIONS)).await?;
    Ok(session)
}

async fn kept(session: &mut Session, view: &View) -> Result<Kept, TargetError> {
    let mut kept = Kept::default();
    for row in session.rows(statement(include_str!("sql/stored.sql")).bind(view.name)).await? {
        let (generation, version): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
        let (generation, version) = (Generation(generation.unsigned_abs()), version.unsigned_abs());
        let (role, paused, shape): (String, bool, String) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        let positions: Vec<i64> = row.try_get(5)?;
        // The statement that made the table is compared too: columns that changed without the version would not fit
        // either.
        let fits = version == view.version && shape == schema::create_table(view, generation);
        let fit = if fits { Fit::Declared } else { Fit::Outdated };
        let mut checkpoints = Checkpoints::at(Position::START);
        for (slice, position) in Slice::all().zip(positions) {
            checkpoints.set([slice].into_iter().collect(), schema::position(position));
        }
        let stored = Stored { generation, version, fit, checkpoints };
        if role == "serving" {
            kept.serving = Some((stored, if paused { Activity::Paused } else { Activity::Active }));
        } else {
            kept.building = Some(stored);
        }
    }
    Ok(kept)
}

/// Makes the next generation: its table, and checkpoints at the start.
async fn insert(session: &mut Session, view: &View, role: &'static str) -> Result<Generation, TargetError> {
    let next = session.row(statement(include_str!("sql/next_generation.sql")).bind(view.name)).await?;
    let next: i32 = next.ok_or_else(|| TargetError::new("no next generation"))?.try_get(0)?;
    let generation = Generation(next.unsigned_abs());
    let table = schema::create_table(view, generation);
    let insert = statement(include_str!("sql/insert_generation.sql"))
        .bind(view.name)
        .bind(next)
        .bind(small(view.version))
        .bind(role)
        .bind(table.clone());
    session.run(insert).await?;
    let checkpoints = statement(include_str!("sql/insert_checkpoints.sql"));
    session.run(checkpoints.bind(view.name).bind(next).bind(small(Slice::COUNT as u32))).await?;
    session.run(generated(table)).await?;
    Ok(generation)
}

async fn retire(session: &mut Session, view: &View, generation: Generation) -> Result<(), TargetError> {
    for sql in [
        include_str!("sql/delete_generation.sql"),
        include_str!("sql/delete_checkpoints.sql"),
        include_str!("sql/delete_parked.sql"),
        include_str!("sql/insert_retired.sql"),
    ] {
        session.run(statement(sql).bind(view.name).bind(small(generation.0))).await?;
    }
    Ok(())
}
