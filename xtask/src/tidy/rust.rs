//! Rules for Rust files, wherever they are.

use std::collections::HashSet;

use super::{
    Findings,
    text::lines,
    tree::{File, Tree},
};

const LONGEST_MAIN: usize = 40;

pub(super) fn no_mod_rs(tree: &Tree, findings: &mut Findings) {
    for file in tree.rust().filter(|file| file.name() == "mod.rs") {
        findings.add(&file.path, 1, "name the module's file after it and put it beside its directory");
    }
}

pub(super) fn crate_contents(tree: &Tree, findings: &mut Findings) {
    let items = ["fn ", "struct ", "enum ", "trait ", "impl ", "impl<", "macro_rules! "];
    for file in tree.rust().filter(|file| file.path.ends_with("/src/lib.rs")) {
        if !file.text.starts_with("//!") {
            findings.add(&file.path, 1, "begin with `//!` and say what the crate is, and what it is not");
        }
        for (line, text) in lines(&file.source().code) {
            let item = text.strip_prefix("pub ").unwrap_or(text);
            let item = item.strip_prefix("pub(crate) ").unwrap_or(item);
            if items.iter().any(|keyword| item.starts_with(keyword)) {
                findings.add(&file.path, line, "move the item to a module: lib.rs only says which there are");
            }
        }
    }
}

pub(super) fn small_main(tree: &Tree, findings: &mut Findings) {
    let Some(main) = tree.get("orderflow/src/main.rs") else { return };
    let length = main.text.lines().count();
    if length > LONGEST_MAIN {
        findings.add(
            &main.path,
            length,
            format!("has {length} lines: move what it does to a module, below {LONGEST_MAIN}"),
        );
    }
}

pub(super) fn no_unwrap(tree: &Tree, findings: &mut Findings) {
    let tests = test_modules(tree);
    for file in tree.rust().filter(|file| !tests.contains(&file.path)) {
        for (line, text) in lines(&file.source().shipped(&file.path)) {
            if text.contains(".unwrap()") || text.contains(".unwrap_err()") {
                findings.add(&file.path, line, "handle it, or say with `expect` why it cannot be");
            }
        }
    }
}

/// The files of modules that are declared after `#[cfg(test)]`.
fn test_modules(tree: &Tree) -> HashSet<String> {
    let mut paths = HashSet::new();
    for file in tree.rust() {
        let directory = match file.path.strip_suffix("/lib.rs").or_else(|| file.path.strip_suffix("/main.rs")) {
            Some(directory) => directory,
            None => file.path.trim_end_matches(".rs"),
        };
        let lines: Vec<_> = file.text.lines().map(str::trim).collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]") {
            let declared = pair[1].trim_start_matches("pub(crate) ").strip_prefix("mod ");
            if let Some(name) = declared.and_then(|rest| rest.strip_suffix(';')) {
                paths.insert(format!("{directory}/{name}.rs"));
            }
        }
    }
    paths
}

/// Where events and errors are matched: all rules, and what makes answers of errors.
fn matches_closed_sets(file: &File) -> bool {
    let names = ["fault.rs", "problems.rs", "rejection.rs"];
    file.within("core/src") || file.within("commands/src") || names.contains(&file.name())
}

pub(super) fn no_wildcard_arm(tree: &Tree, findings: &mut Findings) {
    for file in tree.rust().filter(|file| matches_closed_sets(file)) {
        let code = file.source().shipped(&file.path);
        let code: Vec<_> = code.lines().collect();
        for (index, text) in code.iter().enumerate() {
            if has_wildcard_arm(text) && !among_literals(&code[..index], text) {
                let line = index + 1;
                findings.add(&file.path, line, "name every variant, so that a new one has to be decided here");
            }
        }
    }
}

/// An arm that takes whatever is left: `_`, or a tuple of nothing else, without a condition.
fn has_wildcard_arm(line: &str) -> bool {
    line.match_indices("=>").any(|(at, _)| {
        let before = line[..at].trim_end();
        let pattern = before.rsplit(['{', '}']).next().unwrap_or(before).trim();
        let pattern = pattern.trim_start_matches('(').trim_end_matches(')');
        pattern.split(',').all(|part| part.trim() == "_")
    })
}

