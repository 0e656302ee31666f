//! A problem on the wire, and its schema.

use std::borrow::Cow;

use serde::{Serialize, ser::Serializer};
use serde_json::{Map, Value};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{Action, FieldError, Problem};

/// The form on the wire.
#[derive(Serialize, ToSchema)]
struct Document<'a> {
    /// Names the kind of problem; it does not have to resolve.
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "https://orderflow.dev/problems/invalid_request")]
    uri: String,
    /// The same for every problem of this type.
    title: &'a str,
    /// The status of the response.
    #[schema(example = 422)]
    status: u16,
    /// What is the matter this time.
    detail: &'a str,
    /// Names this occurrence, where it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    action: Action,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// Seconds to wait before trying again, as in the `Retry-After` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(flatten)]
    #[schema(ignore)]
    members: &'a Map<String, Value>,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let occurrence = &*self.0;
        Document {
            uri: occurrence.kind.uri(),
            title: occurrence.kind.title,
            status: occurrence.kind.status.as_u16(),
            detail: &occurrence.detail,
            instance: occurrence.instance.as_deref(),
            action: occurrence.kind.action,
            errors: &occurrence.errors,
            retry_after: self.retry_after_s(),
            members: &occurrence.members,
        }
        .serialize(serializer)
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        Document::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Problem")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Document::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_the_members_of_the_document() {
        let schema = serde_json::to_value(Problem::schema()).unwrap();
        for member in ["type", "title", "status", "detail", "instance", "action", "errors", "retry_after"] {
            assert!(schema["properties"].get(member).is_some(), "{member} in {schema}");
        }
        let mut schemas = Vec::new();
        Problem::schemas(&mut schemas);
        assert!(schemas.iter().any(|(name, _)| name == "FieldError"), "the schema refers to it");
    }
}
