//! What a run came to, and why something is not asked for.

use domain::money::MoneyError;
use domain::{Fault, Kind};
use serde_json::{Value, json};
use store::StoreError;

/// Why what falls due is not asked for.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sum that cannot be.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Fault for AskError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Money(_) => Kind::Internal,
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Money(_) => "instalment/sum-unusable",
        }
    }
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Orders that ask for something since now.
    pub asked: u32,
    /// Records and terms that could not be looked at.
    pub failed: u32,
    /// What went wrong last.
    pub worst: Option<AskError>,
}

impl Report {
    /// The report as the function's answer, for whoever invokes it by hand.
    pub fn json(&self) -> Value {
        json!({"asked": self.asked, "failed": self.failed})
    }

    pub(crate) fn enter(&mut self, asked: Result<u32, AskError>) {
        match asked {
            Ok(asked) => self.asked = self.asked.saturating_add(asked),
            Err(error) => {
                tracing::error!(slug = error.slug(), %error, "what falls due is not asked for, the next run tries again");
                self.failed = self.failed.saturating_add(1);
                self.worst = Some(error);
            }
        }
    }
}
