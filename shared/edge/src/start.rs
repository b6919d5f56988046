//! Start (启动): what the `main` of each function calls.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use axum::Router;
use domain::Moment;
use gateway::ambient::Ambient;
use gateway::http::{Http, connector_settings};
use lambda_http::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::config::{Config, Variable};
use crate::http::RequestError;
use crate::problem::Problem;
use crate::telemetry;
use crate::watch::watch;

/// Certificate authorities of the AWS endpoints: parsing all that a system trusts would be most of a cold start.
const AWS_ROOTS: &[u8] = include_bytes!("aws-roots.pem");

/// The clock and the dice of a machine.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

impl Ambient for Machine {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Moment {
        jiff::Timestamp::now().into()
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        // Without randomness of the system nothing that is signed could be sent; a weak number is no way out.
        match aws_lc_rs::rand::fill(&mut bytes) {
            Ok(()) => u64::from_le_bytes(bytes),
            Err(_) => std::process::abort(),
        }
    }
}

/// Runs a function that answers HTTP requests.
pub async fn http(variables: &[Variable], routes: OpenApiRouter<App>) -> Result<(), Error> {
    let app = app(variables)?;
    lambda_http::run(router(app, routes)).await
}

/// The routes of a function with their app, and with problems for whatever is not a route.
pub fn router(app: App, routes: OpenApiRouter<App>) -> Router {
    let (operations, _document) = routes.split_for_parts();
    operations
        .fallback(|| async { Problem::from(RequestError::NoSuchPath) })
        .method_not_allowed_fallback(|| async { Problem::from(RequestError::NoSuchMethod) })
        .layer(axum::middleware::from_fn_with_state(app.clone(), watch))
        .with_state(app)
}

/// Runs a function that consumes a queue.
pub async fn queue<F>(variables: &[Variable], consume: impl Fn(App, SqsEvent) -> F) -> Result<(), Error>
where
    F: Future<Output = SqsBatchResponse> + 'static,
{
    let app = app(variables)?;
    let look = |event: LambdaEvent<SqsEvent>| {
        // Behind a pointer, so that the type of the whole program does not hold that of every call within it.
        let done: Pin<Box<dyn Future<Output = SqsBatchResponse>>> = Box::pin(consume(app.clone(), event.payload));
        async move { Ok::<_, Error>(done.await) }
    };
    lambda_runtime::run(service_fn(look)).await
}

/// Runs a function that a schedule starts, or another service with an event of its own.
pub async fn event<F>(variables: &[Variable], work: impl Fn(App, Value) -> F) -> Result<(), Error>
where
    F: Future<Output = Result<Value, Error>> + 'static,
{
    let app = app(variables)?;
    let start = |event: LambdaEvent<Value>| -> Pin<Box<dyn Future<Output = Result<Value, Error>>>> {
        Box::pin(work(app.clone(), event.payload))
    };
    lambda_runtime::run(service_fn(start)).await
}

/// The app of a command that a person runs: with the variables and credentials of its environment.
pub fn command(variables: &[Variable]) -> Result<App, Error> {
    Ok(App::new(
        Config::read(variables)?,
        aws()?,
        RetryPartition::new("command"),
        Box::new(outside),
        Arc::new(Machine),
    )?)
}

fn app(variables: &[Variable]) -> Result<App, Error> {
    telemetry::start();
    let retries = RetryPartition::new("function");
    Ok(App::new(Config::read(variables)?, aws()?, retries, Box::new(outside), Arc::new(Machine))?)
}

/// The environment variables by which Lambda tells a function its region and credentials, read by their fixed names.
fn lambda_variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "variables of the Lambda runtime, not of the template")]
    std::env::var(name).ok()
}

fn aws() -> Result<SdkConfig, Error> {
    let credential = |name| lambda_variable(name).ok_or_else(|| Error::from(format!("{name} is not set")));
    let credentials = Credentials::new(
        credential("AWS_ACCESS_KEY_ID")?,
        credential("AWS_SECRET_ACCESS_KEY")?,
        lambda_variable("AWS_SESSION_TOKEN"),
        None,
        "lambda",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let retry = RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)).with_max_attempts(4);
    let mut config = SdkConfig::builder();
    config.set_region(lambda_variable("AWS_REGION").map(Region::new));
    config.set_endpoint_url(lambda_variable("AWS_ENDPOINT_URL"));
    Ok(config
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(aws_smithy_async::time::SharedTimeSource::new(aws_smithy_async::time::SystemTimeSource::new()))
        .timeout_config(timeouts)
        .retry_config(retry)
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .http_client(aws_client()?)
        .build())
}

fn aws_client() -> Result<SharedHttpClient, Error> {
    let roots = TrustStore::empty().with_pem_certificate(AWS_ROOTS);
    let tls = TlsContext::builder().with_trust_store(roots).build()?;
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls).build_https())
}

/// The client for systems that are not AWS trusts what the machine trusts.
pub fn outside() -> Http {
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .connector_settings(connector_settings())
        .sleep_impl(TokioSleep::new())
        .build();
    Http::new(SharedHttpConnector::new(connector))
}
