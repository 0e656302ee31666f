//! Versioned event types, their JSON, and upcasters from older versions.

use std::sync::Arc;

/// Implemented by an aggregate's event enum, with [`event_codec!`](crate::event_codec).
pub trait EventCodec: Sized + Send + Sync + 'static {
    /// Every type name that `decode` understands, older versions included.
    const KINDS: &'static [&'static str];
    /// The name under which this event is written: `aggregate.fact.vN`.
    fn kind(&self) -> &'static str;
    fn encode(&self) -> Vec<u8>;
    fn decode(kind: &str, data: &[u8]) -> Result<Self, DecodeError>;
}

/// A stored event that this program cannot read. Its reader stops at it or parks it; it is never skipped.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DecodeError {
    #[error("unknown event type '{kind}': a newer version of the program may have written it")]
    UnknownKind { kind: String },
    #[error("the body of a '{kind}' event does not decode")]
    Body { kind: String, source: Arc<serde_json::Error> },
    #[error("the metadata of an event does not decode")]
    Metadata { source: Arc<serde_json::Error> },
}

/// Gives an event enum its [`EventCodec`].
///
/// Every variant holds one payload. The name after `=>` is the version written today; names under `upcast` are older
/// versions, each with the type of its old payload and a function from it to the event of today.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use orderflow_engine::{EventCodec, event_codec};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// pub struct Lit { lumens: u32 }
/// #[derive(Deserialize)]
/// struct LitV1 { watts: u32 }
///
/// #[derive(Debug, PartialEq)]
/// pub enum LampEvent { Lit(Lit) }
///
/// event_codec! {
///     LampEvent { Lit(Lit) => "lamp.lit.v2" }
///     upcast { "lamp.lit.v1" => |old: LitV1| LampEvent::Lit(Lit { lumens: old.watts * 90 }) }
/// }
///
/// assert_eq!(LampEvent::Lit(Lit { lumens: 5 }).encode(), br#"{"lumens":5}"#);
/// assert_eq!(LampEvent::decode("lamp.lit.v1", br#"{"watts":2}"#).unwrap(), LampEvent::Lit(Lit { lumens: 180 }));
/// ```
#[macro_export]
macro_rules! event_codec {
    (
        $event:ident { $($variant:ident($payload:ty) => $kind:literal),+ $(,)? }
        $(upcast { $($old_kind:literal => |$old:ident: $old_payload:ty| $upcast:expr),+ $(,)? })?
    ) => {
        impl $crate::EventCodec for $event {
            const KINDS: &'static [&'static str] = &[$($kind,)+ $($($old_kind,)+)?];

            fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $kind,)+
                }
            }

            fn encode(&self) -> ::std::vec::Vec<u8> {
                match self {
                    $(Self::$variant(payload) => $crate::codec::encode_body(payload),)+
                }
            }

            fn decode(kind: &str, data: &[u8]) -> ::std::result::Result<Self, $crate::DecodeError> {
                match kind {
                    $($kind => $crate::codec::decode_body::<$payload>(kind, data).map(Self::$variant),)+
                    $($($old_kind => $crate::codec::decode_body::<$old_payload>(kind, data).map(|$old| $upcast),)+)?
                    unknown => Err($crate::DecodeError::UnknownKind { kind: unknown.to_owned() }),
                }
            }
        }
    };
}

/// The JSON of a payload.
///
/// # Panics
///
/// When the payload cannot be JSON at all (a map with keys that are not strings): a fault of its type, met by its first
/// test.
#[doc(hidden)]
pub fn encode_body<T: serde::Serialize>(payload: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(192);
    serde_json::to_writer(&mut out, payload).expect("an event payload is plain JSON");
    out
}

#[doc(hidden)]
pub fn decode_body<T: serde::de::DeserializeOwned>(kind: &str, data: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(data).map_err(|source| DecodeError::Body { kind: kind.to_owned(), source: Arc::new(source) })
}
