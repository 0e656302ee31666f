//! From stored events to row operations: pure, so that pages can be worked on side by side.

use std::{
    any::Any,
    collections::HashSet,
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use orderflow_engine::{EventCodec, Projection, RawEvent, Recorded, Rows, StreamName, Timestamp};

use crate::{
    check::check,
    route::{Route, Span},
    target::DeadLetter,
};

/// What a page means for one view.
#[derive(Default)]
pub(crate) struct Projected {
    pub(crate) rows: Rows,
    /// The bytes of text in `rows`.
    pub(crate) text_bytes: usize,
    pub(crate) parked: Vec<DeadLetter>,
    /// The streams of which nothing was parked before this page.
    pub(crate) newly_parked: HashSet<StreamName>,
}

/// Projects a page for every view of the route; one entry a view, in the route's order.
pub(crate) fn decode<E: EventCodec>(
    events: Vec<RawEvent>, route: &Route<E>, spans: &[Span], clock: fn() -> Timestamp,
) -> Vec<Projected> {
    let mut views: Vec<Projected> = route.projections.iter().map(|_| Projected::default()).collect();
    for raw in events {
        let mut wanted = route.wanting(&raw);
        for (index, span) in spans.iter().enumerate() {
            if !span.contains(raw.position) {
                wanted &= !(1 << index);
            }
        }
        for index in bits(wanted) {
            if route.parked[index].contains(&raw.stream) || views[index].newly_parked.contains(&raw.stream) {
                wanted &= !(1 << index);
                let reason = "an earlier event of the stream is parked".into();
                views[index].parked.push(letter(route, index, &raw, reason, clock));
            }
        }
        if wanted == 0 {
            continue;
        }
        let event = match attempt(|| E::decode(&raw.kind, &raw.data)) {
            Ok(Ok(event)) => Ok(event),
            Ok(Err(error)) => Err(explain(&error)),
            Err(panic) => Err(format!("decoding the event panicked: {panic}")),
        };
        match event {
            Ok(event) => {
                let recorded = Recorded {
                    position: raw.position,
                    stream: raw.stream,
                    version: raw.version,
                    time: raw.time,
                    metadata: raw.metadata,
                    event,
                };
                for index in bits(wanted) {
                    if let Err(reason) = project(&route.projections[index], &recorded, &mut views[index]) {
                        views[index].park(DeadLetter {
                            view: route.projections[index].view.name.into(),
                            stream: recorded.stream.clone(),
                            version: recorded.version,
                            position: recorded.position,
                            kind: Arc::clone(&raw.kind),
                            reason: reason.into(),
                            parked_at: clock(),
                        });
                    }
                }
            }
            Err(reason) => {
                let reason: Arc<str> = reason.into();
                for index in bits(wanted) {
                    let letter = letter(route, index, &raw, Arc::clone(&reason), clock);
                    views[index].park(letter);
                }
            }
        }
    }
    views
}

impl Projected {
    fn park(&mut self, letter: DeadLetter) {
        self.newly_parked.insert(letter.stream.clone());
        self.parked.push(letter);
    }
}

fn project<E>(projection: &Projection<E>, event: &Recorded<E>, into: &mut Projected) -> Result<(), String> {
    let before = into.rows.0.len();
    let mut outcome = attempt(|| (projection.project)(event, &mut into.rows))
        .map_err(|panic| format!("the projection panicked: {panic}"));
    if outcome.is_ok() {
        for (key, op) in into.rows.0.iter().skip(before) {
            match check(projection.view, key, op) {
                Ok(bytes) => into.text_bytes += bytes,
                Err(fault) => outcome = Err(format!("the projection gave a row that does not fit: {fault}")),
            }
        }
    }
    if outcome.is_err() {
        into.rows.0.truncate(before);
    }
    outcome
}

fn letter<E>(route: &Route<E>, index: usize, raw: &RawEvent, reason: Arc<str>, clock: fn() -> Timestamp) -> DeadLetter {
    DeadLetter {
        view: route.projections[index].view.name.into(),
        stream: raw.stream.clone(),
        version: raw.version,
        position: raw.position,
        kind: Arc::clone(&raw.kind),
        reason,
        parked_at: clock(),
    }
}

fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let index = mask.trailing_zeros() as usize;
        (mask != 0).then(|| {
            mask &= mask - 1;
            index
        })
    })
}

/// Nothing that outlives a panic is shared with what panicked, but for rows that are cut off again.
fn attempt<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
