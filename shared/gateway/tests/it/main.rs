//! The gateway against the simulator of WeChat Pay, in one process and without a network.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "every module of this target is a test"
)]

mod callback;
mod channel;
mod world;
