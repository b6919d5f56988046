//! Reconciliation (对账) at the API: a school's day in sums.

use domain::Moment;
use serde::Deserialize;

use crate::client::Session;
use crate::failure::Outcome;

/// A school's day.
#[derive(Debug, Clone, Deserialize)]
pub struct Statement {
    /// The day.
    pub day: String,
    /// What orders of the day ask for.
    pub receivable_fen: i64,
    /// At the providers when it began.
    pub opening_fen: i64,
    /// What came in.
    pub received_fen: i64,
    /// What reached payers again.
    pub refunded_fen: i64,
    /// What the providers kept.
    pub fees_fen: i64,
    /// Set aside to go back and not gone yet.
    pub in_flight_fen: i64,
    /// At the providers at its end.
    pub closing_fen: i64,
    /// Whether the bills were held against the books.
    #[serde(rename = "final")]
    pub is_final: bool,
}

/// A school's day, so many days ago.
pub async fn statement(session: &Session, school: &str, days_ago: i64) -> Outcome<Statement> {
    #[expect(clippy::disallowed_methods, reason = "the journeys happen now")]
    let now = Moment::from(jiff::Timestamp::now());
    let day = now.plus_minutes(days_ago.saturating_mul(-24 * 60)).day();
    session.get(&format!("/schools/{school}/statements/{day}")).await?.read(200)
}
