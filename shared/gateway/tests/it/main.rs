//! The gateway against the simulated provider and canned AWS answers, in one process and without a network.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "every module of this target is a test"
)]

mod alipay;
mod aws;
mod bill;
mod callback;
mod channel;
mod chinaums;
mod message;
mod refund;
mod supervision;
mod world;
