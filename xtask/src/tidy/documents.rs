//! Rules for Markdown and SQL.

use super::{
    Findings,
    text::lines,
    tree::{File, Tree},
};

pub(super) fn links(tree: &Tree, findings: &mut Findings) {
    for file in tree.ending(".md") {
        let mut in_code = false;
        for (line, text) in lines(&file.text) {
            if text.trim_start().starts_with("```") {
                in_code = !in_code;
            }
            if in_code {
                continue;
            }
            for target in targets(text) {
                if !leads_somewhere(tree, file, target) {
                    findings.add(&file.path, line, format!("the link to `{target}` leads nowhere: mend it"));
                }
            }
        }
    }
}

/// What the links of a line point to: `[text](target)`, not inside of backticks.
fn targets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("](") {
        let quoted = line[..at].matches('`').count() % 2 == 1;
        if let Some(end) = line[at..].find(')').filter(|_| !quoted) {
            found.push(line[at + 2..at + end].split(' ').next().unwrap_or_default());
        }
    }
    found
}

fn leads_somewhere(tree: &Tree, from: &File, target: &str) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let path = if path.is_empty() { Some(from.path.clone()) } else { resolve(&from.path, path) };
    let Some(path) = path.filter(|path| tree.has(path)) else { return false };
    match (anchor, tree.get(&path)) {
        (Some(anchor), Some(file)) if path.ends_with(".md") => headings(&file.text).any(|heading| heading == anchor),
        (Some(_) | None, Some(_) | None) => true,
    }
}

/// `path` seen from the directory of `from`; `None` when it leaves the repository.
fn resolve(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').collect(),
    };
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The anchors of a document's headings, as forges make them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    })
}

pub(super) fn one_statement(tree: &Tree, findings: &mut Findings) {
    for file in tree.ending(".sql") {
        let mut statements = 0;
        let mut open = false;
        let mut in_body = false;
        for (line, text) in lines(&file.text) {
            let statement = text.split("--").next().unwrap_or_default();
            let (statement, ends_in_body) = without_bodies(statement, in_body);
            in_body = ends_in_body;
            for c in without_strings(&statement).chars() {
                if c == ';' {
                    open = false;
                } else if !c.is_whitespace() && !open {
                    (open, statements) = (true, statements + 1);
                    if statements > 1 {
                        findings.add(&file.path, line, "begins a second statement: give it a file of its own");
                    }
                }
            }
        }
        if statements == 0 {
            findings.add(&file.path, 1, "holds no statement: delete it");
        }
    }
}

/// The body of a function, between `$$` and `$$`, is one literal of the statement that makes it.
fn without_bodies(text: &str, begins_in_body: bool) -> (String, bool) {
    let parts: Vec<&str> = text.split("$$").collect();
    let outside = parts.iter().skip(usize::from(begins_in_body)).step_by(2).copied().collect();
    (outside, begins_in_body == (parts.len() % 2 == 1))
}

fn without_strings(text: &str) -> String {
    text.split('\'').step_by(2).collect::<Vec<_>>().join("''")
}

#[cfg(test)]
mod tests {
    use super::{super::testing::found, *};

    #[test]
    fn links_that_lead_nowhere() {
        let guide = "[a](../README.md) [b](gone.md)\n[c](https://example.org) `[d](gone)`\n```\n[e](gone)\n```\n[f](#gone)\n\
            # What it is, and why\n[g](#what-it-is-and-why) [h](../../outside.md)\n[i](../README.md#start) [j](../src)\n";
        let files = [("docs/guide.md", guide), ("README.md", "## Start\n"), ("src/a.rs", "")];
        assert_eq!(found(links, &files), ["docs/guide.md:1", "docs/guide.md:6", "docs/guide.md:8"]);
    }

    #[test]
    fn statements() {
        let files = [
            ("a.sql", "SELECT 1;\nSELECT 2;\n"),
            ("b.sql", "-- about; it\nSELECT ';'\nFROM a\n"),
            ("c.sql", "-- nothing\n"),
            ("d.sql", "CREATE FUNCTION a() AS $$\nBEGIN;\n  b();\nEND\n$$\n"),
            ("e.sql", "CREATE FUNCTION a() AS $$ b(); $$;\nSELECT 1\n"),
        ];
        assert_eq!(found(one_statement, &files), ["a.sql:2", "c.sql:1", "e.sql:2"]);
    }
}
