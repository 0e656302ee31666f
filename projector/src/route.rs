//! Which views want which events.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use orderflow_engine::{Kinds, Position, Projection, RawEvent, Slice, Slices, StreamName, Wanted};

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
    /// What any of them wants.
    pub(crate) wanted: Wanted,
    /// The slices of each, when they do not all take the same.
    own_slices: Option<Vec<Slices>>,
    by_kind: HashMap<&'static str, u64>,
}

impl<E> Route<E> {
    pub(crate) fn new(members: impl IntoIterator<Item = (Projection<E>, Slices, Parked)>) -> Self {
        let (mut projections, mut slices, mut parked) = (Vec::new(), Vec::new(), Vec::new());
        for (projection, own, streams) in members {
            projections.push(projection);
            slices.push(own);
            parked.push(streams);
        }
        // Sorted, so that a store sees the same list each time.
        let mut by_kind = BTreeMap::<&'static str, u64>::new();
        for (index, projection) in projections.iter().enumerate() {
            for kind in projection.kinds {
                *by_kind.entry(kind).or_default() |= 1 << index;
            }
        }
        let kinds = Kinds::Only(by_kind.keys().copied().collect());
        let wanted = Wanted { kinds, slices: slices.iter().flat_map(|own: &Slices| own.iter()).collect() };
        let own_slices = Some(slices).filter(|slices| slices.iter().any(|own| *own != wanted.slices));
        Self { projections, parked, wanted, own_slices, by_kind: by_kind.into_iter().collect() }
    }

    /// The projections that want an event, a bit each.
    pub(crate) fn wanting(&self, event: &RawEvent) -> u64 {
        let wanting = self.by_kind.get(&*event.kind).copied().unwrap_or(0);
        let Some(own_slices) = &self.own_slices else { return wanting };
        let slice = Slice::of(&event.stream);
        let elsewhere = own_slices.iter().enumerate().filter(|(_, own)| !own.contains(slice));
        elsewhere.fold(wanting, |wanting, (index, _)| wanting & !(1 << index))
    }
}
