//! Trying parked events again, with a program that may have learnt to read them.

use std::sync::Arc;

use orderflow_engine::{EventCodec, EventReader, Projection, Slice, Slices, Version};

use crate::{
    decode::decode,
    prepared::Prepared,
    route::{Route, Span},
    state::{Shared, Upkeep},
    target::{ParkedStream, Target},
    trouble::Trouble,
};

const PAGE: usize = 1_000;

/// What came of trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retried {
    pub streams_settled: u64,
    pub events_settled: u64,
    pub streams_still_parked: u64,
}

/// Applies the parked events of each stream in order, all of a stream's or none.
pub(crate) async fn retry<R: EventReader, E: EventCodec>(
    shared: &Shared, reader: &R, projections: &'static [Projection<E>],
) -> Result<Retried, Trouble> {
    let mut retried = Retried::default();
    for (index, projection) in projections.iter().enumerate() {
        let generation = shared.see(|views| views.entries[index].serving.generation);
        for parked in shared.target.parked_streams(projection.view, generation).await? {
            if !shared.see(|views| views.terms.slices().hold(&parked.stream)) {
                // Whoever holds it tries it, and so does this worker once it does.
                retried.streams_still_parked += 1;
                continue;
            }
            match retry_stream(shared, reader, index, projection, &parked).await? {
                Some(events) => {
                    retried.streams_settled += 1;
                    retried.events_settled += events;
                }
                None => retried.streams_still_parked += 1,
            }
        }
    }
    Ok(retried)
}

/// The number of events settled; `None` when the stream stays parked.
async fn retry_stream<R: EventReader, E: EventCodec>(
    shared: &Shared, reader: &R, index: usize, projection: &Projection<E>, parked: &ParkedStream,
) -> Result<Option<u64>, Trouble> {
    // The view stands still meanwhile, so nothing is parked behind what is settled here.
    let _turn = shared.turn.lock().await;
    let serving = shared.target.ensure(projection.view).await?.serving;
    let slice = Slice::of(&parked.stream);
    let position = serving.checkpoints.of(slice);
    let known = shared.see(|views| {
        let entry = &views.entries[index];
        entry.upkeep == Upkeep::Live
            && entry.serving.generation == serving.generation
            && entry.serving.checkpoints.of(slice) == position
            && views.terms.slices().contains(slice)
            && entry.parked.contains(&parked.stream)
    });
    if !known {
        return Ok(None);
    }
    let route = Route::new([(*projection, Slices::ALL, Arc::default())]);
    let span = Span { to: position, ..Span::after(orderflow_engine::Position::START) };
    let mut batch = Prepared::new(&route);
    let mut after = Version(parked.first.0.saturating_sub(1));
    loop {
        let events = reader.read_stream(&parked.stream, after, PAGE).await?;
        let Some(last) = events.last() else { break };
        after = last.version;
        let (count, through) = (events.len(), last.position);
        batch.push(decode(events, &route, &[span], shared.options.clock), through, count);
        if batch.parks() {
            return Ok(None);
        }
        if count < PAGE || through >= position {
            break;
        }
    }
    let Some(view) = batch.views.pop() else { return Ok(None) };
    let mut write = view.into_write(serving.generation, Slices::NONE.with(slice), position, position);
    write.settled.push(parked.stream.clone());
    shared.target.write(vec![write]).await?;
    shared.reshape(|views| {
        let entry = &mut views.entries[index];
        entry.parked = Arc::new(entry.parked.iter().filter(|stream| **stream != parked.stream).cloned().collect());
        entry.parked_events = entry.parked_events.saturating_sub(parked.events);
    });
    Ok(Some(parked.events))
}
