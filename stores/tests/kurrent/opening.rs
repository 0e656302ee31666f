//! Why a store may not be opened, in words that help.

use std::{io::Write, net::TcpListener, time::Duration};

use orderflow_engine::{EventReader, EventStore, Snapshot, Version};
use orderflow_stores::{KurrentOpenError, KurrentOptions, KurrentReader, KurrentStore};
use orderflow_test_kurrentdb::{Options, Standin};

use crate::{HANG, bodies, impatient, name, put};

async fn refusal(url: &str) -> KurrentOpenError {
    let store = KurrentStore::open(url, &impatient()).await.err().expect("refused");
    let reader = KurrentReader::open(url, &impatient()).await.err().expect("refused");
    assert_eq!(std::mem::discriminant(&store), std::mem::discriminant(&reader), "{store} {reader}");
    store
}

#[tokio::test]
async fn a_url_that_is_none() {
    for url in [
        "",
        "localhost:2113",
        "postgres://localhost/orders",
        "kurrentdb://localhost/orders",
        "kurrentdb://localhost?connectionName=caf\u{e9}",
    ] {
        let refused = refusal(url).await;
        assert!(matches!(refused, KurrentOpenError::Url(_)), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn credentials_that_are_wrong_or_missing() {
    let credentials = Some(("admin".to_owned(), "changeit".to_owned()));
    let standin = Standin::start_with(Options { credentials, ..Options::default() });
    let with = |user: &str| standin.url().replace("://", &format!("://{user}@"));
    for url in [standin.url(), with("admin:wrong")] {
        let refused = refusal(&url).await;
        assert!(matches!(refused, KurrentOpenError::Denied { .. }), "{refused:?}");
        assert!(!refused.to_string().contains("wrong"), "{refused}");
    }
    let store = KurrentStore::open(&with("admin:changeit"), &KurrentOptions::default()).await.unwrap();
    put(&store, &name("let_in"), &["1"]).await.unwrap();
}

#[tokio::test]
async fn credentials_of_any_characters() {
    let credentials = Some(("a@b".to_owned(), "p:s/?#% \u{e9}".to_owned()));
    let standin = Standin::start_with(Options { credentials, ..Options::default() });
    let url = standin.url().replace("://", "://a%40b:p%3As%2F%3F%23%25%20%c3%a9@");
    let store = KurrentStore::open(&url, &KurrentOptions::default()).await.unwrap();
    let stream = name("let_in");
    let mut watch = store.watch();
    put(&store, &stream, &["1"]).await.unwrap();
    put(&store, &stream, &["2"]).await.unwrap();
    assert_eq!(bodies(&store, &stream).await, ["1", "2"]);
    tokio::time::timeout(HANG, watch.changed()).await.expect("woken").unwrap();
    let snapshot = Snapshot { version: Version(2), schema: 1, data: "{}".into() };
    store.save_snapshot(stream.clone(), snapshot.clone()).await;
    while store.reader().load_snapshot(&stream).await.unwrap().as_ref() != Some(&snapshot) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there() {
    let standin = Standin::start();
    standin.stop_node(0);
    let refused = refusal(&standin.url()).await;
    assert!(matches!(refused, KurrentOpenError::Unreachable { .. }), "{refused:?}");
    let place = standin.url();
    let place = place.trim_start_matches("kurrentdb://").trim_end_matches("?tls=false");
    assert!(refused.to_string().contains(place), "{refused}");
}

#[tokio::test]
async fn a_server_that_comes_late_is_waited_for() {
    let standin = Standin::start();
    standin.stop_node(0);
    let (url, options) = (standin.url(), KurrentOptions::default());
    let (store, ()) = tokio::join!(KurrentStore::open(&url, &options), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        standin.start_node(0);
    });
    put(&store.unwrap(), &name("late"), &["1"]).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_another() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("kurrentdb://{}?tls=false", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // Whoever hangs up first, the answer is none that the client understands.
            let _ = connection.and_then(|mut connection| connection.write_all(b"220 mail.example ESMTP\r\n"));
        }
    });
    let refused = refusal(&url).await;
    assert!(matches!(refused, KurrentOpenError::Unreachable { .. } | KurrentOpenError::Foreign { .. }), "{refused:?}");
}

#[tokio::test]
async fn certificates_that_are_not_there() {
    for parameter in ["tlsCaFile=missing.pem", "userCertFile=missing.pem&userKeyFile=missing.key"] {
        let refused = refusal(&format!("kurrentdb://localhost:1?{parameter}")).await;
        assert!(matches!(refused, KurrentOpenError::Setup(_)), "{refused:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    let damaged = directory.path().join("damaged.pem");
    std::fs::write(&damaged, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    let refused = refusal(&format!("kurrentdb://localhost:1?tlsCaFile={}", damaged.display())).await;
    assert!(matches!(refused, KurrentOpenError::Setup(_)), "{refused:?}");
}
