//! The service for streams: who asks is looked at here, what is asked for in a file for each call.

use std::{pin::Pin, sync::Arc};

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};

use super::{admit::admit, append, batch, delete, read};
use crate::{
    cluster::Cluster,
    wire,
    wire::streams::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq, ReadResp, TombstoneReq,
        TombstoneResp, delete_resp, streams_server::Streams, tombstone_resp,
    },
};

pub(crate) struct StreamsOf {
    cluster: Arc<Cluster>,
    node: usize,
}

pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl StreamsOf {
    pub(crate) fn new(cluster: Arc<Cluster>, node: usize) -> Self {
        Self { cluster, node }
    }

    async fn admit(&self, metadata: &MetadataMap) -> Result<(), Status> {
        admit(&self.cluster, self.node, metadata).await
    }
}

#[tonic::async_trait]
impl Streams for StreamsOf {
    type ReadStream = Answers<ReadResp>;
    type BatchAppendStream = Answers<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        self.admit(request.metadata()).await?;
        read::read(&self.cluster, request.into_inner()).map(Response::new)
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        self.admit(request.metadata()).await?;
        append::append(&self.cluster, request.into_inner()).await.map(Response::new)
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        self.admit(request.metadata()).await?;
        let position = delete::delete(&self.cluster, request.into_inner().options)?;
        let position = delete_resp::PositionOption::Position(wire::position(position));
        Ok(Response::new(DeleteResp { position_option: Some(position) }))
    }

    async fn tombstone(&self, request: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        self.admit(request.metadata()).await?;
        let position = delete::tombstone(&self.cluster, request.into_inner().options)?;
        let position = tombstone_resp::PositionOption::Position(wire::position(position));
        Ok(Response::new(TombstoneResp { position_option: Some(position) }))
    }

    async fn batch_append(
        &self, request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        self.admit(request.metadata()).await?;
        Ok(Response::new(batch::append(&self.cluster, request.into_inner())))
    }
}
