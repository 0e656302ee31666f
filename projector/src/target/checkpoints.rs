//! Where the slices of a view stand.

use orderflow_engine::{Position, Slice, Slices};

/// The position that each slice of a view has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoints([Position; Slice::COUNT]);

impl Checkpoints {
    /// All slices at the same position.
    #[must_use]
    pub const fn at(position: Position) -> Self {
        Self([position; Slice::COUNT])
    }

    #[must_use]
    pub fn of(&self, slice: Slice) -> Position {
        self.0[slice.number()]
    }

    pub fn set(&mut self, slices: Slices, position: Position) {
        for slice in slices.iter() {
            self.0[slice.number()] = position;
        }
    }

    /// Everything up to here is in the view.
    #[must_use]
    pub fn least(&self) -> Position {
        self.0.into_iter().min().unwrap_or_default()
    }

    /// Nothing above this is in the view.
    #[must_use]
    pub fn greatest(&self) -> Position {
        self.0.into_iter().max().unwrap_or_default()
    }

    /// The position of all slices, when they stand at the same one.
    #[must_use]
    pub fn common(&self) -> Option<Position> {
        Some(self.least()).filter(|least| *least == self.greatest())
    }

    /// The slices of a set by where they stand, in no particular order.
    #[must_use]
    pub fn groups(&self, among: Slices) -> Vec<(Position, Slices)> {
        let mut groups: Vec<(Position, Slices)> = Vec::with_capacity(1);
        for slice in among.iter() {
            let position = self.of(slice);
            match groups.iter_mut().find(|(at, _)| *at == position) {
                Some((_, slices)) => *slices = slices.with(slice),
                None => groups.push((position, Slices::NONE.with(slice))),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_grouped_by_where_they_stand() {
        let (first, second) = (Slice::new(1).unwrap(), Slice::new(2).unwrap());
        let mut checkpoints = Checkpoints::at(Position(5));
        assert_eq!(checkpoints.common(), Some(Position(5)));
        checkpoints.set(Slices::NONE.with(first), Position(9));
        let both = Slices::NONE.with(first).with(second);
        let groups = [(Position(9), Slices::NONE.with(first)), (Position(5), Slices::NONE.with(second))];
        assert_eq!(checkpoints.groups(both), groups);
        let ends = (checkpoints.least(), checkpoints.greatest(), checkpoints.common());
        assert_eq!(ends, (Position(5), Position(9), None));
    }
}
