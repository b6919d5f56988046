//! What can go wrong on one call, and how likely it is.

use fastrand::Rng;

/// Something injected into one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The connection breaks before anything is applied.
    ConnectionError,
    /// The service refuses for load; nothing is applied.
    Throttle,
    /// The invocation dies before the request arrives.
    CrashBefore,
    /// The request is applied, then the invocation dies.
    CrashAfter,
    /// The request is applied, the caller sees a time-out.
    LostAnswer,
    /// Another transaction holds an item: `TransactionConflict`; nothing is applied.
    Conflict,
    /// `TransactionInProgressException` for a transaction, sometimes after it was applied.
    InProgress,
}

impl Fault {
    /// The faults tried at every single call of a handler.
    pub const EVERY_STEP: [Self; 5] =
        [Self::CrashBefore, Self::CrashAfter, Self::LostAnswer, Self::Throttle, Self::Conflict];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ConnectionError => "connection-error",
            Self::Throttle => "throttle",
            Self::CrashBefore => "crash-before",
            Self::CrashAfter => "crash-after",
            Self::LostAnswer => "lost-answer",
            Self::Conflict => "conflict",
            Self::InProgress => "in-progress",
        }
    }
}

/// Exactly one fault at one call (counted from 0, the SDK's retries included) of the next
/// [`World::run`](crate::World::run). Where the fault cannot happen (a conflict on a read), none does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// Which call of the invocation.
    pub at_call: usize,
    /// What happens there.
    pub fault: Fault,
}

/// A fault plan: chances per call, in thousandths.
///
/// Crashes only meet calls made inside [`World::run`](crate::World::run); everything else meets
/// every call through the world's HTTP client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// [`Fault::ConnectionError`].
    pub connection_error: u16,
    /// [`Fault::Throttle`]: tables, queues, objects, secrets; not outside systems.
    pub throttle: u16,
    /// [`Fault::CrashBefore`].
    pub crash_before: u16,
    /// [`Fault::CrashAfter`].
    pub crash_after: u16,
    /// [`Fault::LostAnswer`].
    pub lost_answer: u16,
    /// [`Fault::Conflict`]: writes and transactions.
    pub conflict: u16,
    /// [`Fault::InProgress`]: write transactions.
    pub in_progress: u16,
    /// A read that is not strongly consistent is served from the past.
    pub stale_read: u16,
    /// A change reaches indexes and stale copies late.
    pub lag: u16,
    /// The longest such delay.
    pub lag_limit_milliseconds: u64,
    /// A query ends its page after one item.
    pub short_page: u16,
    /// A batch leaves its last key unprocessed.
    pub unprocessed: u16,
    /// A message is delivered again: a second copy (standard), a lost deletion (both kinds).
    pub duplicate_message: u16,
    /// A message becomes visible late.
    pub delayed_message: u16,
    /// The longest such delay.
    pub message_delay_limit_milliseconds: u64,
    /// Messages are handed out in any order; a FIFO group keeps its own.
    pub reordered_messages: bool,
    /// An outside system answers late.
    pub outside_delay: u16,
    /// The longest such delay.
    pub outside_delay_limit_milliseconds: u64,
    /// Virtual time on the way there and on the way back, each; lets concurrent handlers interleave.
    pub latency_limit_milliseconds: u64,
    /// A transaction holds its items until its answer has arrived, so that overlapping writes
    /// meet a real conflict. Needs latency.
    pub contention: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self::none()
    }
}

impl Faults {
    /// Nothing goes wrong and nothing takes time.
    pub const fn none() -> Self {
        Self {
            connection_error: 0,
            throttle: 0,
            crash_before: 0,
            crash_after: 0,
            lost_answer: 0,
            conflict: 0,
            in_progress: 0,
            stale_read: 0,
            lag: 0,
            lag_limit_milliseconds: 0,
            short_page: 0,
            unprocessed: 0,
            duplicate_message: 0,
            delayed_message: 0,
            message_delay_limit_milliseconds: 0,
            reordered_messages: false,
            outside_delay: 0,
            outside_delay_limit_milliseconds: 0,
            latency_limit_milliseconds: 0,
            contention: false,
        }
    }

    /// A calm network on which calls take time.
    pub const fn latency(limit_milliseconds: u64) -> Self {
        Self { latency_limit_milliseconds: limit_milliseconds, contention: true, ..Self::none() }
    }

    /// A plan drawn from the seed: each kind is off in half of the seeds and up to 12 % else, so
    /// that seeds differ in what they combine.
    pub fn swarm(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed ^ 0x5357_4152_4d00_0001);
        let mut chance = |limit: u16| {
            if random.bool() { random.u16(0..=limit) } else { 0 }
        };
        let mut faults = Self {
            connection_error: chance(120),
            throttle: chance(120),
            crash_before: chance(80),
            crash_after: chance(80),
            lost_answer: chance(120),
            conflict: chance(120),
            in_progress: chance(30),
            stale_read: chance(500),
            lag: chance(500),
            short_page: chance(300),
            unprocessed: chance(100),
            duplicate_message: chance(200),
            delayed_message: chance(200),
            outside_delay: chance(150),
            ..Self::none()
        };
        faults.lag_limit_milliseconds = random.u64(1..=3_000);
        faults.message_delay_limit_milliseconds = random.u64(1..=90_000);
        faults.outside_delay_limit_milliseconds = random.u64(1..=20_000);
        faults.latency_limit_milliseconds = random.u64(1..=60);
        faults.reordered_messages = random.bool();
        faults.contention = random.bool();
        faults
    }

    pub(crate) fn lags(&self) -> bool {
        self.lag > 0 && self.lag_limit_milliseconds > 0
    }
}

/// Whether an event of `per_mille` chance happens now. Draws nothing for 0, so that a plan
/// without a fault is not shifted by it.
pub(crate) fn happens(random: &mut Rng, per_mille: u16) -> bool {
    per_mille > 0 && random.u16(0..1000) < per_mille
}

/// A length of time from 1 to `limit` milliseconds, or 0.
pub(crate) fn up_to(random: &mut Rng, limit: u64) -> u64 {
    if limit == 0 { 0 } else { random.u64(1..=limit) }
}
