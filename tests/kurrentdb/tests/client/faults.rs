//! The switches for what goes wrong.

use std::time::{Duration, Instant};

use kurrentdb::{
    CurrentRevision, Error,
    StreamState::{Any, NoStream, StreamRevision},
    SubscribeToAllOptions, SubscriptionEvent,
};
use orderflow_test_kurrentdb::Options;
use uuid::Uuid;

use crate::kit::{Outcome, Server, append, event, event_with, outcome, stream, within};

fn server() -> Server {
    Server::stand_in(Options::default())
}

fn count(server: &Server) -> usize {
    server.standin().appended().len()
}

#[tokio::test]
async fn a_response_is_lost() {
    let server = server();
    let client = server.client();
    let name = stream("lost");
    let id = Uuid::new_v4();
    server.standin().faults().lose_response_after_commit(2);
    for _ in 0..2 {
        let lost = append(&client, &name, NoStream, vec![event_with(id)]).await;
        assert!(matches!(lost, Err(Error::ServerError(_))), "{lost:?}");
        assert_eq!(count(&server), 1, "it is committed, once");
    }
    let again = append(&client, &name, NoStream, vec![event_with(id)]).await;
    assert_eq!(outcome(NoStream, again), Outcome::At(0));
    assert_eq!(count(&server), 1);
}

#[tokio::test]
async fn an_append_is_refused() {
    let server = server();
    let client = server.client();
    let name = stream("refused");
    server.standin().faults().refuse_before_commit(1);
    let refused = append(&client, &name, NoStream, vec![event()]).await;
    assert!(matches!(refused, Err(Error::ServerError(_))), "{refused:?}");
    assert_eq!(count(&server), 0);
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
}

#[tokio::test]
async fn a_conflict_that_is_none() {
    let server = server();
    let client = server.client();
    let name = stream("disputed");
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    server.standin().faults().answer_conflict(1);
    let state = StreamRevision(0);
    let refused = append(&client, &name, state, vec![event()]).await;
    assert_eq!(outcome(state, refused), Outcome::Conflict(CurrentRevision::Current(0)));
    append(&client, &name, state, vec![event()]).await.unwrap();
}

#[tokio::test]
async fn appends_time_out() {
    let server = server();
    let client = server.client();
    let name = stream("late");
    server.standin().faults().time_out_appends(4);
    for committed in [1, 1, 2, 2] {
        let late = append(&client, &name, Any, vec![event()]).await;
        assert!(matches!(late, Err(Error::DeadlineExceeded)), "{late:?}");
        assert_eq!(count(&server), committed);
    }
    append(&client, &name, Any, vec![event()]).await.unwrap();
    assert_eq!(count(&server), 3);
}

#[tokio::test]
async fn appends_are_committed_late() {
    let server = server();
    let client = server.client();
    let name = stream("delayed");
    let id = Uuid::new_v4();
    server.standin().faults().commit_late(2, Duration::from_millis(200));
    for _ in 0..2 {
        let late = append(&client, &name, NoStream, vec![event_with(id)]).await;
        assert!(matches!(late, Err(Error::DeadlineExceeded)), "{late:?}");
    }
    within(async {
        while count(&server) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let again = append(&client, &name, NoStream, vec![event_with(id)]).await;
    assert_eq!(outcome(NoStream, again), Outcome::At(0));
    assert_eq!(count(&server), 1);
}

#[tokio::test]
async fn a_node_freezes_and_thaws() {
    let server = server();
    let client = server.client();
    let name = stream("frozen");
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    assert_eq!(server.standin().connections(), 1);
    server.standin().freeze_node(0);
    let frozen = tokio::spawn(async move { append(&client, &name, StreamRevision(0), vec![event()]).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!frozen.is_finished() && count(&server) == 1, "nothing is answered");
    server.standin().thaw_node(0);
    within(frozen).await.unwrap().unwrap();
}

#[tokio::test]
async fn calls_are_slow() {
    let server = server();
    let client = server.client();
    let name = stream("slow");
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    let delay = Duration::from_millis(200);
    server.standin().faults().delay(delay);
    let begun = Instant::now();
    append(&client, &name, Any, vec![event()]).await.unwrap();
    assert!(begun.elapsed() >= delay, "{:?}", begun.elapsed());
    // Longer than the client waits.
    server.standin().faults().delay(Duration::from_secs(60));
    server.standin().faults().delay(Duration::ZERO);
    append(&client, &name, Any, vec![event()]).await.expect("calls are quick again");
}

#[tokio::test]
async fn subscriptions_end() {
    let server = server();
    let client = server.client();
    let name = stream("dropped");
    let mut subscription = client.subscribe_to_all(&SubscribeToAllOptions::default()).await;
    let first = within(subscription.next_subscription_event()).await.unwrap();
    assert!(matches!(first, SubscriptionEvent::Confirmed(_)), "{first:?}");
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    within(subscription.next()).await.unwrap();
    server.standin().faults().end_subscriptions();
    let ended = within(subscription.next()).await;
    assert!(matches!(ended, Err(Error::ServerError(_))), "{ended:?}");

    let mut again = client.subscribe_to_all(&SubscribeToAllOptions::default()).await;
    let event = within(again.next()).await.unwrap();
    assert_eq!(event.get_original_event().stream_id(), name, "those that come later live on");
}
