//! What is told (上报内容): the records that our own values stand for. B6.1.
//!
//! Each says what is so now, and nothing of how it came about; its version is given when it is sent
//! ([`holding`](super::holding)). What lies behind references is told by the records they name, so that a change of one
//! value changes few records.

mod attendance;
mod money;
mod people;
mod teaching;

pub use attendance::attendance;
pub use money::{order, payment, refund};
pub use people::{homeroom, pupil, staff};
pub use teaching::{Names, class};

use super::body::Body;
use super::record::{Place, Record};
use super::source::SourceId;
use crate::time::Moment;

/// The version of a record that has not been sent yet.
const UNSENT: u64 = 0;

/// A record as it is now.
fn told(place: Place, source_id: SourceId, body: Body, now: Moment) -> Record {
    Record::of(place, source_id, UNSENT, now, body)
}
