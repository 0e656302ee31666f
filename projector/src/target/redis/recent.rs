//! Lists of the newest rows: an index of a view as sorted sets that are cut to a length.

use orderflow_engine::{
    View,
    projection::{ColumnKind, Index, Value},
};

use super::{super::TargetError, keys, row};

/// An index of a view that is kept as lists of the newest rows. Its columns are some that rows in a list share, then a
/// whole number that they are sorted by, then columns of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    pub view: &'static str,
    pub index: &'static str,
}

/// Where a value of a row is found.
#[derive(Debug, Clone, Copy)]
enum Place {
    Key(usize),
    Column(usize),
}

/// The lists of one view.
#[derive(Debug)]
pub(super) struct Lists(Vec<List>);

#[derive(Debug)]
struct List {
    index: &'static str,
    shared: Vec<Place>,
    score: Place,
}

/// A row's place in a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) set: String,
    pub(super) score: i64,
    /// The row's key: rows with one score are in the order of their keys.
    pub(super) member: String,
}

impl Lists {
    pub(super) fn of(view: &View, recent: &[Recent]) -> Result<Self, TargetError> {
        let wanted = recent.iter().filter(|recent| recent.view == view.name);
        let list = |recent: &Recent| {
            List::of(view, recent.index).ok_or_else(|| {
                let Recent { view, index } = recent;
                TargetError::new(format!("the index '{index}' of '{view}' cannot be kept as lists of the newest rows"))
            })
        };
        wanted.map(list).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The row's place in each list, `None` where it is in none.
    pub(super) fn entries(&self, generation: &str, key: &[Value], row: &[Value]) -> Vec<Option<Entry>> {
        self.0.iter().map(|list| list.entry(generation, key, row)).collect()
    }
}

impl List {
    fn of(view: &View, index: &str) -> Option<Self> {
        let index: &Index = view.indexes.iter().find(|declared| declared.name == index)?;
        let in_key = |name: &str| view.key.iter().position(|column| column.name == name);
        let place = |name: &&str| {
            let column = || Some(Place::Column(view.columns.iter().position(|column| column.name == *name)?));
            in_key(name).map(Place::Key).or_else(column)
        };
        let is_number = |place: &Place| match place {
            Place::Key(index) => view.key[*index].kind == ColumnKind::Int,
            Place::Column(index) => view.columns[*index].kind == ColumnKind::Int,
        };
        let places: Vec<Place> = index.columns.iter().map(place).collect::<Option<_>>()?;
        let sorted_by = places.iter().position(is_number)?;
        let ties = &index.columns[sorted_by + 1..];
        // A row without one of the shared values is in no list, so a condition on another column would be a new one.
        let condition_holds = index.where_present.is_none_or(|column| index.columns[..=sorted_by].contains(&column));
        let fits = condition_holds && ties.iter().all(|name| in_key(name).is_some());
        fits.then(|| Self { index: index.name, shared: places[..sorted_by].to_vec(), score: places[sorted_by] })
    }

    fn entry(&self, generation: &str, key: &[Value], row: &[Value]) -> Option<Entry> {
        let value = |place: &Place| match place {
            Place::Key(index) => &key[*index],
            Place::Column(index) => &row[*index],
        };
        let shared: Vec<Value> = self.shared.iter().map(value).cloned().collect();
        match value(&self.score) {
            Value::Int(score) if !shared.contains(&Value::Null) => Some(Entry {
                set: keys::of_values(generation, Some(self.index), &shared),
                score: *score,
                member: row::encode(key),
            }),
            Value::Int(_) | Value::Null | Value::Text(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use orderflow_engine::projection::Column;

    use super::*;

    static VIEW: View = View {
        name: "sales",
        version: 1,
        key: &[Column::text("tenant"), Column::text("id")],
        columns: &[Column::text("buyer").or_null(), Column::int("at").or_null(), Column::text("note")],
        indexes: &[
            Index { name: "by_buyer", columns: &["tenant", "buyer", "at", "id"], where_present: Some("buyer") },
            Index { name: "by_note", columns: &["note", "at", "buyer"], where_present: None },
            Index { name: "by_text", columns: &["note"], where_present: None },
        ],
    };

    #[test]
    fn a_row_is_listed_by_what_it_shares_and_by_its_number() {
        let lists = Lists::of(&VIEW, &[Recent { view: "sales", index: "by_buyer" }]).unwrap();
        let key = ["t".into(), "7".into()];
        let entry = |buyer: Value, at: Value| lists.entries("p:sales:g1", &key, &[buyer, at, "n".into()]).remove(0);
        let listed = entry("ann".into(), 5.into()).unwrap();
        assert_eq!((listed.set.as_str(), listed.score), (r#"p:sales:g1:by_buyer:["t","ann"]"#, 5));
        assert_eq!(listed.member, r#"["t","7"]"#);
        assert_eq!(entry(Value::Null, 5.into()), None);
        assert_eq!(entry("ann".into(), Value::Null), None);
    }

    #[test]
    fn other_indexes_are_refused() {
        for index in ["by_note", "by_text", "by_nothing"] {
            assert!(Lists::of(&VIEW, &[Recent { view: "sales", index }]).is_err(), "{index}");
        }
        assert!(Lists::of(&VIEW, &[Recent { view: "others", index: "by_note" }]).unwrap().is_empty());
    }
}
