//! Many operations on one row become one.

use std::collections::{BTreeMap, HashMap};

use super::{Key, Op, Rows, Value, View};

/// What is to be done to one column of a row that may be there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cell {
    Keep,
    Set(Value),
    Add(i64),
}

/// What is to be done to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// All columns, in their declared order, whatever was there.
    Replace(Vec<Value>),
    /// One cell a column; a row that is not there begins from the defaults.
    Update(Vec<Cell>),
    Delete,
}

/// The net effect of a run of events on one view.
///
/// Applying it to a target gives the same rows as applying every operation in order.
#[derive(Debug)]
pub struct Changes {
    view: &'static View,
    rows: HashMap<Key, Merged>,
}

impl Changes {
    #[must_use]
    pub fn new(view: &'static View) -> Self {
        Self { view, rows: HashMap::new() }
    }

    #[must_use]
    pub fn view(&self) -> &'static View {
        self.view
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds the operations of one event after those already there.
    pub fn push(&mut self, rows: Rows) {
        for (key, op) in rows.0 {
            debug_assert_eq!(key.len(), self.view.key.len(), "a key of '{}'", self.view.name);
            let view = self.view;
            match self.rows.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut entry) => {
                    let before = std::mem::replace(entry.get_mut(), Merged::Delete);
                    *entry.get_mut() = before.then(view, op);
                }
                std::collections::hash_map::Entry::Vacant(entry) => {
                    let untouched = Merged::Update(vec![Cell::Keep; view.columns.len()]);
                    entry.insert(untouched.then(view, op));
                }
            }
        }
    }

    /// The changed rows in the order of their keys, which is the order a B-tree likes best.
    #[must_use]
    pub fn sorted(self) -> Vec<(Key, Merged)> {
        let mut rows: Vec<_> = self.rows.into_iter().collect();
        rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        rows
    }

    /// The changed rows as they come.
    pub fn unsorted(self) -> impl ExactSizeIterator<Item = (Key, Merged)> {
        self.rows.into_iter()
    }

    /// Applies the changes to rows in memory.
    pub fn apply(self, table: &mut BTreeMap<Key, Vec<Value>>) {
        for (key, merged) in self.rows {
            let before = table.remove(&key);
            if let Some(row) = merged.onto(before, self.view) {
                table.insert(key, row);
            }
        }
    }
}

impl Cell {
    fn apply(self, value: &mut Value) {
        match self {
            Self::Keep => {}
            Self::Set(new) => *value = new,
            Self::Add(delta) => add(value, delta),
        }
    }
}

/// A column that is null counts from 0.
fn add(value: &mut Value, delta: i64) {
    *value = match value {
        Value::Int(before) => Value::Int(before.saturating_add(delta)),
        Value::Null => Value::Int(delta),
        Value::Text(text) => panic!("cannot add {delta} to the text '{text}'"),
    };
}

impl Merged {
    /// The row afterwards, `None` when there is none any more; `before` is the row of that view as it was.
    #[must_use]
    pub fn onto(self, before: Option<Vec<Value>>, view: &View) -> Option<Vec<Value>> {
        match self {
            Self::Delete => None,
            Self::Replace(row) => Some(row),
            Self::Update(cells) => {
                let mut row = before.unwrap_or_else(|| view.defaults());
                for (value, cell) in row.iter_mut().zip(cells) {
                    cell.apply(value);
                }
                Some(row)
            }
        }
    }

    fn then(self, view: &View, op: Op) -> Self {
        match (self, op) {
            (_, Op::Delete) => Self::Delete,
            (_, Op::Put(columns)) => {
                let mut row = view.defaults();
                for (name, value) in columns {
                    row[view.column(name)] = value;
                }
                Self::Replace(row)
            }
            (Self::Delete, op @ (Op::Patch(_) | Op::Add(_))) => Self::Replace(view.defaults()).then(view, op),
            (Self::Replace(mut row), Op::Patch(set)) => {
                for (name, value) in set {
                    row[view.column(name)] = value;
                }
                Self::Replace(row)
            }
            (Self::Replace(mut row), Op::Add(deltas)) => {
                for (name, delta) in deltas {
                    add(&mut row[view.column(name)], delta);
                }
                Self::Replace(row)
            }
            (Self::Update(mut cells), Op::Patch(set)) => {
                for (name, value) in set {
                    cells[view.column(name)] = Cell::Set(value);
                }
                Self::Update(cells)
            }
            (Self::Update(mut cells), Op::Add(deltas)) => {
                for (name, delta) in deltas {
                    match &mut cells[view.column(name)] {
                        cell @ Cell::Keep => *cell = Cell::Add(delta),
                        Cell::Add(before) => *before = before.saturating_add(delta),
                        Cell::Set(value) => add(value, delta),
                    }
                }
                Self::Update(cells)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::projection::Column;

    static VIEW: View = View {
        name: "things",
        version: 1,
        key: &[Column::int("id")],
        columns: &[Column::int("count"), Column::text("name"), Column::int("seen").or_null()],
        indexes: &[],
    };

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            (0..9_i64).prop_map(|n| Op::Put(vec![("count", n.into())])),
            (0..9_i64).prop_map(|n| Op::Patch(vec![("count", n.into()), ("name", format!("n{n}").into())])),
            (-9..9_i64).prop_map(|n| Op::Add(vec![("count", n), ("seen", 1)])),
            Just(Op::Delete),
        ]
    }

    proptest! {
        /// However a run of operations is cut into batches, the rows come out the same.
        #[test]
        fn coalescing_changes_nothing(
            ops in prop::collection::vec((0..4_i64, op()), 0..60), cuts in prop::collection::vec(1..20_usize, 1..60),
        ) {
            let mut one_by_one = BTreeMap::new();
            for (key, op) in &ops {
                let mut changes = Changes::new(&VIEW);
                changes.push(Rows(vec![(vec![Value::Int(*key)], op.clone())]));
                changes.apply(&mut one_by_one);
            }
            let mut in_batches = BTreeMap::new();
            let mut rest = &ops[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break; }
                let (batch, others) = rest.split_at((*cut).min(rest.len()));
                rest = others;
                let mut changes = Changes::new(&VIEW);
                for (key, op) in batch {
                    changes.push(Rows(vec![(vec![Value::Int(*key)], op.clone())]));
                }
                changes.apply(&mut in_batches);
            }
            prop_assert_eq!(one_by_one, in_batches);
        }
    }
}
