//! Polling (轮询): what is asked for again and again is sent only when it says something else than before.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::snapshot::hash;
use serde::Serialize;

use crate::http::Answer;
use crate::problem::Problem;

/// What the caller knows already, out of `If-None-Match: "…"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfNoneMatch(Option<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(parts.headers.get(header::IF_NONE_MATCH).cloned()))
    }
}

/// An answer with an `ETag` made of what it says; 304 without content to whoever knows that already.
#[derive(Debug, Clone)]
pub struct Polled<T> {
    known: IfNoneMatch,
    value: T,
}

impl<T> Polled<T> {
    /// What there is to say to somebody who knows something.
    pub const fn new(known: IfNoneMatch, value: T) -> Self {
        Self { known, value }
    }
}

impl<T: Serialize> IntoResponse for Polled<T> {
    fn into_response(self) -> Response {
        let bytes = serde_json::to_vec(&self.value).unwrap_or_default();
        let tag = HeaderValue::from_str(&format!("\"{}\"", hash(&bytes))).ok();
        let is_known = self.known.0.is_some() && self.known.0 == tag;
        let mut response =
            if is_known { StatusCode::NOT_MODIFIED.into_response() } else { Answer::ok(self.value).into_response() };
        if let Some(tag) = tag {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(known: Option<HeaderValue>, value: &str) -> (StatusCode, Option<HeaderValue>) {
        let response = Polled::new(IfNoneMatch(known), value.to_owned()).into_response();
        (response.status(), response.headers().get(header::ETAG).cloned())
    }

    #[test]
    fn p9_1_what_is_known_is_not_sent_again() {
        let (status, tag) = answered(None, "正常");
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answered(tag.clone(), "正常"), (StatusCode::NOT_MODIFIED, tag.clone()));
        let (status, other) = answered(tag.clone(), "缺勤");
        assert_eq!(status, StatusCode::OK);
        assert_ne!(other, tag);
    }
}
