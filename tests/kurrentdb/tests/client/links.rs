//! What a server writes for itself: among the events of `$all`, and as links to them.

use kurrentdb::{
    EventData, ReadAllOptions, ReadStreamOptions, StreamPosition,
    StreamState::{Any, NoStream},
    SubscriptionFilter, TombstoneStreamOptions,
};
use orderflow_test_kurrentdb::Options;
use uuid::Uuid;

use crate::kit::{Server, append, collect, event, read_all, stream};

#[tokio::test]
async fn system_events_are_among_the_others() {
    let server = Server::stand_in(Options::default());
    server.standin().faults().write_system_events(2);
    let client = server.client();
    let name = stream("sale");
    for _ in 0..4 {
        append(&client, &name, Any, vec![event()]).await.unwrap();
    }
    let all = read_all(&client, &ReadAllOptions::default(), "").await;
    let types: Vec<_> = all.iter().map(|event| &*event.event_type).collect();
    let once = ["tested", "tested", "$statsCollected", "$metadata", "$>"];
    assert_eq!(types, [once, once].concat());
    assert!(all.is_sorted_by(|one, other| one.position < other.position));
    let filter = SubscriptionFilter::on_event_type().exclude_system_events();
    assert_eq!(read_all(&client, &ReadAllOptions::default().filter(filter), "").await.len(), 4);

    let appended = server.standin().appended();
    assert!(appended.iter().map(|event| event.position).eq(all.iter().map(|event| event.position.commit)));
    assert!(appended.iter().map(|event| event.id).eq(all.iter().map(|event| event.id)));

    // Links show themselves, or what they point to.
    let plain = collect(client.read_stream("$ce-sale", &ReadStreamOptions::default()).await.unwrap()).await.unwrap();
    assert!(plain.iter().all(|link| link.link.is_none() && link.get_original_event().event_type == "$>"));
    let options = ReadStreamOptions::default().resolve_link_tos();
    let resolved = collect(client.read_stream("$ce-sale", &options).await.unwrap()).await.unwrap();
    let targets: Vec<_> = resolved.iter().map(|event| event.event.as_ref().unwrap().revision).collect();
    assert_eq!(targets, [1, 3]);
    assert!(resolved.iter().all(|event| event.link.is_some()));
}

#[tokio::test]
async fn a_link_can_lead_nowhere() {
    let server = Server::start();
    let client = server.client();
    let (name, links) = (stream("gone"), stream("links"));
    let position = append(&client, &name, NoStream, vec![event()]).await.unwrap().position;
    let link = EventData::binary("$>", format!("0@{name}").into()).id(Uuid::new_v4());
    append(&client, &links, NoStream, vec![link]).await.unwrap();
    let options = ReadStreamOptions::default().resolve_link_tos();
    let read = async || collect(client.read_stream(&*links, &options).await.unwrap()).await.unwrap();
    assert_eq!(read().await[0].event.as_ref().unwrap().position, position);
    client.tombstone_stream(&*name, &TombstoneStreamOptions::default()).await.unwrap();
    let dangling = read().await;
    assert!(dangling[0].event.is_none() && dangling[0].link.is_some());
    let options = ReadAllOptions::default().position(StreamPosition::Position(position)).resolve_link_tos();
    let all = collect(client.read_all(&options).await.unwrap()).await.unwrap();
    assert!(all.iter().any(|event| event.link.as_ref().is_some_and(|link| link.stream_id() == links)));
}
