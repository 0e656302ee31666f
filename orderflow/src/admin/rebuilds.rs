//! Rebuilds that were asked for over HTTP: they outlive the request, so somebody has to remember them.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use orderflow_projector::{RebuildError, RebuildReport};
use serde_json::{Value, json};

use super::views::report;

/// So many are remembered.
const REMEMBERED: usize = 64;

type State = Option<Result<RebuildReport, RebuildError>>;

/// One rebuild at a time: they would only wait for each other.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("rebuild {0} is under way: wait until it has ended")]
pub(super) struct UnderWay(u64);

#[derive(Clone, Default)]
pub(super) struct Rebuilds(Arc<Mutex<BTreeMap<u64, State>>>);

impl Rebuilds {
    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(
        &self, rebuild: impl Future<Output = Result<RebuildReport, RebuildError>> + Send + 'static,
    ) -> Result<u64, UnderWay> {
        let id = {
            let mut all = self.all();
            if let Some((id, _)) = all.iter().find(|(_, state)| state.is_none()) {
                return Err(UnderWay(*id));
            }
            let id = all.keys().next_back().map_or(1, |last| last + 1);
            all.insert(id, None);
            while all.len() > REMEMBERED {
                all.pop_first();
            }
            id
        };
        let rebuilds = self.clone();
        tokio::spawn(async move {
            let done = rebuild.await;
            rebuilds.all().entry(id).and_modify(|state| *state = Some(done));
        });
        Ok(id)
    }

    pub(super) fn look(&self, id: u64) -> Option<Value> {
        self.all().get(&id).map(|state| match state {
            None => json!({ "id": id, "state": "running" }),
            Some(Ok(done)) => json!({ "id": id, "state": "done", "report": report(done) }),
            Some(Err(error)) => json!({ "id": id, "state": "failed", "reason": error.to_string() }),
        })
    }
}
