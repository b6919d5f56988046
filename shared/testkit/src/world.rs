//! The world: clock, clients, services and the record of what happened.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryPartition;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use edge::personal::PersonalKeys;
use fastrand::Rng;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::capacity::Counts;
use crate::connector::{Defect, Outside, Wire};
use crate::database::{Database, Item};
use crate::fault::{Faults, Script};
use crate::invocation::{Invocation, Outcome};
use crate::kms::{self, Kms};
use crate::object::{Object, Objects};
use crate::queue::{Message, Queues, after};
use crate::secret::Secrets;
use crate::trace::{Sent, Trace};

/// When a world begins unless told otherwise: 1 September 2026, 08:00 in Shanghai.
pub const START: Timestamp = Timestamp::constant(1_788_220_800, 0);

/// The region the clients believe to be in.
const REGION: &str = "cn-northwest-1";

/// A simulated cloud with its outside systems, its clock and its accidents. Cheap to clone.
///
/// It must live inside the runtime of [`simulate`], whose clock is paused.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
    clients: Arc<OnceLock<Clients>>,
}

struct Clients {
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    secrets: aws_sdk_secretsmanager::Client,
}

pub(crate) struct Inner {
    seed: u64,
    start: Timestamp,
    origin: Instant,
    state: Mutex<State>,
    outside: Mutex<Option<Box<dyn Outside>>>,
}

pub(crate) struct State {
    /// Decides the accidents.
    pub(crate) random: Rng,
    /// Serves the scenario, so that its draws do not shift the accidents.
    scenario: Rng,
    pub(crate) faults: Faults,
    script: Option<Script>,
    pub(crate) defect: Option<Defect>,
    invocations: u64,
    last_run: Vec<String>,
    pub(crate) calls: u64,
    pub(crate) trace: Trace,
    pub(crate) counts: Counts,
    pub(crate) database: Database,
    pub(crate) queues: Queues,
    pub(crate) objects: Objects,
    pub(crate) secrets: Secrets,
    pub(crate) kms: Kms,
}

impl fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("World").field("seed", &self.seed).finish_non_exhaustive()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outside(&self) -> MutexGuard<'_, Option<Box<dyn Outside>>> {
        self.outside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn milliseconds(&self) -> u128 {
        self.origin.elapsed().as_millis()
    }

    pub(crate) fn now(&self) -> Timestamp {
        after(self.start, self.milliseconds() as u64)
    }
}

/// The world's clock for the SDK: signatures and credentials live in virtual time.
#[derive(Debug)]
struct Clock(Arc<Inner>);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::from(self.0.now())
    }
}

impl World {
    /// A calm world: nothing fails and nothing takes time. Begins at [`START`].
    pub fn new(seed: u64) -> Self {
        Self::starting(seed, START)
    }

    /// A calm world that begins at a moment of your choice.
    pub fn starting(seed: u64, start: Timestamp) -> Self {
        let state = State {
            random: Rng::with_seed(seed),
            scenario: Rng::with_seed(!seed),
            faults: Faults::none(),
            script: None,
            defect: None,
            invocations: 0,
            last_run: Vec::new(),
            calls: 0,
            trace: Trace::new(),
            counts: Counts::default(),
            database: Database::new(),
            queues: Queues::default(),
            objects: Objects::default(),
            secrets: Secrets::default(),
            kms: Kms::default(),
        };
        let inner = Inner { seed, start, origin: Instant::now(), state: Mutex::new(state), outside: Mutex::new(None) };
        Self { inner: Arc::new(inner), clients: Arc::default() }
    }

    /// The seed it was made from.
    pub fn seed(&self) -> u64 {
        self.inner.seed()
    }

    // The clock and chance.

    /// The virtual moment.
    pub fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// Lets virtual time pass; whatever was due meanwhile runs.
    pub async fn advance(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// The next number of the scenario's own seeded sequence.
    pub fn random(&self) -> u64 {
        self.inner.state().scenario.u64(..)
    }

    // Clients.

    /// The HTTP client through which all outside traffic passes.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Wire(Arc::clone(&self.inner)))
    }

