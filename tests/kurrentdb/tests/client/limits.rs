//! Limits and credentials, as the stand-in is told to have them.

use bytes::Bytes;
use kurrentdb::{
    Error, EventData, ReadAllOptions,
    StreamState::{NoStream, StreamRevision},
    SubscribeToAllOptions,
};
use orderflow_test_kurrentdb::Options;

use crate::kit::{Server, append, connect, event, stream, within};

fn large(bytes: usize) -> EventData {
    EventData::binary("large", Bytes::from(vec![0; bytes])).id(uuid::Uuid::new_v4())
}

#[tokio::test]
async fn an_append_has_a_limit() {
    let server = Server::stand_in(Options::default());
    let client = server.client();
    let name = stream("large");
    append(&client, &name, NoStream, vec![large(500_000), large(500_000)]).await.unwrap();
    let refused = append(&client, &name, StreamRevision(1), vec![large(600_000), large(600_000)]).await;
    let Err(Error::Grpc { message, .. }) = refused else { panic!("{refused:?}") };
    assert!(message.contains("Maximum Append Size of 1048576"), "{message}");
    assert_eq!(server.standin().appended().len(), 2, "not a part of it is there");

    let server = Server::stand_in(Options { max_append_bytes: 100, ..Options::default() });
    assert!(append(&server.client(), &name, NoStream, vec![large(101)]).await.is_err());
    append(&server.client(), &name, NoStream, vec![large(50)]).await.unwrap();
    let server = Server::stand_in(Options { max_append_bytes: 1 << 28, ..Options::default() });
    append(&server.client(), &name, NoStream, vec![large(15 << 20), large(15 << 20)]).await.unwrap();
}

#[tokio::test]
async fn credentials_are_asked_for() {
    let credentials = Some(("admin".to_owned(), "secret".to_owned()));
    let server = Server::stand_in(Options { credentials, ..Options::default() });
    let host = server.hosts()[0];
    let name = stream("secured");
    let right = connect(&format!("kurrentdb://admin:secret@{host}?tls=false"));
    append(&right, &name, NoStream, vec![event()]).await.unwrap();
    for url in [format!("kurrentdb://{host}?tls=false"), format!("kurrentdb://admin:wrong@{host}?tls=false")] {
        let stranger = connect(&url);
        let refused = append(&stranger, &name, StreamRevision(0), vec![event()]).await;
        assert!(matches!(refused, Err(Error::AccessDenied)), "{refused:?}");
        let refused = stranger.read_all(&ReadAllOptions::default()).await;
        assert!(matches!(refused, Err(Error::AccessDenied)), "{refused:?}");
        let mut subscription = stranger.subscribe_to_all(&SubscribeToAllOptions::default()).await;
        assert!(matches!(within(subscription.next()).await, Err(Error::AccessDenied)));
    }
    assert_eq!(server.standin().appended().len(), 1);
}
