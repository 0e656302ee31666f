//! Subscriptions: confirmed first, then what there is, then whatever comes.

use kurrentdb::{
    Client, Error, Position, StreamPosition,
    StreamState::{Any, NoStream},
    SubscribeToAllOptions, SubscribeToStreamOptions, Subscription, SubscriptionEvent, SubscriptionFilter,
    TombstoneStreamOptions,
};
use orderflow_test_kurrentdb::Options;

use crate::kit::{Server, append, event, events, stream, within};

/// What a subscription says, as far as tests look at it.
#[derive(Debug, PartialEq)]
enum Said {
    Confirmed,
    Event(u64),
    CaughtUp(Option<u64>),
    FellBehind(Option<u64>),
    Checkpoint,
}

async fn next(subscription: &mut Subscription) -> Said {
    match within(subscription.next_subscription_event()).await.unwrap() {
        SubscriptionEvent::Confirmed(id) => {
            assert!(!id.is_empty());
            Said::Confirmed
        }
        SubscriptionEvent::EventAppeared(event) => Said::Event(event.get_original_event().revision),
        SubscriptionEvent::CaughtUp(caught_up) => Said::CaughtUp(caught_up.and_then(|at| at.stream_revision)),
        SubscriptionEvent::FellBehind(behind) => Said::FellBehind(behind.and_then(|at| at.stream_revision)),
        SubscriptionEvent::Checkpoint(_) => Said::Checkpoint,
        said => panic!("{said:?}"),
    }
}

async fn says(subscription: &mut Subscription, wanted: impl IntoIterator<Item = Said>) {
    for wanted in wanted {
        assert_eq!(next(subscription).await, wanted);
    }
}

async fn subscribe(client: &Client, name: &str, from: StreamPosition<u64>) -> Subscription {
    client.subscribe_to_stream(name, &SubscribeToStreamOptions::default().start_from(from)).await
}

#[tokio::test]
async fn a_stream_from_anywhere() {
    let server = Server::start();
    let client = server.client();
    let name = stream("followed");
    append(&client, &name, NoStream, events(3)).await.unwrap();
    let mut whole = subscribe(&client, &name, StreamPosition::Start).await;
    says(&mut whole, [Said::Confirmed, Said::Event(0), Said::Event(1), Said::Event(2)]).await;
    says(&mut whole, [Said::CaughtUp(Some(2))]).await;
    let mut after = subscribe(&client, &name, StreamPosition::Position(1)).await;
    says(&mut after, [Said::Confirmed, Said::Event(2), Said::CaughtUp(Some(2))]).await;
    let mut end = subscribe(&client, &name, StreamPosition::End).await;
    says(&mut end, [Said::Confirmed, Said::CaughtUp(Some(2))]).await;

    append(&client, &stream("other"), NoStream, events(2)).await.unwrap();
    append(&client, &name, Any, events(2)).await.unwrap();
    for subscription in [&mut whole, &mut after, &mut end] {
        says(subscription, [Said::Event(3), Said::Event(4)]).await;
    }
}

/// When a server calls it a burst is its own affair; for the stand-in it is a page.
#[tokio::test]
async fn a_burst_is_caught_up_with() {
    let server = Server::stand_in(Options::default());
    let client = server.client();
    let name = stream("burst");
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    let mut subscription = subscribe(&client, &name, StreamPosition::End).await;
    says(&mut subscription, [Said::Confirmed, Said::CaughtUp(Some(0))]).await;
    append(&client, &name, Any, events(300)).await.unwrap();
    says(&mut subscription, [Said::FellBehind(Some(0))]).await;
    says(&mut subscription, (1..=300).map(Said::Event)).await;
    says(&mut subscription, [Said::CaughtUp(Some(300))]).await;
}

#[tokio::test]
async fn a_stream_that_comes_and_goes() {
    let server = Server::start();
    let client = server.client();
    let name = stream("awaited");
    let mut subscription = subscribe(&client, &name, StreamPosition::Start).await;
    says(&mut subscription, [Said::Confirmed, Said::CaughtUp(None)]).await;
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    says(&mut subscription, [Said::Event(0)]).await;
    client.tombstone_stream(&*name, &TombstoneStreamOptions::default()).await.unwrap();
    let ended = loop {
        // A server may show the tombstone first.
        match within(subscription.next_subscription_event()).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(ended, Error::ResourceDeleted), "{ended}");
}

/// The events of a stream as a subscription to `$all` gives them, with whatever comes first of live.
async fn follow_all(client: &Client, options: SubscribeToAllOptions, name: &str, count: usize) -> Vec<(u64, Position)> {
    let mut subscription = client.subscribe_to_all(&options).await;
    assert_eq!(next(&mut subscription).await, Said::Confirmed);
    let mut found = Vec::new();
    while found.len() < count {
        let event = within(subscription.next()).await.unwrap();
        let event = event.get_original_event();
        if event.stream_id() == name {
            found.push((event.revision, event.position));
        }
    }
    found
}

#[tokio::test]
async fn all_resumes_after_a_position() {
    let server = Server::start();
    let client = server.client();
    let name = stream("resumed");
    append(&client, &name, NoStream, events(300)).await.unwrap();
    let found = follow_all(&client, SubscribeToAllOptions::default(), &name, 300).await;
    assert_eq!(found.iter().map(|(revision, _)| *revision).collect::<Vec<_>>(), (0..300).collect::<Vec<_>>());
    assert!(found.is_sorted_by(|one, other| one.1 < other.1));

    let options = SubscribeToAllOptions::default().position(StreamPosition::Position(found[9].1));
    assert_eq!(follow_all(&client, options, &name, 290).await, found[10..]);
}

#[tokio::test]
async fn filtered_with_checkpoints() {
    let server = Server::start();
    let client = server.client();
    let (name, other) = (stream("wanted"), stream("unwanted"));
    let before = append(&client, &other, NoStream, vec![event()]).await.unwrap().position;
    let mut checkpoints = 0;
    let filter = SubscriptionFilter::on_stream_name().add_prefix(&name).max(10);
    let options = SubscribeToAllOptions::default().position(StreamPosition::Position(before)).filter(filter);
    let mut subscription = client.subscribe_to_all(&options).await;
    assert_eq!(next(&mut subscription).await, Said::Confirmed);
    append(&client, &other, Any, events(35)).await.unwrap();
    append(&client, &name, NoStream, events(2)).await.unwrap();
    let mut last = before;
    let mut revisions = Vec::new();
    while revisions.len() < 2 {
        match within(subscription.next_subscription_event()).await.unwrap() {
            SubscriptionEvent::EventAppeared(event) => {
                let event = event.get_original_event();
                assert_eq!(event.stream_id(), name);
                assert!(event.position > last);
                revisions.push(event.revision);
            }
            SubscriptionEvent::Checkpoint(position) => {
                assert!(position >= last);
                last = position;
                checkpoints += 1;
            }
            SubscriptionEvent::CaughtUp(_) | SubscriptionEvent::FellBehind(_) => {}
            said => panic!("{said:?}"),
        }
    }
    assert_eq!(revisions, [0, 1]);
    assert!(checkpoints >= 3, "{checkpoints} checkpoints over 35 events in windows of 10");

    // A checkpoint is a place to resume from.
    let options = SubscribeToAllOptions::default().position(StreamPosition::Position(last));
    assert_eq!(follow_all(&client, options, &name, 2).await.len(), 2);
}
