//! Text that can be searched for the beginnings of its words.

use std::borrow::Cow;

use super::schema::storable;

/// A longer word has no place in an index.
const WORD_BYTES: usize = 2_046;
/// Nor has a longer text as a whole.
const TEXT_BYTES: usize = 256 * 1024;

/// The text as it is, when it is words separated by single spaces. What is not is made so: the index would refuse an
/// empty word, and better that a value is changed than that it stops a view.
pub(super) fn searchable(text: &str) -> Cow<'_, str> {
    let text = storable(text);
    let is_fine = text.len() <= TEXT_BYTES
        && (text.is_empty() || text.split(' ').all(|word| !word.is_empty() && word.len() <= WORD_BYTES));
    if is_fine {
        return text;
    }
    let mut words = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = &word[..word.floor_char_boundary(WORD_BYTES)];
        if words.len() + 1 + word.len() > TEXT_BYTES {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    Cow::Owned(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_separated_by_single_spaces_stay_as_they_are() {
        for text in ["", "mug", "white hanging heart", "thé\tvert"] {
            assert!(matches!(searchable(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_made_so() {
        assert_eq!(searchable("  white  mug "), "white mug");
        assert_eq!(searchable("a\0b"), "a\u{fffd}b");
        let long = "é".repeat(2_000);
        assert_eq!(searchable(&format!("{long} mug")), format!("{} mug", "é".repeat(WORD_BYTES / 2)));
        assert!(searchable(&"mug ".repeat(TEXT_BYTES)).len() <= TEXT_BYTES);
    }
}
