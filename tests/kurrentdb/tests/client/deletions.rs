//! Soft deletion and tombstones.

use kurrentdb::{
    AppendToStreamOptions, Client, DeleteStreamOptions, Error, ReadAllOptions, ReadStreamOptions,
    StreamMetadataBuilder, StreamPosition,
    StreamState::{self, Any, NoStream, StreamExists, StreamRevision},
    TombstoneStreamOptions,
};

use crate::kit::{Server, append, collect, event, events, read_all, revisions, stream};

async fn read(client: &Client, name: &str) -> Result<Vec<u64>, Error> {
    let events = collect(client.read_stream(name, &ReadStreamOptions::default()).await?).await?;
    Ok(revisions(&events))
}

#[tokio::test]
async fn a_deleted_stream_can_come_back() {
    let server = Server::start();
    let client = server.client();
    let name = stream("deleted");
    let first = append(&client, &name, NoStream, vec![event()]).await.unwrap().position;
    append(&client, &name, Any, events(2)).await.unwrap();
    let options = DeleteStreamOptions::default().stream_state(StreamRevision(2));
    let position = client.delete_stream(&*name, &options).await.unwrap();
    assert!(position.is_some_and(|position| position > first));
    assert!(matches!(read(&client, &name).await, Err(Error::ResourceNotFound)));

    append(&client, &name, NoStream, events(2)).await.unwrap();
    assert_eq!(read(&client, &name).await.unwrap(), [3, 4], "it goes on where it was");
    let options = ReadAllOptions::default().position(StreamPosition::Position(first));
    let all: Vec<_> = read_all(&client, &options, &name).await.iter().map(|event| event.revision).collect();
    assert_eq!(all, [0, 1, 2, 3, 4], "all events stay in $all");
}

#[tokio::test]
async fn metadata_does_not_bring_back_what_was_deleted() {
    let server = Server::start();
    let client = server.client();
    let name = stream("redescribed");
    append(&client, &name, NoStream, events(3)).await.unwrap();
    client.delete_stream(&*name, &DeleteStreamOptions::default()).await.unwrap();
    let metadata = StreamMetadataBuilder::new().max_count(9).build();
    client.set_stream_metadata(&*name, &AppendToStreamOptions::default(), &metadata).await.unwrap();
    append(&client, &name, Any, vec![event()]).await.unwrap();
    assert_eq!(read(&client, &name).await.unwrap(), [3]);
}

#[tokio::test]
async fn a_tombstone_is_for_ever() {
    let server = Server::start();
    let client = server.client();
    let name = stream("tombstoned");
    let first = append(&client, &name, NoStream, vec![event()]).await.unwrap().position;
    client.tombstone_stream(&*name, &TombstoneStreamOptions::default().stream_state(StreamExists)).await.unwrap();
    assert!(matches!(read(&client, &name).await, Err(Error::ResourceDeleted)));
    assert!(matches!(append(&client, &name, Any, vec![event()]).await, Err(Error::ResourceDeleted)));
    let deleted = client.delete_stream(&*name, &DeleteStreamOptions::default()).await;
    assert!(matches!(deleted, Err(Error::ResourceDeleted)), "{deleted:?}");
    let described = append(&client, &format!("$${name}"), Any, vec![event()]).await;
    assert!(matches!(described, Err(Error::ResourceDeleted)), "{described:?}");

    let options = ReadAllOptions::default().position(StreamPosition::Position(first));
    let all = read_all(&client, &options, &name).await;
    let last = all.last().unwrap();
    assert_eq!((&*last.event_type, last.revision), ("$streamDeleted", i64::MAX as u64));
}

/// The client gives no more of these conflicts than code and text.
#[tokio::test]
async fn conflicts() {
    let server = Server::start();
    let client = server.client();
    let name = stream("undeleted");
    append(&client, &name, NoStream, events(3)).await.unwrap();
    let wrong: [StreamState; 2] = [StreamRevision(1), NoStream];
    for state in wrong {
        let deleted = client.delete_stream(&*name, &DeleteStreamOptions::default().stream_state(state)).await;
        let tombstone = TombstoneStreamOptions::default().stream_state(state);
        let tombstoned = client.tombstone_stream(&*name, &tombstone).await;
        for result in [deleted, tombstoned] {
            let Err(Error::Grpc { message, .. }) = result else { panic!("{result:?}") };
            assert!(message.contains("WrongExpectedVersion"), "{message}");
        }
    }
    assert_eq!(read(&client, &name).await.unwrap(), [0, 1, 2]);
}
