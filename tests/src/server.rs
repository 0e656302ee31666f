//! The real binary, as a child process that does not outlive its test.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::client::Client;

/// How long a server may take to end: far longer than it gives to what is under way.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server on a free port.
pub struct Server {
    child: Child,
    url: String,
}

/// The program under test: `$ORDERFLOW_BIN`, or the one that was built beside the tests.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("ORDERFLOW_BIN") {
        return PathBuf::from(path);
    }
    let tests = std::env::current_exe().expect("a test knows where it is");
    let built = tests.ancestors().map(|directory| directory.join("orderflow")).find(|path| path.is_file());
    built.expect("the orderflow binary is built: run 'cargo build -p orderflow' first")
}

/// Runs a command to its end.
///
/// # Panics
///
/// When the binary cannot be started.
#[must_use]
pub fn run(arguments: &[&str]) -> Output {
    Command::new(binary()).args(arguments).env("NO_COLOR", "1").output().expect("the binary starts")
}

impl Server {
    /// # Panics
    ///
    /// When the server does not get ready.
    #[must_use]
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[], &[])
    }

    /// # Panics
    ///
    /// When the server does not get ready.
    #[must_use]
    pub fn start_with(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary());
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(arguments);
        Self::spawn(command.envs(environment.iter().copied()))
    }

    /// One role beside others, at an address that it has again after a restart.
    ///
    /// # Panics
    ///
    /// When it does not get ready.
    #[must_use]
    pub fn role(role: &str, port: u16, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary());
        // No load balancer has to notice that it stops.
        command.args([role, "--listen", &format!("127.0.0.1:{port}")]).env("ORDERFLOW_DRAIN_DELAY", "0");
        Self::spawn(command.envs(environment.iter().copied()))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("standard output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server says where it is");
        let authority = line.split_once("http://").map(|(_, rest)| rest.split(['/', ';', ' ', '\n']).next());
        let authority = authority.flatten().unwrap_or_else(|| panic!("the server did not get ready: {line:?}"));
        Self { url: format!("http://{authority}"), child }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM.
    ///
    /// # Panics
    ///
    /// When it cannot be sent.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill is there");
        assert!(asked.success());
    }

    /// SIGTERM, and the end of it.
    ///
    /// # Panics
    ///
    /// When it does not end, or not well.
    pub fn stop(mut self) {
        self.ask_to_stop();
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().expect("it can be waited for") {
                Some(status) => break status,
                // It is killed when this is unwound.
                None => {
                    assert!(Instant::now() < deadline, "the server does not end {} s after SIGTERM", PATIENCE.as_secs())
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "the server ended with {status}");
    }

    /// Asks again until an answer is as wanted: for what comes true a little later.
    ///
    /// # Panics
    ///
    /// When it never does.
    #[track_caller]
    pub fn eventually(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..600 {
            let answer = self.client().get(path);
            if answer.status == 200 {
                last = answer.json();
                if wanted(&last) {
                    return last;
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{path} never came to be as wanted: {last}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
