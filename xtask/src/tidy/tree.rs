//! The files of the repository.

use std::{cell::OnceCell, fs, path::Path};

use anyhow::Context;

use super::source::Source;

/// Every text file that belongs to the repository. What .gitignore names does not.
pub(super) struct Tree(Vec<File>);

pub(super) struct File {
    /// Relative to the root, with `/` between its parts.
    pub(super) path: String,
    pub(super) text: String,
    source: OnceCell<Source>,
}

impl Tree {
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let ignored: Vec<_> = ignored.lines().map(|line| line.trim().trim_matches('/')).collect();
        let mut files = Vec::new();
        walk(root, "", &ignored, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self(files))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| File::new((*path).to_owned(), (*text).to_owned())).collect())
    }

    pub(super) fn files(&self) -> &[File] {
        &self.0
    }

    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.ending(".rs")
    }

    pub(super) fn ending(&self, ending: &str) -> impl Iterator<Item = &File> {
        self.0.iter().filter(move |file| file.path.ends_with(ending))
    }

    pub(super) fn get(&self, path: &str) -> Option<&File> {
        self.0.iter().find(|file| file.path == path)
    }

    /// Whether there is such a file, or a directory with files.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.iter().any(|file| {
            file.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || path.is_empty() || rest.starts_with('/'))
        })
    }
}

impl File {
    fn new(path: String, text: String) -> Self {
        Self { path, text, source: OnceCell::new() }
    }

    /// The same as Rust: with comments and literals told apart.
    pub(super) fn source(&self) -> &Source {
        self.source.get_or_init(|| Source::parse(&self.text))
    }

    pub(super) fn within(&self, directory: &str) -> bool {
        self.path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
    }

    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

fn walk(directory: &Path, prefix: &str, ignored: &[&str], files: &mut Vec<File>) -> anyhow::Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if name == ".git" || ignored.contains(&path.as_str()) || ignored.contains(&name.as_str()) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), ignored, files)?;
        } else if kind.is_file() {
            // What is not text has no lines to look at, but can be linked to.
            let bytes = fs::read(entry.path()).with_context(|| format!("cannot read {path}"))?;
            files.push(File::new(path, String::from_utf8(bytes).unwrap_or_default()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_not_looked_at() {
        let root = tempfile::tempdir().unwrap();
        for directory in ["target/debug", "src", ".git"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        let files = [(".gitignore", "/target\n"), ("target/debug/x", ""), (".git/y", ""), ("src/a.rs", "fn a() {}\n")];
        for (path, text) in files {
            fs::write(root.path().join(path), text).unwrap();
        }
        let tree = Tree::read(root.path()).unwrap();
        assert_eq!(tree.files().iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), [".gitignore", "src/a.rs"]);
        assert!(tree.has("src") && tree.has("src/a.rs") && !tree.has("src/a") && !tree.has("target"));
    }
}
