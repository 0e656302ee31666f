//! Rules for every text file.

use super::{
    Findings,
    tree::{File, Tree},
};

/// rustfmt.toml says the same.
const LONGEST_LINE: usize = 120;
const LONGEST_FILE: usize = 500;

/// The rules about words name those words, so they do not apply to themselves.
const SELF: &str = "xtask/src/tidy";

/// Text that others write, or that snapshots keep as it is.
fn is_foreign(file: &File) -> bool {
    [".snap", ".csv", ".lock"].iter().any(|ending| file.path.ends_with(ending)) || file.path.starts_with("LICENSE")
}

pub(super) fn whitespace(tree: &Tree, findings: &mut Findings) {
    for file in tree.files().iter().filter(|file| !is_foreign(file)) {
        for (line, text) in lines(&file.text) {
            if text.ends_with('\r') {
                findings.add(&file.path, line, "ends in CR LF: use LF");
            } else if text.ends_with([' ', '\t']) {
                findings.add(&file.path, line, "ends in a blank: remove it");
            }
            if text.contains('\t') && file.name() != "Makefile" {
                findings.add(&file.path, line, "contains a tab: use spaces");
            }
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            findings.add(&file.path, file.text.lines().count().max(1), "should end in exactly one line break");
        }
    }
}

/// A text in quotes may go on: broken, it could not be searched for.
pub(super) fn line_length(tree: &Tree, findings: &mut Findings) {
    for file in tree.rust() {
        let source = file.source();
        for ((line, text), (without, with)) in
            lines(&file.text).zip(source.code.split('\n').zip(source.code_and_literals.split('\n')))
        {
            let quoted = without.chars().zip(with.chars()).filter(|(without, with)| without != with).count();
            let length = text.chars().count();
            if length - quoted > LONGEST_LINE && !text.contains("://") && !generous(file, line) {
                findings.add(&file.path, line, format!("has {length} characters: break it at {LONGEST_LINE}"));
            }
        }
    }
}

/// A table that rustfmt was told to leave alone may be as wide as it needs.
fn generous(file: &File, line: usize) -> bool {
    let before: Vec<_> = file.text.lines().take(line).collect();
    let Some(skip) = before.iter().rposition(|text| text.trim() == "#[rustfmt::skip]") else { return false };
    let indent = before[skip].len() - before[skip].trim_start().len();
    let closes = |text: &&str| text.starts_with(&format!("{}]", " ".repeat(indent)));
    !before[skip..].iter().any(closes)
}

pub(super) fn file_length(tree: &Tree, findings: &mut Findings) {
    for file in tree.rust() {
        let length = file.text.lines().count();
        if length > LONGEST_FILE {
            findings.add(&file.path, length, format!("has {length} lines: split it by idea, below {LONGEST_FILE}"));
        }
    }
}

pub(super) fn unfinished(tree: &Tree, findings: &mut Findings) {
    let prose = ["TODO", "FIXME", "XXX", "HACK"];
    let macros = ["todo!", "unimplemented!", "dbg!"];
    for file in tree.files().iter().filter(|file| !file.within(SELF) && !is_foreign(file)) {
        if file.path.ends_with(".rs") {
            for (line, text) in lines(&file.source().code_and_comments) {
                if let Some(word) = prose.iter().find(|word| has_word(text, word)) {
                    findings.add(&file.path, line, format!("says {word}: do it, or leave it out"));
                }
            }
            for (line, text) in lines(&file.source().code) {
                if let Some(name) = macros.iter().find(|name| has_word(text, name)) {
                    findings.add(&file.path, line, format!("calls {name}: write what belongs there"));
                }
            }
        } else {
            for (line, text) in lines(&file.text) {
                if let Some(word) = prose[..3].iter().find(|word| has_word(text, word)) {
                    findings.add(&file.path, line, format!("says {word}: do it, or leave it out"));
                }
            }
        }
    }
}

