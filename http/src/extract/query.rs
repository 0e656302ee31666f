//! Parameters in the query.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use super::text::{check_encoded, shorten};
use crate::problem::Problem;

/// The parameters of the query. An unknown or repeated one is refused if `T` says `deny_unknown_fields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    check_encoded(query).map_err(|advice| Problem::invalid_parameter("query", advice))?;
    serde_urlencoded::from_str(query).map_err(|error| {
        let parameters = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        match serde_path_to_error::deserialize::<_, T>(parameters) {
            Ok(_) => Problem::invalid_parameter("query", shorten(error.to_string())),
            Err(found) => {
                let message = found.inner().to_string();
                let named = message.split_once("field `").and_then(|(_, rest)| rest.split_once('`'));
                let parameter = match (named, found.path().iter().next()) {
                    (Some((field, _)), _) => field,
                    (None, Some(Segment::Map { key })) => key,
                    (None, _) => "query",
                };
                let parameter = shorten(parameter.to_owned());
                Problem::invalid_parameter(parameter, shorten(message.replace("field `", "parameter `")))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        status: Option<String>,
        limit: Option<u32>,
    }

    #[test]
    fn known_parameters_are_read() {
        assert_eq!(parse::<Filter>("").unwrap(), Filter { status: None, limit: None });
        let both = parse::<Filter>("limit=5&status=pl%C3%A4ced+x").unwrap();
        assert_eq!(both, Filter { status: Some("pläced x".to_owned()), limit: Some(5) });
    }

    #[test]
    fn others_are_named() {
        for (query, expected) in [
            ("limt=5", "limt: unknown parameter `limt`, expected `status` or `limit`"),
            ("limit=x", "limit: invalid digit found in string"),
            ("limit=1&limit=2", "limit: duplicate parameter `limit`"),
            ("status=%00", "query: leave out the character U+0000"),
            ("status=%ff", "query: percent-encode UTF-8"),
        ] {
            let problem = parse::<Filter>(query).unwrap_err();
            assert_eq!(problem.detail(), expected, "{query}");
            assert_eq!(problem.status(), 400);
        }
    }
}
