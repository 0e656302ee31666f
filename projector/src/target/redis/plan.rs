//! What a script is given to do: data, made before anything is sent.

use orderflow_engine::{
    Position, View,
    projection::{Key, Merged, Value},
};
use redis::Cmd;

use super::{
    super::{DeadLetter, Generation},
    keys::{self, Keys},
    parked,
    recent::{Entry, Lists},
    row,
};

/// How many keys and values one command takes: a script can only pass on so many words at once.
const WORDS: usize = 1_000;
/// How many changes are announced one by one.
const ANNOUNCED: usize = 500;

/// A generation that a write is about, and what is to become of its position.
pub(super) struct Step {
    pub(super) view: &'static View,
    pub(super) generation: Generation,
    pub(super) believed: Position,
    pub(super) to: Position,
}

/// Where the rows of a generation go.
pub(super) struct Place {
    pub(super) view: &'static View,
    pub(super) generation: String,
    parked: String,
    pub(super) lists: Lists,
}

impl Place {
    pub(super) fn new(keys: &Keys, view: &'static View, generation: Generation, lists: Lists) -> Self {
        let parked = keys.parked(view.name, generation);
        Self { view, generation: keys.generation(view.name, generation), parked, lists }
    }

    /// Whether the row as it was must be known.
    pub(super) fn needs(&self, merged: &Merged) -> bool {
        match merged {
            Merged::Update(_) => true,
            // A row leaves the lists that it was in.
            Merged::Replace(_) | Merged::Delete => !self.lists.is_empty(),
        }
    }
}

/// What one script does besides looking whether it may.
#[derive(Default)]
pub(super) struct Commands {
    /// Keys and values of rows, in turns.
    set: Vec<String>,
    removed: Vec<String>,
    /// Commands of few words, in this order.
    others: Vec<Vec<String>>,
    pub(super) size: usize,
}

impl Commands {
    /// Brings a row from what it was to what it becomes.
    pub(super) fn row(&mut self, place: &Place, name: String, key: &Key, merged: Merged, before: Option<Vec<Value>>) {
        self.size += 1;
        if place.lists.is_empty() {
            return self.replace(name, merged.onto(before, place.view).as_deref());
        }
        let entries = |row: Option<&Vec<Value>>| row.map(|row| place.lists.entries(&place.generation, key, row));
        let was = entries(before.as_ref()).unwrap_or_default();
        let after = merged.onto(before, place.view);
        let is = entries(after.as_ref()).unwrap_or_default();
        for list in 0..was.len().max(is.len()) {
            let at = |entries: &[Option<Entry>]| entries.get(list).is_some_and(Option::is_some);
            if was.get(list) == is.get(list) || !(at(&was) || at(&is)) {
                continue;
            }
            if let Some(Some(Entry { set, member, .. })) = was.get(list) {
                self.others.push(vec!["ZREM".to_owned(), set.clone(), member.clone()]);
            }
            if let Some(Some(Entry { set, score, member })) = is.get(list) {
                let words = ["REMEMBER".to_owned(), set.clone(), score.to_string(), member.clone()];
                self.others.push(words.to_vec());
            }
        }
        self.replace(name, after.as_deref());
    }

    fn replace(&mut self, name: String, row: Option<&[Value]>) {
        match row {
            Some(row) => self.set.extend([name, row::encode(row)]),
            None => self.removed.push(name),
        }
    }

    pub(super) fn park(&mut self, place: &Place, letters: &[DeadLetter]) {
        for letter in letters {
            let (field, text) = (parked::field(&letter.stream, letter.version), parked::encode(letter));
            self.others.push(vec!["HSET".to_owned(), place.parked.clone(), field, text]);
        }
        self.size += letters.len();
    }

    pub(super) fn settle(&mut self, place: &Place, fields: Vec<String>) {
        self.size += fields.len();
        for field in fields {
            self.others.push(vec!["HDEL".to_owned(), place.parked.clone(), field]);
        }
    }

    /// Adds the commands to a call of the script, each with the number of its words.
    pub(super) fn write_to(&self, call: &mut Cmd) {
        let mut command = |name: &str, words: &[String]| {
            call.arg(words.len() + 1).arg(name).arg(words);
        };
        self.set.chunks(WORDS).for_each(|words| command("MSET", words));
        self.removed.chunks(WORDS).for_each(|words| command("UNLINK", words));
        for words in &self.others {
            command(&words[0], &words[1..]);
        }
    }
}

/// What is told to whoever listens: which rows have changed, or that they are too many to name.
pub(super) struct Announcement {
    json: String,
    named: usize,
    more: bool,
}

impl Announcement {
    pub(super) fn new(position: Position) -> Self {
        Self { json: format!("{{\"position\":{},\"changes\":[", position.0), named: 0, more: false }
    }

    pub(super) fn add(&mut self, view: &View, key: &Key) {
        if self.named == ANNOUNCED {
            self.more = true;
            return;
        }
        let separator = if self.named == 0 { "" } else { "," };
        self.named += 1;
        self.json.push_str(separator);
        // The names of views are identifiers.
        self.json.push_str("{\"view\":\"");
        self.json.push_str(view.name);
        self.json.push_str("\",\"key\":");
        row::push(&mut self.json, key);
        self.json.push('}');
    }

    pub(super) fn finish(mut self) -> String {
        self.json.push_str(if self.more { "],\"more\":true}" } else { "]}" });
        self.json
    }
}

/// The names of the rows' keys.
pub(super) fn name(place: &Place, key: &Key) -> String {
    keys::of_values(&place.generation, None, key)
}

#[cfg(test)]
mod tests {
    use orderflow_engine::projection::Column;
    use serde_json::json;

    use super::*;

    static VIEW: View =
        View { name: "things", version: 1, key: &[Column::text("id")], columns: &[Column::int("n")], indexes: &[] };

    #[test]
    fn an_announcement_is_bounded() {
        let mut few = Announcement::new(Position(7));
        few.add(&VIEW, &vec!["a\"".into()]);
        few.add(&VIEW, &vec!["b".into()]);
        let few: serde_json::Value = serde_json::from_str(&few.finish()).unwrap();
        let changes = json!([{"view": "things", "key": ["a\""]}, {"view": "things", "key": ["b"]}]);
        assert_eq!(few, json!({"position": 7, "changes": changes}));

        let mut many = Announcement::new(Position(7));
        (0..=ANNOUNCED).for_each(|n| many.add(&VIEW, &vec![n.to_string().into()]));
        let many: serde_json::Value = serde_json::from_str(&many.finish()).unwrap();
        assert_eq!((many["changes"].as_array().unwrap().len(), &many["more"]), (ANNOUNCED, &json!(true)));
    }
}
