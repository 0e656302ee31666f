//! How long an order takes from being sent to being seen confirmed, on a system that has nothing else to do.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use super::{
    answer::{self, Answer},
    jobs,
};

/// Between two looks at an order: short beside what is measured, and long enough to leave the machine to the server.
const LOOK_AGAIN: Duration = Duration::from_micros(200);
/// Between two orders, so that nothing of the one before is under way any more.
const REST: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_TO_SETTLE: Duration = Duration::from_secs(300);

struct Client {
    stream: TcpStream,
    out: Vec<u8>,
    received: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, out: Vec::new(), received: Vec::new() })
    }

    fn post(&mut self, path: &str, key: &str, body: &str) -> anyhow::Result<Answer<'_>> {
        self.out.clear();
        jobs::post(&mut self.out, path, key, body);
        self.send()
    }

    fn get(&mut self, path: &str, headers: &str) -> anyhow::Result<Answer<'_>> {
        self.out.clear();
        jobs::get(&mut self.out, path, headers);
        self.send()
    }

    fn send(&mut self) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(&self.out)?;
        self.received.clear();
        let mut chunk = [0; 16 * 1024];
        while answer::parse(&self.received)?.is_none() {
            match self.stream.read(&mut chunk)? {
                0 => bail!("the server closed the connection"),
                read => self.received.extend_from_slice(&chunk[..read]),
            }
        }
        let answer = answer::parse(&self.received)?.context("an answer that was whole is in parts")?;
        answer.check()?;
        Ok(answer)
    }

    /// Whether an order is confirmed; an error when it ended in another way.
    fn is_confirmed(&mut self, id: &str, headers: &str) -> anyhow::Result<bool> {
        let answer = self.get(&format!("/api/v1/orders/{id}"), headers)?;
        match answer.field("status") {
            Some("placed") => Ok(false),
            Some("confirmed" | "completed") => Ok(true),
            status => bail!("the order {id} became {status:?}"),
        }
    }
}

/// The times in microseconds, from sending an order to the first answer that shows it confirmed.
pub(super) fn measure(address: SocketAddr, products: u32, count: u32) -> anyhow::Result<Vec<u32>> {
    let mut client = Client::connect(address)?;
    let run = jobs::run_name();
    let mut took = Vec::new();
    for number in 0..count {
        thread::sleep(REST);
        let line = format!("{{\"sku\":\"{}\",\"quantity\":1}}", jobs::sku(number % products));
        let sent = Instant::now();
        let placed = client.post("/api/v1/orders", &format!("{run}-{number}"), &jobs::order(&line))?;
        let id = placed.field("id").context("the answer to an order names no id")?.to_owned();
        let position = placed.header("orderflow-position").context("the answer to an order has no position")?;
        let headers = format!("orderflow-after: {position}\r\n");
        while !client.is_confirmed(&id, &headers)? {
            if sent.elapsed() > PATIENCE {
                bail!("the order {id} is not confirmed after {} s", PATIENCE.as_secs());
            }
            thread::sleep(LOOK_AGAIN);
        }
        took.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(took)
}

/// Waits until all of these orders are confirmed.
pub(super) fn settle(address: SocketAddr, ids: &[String]) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let mut client = Client::connect(address)?;
    for id in ids {
        // The view may not even know the order yet.
        while !matches!(client.is_confirmed(id, ""), Ok(true)) {
            if started.elapsed() > PATIENCE_TO_SETTLE {
                client.is_confirmed(id, "")?;
                bail!("the order {id} is not confirmed after {} s", PATIENCE_TO_SETTLE.as_secs());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(started.elapsed())
}
