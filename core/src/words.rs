//! Words to search by, made alike of what is kept and of what is asked for.

use std::ops::Range;

/// Words that one row is found by; more would make an index of a catalogue out of one order.
const MOST: usize = 200;
/// Characters of a word that count.
const LONGEST: usize = 40;

/// The words of some texts: runs of letters and digits, in lower case, each once, in order, parted by single spaces.
///
/// Letters are lowered one by one, whatever stands beside them, so that the beginning of a text gives the beginnings of
/// its words.
#[must_use]
pub fn words<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let pieces = texts.into_iter().flat_map(|text| text.split(|character: char| !character.is_alphanumeric()));
    let (mut words, mut word) = (String::with_capacity(256), String::with_capacity(LONGEST));
    // The hash of each word, and where it is: short words are hashed and compared sooner than a set would find them.
    let mut known: Vec<(u64, Range<usize>)> = Vec::with_capacity(64);
    for piece in pieces {
        word.clear();
        lower(piece, &mut word);
        let hash = hash(&word);
        if word.is_empty() || known.iter().any(|(known, place)| *known == hash && words[place.clone()] == word) {
            continue;
        }
        if known.len() == MOST {
            break;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        known.push((hash, words.len()..words.len() + word.len()));
        words.push_str(&word);
    }
    words
}

/// The 64-bit FNV-1a hash.
fn hash(word: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    word.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

fn lower(piece: &str, word: &mut String) {
    if piece.is_ascii() {
        // Nearly all of them, and much quicker.
        word.push_str(&piece[..piece.len().min(LONGEST)]);
        word.make_ascii_lowercase();
    } else {
        let lowered = piece.chars().flat_map(char::to_lowercase);
        word.extend(lowered.filter(|character| character.is_alphanumeric()).take(LONGEST));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_letters_and_digits_in_lower_case() {
        let cases: [(&[&str], &str); 9] = [
            (&[], ""),
            (&["", " -%'\\&|!:*() \0\n"], ""),
            (&["85123A", "WHITE HANGING HEART T-LIGHT HOLDER"], "85123a white hanging heart t light holder"),
            (&["A lamp, a LAMP", "lamp"], "a lamp"),
            (&["it's 50% off"], "it s 50 off"),
            (&["CAF\u{c9} \u{39f}\u{394}\u{3a3}"], "caf\u{e9} \u{3bf}\u{3b4}\u{3c3}"),
            // A letter whose small form is a letter and a mark.
            (&["\u{130}STANBUL"], "istanbul"),
            (&["\u{6771}\u{4eac} \u{1f600} \u{664}\u{662}"], "\u{6771}\u{4eac} \u{664}\u{662}"),
            (&["stra\u{df}e"], "stra\u{df}e"),
        ];
        for (texts, expected) in cases {
            assert_eq!(words(texts.iter().copied()), expected);
        }
    }

    #[test]
    fn there_are_only_so_many_of_such_a_length() {
        let long = "\u{e9}".repeat(41);
        assert_eq!(words([long.as_str()]), "\u{e9}".repeat(40));
        let many: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let found = words(many.iter().map(String::as_str));
        assert_eq!(found.split(' ').collect::<Vec<_>>(), many[..MOST]);
    }

    proptest! {
        /// What is asked for is taken apart as what is kept was.
        #[test]
        fn words_are_their_own_words(text in "\\PC{0,60}") {
            let once = words([text.as_str()]);
            prop_assert_eq!(words([once.as_str()]), once);
        }

        #[test]
        fn the_beginning_of_a_text_gives_beginnings_of_its_words(text in "\\PC{0,40}", cut in 0..40_usize) {
            let begun: String = text.chars().take(cut).collect();
            let whole = words([text.as_str()]);
            for word in words([begun.as_str()]).split_terminator(' ') {
                prop_assert!(whole.split(' ').any(|full| full.starts_with(word)), "{:?} of {:?}", word, whole);
            }
        }
    }
}
