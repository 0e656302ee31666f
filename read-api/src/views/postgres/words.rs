//! Search for words, by the index of a column of words.

use std::fmt::Write as _;

use crate::views::question::Words;

/// A space is no word: no row has it.
const NOTHING: &str = "' '";

/// The words as the beginnings of lexemes, all of which a row has to have. There are only letters and digits in them,
/// so nothing has to be escaped.
pub(super) fn tsquery(words: &Words) -> String {
    let mut query = String::new();
    for word in words.iter() {
        let and = if query.is_empty() { "" } else { " & " };
        let _ = write!(query, "{and}'{word}':*");
    }
    if query.is_empty() { NOTHING.to_owned() } else { query }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_the_beginning_of_a_lexeme() {
        assert_eq!(tsquery(&Words::of("White T-light")), "'white':* & 't':* & 'light':*");
        assert_eq!(tsquery(&Words::of("a' | \\b:*")), "'a':* & 'b':*");
        assert_eq!(tsquery(&Words::of("(!)")), NOTHING);
    }
}
