//! Which views want which events.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use orderflow_engine::{Kinds, Position, Projection, StreamName};

/// The streams of which a view has parked events; what comes later of them is parked too.
pub(crate) type Parked = Arc<HashSet<StreamName>>;

/// How many projections one projector runs at most: a bit each.
pub(crate) const MAX_PROJECTIONS: usize = 64;

/// The part of the log that a view is to take: above `after`, up to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) after: Position,
    pub(crate) to: Position,
}

impl Span {
    pub(crate) const fn after(after: Position) -> Self {
        Self { after, to: Position(u64::MAX) }
    }

    pub(crate) fn contains(self, position: Position) -> bool {
        position > self.after && position <= self.to
    }

    pub(crate) fn is_done(self) -> bool {
        self.after >= self.to
    }

    /// Where a view stands after everything up to `through` was considered.
    pub(crate) fn advanced(self, through: Position) -> Position {
        through.min(self.to).max(self.after)
    }
}

/// A set of projections that read the log together.
pub(crate) struct Route<E: 'static> {
    pub(crate) projections: Vec<Projection<E>>,
    pub(crate) parked: Vec<Parked>,
    pub(crate) kinds: Kinds,
    by_kind: HashMap<&'static str, u64>,
}

impl<E> Route<E> {
    pub(crate) fn new(members: impl IntoIterator<Item = (Projection<E>, Parked)>) -> Self {
        let (projections, parked): (Vec<Projection<E>>, Vec<Parked>) = members.into_iter().unzip();
        // Sorted, so that a store sees the same list each time.
        let mut by_kind = BTreeMap::<&'static str, u64>::new();
        for (index, projection) in projections.iter().enumerate() {
            for kind in projection.kinds {
                *by_kind.entry(kind).or_default() |= 1 << index;
            }
        }
        let kinds = Kinds::Only(by_kind.keys().copied().collect());
        Self { projections, parked, kinds, by_kind: by_kind.into_iter().collect() }
    }

    /// The projections that want events of a kind, a bit each.
    pub(crate) fn wanting(&self, kind: &str) -> u64 {
        self.by_kind.get(kind).copied().unwrap_or(0)
    }
}
