//! A run of events, coalesced and ready to be written.

use std::collections::HashSet;

use orderflow_engine::{Position, Slices, StreamName, View, projection::Changes};

use crate::{
    decode::Projected,
    route::Route,
    target::{DeadLetter, Generation, ViewWrite},
};

/// What a run of events means for the views of a route.
pub(crate) struct Prepared {
    pub(crate) views: Vec<PreparedView>,
    pub(crate) through: Position,
    /// How many events were decoded for it.
    pub(crate) events: u64,
}

pub(crate) struct PreparedView {
    pub(crate) changes: Changes,
    pub(crate) parked: Vec<DeadLetter>,
    pub(crate) newly_parked: HashSet<StreamName>,
    text_bytes: usize,
    parked_bytes: usize,
}

impl Prepared {
    pub(crate) fn new<E>(route: &Route<E>) -> Self {
        let views = route.projections.iter().map(|projection| PreparedView {
            changes: Changes::new(projection.view),
            parked: Vec::new(),
            newly_parked: HashSet::new(),
            text_bytes: 0,
            parked_bytes: 0,
        });
        Self { views: views.collect(), through: Position::START, events: 0 }
    }

    /// Adds the page that comes after those already there.
    pub(crate) fn push(&mut self, page: Vec<Projected>, through: Position, events: usize) {
        for (view, projected) in self.views.iter_mut().zip(page) {
            view.changes.push(projected.rows);
            view.parked_bytes += projected.parked.iter().map(letter_bytes).sum::<usize>();
            view.parked.extend(projected.parked);
            view.newly_parked.extend(projected.newly_parked);
            view.text_bytes += projected.text_bytes;
        }
        self.through = through;
        self.events += events as u64;
    }

    /// Whether streams were parked: events after this run were projected without knowing it.
    pub(crate) fn parks(&self) -> bool {
        self.views.iter().any(|view| !view.newly_parked.is_empty())
    }

    /// About how much memory it takes, in bytes; text that was overwritten is counted still.
    pub(crate) fn memory_bytes(&self) -> usize {
        let size = |view: &PreparedView| {
            view.changes.len() * row_bytes(view.changes.view()) + view.text_bytes + view.parked_bytes
        };
        self.views.iter().map(size).sum()
    }
}

impl PreparedView {
    pub(crate) fn into_write(
        self, generation: Generation, slices: Slices, believed: Position, to: Position,
    ) -> ViewWrite {
        let Self { changes, parked, .. } = self;
        ViewWrite { view: changes.view(), generation, slices, believed, to, changes, parked, settled: Vec::new() }
    }
}

/// A letter with its texts, and its stream once more among those that are parked.
fn letter_bytes(letter: &DeadLetter) -> usize {
    size_of::<DeadLetter>() + letter.kind.len() + letter.reason.len() + 2 * (letter.stream.as_str().len() + 32)
}

/// A row without its text: its place in the table of changes, and a cell for each column.
fn row_bytes(view: &View) -> usize {
    112 + 24 * view.key.len() + 32 * view.columns.len()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use orderflow_engine::{Version, projection::Column};

    use super::*;

    static VIEW: View =
        View { name: "things", version: 1, key: &[Column::text("id")], columns: &[Column::int("n")], indexes: &[] };

    #[test]
    fn what_is_parked_takes_memory_too() {
        let view = PreparedView {
            changes: Changes::new(&VIEW),
            parked: Vec::new(),
            newly_parked: HashSet::new(),
            text_bytes: 0,
            parked_bytes: 0,
        };
        let mut batch = Prepared { views: vec![view], through: Position::START, events: 0 };
        let letter = DeadLetter {
            view: "things".into(),
            stream: StreamName::parse("thing-1").unwrap(),
            version: Version(1),
            position: Position(1),
            kind: "thing.made.v1".into(),
            reason: "x".repeat(1_000).into(),
            parked_at: DateTime::UNIX_EPOCH,
        };
        let page = Projected { parked: vec![letter; 10], ..Projected::default() };
        batch.push(vec![page], Position(10), 10);
        assert!(batch.memory_bytes() > 10_000, "{}", batch.memory_bytes());
    }
}
