//! Municipal intake (数据接收): each night what the city tells is pulled, set by set in the order in which records name
//! each other, and takes effect or waits for a person. B5.1 S5.1 S5.3.
//!
//! A run goes on for so long; the next one of the night goes on with the page at which it stopped. When all sets of the
//! day are here, what waited for one of them is judged again, and offerings follow prices that have changed.

mod pull;
mod settle;

use domain::audit::Actor;
use domain::supervision::Inbound;
use domain::supervision::intake::IntakeStanding;
use domain::{Fault, Kind, Moment};
use edge::App;
use edge::app::SupervisionAppError;
use gateway::supervision::SupervisionError;
use report::{Receiver, Took};
use serde_json::{Value, json};
use store::StoreError;
use strum::VariantArray as _;

/// Minutes after which nothing further is begun.
const MINUTES: i64 = 10;

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The city cannot be asked by this function.
    #[error(transparent)]
    Setup(#[from] SupervisionAppError),
    /// The city.
    #[error(transparent)]
    Supervision(#[from] SupervisionError),
}

impl Fault for RunError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Setup(error) => error.kind(),
            Self::Supervision(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Setup(error) => error.slug(),
            Self::Supervision(error) => error.slug(),
        }
    }
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Records that were here already.
    pub old: u32,
    /// Records that say what is here.
    pub known: u32,
    /// Records that have taken effect, now or once what they name has come.
    pub applied: u32,
    /// Records that wait for a person.
    pub waiting: u32,
    /// Records that do not read, or could not be kept.
    pub refused: u32,
    /// Offerings that have followed the price of their specification.
    pub repriced: usize,
    /// Whether the next run has to go on.
    pub unfinished: bool,
    /// What ended the run early.
    pub fault: Option<RunError>,
}

impl Report {
    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        let Self { old, known, applied, waiting, refused, repriced, unfinished, .. } = self;
        json!({
            "old": old, "known": known, "applied": applied, "waiting": waiting, "refused": refused,
            "repriced": repriced, "unfinished": unfinished,
        })
    }

    const fn count(&mut self, took: Took) {
        let count = match took {
            Took::Old => &mut self.old,
            Took::Kept(IntakeStanding::Known) => &mut self.known,
            Took::Kept(IntakeStanding::Applied) => &mut self.applied,
            // A record that has just come is declined by nobody yet.
            Took::Kept(IntakeStanding::Waiting | IntakeStanding::Declined) => &mut self.waiting,
        };
        *count = count.saturating_add(1);
    }
}

/// A run: who receives, until when, and what it has come to.
struct Run<'a> {
    app: &'a App,
    receiver: Receiver<'a>,
    until: Moment,
    report: Report,
}

impl Run<'_> {
    fn is_over(&mut self) -> bool {
        let over = self.app.now() > self.until;
        self.report.unfinished |= over;
        over
    }
}

/// Pulls what the city tells, as far as it was not pulled today.
pub async fn run(app: &App) -> Report {
    let actor = Actor::system("municipal-intake");
    let receiver = Receiver { store: app.store(), ambient: app.ambient(), actor };
    let mut run = Run { app, receiver, until: app.now().plus_minutes(MINUTES), report: Report::default() };
    if let Err(fault) = run.whole().await {
        tracing::error!(slug = fault.slug(), error = %fault, "what the city tells could not all be received");
        run.report.unfinished = true;
        run.report.fault = Some(fault);
    }
    run.report
}

impl Run<'_> {
    async fn whole(&mut self) -> Result<(), RunError> {
        let supervision = self.app.supervision().await?;
        for inbound in Inbound::VARIANTS {
            if !Box::pin(self.pull(supervision, *inbound)).await? {
                return Ok(());
            }
        }
        Box::pin(self.settle()).await
    }
}
