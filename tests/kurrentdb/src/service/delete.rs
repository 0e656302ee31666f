//! Delete and Tombstone.

use tonic::Status;

use super::{append::parse_expected, refusal};
use crate::{
    cluster::Cluster,
    log::{Expected, Log, Refusal},
    wire::streams::ExpectedRevision,
};

pub(super) fn delete(cluster: &Cluster, options: Option<ExpectedRevision>) -> Result<u64, Status> {
    end(cluster, options, Log::delete)
}

pub(super) fn tombstone(cluster: &Cluster, options: Option<ExpectedRevision>) -> Result<u64, Status> {
    end(cluster, options, Log::tombstone)
}

type End = fn(&mut Log, &str, Expected, u64) -> Result<u64, Refusal>;

/// Other than for an append, a conflict is an error.
fn end(cluster: &Cluster, options: Option<ExpectedRevision>, end: End) -> Result<u64, Status> {
    let (stream, expected) = parse_expected(options)?;
    let ended = cluster.change(|log, now_ticks| end(log, &stream, expected, now_ticks));
    ended.map_err(|refused| refusal::refused(refused, &stream, expected))
}
