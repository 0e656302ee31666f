//! A private Postgres.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::{
    leash::{Leash, Signal, User},
    port::free_port,
};

/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// On how many ports it is tried.
const ATTEMPTS: u32 = 5;

/// Whether commits reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As a server comes: for measuring, and where durability is what is tested.
    Real,
    /// Faster, for tests that lose nothing when the machine does.
    Off,
}

pub struct Postgres {
    binaries: PathBuf,
    user: Option<User>,
    directory: TempDir,
    port: u16,
    settings: Vec<String>,
    databases: AtomicU32,
    leash: Option<Leash>,
}

impl Postgres {
    /// Starts a new, empty server. `settings` are such as `max_connections=20`.
    pub fn start(durability: Durability, settings: &[&str]) -> anyhow::Result<Self> {
        let binaries = binaries()?;
        let directory = tempfile::Builder::new().prefix("postgres-").tempdir()?;
        let user = other_user(directory.path())?;
        if let Some(User { uid, gid }) = user {
            chown(directory.path(), Some(uid), Some(gid))?;
        }
        let mut settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        if durability == Durability::Off {
            settings.extend(["fsync=off", "full_page_writes=off"].map(str::to_owned));
        }
        let databases = AtomicU32::new(0);
        let mut server = Self { binaries, user, directory, port: 0, settings, databases, leash: None };
        server.initialise()?;
        server.start_on_a_free_port()?;
        Ok(server)
    }

    /// A port that was free a moment ago may be somebody else's now.
    fn start_on_a_free_port(&mut self) -> anyhow::Result<()> {
        let mut attempts = 0;
        loop {
            self.port = free_port()?;
            attempts += 1;
            match self.start_again() {
                Err(error) if attempts < ATTEMPTS && error.to_string().contains("Address already in use") => {}
                started => return started,
            }
        }
    }

    /// One server for the whole process, which takes little care of its data.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| {
            Self::start(Durability::Off, &["max_connections=300"]).expect("a private Postgres for tests starts")
        })
    }

    /// Makes an empty database and gives its URL.
    ///
    /// # Panics
    ///
    /// When the server does not.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let port = self.port.to_string();
        let created = self.tool("createdb").args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", &name]).output();
        let created = created.expect("createdb can be run");
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        self.url(&name)
    }

    /// The URL of a database of this server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process to send signals to.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.leash.as_ref().map(Leash::pid)
    }

    /// A program that comes with the server, such as `pgbench`.
    #[must_use]
    pub fn tool(&self, name: &str) -> Command {
        Command::new(self.binaries.join(name))
    }

    /// Ends the server with a signal, and waits until it has ended; what it holds stays.
    pub fn stop(&mut self, signal: Signal) -> anyhow::Result<()> {
        let Some(mut leash) = self.leash.take() else { return Ok(()) };
        let backends = children(leash.pid());
        leash.end(signal)?;
        // Those of a server that was killed notice a moment later, and serve until then.
        let deadline = Instant::now() + PATIENCE;
        while backends.iter().any(|pid| Path::new("/proc").join(pid).exists()) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Starts a server that was stopped on the port it had.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        let (program, data, port) = (self.binaries.join("postgres"), self.data(), self.port.to_string());
        let mut command = vec![as_str(&program)?, "-D", as_str(&data)?, "-h", "127.0.0.1", "-p", &port, "-k", ""];
        for setting in &self.settings {
            command.extend(["-c", setting]);
        }
        let log = self.directory.path().join("log");
        let mut leash = Leash::start(&command, self.user, Signal::Quit, &log)?;
        let deadline = Instant::now() + PATIENCE;
        while !self.is_ready(leash.pid()) {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            if leash.has_ended()? {
                bail!("Postgres ended: {}", said());
            }
            if Instant::now() > deadline {
                bail!("Postgres is not ready after {} s: {}", PATIENCE.as_secs(), said());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.leash = Some(leash);
        Ok(())
    }

    /// What the server writes into its directory when it has recovered. Whoever answers on the port may be another one.
    fn is_ready(&self, pid: u32) -> bool {
        let noted = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = noted.lines().map(str::trim);
        lines.next() == Some(&*pid.to_string()) && lines.nth(6) == Some("ready")
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn initialise(&self) -> anyhow::Result<()> {
        let (program, data) = (self.binaries.join("initdb"), self.data());
        let command = [as_str(&program)?, "-D", as_str(&data)?, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"];
        let log = self.directory.path().join("initdb.log");
        let mut leash = Leash::start(&command, self.user, Signal::Kill, &log)?;
        while !leash.has_ended()? {
            std::thread::sleep(Duration::from_millis(10));
        }
        if !data.join("PG_VERSION").exists() {
            bail!("initdb failed: {}", fs::read_to_string(&log).unwrap_or_default());
        }
        Ok(())
    }
}

/// The ids of the processes that one has started.
fn children(pid: u32) -> Vec<String> {
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().map(str::to_owned).collect()
}

fn as_str(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("a path that is not UTF-8")
}

/// Debian keeps the server's programs by version, and not on the path.
fn binaries() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, path)| path.join("postgres").exists() && path.join("initdb").exists())
        .collect();
    found.sort();
    if let Some((_, path)) = found.pop() {
        return Ok(path);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|path| path.join("initdb").exists());
    on_path.context("no Postgres server is installed: install Debian's package 'postgresql'")
}

/// Postgres does not run as root: for whoever is, a user that has nothing else to do.
fn other_user(own: &Path) -> anyhow::Result<Option<User>> {
    if fs::metadata(own)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(User { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    };
    let user = find("postgres").or_else(|| find("nobody"));
    Ok(Some(user.context("Postgres does not run as root, and there is no user 'postgres' or 'nobody'")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_stopped_and_started_again_where_it_was() {
        let mut server = Postgres::start(Durability::Off, &[]).unwrap();
        let url = server.database();
        let ask = |server: &Postgres| server.tool("psql").args([&url, "-Atc", "SELECT 40 + 2"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ask(&server).stdout), "42\n");
        server.stop(Signal::Kill).unwrap();
        assert!(!ask(&server).status.success());
        server.start_again().unwrap();
        assert_eq!(String::from_utf8_lossy(&ask(&server).stdout), "42\n");
    }
}
