//! The rule for settings that files outside of the program name.

use super::{Findings, text::lines, tree::Tree};

const PREFIX: &str = "ORDERFLOW_";

/// Where the help text of each flag names its environment variable, as `[env: ORDERFLOW_DATA]`.
const DECLARED_IN: &str = "orderflow/src/settings.rs";

pub(super) fn exist(tree: &Tree, findings: &mut Findings) {
    let declared = tree.get(DECLARED_IN).map_or("", |file| &file.text);
    let is_declared = |name: &str| declared.contains(&format!("[env: {name}]"));
    let named_in = [".md", "docker-compose.yml", "Dockerfile"];
    for file in tree.files().iter().filter(|file| named_in.iter().any(|ending| file.path.ends_with(ending))) {
        for (line, text) in lines(&file.text) {
            for name in names(text) {
                // A setting may be the content of a file, whose path is then the variable's value.
                if !is_declared(name) && !name.strip_suffix("_FILE").is_some_and(is_declared) {
                    findings.add(
                        &file.path,
                        line,
                        format!("sets {name}, which {DECLARED_IN} does not declare: mend it"),
                    );
                }
            }
        }
    }
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(PREFIX).map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    })
}

#[cfg(test)]
mod tests {
    use super::{super::testing::found, *};

    #[test]
    fn settings_that_nobody_reads() {
        let settings = "/// Where [env: ORDERFLOW_STORE]\n/// What [env: ORDERFLOW_LOG]\n";
        let compose = "a: {ORDERFLOW_STORE_FILE: x}\nb: {ORDERFLOW_SHOP: x, ORDERFLOW_LOG: info}\n";
        let files = [
            (DECLARED_IN, settings),
            ("docker-compose.yml", compose),
            ("Dockerfile", "ENV ORDERFLOW_LOG=info \\\n    ORDERFLOW_LOG_FILES=1\n"),
            ("docs/a.md", "`ORDERFLOW_STORE`\n"),
            ("src/a.rs", "ORDERFLOW_OTHER"),
        ];
        assert_eq!(found(exist, &files), ["docker-compose.yml:2", "Dockerfile:2"]);
    }
}
