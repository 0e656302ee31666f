//! The generations of a view: begun, switched to, given up, swept away.

use orderflow_engine::{Position, View};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::{
    super::{Activity, Checkpoints, Fit, Generation, Generations, Stored, Swept, TargetError, shape::check_columns},
    schema,
};

/// How many rows of what no longer serves are removed in one transaction.
const SWEEP_ROWS: u32 = 10_000;

fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

pub(super) fn ensure(connection: &mut Connection, view: &'static View) -> Result<Generations, TargetError> {
    check_columns(view)?;
    let transaction = begin(connection)?;
    let serving = match stored(&transaction, view, "serving")? {
        Some(serving) => serving,
        None => {
            let generation = next(&transaction, view)?;
            transaction.execute_batch(&schema::create_table(view, generation))?;
            for index in view.indexes {
                transaction.execute_batch(&schema::create_index(view, generation, index))?;
            }
            transaction.execute_batch(&schema::create_view(view, generation))?;
            insert(&transaction, view, generation, "serving")?;
            stored(&transaction, view, "serving")?.ok_or_else(|| TargetError::new("the view was not created"))?
        }
    };
    let building = stored(&transaction, view, "building")?;
    let paused: bool = transaction.query_row(
        "SELECT paused FROM projections WHERE view = ?1 AND role = 'serving'",
        [view.name],
        |row| row.get(0),
    )?;
    transaction.commit()?;
    Ok(Generations { serving, building, activity: if paused { Activity::Paused } else { Activity::Active } })
}

pub(super) fn begin_build(connection: &mut Connection, view: &'static View) -> Result<Stored, TargetError> {
    let transaction = begin(connection)?;
    match stored(&transaction, view, "building")? {
        Some(found) if found.fit == Fit::Declared && found.checkpoints.least() > Position::START => return Ok(found),
        Some(found) => retire(&transaction, view, found.generation)?,
        None => {}
    }
    let generation = next(&transaction, view)?;
    transaction.execute_batch(&schema::create_table(view, generation))?;
    insert(&transaction, view, generation, "building")?;
    let begun = stored(&transaction, view, "building")?;
    transaction.commit()?;
    begun.ok_or_else(|| TargetError::new("the generation was not begun"))
}

pub(super) fn switch(connection: &mut Connection, views: &[(&'static View, Generation)]) -> Result<(), TargetError> {
    let transaction = begin(connection)?;
    for (view, generation) in views {
        let before = stored(&transaction, view, "serving")?;
        let before = before.ok_or_else(|| TargetError::new(format!("'{}' does not serve", view.name)))?;
        let paused: i64 = transaction.query_row(
            "SELECT paused FROM projections WHERE view = ?1 AND generation = ?2",
            (view.name, before.generation.0),
            |row| row.get(0),
        )?;
        retire(&transaction, view, before.generation)?;
        let switched = transaction.execute(
            "UPDATE projections SET role = 'serving', paused = ?3 \
             WHERE view = ?1 AND generation = ?2 AND role = 'building'",
            (view.name, generation.0, paused),
        )?;
        if switched == 0 {
            return Err(TargetError::new(format!("generation {} of '{}' is not being built", generation.0, view.name)));
        }
        transaction.execute_batch(&format!("DROP VIEW IF EXISTS \"{}\"", view.name))?;
        transaction.execute_batch(&schema::create_view(view, *generation))?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn abandon(
    connection: &mut Connection, view: &'static View, generation: Generation,
) -> Result<(), TargetError> {
    let transaction = begin(connection)?;
    if stored(&transaction, view, "building")?.is_some_and(|building| building.generation == generation) {
        retire(&transaction, view, generation)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Removes some rows from the front of a retired table, or an empty table.
pub(super) fn sweep(connection: &mut Connection) -> Result<Swept, TargetError> {
    let transaction = begin(connection)?;
    let retired = transaction.query_row("SELECT view, generation FROM retired LIMIT 1", [], |row| {
        Ok((row.get::<_, String>(0)?, Generation(row.get(1)?)))
    });
    let Some((view, generation)) = retired.optional()? else { return Ok(Swept::Everything) };
    let table = schema::table(&view, generation);
    // The table may be of a version of the view that is declared no longer, so its keys are looked up.
    let mut columns = transaction.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
    let keys = columns.query_map([&table], |row| Ok(format!("\"{}\"", row.get::<_, String>(0)?)))?;
    let keys = keys.collect::<rusqlite::Result<Vec<_>>>()?.join(", ");
    drop(columns);
    let mut indexes =
        transaction.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql NOTNULL")?;
    let names = indexes.query_map([&table], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    drop(indexes);
    for name in names {
        transaction.execute_batch(&format!("DROP INDEX \"{name}\""))?;
    }
    let removed = if keys.is_empty() {
        0
    } else {
        transaction.execute(
            &format!("DELETE FROM \"{table}\" WHERE ({keys}) IN (SELECT {keys} FROM \"{table}\" LIMIT {SWEEP_ROWS})"),
            [],
        )?
    };
    if removed == 0 {
        transaction.execute_batch(&format!("DROP TABLE IF EXISTS \"{table}\""))?;
        transaction.execute("DELETE FROM retired WHERE view = ?1 AND generation = ?2", (&view, generation.0))?;
    }
    transaction.commit()?;
    Ok(Swept::More)
}

fn stored(transaction: &Transaction<'_>, view: &View, role: &str) -> Result<Option<Stored>, TargetError> {
    let found = transaction.query_row(
        "SELECT generation, version, position FROM projections WHERE view = ?1 AND role = ?2",
        (view.name, role),
        |row| Ok((Generation(row.get(0)?), row.get(1)?, row.get(2)?)),
    );
    let Some((generation, version, position)) = found.optional()? else { return Ok(None) };
    let shape: Option<String> = transaction
        .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [schema::table(view.name, generation)], |row| {
            row.get(0)
        })
        .optional()?;
    // The statement that made the table is compared too: columns that changed without the version would not fit either.
    let fits = version == view.version && shape.as_deref() == Some(&schema::create_table(view, generation));
    let fit = if fits { Fit::Declared } else { Fit::Outdated };
    Ok(Some(Stored { generation, version, fit, checkpoints: Checkpoints::at(schema::position(position)) }))
}

fn next(transaction: &Transaction<'_>, view: &View) -> Result<Generation, TargetError> {
    let last: u32 = transaction.query_row(
        "SELECT coalesce(max(generation), 0) FROM \
         (SELECT view, generation FROM projections UNION ALL SELECT view, generation FROM retired) WHERE view = ?1",
        [view.name],
        |row| row.get(0),
    )?;
    Ok(Generation(last + 1))
}

fn insert(transaction: &Transaction<'_>, view: &View, generation: Generation, role: &str) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO projections (view, generation, version, role, position) VALUES (?1, ?2, ?3, ?4, 0)",
        (view.name, generation.0, view.version, role),
    )?;
    Ok(())
}

fn retire(transaction: &Transaction<'_>, view: &View, generation: Generation) -> rusqlite::Result<()> {
    let this = (view.name, generation.0);
    transaction.execute("DELETE FROM projections WHERE view = ?1 AND generation = ?2", this)?;
    transaction.execute("DELETE FROM parked WHERE view = ?1 AND generation = ?2", this)?;
    transaction.execute("INSERT INTO retired (view, generation) VALUES (?1, ?2)", this)?;
    Ok(())
}
