//! Objects, wake-ups, secrets and data keys against canned answers of AWS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use bytes::Bytes;
use domain::fault::{Fault, Kind};
use gateway::data_key::{DataKeyError, DataKeys};
use gateway::object::{ObjectError, Objects};
use gateway::queue::Wakeups;
use gateway::secret::{SecretError, Secrets};
use serde_json::Value;

/// Status and body; none if the line breaks.
type Answer = Option<(u16, &'static str)>;

/// Method and `If-None-Match` of a request.
type Asked = (String, Option<String>);

/// Answers in the order they are asked for. Nothing left is a mistake of the test.
#[derive(Debug, Clone)]
struct Canned {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Canned {
    fn new<const N: usize>(answers: [Answer; N]) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into())), asked: Arc::default() }
    }

    fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_settings, _components| connector.clone())
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let condition = request.headers().get("if-none-match").map(str::to_owned);
        self.asked.lock().unwrap().push((request.method().to_owned(), condition));
        HttpConnectorFuture::ready(match self.answers.lock().unwrap().pop_front().unwrap() {
            Some((status, body)) => Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
            None => Err(ConnectorError::io("broken".into())),
        })
    }
}

/// The clients are configured by the same words.
macro_rules! client {
    ($sdk:ident, $canned:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("cn-north-1"))
                .credentials_provider(Credentials::new("AKIDFICTIVE", "fictive", None, None, "test"))
                .retry_config(RetryConfig::disabled())
                .http_client($canned.client())
                .build(),
        )
    };
}

#[tokio::test]
async fn an_object_that_is_there_counts_as_stored() {
    let exists = "<Error><Code>PreconditionFailed</Code></Error>";
    let canned = Canned::new([Some((200, "")), Some((412, exists)), Some((200, ""))]);
    let objects = Objects::new(client!(aws_sdk_s3, canned));
    objects.put_once("bucket", "key", Bytes::from_static(b"{}"), "application/json").await.unwrap();
    objects.put_once("bucket", "key", Bytes::from_static(b"{}"), "application/json").await.unwrap();
    objects.put("bucket", "key", Bytes::from_static(b"{}"), "application/json").await.unwrap();
    let once = ("PUT".to_owned(), Some("*".to_owned()));
    assert_eq!(canned.asked(), [once.clone(), once, ("PUT".to_owned(), None)]);
}

#[tokio::test]
async fn an_object_is_read_up_to_its_bound() {
    let absent = "<Error><Code>NoSuchKey</Code></Error>";
    let canned = Canned::new([Some((200, "1234")), Some((200, "12345")), Some((404, absent))]);
    let objects = Objects::new(client!(aws_sdk_s3, canned));
    assert_eq!(objects.get("bucket", "key", 4).await.unwrap(), Some(Bytes::from_static(b"1234")));
    let error = objects.get("bucket", "key", 4).await.unwrap_err();
    assert!(matches!(error, ObjectError::TooLarge { limit: 4, .. }), "{error:?}");
    assert_eq!((error.kind(), error.slug()), (Kind::Internal, "gateway/object-too-large"));
    assert_eq!(objects.get("bucket", "key", 4).await.unwrap(), None);
}

#[tokio::test]
async fn an_outage_may_be_tried_again_and_a_refusal_may_not() {
    let denied = "<Error><Code>AccessDenied</Code></Error>";
    let conflict = "<Error><Code>ConditionalRequestConflict</Code></Error>";
    let slow = "<Error><Code>SlowDown</Code></Error>";
    let canned =
        Canned::new([None, Some((503, slow)), Some((409, conflict)), Some((403, denied)), Some((403, denied))]);
    let objects = Objects::new(client!(aws_sdk_s3, canned));
    for expected in [Kind::Unavailable, Kind::Unavailable, Kind::Unavailable, Kind::Internal] {
        let error = objects.put_once("bucket", "key", Bytes::new(), "text/plain").await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error:?}");
    }
    let error = objects.get("bucket", "key", 4).await.unwrap_err();
    assert_eq!((error.kind(), error.slug()), (Kind::Internal, "gateway/object-refused"));
}