pub(super) fn machine_paths(tree: &Tree, findings: &mut Findings) {
    let roots = ["/work/", "/root/", "/tmp/", "/home/", "/Users/", "/var/folders/"];
    for file in tree.files().iter().filter(|file| !file.within(SELF) && !is_foreign(file)) {
        for (line, text) in lines(&file.text) {
            let found = roots.iter().find(|root| {
                text.match_indices(**root).any(|(at, _)| {
                    // Not the tail of a relative path or of an address.
                    !text[..at].ends_with(|c: char| c.is_alphanumeric() || ".}_-".contains(c))
                })
            });
            if let Some(root) = found {
                findings.add(&file.path, line, format!("names {root}…: take the path from an argument"));
            }
        }
    }
}

pub(super) fn registries(tree: &Tree, findings: &mut Findings) {
    let hosts =
        ["index.crates.io", "static.crates.io", "registry.npmjs.org", "pypi.org/simple", "artifactory", "replace-with"];
    for file in tree.files().iter().filter(|file| !file.within(SELF)) {
        for (line, text) in lines(&file.text) {
            if let Some(host) = hosts.iter().find(|host| text.contains(**host)) {
                findings.add(
                    &file.path,
                    line,
                    format!("names {host}: where packages come from is each machine's own matter"),
                );
            }
        }
    }
}

/// The lines of a text with their numbers, carriage returns included.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n').enumerate().map(|(index, line)| (index + 1, line))
}

/// Whether `word` occurs with nothing before or after it that would make it part of another.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let after = &text[at + word.len()..];
        let begins = !word.starts_with(part) || !text[..at].ends_with(part);
        let ends = !word.ends_with(part) || !after.starts_with(part);
        begins && ends
    })
}

#[cfg(test)]
mod tests {
    use super::{super::testing::found, *};

    #[test]
    fn blanks_tabs_and_line_breaks() {
        let bad = [("a.md", "x \ny\r\n\tz\n\n")];
        assert_eq!(found(whitespace, &bad), ["a.md:1", "a.md:2", "a.md:3", "a.md:4"]);
        assert_eq!(found(whitespace, &[("a.md", "x")]), ["a.md:1"]);
        assert!(found(whitespace, &[("a.md", "x\n"), ("b.snap", "x \n"), ("c.bin", "")]).is_empty());
    }

    #[test]
    fn long_lines_and_files() {
        let wide = format!("// {}\n", "é".repeat(118));
        assert_eq!(found(line_length, &[("a.rs", &wide)]), ["a.rs:1"]);
        let fits = format!("// {}\n", "é".repeat(117));
        assert!(found(line_length, &[("a.rs", &fits)]).is_empty());
        let quoted = format!("call(\"{}\");\n", "x".repeat(200));
        assert!(found(line_length, &[("a.rs", &quoted)]).is_empty());
        let table = format!("#[rustfmt::skip]\nconst A: &[&str] = &[\n    {},\n];\n{wide}", "x".repeat(200));
        assert_eq!(found(line_length, &[("a.rs", &table)]), ["a.rs:5"]);
        assert_eq!(found(file_length, &[("a.rs", &"\n".repeat(501))]), ["a.rs:501"]);
        assert!(found(file_length, &[("a.rs", &"\n".repeat(500))]).is_empty());
    }

    #[test]
    fn unfinished_work() {
        let bad = "fn a() { todo!() }\n// FIXME: later\nlet b = dbg!(c);\n";
        assert_eq!(found(unfinished, &[("a.rs", bad)]), ["a.rs:2", "a.rs:1", "a.rs:3"]);
        let good = "let a = \"TODO todo!()\";\n// the methods of a todos list\n";
        assert!(found(unfinished, &[("a.rs", good)]).is_empty());
        assert_eq!(found(unfinished, &[("a.md", "TODO write this\n")]), ["a.md:1"]);
    }

    #[test]
    fn paths_of_one_machine() {
        let bad = [("a.md", "see /home/ann/notes\n"), ("b.rs", "open(\"/tmp/x\")\n")];
        assert_eq!(found(machine_paths, &bad), ["a.md:1", "b.rs:1"]);
        assert!(found(machine_paths, &[("a.md", "https://example.org/work/x and ./tmp/y\n")]).is_empty());
    }

    #[test]
    fn mirrors() {
        assert_eq!(found(registries, &[(".cargo/config.toml", "[source.crates-io]\nreplace-with = \"x\"\n")]).len(), 1);
        assert!(found(registries, &[("a.md", "see crates.io\n")]).is_empty());
    }
}
