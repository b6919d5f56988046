//! Accrual (应退累计): each night the refund requests for missed lessons that fall due by the rules their orders were sold
//! under. S34.2 P7.1.
//!
//! What has accrued is read from records and lessons themselves, and a request is named by the lessons it pays for: a
//! night that is run twice asks once. A run looks at so many orders and for so long; the next one of the night goes on
//! where it stopped.

mod term;

use cashier::CashierError;
use domain::catalog::Term;
use domain::{Fault, Kind, Moment};
use edge::App;
use jiff::ToSpan as _;
use serde_json::{Value, json};
use store::StoreError;

/// Rows of the register that one run looks at, at most.
const ROWS: u32 = 20_000;

/// Minutes after which a run begins no further page.
const MINUTES: i64 = 10;

/// Days after the end of a term in which corrections may still let something fall due.
const DAYS_AFTER_TERM: i64 = 45;

/// Why what falls due is not asked for.
#[derive(Debug, thiserror::Error)]
pub enum AccrualError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cashier.
    #[error(transparent)]
    Cashier(#[from] CashierError),
}

impl Fault for AccrualError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Cashier(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Cashier(error) => error.slug(),
        }
    }
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Rows of registers that were looked at.
    pub looked_at: u32,
    /// Requests there are since now.
    pub asked: u32,
    /// What falls due and waits for the decision about another request.
    pub waiting: u32,
    /// Pupils and terms that could not be looked at.
    pub failed: u32,
    /// Whether the next run has to go on.
    pub unfinished: bool,
    /// What went wrong last.
    pub worst: Option<AccrualError>,
}

impl Report {
    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        let Self { looked_at, asked, waiting, failed, unfinished, .. } = self;
        json!({"looked_at": looked_at, "asked": asked, "waiting": waiting, "failed": failed, "unfinished": unfinished})
    }

    fn fail(&mut self, error: AccrualError) {
        tracing::error!(slug = error.slug(), %error, "what has accrued is not paid out, the next night tries again");
        self.failed = self.failed.saturating_add(1);
        self.worst = Some(error);
    }

    /// Whether a run that began then may begin another page.
    fn may_go_on(&self, began: Moment, now: Moment) -> bool {
        self.looked_at < ROWS && now < began.plus_minutes(MINUTES)
    }
}

/// Asks for what falls due today, in every term that goes on or was over lately.
pub async fn run(app: &App) -> Report {
    let (mut report, began) = (Report::default(), app.now());
    let schools = match app.store().schools().await {
        Ok(schools) => schools,
        Err(error) => {
            report.fail(error.into());
            return report;
        }
    };
    for school in schools {
        match app.store().terms(&school.value.code).await {
            Ok(terms) => {
                for term in terms.into_iter().map(|term| term.value).filter(|term| goes_on(app, term)) {
                    if let Err(error) = Box::pin(term::pay_out(app, &term, &mut report, began)).await {
                        report.fail(error);
                    }
                }
            }
            Err(error) => report.fail(error.into()),
        }
    }
    report
}

/// Whether something may fall due in a term today.
fn goes_on(app: &App, term: &Term) -> bool {
    let (today, last) = (app.now().day(), term.ends_on.saturating_add(DAYS_AFTER_TERM.days()));
    (term.starts_on..=last).contains(&today)
}
