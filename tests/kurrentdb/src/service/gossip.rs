//! What a node knows of the others.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    clock,
    cluster::{Cluster, Member},
    wire::{
        self, IdForm,
        gossip::{ClusterInfo, EndPoint, MemberInfo, gossip_server::Gossip, member_info::VNodeState},
    },
};

pub(crate) struct GossipOf {
    cluster: Arc<Cluster>,
}

impl GossipOf {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster }
    }

    fn describe(&self, number: usize, member: &Member) -> MemberInfo {
        let state = match (member.is_alive(), self.cluster.is_leader(number)) {
            (false, _) => VNodeState::Shutdown,
            (true, true) => VNodeState::Leader,
            (true, false) => VNodeState::Follower,
        };
        let address = member.address;
        let instance = Uuid::new_v5(&Uuid::NAMESPACE_URL, address.to_string().as_bytes());
        MemberInfo {
            instance_id: Some(wire::id(instance, IdForm::Structured)),
            time_stamp: clock::ticks().cast_signed(),
            state: state.into(),
            is_alive: member.is_alive(),
            http_end_point: Some(EndPoint { address: address.ip().to_string(), port: address.port().into() }),
        }
    }
}

#[tonic::async_trait]
impl Gossip for GossipOf {
    async fn read(&self, _: Request<()>) -> Result<Response<ClusterInfo>, Status> {
        self.cluster.faults.pause().await;
        let members = self.cluster.members.iter().enumerate().map(|(number, member)| self.describe(number, member));
        Ok(Response::new(ClusterInfo { members: members.collect() }))
    }
}
