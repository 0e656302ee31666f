//! A private Redis, which keeps nothing when it is stopped.

use std::{fs, sync::OnceLock};

use anyhow::bail;
use tempfile::TempDir;

use crate::{
    leash::{Leash, Signal},
    port::{free_port, wait_for},
};

pub struct Redis {
    directory: TempDir,
    port: u16,
    settings: Vec<String>,
    leash: Option<Leash>,
}

impl Redis {
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(&[])
    }

    /// `settings` are such as `--requirepass`, `secret`.
    pub fn start_with(settings: &[&str]) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("redis-").tempdir()?;
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { directory, port: free_port()?, settings, leash: None };
        server.start_again()?;
        Ok(server)
    }

    /// One server for the whole process: tests keep apart by their keys.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| Self::start().expect("a private Redis for tests starts"))
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
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

    /// Ends the server with a signal, and waits until it has ended; what it held is gone.
    pub fn stop(&mut self, signal: Signal) -> anyhow::Result<()> {
        self.leash.take().map_or(Ok(()), |mut leash| leash.end(signal))
    }

    /// Starts a server that was stopped on the port it had.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        let (port, directory) = (self.port.to_string(), self.directory.path().to_string_lossy());
        let command = ["redis-server", "--bind", "127.0.0.1", "--port", &port, "--dir", &directory];
        let mut command = [&command[..], &["--save", "", "--appendonly", "no"]].concat();
        command.extend(self.settings.iter().map(String::as_str));
        let log = self.directory.path().join("log");
        let mut leash = Leash::start(&command, None, Signal::Kill, &log)?;
        wait_for(self.port, || {
            if leash.has_ended()? {
                let said = fs::read_to_string(&log).unwrap_or_default();
                bail!("Redis ended; is Debian's package 'redis-server' installed? {said}");
            }
            Ok(())
        })?;
        self.leash = Some(leash);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };

    use super::*;

    #[test]
    fn a_server_is_stopped_and_started_again_where_it_was() {
        let mut server = Redis::start().unwrap();
        let ping = |server: &Redis| {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port()))?;
            stream.write_all(b"PING\r\n")?;
            let mut answer = [0; 7];
            stream.read_exact(&mut answer)?;
            Ok::<_, std::io::Error>(answer)
        };
        assert_eq!(&ping(&server).unwrap(), b"+PONG\r\n");
        server.stop(Signal::Kill).unwrap();
        assert!(ping(&server).is_err());
        server.start_again().unwrap();
        assert_eq!(&ping(&server).unwrap(), b"+PONG\r\n");
    }
}
