//! By which right a worker holds its slices.

use orderflow_engine::{Slice, Slices};

/// What a worker asks for when it says that it is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// As many slices as every other worker.
    Share,
    /// Everything, but only for as long as no other worker is there: for one that cannot write all that serves.
    IfNobodyElse,
    Nothing,
}

/// The slices that a worker holds, each with the number of the time that it was taken. A slice that was lost and taken
/// again has another number, so the worker finds out that somebody else may have written to it meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms([Option<u64>; Slice::COUNT]);

impl Terms {
    pub const NONE: Self = Self([None; Slice::COUNT]);

    /// All slices, taken together.
    #[must_use]
    pub const fn all(term: u64) -> Self {
        Self([Some(term); Slice::COUNT])
    }

    #[must_use]
    pub fn slices(&self) -> Slices {
        Slice::all().zip(self.0).filter(|(_, term)| term.is_some()).map(|(slice, _)| slice).collect()
    }

    /// What is held now as it was held before, without a break.
    #[must_use]
    pub fn unbroken_since(&self, before: &Self) -> Self {
        let mut kept = *self;
        for (term, before) in kept.0.iter_mut().zip(before.0) {
            *term = term.filter(|term| before == Some(*term));
        }
        kept
    }
}

impl FromIterator<(Slice, u64)> for Terms {
    fn from_iter<I: IntoIterator<Item = (Slice, u64)>>(held: I) -> Self {
        let mut terms = Self::NONE;
        for (slice, term) in held {
            terms.0[slice.number()] = Some(term);
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_and_taken_again_is_not_unbroken() {
        let [first, second, third] = [1, 2, 3].map(|number| Slice::new(number).unwrap());
        let before: Terms = [(first, 4), (second, 4)].into_iter().collect();
        let after: Terms = [(first, 4), (second, 6), (third, 1)].into_iter().collect();
        assert_eq!(after.slices().len(), 3);
        assert_eq!(after.unbroken_since(&before), [(first, 4)].into_iter().collect());
        assert_eq!(Terms::all(1).unbroken_since(&Terms::all(2)), Terms::NONE);
    }
}
