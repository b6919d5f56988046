//! Journal (账务分录): every money fact posted once, in double entry. P5.

use serde::{Deserialize, Serialize};

use crate::id::{OrderNo, SchoolCode};
use crate::money::Money;
use crate::payment::{Channel, Evidence};
use crate::time::Moment;

/// An account of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Account {
    /// Money at the provider that belongs to the school (通道待结算).
    ChannelClearing,
    /// Money guardians have paid for lessons not yet given (预收).
    OrderPrepaid,
    /// Money that came in for nothing and is to be given back (待退).
    RefundPayable,
}

/// One side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The account.
    pub account: Account,
    /// Debit when positive, credit when negative.
    pub amount: Money,
}

/// A money fact with its postings, whose amounts add up to zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The fact, unique for ever: `pay:wechat:4200001234`.
    pub fact: String,
    /// The school whose money it is.
    pub school: SchoolCode,
    /// The provider.
    pub channel: Channel,
    /// The order it concerns.
    pub order: OrderNo,
    /// When the money moved, by the provider's clock.
    pub at: Moment,
    /// The two sides.
    pub postings: Vec<Posting>,
}

impl Entry {
    /// A payment came in: for the order when it counts, else to be given back.
    pub fn paid(evidence: &Evidence, school: &SchoolCode, counted: bool) -> Self {
        let credit = if counted { Account::OrderPrepaid } else { Account::RefundPayable };
        let owed = Money::from_fen(evidence.total.fen().saturating_neg());
        Self {
            fact: format!("pay:{}:{}", evidence.channel, evidence.transaction),
            school: school.clone(),
            channel: evidence.channel,
            order: evidence.payment.order(),
            at: evidence.paid_at,
            postings: vec![
                Posting { account: Account::ChannelClearing, amount: evidence.total },
                Posting { account: credit, amount: owed },
            ],
        }
    }

    /// Whether debits equal credits.
    pub fn balanced(&self) -> bool {
        self.postings.iter().map(|posting| posting.amount.fen()).sum::<i64>() == 0
    }
}
