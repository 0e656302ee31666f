//! The generations of a view: begun, switched to, given up, swept away.

use orderflow_engine::{Position, View};
use redis::Cmd;

use super::{
    super::{Activity, Checkpoints, Fit, Generation, Generations, Stored, Swept, TargetError},
    Inner,
    recent::Lists,
    script,
};

/// How many places of the server's table of keys one step of sweeping looks at.
const SWEEP_KEYS: usize = 1_000;

/// A way through all keys, in search of those that a retired generation has left.
pub(super) struct Sweeping {
    generation: String,
    cursor: u64,
    found: bool,
}

/// A generation as a script tells of it: number, version, shape, position, whether it was left half written.
type Described = (u32, Option<u32>, Option<String>, Option<u64>, u8);

impl Inner {
    /// What rows look like: a generation of another shape is not written any more.
    fn shape(&self, view: &View) -> String {
        let lists: Vec<_> = self.recent.iter().filter(|recent| recent.view == view.name).collect();
        format!("{:?} {:?} {lists:?}", view.key, view.columns)
    }

    fn stored(&self, view: &View, (generation, version, shape, position, broken): Described) -> Stored {
        let version = version.unwrap_or_default();
        let fits = version == view.version && shape.as_deref() == Some(&self.shape(view)) && broken == 0;
        Stored {
            generation: Generation(generation),
            version,
            fit: if fits { Fit::Declared } else { Fit::Outdated },
            checkpoints: Checkpoints::at(Position(position.unwrap_or_default())),
        }
    }

    pub(super) async fn ensure(&self, view: &View) -> Result<Generations, TargetError> {
        Lists::of(view, self.recent)?;
        let keys = [self.keys.view(view.name), self.keys.writer(), self.keys.views(), self.keys.retired()];
        let mut call = script::ENSURE.call(&keys);
        call.arg(view.name).arg(view.version).arg(self.shape(view));
        let (serving, building, paused): (Described, Option<Described>, u8) =
            script::ENSURE.run(&self.link, &call).await?;
        Ok(Generations {
            serving: self.stored(view, serving),
            building: building.map(|building| self.stored(view, building)),
            activity: if paused == 0 { Activity::Active } else { Activity::Paused },
        })
    }

    pub(super) async fn begin_build(&self, view: &View) -> Result<Stored, TargetError> {
        let lease = self.lease()?;
        let mut call = script::BEGIN_BUILD.call(&[self.keys.view(view.name), self.keys.writer(), self.keys.retired()]);
        call.arg(&*lease).arg(view.version).arg(self.shape(view));
        let begun: Option<(u32, u64)> = script::BEGIN_BUILD.run(&self.link, &call).await?;
        let (generation, position) = begun.ok_or_else(lost)?;
        Ok(Stored {
            generation: Generation(generation),
            version: view.version,
            fit: Fit::Declared,
            checkpoints: Checkpoints::at(Position(position)),
        })
    }

    pub(super) async fn switch(&self, views: &[(&'static View, Generation)]) -> Result<(), TargetError> {
        let lease = self.lease()?;
        let mut keys = vec![self.keys.writer(), self.keys.retired()];
        keys.extend(views.iter().map(|(view, _)| self.keys.view(view.name)));
        let mut call = script::SWITCH.call(&keys);
        call.arg(&*lease).arg(self.keys.changes());
        for (_, generation) in views {
            call.arg(generation.0);
        }
        match script::SWITCH.run::<i64>(&self.link, &call).await? {
            0 => Ok(()),
            number => {
                let place = usize::try_from(number).ok().and_then(|number| views.get(number.checked_sub(1)?));
                let (view, generation) = place.ok_or_else(lost)?;
                let (name, number) = (view.name, generation.0);
                Err(TargetError::new(format!("generation {number} of '{name}' is not being built")))
            }
        }
    }

    pub(super) async fn abandon(&self, view: &View, generation: Generation) -> Result<(), TargetError> {
        let lease = self.lease()?;
        let mut call = script::ABANDON.call(&[self.keys.view(view.name), self.keys.writer(), self.keys.retired()]);
        call.arg(&*lease).arg(generation.0);
        match script::ABANDON.run::<u8>(&self.link, &call).await? {
            0 => Err(lost()),
            _ => Ok(()),
        }
    }

    /// Looks at a bounded part of all keys and removes those of the first generation that no longer serves. It is done
    /// with when a whole way through the keys has found none.
    pub(super) async fn sweep(&self) -> Result<Swept, TargetError> {
        let mut sweeping = self.sweeping.lock().await;
        let mut way = match sweeping.take() {
            Some(way) => way,
            None => {
                let first: Option<String> = self.link.run(&Cmd::lindex(self.keys.retired(), 0)).await?;
                let Some(generation) = first else { return Ok(Swept::Everything) };
                Sweeping { generation, cursor: 0, found: false }
            }
        };
        let mut scan = redis::cmd("SCAN");
        scan.arg(way.cursor).arg("MATCH").arg(format!("{}:*", way.generation)).arg("COUNT").arg(SWEEP_KEYS);
        let (cursor, keys): (u64, Vec<String>) = self.link.run(&scan).await?;
        if !keys.is_empty() {
            way.found = true;
            self.link.run::<()>(redis::cmd("UNLINK").arg(&keys)).await?;
        }
        way.cursor = cursor;
        if cursor == 0 && !way.found {
            self.link.run::<()>(&Cmd::lrem(self.keys.retired(), 0, &way.generation)).await?;
        } else {
            way.found &= cursor != 0;
            *sweeping = Some(way);
        }
        Ok(Swept::More)
    }
}

fn lost() -> TargetError {
    TargetError::new("this worker does not write these views any more")
}