    /// The same without the SDK's client around it, for calls to outside systems.
    pub fn http_connector(&self) -> SharedHttpConnector {
        SharedHttpConnector::new(Wire(Arc::clone(&self.inner)))
    }

    /// An SDK configuration of this world. Clients made from it share the process-wide retry quota
    /// of their service unless they also get [`World::retry_partition`].
    pub fn sdk_config(&self) -> SdkConfig {
        let credentials = Credentials::from_keys("AKIDEXAMPLE", "secret", None);
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(self.http_client())
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(50)))
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(TokioSleep::new())
            .time_source(Clock(Arc::clone(&self.inner)))
            .build()
    }

    /// A retry quota of its own: the default one is shared by the whole process, so that one
    /// simulation would change the retries of the next.
    pub fn retry_partition() -> RetryPartition {
        RetryPartition::custom("world").build()
    }

    fn clients(&self) -> &Clients {
        self.clients.get_or_init(|| {
            let config = self.sdk_config();
            let dynamodb =
                aws_sdk_dynamodb::config::Builder::from(&config).retry_partition(Self::retry_partition()).build();
            let sqs = aws_sdk_sqs::config::Builder::from(&config).retry_partition(Self::retry_partition()).build();
            let s3 = aws_sdk_s3::config::Builder::from(&config).retry_partition(Self::retry_partition()).build();
            let secrets =
                aws_sdk_secretsmanager::config::Builder::from(&config).retry_partition(Self::retry_partition()).build();
            Clients {
                dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
                sqs: aws_sdk_sqs::Client::from_conf(sqs),
                s3: aws_sdk_s3::Client::from_conf(s3),
                secrets: aws_sdk_secretsmanager::Client::from_conf(secrets),
            }
        })
    }

    /// The tables of this world.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.clients().dynamodb.clone()
    }

    /// The queues of this world.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        self.clients().sqs.clone()
    }

    /// The objects of this world.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        self.clients().s3.clone()
    }

    /// The secrets of this world.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        self.clients().secrets.clone()
    }

    /// The keys of personal data, as a new Lambda environment gets them.
    pub fn personal_keys(&self) -> Arc<PersonalKeys> {
        Arc::new(PersonalKeys::new(self.sdk_config(), Self::retry_partition(), Some(kms::KEY.to_owned())))
    }

    // Accidents.

    /// Sets the fault plan from now on; [`Faults::none`] ends the accidents.
    pub fn set_faults(&self, faults: Faults) {
        self.inner.state().faults = faults;
    }

    /// Arms one fault for the next [`World::run`] only.
    pub fn set_script(&self, script: Script) {
        self.inner.state().script = Some(script);
    }

    /// Spoils every request to the tables from now on.
    pub fn plant_defect(&self, defect: Defect) {
        self.inner.state().defect = Some(defect);
    }

    /// Runs one invocation of a function: a crash drops it at exactly the call that crashed.
    pub fn run<T>(&self, invocation: impl Future<Output = T>) -> Pin<Box<impl Future<Output = Outcome<T>>>> {
        // On the heap: the future of a handler is large, and a scenario holds many.
        Box::pin(async move {
            let current = {
                let mut state = self.inner.state();
                state.invocations += 1;
                Invocation::new(state.invocations, state.script.take())
            };
            let outcome = Arc::clone(&current).run(invocation).await;
            self.inner.state().last_run = current.calls();
            outcome
        })
    }

    /// The operations of the invocation that ended last, in order, the SDK's retries included.
    pub fn calls_of_last_run(&self) -> Vec<String> {
        self.inner.state().last_run.clone()
    }

    // The record.

    /// A hash over every call so far: virtual time, invocation, operation, keys, fault, outcome.
    pub fn hash(&self) -> u64 {
        self.inner.state().trace.hash()
    }

    /// Keeps the trace as text from now on.
    pub fn keep_trace(&self) {
        self.inner.state().trace.keep();
    }

    /// The kept trace, one line per call.
    pub fn trace(&self) -> Vec<String> {
        self.inner.state().trace.lines()
    }

    /// Calls, faults and capacity so far.
    pub fn counts(&self) -> Counts {
        self.inner.state().counts.clone()
    }

    /// Keeps every request from now on, as it left the code under test.
    pub fn keep_requests(&self) {
        self.inner.state().trace.keep_requests();
    }

    /// The kept requests.
    pub fn requests(&self) -> Vec<Sent> {
        self.inner.state().trace.requests()
    }

    // Tables, seen without accidents and without a bill.

    /// Creates the tables of [`TABLES`](crate::TABLES) as `prefix-name`.
    pub fn create_tables(&self, prefix: &str) {
        self.inner.state().database.create_tables(prefix);
    }

    /// All items of a table in key order.
    pub fn scan(&self, table: &str) -> Vec<Item> {
        self.inner.state().database.scan(table)
    }

    /// One item as it is now.
    pub fn peek(&self, table: &str, partition: &str, sort: &str) -> Option<Item> {
        self.inner.state().database.peek(table, partition, sort)
    }

    /// Puts an item into a table directly.
    pub fn plant(&self, table: &str, item: Item) {
        self.inner.state().database.plant(table, item);
    }

    // Queues.

    /// Every message a queue ever accepted, settled or not.
    pub fn sent(&self, queue: &str) -> Vec<Message> {
        self.inner.state().queues.history(queue)
    }

    /// How many messages are in a queue, delayed and delivered ones included.
    pub fn waiting(&self, queue: &str) -> usize {
        self.inner.state().queues.waiting(queue)
    }

    /// The queues with messages in them.
    pub fn queues(&self) -> Vec<String> {
        self.inner.state().queues.names()
    }

    /// Takes up to `limit` messages for delivery. They stay hidden for 90 s and come back unless
    /// [settled](World::settle). A FIFO group is handed out in order and waits for what is out.
    pub fn take_messages(&self, queue: &str, limit: usize) -> Vec<Message> {
        let now = self.inner.milliseconds() as u64;
        let mut state = self.inner.state();
        let State { queues, faults, random, .. } = &mut *state;
        queues.take(queue, limit, now, faults, random)
    }

    /// Deletes a delivered message; under faults it may come again all the same.
    pub fn settle(&self, message: &Message) {
        let now = self.inner.milliseconds() as u64;
        let mut state = self.inner.state();
        let State { queues, faults, random, .. } = &mut *state;
        queues.settle(message, now, faults, random);
    }

    /// Shows a delivered message again at once, as after its visibility time-out.
    pub fn give_back(&self, message: &Message) {
        let now = self.inner.milliseconds() as u64;
        self.inner.state().queues.give_back(message, now);
    }

    // Objects, secrets, outside systems.

    /// The objects of a bucket by key.
    pub fn objects(&self, bucket: &str) -> BTreeMap<String, Object> {
        self.inner.state().objects.bucket(bucket)
    }

    /// The public half of the key that signs, DER.
    pub fn public_key(&self) -> Vec<u8> {
        crate::signing::public_key()
    }

    /// Stores a secret under its name.
    pub fn put_secret(&self, name: &str, value: &serde_json::Value) {
        self.inner.state().secrets.put(name, value.to_string());
    }

    /// Sets who answers for every host that is not AWS. Keep an `Arc<Mutex<_>>` of it to look
    /// inside; it must not hold a [`World`], or neither is ever freed.
    pub fn set_outside(&self, outside: impl Outside + 'static) {
        *self.inner.outside() = Some(Box::new(outside));
    }
}

/// Runs a scenario in a calm world of this seed on a paused clock, on the current thread.
pub fn simulate<T>(seed: u64, scenario: impl AsyncFnOnce(World) -> T) -> T {
    simulate_from(seed, START, scenario)
}

/// [`simulate`] with a beginning of your choice.
pub fn simulate_from<T>(seed: u64, start: Timestamp, scenario: impl AsyncFnOnce(World) -> T) -> T {
    // The SDK's jitter, invocation ids and request tokens come from the thread's generator.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O starts");
    runtime.block_on(async { scenario(World::starting(seed, start)).await })
}
