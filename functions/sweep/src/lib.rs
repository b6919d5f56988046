//! Sweep (巡检): each minute, whatever was left undone is found by its due date and brought to its end. P6.3, promises
//! P1 P6 P8.
//!
//! Every piece of work stands alone: one that fails is logged, stays due and is found again a minute later.

mod ledger;
mod money;
mod record;
mod reports;
mod roll;
mod task;

use domain::audit::Actor;
use domain::{Fault, Moment};
use edge::App;
use serde_json::{Value, json};

/// At most so many of each kind and index partition in one round; the rest is found in the next.
const LIMIT: i32 = 100;

/// How long a round may begin new work. The function has a little more.
const ROUND_SECONDS: i64 = 45;

/// Who acts here, in the audit.
fn actor() -> Actor {
    Actor::system("sweep")
}

/// How many of a kind were due, and how many of those failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// Looked at.
    pub seen: u32,
    /// Failed, and due again.
    pub failed: u32,
    /// For how long the oldest has been due.
    pub oldest_seconds: i64,
}

/// A round of work with its end in sight.
struct Round<'a> {
    app: &'a App,
    until: Moment,
}

impl Round<'_> {
    fn time_left(&self) -> bool {
        self.app.now() < self.until
    }

    /// Does one piece of work and counts it.
    async fn each<F: Fault>(&self, swept: &mut Swept, work: impl Future<Output = Result<(), F>>) {
        swept.seen = swept.seen.saturating_add(1);
        if let Err(fault) = work.await {
            swept.failed = swept.failed.saturating_add(1);
            tracing::warn!(slug = fault.slug(), error = %fault, "left for the next round");
        }
    }
}

/// What one round came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Pupils' terms with orders to end or to archive.
    pub records: Swept,
    /// Payments and refunds to ask about.
    pub payments: Swept,
    /// Seat ledgers to put right.
    pub ledgers: Swept,
    /// Rolls to drain.
    pub rolls: Swept,
    /// Tasks to wake a consumer for.
    pub tasks: Swept,
    /// Things to tell the city of.
    pub reports: Swept,
}

impl Report {
    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        let count = |swept: Swept| json!({"seen": swept.seen, "failed": swept.failed});
        json!({
            "records": count(self.records),
            "payments": count(self.payments),
            "ledgers": count(self.ledgers),
            "rolls": count(self.rolls),
            "tasks": count(self.tasks),
            "reports": count(self.reports),
        })
    }
}

/// One round: orders, payments, seats, rolls, tasks; and in what is left of it, what the city is to be told.
pub async fn sweep(app: App) -> Report {
    let round = Round { app: &app, until: app.now().plus_seconds(ROUND_SECONDS) };
    // Each kind of work behind a pointer: their futures are large, and only one of them runs.
    let records = Box::pin(record::sweep(&round)).await;
    let payments = Box::pin(money::sweep(&round)).await;
    let ledgers = Box::pin(ledger::sweep(&round)).await;
    let rolls = Box::pin(roll::sweep(&round)).await;
    let tasks = Box::pin(task::sweep(&round)).await;
    let reports = Box::pin(reports::sweep(&round)).await;
    Report { records, payments, ledgers, rolls, tasks, reports }
}
