//! What reading a generation needs: made when most of its rows are there, which is quicker than keeping it up to date.

use orderflow_engine::View;
use sqlx::PgConnection;

use super::{
    super::{Generation, TargetError},
    schema,
    session::{generated, statement},
};

pub(super) async fn index(
    connection: &mut PgConnection, view: &View, generation: Generation,
) -> Result<(), TargetError> {
    // An hour's budget of memory would be of no use to the quick statements, and saves these a sort on disk.
    statement("SET maintenance_work_mem = '128MB'").execute(&mut *connection).await?;
    key(connection, view, generation).await?;
    for index in schema::create_indexes(view, generation) {
        generated(index).execute(&mut *connection).await?;
    }
    // The planner knows nothing of a table that has just been filled, and chooses badly until it does.
    generated(format!("ANALYZE \"{}\"", schema::table(view.name, generation))).execute(&mut *connection).await?;
    Ok(())
}

/// Makes the primary key, unless it is there.
pub(super) async fn key(connection: &mut PgConnection, view: &View, generation: Generation) -> Result<(), TargetError> {
    let name = schema::key_name(view, generation);
    let found = statement(include_str!("sql/has_key.sql")).bind(name).fetch_optional(&mut *connection).await?;
    if found.is_none() {
        generated(schema::add_key(view, generation)).execute(&mut *connection).await?;
    }
    Ok(())
}
