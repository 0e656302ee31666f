//! Who works on which slices: decided by each worker for itself, from what all of them can see.

use orderflow_engine::{Slice, Slices};

/// A worker that has said that it is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Worker {
    pub(crate) name: String,
    pub(crate) expires_at_micros: i64,
}

/// Who holds a slice, and until when; a slice that was given back has no owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) owner: Option<String>,
    pub(crate) expires_at_micros: i64,
}

/// What a worker does about its leases. The three sets have no slice in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) renew: Slices,
    pub(crate) give_back: Slices,
    pub(crate) take: Slices,
}

/// Decides for `me`, who is among the workers. `leases` are in the order of the slices.
///
/// Every live worker is due the same number of slices, or one more where they do not come out even; those that have the
/// most keep the one more, so that a balanced split is left as it is.
pub(crate) fn share(me: &str, workers: &[Worker], leases: &[Lease], now_micros: i64) -> Decision {
    let owned = |name: &str| -> Slices {
        let owned = |lease: &Lease| {
            // What has run out but was not taken by anybody is still there to be renewed, by its owner alone.
            lease.owner.as_deref() == Some(name) && (lease.expires_at_micros > now_micros || name == me)
        };
        Slice::all().zip(leases).filter(|(_, lease)| owned(lease)).map(|(slice, _)| slice).collect()
    };
    let mine = owned(me);
    let live = workers.iter().filter(|worker| worker.expires_at_micros > now_micros && worker.name != me);
    let counts: Vec<(usize, &str)> = live.map(|worker| (owned(&worker.name).len(), worker.name.as_str())).collect();
    let ahead = counts.iter().filter(|(count, name)| (mine.len(), me) < (*count, *name)).count();
    let all = counts.len() + 1;
    let due = Slice::COUNT / all + usize::from(ahead < Slice::COUNT % all);

    let renew: Slices = mine.iter().take(due).collect();
    let free = Slice::all().zip(leases).filter(|(slice, lease)| {
        let held = lease.owner.is_some() && lease.expires_at_micros > now_micros;
        !held && !mine.contains(*slice)
    });
    Decision {
        renew,
        give_back: mine.iter().skip(due).collect(),
        take: free.map(|(slice, _)| slice).take(due - renew.len()).collect(),
    }
}

#[cfg(test)]
mod tests;
