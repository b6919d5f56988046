//! A small HTTP client (HTTP 客户端) over the connector that the AWS clients use, so that a simulation sees every call.

use std::io::Write;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::{Bytes, BytesMut};
use domain::fault::{Fault, Kind};
use http::{Request, Response, StatusCode};

/// How long the connection may take.
pub const CONNECT_SECONDS: u64 = 2;
/// How long the first byte of the answer may take.
pub const READ_SECONDS: u64 = 5;
/// How long the whole exchange may take. A guardian waits for it, and a function has 29 seconds in all.
pub const OPERATION_SECONDS: u64 = 8;
/// The largest answer that is read.
pub const LARGEST_ANSWER_BYTES: usize = 1024 * 1024;
/// The largest file that is fetched: some three million rows of a bill, and less than the disk of whoever fetches it.
pub const LARGEST_FILE_BYTES: usize = 1024 * 1024 * 1024;
/// How long fetching a file may take. Nobody waits for it.
pub const FILE_SECONDS: u64 = 300;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The request cannot be put on the wire.
    #[error("request cannot be sent")]
    Request(#[source] Source),
    /// No connection, or it broke. The other side may have acted.
    #[error("connection failed")]
    Connection(#[source] ConnectorError),
    /// Nothing came in time. The other side may have acted.
    #[error("no answer in time")]
    Timeout(#[source] tokio::time::error::Elapsed),
    /// The answer broke off.
    #[error("answer broke off")]
    Broken(#[source] Source),
    /// The answer is longer than is read.
    #[error("answer is too long")]
    TooLarge,
    /// The answer is no HTTP answer that can be read.
    #[error("answer cannot be read")]
    Unreadable(#[source] Source),
    /// A file that came could not be written down.
    #[error("file could not be written down")]
    Unwritten(#[source] std::io::Error),
}

impl Fault for HttpError {
    fn kind(&self) -> Kind {
        match self {
            Self::Connection(_) | Self::Timeout(_) | Self::Broken(_) => Kind::Unavailable,
            Self::Request(_) | Self::TooLarge | Self::Unreadable(_) | Self::Unwritten(_) => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Connection(_) | Self::Timeout(_) | Self::Broken(_) => "gateway/http-unavailable",
            Self::Request(_) => "gateway/http-request",
            Self::TooLarge | Self::Unreadable(_) => "gateway/http-answer",
            Self::Unwritten(_) => "gateway/http-unwritten",
        }
    }
}

/// Sends one request at a time and reads the whole answer. It follows no redirect and never tries twice: what a second
/// try may do is known to the caller only.
#[derive(Debug, Clone)]
pub struct Http {
    connector: SharedHttpConnector,
}

impl Http {
    /// A client over `connector`, which should have been built with [`connector_settings`].
    pub const fn new(connector: SharedHttpConnector) -> Self {
        Self { connector }
    }

    /// Sends `request` and gives the answer, whatever its status.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // Behind a pointer, since whoever asks a provider would carry it otherwise.
        let exchange = Box::pin(async {
            let (parts, body) = self.exchange(request).await?.into_parts();
            let mut whole = BytesMut::new();
            read_bounded(body, LARGEST_ANSWER_BYTES, |chunk| {
                whole.extend_from_slice(chunk);
                Ok(())
            })
            .await?;
            Ok(Response::from_parts(parts, whole.freeze()))
        });
        within(OPERATION_SECONDS, exchange).await
    }

    /// The same for a file, which may be larger and take longer: it is written down piece by piece as it comes, and no
    /// more of it than a piece is held. Of an answer that is no 200 nothing is.
    pub async fn fetch(&self, request: Request<Bytes>, into: &mut (dyn Write + Send)) -> Result<StatusCode, HttpError> {
        let exchange = Box::pin(async {
            let (parts, body) = self.exchange(request).await?.into_parts();
            if parts.status == StatusCode::OK {
                read_bounded(body, LARGEST_FILE_BYTES, |chunk| into.write_all(chunk)).await?;
            }
            Ok(parts.status)
        });
        within(FILE_SECONDS, exchange).await
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<SdkBody>, HttpError> {
        let request =
            HttpRequest::try_from(request.map(SdkBody::from)).map_err(|error| HttpError::Request(Box::new(error)))?;
        let answer = self.connector.call(request).await.map_err(HttpError::Connection)?;
        answer.try_into_http1x().map_err(|error| HttpError::Unreadable(Box::new(error)))
    }
}

async fn within<T>(seconds: u64, exchange: impl Future<Output = Result<T, HttpError>>) -> Result<T, HttpError> {
    tokio::time::timeout(Duration::from_secs(seconds), exchange).await.map_err(HttpError::Timeout)?
}

async fn read_bounded(
    body: SdkBody,
    bytes: usize,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), HttpError> {
    let (mut body, mut read) = (ByteStream::new(body), 0usize);
    while let Some(chunk) = body.try_next().await.map_err(|error| HttpError::Broken(Box::new(error)))? {
        read = read.saturating_add(chunk.len());
        if read > bytes {
            return Err(HttpError::TooLarge);
        }
        take(&chunk).map_err(HttpError::Unwritten)?;
    }
    Ok(())
}

/// The time-outs of a connector for [`Http`].
pub fn connector_settings() -> HttpConnectorSettings {
    HttpConnectorSettings::builder()
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
        .read_timeout(Duration::from_secs(READ_SECONDS))
        .build()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

    use super::*;

    #[derive(Debug)]
    enum Peer {
        Answers(usize),
        Hangs,
        Refuses,
    }

    impl HttpConnector for Peer {
        fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
            match self {
                Self::Answers(length) => {
                    let body = SdkBody::from(vec![b'a'; *length]);
                    HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), body)))
                }
                Self::Hangs => HttpConnectorFuture::new(std::future::pending()),
                Self::Refuses => HttpConnectorFuture::ready(Err(ConnectorError::io("refused".into()))),
            }
        }
    }

    async fn ask(peer: Peer) -> Result<Response<Bytes>, HttpError> {
        let request = Request::get("http://127.0.0.1/").body(Bytes::new()).unwrap();
        Http::new(SharedHttpConnector::new(peer)).send(request).await
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_bound() {
        let answer = ask(Peer::Answers(LARGEST_ANSWER_BYTES)).await.unwrap();
        assert_eq!(answer.body().len(), LARGEST_ANSWER_BYTES);
        let error = ask(Peer::Answers(LARGEST_ANSWER_BYTES + 1)).await.unwrap_err();
        assert!(matches!(error, HttpError::TooLarge), "{error:?}");
        assert_eq!(error.kind(), Kind::Internal);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_and_refusal_are_outages() {
        for peer in [Peer::Hangs, Peer::Refuses] {
            let error = ask(peer).await.unwrap_err();
            assert_eq!((error.kind(), error.slug()), (Kind::Unavailable, "gateway/http-unavailable"));
        }
    }
}
