//! The data directory: which files are in it, and who serves it.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::backends::random_key;

/// What a server leaves in its data directory while it runs, for commands that want to speak to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Serving {
    pub(crate) url: String,
    pub(crate) pid: u32,
}

pub(crate) struct Home<'a>(pub(crate) &'a Path);

impl Home<'_> {
    pub(crate) fn events(&self) -> PathBuf {
        self.0.join("events.db")
    }

    pub(crate) fn views(&self) -> PathBuf {
        self.0.join("views.db")
    }

    /// The secret that cursors are sealed with. It is made on the first start, and again when it is not whole.
    pub(crate) fn cursor_key(&self) -> anyhow::Result<[u8; 32]> {
        let path = self.0.join("cursor.key");
        let context = || format!("the cursor key {} cannot be used: delete it to get a new one", path.display());
        match std::fs::read(&path).map(<[u8; 32]>::try_from) {
            Ok(Ok(key)) => Ok(key),
            Ok(Err(_)) => {
                tracing::warn!(
                    "the cursor key is not whole; a new one is made, and cursors handed out before are refused"
                );
                self.new_cursor_key(&path).with_context(context)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => self.new_cursor_key(&path).with_context(context),
            Err(error) => Err(error).with_context(context),
        }
    }

    fn new_cursor_key(&self, path: &Path) -> std::io::Result<[u8; 32]> {
        let key = random_key();
        let draft = self.0.join("cursor.key.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&key)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        Ok(key)
    }

    fn note(&self) -> PathBuf {
        self.0.join("server.json")
    }

    /// The server that serves this directory. One that died without taking its word back holds no lock any more.
    pub(crate) fn serving(&self) -> Option<Serving> {
        let lock = std::fs::File::open(self.0.join("events.db.lock")).ok()?;
        if lock.try_lock_shared().is_ok() {
            return None;
        }
        serde_json::from_slice(&std::fs::read(self.note()).ok()?).ok()
    }

    pub(crate) fn announce(&self, url: &str) -> anyhow::Result<()> {
        let serving = Serving { url: url.to_owned(), pid: std::process::id() };
        std::fs::write(self.note(), serde_json::to_vec(&serving)?)
            .with_context(|| format!("{} cannot be written", self.note().display()))
    }

    pub(crate) fn retire(&self) {
        // Whoever finds it will find nobody there, and know.
        let _ = std::fs::remove_file(self.note());
    }
}
