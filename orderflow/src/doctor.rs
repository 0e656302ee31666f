//! `orderflow doctor`: what is wrong with this machine or this data, and how to mend it.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use orderflow_engine::EventReader;
use orderflow_http::Dependency;

use crate::{
    backends::Backends,
    client::Client,
    home::Home,
    serve::Role,
    settings::{Place, Settings},
};

enum Finding {
    Fine(String),
    /// Works, but not as well as it could.
    Warning {
        what: String,
        mend: String,
    },
    Broken {
        what: String,
        mend: String,
    },
}

/// Less than this free is warned about, in bytes.
const ROOM: u64 = 1 << 30;

pub(crate) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let data = &settings.data.value;
    let served = Client::find(settings).await.is_some();
    let mut findings = vec![
        directory(data),
        room(data),
        sync_time(data),
        events(settings).await,
        address(settings, served),
        descriptors(settings.connections.value),
    ];
    findings.extend(servers(settings).await);
    let mut broken = false;
    for finding in findings {
        match finding {
            Finding::Fine(what) => println!("ok       {what}"),
            Finding::Warning { what, mend } => println!("warning  {what}\n         {mend}"),
            Finding::Broken { what, mend } => {
                broken = true;
                println!("broken   {what}\n         {mend}");
            }
        }
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn directory(data: &Path) -> Finding {
    let probe = data.join(".doctor");
    match fs::create_dir_all(data).and_then(|()| fs::write(&probe, b"?")) {
        Ok(()) => {
            let _ = fs::remove_file(&probe);
            Finding::Fine(format!("the data directory {} can be written", data.display()))
        }
        Err(error) => Finding::Broken {
            what: format!("the data directory {} cannot be written: {error}", data.display()),
            mend: "give this user the right to write it, or name another one with --data".to_owned(),
        },
    }
}

fn room(data: &Path) -> Finding {
    match available(data) {
        Some(bytes) if bytes >= ROOM => Finding::Fine(format!("{} GiB are free for data", bytes >> 30)),
        Some(bytes) => Finding::Warning {
            what: format!("only {} MiB are free for data", bytes >> 20),
            mend: "make room: when the disk is full, writes are refused until there is some again".to_owned(),
        },
        None => Finding::Warning {
            what: "how much room there is for data cannot be told".to_owned(),
            mend: "look with 'df'".to_owned(),
        },
    }
}

/// Free bytes on the file system of a directory, as `df` tells them.
fn available(data: &Path) -> Option<u64> {
    let output = std::process::Command::new("df").arg("-Pk").arg(data).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kilobytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The median of a few syncs: what every durable write waits for.
fn sync_time(data: &Path) -> Finding {
    let probe = data.join(".doctor-sync");
    let times = (|| -> std::io::Result<Vec<Duration>> {
        let mut file = fs::File::create(&probe)?;
        (0..9)
            .map(|_| {
                let begin = Instant::now();
                std::io::Write::write_all(&mut file, &[0; 4096])?;
                file.sync_data()?;
                Ok(begin.elapsed())
            })
            .collect()
    })();
    let _ = fs::remove_file(&probe);
    match times {
        Ok(mut times) => {
            times.sort();
            let median = times[times.len() / 2];
            if median < Duration::from_millis(20) {
                Finding::Fine(format!("a durable write takes {median:.1?}"))
            } else {
                Finding::Warning {
                    what: format!("a durable write takes {median:.1?}"),
                    mend: "put the data directory on a faster disk, with --data".to_owned(),
                }
            }
        }
        Err(error) => Finding::Broken {
            what: format!("nothing can be synced in {}: {error}", data.display()),
            mend: "mend the disk or the file system, or name another directory with --data".to_owned(),
        },
    }
}

async fn events(settings: &Settings) -> Finding {
    let embedded = settings.store.value.get().is_none();
    if embedded && !Home(&settings.data.value).events().exists() {
        return Finding::Fine("no events yet: the first start makes the event store".to_owned());
    }
    let head = async { anyhow::Ok(Backends::of(settings, Role::ReadApi)?.reader().await?.head().await?) };
    match head.await {
        Ok(head) => Finding::Fine(format!("the event store can be read: it ends at position {head}")),
        Err(error) => Finding::Broken {
            what: format!("the event store cannot be read: {error:#}"),
            mend: if embedded {
                "restore it from a copy; the views can be deleted, they are rebuilt from it".to_owned()
            } else {
                format!("see to the server that --store names, {}", settings.store.value)
            },
        },
    }
}

/// The servers besides the event store, where there are any.
async fn servers(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if settings.views.value.get().is_some() {
        let views = async { anyhow::Ok(Backends::of(settings, Role::ReadApi)?.views().await?.0.ping().await?) };
        findings.push(reached("views", &settings.views.value, views.await));
    }
    if settings.cache.value.get().is_some() {
        let cache = async {
            match Backends::of(settings, Role::ReadApi)?.cache().await? {
                Some(cache) => match cache.health().await {
                    Dependency::Up => Ok(()),
                    Dependency::Degraded(reason) | Dependency::Down(reason) => anyhow::bail!(reason),
                },
                None => Ok(()),
            }
        };
        findings.push(reached("cache", &settings.cache.value, cache.await));
    }
    findings
}

fn reached(name: &str, place: &Place, outcome: anyhow::Result<()>) -> Finding {
    match outcome {
        Ok(()) => Finding::Fine(format!("the {name} can be read at {place}")),
        Err(error) => Finding::Broken {
            what: format!("the {name} cannot be read at {place}: {error:#}"),
            mend: format!("see to the server that --{name} names; a projector makes what is not there yet"),
        },
    }
}

fn address(settings: &Settings, served: bool) -> Finding {
    let listen = settings.listen.value;
    match TcpListener::bind(listen) {
        Ok(_) => Finding::Fine(format!("{listen} is free to listen on")),
        Err(_) if served => Finding::Fine(format!("a server serves {}", settings.data.value.display())),
        Err(error) => Finding::Broken {
            what: format!("{listen} cannot be listened on: {error}"),
            mend: "name another address with --listen; port 0 picks a free one".to_owned(),
        },
    }
}

/// Linux tells the limit of open files in a file of its own.
fn descriptors(connections: u32) -> Finding {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let limit: Option<u32> = soft.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    match limit {
        Some(limit) if limit < connections + 256 => Finding::Warning {
            what: format!("{limit} open files are too few for {connections} connections"),
            mend: format!("raise the limit ('ulimit -n {}'), or set --connections lower", connections + 256),
        },
        Some(limit) => Finding::Fine(format!("{limit} open files are enough for {connections} connections")),
        None => Finding::Fine("the limit of open files is not told here".to_owned()),
    }
}
