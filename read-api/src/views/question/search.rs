//! What is searched for.

use std::sync::Arc;

use orderflow_core::words;
use uuid::Uuid;

/// What orders are searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OrderSearch {
    /// A whole id finds its order and nothing else.
    Id(Uuid),
    /// The beginning of a number or of a reference, or the beginnings of words of the order.
    Text { beginning: Beginning, words: Words },
}

impl OrderSearch {
    /// `None` when there is nothing to search for.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        match Uuid::try_parse(text) {
            Ok(id) => Some(Self::Id(id)),
            Err(_) if text.is_empty() => None,
            Err(_) => Some(Self::Text { beginning: Beginning(text.into()), words: Words::of(text) }),
        }
    }
}

/// What a text has to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beginning(Arc<str>);

impl Beginning {
    /// The first and the last text that there could be.
    pub(crate) fn of_references(&self) -> [String; 2] {
        range(self.0.to_string())
    }

    /// The same of orders' numbers, which are written in capitals.
    pub(crate) fn of_numbers(&self) -> [String; 2] {
        range(self.0.to_ascii_uppercase())
    }
}

/// Nothing that begins with the text sorts after the text and the last character there is.
fn range(from: String) -> [String; 2] {
    let to = format!("{from}\u{10FFFF}");
    [from, to]
}

/// Words that are searched for: each has to be the beginning of a word of what is found. No words find nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(Arc<str>);

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        Self(words([text]).into())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(' ')
    }
}
