//! The declaration of a view: what a target makes a table, or a keyspace, of.

use super::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Int,
    Text,
    /// JSON in text; a target may give it a type of its own.
    Json,
    /// Lower-case words separated by single spaces, for search by the beginnings of words.
    Words,
}

/// What a column holds when nothing was said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    Null,
    Int(i64),
    Text(&'static str),
}

impl Default {
    #[must_use]
    pub fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Int(value) => Value::Int(value),
            Self::Text(value) => Value::from(value),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
    pub default: Default,
}

impl Column {
    #[must_use]
    pub const fn int(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Int, default: Default::Int(0) }
    }

    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Text, default: Default::Text("") }
    }

    #[must_use]
    pub const fn json(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Json, default: Default::Null }
    }

    #[must_use]
    pub const fn words(name: &'static str) -> Self {
        Self { name, kind: ColumnKind::Words, default: Default::Text("") }
    }

    /// The same column, empty (`NULL`) until something is said of it.
    #[must_use]
    pub const fn or_null(self) -> Self {
        Self { default: Default::Null, ..self }
    }

    #[must_use]
    pub const fn or_text(self, default: &'static str) -> Self {
        Self { default: Default::Text(default), ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    /// Only rows in which this column is not null are in the index.
    pub where_present: Option<&'static str>,
}

/// A table that a projection owns. It can always be dropped and rebuilt.
#[derive(Debug, PartialEq, Eq)]
pub struct View {
    pub name: &'static str,
    /// Raised with every change of columns, indexes or of the projection's meaning: a target then rebuilds the view.
    pub version: u32,
    pub key: &'static [Column],
    pub columns: &'static [Column],
    pub indexes: &'static [Index],
}

impl View {
    /// The place of a column that is not part of the key.
    ///
    /// # Panics
    ///
    /// When the view has no such column: a fault of its projection, met by its first test.
    #[must_use]
    pub fn column(&self, name: &str) -> usize {
        let place = self.columns.iter().position(|column| column.name == name);
        place.unwrap_or_else(|| panic!("the view '{}' has no column '{name}'", self.name))
    }

    pub(super) fn defaults(&self) -> Vec<Value> {
        self.columns.iter().map(|column| column.default.value()).collect()
    }
}
