//! The first rows of a generation: copied into a table without indexes, which gets its key when they are there.

use bytes::{BufMut, BytesMut};
use orderflow_engine::{
    View,
    projection::{Column, ColumnKind, Key, Merged, Value},
};
use sqlx::{PgConnection, PgPool};

use super::{
    super::{TargetError, ViewWrite, WriteError},
    index, schema,
    session::{Session, long},
    tenure::Held,
    upsert::{first_value, misfit, text},
    write::{Fence, park, settle},
};

/// What goes to the server at a time.
const CHUNK_BYTES: usize = 256 * 1024;
/// The signature of the binary format, no flags, and no extension of the header.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: i16 = -1;
const NULL: i32 = -1;

pub(super) async fn load(pool: &PgPool, held: &Held, load: ViewWrite) -> Result<(), WriteError> {
    let fence = Fence::of(std::slice::from_ref(&load));
    let ViewWrite { view, generation, changes, parked, settled, .. } = load;
    let sorted = tokio::task::spawn_blocking(move || changes.sorted()).await;
    let rows = sorted.map_err(TargetError::new)?;
    let table = schema::table(view.name, generation);
    let mut connection = long(pool).await?;
    copy(&mut connection, &format!("COPY \"{table}\" ({}) FROM STDIN BINARY", schema::all_names(view)), view, rows)
        .await?;
    index::key(&mut connection, view, generation).await?;
    drop(connection);

    let mut session = Session::begin(pool).await?;
    if let Some(fenced) = fence.pass(&mut session, held).await? {
        session.roll_back().await?;
        return Err(fenced);
    }
    let settled: Vec<_> = settled.iter().map(|stream| stream.as_str()).collect();
    for statement in settle(view, generation, &settled).into_iter().chain(park(view, generation, &parked)) {
        session.run(statement).await?;
    }
    Ok(session.commit().await?)
}

async fn copy(
    connection: &mut PgConnection, sql: &str, view: &View, rows: Vec<(Key, Merged)>,
) -> Result<(), TargetError> {
    let mut copying = connection.copy_in_raw(sql).await?;
    let mut chunk = BytesMut::with_capacity(CHUNK_BYTES * 2);
    chunk.put_slice(HEADER);
    for (key, merged) in rows {
        put_row(&mut chunk, view, &key, &merged)?;
        if chunk.len() >= CHUNK_BYTES {
            copying.send(&chunk[..]).await?;
            chunk.clear();
        }
    }
    chunk.put_i16(TRAILER);
    copying.send(&chunk[..]).await?;
    copying.finish().await?;
    Ok(())
}

fn put_row(chunk: &mut BytesMut, view: &View, key: &Key, merged: &Merged) -> Result<(), TargetError> {
    let width = (view.key.len() + view.columns.len()) as i16;
    if let Merged::Delete = merged {
        return Ok(());
    }
    chunk.put_i16(width);
    for (column, value) in view.key.iter().zip(key) {
        put(chunk, view, column, value)?;
    }
    match merged {
        Merged::Delete => {}
        Merged::Replace(row) => {
            for (column, value) in view.columns.iter().zip(row) {
                put(chunk, view, column, value)?;
            }
        }
        Merged::Update(cells) => {
            for (column, cell) in view.columns.iter().zip(cells) {
                put(chunk, view, column, &first_value(cell, column))?;
            }
        }
    }
    Ok(())
}

fn put(chunk: &mut BytesMut, view: &View, column: &Column, value: &Value) -> Result<(), TargetError> {
    match (column.kind, value) {
        (_, Value::Null) => chunk.put_i32(NULL),
        (ColumnKind::Int, Value::Int(value)) => {
            chunk.put_i32(8);
            chunk.put_i64(*value);
        }
        (ColumnKind::Text | ColumnKind::Json | ColumnKind::Words, Value::Text(value)) => {
            let text = text(column, value);
            chunk.put_i32(i32::try_from(text.len()).map_err(TargetError::new)?);
            chunk.put_slice(text.as_bytes());
        }
        (ColumnKind::Int, Value::Text(_))
        | (ColumnKind::Text | ColumnKind::Json | ColumnKind::Words, Value::Int(_)) => {
            return Err(misfit(view, column, value));
        }
    }
    Ok(())
}
