//! Problem (问题说明): the one conversion of faults into RFC 9457 answers.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Fault, Kind};
use serde::Serialize;
use utoipa::ToSchema;

/// A field of the request that does not hold.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer of the field.
    #[schema(example = "/choices/0/offering_id")]
    pub pointer: String,
    /// What is wrong with it.
    #[schema(example = "没有可选的这门课程,它可能已下架,请刷新课程列表")]
    pub detail: String,
}

/// What went wrong, for people (`title`, `detail`) and for programs (`type`, `status`, `errors`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `/problems/<slug>`: which problem it is.
    #[serde(rename = "type")]
    #[schema(example = "/problems/enrollment/class-full")]
    pub kind: String,
    /// The kind of problem in a few words.
    #[schema(example = "不符合业务规则")]
    pub title: &'static str,
    /// HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// What happened, why, and what to do now.
    #[schema(example = "「书法入门」名额已满,可选择其他课程或留意补选")]
    pub detail: String,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// When to come again, for the header `Retry-After`.
    #[serde(skip)]
    pub retry_after_seconds: u32,
}

impl Problem {
    /// HTTP status of a kind of fault.
    pub const fn status_of(kind: Kind) -> StatusCode {
        match kind {
            Kind::Malformed => StatusCode::BAD_REQUEST,
            Kind::UnknownCaller => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Refused => StatusCode::CONFLICT,
            Kind::Stale => StatusCode::PRECONDITION_FAILED,
            Kind::Unconditional => StatusCode::PRECONDITION_REQUIRED,
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn title_of(kind: Kind) -> &'static str {
        match kind {
            Kind::Malformed => "请求无法识别",
            Kind::UnknownCaller => "身份未验证",
            Kind::Forbidden => "没有权限",
            Kind::NotFound => "没有找到",
            Kind::Refused => "不符合业务规则",
            Kind::Stale => "内容已被他人修改",
            Kind::Unconditional => "缺少版本条件",
            Kind::Invalid => "填写内容有误",
            Kind::TooMany => "操作过于频繁",
            Kind::Internal | Kind::Unavailable => "系统繁忙",
        }
    }
}

/// The one conversion in the whole backend. What is ours to mend is logged here, once, with its causes.
impl<F: Fault> From<F> for Problem {
    fn from(fault: F) -> Self {
        let kind = fault.kind();
        let ours = matches!(kind, Kind::Internal | Kind::Unavailable);
        if ours {
            tracing::error!(slug = fault.slug(), error = %fault, causes = causes(&fault), "fault");
        }
        let detail = if ours { "系统繁忙,请稍后再试".to_owned() } else { fault.to_string() };
        let errors = fault.pointed().into_iter();
        Self {
            kind: format!("{PROBLEMS}{}", if ours { "busy" } else { fault.slug() }),
            title: Self::title_of(kind),
            status: Self::status_of(kind).as_u16(),
            detail,
            retry_after_seconds: fault.retry_after_seconds().unwrap_or(1),
            errors: errors.map(|field| ProblemField { pointer: field.pointer, detail: field.detail }).collect(),
        }
    }
}

/// Where the slugs stand in the type of a problem.
const PROBLEMS: &str = "/problems/";

/// The problem a response shows, for what looks at responses.
#[derive(Debug, Clone)]
pub(crate) struct Shown(String);

impl Shown {
    /// Its slug.
    pub(crate) fn slug(&self) -> Option<&str> {
        self.0.strip_prefix(PROBLEMS)
    }
}

/// The chain of causes, from near to far.
pub(crate) fn causes(fault: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = fault.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.join(": ")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.extensions_mut().insert(Shown(self.kind));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, self.retry_after_seconds.into());
        }
        response
    }
}
