//! Batch append: many appends in one call.

use kurrentdb::{
    BatchAppendOptions, CurrentRevision, Error, ReadStreamOptions,
    StreamState::{Any, NoStream, StreamRevision},
};

use crate::kit::{Outcome, Server, append, collect, event, events, outcome, revisions, stream, within};

#[tokio::test]
async fn many_appends_and_a_conflict() {
    let server = Server::start();
    let client = server.client();
    let name = stream("batched");
    let batch = client.batch_append(&BatchAppendOptions::default()).await.unwrap();
    let mut expected = NoStream;
    for last in [1, 3, 5] {
        let written = within(batch.append_to_stream(&name, expected, events(2))).await.unwrap();
        assert_eq!(written.stream_name(), name);
        assert_eq!(written.current_revision(), Some(last));
        assert!(written.current_position().is_some());
        expected = StreamRevision(last);
    }
    let refused = within(batch.append_to_stream(&name, StreamRevision(0), vec![event()])).await;
    assert!(matches!(refused, Err(Error::Grpc { .. } | Error::ServerError(_))), "{refused:?}");

    // The client gives up the whole call then, but a single append is not concerned.
    let single = append(&client, &name, StreamRevision(0), vec![event()]).await;
    assert_eq!(outcome(StreamRevision(0), single), Outcome::Conflict(CurrentRevision::Current(5)));
    append(&client, &name, Any, vec![event()]).await.unwrap();
    let read = collect(client.read_stream(&*name, &ReadStreamOptions::default()).await.unwrap()).await.unwrap();
    assert_eq!(revisions(&read), [0, 1, 2, 3, 4, 5, 6]);
}
