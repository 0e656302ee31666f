//! Subscriptions: whatever comes after a position, for ever. One ends with success only when it is
//! told to: clients cannot bear it.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
};

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use uuid::Uuid;

use super::{
    read::{PAGE, View, answer, open, show},
    refusal,
    streams::Answers,
};
use crate::{
    clock,
    cluster::Cluster,
    faults::End,
    filter::Filter,
    log::{Cursor, Direction, From, Source, Unreadable},
    wire::{
        self,
        streams::{
            ReadResp,
            read_resp::{Checkpoint, Content, Standing, SubscriptionConfirmation},
        },
    },
};

/// How many answers wait for a subscriber that is slow.
const QUEUE: usize = 256;

pub(super) fn subscribe(
    cluster: &Arc<Cluster>, source: Source, from: From, filter: Option<Filter>, view: View,
) -> Result<Answers<ReadResp>, Status> {
    let from = match from {
        From::At(point) | From::After(point) => From::After(point),
        From::Start => From::Start,
        From::End => From::End,
    };
    let changes = cluster.changes();
    let cursor = open(&cluster.log(), source, Direction::Forwards, from)?;
    cluster.subscriptions.fetch_add(1, Ordering::SeqCst);
    let (answers, queue) = mpsc::channel(QUEUE);
    let mut ended = cluster.faults.ended_subscriptions();
    let mut subscription =
        Subscription { cluster: Arc::clone(cluster), cursor, filter, view, changes, considered: 0, answers };
    tokio::spawn(async move {
        let answers = subscription.answers.clone();
        let ended = tokio::select! {
            Err(ended) = subscription.follow() => ended,
            Ok(()) = ended.changed() => match *ended.borrow() {
                End::Error => Some(Status::unavailable("the subscription was dropped: subscribe again")),
                End::Success => None,
            },
            () = answers.closed() => None,
        };
        if let Some(status) = ended {
            // Whoever does not listen any more need not be told.
            let _ = answers.send(Err(status)).await;
        }
    });
    Ok(Box::pin(ReceiverStream::new(queue)))
}

struct Subscription {
    cluster: Arc<Cluster>,
    cursor: Cursor,
    filter: Option<Filter>,
    view: View,
    changes: watch::Receiver<u64>,
    /// How many events were looked at since the last checkpoint.
    considered: u64,
    answers: mpsc::Sender<Result<ReadResp, Status>>,
}

/// Where a subscription stands towards the end of what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    CatchingUp,
    Live,
}

/// Why a subscription ends: with an error, or because nobody listens.
type Ended = Option<Status>;

struct Page {
    /// Where the subscription stood before.
    standing: Standing,
    length: usize,
    contents: Vec<Content>,
}

impl Subscription {
    async fn follow(&mut self) -> Result<Infallible, Ended> {
        let subscription_id = Uuid::new_v4().to_string();
        self.send(Content::Confirmation(SubscriptionConfirmation { subscription_id })).await?;
        let mut pace = Pace::CatchingUp;
        loop {
            // What changes from here on is seen at the next round, if not in this one.
            self.changes.mark_unchanged();
            let page = self.page()?;
            match (pace, page.length) {
                (Pace::CatchingUp, 0) => {
                    self.send(Content::CaughtUp(page.standing)).await?;
                    pace = Pace::Live;
                }
                (Pace::Live, PAGE) => {
                    self.send(Content::FellBehind(page.standing)).await?;
                    pace = Pace::CatchingUp;
                }
                (Pace::CatchingUp | Pace::Live, _) => {}
            }
            for content in page.contents {
                self.send(content).await?;
            }
            if page.length == 0 {
                self.changes.changed().await.map_err(|_| Some(refusal::not_ready()))?;
            }
        }
    }

    fn page(&mut self) -> Result<Page, Ended> {
        let log = self.cluster.log();
        if let Source::Stream(name) = &self.cursor.source
            && log.readable(name) == Err(Unreadable::Tombstoned)
        {
            return Err(Some(refusal::unreadable(Unreadable::Tombstoned, name)));
        }
        let standing = standing(&self.cursor.source, log.last_read(&self.cursor));
        let records = log.page(&mut self.cursor, PAGE);
        let mut contents = Vec::with_capacity(records.len());
        for record in &records {
            let Some(filter) = &self.filter else {
                contents.push(show(&log, record, self.view));
                continue;
            };
            if filter.wants(record) {
                contents.push(show(&log, record, self.view));
            }
            self.considered += 1;
            if self.considered == filter.checkpoint_every {
                self.considered = 0;
                contents.push(checkpoint(record.position));
            }
        }
        Ok(Page { standing, length: records.len(), contents })
    }

    async fn send(&self, content: Content) -> Result<(), Ended> {
        self.answers.send(Ok(answer(content))).await.map_err(|_| None)
    }
}

fn standing(source: &Source, last_read: Option<u64>) -> Standing {
    let timestamp = Some(clock::timestamp());
    match source {
        Source::All => Standing { timestamp, stream_revision: None, position: last_read.map(wire::position) },
        Source::Stream(_) => Standing { timestamp, stream_revision: last_read.map(u64::cast_signed), position: None },
    }
}

fn checkpoint(position: u64) -> Content {
    let timestamp = Some(clock::timestamp());
    Content::Checkpoint(Checkpoint { commit_position: position, prepare_position: position, timestamp })
}
