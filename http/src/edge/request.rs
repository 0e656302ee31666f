//! Whether a request is let in.

use axum::{
    body::{Body, HttpBody},
    extract::Request,
};
use http_body_util::Limited;

use crate::{
    limits::Limits,
    problem::{Problem, ProblemKind},
};

/// Refuses what is too large by its own account, and limits the body that gives none.
pub(super) fn admit(request: &mut Request, limits: &Limits) -> Result<(), Problem> {
    let headers = request.headers();
    // What is not text in a header line: ": " and the end of the line.
    let lines: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if headers.len() > limits.headers || lines + target > limits.header_bytes {
        return Err(Problem::new(
            ProblemKind::HEADER_TOO_LARGE,
            format!(
                "send at most {} headers, and {} bytes of headers and address in all",
                limits.headers, limits.header_bytes
            ),
        ));
    }
    // hyper holds a client to the length it has announced, so only a body of unknown length has to be counted.
    match request.body().size_hint().exact() {
        Some(length) if length > limits.body_bytes as u64 => Err(body_too_large(limits.body_bytes)),
        Some(_) => Ok(()),
        None => {
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(Limited::new(body, limits.body_bytes));
            Ok(())
        }
    }
}

fn body_too_large(limit: usize) -> Problem {
    Problem::new(ProblemKind::BODY_TOO_LARGE, format!("send at most {limit} bytes"))
}
