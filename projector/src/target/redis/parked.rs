//! Dead letters: a hash for each generation, by stream and version.

use std::collections::BTreeMap;

use chrono::DateTime;
use orderflow_engine::{Position, StreamName, Version, View};
use redis::Cmd;

use super::{
    super::{DeadLetter, Generation, ParkedStream, TargetError},
    Inner,
};

/// No name of a stream has a line break.
pub(super) fn field(stream: &StreamName, version: Version) -> String {
    format!("{stream}\n{version}", version = version.0)
}

pub(super) fn encode(letter: &DeadLetter) -> String {
    let DeadLetter { position, kind, reason, parked_at, view: _, stream: _, version: _ } = letter;
    serde_json::json!([position.0, &**kind, &**reason, parked_at.timestamp_micros()]).to_string()
}

fn decode(view: &str, field: &str, text: &str) -> Result<DeadLetter, TargetError> {
    let (stream, version) = parts(field)?;
    let (position, kind, reason, parked_at): (u64, String, String, i64) =
        serde_json::from_str(text).map_err(TargetError::new)?;
    Ok(DeadLetter {
        view: view.into(),
        stream,
        version,
        position: Position(position),
        kind: kind.into(),
        reason: reason.into(),
        parked_at: DateTime::from_timestamp_micros(parked_at).unwrap_or_default(),
    })
}

fn parts(field: &str) -> Result<(StreamName, Version), TargetError> {
    let foreign = || TargetError::new(format!("'{}' names no parked event", field.escape_debug()));
    let (stream, version) = field.split_once('\n').ok_or_else(foreign)?;
    let version = version.parse().map_err(|_| foreign())?;
    Ok((StreamName::parse(stream).map_err(TargetError::new)?, Version(version)))
}

impl Inner {
    async fn parked_fields(&self, view: &View, generation: Generation) -> Result<Vec<String>, TargetError> {
        Ok(self.link.run(&Cmd::hkeys(self.keys.parked(view.name, generation))).await?)
    }

    /// The fields of all parked events of these streams.
    pub(super) async fn fields_of(
        &self, view: &View, generation: Generation, streams: &[StreamName],
    ) -> Result<Vec<String>, TargetError> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let of_these = |field: &String| {
            field.split_once('\n').is_some_and(|(stream, _)| streams.iter().any(|settled| settled.as_str() == stream))
        };
        Ok(self.parked_fields(view, generation).await?.into_iter().filter(of_these).collect())
    }

    pub(super) async fn parked_streams(
        &self, view: &View, generation: Generation,
    ) -> Result<Vec<ParkedStream>, TargetError> {
        let mut streams = BTreeMap::<StreamName, ParkedStream>::new();
        for field in self.parked_fields(view, generation).await? {
            let (stream, version) = parts(&field)?;
            let parked = streams.entry(stream.clone()).or_insert(ParkedStream { stream, first: version, events: 0 });
            parked.first = parked.first.min(version);
            parked.events += 1;
        }
        Ok(streams.into_values().collect())
    }

    pub(super) async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, TargetError> {
        let mut views: Vec<String> = self.link.run(&Cmd::smembers(self.keys.views())).await?;
        views.sort_unstable();
        let mut letters = Vec::new();
        for view in views {
            let serving: Option<u32> = self.link.run(&Cmd::hget(self.keys.view(&view), "serving")).await?;
            let Some(serving) = serving else { continue };
            let kept: Vec<(String, String)> =
                self.link.run(&Cmd::hgetall(self.keys.parked(&view, Generation(serving)))).await?;
            let kept = kept.iter().map(|(field, text)| decode(&view, field, text));
            let mut of_view = kept.collect::<Result<Vec<_>, _>>()?;
            of_view.sort_unstable_by(|a, b| (&a.stream, a.version).cmp(&(&b.stream, b.version)));
            letters.append(&mut of_view);
            if letters.len() >= limit {
                break;
            }
        }
        letters.truncate(limit);
        Ok(letters)
    }
}
