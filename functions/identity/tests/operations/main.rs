//! Signing in, staying in, leaving: event by event, and step by step over the simulated platform of the province.
//! B1.2 K5.1 K3, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

mod events;
mod ground;
mod password;
mod province;
mod session;
