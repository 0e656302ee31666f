//! What a projection may say of its view.
//!
//! A projection that names a column that is not there would otherwise fail where its rows are merged or written, far
//! from the event that is to be parked for it.

use orderflow_engine::{
    View,
    projection::{Column, ColumnKind, Key, Op, Value},
};

/// The bytes of text in the operation.
pub(crate) fn check(view: &View, key: &Key, op: &Op) -> Result<usize, String> {
    if key.len() != view.key.len() {
        return Err(format!("a key of {} values where '{}' has {}", key.len(), view.name, view.key.len()));
    }
    let mut bytes = 0;
    for (column, value) in view.key.iter().zip(key) {
        if *value == Value::Null {
            return Err(format!("the key column '{}' is null", column.name));
        }
        bytes += fits(column, value)?;
    }
    match op {
        Op::Put(columns) | Op::Patch(columns) => {
            for (name, value) in columns {
                bytes += fits(find(view, name)?, value)?;
            }
        }
        Op::Add(deltas) => {
            for (name, _) in deltas {
                if find(view, name)?.kind != ColumnKind::Int {
                    return Err(format!("the column '{name}' is not a number to add to"));
                }
            }
        }
        Op::Delete => {}
    }
    Ok(bytes)
}

fn find(view: &View, name: &str) -> Result<&'static Column, String> {
    let found = view.columns.iter().find(|column| column.name == name);
    found.ok_or_else(|| format!("the view '{}' has no column '{name}'", view.name))
}

fn fits(column: &Column, value: &Value) -> Result<usize, String> {
    match (value, column.kind) {
        (Value::Null, _) | (Value::Int(_), ColumnKind::Int) => Ok(0),
        (Value::Text(text), ColumnKind::Text | ColumnKind::Json | ColumnKind::Words) => Ok(text.len()),
        (Value::Int(_), ColumnKind::Text | ColumnKind::Json | ColumnKind::Words) => {
            Err(format!("a number for the text column '{}'", column.name))
        }
        (Value::Text(_), ColumnKind::Int) => Err(format!("a text for the number column '{}'", column.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static VIEW: View = View {
        name: "things",
        version: 1,
        key: &[Column::text("id")],
        columns: &[Column::int("count"), Column::text("name")],
        indexes: &[],
    };

    #[test]
    fn operations_that_do_not_fit_the_view_are_told() {
        let key = vec![Value::from("a")];
        let ok = |op| check(&VIEW, &key, &op);
        assert_eq!(ok(Op::Put(vec![("count", 1.into()), ("name", "bcd".into())])), Ok(4));
        assert_eq!(ok(Op::Patch(vec![("name", Value::Null)])), Ok(1));
        for wrong in [
            Op::Put(vec![("cuont", 1.into())]),
            Op::Patch(vec![("count", "1".into())]),
            Op::Patch(vec![("name", 1.into())]),
            Op::Add(vec![("name", 1)]),
            Op::Add(vec![("nmae", 1)]),
        ] {
            assert!(ok(wrong.clone()).is_err(), "{wrong:?}");
        }
        for wrong in [vec![], vec![Value::Null], vec![Value::Int(1)], vec!["a".into(), "b".into()]] {
            assert!(check(&VIEW, &wrong, &Op::Delete).is_err(), "{wrong:?}");
        }
    }
}
