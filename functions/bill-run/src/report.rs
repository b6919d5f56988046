//! What a round came to, and what may go wrong in it.

use domain::reconciliation::book::BookError;
use domain::reconciliation::trial::TrialError;
use domain::{Fault, Kind};
use edge::config::MissingVariable;
use gateway::channel::ChannelError;
use gateway::object::ObjectError;
use serde_json::{Value, json};
use store::StoreError;

/// Why a bill was not held against the books.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The objects.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The function's own disk.
    #[error("bill could not be written down or read again")]
    Disk(#[source] std::io::Error),
    /// A payment could not be asked about.
    #[error(transparent)]
    Cashier(#[from] cashier::CashierError),
    /// The bill is not believed.
    #[error(transparent)]
    Bill(#[from] bill::BillError),
    /// More facts than a book takes.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The journal does not add up.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
}

impl Fault for RunError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Channel(error) => error.kind(),
            Self::Object(error) => error.kind(),
            Self::Cashier(error) => error.kind(),
            Self::Variable(error) => error.kind(),
            Self::Trial(error) => error.kind(),
            Self::Bill(_) | Self::Book(_) | Self::Disk(_) => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Channel(error) => error.slug(),
            Self::Object(error) => error.slug(),
            Self::Cashier(error) => error.slug(),
            Self::Variable(error) => error.slug(),
            Self::Bill(error) => error.slug(),
            Self::Book(_) => "bill/too-many-facts",
            Self::Disk(_) => "bill/disk",
            Self::Trial(error) => error.slug(),
        }
    }
}

/// What a round came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Bills held against the books.
    pub read: u32,
    /// Bills that are not there though they should be: somebody has to look.
    pub overdue: u32,
    /// Differences found and not healed.
    pub open: u32,
    /// Days that could not be worked off.
    pub failed: u32,
    /// What went wrong last.
    pub worst: Option<RunError>,
}

impl Report {
    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        json!({"read": self.read, "overdue": self.overdue, "open": self.open, "failed": self.failed})
    }

    /// What two of them come to.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            read: self.read.saturating_add(other.read),
            overdue: self.overdue.saturating_add(other.overdue),
            open: self.open.saturating_add(other.open),
            failed: self.failed.saturating_add(other.failed),
            worst: other.worst.or(self.worst),
        }
    }

    /// Nothing could be begun.
    pub(crate) fn failed(error: RunError) -> Self {
        Self { failed: 1, worst: Some(error), ..Self::default() }
    }
}
