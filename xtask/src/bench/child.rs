//! A server as a child process that does not outlive the measurement.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, bail};

pub(super) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts `orderflow serve` on a data directory, and waits until it says that it is ready.
    pub(super) fn start(orderflow: &mut Command, data: &Path) -> anyhow::Result<Self> {
        let log: PathBuf = data.with_extension("log");
        let mut child = orderflow
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?)
            .spawn()
            .context("the server cannot be started")?;
        let stdout = child.stdout.take().context("the server has no output")?;
        // From here on whatever goes wrong ends the child.
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut output = BufReader::new(stdout);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let Some(address) = address(&line) else {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("the server did not get ready: {line}{said}");
        };
        server.address = address;
        // A server that cannot print must not stop for it.
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Ok(server)
    }

    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already; then there is nobody to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address(line: &str) -> Option<SocketAddr> {
    line.split_whitespace()
        .find_map(|word| word.trim_start_matches("http://").trim_end_matches(['/', ',']).parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_the_greeting() {
        let greeting = "orderflow serves http://127.0.0.1:4711 (data in x); try http://127.0.0.1:4711/docs\n";
        assert_eq!(address(greeting), Some(SocketAddr::from(([127, 0, 0, 1], 4711))));
        assert_eq!(address("error: the port is taken\n"), None);
    }

    #[test]
    fn a_server_that_does_not_get_ready_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let error = Server::start(&mut Command::new("true"), &directory.path().join("data")).err().unwrap();
        assert!(error.to_string().contains("did not get ready"), "{error}");
    }
}
