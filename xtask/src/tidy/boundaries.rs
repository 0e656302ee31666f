//! What must not occur in a crate: the invariants of ARCHITECTURE.md that are about absence.

use super::{
    Findings,
    text::{has_word, lines},
    tree::Tree,
};

pub(super) fn engine_knows_no_business(tree: &Tree, findings: &mut Findings) {
    for file in tree.rust().filter(|file| file.within("engine")) {
        for (line, text) in lines(&file.text) {
            if names_the_business(text) {
                findings.add(
                    &file.path,
                    line,
                    "names what is sold with the engine: use another example or a general word",
                );
            }
        }
    }
}

/// Whether the line speaks of the thing that customers place, and not of a sequence.
fn names_the_business(line: &str) -> bool {
    let words = subwords(line);
    words.iter().enumerate().any(|(index, word)| {
        let before = index.checked_sub(1).map_or("", |before| words[before].as_str());
        let after = words.get(index + 1).map_or("", String::as_str);
        let sequence = ["in", "their", "its", "the", "same", "declared", "any", "total"].contains(&before)
            || ["of", "by"].contains(&after);
        word == "orders" || (word == "order" && !sequence)
    })
}

/// The words of a line in lower case; `placeOrder`, `place_order` and `order.placed` are two each.
fn subwords(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in line.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("there is always a last word").extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

pub(super) fn core_is_pure(tree: &Tree, findings: &mut Findings) {
    let banned = [
        "tokio",
        "async fn",
        "async move",
        ".await",
        "Utc::now",
        "Local::now",
        "SystemTime",
        "Instant::now",
        "new_v4",
        "now_v7",
        "rand",
        "thread_rng",
        "rusqlite",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
    ];
    in_code(tree, "core/src", &banned, "core decides and nothing else: let it come in with the command", findings);
}

pub(super) fn core_has_no_floats(tree: &Tree, findings: &mut Findings) {
    in_code(tree, "core/src", &["f32", "f64"], "use Decimal or a whole number", findings);
}

pub(super) fn write_api_reads_no_view(tree: &Tree, findings: &mut Findings) {
    let advice = "commands decide on streams: look at the aggregate's state";
    in_code(tree, "write-api/src", &["rusqlite", "SELECT", "SqliteTarget", "AnyViews"], advice, findings);
}

pub(super) fn read_api_appends_nothing(tree: &Tree, findings: &mut Findings) {
    let banned =
        [".submit(", ".submit_after(", "EventStore", "AnyStore", "SqliteStore", "Handler", "orderflow_commands"];
    in_code(tree, "read-api/src", &banned, "hold the log as an AnyReader", findings);
}

fn in_code(tree: &Tree, directory: &str, banned: &[&str], advice: &str, findings: &mut Findings) {
    for file in tree.rust().filter(|file| file.within(directory)) {
        for (line, text) in lines(&file.source().code_and_literals) {
            if let Some(word) = banned.iter().find(|word| has_word(text, word)) {
                findings.add(&file.path, line, format!("has `{word}`: {advice}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::found, *};

    #[test]
    fn the_business_in_the_engine() {
        for bad in
            ["let order_id = 1;", "struct PlaceOrder;", "/// `order.placed.v1`", "// orders", "an order is placed"]
        {
            assert_eq!(found(engine_knows_no_business, &[("engine/src/a.rs", bad)]), ["engine/src/a.rs:1"], "{bad}");
        }
        for good in [
            "// in their order",
            "// the order of keys",
            "Ordering::Less",
            "use orderflow_engine::X;",
            "fn keep_their_order()",
        ] {
            assert!(found(engine_knows_no_business, &[("engine/src/a.rs", good)]).is_empty(), "{good}");
        }
        assert!(found(engine_knows_no_business, &[("core/src/a.rs", "struct Order;")]).is_empty());
    }

    #[test]
    fn effects_in_the_core() {
        let bad =
            "let now = Utc::now();\nasync fn a() {}\nlet id = Uuid::new_v4();\nb.await\n// Utc::now() is banned\n";
        let lines = ["core/src/a.rs:1", "core/src/a.rs:2", "core/src/a.rs:3", "core/src/a.rs:4"];
        assert_eq!(found(core_is_pure, &[("core/src/a.rs", bad)]), lines);
        assert!(found(core_is_pure, &[("core/src/a.rs", "let operand = brand;\n"), ("http/src/a.rs", bad)]).is_empty());
        assert_eq!(found(core_has_no_floats, &[("core/src/a.rs", "let a: f64;\n")]), ["core/src/a.rs:1"]);
    }

    #[test]
    fn shortcuts_between_the_sides() {
        let write = [("write-api/src/a.rs", "let sql = \"SELECT 1\";\n// SELECT\n")];
        assert_eq!(found(write_api_reads_no_view, &write), ["write-api/src/a.rs:1"]);
        let read = [("read-api/src/a.rs", "store.submit(x);\nuse orderflow_engine::EventStore;\nlet a: AnyReader;\n")];
        assert_eq!(found(read_api_appends_nothing, &read), ["read-api/src/a.rs:1", "read-api/src/a.rs:2"]);
    }
}
