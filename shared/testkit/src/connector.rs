//! The one HTTP client of the world: reads a request, lets a fault happen, answers from memory.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::database::{self, Manner};
use crate::fault::{Fault, happens, up_to};
use crate::invocation::Invocation;
use crate::kms;
use crate::object::{self, ObjectRequest};
use crate::queue::{self, Moment};
use crate::secret;
use crate::signing;
use crate::trace::Line;
use crate::world::{Inner, State};

/// A system we do not own, such as a payment provider: everything that is not AWS arrives here.
pub trait Outside: Send {
    /// Answers a request at a virtual moment.
    fn call(&mut self, request: Request<Bytes>, now: Timestamp) -> Response<Bytes>;
}

impl<T: Outside> Outside for Arc<Mutex<T>> {
    fn call(&mut self, request: Request<Bytes>, now: Timestamp) -> Response<Bytes> {
        self.lock().unwrap_or_else(PoisonError::into_inner).call(request, now)
    }
}

/// An answer and its name in the trace.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) outcome: String,
}

impl Reply {
    pub(crate) fn new(status: u16, outcome: &str) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), outcome: outcome.to_owned() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn json(status: u16, body: Vec<u8>, outcome: &str) -> Self {
        let mut reply = Self::new(status, outcome).with("content-type", "application/x-amz-json-1.0");
        reply.body = body.into();
        reply
    }

    pub(crate) fn value(value: &Value) -> Self {
        Self::json(200, value.to_string().into_bytes(), "ok")
    }

    /// An error of the JSON protocols; `kind` may be qualified.
    pub(crate) fn error(kind: &str, message: &str) -> Self {
        let name = kind.rsplit_once('#').map_or(kind, |(_, name)| name);
        let body = json!({ "__type": kind, "message": message });
        Self::json(400, body.to_string().into_bytes(), name)
    }

    fn response(self) -> HttpResponse {
        let status = StatusCode::try_from(self.status).expect("a status is a status");
        let mut response = HttpResponse::new(status, SdkBody::from(self.body));
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// A request to one of the services.
enum Call {
    Table { operation: String, request: Box<database::Request> },
    Queue { operation: String, request: Value },
    Secret { operation: String, request: Value },
    Key { operation: String, request: Value },
    Signing { operation: String, request: Value },
    Object(Box<ObjectRequest>),
    Outside(Box<Request<Bytes>>),
}

/// Changes a request to the tables on its way, as if the code had been written so: a planted defect, by which a checker
/// is shown to find what it is for. Gets the operation and the request.
pub type Defect = fn(&str, &mut Value);

impl Call {
    async fn read(request: HttpRequest, inner: &Inner) -> Self {
        let request = request.try_into_http1x().expect("the SDK makes proper requests");
        let (parts, body) = request.into_parts();
        let body = match body.bytes() {
            Some(bytes) => Bytes::copy_from_slice(bytes),
            None => ByteStream::new(body).collect().await.expect("a body in memory").into_bytes(),
        };
        let defect = {
            let mut state = inner.state();
            state.trace.keep_request(&parts.uri, &body);
            state.defect
        };
        let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
        let json = |body: &[u8]| serde_json::from_slice::<Value>(body).expect("the SDK sends JSON");
        match target.and_then(|target| target.split_once('.')) {
            Some(("DynamoDB_20120810", operation)) => {
                let body = match defect {
                    Some(spoil) => {
                        let mut request: Value = json(&body);
                        spoil(operation, &mut request);
                        Bytes::from(request.to_string())
                    }
                    None => body,
                };
                let request = Box::new(database::Request::parse(operation, &body));
                Self::Table { operation: operation.to_owned(), request }
            }
            Some(("AmazonSQS", operation)) => Self::Queue { operation: operation.to_owned(), request: json(&body) },
            Some(("secretsmanager", operation)) => {
                Self::Secret { operation: operation.to_owned(), request: json(&body) }
            }
            Some(("TrentService", operation)) if signing::knows(operation) => {
                Self::Signing { operation: operation.to_owned(), request: json(&body) }
            }
            Some(("TrentService", operation)) => Self::Key { operation: operation.to_owned(), request: json(&body) },
            Some((service, _)) => panic!("the world has no service {service}"),
            None => {
                let host = parts.uri.host().unwrap_or_default();
                match object::address(host, parts.uri.path()) {
                    Some((bucket, key)) => Self::Object(Box::new(ObjectRequest {
                        method: parts.method,
                        bucket,
                        key,
                        query: parts.uri.query().unwrap_or_default().to_owned(),
                        headers: parts.headers,
                        body,
                    })),
                    None => Self::Outside(Box::new(Request::from_parts(parts, body))),
                }
            }
        }
    }

    fn operation(&self) -> String {
        match self {
            Self::Table { operation, .. } => format!("dynamodb:{operation}"),
            Self::Queue { operation, .. } => format!("sqs:{operation}"),
            Self::Secret { operation, .. } => format!("secretsmanager:{operation}"),
            Self::Key { operation, .. } | Self::Signing { operation, .. } => format!("kms:{operation}"),
            Self::Object(request) => format!("s3:{}", request.operation()),
            Self::Outside(request) => {
                format!("outside:{} {}", request.method(), request.uri().host().unwrap_or_default())
            }
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Table { request, .. } => request.subject(),
            Self::Queue { request, .. } => queue::subject(request),
            Self::Secret { request, .. } => secret::subject(request).to_owned(),
            Self::Key { request, .. } => kms::subject(request).to_owned(),
            Self::Signing { request, .. } => signing::subject(request).to_owned(),
            Self::Object(request) => format!("{}/{}", request.bucket, request.key),
            Self::Outside(request) => request.uri().path().to_owned(),
        }
    }

    /// Whether the service has such a failure.
    fn can(&self, fault: Fault, invocation: Option<&Invocation>) -> bool {
        match fault {
            Fault::ConnectionError | Fault::LostAnswer => true,
            Fault::CrashBefore | Fault::CrashAfter => invocation.is_some(),
            Fault::Throttle => !matches!(self, Self::Outside(_)),
            Fault::Conflict => matches!(self, Self::Table { request, .. } if request.conflicts()),
            Fault::InProgress => {
                matches!(self, Self::Table { request, .. } if request.is_write_transaction())
            }
        }
    }

    fn throttled(&self, variant: bool) -> Reply {
        const SLOW: &str = "Rate exceeded";
        match self {
            Self::Table { .. } if variant => Reply::error(
                "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
                "The level of configured provisioned throughput for the table was exceeded.",
            ),
            Self::Table { .. } => Reply::error("com.amazonaws.dynamodb.v20120810#ThrottlingException", SLOW),
            Self::Queue { .. } => Reply::error("com.amazonaws.sqs#RequestThrottled", SLOW),
            Self::Secret { .. } | Self::Key { .. } | Self::Signing { .. } => Reply::error("ThrottlingException", SLOW),
            Self::Object(_) => object::refused(503, "SlowDown", "Please reduce your request rate."),
            Self::Outside(_) => Reply::new(503, "Unavailable"),
        }
    }
}

/// What is decided about a call when it sets out.
struct Plan {
    number: u64,
    fault: Option<Fault>,
    /// A second draw for faults that come in two kinds.
    variant: bool,
    before: u64,
    after: u64,
    manner: Manner,
}

impl Plan {
    fn draw(state: &mut State, call: &Call, operation: &str, invocation: Option<&Invocation>) -> Self {
        state.calls += 1;
        state.counts.call(operation);
        let scripted = invocation.and_then(|invocation| invocation.call(operation));
        let faults = state.faults.clone();
        let random = &mut state.random;
        let chances = [
            (Fault::ConnectionError, faults.connection_error),
            (Fault::Throttle, faults.throttle),
            (Fault::CrashBefore, faults.crash_before),
            (Fault::CrashAfter, faults.crash_after),
            (Fault::LostAnswer, faults.lost_answer),
            (Fault::Conflict, faults.conflict),
            (Fault::InProgress, faults.in_progress),
        ];
        let drawn = chances
            .into_iter()
            .find(|(fault, chance)| call.can(*fault, invocation) && happens(random, *chance))
            .map(|(fault, _)| fault);
        // A plan leaves an outside system's own refusals to it; a script may ask for one.
        let possible = |fault: &Fault| call.can(*fault, invocation) || *fault == Fault::Throttle;
        let fault = scripted.filter(possible).or(drawn);
        let before = up_to(random, faults.latency_limit_milliseconds);
        let mut after = up_to(random, faults.latency_limit_milliseconds);
        if matches!(call, Call::Outside(_)) && happens(random, faults.outside_delay) {
            after += up_to(random, faults.outside_delay_limit_milliseconds);
        }
        let manner = Manner {
            now: 0,
            stale: happens(random, faults.stale_read),
            short_page: happens(random, faults.short_page),
            unprocessed: happens(random, faults.unprocessed),
            hold: after,
        };
        let variant = fault.is_some() && random.bool();
        Self { number: state.calls, fault, variant, before, after, manner }
    }
}

/// The connector handed to the SDK. Holds the state, not the clients, so that a world can be dropped.
#[derive(Clone, Debug)]
pub(crate) struct Wire(pub(crate) Arc<Inner>);

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move { wire.exchange(request).await })
    }
}

