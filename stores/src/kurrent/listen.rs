//! The subscription: it says that there is something to look at, and where. Nothing is read from it.

use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use kurrentdb::{Error, StreamPosition, SubscribeToAllOptions, SubscriptionEvent, SubscriptionFilter};
use orderflow_engine::Position;
use tokio::time::Instant;

use super::{
    connection::Connection,
    event,
    follow::Told,
    link::Link,
    pace::jittered,
    spin::{Guard, Spinning},
};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A subscription that lasted so long had begun well.
const BEGUN: Duration = Duration::from_secs(5);

/// Subscribes, again and again, until it is aborted.
pub(super) async fn listen(link: Link, told: Arc<Told>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        if let Ok(connection) = link.connection(begun + LONGEST_PAUSE).await {
            // A panic of the library's ends a subscription as an error does.
            let ended = AssertUnwindSafe(subscription(&connection, &told)).catch_unwind().await;
            let Err(error) = ended.unwrap_or(Err(Error::InternalClientError));
            tracing::debug!(%error, "a subscription to KurrentDB ended");
            link.failed(&connection, &error);
        }
        pause = if begun.elapsed() > BEGUN { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
        tokio::time::sleep(jittered(pause)).await;
    }
}

/// From the end of the log until the subscription ends, which is always a failure.
async fn subscription(connection: &Connection, told: &Told) -> Result<Infallible, Error> {
    let filter = SubscriptionFilter::on_stream_name().exclude_system_events();
    let options = SubscribeToAllOptions::default().position(StreamPosition::End).filter(filter);
    let options = connection.caller.signed(options, SubscribeToAllOptions::authenticated);
    let guard = Guard::new();
    let mut subscription = connection.caller.client.subscribe_to_all(&options).await;
    loop {
        let next = guard.wait(subscription.next_subscription_event()).await;
        match next.unwrap_or_else(|Spinning| Err(Error::ServerError("the server ended it with success".to_owned())))? {
            SubscriptionEvent::EventAppeared(resolved) => {
                if let Some(event) = &resolved.event {
                    told.event_at(event::position(event));
                }
            }
            SubscriptionEvent::Checkpoint(position) => told.event_at(Position(position.commit + 1)),
            SubscriptionEvent::Confirmed(_) => told.begun(),
            SubscriptionEvent::CaughtUp(caught_up) => {
                // Older servers do not say where.
                if let Some(position) = caught_up.and_then(|caught_up| caught_up.position) {
                    told.event_at(Position(position.commit + 1));
                }
                told.begun();
            }
            SubscriptionEvent::FellBehind(_)
            | SubscriptionEvent::FirstStreamPosition(_)
            | SubscriptionEvent::LastStreamPosition(_)
            | SubscriptionEvent::LastAllPosition(_) => {}
        }
    }
}
