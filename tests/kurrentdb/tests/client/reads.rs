//! Reading streams and `$all`: both ways, from anywhere, in pages, filtered.

use kurrentdb::{
    Client, Error, Position, ReadAllOptions, ReadEvent, ReadStreamOptions, StreamMetadataBuilder, StreamPosition,
    StreamState::{Any, NoStream},
    SubscriptionFilter,
};
use orderflow_test_kurrentdb::Options;

use crate::kit::{Server, append, collect, event, events, read_all, revisions, stream};

async fn read(client: &Client, name: &str, options: ReadStreamOptions) -> Vec<u64> {
    revisions(&collect(client.read_stream(name, &options).await.unwrap()).await.unwrap())
}

#[tokio::test]
async fn a_stream_both_ways() {
    let server = Server::start();
    let client = server.client();
    let name = stream("read");
    append(&client, &name, NoStream, events(10)).await.unwrap();
    let from = |position| ReadStreamOptions::default().position(position);
    let at = |revision| from(StreamPosition::Position(revision));
    assert_eq!(read(&client, &name, from(StreamPosition::Start)).await, (0..10).collect::<Vec<_>>());
    assert_eq!(read(&client, &name, at(7)).await, [7, 8, 9]);
    assert_eq!(read(&client, &name, at(2).max_count(3)).await, [2, 3, 4]);
    assert_eq!(read(&client, &name, at(10)).await, [] as [u64; 0], "after the end");
    assert_eq!(read(&client, &name, from(StreamPosition::End)).await, (0..10).rev().collect::<Vec<_>>());
    assert_eq!(read(&client, &name, at(2).backwards()).await, [2, 1, 0]);
    assert_eq!(read(&client, &name, from(StreamPosition::End).max_count(2)).await, [9, 8]);
    assert_eq!(read(&client, &name, at(99).backwards().max_count(1)).await, [9], "from beyond the end");
}

#[tokio::test]
async fn where_a_stream_ends_is_told() {
    let server = Server::start();
    let client = server.client();
    let name = stream("end");
    append(&client, &name, NoStream, events(4)).await.unwrap();
    let mut read = client.read_stream(&*name, &ReadStreamOptions::default()).await.unwrap();
    let mut last = None;
    while let Some(event) = read.next_read_event().await.unwrap() {
        if let ReadEvent::LastStreamPosition(revision) = event {
            last = Some(revision);
        }
    }
    assert_eq!(last, Some(3));
}

#[tokio::test]
async fn a_missing_stream() {
    let server = Server::start();
    let client = server.client();
    let mut read = client.read_stream(stream("missing"), &ReadStreamOptions::default()).await.unwrap();
    assert!(matches!(read.next().await, Err(Error::ResourceNotFound)));
}

/// Reads pages of `$all`, each from where the one before ended, until `count` events of a category have come.
async fn page_through(client: &Client, first: Position, category: &str, count: usize) -> Vec<(u64, Position)> {
    let mut found = Vec::new();
    let mut next = first;
    let mut known = 0;
    while found.len() < count {
        let options = ReadAllOptions::default().position(StreamPosition::Position(next)).max_count(7);
        let page = collect(client.read_all(&options).await.unwrap()).await.unwrap();
        let page: Vec<_> = page.iter().map(|event| event.get_original_event()).collect();
        assert_eq!(page[0].position, next, "the event at the position is part of a page");
        assert!(page.len() > known, "{} of {count} events were found", found.len());
        let ours = page[known..].iter().filter(|event| event.stream_id().starts_with(category));
        found.extend(ours.map(|event| (event.revision, event.position)));
        // The last event of a page is the first of the next one.
        next = page[page.len() - 1].position;
        known = 1;
    }
    found
}