impl Wire {
    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let invocation = Invocation::current();
        let invocation = invocation.as_deref();
        alive(invocation).await;
        let call = Call::read(request, &self.0).await;
        let operation = call.operation();
        let plan = Plan::draw(&mut self.0.state(), &call, &operation, invocation);
        wait(plan.before).await;
        alive(invocation).await;

        let subject = call.subject();
        let log = |outcome: &str| {
            let line = Line {
                number: plan.number,
                milliseconds: self.0.milliseconds(),
                invocation: invocation.map_or(0, |invocation| invocation.number),
                operation: &operation,
                subject: &subject,
                fault: plan.fault.map_or("-", Fault::name),
                outcome,
            };
            let mut state = self.0.state();
            state.trace.record(&line);
            if let Some(fault) = plan.fault {
                state.counts.fault(fault.name());
            }
        };
        let reply = match plan.fault {
            Some(Fault::ConnectionError) => {
                log("broken");
                return Err(ConnectorError::io("the connection was reset".into()));
            }
            Some(Fault::CrashBefore) => {
                log("crashed");
                return crash(invocation).await;
            }
            Some(Fault::Throttle) => call.throttled(plan.variant),
            Some(Fault::Conflict) => {
                let Call::Table { request, .. } = &call else { unreachable!("only tables have conflicts") };
                database::conflict(request, plan.number as usize)
            }
            Some(Fault::InProgress) => {
                if plan.variant {
                    drop(self.apply(call, &plan));
                }
                Reply::error(
                    "com.amazonaws.dynamodb.v20120810#TransactionInProgressException",
                    "The transaction with the given request token is already in progress.",
                )
            }
            Some(Fault::CrashAfter | Fault::LostAnswer) | None => self.apply(call, &plan),
        };
        log(&reply.outcome);
        if plan.fault == Some(Fault::CrashAfter) {
            return crash(invocation).await;
        }
        wait(plan.after).await;
        alive(invocation).await;
        if plan.fault == Some(Fault::LostAnswer) {
            return Err(ConnectorError::timeout("no answer came".into()));
        }
        Ok(reply.response())
    }

    fn apply(&self, call: Call, plan: &Plan) -> Reply {
        let now = self.0.now();
        let moment = Moment { milliseconds: self.0.milliseconds() as u64, timestamp: now };
        if let Call::Outside(request) = call {
            let mut outside = self.0.outside();
            let host = request.uri().host().unwrap_or_default().to_owned();
            let outside = outside.as_mut().unwrap_or_else(|| panic!("nobody answers for {host}"));
            return outside_reply(outside.call(*request, now));
        }
        let mut guard = self.0.state();
        let state = &mut *guard;
        match call {
            Call::Table { request, .. } => {
                let manner = Manner { now: moment.milliseconds, ..plan.manner };
                let (reply, usage) = state.database.serve(*request, manner, &state.faults, &mut state.random);
                state.counts.consume(usage);
                reply
            }
            Call::Queue { operation, request } => {
                let partly = plan.manner.unprocessed;
                let (faults, random) = (&state.faults, &mut state.random);
                state.queues.serve(&operation, &request, moment, partly, faults, random)
            }
            Call::Secret { operation, request } => state.secrets.serve(&operation, &request),
            Call::Key { operation, request } => state.kms.serve(self.0.seed(), &operation, &request),
            Call::Signing { operation, request } => signing::serve(&operation, &request),
            Call::Object(request) => state.objects.serve(&request, now),
            Call::Outside(_) => unreachable!("answered above"),
        }
    }
}

fn outside_reply(response: Response<Bytes>) -> Reply {
    let (parts, body) = response.into_parts();
    let mut reply = Reply::new(parts.status.as_u16(), parts.status.as_str());
    for (name, value) in &parts.headers {
        reply = reply.with(name.as_str(), value.to_str().expect("headers are text"));
    }
    reply.body = body;
    reply
}

async fn wait(milliseconds: u64) {
    if milliseconds > 0 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}

/// Stops here for good when the invocation was killed while this call was under way.
async fn alive(invocation: Option<&Invocation>) {
    if invocation.is_some_and(Invocation::is_crashed) {
        pending::<()>().await;
    }
}

async fn crash<T>(invocation: Option<&Invocation>) -> T {
    invocation.expect("crashes meet invocations only").crash();
    pending().await
}
