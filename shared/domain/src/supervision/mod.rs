//! Exchange with the city's supervision system (监管系统): what is told to it and what it tells, in records that both
//! sides can name. B5 B6.
//!
//! The city's own guide is handed out to admitted platforms only, so that everything it may say differently is data: a
//! [field map](map) says how a [record](record) of ours is written in its words. What both sides hold is compared by
//! [digests](digest) from the whole down to the single record ([agreement]). Whoever builds records, sends them and
//! keeps receipts lies outside; here is nothing but values.

pub mod agreement;
pub mod body;
pub mod code;
pub mod comparison;
pub mod dataset;
pub mod digest;
pub mod findings;
pub mod gate;
pub mod holding;
pub mod intake;
pub mod map;
pub mod monthly;
pub mod receipt;
pub mod record;
pub mod resend;
pub mod sample;
pub mod schema;
pub mod source;
pub mod statement;
pub mod thing;
pub mod told;

pub use body::{Body, InboundBody};
pub use dataset::{Dataset, Inbound};
pub use digest::{Brief, Digest, RecordHash};
pub use map::{FieldMap, Rendered};
pub use receipt::{Outcome, Receipt, Refusal, RefusalKind};
pub use record::{Op, Received, Record};
pub use source::SourceId;
