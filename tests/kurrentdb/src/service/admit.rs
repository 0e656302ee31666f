//! Who is let in, and where.

use tonic::{Status, metadata::MetadataMap};

use super::refusal;
use crate::cluster::Cluster;

/// Lets a call wait as long as it is to, and refuses it if it may not be made, or not on this node.
pub(super) async fn admit(cluster: &Cluster, node: usize, metadata: &MetadataMap) -> Result<(), Status> {
    cluster.faults.pause().await;
    if let Some(wanted) = &cluster.authorization {
        match metadata.get("authorization") {
            Some(given) if given == wanted.as_str() => {}
            Some(_) => return Err(refusal::unknown_user()),
            None => return Err(refusal::access_denied()),
        }
    }
    let requires_leader = metadata.get("requires-leader").is_some_and(|value| value == "true");
    match cluster.leader() {
        _ if !requires_leader || cluster.is_leader(node) => Ok(()),
        Some(leader) => Err(refusal::not_leader(leader.address)),
        None => Err(refusal::not_ready()),
    }
}
