//! Keeps what this worker holds of a target that several share, and gives it back at the end.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{state::Shared, target::Target};

/// How long giving back may take: whoever is not told finds out when the leases end.
const FAREWELL: Duration = Duration::from_secs(2);

/// Renews until shutdown. Returns at once when there is nothing to share.
pub(crate) async fn keep(shared: Arc<Shared>, shutdown: CancellationToken) {
    let Some(every) = shared.target.renew_every() else { return };
    let mut troubled = false;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        let outcome = match tokio::time::timeout(every, shared.turn.lock()).await {
            Ok(_turn) => shared.take_stock().await,
            // A long write is under way: what is gained has to wait for its end, what is lost does not.
            Err(_) => shared.target.claim(shared.claim()).await.map(|terms| {
                shared.reshape(|views| views.terms = terms.unbroken_since(&views.terms));
            }),
        };
        match outcome {
            Ok(()) if troubled => {
                troubled = false;
                shared.update(|views| views.trouble = None);
            }
            Ok(()) => {}
            Err(error) => {
                troubled = true;
                tracing::warn!(%error, "this worker's share of the views cannot be renewed");
                shared.update(|views| views.trouble = Some(error.to_string().into()));
            }
        }
    }
}

pub(crate) async fn end(shared: &Shared) {
    if shared.target.renew_every().is_some()
        && !matches!(tokio::time::timeout(FAREWELL, shared.target.resign()).await, Ok(Ok(())))
    {
        tracing::warn!("this worker's share of the views is not given back: others take it when its lease ends");
    }
}
