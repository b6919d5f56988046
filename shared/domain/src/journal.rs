//! Journal (账务分录): every money fact posted once, in double entry. P5.

use serde::{Deserialize, Serialize};

use crate::id::{OrderNo, SchoolCode};
use crate::money::Money;
use crate::payment::{Channel, Evidence, Payment};
use crate::refund::Refund;
use crate::time::Moment;

/// An account of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Account {
    /// Money at the provider that belongs to the school (通道待结算).
    ChannelClearing,
    /// Money guardians have paid for lessons not yet given (预收).
    OrderPrepaid,
    /// Money that is promised back (待退).
    RefundPayable,
    /// Money the school has paid out of its own, or has from the provider to pay out (学校线下支付).
    SchoolCash,
    /// Money the school has from the provider and owes the payer (学校待付家长).
    SchoolPayable,
}

impl Account {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::ChannelClearing => "通道待结算",
            Self::OrderPrepaid => "预收课程款",
            Self::RefundPayable => "待退款项",
            Self::SchoolCash => "学校线下支付",
            Self::SchoolPayable => "学校待付家长",
        }
    }
}

/// What kind of fact an entry posts: the word its fact begins with.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FactKind {
    /// A payment came in.
    Pay,
    /// A refund was set aside.
    Owe,
    /// A refund reached the payer.
    Refund,
    /// The school has paid a refund out of its own.
    Hand,
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
    /// Our number of it at the provider: of the payment, or of the refund.
    #[serde(default)]
    pub number: String,
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
            number: evidence.payment.to_string(),
            at: evidence.paid_at,
            postings: vec![
                Posting { account: Account::ChannelClearing, amount: evidence.total },
                Posting { account: credit, amount: owed },
            ],
        }
    }

    /// Something of what an order had paid is promised back: `amount` more, in a refund that may have grown by it.
    pub fn owed(refund: &Refund, payment: &Payment, amount: Money, at: Moment) -> Self {
        let fact = format!("owe:{}:{}", refund.no(), refund.amount.fen());
        let sides = (Account::OrderPrepaid, Account::RefundPayable);
        Self::moved(fact, (refund, payment), sides, (amount, at))
    }

    /// The payer has the money.
    pub fn refunded(refund: &Refund, payment: &Payment, at: Moment) -> Self {
        let fact = format!("refund:{}:{}", payment.channel, refund.no());
        let sides = (Account::RefundPayable, Account::ChannelClearing);
        Self::moved(fact, (refund, payment), sides, (refund.amount, at))
    }

    /// The provider has given it to the school, which owes it to the payer.
    pub fn returned(refund: &Refund, payment: &Payment, at: Moment) -> Self {
        let mut entry = Self::refunded(refund, payment, at);
        let owed = Money::from_fen(refund.amount.fen().saturating_neg());
        entry.postings.push(Posting { account: Account::SchoolCash, amount: refund.amount });
        entry.postings.push(Posting { account: Account::SchoolPayable, amount: owed });
        entry
    }

    /// The school has paid it out: of its own, past the provider that refuses it, or what it has from the provider.
    pub fn handed_out(refund: &Refund, payment: &Payment, at: Moment) -> Self {
        let fact = format!("hand:{}", refund.no());
        // What was never sent under its number never came from the provider.
        let debit = if refund.sent_at.is_some() { Account::SchoolPayable } else { Account::RefundPayable };
        Self::moved(fact, (refund, payment), (debit, Account::SchoolCash), (refund.amount, at))
    }

    /// An amount moves from one account, which is debited, to another.
    fn moved(
        fact: String,
        (refund, payment): (&Refund, &Payment),
        (debit, credit): (Account, Account),
        (amount, at): (Money, Moment),
    ) -> Self {
        let back = Money::from_fen(amount.fen().saturating_neg());
        Self {
            fact,
            school: refund.school.clone(),
            channel: payment.channel,
            order: payment.no.order(),
            number: refund.no().to_string(),
            at,
            postings: vec![Posting { account: debit, amount }, Posting { account: credit, amount: back }],
        }
    }

    /// What kind of fact it posts.
    pub fn kind(&self) -> Option<FactKind> {
        self.fact.split(':').next().and_then(|word| word.parse().ok())
    }

    /// The provider's number in the fact, where it has one.
    pub fn provider_no(&self) -> &str {
        self.fact.rsplit(':').next().unwrap_or_default()
    }

    /// What it moves on an account: debit when positive, credit when negative.
    pub fn on(&self, account: Account) -> Money {
        let moved =
            self.postings.iter().filter(|posting| posting.account == account).map(|posting| posting.amount.fen());
        Money::from_fen(moved.fold(0i64, i64::saturating_add))
    }

    /// Whether a payment counts: its order is paid by it.
    pub fn counts(&self) -> bool {
        !self.on(Account::OrderPrepaid).is_zero()
    }

    /// Whether debits equal credits.
    pub fn balanced(&self) -> bool {
        self.postings.iter().map(|posting| posting.amount.fen()).sum::<i64>() == 0
    }
}