/// Whether the arms before this one are of literals, or of what the standard library answers with.
fn among_literals(before: &[&str], arm: &str) -> bool {
    let indent = |text: &str| text.len() - text.trim_start().len();
    let arms = before.iter().rev().take_while(|text| text.trim().is_empty() || indent(text) >= indent(arm));
    let mut patterns = arms.filter(|text| indent(text) == indent(arm)).map(|text| text.trim());
    patterns.any(|pattern| {
        ["Ok(", "Err(", "Some(", "None"].iter().any(|known| pattern.starts_with(known))
            || pattern.starts_with(|c: char| c == '"' || c == '\'' || c.is_ascii_digit())
    })
}

pub(super) fn error_text(tree: &Tree, findings: &mut Findings) {
    for file in tree.rust() {
        for (line, text) in lines(&file.source().code_and_literals) {
            let Some((_, message)) = text.split_once("#[error(\"") else { continue };
            let message = message.rsplit_once('"').map_or(message, |(message, _)| message);
            if begins_like_a_sentence(message) {
                findings.add(&file.path, line, "begin the text with a lower-case letter");
            }
            if message.ends_with('.') && !message.ends_with("..") {
                findings.add(&file.path, line, "leave out the full stop");
            }
        }
    }
}

/// A capital that is not that of an abbreviation, a type or a header.
fn begins_like_a_sentence(message: &str) -> bool {
    let word = message.split(' ').next().unwrap_or_default();
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase) && word.len() > 1
}

#[cfg(test)]
mod tests {
    use super::{super::testing::found, *};

    #[test]
    fn contents_pages() {
        let bad = [("core/src/lib.rs", "mod a;\npub fn b() {}\n"), ("core/src/a/mod.rs", "")];
        assert_eq!(found(crate_contents, &bad), ["core/src/lib.rs:1", "core/src/lib.rs:2"]);
        assert_eq!(found(no_mod_rs, &bad), ["core/src/a/mod.rs:1"]);
        assert!(
            found(crate_contents, &[("core/src/lib.rs", "//! Rules.\n//! fn\n\nmod a;\npub use a::B;\n")]).is_empty()
        );
        assert_eq!(found(small_main, &[("orderflow/src/main.rs", &"\n".repeat(41))]), ["orderflow/src/main.rs:41"]);
        assert!(found(small_main, &[("orderflow/src/main.rs", &"\n".repeat(40))]).is_empty());
    }

    #[test]
    fn panics_without_a_reason() {
        let text = "fn a() { b().unwrap(); }\n/// c.unwrap()\n#[cfg(test)]\nmod tests {\n    d().unwrap();\n}\n";
        assert_eq!(found(no_unwrap, &[("core/src/a.rs", text)]), ["core/src/a.rs:1"]);
        let kit = [("core/src/lib.rs", "#[cfg(test)]\nmod kit;\n"), ("core/src/kit.rs", "a.unwrap();\n")];
        assert!(found(no_unwrap, &kit).is_empty());
        assert_eq!(found(no_unwrap, &kit[1..]), ["core/src/kit.rs:1"]);
    }

    #[test]
    fn arms_for_whatever_is_left() {
        let all = "match a {\n    A => 1,\n    _ => 2,\n}\nmatch b { X => 1, Y => 2, _ if c => 3, (_, _) => 4 }\n";
        assert_eq!(found(no_wildcard_arm, &[("core/src/order/evolve.rs", all)]), ["core/src/order/evolve.rs:3"]);
        assert!(has_wildcard_arm("        (_, _) => state,"));
        assert!(has_wildcard_arm("match x { _ => 1 }"));
        for good in [
            "        Book::With(_) => 1,",
            "        (Book::With(_), _) => 1,",
            "    _ if x => 1,",
            "    A(_) | B(_) => 1,",
        ] {
            assert!(!has_wildcard_arm(good), "{good}");
        }
        assert!(found(no_wildcard_arm, &[("http/src/page.rs", all)]).is_empty());
        let literals =
            "match a {\n    \"x\" => {\n        1\n    }\n    _ => 2,\n}\nmatch b {\n    Ok(1) => 1,\n    _ => 2,\n}\n";
        assert!(found(no_wildcard_arm, &[("core/src/a.rs", literals)]).is_empty());
    }

    #[test]
    fn texts_of_errors() {
        let bad = "#[error(\"Cannot do it\")]\n#[error(\"it broke.\")]\n";
        assert_eq!(found(error_text, &[("a.rs", bad)]), ["a.rs:1", "a.rs:2"]);
        let good = "#[error(\"SQLite 3 is too old\")]\n#[error(\"If-Match is missing\")]\n#[error(\"'{x}' is …\")]\n#[error(\"a SKU\")]\n";
        assert!(found(error_text, &[("a.rs", good)]).is_empty());
    }
}
