//! Slices of the log: every stream is in one of a few, so that several workers can share the work on it.

use std::fmt;

use crate::stream::StreamName;

/// One part of all streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slice(u8);

/// A set of slices.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slices(u8);

impl Slice {
    /// So many slices there are, and so many workers can share a view. Stores and targets keep slices by number, so
    /// this never changes.
    pub const COUNT: usize = 8;

    /// The slice of a stream: the 64-bit FNV-1a hash of its name, modulo the number of slices. It never changes.
    #[must_use]
    pub fn of(stream: &StreamName) -> Self {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let hash = stream.as_str().bytes().fold(0xcbf2_9ce4_8422_2325, step);
        Self((hash % Self::COUNT as u64) as u8)
    }

    /// The slice of that number, which must be below [`COUNT`](Self::COUNT).
    #[must_use]
    pub fn new(number: usize) -> Option<Self> {
        u8::try_from(number).ok().filter(|_| number < Self::COUNT).map(Self)
    }

    #[must_use]
    pub fn number(self) -> usize {
        usize::from(self.0)
    }

    /// All slices, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }
}

impl Slices {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(u8::MAX);

    #[must_use]
    pub fn contains(self, slice: Slice) -> bool {
        self.0 & 1 << slice.0 != 0
    }

    /// Whether a stream is in one of these slices.
    #[must_use]
    pub fn hold(self, stream: &StreamName) -> bool {
        self == Self::ALL || self.contains(Slice::of(stream))
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    #[must_use]
    pub fn with(self, slice: Slice) -> Self {
        Self(self.0 | 1 << slice.0)
    }

    #[must_use]
    pub fn without(self, slice: Slice) -> Self {
        Self(self.0 & !(1 << slice.0))
    }

    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// In order.
    pub fn iter(self) -> impl Iterator<Item = Slice> {
        Slice::all().filter(move |slice| self.contains(*slice))
    }
}

impl FromIterator<Slice> for Slices {
    fn from_iter<I: IntoIterator<Item = Slice>>(slices: I) -> Self {
        slices.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Slice::number)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stores have written down must be found again.
    #[test]
    fn the_slice_of_a_stream_never_changes() {
        let of = |name: &str| Slice::of(&StreamName::parse(name).unwrap()).number();
        assert_eq!(["book-1", "book-2", "reader-85048", "book-1@acme"].map(of), [2, 7, 2, 0]);
    }

    #[test]
    fn streams_are_spread_evenly() {
        let mut counts = [0; Slice::COUNT];
        for id in 0..8_000 {
            counts[Slice::of(&StreamName::parse(format!("book-{id}")).unwrap()).number()] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_set_is_what_was_put_in() {
        let set: Slices = [1, 6].into_iter().filter_map(Slice::new).collect();
        assert_eq!((set.len(), format!("{set:?}").as_str()), (2, "{1, 6}"));
        assert_eq!(Slice::all().collect::<Slices>(), Slices::ALL);
        assert!(Slice::new(Slice::COUNT).is_none() && set.without(Slice(1)).without(Slice(6)).is_empty());
    }
}
