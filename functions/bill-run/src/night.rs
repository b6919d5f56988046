//! Night watch (夜间巡查): every payment and refund that is not final is asked about, as the table has them and not its
//! index, so that one the index has lost is found. S35.1, promise P6.

use cashier::Cashier;
use domain::access::Guarded;
use domain::id::RefundNo;
use domain::refund::Refund;
use domain::task::{Queue, Task};
use domain::{Fault as _, Moment};
use edge::app::ChannelsError;
use edge::{App, Variable};
use serde_json::{Value, json};
use store::money::{DueMoney, OpenMoney};
use store::{Commit, StoreError, Versioned};

use crate::provider::Provider;
use crate::{RunError, actor};

/// How long past its moment something may be due: the sweep looks each minute.
const OVERDUE_MINUTES: i64 = 60;

/// How long a night may begin new work. The function has a little more.
const NIGHT_SECONDS: i64 = 720;

/// What a night came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Night {
    /// Not final.
    pub seen: u32,
    /// Of those, what nobody would have asked about: the index has not got it, or nobody has come for it.
    pub lost: u32,
    /// Could not be asked about.
    pub failed: u32,
    /// Whether the whole table was read.
    pub whole: bool,
}

impl Night {
    /// The night as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        json!({"seen": self.seen, "lost": self.lost, "failed": self.failed, "whole": self.whole})
    }
}

/// A night with the providers the platform has accounts at.
pub async fn watch_with_channels(app: &App) -> Result<Result<Night, RunError>, ChannelsError> {
    Ok(watch(app, app.channels().await?).await)
}

/// A night: asks about all that is not final, page by page.
pub async fn watch(app: &App, provider: &impl Provider) -> Result<Night, RunError> {
    let until = app.now().plus_seconds(NIGHT_SECONDS);
    let (mut night, mut after) = (Night::default(), None);
    loop {
        let (page, next) = app.store().open_money(after).await?;
        for open in page {
            if app.now() >= until {
                tracing::error!(seen = night.seen, "night was too short for all that is not final");
                return Ok(night);
            }
            night.seen = night.seen.saturating_add(1);
            match Box::pin(look(app, provider, &open)).await {
                Ok(lost) => night.lost = night.lost.saturating_add(u32::from(lost)),
                Err(error) => {
                    night.failed = night.failed.saturating_add(1);
                    tracing::warn!(slug = error.slug(), %error, "left for the next night");
                }
            }
        }
        after = next;
        if after.is_none() {
            night.whole = true;
            return Ok(night);
        }
    }
}

/// Asks about one. Whether nobody else would have.
async fn look(app: &App, provider: &impl Provider, open: &OpenMoney) -> Result<bool, RunError> {
    let cashier = Cashier::new(app.store(), app.ambient(), actor());
    match &open.money {
        DueMoney::Payment(no) => {
            provider.ask(&cashier, no).await?;
            Ok(told(no.as_str(), is_lost(open.due, app.now())))
        }
        DueMoney::Refund(no) => {
            let Some(refund) = app.store().refund(no).await?.map(Guarded::unguarded) else { return Ok(false) };
            if refund.value.waits() {
                return Ok(told(no.as_str(), promised_anew(app, no, &refund).await?));
            }
            provider.carry(&cashier, no, app.variable(Variable::PublicUrl)?).await?;
            Ok(told(no.as_str(), is_lost(open.due, app.now())))
        }
    }
}

/// Whether the sweep has passed it over, or will never see it.
fn is_lost(due: Option<Moment>, now: Moment) -> bool {
    due.is_none_or(|due| due.plus_minutes(OVERDUE_MINUTES) < now)
}

fn told(number: &str, lost: bool) -> bool {
    if lost {
        tracing::error!(number, "nobody would have asked about it");
    }
    lost
}

/// A refund that was never sent is sent by its task. When there is none, it is written again.
async fn promised_anew(app: &App, no: &RefundNo, refund: &Versioned<Refund>) -> Result<bool, StoreError> {
    if app.store().task(Queue::Refund, no.as_str()).await?.is_some() {
        return Ok(false);
    }
    let mut commit = Commit::new(actor(), "refund.promise", app.now());
    commit.task(Task::new(Queue::Refund, no.as_str(), refund.ver, app.now()))?;
    app.store().commit(commit).await?;
    Ok(true)
}
