//! The protocol's messages, generated from `proto/`, and the small conversions that several services need.

#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::enum_variant_names,
    unreachable_pub,
    reason = "it is generated"
)]
mod protocol {
    tonic::include_proto!("protocol");
}

pub(crate) use self::protocol::{
    event_store::client::{
        AllStreamPosition, StreamIdentifier, Uuid as WireUuid, gossip, server_features, streams, uuid,
    },
    google::rpc::Status as InnerStatus,
};

use ::uuid::Uuid;
use bytes::Bytes;
use tonic::Status;

/// How a caller wants ids.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IdForm {
    Structured,
    Text,
}

pub(crate) fn id(id: Uuid, form: IdForm) -> WireUuid {
    let value = match form {
        IdForm::Structured => {
            let (high, low) = id.as_u64_pair();
            let (high, low) = (high.cast_signed(), low.cast_signed());
            uuid::Value::Structured(uuid::Structured { most_significant_bits: high, least_significant_bits: low })
        }
        IdForm::Text => uuid::Value::String(id.to_string()),
    };
    WireUuid { value: Some(value) }
}

pub(crate) fn parse_id(id: Option<WireUuid>) -> Result<Uuid, Status> {
    match id.and_then(|id| id.value) {
        Some(uuid::Value::Structured(bits)) => {
            let (high, low) = (bits.most_significant_bits, bits.least_significant_bits);
            Ok(Uuid::from_u64_pair(high.cast_unsigned(), low.cast_unsigned()))
        }
        Some(uuid::Value::String(text)) => {
            text.parse().map_err(|_| Status::invalid_argument(format!("'{text}' is not an id")))
        }
        None => Err(Status::invalid_argument("an id is missing")),
    }
}

pub(crate) fn stream_name(stream: Option<StreamIdentifier>) -> Result<String, Status> {
    let name = stream.map(|stream| stream.stream_name).unwrap_or_default();
    match String::from_utf8(name.into()) {
        Ok(name) if !name.is_empty() => Ok(name),
        Ok(_) => Err(Status::invalid_argument("the stream's name is missing")),
        Err(_) => Err(Status::invalid_argument("the stream's name is not UTF-8")),
    }
}

pub(crate) fn stream_identifier(name: &str) -> StreamIdentifier {
    StreamIdentifier { stream_name: Bytes::copy_from_slice(name.as_bytes()) }
}

/// Commit and prepare are the same for whatever is not a transaction of old.
pub(crate) fn position(position: u64) -> AllStreamPosition {
    AllStreamPosition { commit_position: position, prepare_position: position }
}
