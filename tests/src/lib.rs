//! The platform as its people meet it (旅程): over HTTP, from outside, in the local cloud. The binary `journey` shows the
//! main job with these steps, the test `e2e` proves more with them.

pub mod address;
pub mod aws;
pub mod client;
pub mod dataset;
pub mod failure;
pub mod family;
pub mod main_job;
pub mod provider;
pub mod reconciliation;
pub mod refund;
pub mod roles;
pub mod seed;
pub mod sign_in;
pub mod supervision;
pub mod teaching;
pub mod tell;

pub use address::Cloud;
pub use client::{Answer, Session};
pub use failure::{Failure, Outcome, ensure};