#[tokio::test]
async fn a_wake_up_that_is_lost_stops_nobody() {
    let canned = Canned::new([Some((200, r#"{"MessageId":"1"}"#)), None, None]);
    let wakeups = Wakeups::new(client!(aws_sdk_sqs, canned));
    let url = "https://sqs.cn-north-1.amazonaws.com.cn/1/tasks.fifo";
    wakeups.wake(url, "order-1", "order-1#2#0", "order-1").await;
    wakeups.wake(url, "order-1", "order-1#2#1", "order-1").await;
    let error = wakeups.send(url, "order-1", "order-1#2#1", "order-1").await.unwrap_err();
    assert_eq!((error.kind(), error.slug()), (Kind::Unavailable, "gateway/queue-unavailable"));
    assert_eq!(canned.asked().len(), 3);
}

#[tokio::test]
async fn a_secret_is_fetched_once_but_a_failure_is_not_kept() {
    let canned = Canned::new([None, Some((200, r#"{"Name":"s","SecretString":"{\"a\":1}"}"#))]);
    let secrets = Secrets::new(client!(aws_sdk_secretsmanager, canned));
    let error = secrets.get::<Value>("s").await.unwrap_err();
    assert_eq!((error.kind(), error.slug()), (Kind::Unavailable, "gateway/secret-unavailable"));
    for _ in 0..3 {
        assert_eq!(secrets.get::<Value>("s").await.unwrap()["a"], 1);
    }
    assert_eq!(canned.asked().len(), 2);
}

#[tokio::test]
async fn k3_a_secret_that_does_not_read_is_not_told() {
    let canned = Canned::new([Some((200, r#"{"Name":"s","SecretString":"\"hunter2\""}"#))]);
    let secrets = Secrets::new(client!(aws_sdk_secretsmanager, canned));
    let error = secrets.get::<u32>("s").await.unwrap_err();
    assert!(matches!(error, SecretError::Shape { .. }), "{error:?}");
    assert!(!format!("{error} {error:?} {secrets:?}").contains("hunter2"));
    assert_eq!((error.kind(), error.slug()), (Kind::Internal, "gateway/secret-unreadable"));
}

#[tokio::test]
async fn k3_a_data_key_of_another_length_is_no_key() {
    let short = r#"{"CiphertextBlob":"AAAA","Plaintext":"AAAA"}"#;
    let unwrapped = r#"{"CiphertextBlob":"","Plaintext":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#;
    let canned = Canned::new([Some((200, short)), Some((200, unwrapped)), Some((200, short)), Some((200, unwrapped))]);
    let keys = DataKeys::new(client!(aws_sdk_kms, canned), "key");
    for _ in 0..2 {
        let error = keys.make("platform").await.unwrap_err();
        assert!(matches!(error, DataKeyError::Unusable { .. }), "{error:?}");
    }
    let error = keys.open("platform", b"wrapped").await.unwrap_err();
    assert_eq!((error.kind(), error.slug()), (Kind::Internal, "gateway/data-key-refused"));
    assert_eq!(keys.open("platform", b"wrapped").await.unwrap(), [0; 32]);
}

#[tokio::test]
async fn k3_a_key_service_that_is_busy_may_be_asked_again() {
    let busy = r#"{"__type":"ThrottlingException"}"#;
    let wrong = r#"{"__type":"InvalidCiphertextException"}"#;
    let denied = r#"{"__type":"AccessDeniedException"}"#;
    let canned = Canned::new([None, Some((400, busy)), Some((500, "{}")), Some((400, wrong)), Some((400, denied))]);
    let keys = DataKeys::new(client!(aws_sdk_kms, canned), "key");
    for expected in [Kind::Unavailable, Kind::Unavailable, Kind::Unavailable, Kind::Internal] {
        assert_eq!(keys.open("platform", b"wrapped").await.unwrap_err().kind(), expected);
    }
    let error = keys.make("platform").await.unwrap_err();
    assert_eq!((error.kind(), error.slug()), (Kind::Internal, "gateway/data-key-refused"));
}
