//! Search for words, which no index here knows: a look at the words of every row that is left to look at.

use rusqlite::types::Value;

use crate::views::question::Words;

/// A condition that each of the words is the beginning of a word in `column`, and the values of its parameters.
pub(super) fn condition(column: &str, words: &Words) -> (String, Vec<Value>) {
    let begun: Vec<Value> = words.iter().map(|word| Value::Text(format!(" {word}"))).collect();
    let each = vec![format!("instr(' ' || {column}, ?) > 0"); begun.len()];
    let condition = if each.is_empty() { "0".to_owned() } else { each.join(" AND ") };
    (condition, begun)
}
