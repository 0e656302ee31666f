//! What is appended comes back as it was, in one run, whoever else appends.

use std::{collections::HashSet, sync::Arc};

use kurrentdb::{
    EventData, ReadStreamOptions,
    StreamState::{Any, NoStream, StreamRevision},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::kit::{Outcome, Server, append, collect, event, outcome, revisions, stream};

#[tokio::test]
async fn events_keep_everything() {
    let server = Server::start();
    let client = server.client();
    let name = stream("kept");
    let ids = [Uuid::new_v4(), Uuid::new_v4()];
    let appended = vec![
        EventData::json("first", &[1, 2]).unwrap().metadata("who".into()).id(ids[0]),
        EventData::binary("second", vec![0, 255].into()).id(ids[1]),
    ];
    let written = append(&client, &name, NoStream, appended).await.unwrap();
    assert_eq!(written.next_expected_version, 1);
    assert_eq!(written.position.commit, written.position.prepare);

    let read = collect(client.read_stream(&*name, &ReadStreamOptions::default()).await.unwrap()).await.unwrap();
    let [first, second] = [&read[0], &read[1]].map(|event| event.get_original_event());
    assert_eq!((first.id, &*first.event_type, first.is_json, first.revision), (ids[0], "first", true, 0));
    assert_eq!((&first.data[..], &first.custom_metadata[..]), (&b"[1,2]"[..], &b"who"[..]));
    assert_eq!((second.id, &*second.event_type, second.is_json, second.revision), (ids[1], "second", false, 1));
    assert_eq!((&second.data[..], &second.custom_metadata[..]), (&[0, 255][..], &b""[..]));
    assert!(first.position < second.position);
    assert_eq!(second.position, written.position);
    assert_eq!([first, second].map(|event| event.stream_id()), [&*name; 2]);

    // The client cuts the time off; ticks of 100 ns are in the metadata.
    let ticks: i64 = first.metadata["created"].parse().unwrap();
    assert_eq!(ticks / 10_000_000, first.created.timestamp());
    assert!(first.created.timestamp() > 1_700_000_000, "{}", first.created);
}

#[tokio::test]
async fn one_writer_wins_and_nothing_is_torn() {
    let server = Server::start();
    let client = Arc::new(server.client());
    let name = stream("raced");
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (client, name) = (Arc::clone(&client), name.clone());
        writers.spawn(async move {
            let tagged = (0..5).map(|_| EventData::binary(format!("by-{writer}"), "".into()).id(Uuid::new_v4()));
            let tagged = tagged.collect::<Vec<_>>();
            append(&client, &name, Any, tagged).await.unwrap();
            let state = StreamRevision(0);
            outcome(state, append(&client, &name, state, vec![event()]).await)
        });
    }
    let outcomes = writers.join_all().await;
    let conflict = |outcome: &Outcome| matches!(outcome, Outcome::Conflict(_));
    assert!(outcomes.iter().all(conflict), "somebody has always been there: {outcomes:?}");

    let read = collect(client.read_stream(&*name, &ReadStreamOptions::default()).await.unwrap()).await.unwrap();
    assert_eq!(revisions(&read), (0..=80).collect::<Vec<_>>());
    for run in read[1..].chunks(5) {
        let writers: HashSet<_> = run.iter().map(|event| &event.get_original_event().event_type).collect();
        assert_eq!(writers.len(), 1, "an append is one run");
    }
}
