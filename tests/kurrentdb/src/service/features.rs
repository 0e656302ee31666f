//! What the server says it can do.

use tonic::{Request, Response, Status};

use crate::wire::server_features::{SupportedMethod, SupportedMethods, server_features_server::ServerFeatures};

/// The last version before appends could be larger than 1 MiB.
const VERSION: &str = "25.0.0";
const STREAMS: &str = "event_store.client.streams.streams";
const METHODS: [&str; 5] = ["append", "batchappend", "read", "delete", "tombstone"];

pub(crate) struct Features;

#[tonic::async_trait]
impl ServerFeatures for Features {
    async fn get_supported_methods(&self, _: Request<()>) -> Result<Response<SupportedMethods>, Status> {
        let method = |name: &str| SupportedMethod {
            method_name: name.to_owned(),
            service_name: STREAMS.to_owned(),
            features: Vec::new(),
        };
        let methods = METHODS.map(method).to_vec();
        Ok(Response::new(SupportedMethods { methods, event_store_server_version: VERSION.to_owned() }))
    }
}
