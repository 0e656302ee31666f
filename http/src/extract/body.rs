//! Reading a request's body, once, within its limits.

use std::error::Error;

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequest, Request},
};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError};
use tokio::time::timeout_at;

use crate::{
    edge::RequestContext,
    problem::{Problem, ProblemKind},
};

/// The most that is set aside for a body before it has arrived.
const RESERVED: u64 = 64 * 1024;

/// The body as it was sent, such as one that carries a signature.
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read(request).await.map(Self)
    }
}

/// The edge limits the size, and sets the time by which the body has to be here.
pub(super) async fn read(request: Request) -> Result<Bytes, Problem> {
    let deadline = request.extensions().get().map(RequestContext::body_deadline);
    let body = request.into_body();
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    match deadline {
        None => collect(body).await,
        Some(deadline) => timeout_at(deadline, collect(body)).await.unwrap_or_else(|_| {
            Err(Problem::new(ProblemKind::REQUEST_TIMEOUT, "the body was not complete in time, so nothing was done"))
        }),
    }
}

/// Mostly one frame, which is then not copied.
async fn collect(mut body: Body) -> Result<Bytes, Problem> {
    let Some(first) = data(&mut body).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = data(&mut body).await? else { return Ok(first) };
    let rest = body.size_hint().lower().min(RESERVED) as usize;
    let mut whole = BytesMut::with_capacity(first.len() + second.len() + rest);
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    while let Some(next) = data(&mut body).await? {
        whole.extend_from_slice(&next);
    }
    Ok(whole.freeze())
}

async fn data(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        match frame {
            // Trailers are of no interest.
            Ok(frame) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Err(error) if is_too_large(&error) => {
                return Err(Problem::new(ProblemKind::BODY_TOO_LARGE, "the body is larger than this service takes"));
            }
            Err(error) => {
                return Err(Problem::new(ProblemKind::BAD_REQUEST, "the body did not arrive whole").caused_by(error));
            }
        }
    }
    Ok(None)
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut error: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = error {
        if inner.is::<LengthLimitError>() {
            return true;
        }
        error = inner.source();
    }
    false
}
