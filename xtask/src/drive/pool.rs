//! Many connections on one thread, each with one request under way.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use mio::{Events, Interest, Poll, Token, net::TcpStream};

use super::answer::{self, Answer};

/// What is asked, and what is done with the answers.
pub(super) trait Job {
    /// Appends the next request to `out`; false when there is nothing more to ask.
    fn ask(&mut self, out: &mut Vec<u8>) -> bool;
    fn answered(&mut self, answer: &Answer<'_>);
}

#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// No request is begun after this.
    After(Duration),
    /// Everything that the job asks.
    WithJob,
}

pub(super) struct Report {
    pub(super) elapsed: Duration,
    /// How long each answer took, in microseconds.
    pub(super) took_us: Vec<u32>,
}

struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    sent: usize,
    received: Vec<u8>,
    asked: Instant,
}

enum Turn {
    /// The answer, or room for the rest of the request, is awaited.
    Waiting,
    Answered,
}

/// The longest that the pool waits for any answer at all.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn run(address: SocketAddr, connections: usize, end: &End, job: &mut impl Job) -> anyhow::Result<Report> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(connections);
    let mut pool = Vec::with_capacity(connections);
    for index in 0..connections {
        pool.push(Connection::open(address, &poll, index)?);
    }
    let started = Instant::now();
    let until = match end {
        End::After(duration) => Some(started + *duration),
        End::WithJob => None,
    };
    let mut took_us = Vec::with_capacity(1 << 20);
    let mut under_way = 0;
    for connection in &mut pool {
        under_way += usize::from(connection.ask(job)?);
    }
    while under_way > 0 {
        poll.poll(&mut events, Some(PATIENCE)).or_else(|error| match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            _ => Err(error),
        })?;
        if events.is_empty() {
            bail!("the server has not answered for {} s", PATIENCE.as_secs());
        }
        for event in &events {
            let connection = &mut pool[event.token().0];
            match connection.go_on(job)? {
                Turn::Waiting => {}
                Turn::Answered => {
                    let now = Instant::now();
                    took_us.push(u32::try_from((now - connection.asked).as_micros()).unwrap_or(u32::MAX));
                    let more = until.is_none_or(|until| now < until) && connection.ask(job)?;
                    under_way -= usize::from(!more);
                }
            }
        }
    }
    Ok(Report { elapsed: started.elapsed(), took_us })
}

impl Connection {
    fn open(address: SocketAddr, poll: &Poll, index: usize) -> anyhow::Result<Self> {
        let stream = std::net::TcpStream::connect(address).with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, out: Vec::new(), sent: 0, received: Vec::new(), asked: Instant::now() })
    }

    /// Sends the next request; false when there is none.
    fn ask(&mut self, job: &mut impl Job) -> anyhow::Result<bool> {
        self.out.clear();
        (self.sent, self.asked) = (0, Instant::now());
        self.received.clear();
        if !job.ask(&mut self.out) {
            // Whatever was begun is not to be sent when the connection is next ready.
            self.out.clear();
            return Ok(false);
        }
        self.send()?;
        Ok(true)
    }

    fn send(&mut self) -> anyhow::Result<()> {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Does what the connection is ready for. Once an answer is there as a whole nothing more is on its way, so it need
    /// not be read until it would block.
    fn go_on(&mut self, job: &mut impl Job) -> anyhow::Result<Turn> {
        if self.sent < self.out.len() {
            self.send()?;
        }
        let mut chunk = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) if self.out.is_empty() => return Ok(Turn::Waiting),
                Ok(0) => bail!("the server closed a connection with a request under way"),
                Ok(read) => {
                    self.received.extend_from_slice(&chunk[..read]);
                    if let Some(answer) = answer::parse(&self.received)? {
                        answer.check()?;
                        job.answered(&answer);
                        return Ok(Turn::Answered);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Turn::Waiting),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        net::TcpListener,
        thread,
    };

    use super::*;

    struct Count {
        left: u32,
        answers: u32,
    }

    impl Job for Count {
        fn ask(&mut self, out: &mut Vec<u8>) -> bool {
            out.extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
            let more = self.left > 0;
            self.left = self.left.saturating_sub(1);
            more
        }

        fn answered(&mut self, answer: &Answer<'_>) {
            assert_eq!(answer.body, b"ok");
            self.answers += 1;
        }
    }

    /// A server that answers every empty line with `answer`, in two pieces.
    fn server(connections: usize, answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().take(connections) {
                let mut stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                thread::spawn(move || {
                    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                        if line.unwrap_or_default().is_empty() {
                            let (first, second) = answer.split_at(answer.len() / 2);
                            let sent =
                                stream.write_all(first.as_bytes()).and_then(|()| stream.write_all(second.as_bytes()));
                            if sent.is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        address
    }

    #[test]
    fn every_request_is_answered_once() {
        let address = server(8, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        let mut job = Count { left: 1000, answers: 0 };
        let report = run(address, 8, &End::WithJob, &mut job).unwrap();
        assert_eq!((job.answers, report.took_us.len()), (1000, 1000));
    }

    #[test]
    fn a_refusal_ends_the_run() {
        let address = server(1, "HTTP/1.1 422 No\r\ncontent-length: 2\r\n\r\nno");
        let error = run(address, 1, &End::WithJob, &mut Count { left: 1, answers: 0 }).err().unwrap();
        assert_eq!(error.to_string(), "the server answered 422: no");
    }
}