#[tokio::test]
async fn all_in_pages() {
    let server = Server::start();
    let client = server.client();
    let (name, other) = (stream("paged"), stream("other"));
    let first = append(&client, &name, NoStream, vec![event()]).await.unwrap().position;
    for _ in 0..20 {
        append(&client, &other, Any, events(2)).await.unwrap();
        append(&client, &name, Any, vec![event()]).await.unwrap();
    }
    let forwards = page_through(&client, first, &name, 21).await;
    assert_eq!(forwards.iter().map(|(revision, _)| *revision).collect::<Vec<_>>(), (0..21).collect::<Vec<_>>());
    assert!(forwards.iter().all(|(_, position)| position.commit == position.prepare));
    assert!(forwards.windows(2).all(|pair| pair[0].1.commit + 2 < pair[1].1.commit), "positions are byte offsets");

    // Backwards, the event at the position is not part of it.
    let at = |index: usize| StreamPosition::Position(forwards[index].1);
    let ours = SubscriptionFilter::on_stream_name().add_prefix(&name);
    let options = ReadAllOptions::default().position(at(20)).backwards().filter(ours).max_count(15);
    let backwards: Vec<_> = read_all(&client, &options, &name).await.iter().map(|event| event.revision).collect();
    assert_eq!(backwards, (5..20).rev().collect::<Vec<_>>());
    let options = ReadAllOptions::default().position(StreamPosition::End).max_count(1);
    assert_eq!(read_all(&client, &options, "").await.len(), 1);
}

/// A server finds rubbish there, if anything.
#[tokio::test]
async fn a_position_between_events() {
    let server = Server::stand_in(Options::default());
    let client = server.client();
    let mut position = append(&client, &stream("between"), NoStream, events(2)).await.unwrap().position;
    let options = ReadAllOptions::default().position(StreamPosition::Position(Position::end())).max_count(1);
    assert!(read_all(&client, &options, "").await.is_empty(), "nothing comes after the end");
    position.commit -= 1;
    let read = client.read_all(&ReadAllOptions::default().position(StreamPosition::Position(position))).await;
    let Err(Error::Grpc { message, .. }) = read else { panic!("there is no event at {position:?}") };
    assert!(message.contains("no event is at position"), "{message}");
}

#[tokio::test]
async fn filters() {
    let server = Server::start();
    let client = server.client();
    let (name, other) = (stream("filtered"), stream("$filtered"));
    let first = append(&client, &name, NoStream, events(3)).await.unwrap().position;
    append(&client, &other, NoStream, events(3)).await.unwrap();
    append(&client, &name, Any, events(3)).await.unwrap();
    let from = |filter| ReadAllOptions::default().position(StreamPosition::Position(first)).filter(filter);
    let on_stream = SubscriptionFilter::on_stream_name;
    let on_type = SubscriptionFilter::on_event_type;
    // The first event of the position is the last of its append.
    for (filter, count) in [
        (on_stream().add_prefix("filtered-").add_prefix(&name), 4),
        (on_stream().add_prefix(&other), 3),
        (on_stream().add_prefix("nothing-"), 0),
        (on_stream().regex(format!("^{name}$")), 4),
        (on_type().add_prefix("test"), 7),
        (on_type().regex("^other"), 0),
        (on_stream().exclude_system_events(), 4),
    ] {
        let read = read_all(&client, &from(filter.clone()), "").await;
        let ours = read.iter().filter(|event| [&*name, &*other].contains(&event.stream_id()));
        assert_eq!(ours.count(), count, "{filter:?}");
    }
    // What is not wanted does not count.
    let options = from(on_stream().add_prefix(&name).max(1)).max_count(3);
    assert_eq!(read_all(&client, &options, &name).await.len(), 3);
}

#[tokio::test]
async fn metadata_shortens_a_stream() {
    let server = Server::start();
    let client = server.client();
    let name = stream("short");
    let first = append(&client, &name, NoStream, events(6)).await.unwrap().position;
    let describe = async |metadata| {
        client.set_stream_metadata(&*name, &Default::default(), &metadata).await.unwrap();
    };
    describe(StreamMetadataBuilder::new().max_count(2).build()).await;
    assert_eq!(read(&client, &name, ReadStreamOptions::default()).await, [4, 5]);
    append(&client, &name, Any, vec![event()]).await.unwrap();
    assert_eq!(read(&client, &name, ReadStreamOptions::default().position(StreamPosition::End)).await, [6, 5]);
    describe(StreamMetadataBuilder::new().truncate_before(3).build()).await;
    assert_eq!(read(&client, &name, ReadStreamOptions::default()).await, [3, 4, 5, 6]);

    let options = ReadAllOptions::default().position(StreamPosition::Position(first));
    let metadata = read_all(&client, &options, &format!("$${name}")).await;
    assert_eq!(metadata.iter().map(|event| &*event.event_type).collect::<Vec<_>>(), ["$metadata"; 2]);
    assert_eq!(read(&client, &format!("$${name}"), ReadStreamOptions::default()).await, [1], "the last one counts");
}
