//! Long reads: rows, digests, comparisons.
//!
//! The server has no snapshots. What is read is of one instant when no position has moved from the beginning to the end;
//! otherwise it has to be read again.

use std::collections::{BTreeMap, HashMap, HashSet};

use orderflow_engine::{
    View,
    projection::{Key, Value},
};
use redis::Cmd;
use tokio::sync::oneshot;

use super::{
    super::{Comparison, Digest, Generation, TargetError},
    Inner, row,
};

/// How many places of the server's table of keys are looked at in one step.
const SCAN_KEYS: usize = 4_000;

/// A way through all keys, to the rows of a generation.
struct Names {
    pattern: String,
    /// The server may tell a name twice when its table grows or shrinks on the way.
    seen: HashSet<String>,
    /// `None` at the end of the way.
    cursor: Option<u64>,
}

/// Where a generation stands, and what is under way in it.
#[derive(PartialEq, Eq)]
struct State {
    position: u64,
    pending: Option<String>,
}

impl Inner {
    fn names(&self, view: &View, generation: Generation) -> Names {
        // A row's name ends in a JSON array, so nothing else of the generation looks like one.
        let pattern = self.keys.generation(view.name, generation) + ":\\[*";
        Names { pattern, seen: HashSet::new(), cursor: Some(0) }
    }

    /// The next names of rows, none at the end.
    async fn next(&self, names: &mut Names) -> Result<Option<Vec<String>>, TargetError> {
        let Some(cursor) = names.cursor else { return Ok(None) };
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&names.pattern).arg("COUNT").arg(SCAN_KEYS);
        let (next, mut found): (u64, Vec<String>) = self.link.run(&scan).await?;
        names.cursor = Some(next).filter(|next| *next != 0);
        found.retain(|name| names.seen.insert(name.clone()));
        Ok(Some(found))
    }

    async fn each(
        &self, view: &View, generation: Generation, mut take: impl FnMut(Key, Vec<Value>) + Send,
    ) -> Result<(), TargetError> {
        let before = self.keys.generation(view.name, generation).len() + 1;
        let mut names = self.names(view, generation);
        while let Some(some) = self.next(&mut names).await? {
            for (name, row) in some.iter().zip(self.present(&some).await?) {
                // One that is gone again was removed meanwhile.
                if let Some(row) = row {
                    take(row::decode(&name.as_bytes()[before..]).map_err(TargetError::new)?, row);
                }
            }
        }
        Ok(())
    }

    /// The rows of these names, `None` for those that are not there.
    pub(super) async fn present(&self, names: &[String]) -> Result<Vec<Option<Vec<Value>>>, TargetError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<Option<Vec<u8>>> = self.link.run(redis::cmd("MGET").arg(names)).await?;
        let decode = |json: Option<Vec<u8>>| json.map(|json| row::decode(&json).map_err(TargetError::new)).transpose();
        found.into_iter().map(decode).collect()
    }

    async fn states(&self, view: &View, generations: &[Generation]) -> Result<Vec<State>, TargetError> {
        let mut states = Vec::with_capacity(generations.len());
        for generation in generations {
            let mut get = redis::cmd("HMGET");
            get.arg(self.keys.state(view.name, *generation)).arg("position").arg("pending");
            let (position, pending): (Option<u64>, Option<String>) = self.link.run(&get).await?;
            let missing = || TargetError::new(format!("'{}' has no generation {}", view.name, generation.0));
            states.push(State { position: position.ok_or_else(missing)?, pending });
        }
        Ok(states)
    }

    async fn still_at(&self, view: &View, generations: &[Generation], before: &[State]) -> Result<(), TargetError> {
        if self.states(view, generations).await? != before {
            return Err(TargetError::new(format!("'{}' was written while it was read: try again", view.name)));
        }
        Ok(())
    }

    pub(super) async fn rows(&self, view: &View) -> Result<BTreeMap<Key, Vec<Value>>, TargetError> {
        let serving: Option<u32> = self.link.run(&Cmd::hget(self.keys.view(view.name), "serving")).await?;
        let missing = || TargetError::new(format!("there is no view '{}'", view.name));
        let serving = Generation(serving.ok_or_else(missing)?);
        let before = self.states(view, &[serving]).await?;
        let mut rows = BTreeMap::new();
        self.each(view, serving, |key, row| {
            rows.insert(key, row);
        })
        .await?;
        self.still_at(view, &[serving], &before).await?;
        Ok(rows)
    }

    pub(super) async fn digest(&self, view: &View, generation: Generation) -> Result<Digest, TargetError> {
        let before = self.states(view, &[generation]).await?;
        let mut digest = Digest::default();
        self.each(view, generation, |key, row| digest.add(key.iter().chain(&row))).await?;
        self.still_at(view, &[generation], &before).await?;
        Ok(digest)
    }

    pub(super) async fn count(&self, view: &View, generation: Generation) -> Result<u64, TargetError> {
        let mut names = self.names(view, generation);
        while self.next(&mut names).await?.is_some() {}
        Ok(names.seen.len() as u64)
    }

    /// Reads both generations whole before it says that the instant has passed: until then the caller lets neither move.
    pub(super) async fn compare(
        &self, view: &View, serving: Generation, building: Generation, opened: oneshot::Sender<()>,
    ) -> Result<Comparison, TargetError> {
        let both = [serving, building];
        let before = self.states(view, &both).await?;
        let (mut left, mut right) = (Digest::default(), Digest::default());
        let mut hashes = HashMap::new();
        self.each(view, serving, |key, row| {
            left.add(key.iter().chain(&row));
            let hash = digest_of(&key, &row);
            hashes.insert(key, hash);
        })
        .await?;
        let mut sample = Vec::new();
        self.each(view, building, |key, row| {
            right.add(key.iter().chain(&row));
            if hashes.remove(&key) != Some(digest_of(&key, &row)) && sample.len() < Comparison::SAMPLE {
                sample.push(key);
            }
        })
        .await?;
        let room = Comparison::SAMPLE - sample.len();
        sample.extend(hashes.into_keys().take(room));
        self.still_at(view, &both, &before).await?;
        // Whoever no longer waits for it does not mind.
        let _ = opened.send(());
        Ok(Comparison { serving: left, building: right, sample })
    }
}

fn digest_of(key: &Key, row: &[Value]) -> Digest {
    let mut digest = Digest::default();
    digest.add(key.iter().chain(row));
    digest
}
