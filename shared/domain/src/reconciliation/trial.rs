//! Trial balance (试算平衡): the proof that the journal adds up: debits equal credits, and what lies at the provider is
//! what was paid less what went back. S35, promise P5.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fault::{Fault, Kind};
use crate::journal::{Account, Entry, FactKind};
use crate::money::Money;

/// What a journal adds up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Entries.
    pub facts: u64,
    /// What was debited.
    pub debits: Money,
    /// What was credited.
    pub credits: Money,
    /// What is left on each account: debit when positive, credit when negative.
    pub balances: BTreeMap<Account, Money>,
    /// What was paid.
    pub paid: Money,
    /// What went back.
    pub refunded: Money,
}

/// Where a journal does not add up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// An entry whose debits are not its credits.
    #[error("分录 {fact} 借贷不平,请核对该笔资金记录")]
    Unbalanced {
        /// The fact.
        fact: String,
    },
    /// An entry of a kind that nobody posts, or one that says one thing and moves another.
    #[error("分录 {fact} 与其事项不符,请核对该笔资金记录")]
    Strange {
        /// The fact.
        fact: String,
    },
    /// The same fact twice.
    #[error("分录 {fact} 重复入账,请核对该笔资金记录")]
    Twice {
        /// The fact.
        fact: String,
    },
    /// What lies at the provider is not what was paid less what went back.
    #[error("通道待结算余额 {clearing} 元,应为已收 {paid} 元减已退 {refunded} 元")]
    ClearingDiffers {
        /// The balance.
        clearing: Money,
        /// What was paid.
        paid: Money,
        /// What went back.
        refunded: Money,
    },
}

/// Adds a journal up.
pub fn trial<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Trial, TrialError> {
    let mut trial = Trial::default();
    let mut seen = std::collections::HashSet::new();
    for entry in entries {
        let fact = || entry.fact.clone();
        if !entry.balanced() {
            return Err(TrialError::Unbalanced { fact: fact() });
        }
        if !seen.insert(entry.fact.as_str()) {
            return Err(TrialError::Twice { fact: fact() });
        }
        trial.post(entry).ok_or_else(|| TrialError::Strange { fact: fact() })?;
    }
    let clearing = trial.balance(Account::ChannelClearing);
    let (paid, refunded) = (trial.paid, trial.refunded);
    if clearing.fen() != paid.fen().saturating_sub(refunded.fen()) {
        return Err(TrialError::ClearingDiffers { clearing, paid, refunded });
    }
    Ok(trial)
}

impl Fault for TrialError {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "bill/books-do-not-add-up"
    }
}

impl Trial {
    /// What is left on an account.
    pub fn balance(&self, account: Account) -> Money {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// Enters an entry. None: it does not move what its fact says.
    fn post(&mut self, entry: &Entry) -> Option<()> {
        let clearing = entry.on(Account::ChannelClearing);
        match entry.kind()? {
            FactKind::Pay if clearing > Money::ZERO => self.paid = added(self.paid, clearing),
            FactKind::Refund if clearing < Money::ZERO => {
                self.refunded = added(self.refunded, Money::from_fen(clearing.fen().saturating_neg()));
            }
            FactKind::Owe | FactKind::Hand if clearing.is_zero() => {}
            FactKind::Pay | FactKind::Refund | FactKind::Owe | FactKind::Hand => return None,
        }
        self.facts = self.facts.saturating_add(1);
        for posting in &entry.postings {
            let balance = self.balances.entry(posting.account).or_default();
            *balance = added(*balance, posting.amount);
            if posting.amount > Money::ZERO {
                self.debits = added(self.debits, posting.amount);
            } else {
                self.credits = added(self.credits, Money::from_fen(posting.amount.fen().saturating_neg()));
            }
        }
        Some(())
    }
}

/// Sums of a school's whole journal may lie beyond what one price may be.
fn added(one: Money, other: Money) -> Money {
    Money::from_fen(one.fen().saturating_add(other.fen()))
}
