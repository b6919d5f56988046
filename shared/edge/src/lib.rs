//! Edge (边缘层): between AWS and a decision. It reads configuration and requests, knows the caller, and turns faults
//! into problems; no rule of the service lives here.

pub mod app;
pub mod blind;
pub mod caller;
pub mod config;
pub mod export;
pub mod http;
pub mod password;
pub mod personal;
pub mod poll;
pub mod problem;
pub mod queue;
pub mod reach;
pub mod start;
pub mod telemetry;
pub mod totp;
pub mod view;
mod watch;

pub use app::App;
pub use caller::Caller;
pub use config::{Config, Variable};
pub use problem::Problem;
