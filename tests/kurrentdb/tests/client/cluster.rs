//! Several nodes over one log: who leads, who answers, and who has died.

use kurrentdb::{
    Client, Error, NodePreference, ReadAllOptions, StreamPosition,
    StreamState::{Any, NoStream},
    SubscribeToAllOptions,
};
use orderflow_test_kurrentdb::Options;

use crate::kit::{Server, append, connect, event, events, read_all, stream, within};

fn three() -> Server {
    Server::stand_in(Options { nodes: 3, ..Options::default() })
}

fn to_node(server: &Server, node: usize, preference: &str) -> Client {
    connect(&format!("kurrentdb://{}?tls=false&nodePreference={preference}", server.hosts()[node]))
}

fn port(server: &Server, node: usize) -> u32 {
    server.hosts()[node].rsplit_once(':').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn a_follower_names_the_leader() {
    let server = three();
    let name = stream("led");
    let client = to_node(&server, 1, "leader");
    let refused = append(&client, &name, NoStream, vec![event()]).await;
    let Err(Error::NotLeaderException(leader)) = refused else { panic!("{refused:?}") };
    assert_eq!((&*leader.host, leader.port), ("127.0.0.1", port(&server, 0)));
    append(&client, &name, NoStream, vec![event()]).await.expect("the client has gone to the leader");

    // Who does not insist on the leader is served by anybody.
    let follower = to_node(&server, 2, "follower");
    assert_eq!(follower.settings().node_preference(), NodePreference::Follower);
    append(&follower, &name, Any, vec![event()]).await.unwrap();
    assert_eq!(read_all(&follower, &ReadAllOptions::default(), &name).await.len(), 2);
}

#[tokio::test]
async fn gossip_leads_to_the_leader() {
    let server = three();
    let name = stream("elected");
    server.standin().elect(2);
    let client = server.client();
    append(&client, &name, NoStream, vec![event()]).await.expect("the seeds know who leads");

    server.standin().elect(1);
    let refused = append(&client, &name, Any, vec![event()]).await;
    let Err(Error::NotLeaderException(leader)) = refused else { panic!("{refused:?}") };
    assert_eq!(leader.port, port(&server, 1));
    append(&client, &name, Any, vec![event()]).await.unwrap();
    assert_eq!(server.standin().appended().len(), 2);
}

#[tokio::test]
async fn a_dead_leader_is_followed_by_another() {
    let server = three();
    let name = stream("orphaned");
    let client = server.client();
    append(&client, &name, NoStream, vec![event()]).await.unwrap();
    server.standin().stop_node(0);
    let lost = append(&client, &name, Any, vec![event()]).await;
    assert!(matches!(lost, Err(Error::ServerError(_) | Error::ConnectionClosed)), "{lost:?}");
    let not_ready = append(&to_node(&server, 1, "leader"), &name, Any, vec![event()]).await;
    assert!(matches!(not_ready, Err(Error::ServerError(_))), "{not_ready:?}");

    server.standin().elect(1);
    append(&server.client(), &name, Any, vec![event()]).await.expect("a new client finds the new leader");
    server.standin().start_node(0);
    let old = to_node(&server, 0, "leader");
    let refused = append(&old, &name, Any, vec![event()]).await;
    assert!(matches!(refused, Err(Error::NotLeaderException(_))), "{refused:?}");
    assert_eq!(server.standin().appended().len(), 2);
}

#[tokio::test]
async fn the_log_survives_a_restart() {
    let server = Server::stand_in(Options::default());
    let name = stream("restarted");
    let client = server.client();
    let position = append(&client, &name, NoStream, events(3)).await.unwrap().position;
    let options = SubscribeToAllOptions::default().position(StreamPosition::Position(position));
    let mut subscription = client.subscribe_to_all(&options).await;
    within(subscription.next_subscription_event()).await.unwrap();

    let url = server.standin().url();
    server.standin().stop_node(0);
    let dropped = loop {
        match within(subscription.next_subscription_event()).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(dropped, Error::ServerError(_)), "{dropped}");
    let refused = append(&server.client(), &name, Any, vec![event()]).await;
    assert!(refused.is_err(), "nobody listens");
    server.standin().stop_node(0);
    server.standin().start_node(0);
    assert_eq!(server.standin().url(), url);
    let written = append(&server.client(), &name, Any, vec![event()]).await.unwrap();
    assert_eq!(written.next_expected_version, 3);
    assert!(written.position > position);
}
