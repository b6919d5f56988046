//! Rules of the after-school service (课后服务): pure decisions, no clock, no I/O.
//!
//! Every decision has the shape `(facts, request, now) -> Result<change, error>`; what it decides is committed by
//! `store`, spoken to the outside by `gateway`, and mapped to HTTP by `edge`.

pub mod access;
pub mod account;
pub mod alert;
pub mod attendance;
pub mod audit;
pub mod bells;
pub mod calendar;
pub mod capital;
pub mod catalog;
pub mod consent;
pub mod credential;
pub mod directory;
pub mod enroll;
pub mod extension;
pub mod fault;
pub mod homeroom;
pub mod id;
pub mod identifier;
pub mod import;
pub mod instalment;
pub mod journal;
pub mod merge;
pub mod money;
pub mod moves;
pub mod order;
pub mod organization;
pub mod payment;
pub mod pii;
pub mod post;
pub mod privacy;
pub mod promotion;
pub mod pupil;
pub mod reconciliation;
pub mod record;
pub mod refund;
pub mod register;
pub mod reminder;
pub mod retention;
pub mod reveal;
pub mod room;
pub mod school;
pub mod school_year;
pub mod seat;
pub mod session;
pub mod settlement;
pub mod shredding;
pub mod sign_in;
pub mod snapshot;
pub mod subscription;
pub mod supervision;
pub mod suspension;
pub mod task;
pub mod teaching;
pub mod tenant;
pub mod time;
pub mod user;

pub use fault::{Fault, Kind};
pub use money::Money;
pub use pii::Pii;
pub use tenant::Tenant;
pub use time::Moment;
