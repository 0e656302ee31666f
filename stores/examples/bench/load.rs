//! What every store is given to do, so that their figures can be compared.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bytes::Bytes;
use orderflow_engine::{
    Append, EventReader, EventStore, ExpectedVersion, NewEvent, Position, StreamName, Version, Wanted,
};

pub(crate) const STREAMS: usize = 10_000;
pub(crate) const WRITERS: [usize; 4] = [1, 16, 64, 256];
const KIND: &str = "order.line_added.v1";
pub(crate) const DATA_BYTES: usize = 306;
pub(crate) const METADATA_BYTES: usize = 146;
const PAGE: usize = 1000;

pub(crate) type Samples = BTreeMap<String, Vec<f64>>;

pub(crate) struct Arguments {
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
}

pub(crate) struct Load {
    names: Vec<StreamName>,
    pub(crate) data: Bytes,
    pub(crate) metadata: Bytes,
}

pub(crate) fn arguments(program: &str) -> Arguments {
    let mut arguments = Arguments { rounds: 5, round: Duration::from_secs(2) };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given.next().and_then(|value| value.parse::<f64>().ok());
        match (name.as_str(), value) {
            ("--rounds", Some(rounds)) => arguments.rounds = (rounds as usize).max(1),
            ("--seconds", Some(seconds)) => arguments.round = Duration::from_secs_f64(seconds),
            _ => {
                eprintln!("usage: {program} [--rounds N] [--seconds S]");
                std::process::exit(2);
            }
        }
    }
    arguments
}

impl Load {
    pub(crate) fn new() -> &'static Self {
        Box::leak(Box::new(Self {
            names: (0..STREAMS).map(|id| StreamName::parse(format!("order-{id:032x}")).expect("a name")).collect(),
            data: json(DATA_BYTES),
            metadata: json(METADATA_BYTES),
        }))
    }

    fn append(&self, stream: StreamName, expected: ExpectedVersion) -> Append {
        Append {
            stream,
            expected,
            events: vec![NewEvent { kind: KIND, data: self.data.clone() }],
            metadata: self.metadata.clone(),
            time: chrono::DateTime::UNIX_EPOCH,
        }
    }
}

fn json(length: usize) -> Bytes {
    let mut text = String::from("{\"line\":\"");
    text.extend((0..length - text.len() - 2).map(|index| char::from(b'a' + (index * 7 % 26) as u8)));
    text.push_str("\"}");
    Bytes::from(text)
}

/// The stream of the `number`-th append: all over the names, the same for every contender.
pub(crate) fn stream(number: usize) -> usize {
    number.wrapping_mul(2_654_435_761) % STREAMS
}

/// So many writers, each with one append on its way: the rate, and how long they waited.
pub(crate) async fn appends(
    store: &impl EventStore, load: &'static Load, writers: usize, round: Duration, samples: &mut Samples,
) {
    let start = Instant::now();
    let tasks: Vec<_> =
        (0..writers).map(|writer| tokio::spawn(write(store.clone(), load, writer, writers, start + round))).collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("a writer"));
    }
    let elapsed = start.elapsed().as_secs_f64();
    let mut sample = |name: String, value: f64| samples.entry(name).or_default().push(value);
    sample(format!("writers_{writers}_per_s"), latencies.len() as f64 / elapsed);
    latencies.sort_unstable();
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        let index = ((latencies.len() - 1) as f64 * share) as usize;
        sample(format!("writers_{writers}_{name}_ms"), latencies[index].as_secs_f64() * 1000.0);
    }
}

async fn write(
    store: impl EventStore, load: &'static Load, writer: usize, writers: usize, until: Instant,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let mut number = writer;
    let mut now = Instant::now();
    while now < until {
        let append = load.append(load.names[stream(number)].clone(), ExpectedVersion::Any);
        store.submit(append).await.wait().await.expect("appended");
        let done = Instant::now();
        latencies.push(done - now);
        now = done;
        number += writers;
    }
    latencies
}

/// Every append begins a stream, as every new order does.
pub(crate) async fn new_streams(
    store: &impl EventStore, load: &'static Load, writers: usize, round: Duration, samples: &mut Samples,
) {
    let before = store.head().await.expect("readable").0;
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut number = writer;
                while start.elapsed() < round {
                    // Ids as a hash gives them: all over the index of names.
                    let id = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
                    let stream = StreamName::parse(format!("order-{id:032x}")).expect("a name");
                    let append = load.append(stream, ExpectedVersion::NoStream);
                    store.submit(append).await.wait().await.expect("appended");
                    number += writers;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer");
    }
    let streams = (store.head().await.expect("readable").0 - before) as f64 / start.elapsed().as_secs_f64();
    samples.entry(format!("writers_{writers}_new_streams_per_s")).or_default().push(streams);
}

/// How fast the log is read.
pub(crate) async fn reads(store: &impl EventReader, load: &Load, samples: &mut Samples) {
    let mut sample = |name: &str, value: f64| samples.entry(name.to_owned()).or_default().push(value);
    sample("scan_per_s", scan(store, &Wanted::ALL).await);
    sample("scan_of_no_kind_per_s", scan(store, &Wanted::kinds(["other.v1"])).await);
    sample("stream_reads_per_s", read_streams(store, load).await);
}

async fn scan(store: &impl EventReader, wanted: &Wanted) -> f64 {
    let head = store.head().await.expect("readable");
    let start = Instant::now();
    let mut through = Position::START;
    while through < head {
        through = store.read_all(through, PAGE, wanted).await.expect("readable").through;
    }
    head.0 as f64 / start.elapsed().as_secs_f64()
}

async fn read_streams(store: &impl EventReader, load: &Load) -> f64 {
    const READS: usize = 10_000;
    let start = Instant::now();
    for number in 0..READS {
        let name = &load.names[stream(number)];
        let events = store.read_stream(name, Version::ZERO, 10).await.expect("readable");
        assert!(events.len() <= 10);
    }
    READS as f64 / start.elapsed().as_secs_f64()
}

pub(crate) fn medians(samples: Samples) -> BTreeMap<String, f64> {
    samples.into_iter().map(|(name, values)| (name, median(values))).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
