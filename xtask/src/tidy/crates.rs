//! Rules for the workspace: its crates, what they may depend on, and where the rest comes from.

use super::{
    Findings,
    text::lines,
    tree::{File, Tree},
};

/// What each crate may depend on among ours. Tests may depend on more.
#[rustfmt::skip]
const LAYERS: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("core", &["engine"]),
    ("stores", &["engine"]),
    ("commands", &["engine", "core", "stores"]),
    ("projector", &["engine"]),
    ("http", &[]),
    ("write-api", &["engine", "core", "stores", "http", "commands"]),
    ("read-api", &["engine", "core", "stores", "http"]),
    ("orderflow", &["engine", "core", "stores", "commands", "projector", "http", "write-api", "read-api"]),
    ("tests", &["engine", "core", "stores", "commands", "projector", "http", "write-api", "read-api", "orderflow", "test-servers", "test-kurrentdb"]),
    ("tests/servers", &[]),
    ("tests/kurrentdb", &[]),
    ("xtask", &[]),
];

/// What crates must not use of others' work.
#[rustfmt::skip]
const STRANGERS: &[(&str, &[&str])] = &[
    ("engine", &["rusqlite", "sqlx", "axum", "hyper"]),
    ("core", &["tokio", "rusqlite", "sqlx", "axum", "hyper", "rand", "async-trait", "futures"]),
    ("stores", &["axum", "hyper"]),
    ("write-api", &["rusqlite", "sqlx"]),
];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn dependencies(tree: &Tree, findings: &mut Findings) {
    for (manifest, directory) in members(tree) {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == directory) else {
            findings.add(&manifest.path, 1, "is new: say in xtask/src/tidy/crates.rs what it may depend on");
            continue;
        };
        let banned = STRANGERS.iter().find(|(name, _)| *name == directory).map_or(&[][..], |(_, banned)| banned);
        for (line, dependency) in shipped_dependencies(manifest) {
            let ours = dependency.strip_prefix("orderflow-");
            if ours.is_some_and(|ours| !allowed.contains(&ours)) {
                findings.add(&manifest.path, line, format!("{directory} must not depend on {dependency}"));
            }
            if banned.contains(&dependency) {
                findings.add(&manifest.path, line, format!("{directory} must not use {dependency}"));
            }
        }
    }
}

/// The manifests of the crates, with their directories.
fn members(tree: &Tree) -> impl Iterator<Item = (&File, &str)> {
    tree.ending("/Cargo.toml").map(|file| (file, file.path.trim_end_matches("/Cargo.toml")))
}

/// The names of what a crate depends on outside of its tests, with their lines.
fn shipped_dependencies(manifest: &File) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut wanted = false;
    for (line, text) in lines(&manifest.text) {
        let text = text.trim();
        if let Some(section) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let (head, name) = match section.split_once("dependencies.") {
                Some((head, name)) => (format!("{head}dependencies"), Some(name)),
                None => (section.to_owned(), None),
            };
            wanted = head.ends_with("dependencies") && !head.ends_with("dev-dependencies");
            if let Some(name) = name.filter(|_| wanted) {
                found.push((line, name));
                wanted = false;
            }
        } else if wanted && !text.starts_with('#') && text.contains('=') {
            let name = text.split(['.', '=', ' ']).next().unwrap_or(text);
            found.push((line, name));
        }
    }
    found
}

pub(super) fn locked_sources(tree: &Tree, findings: &mut Findings) {
    let Some(lock) = tree.get("Cargo.lock") else {
        findings.add("Cargo.lock", 1, "is missing: commit it, so that everyone builds the same");
        return;
    };
    for (line, text) in lines(&lock.text) {
        let Some(source) = text.strip_prefix("source = ") else { continue };
        if source.trim_matches('"') != CRATES_IO {
            findings.add(&lock.path, line, format!("{source} is not crates.io"));
        }
    }
}

pub(super) fn on_the_map(tree: &Tree, findings: &mut Findings) {
    let Some(map) = tree.get("ARCHITECTURE.md") else {
        findings.add("ARCHITECTURE.md", 1, "is missing: it is the map of the crates");
        return;
    };
    for (manifest, directory) in members(tree) {
        if !map.text.contains(&format!("`{directory}/`")) {
            findings.add(&map.path, 1, format!("does not show `{directory}/`, where {} is", manifest.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::found, *};

    #[test]
    fn layers() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\norderflow-engine.workspace = true\n\
            orderflow-stores = { path = \"../stores\" }\ntokio = \"1\"\n[dev-dependencies]\ntokio.workspace = true\n\
            [target.'cfg(unix)'.dependencies]\nrusqlite = \"1\"\n[dependencies.axum]\nversion = \"1\"\n";
        let lines = ["core/Cargo.toml:5", "core/Cargo.toml:6", "core/Cargo.toml:10", "core/Cargo.toml:11"];
        assert_eq!(found(dependencies, &[("core/Cargo.toml", manifest)]), lines);
        assert_eq!(found(dependencies, &[("kafka/Cargo.toml", "")]), ["kafka/Cargo.toml:1"]);
        let good = "[dependencies]\norderflow-core.workspace = true\n[dev-dependencies]\norderflow-projector.workspace = true\n";
        assert!(found(dependencies, &[("commands/Cargo.toml", good)]).is_empty());
    }

    #[test]
    fn other_sources() {
        let lock = format!("source = \"{CRATES_IO}\"\nsource = \"git+https://example.org/x#1\"\n");
        assert_eq!(found(locked_sources, &[("Cargo.lock", &lock)]), ["Cargo.lock:2"]);
        assert_eq!(found(locked_sources, &[]), ["Cargo.lock:1"]);
    }

    #[test]
    fn white_spots() {
        let files = [("ARCHITECTURE.md", "`engine/` is …\n"), ("engine/Cargo.toml", ""), ("core/Cargo.toml", "")];
        assert_eq!(found(on_the_map, &files), ["ARCHITECTURE.md:1"]);
        assert!(found(on_the_map, &files[..2]).is_empty());
    }
}
