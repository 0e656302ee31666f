//! A process that dies keeps every event it acknowledged.

use orderflow_engine::EventReader;
use orderflow_stores::{SqliteOptions, SqliteStore};

use crate::{
    child::{self, Other},
    log, name, put,
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that is killed"]
async fn appends_until_it_is_killed() {
    let Some(file) = child::file() else { return };
    let store = SqliteStore::open(&file, &SqliteOptions::default()).unwrap();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let stream = name(writer);
                while let Ok(appended) = put(&store, &stream, &["{\"a\":1}", "{\"b\":2}"]).await {
                    child::tell(format_args!("{stream} {} {}", appended.version, appended.position));
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.db");
    let mut acknowledged = 0;
    for life in 1..=3 {
        let mut other = Other::start("death::appends_until_it_is_killed", file.as_os_str(), &[]);
        let mut heard: Vec<String> = (0..500).filter_map(|_| other.hear()).collect();
        other.kill();
        // The last line may be cut short by the death.
        heard.extend(std::iter::from_fn(|| other.hear()).filter(|line| line.split(' ').count() == 3));
        assert!(heard.len() >= 500, "life {life} acknowledged {}", heard.len());
        acknowledged += heard.len() * 2;

        let store = SqliteStore::open(&file, &SqliteOptions::default()).unwrap();
        let events = log(&store).await;
        assert!(events.len() >= acknowledged);
        assert_eq!(store.head().await.unwrap().0, events.len() as u64);
        for line in &heard[..heard.len() - 1] {
            let [stream, version, position] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let event = &events[position.parse::<usize>().unwrap() - 1];
            assert_eq!((event.stream.as_str(), event.version.to_string()), (stream, version.to_owned()));
        }
        store.close().await;
    }
}
