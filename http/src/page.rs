//! A page of a list.

use axum::{
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::Json;

/// `{"items": […], "next_cursor": "…" or null}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T: Serialize> Page<T> {
    /// The answer to a request for `uri`, with a `Link` to the next page where there is one.
    #[must_use]
    pub fn respond(self, uri: &Uri) -> Response {
        let link = self.next_link(uri);
        let mut response = Json(self).into_response();
        if let Some(link) = link {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

impl<T> Page<T> {
    /// `<…>; rel="next"` (RFC 8288): the same address with the next cursor.
    #[must_use]
    pub fn next_link(&self, uri: &Uri) -> Option<HeaderValue> {
        let cursor = self.next_cursor.as_deref()?;
        let others = uri.query().unwrap_or_default().split('&').filter(|parameter| {
            let name = parameter.split_once('=').map_or(*parameter, |(name, _)| name);
            !name.is_empty() && name != "cursor"
        });
        let mut link = format!("<{}?", uri.path());
        for parameter in others {
            link.push_str(parameter);
            link.push('&');
        }
        link.push_str("cursor=");
        link.extend(form_urlencoded::byte_serialize(cursor.as_bytes()));
        link.push_str(">; rel=\"next\"");
        HeaderValue::try_from(link).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(uri: &str, next_cursor: Option<&str>) -> Option<String> {
        let page = Page::<u8> { items: vec![], next_cursor: next_cursor.map(str::to_owned) };
        page.next_link(&uri.parse().unwrap()).map(|link| link.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_link_keeps_the_filters() {
        assert_eq!(link("/orders", None), None);
        assert_eq!(link("/orders", Some("a-_")).unwrap(), "</orders?cursor=a-_>; rel=\"next\"");
        assert_eq!(
            link("/orders?status=placed&cursor=old&q=a%20b", Some("new")).unwrap(),
            "</orders?status=placed&q=a%20b&cursor=new>; rel=\"next\""
        );
        assert_eq!(link("/orders?cursor", Some("x>\"")).unwrap(), "</orders?cursor=x%3E%22>; rel=\"next\"");
    }

    #[test]
    fn the_last_page_says_null() {
        let page = Page { items: vec![1], next_cursor: None };
        assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"items":[1],"next_cursor":null}"#);
    }
}
