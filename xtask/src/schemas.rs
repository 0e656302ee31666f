//! `cargo xtask schemas`: the contracts of the project as files, so that a change of one shows in a diff.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;

use crate::repo;

const EVENTS: &str = "schemas/events";
const OPENAPI: &str = "schemas/openapi";

#[derive(Args)]
pub(crate) struct SchemasArgs {
    /// Only say which files are not what the code says
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

pub(crate) fn run(args: &SchemasArgs) -> anyhow::Result<()> {
    generate(if args.check { Mode::Check } else { Mode::Write }, None)
}

/// Asks the binary for its contracts: the one given, or one that is built for it.
pub(crate) fn generate(mode: Mode, binary: Option<&Path>) -> anyhow::Result<()> {
    let mut wanted = BTreeMap::new();
    let schemas = ask(binary, &["schema"])?;
    let schemas = schemas.as_object().context("`orderflow schema` did not print an object of schemas")?;
    for (kind, schema) in schemas {
        wanted.insert(format!("{EVENTS}/{kind}.schema.json"), pretty(schema)?);
    }
    for api in ["write", "read"] {
        wanted.insert(format!("{OPENAPI}/{api}.json"), pretty(&ask(binary, &["openapi", api])?)?);
    }
    let changes = compare(&wanted, &present(repo::root())?);
    match mode {
        Mode::Write => write(&wanted, &changes),
        Mode::Check => check(&changes),
    }
}

fn ask(binary: Option<&Path>, arguments: &[&str]) -> anyhow::Result<Value> {
    let mut command = match binary {
        Some(binary) => Command::new(binary),
        None => {
            let mut cargo = repo::cargo();
            cargo.args(["run", "--quiet", "--package", "orderflow", "--"]);
            cargo
        }
    };
    let printed = repo::output(command.args(arguments))?;
    serde_json::from_str(&printed).with_context(|| format!("`orderflow {}` did not print JSON", arguments.join(" ")))
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

/// The files that are there now.
fn present(root: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for directory in [EVENTS, OPENAPI] {
        let Ok(entries) = std::fs::read_dir(root.join(directory)) else { continue };
        for entry in entries {
            let path: PathBuf = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".json") {
                let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                files.insert(format!("{directory}/{name}"), text);
            }
        }
    }
    Ok(files)
}

#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// The file is missing.
    New(String),
    /// The file says something else.
    Different(String),
    /// The code no longer knows what the file describes.
    Orphan(String),
}

fn compare(wanted: &BTreeMap<String, String>, present: &BTreeMap<String, String>) -> Vec<Change> {
    let written = wanted.iter().filter_map(|(path, text)| match present.get(path) {
        None => Some(Change::New(path.clone())),
        Some(there) if there != text => Some(Change::Different(path.clone())),
        Some(_) => None,
    });
    let orphans = present.keys().filter(|path| !wanted.contains_key(*path)).cloned().map(Change::Orphan);
    written.chain(orphans).collect()
}

fn write(wanted: &BTreeMap<String, String>, changes: &[Change]) -> anyhow::Result<()> {
    for change in changes {
        match change {
            Change::New(path) | Change::Different(path) => {
                let file = repo::root().join(path);
                std::fs::create_dir_all(file.parent().unwrap_or(repo::root()))?;
                std::fs::write(&file, &wanted[path]).with_context(|| format!("cannot write {}", file.display()))?;
            }
            Change::Orphan(_) => {}
        }
        eprintln!("{}", change.advice());
    }
    eprintln!("{} schemas, {} changes", wanted.len(), changes.len());
    Ok(())
}

fn check(changes: &[Change]) -> anyhow::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    for change in changes {
        eprintln!("{}", change.advice());
    }
    bail!("{} schemas are not current: run `cargo xtask schemas` and commit what it writes", changes.len());
}

impl Change {
    fn advice(&self) -> String {
        match self {
            Self::New(path) => format!("{path}: new"),
            Self::Different(path) if path.starts_with(EVENTS) => format!(
                "{path}: differs; events of this version are stored for ever, so a change that an old body does not \
                 fit needs a new version and an upcaster"
            ),
            Self::Different(path) => format!("{path}: differs"),
            Self::Orphan(path) if path.starts_with(EVENTS) => format!(
                "{path}: the code no longer knows this version; stored events never go away, so keep its upcaster"
            ),
            Self::Orphan(path) => format!("{path}: the code no longer makes this document; delete the file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn files_are_compared_with_what_the_code_says() {
        let wanted = files(&[("a.json", "1"), ("b.json", "2"), ("c.json", "3")]);
        let present = files(&[("a.json", "1"), ("b.json", "0"), ("d.json", "4")]);
        let changes = compare(&wanted, &present);
        assert_eq!(
            changes,
            [Change::Different("b.json".into()), Change::New("c.json".into()), Change::Orphan("d.json".into())]
        );
        assert!(check(&changes).unwrap_err().to_string().contains("cargo xtask schemas"));
        assert!(compare(&wanted, &wanted).is_empty());
        assert!(check(&[]).is_ok());
    }

    #[test]
    fn a_version_that_went_away_is_asked_back() {
        let orphan = Change::Orphan(format!("{EVENTS}/order.placed.v1.schema.json"));
        assert!(orphan.advice().contains("keep its upcaster"), "{}", orphan.advice());
    }
}
