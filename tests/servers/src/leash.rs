//! A server that ends with whoever started it.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use anyhow::{Context, bail};

/// The signals that tests send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ends the server at once, as a crash does.
    Kill,
    /// Asks the server to end soon.
    Interrupt,
    /// Asks a Postgres to end at once and to recover at its next start.
    Quit,
    Stop,
    Continue,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }

    /// Sends it to a process that the caller has started.
    pub fn send(self, pid: u32) -> anyhow::Result<()> {
        let sent = Command::new("kill").args(["-s", self.name(), &pid.to_string()]).output()?;
        if !sent.status.success() {
            bail!("signal {} cannot be sent: {}", self.name(), String::from_utf8_lossy(&sent.stderr).trim());
        }
        Ok(())
    }
}

/// The user a server runs as, when it is not the one that starts it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

pub(crate) struct Leash {
    shell: Child,
    hand: Option<ChildStdin>,
    pid: u32,
}

impl Leash {
    /// Starts `command`; what it says goes to the file `log`. It is sent `end` when the leash is dropped.
    pub(crate) fn start(command: &[&str], user: Option<User>, end: Signal, log: &Path) -> anyhow::Result<Self> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(include_str!("leash.sh")).arg("leash").args(command);
        shell.env("LEASH_SIGNAL", end.name()).current_dir("/");
        if let Some(User { uid, gid }) = user {
            shell.uid(uid).gid(gid);
        }
        let log = File::options().create(true).append(true).open(log)?;
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        // A group of its own, so that an interrupt from the terminal ends the tests first.
        let mut shell = shell.process_group(0).spawn().context("no shell to start a server with")?;
        let hand = shell.stdin.take();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().context("standard output is piped")?).read_line(&mut line)?;
        let pid = line.trim().parse().with_context(|| format!("{command:?} was not started"))?;
        Ok(Self { shell, hand, pid })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.shell.try_wait()?.is_some())
    }

    /// Sends a signal that ends the server, and waits until it has ended.
    pub(crate) fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        signal.send(self.pid)?;
        self.shell.wait()?;
        Ok(())
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.hand.take());
        // It has been told to end; there is nobody to tell when it cannot be waited for.
        let _ = self.shell.wait();
    }
}
