//! S3: buckets of objects, conditional puts and uploads in parts included.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;

use crate::connector::Reply;
use crate::trace::digest;

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its bytes.
    pub body: Bytes,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// `x-amz-meta-…`, without the prefix.
    pub metadata: BTreeMap<String, String>,
    /// When it was stored.
    pub stored: Timestamp,
}

impl Object {
    fn tag(&self) -> String {
        format!("\"{0:016x}{0:016x}\"", digest(&self.body))
    }
}

/// A request to S3, taken apart.
pub(crate) struct ObjectRequest {
    pub(crate) method: Method,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl ObjectRequest {
    pub(crate) fn operation(&self) -> &'static str {
        match self.method {
            Method::PUT if self.upload().is_some() => "UploadPart",
            Method::PUT => "PutObject",
            Method::POST if self.upload().is_some() => "CompleteMultipartUpload",
            Method::POST => "CreateMultipartUpload",
            Method::DELETE if self.upload().is_some() => "AbortMultipartUpload",
            Method::GET if self.key.is_empty() => "ListObjectsV2",
            Method::GET => "GetObject",
            Method::HEAD => "HeadObject",
            Method::DELETE => "DeleteObject",
            _ => "Unknown",
        }
    }

    /// A parameter of the query.
    fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| decoded(value))
    }

    /// The upload it is a part of.
    fn upload(&self) -> Option<String> {
        self.parameter("uploadId")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Reads bucket and key out of a virtual-host or path-style address, if it is one of S3.
pub(crate) fn address(host: &str, path: &str) -> Option<(String, String)> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let (bucket, key) = if host.starts_with("s3.") || host.starts_with("s3-") {
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (bucket, key)
    } else {
        let (bucket, rest) = host.split_once(".s3.")?;
        if !rest.contains("amazonaws.com") {
            return None;
        }
        (bucket, path)
    };
    Some((bucket.to_owned(), decoded(key)))
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
            let digits = std::str::from_utf8(&digits).expect("an address is ASCII");
            bytes.push(u8::from_str_radix(digits, 16).expect("an address is well encoded"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("a key is text")
}

/// Takes the frames of `aws-chunked` away: the payload without checksums and signatures.
pub(crate) fn unchunked(body: &[u8]) -> Bytes {
    let mut payload = Vec::with_capacity(body.len());
    let mut rest = body;
    loop {
        let line_end = rest.windows(2).position(|pair| pair == b"\r\n").expect("a chunk starts with its size");
        let (line, after) = rest.split_at(line_end);
        let line = std::str::from_utf8(line).expect("a chunk size is ASCII");
        let digits = line.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(digits, 16).expect("a chunk size is hexadecimal");
        if size == 0 {
            return payload.into();
        }
        payload.extend_from_slice(&after[2..2 + size]);
        rest = &after[2 + size + 2..];
    }
}

/// All buckets; a bucket exists from its first object.
#[derive(Default)]
pub(crate) struct Objects {
    buckets: BTreeMap<String, BTreeMap<String, Object>>,
    /// Parts of uploads that are not completed, by their numbers.
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    begun: u64,
}

impl Objects {
    pub(crate) fn bucket(&self, name: &str) -> BTreeMap<String, Object> {
        self.buckets.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn serve(&mut self, request: &ObjectRequest, now: Timestamp) -> Reply {
        if request.method == Method::POST || request.upload().is_some() {
            return self.in_parts(request, now);
        }
        let bucket = self.buckets.entry(request.bucket.clone()).or_default();
        match request.method {
            Method::PUT => {
                let present = bucket.get(&request.key);
                if request.header("if-none-match") == Some("*") && present.is_some() {
                    let message = "At least one of the pre-conditions you specified did not hold";
                    return refused(412, "PreconditionFailed", message);
                }
                if let Some(wanted) = request.header("if-match") {
                    match present {
                        None => {
                            return refused(404, "NoSuchKey", "The specified key does not exist.");
                        }
                        Some(object) if object.tag() != wanted => {
                            let message = "At least one of the pre-conditions you specified did not hold";
                            return refused(412, "PreconditionFailed", message);
                        }
                        Some(_) => {}
                    }
                }
                let object = stored(request, now);
                let tag = object.tag();
                bucket.insert(request.key.clone(), object);
                Reply::new(200, "ok").with("etag", &tag)
            }
            Method::GET if request.key.is_empty() => listed(bucket, request),
            Method::GET | Method::HEAD => match bucket.get(&request.key) {
                Some(object) => shown(object, request.method == Method::GET),
                None if request.method == Method::HEAD => Reply::new(404, "NotFound"),
                None => refused(404, "NoSuchKey", "The specified key does not exist."),
            },
            Method::DELETE => {
                bucket.remove(&request.key);
                Reply::new(204, "ok")
            }
            ref other => panic!("the world has no S3 operation for {other}"),
        }
    }
}

impl Objects {
    /// An object that is sent in parts.
    fn in_parts(&mut self, request: &ObjectRequest, now: Timestamp) -> Reply {
        let Some(upload) = request.upload() else {
            self.begun += 1;
            let upload = format!("upload-{}", self.begun);
            self.uploads.insert(upload.clone(), BTreeMap::new());
            let told = format!("<UploadId>{upload}</UploadId>");
            return document(&format!("<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>"));
        };
        let Some(parts) = self.uploads.get_mut(&upload) else {
            return refused(404, "NoSuchUpload", "The specified upload does not exist.");
        };
        match request.method {
            Method::PUT => {
                let number = request.parameter("partNumber").and_then(|number| number.parse().ok());
                let part = stored(request, now);
                let tag = part.tag();
                parts.insert(number.expect("a part has a number"), part.body);
                Reply::new(200, "ok").with("etag", &tag)
            }
            Method::POST => {
                let bucket = self.buckets.entry(request.bucket.clone()).or_default();
                if request.header("if-none-match") == Some("*") && bucket.contains_key(&request.key) {
                    let message = "At least one of the pre-conditions you specified did not hold";
                    return refused(412, "PreconditionFailed", message);
                }
                let body = parts.values().flatten().copied().collect::<Vec<u8>>().into();
                let object = Object { body, content_type: None, metadata: BTreeMap::new(), stored: now };
                bucket.insert(request.key.clone(), object);
                self.uploads.remove(&upload);
                document("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
            }
            _ => {
                self.uploads.remove(&upload);
                Reply::new(204, "ok")
            }
        }
    }
}

/// An answer in XML.
fn document(text: &str) -> Reply {
    let mut reply = Reply::new(200, "ok").with("content-type", "application/xml");
    reply.body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").into();
    reply
}

/// The most keys in one list.
const LIST: usize = 1000;

fn listed(bucket: &BTreeMap<String, Object>, request: &ObjectRequest) -> Reply {
    let prefix = request.parameter("prefix").unwrap_or_default();
    let after = request.parameter("start-after").unwrap_or_default();
    let keys = bucket.keys().filter(|key| key.starts_with(&prefix) && **key > after).take(LIST);
    let contents: Vec<String> = keys.map(|key| format!("<Contents><Key>{key}</Key></Contents>")).collect();
    let (name, contents) = (&request.bucket, contents.concat());
    document(&format!("<ListBucketResult><Name>{name}</Name>{contents}</ListBucketResult>"))
}

fn stored(request: &ObjectRequest, now: Timestamp) -> Object {
    let metadata = request.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-amz-meta-")?;
        Some((name.to_owned(), value.to_str().ok()?.to_owned()))
    });
    let chunked = request.header("content-encoding").is_some_and(|value| value.contains("aws-chunked"))
        || request.header("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-"));
    Object {
        body: if chunked { unchunked(&request.body) } else { request.body.clone() },
        content_type: request.header("content-type").map(str::to_owned),
        metadata: metadata.collect(),
        stored: now,
    }
}

fn shown(object: &Object, with_body: bool) -> Reply {
    let mut reply = Reply::new(200, "ok")
        .with("etag", &object.tag())
        .with("content-length", &object.body.len().to_string())
        .with("last-modified", &object.stored.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Some(kind) = &object.content_type {
        reply = reply.with("content-type", kind);
    }
    for (name, value) in &object.metadata {
        reply = reply.with(&format!("x-amz-meta-{name}"), value);
    }
    if with_body {
        reply.body = object.body.clone();
    }
    reply
}

/// An S3 error document.
pub(crate) fn refused(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut reply = Reply::new(status, code).with("content-type", "application/xml");
    reply.body = body.into();
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_away() {
        let body = b"5;chunk-signature=00\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:abc\r\n\r\n";
        assert_eq!(unchunked(body), "hello!");
    }

    #[test]
    fn addresses_are_read_in_both_styles() {
        let found = Some(("b".to_owned(), "a b/订".to_owned()));
        let host = "s3.cn-northwest-1.amazonaws.com.cn";
        assert_eq!(address(&format!("b.{host}"), "/a%20b/%E8%AE%A2"), found);
        assert_eq!(address(host, "/b/a%20b/%E8%AE%A2"), found);
        assert_eq!(address("api.mch.weixin.qq.com", "/v3/pay"), None);
    }
}
