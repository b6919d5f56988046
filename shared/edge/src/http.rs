//! Requests and answers (请求与应答): what every operation reads and writes the same way.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::fault::Pointed;
use domain::snapshot::hash;
use domain::{Fault, Kind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The largest body of an ordinary request.
pub const LARGEST_BODY_BYTES: usize = 64 * 1024;

/// Why a request cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "request/")]
pub enum RequestError {
    /// More bytes than [`LARGEST_BODY_BYTES`], or than the operation takes.
    #[error("请求内容过大,请减少后再提交")]
    BodyTooLarge,
    /// Not JSON.
    #[error("请求内容不是有效的 JSON,请检查格式")]
    NotJson,
    /// JSON, but a field is missing, unknown, or of another type.
    #[error("字段 {pointer} 不符合要求:{reason}")]
    FieldUnusable {
        /// Where.
        pointer: String,
        /// What the reader of the field says.
        reason: String,
    },
    /// The request moves seats or money and must name itself.
    #[error("请求缺少 Idempotency-Key 头,请为每次提交生成一个新值,重试时沿用原值")]
    IdempotencyKeyMissing,
    /// The key is too long or has other characters.
    #[error("Idempotency-Key 应为 1 至 64 个字母、数字、- 或 _")]
    IdempotencyKeyUnusable,
    /// The key was used for another request.
    #[error("该 Idempotency-Key 已用于另一请求,请为新的提交生成新值")]
    IdempotencyKeyReused,
    /// An edit must say which version it starts from.
    #[error("修改请求缺少 If-Match 头,请先读取最新内容并带上其 ETag")]
    IfMatchMissing,
    /// The version in `If-Match` is not the present one.
    #[error("内容已被修改,请刷新后再试")]
    IfMatchOutdated,
    /// A parameter of the path or the query does not read.
    #[error("参数 {name} 不正确,请核对后再试")]
    ParameterUnusable {
        /// Its name.
        name: &'static str,
    },
    /// No such path.
    #[error("没有这个地址,请核对接口文档")]
    NoSuchPath,
    /// The path does not take this method.
    #[error("该地址不支持此方法,请核对接口文档")]
    NoSuchMethod,
}

impl Fault for RequestError {
    fn kind(&self) -> Kind {
        match self {
            Self::FieldUnusable { .. } | Self::IdempotencyKeyReused => Kind::Invalid,
            Self::IfMatchMissing => Kind::Unconditional,
            Self::IfMatchOutdated => Kind::Stale,
            Self::NoSuchPath | Self::NoSuchMethod => Kind::NotFound,
            Self::BodyTooLarge
            | Self::NotJson
            | Self::IdempotencyKeyMissing
            | Self::IdempotencyKeyUnusable
            | Self::ParameterUnusable { .. } => Kind::Malformed,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        if let Self::FieldUnusable { pointer, reason } = self {
            vec![Pointed { pointer: pointer.clone(), detail: reason.clone() }]
        } else {
            Vec::new()
        }
    }
}

/// A body that was read, with the hash by which the same request is known again.
#[derive(Debug, Clone)]
pub struct Sent<T, const LIMIT: usize = LARGEST_BODY_BYTES> {
    /// What was sent.
    pub value: T,
    /// SHA-256 of the bytes.
    pub hash: String,
}

impl<S: Send + Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for Sent<T, LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let bytes: Bytes =
            axum::body::to_bytes(request.into_body(), LIMIT).await.map_err(|_too_long| RequestError::BodyTooLarge)?;
        Ok(Self { value: read_json(&bytes)?, hash: hash(&bytes) })
    }
}

/// Reads a JSON object and points at the field that does not fit. A list would be read by position: nobody means that.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RequestError> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(RequestError::FieldUnusable { pointer: String::new(), reason: "应为 JSON 对象".to_owned() });
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            RequestError::FieldUnusable { pointer, reason: chinese(&inner) }
        } else {
            RequestError::NotJson
        }
    })?;
    reader.end().map_err(|_rest| RequestError::NotJson)?;
    Ok(value)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{key}"),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

/// What the JSON reader says, in words for whoever wrote the request.
fn chinese(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let name = text.split('`').nth(1).unwrap_or_default();
    if text.starts_with("missing field") {
        format!("缺少字段 {name}")
    } else if text.starts_with("unknown field") {
        format!("不认识的字段 {name}")
    } else if text.starts_with("duplicate field") {
        format!("重复的字段 {name}")
    } else if text.starts_with("unknown variant") {
        format!("不支持的取值 {name}")
    } else if ["invalid type", "invalid value", "invalid length"].iter().any(|start| text.starts_with(start)) {
        "类型或取值不正确".to_owned()
    } else {
        text.split(" at line").next().unwrap_or_default().to_owned()
    }
}

/// The name a request gives itself, so that sending it again has no second effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let value = parts.headers.get("idempotency-key").ok_or(RequestError::IdempotencyKeyMissing)?;
        let text = value.to_str().unwrap_or_default();
        let usable =
            (1..=64).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
        if usable { Ok(Self(text.to_owned())) } else { Err(RequestError::IdempotencyKeyUnusable.into()) }
    }
}

/// The version an edit starts from, out of `If-Match: "7"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub u64);

impl IfMatch {
    /// Whether the edit starts from the present version.
    pub fn check(self, ver: u64) -> Result<(), RequestError> {
        if self.0 == ver { Ok(()) } else { Err(RequestError::IfMatchOutdated) }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(header::IF_MATCH).ok_or(RequestError::IfMatchMissing)?;
        let text = value.to_str().unwrap_or_default().trim_matches('"');
        text.parse().map(Self).map_err(|_not_ours| RequestError::IfMatchOutdated.into())
    }
}

/// Reads an identifier out of the path or the query.
pub fn parse<T: std::str::FromStr>(name: &'static str, text: &str) -> Result<T, RequestError> {
    text.parse().map_err(|_unreadable| RequestError::ParameterUnusable { name })
}

/// Parameters of the query, with unknown ones refused by the type.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(_unreadable) => Err(RequestError::ParameterUnusable { name: "query" }.into()),
        }
    }
}

/// An answer in JSON that nobody may keep.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    status: StatusCode,
    etag: Option<u64>,
    value: T,
}

impl<T> Answer<T> {
    /// 200 with a value.
    pub const fn ok(value: T) -> Self {
        Self { status: StatusCode::OK, etag: None, value }
    }

    /// 201 with what was made.
    pub const fn created(value: T) -> Self {
        Self { status: StatusCode::CREATED, etag: None, value }
    }

    /// 202: it is being done.
    pub const fn accepted(value: T) -> Self {
        Self { status: StatusCode::ACCEPTED, etag: None, value }
    }

    /// The same with the version for `If-Match`.
    #[must_use]
    pub const fn at_version(mut self, ver: u64) -> Self {
        self.etag = Some(ver);
        self
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, serde_json::to_vec(&self.value).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(etag) = self.etag.and_then(|ver| HeaderValue::from_str(&format!("\"{ver}\"")).ok()) {
            headers.insert(header::ETAG, etag);
        }
        response
    }
}
