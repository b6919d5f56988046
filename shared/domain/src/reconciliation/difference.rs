//! Difference (差异): where a provider's bill and our books disagree, what heals it, and who said what about it. S35.1
//! S36.2.
//!
//! It is open until it is healed, confirmed or waived, and stays so then: nothing opens it again by itself.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{DifferenceId, PaymentNo, PersonId};
use crate::money::Money;
use crate::payment::Channel;
use crate::reconciliation::bill::{BillRow, RowKind, RowStatus};
use crate::reconciliation::matching::Finding;
use crate::tenant::Tenant;
use crate::time::Moment;

/// How bill and books disagree.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DifferenceKind {
    /// Paid at the provider, not paid here (平台漏单).
    MissingLocal,
    /// Paid here, not in the bill (通道漏单).
    MissingProvider,
    /// Another amount (金额不符).
    AmountMismatch,
    /// Another school's merchant (收款账户不符).
    AccountMismatch,
    /// The provider is further on than we are (状态滞后).
    StateLag,
    /// A refund we did not ask for: made in the provider's console, or twice (通道侧退款).
    RefundExternal,
    /// Paid twice, or for nothing, and nothing is set aside to go back (重复支付).
    DuplicatePaid,
    /// Another fee than the rate gives (手续费不符).
    FeeDiff,
    /// Another sum paid out than the bill says (结算金额不符).
    SettlementDiff,
    /// Booked on another day by the provider (跨日).
    Timing,
}

/// What is done about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Remedy {
    /// The provider is asked and its word applied.
    Ask,
    /// The provider is asked; when it says the same as the bill, a person decides.
    AskThenPerson,
    /// It is looked for in the bill of the next day.
    Carry,
    /// The money is set aside to go back.
    GiveBack,
    /// It is entered as a refund from outside; a person says of which lines.
    Adopt,
    /// A person decides.
    Person,
    /// It is told, for a person to take up with the provider.
    Report,
}

impl DifferenceKind {
    /// What is done about it.
    pub const fn remedy(self) -> Remedy {
        match self {
            Self::MissingLocal | Self::StateLag => Remedy::Ask,
            Self::MissingProvider => Remedy::AskThenPerson,
            Self::Timing => Remedy::Carry,
            Self::DuplicatePaid => Remedy::GiveBack,
            Self::RefundExternal => Remedy::Adopt,
            Self::AmountMismatch | Self::AccountMismatch => Remedy::Person,
            Self::FeeDiff | Self::SettlementDiff => Remedy::Report,
        }
    }

    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::MissingLocal => "平台漏单",
            Self::MissingProvider => "通道漏单",
            Self::AmountMismatch => "金额不符",
            Self::AccountMismatch => "收款账户不符",
            Self::StateLag => "状态滞后",
            Self::RefundExternal => "通道侧退款",
            Self::DuplicatePaid => "重复支付",
            Self::FeeDiff => "手续费不符",
            Self::SettlementDiff => "结算金额不符",
            Self::Timing => "跨日",
        }
    }
}

/// Where a difference stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DifferenceState {
    /// Nobody and nothing has settled it.
    Open,
    /// Both sides agree now (已自动平账).
    Healed,
    /// A person has put it right, or says why it is right (已核实).
    Confirmed,
    /// It is let go (已核销).
    Waived,
}

impl DifferenceState {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Open => "待处理",
            Self::Healed => "已自动平账",
            Self::Confirmed => "已核实",
            Self::Waived => "已核销",
        }
    }
}

/// What the bill says: the row, as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The provider's number of the transaction.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub transaction: String,
    /// Our number of the payment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub payment: String,
    /// The provider's number of the refund.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider_refund_no: String,
    /// The merchant the money went to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sub_merchant: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// How it stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RowStatus>,
    /// What the provider keeps, in thousandths of a fen.
    #[serde(default)]
    pub fee: i64,
    /// SHA-256 of the bill, by which it is kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bill: String,
    /// The line of it, from 1; 0: the bill has none.
    #[serde(default)]
    pub line: u64,
}

impl Proof {
    /// A row of a bill.
    pub fn of(row: &BillRow<'_>) -> Self {
        Self {
            transaction: row.transaction.to_owned(),
            payment: row.number.to_owned(),
            provider_refund_no: row.provider_refund_no.to_owned(),
            sub_merchant: row.sub_merchant.to_owned(),
            at: Some(row.at),
            status: Some(row.status),
            fee: row.fee.thousandths(),
            bill: String::new(),
            line: row.line,
        }
    }
}

/// Who settled it, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who: a person, or the platform where nobody decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Why.
    pub why: String,
    /// When.
    pub at: Moment,
}

/// A disagreement between a bill and our books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where it is found: whose it is, the day of the bill, what kind, which number.
    pub id: DifferenceId,
    /// The provider.
    pub channel: Channel,
    /// How they disagree.
    #[serde(rename = "type")]
    pub kind: DifferenceKind,
    /// Whether it is about a payment or a refund.
    pub side: RowKind,
    /// What our books say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<Money>,
    /// What the bill says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Money>,
    /// The row of the bill.
    pub proof: Proof,
    /// Where it stands.
    pub state: DifferenceState,
    /// When it was first found.
    pub found_at: Moment,
    /// When it was last looked at by the platform without being healed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<Moment>,
    /// Who settled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Said>,
    /// Who would let it go, waiting for a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Said>,
    /// When it was found again, with other figures, after it had been settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_again: Option<Moment>,
    /// The payment nothing of which may go out until it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freezes: Option<PaymentNo>,
    /// The school it belongs to; none: the platform's own. It repeats what the number says, so that what was read can
    /// say whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<crate::id::SchoolCode>,
}

/// Why a difference cannot be settled so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "difference/")]
pub enum DifferenceError {
    /// It is settled.
    #[error("该差异已处理完毕,无需再次处理")]
    AlreadySettled,
    /// Somebody has proposed to let it go.
    #[error("该差异已提交核销申请,请先由他人审批或驳回")]
    WaiverWaiting,
    /// Nobody has.
    #[error("该差异没有待审批的核销申请,请刷新后查看")]
    NoWaiverWaiting,
    /// Who proposes does not approve.
    #[error("涉及金额的核销须由申请人以外的人员审批")]
    SecondPersonNeeded,
    /// No reason, or a long one.
    #[error("处理说明应为 1 至 200 个字")]
    ReasonUnusable,
}

impl Fault for DifferenceError {
    fn kind(&self) -> Kind {
        match self {
            Self::ReasonUnusable => Kind::Invalid,
            Self::AlreadySettled | Self::WaiverWaiting | Self::NoWaiverWaiting | Self::SecondPersonNeeded => {
                Kind::Refused
            }
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::ReasonUnusable => vec![Pointed { pointer: "/reason".to_owned(), detail: self.to_string() }],
            Self::AlreadySettled | Self::WaiverWaiting | Self::NoWaiverWaiting | Self::SecondPersonNeeded => Vec::new(),
        }
    }
}

/// Longest reason, in characters.
const REASON_LETTERS: usize = 200;

impl Said {
    /// What a person says.
    pub fn read(by: &PersonId, why: &str, at: Moment) -> Result<Self, DifferenceError> {
        let why = why.trim();
        let usable = (1..=REASON_LETTERS).contains(&why.chars().count());
        if usable {
            Ok(Self { by: Some(by.clone()), why: why.to_owned(), at })
        } else {
            Err(DifferenceError::ReasonUnusable)
        }
    }
}

impl Owned for Difference {
    fn owner(&self) -> Owner<'_> {
        Owner { school: self.school.as_ref(), ..Owner::default() }
    }
}

impl Difference {
    /// A difference that was found in the bill of a day, which is kept under `bill`.
    pub fn found(finding: Finding, day: Date, bill: &str, now: Moment) -> Self {
        let Finding { kind, of, channel, side, number, ours, theirs, proof } = finding;
        let school = match &of {
            Tenant::School(school) => Some(school.clone()),
            Tenant::Platform => None,
        };
        Self {
            id: DifferenceId::new(&of, day, kind, &number),
            channel,
            kind,
            side,
            ours,
            theirs,
            proof: Proof { bill: bill.to_owned(), ..proof },
            state: DifferenceState::Open,
            found_at: now,
            looked_at: None,
            ended: None,
            proposed: None,
            seen_again: None,
            freezes: None,
            school,
        }
    }

    /// What the bill has more than our books; below nothing: what it has less.
    pub fn amount(&self) -> Money {
        let fen = |money: Option<Money>| money.map_or(0, Money::fen);
        Money::from_fen(fen(self.theirs).saturating_sub(fen(self.ours)))
    }

    /// Whether nobody and nothing has settled it.
    pub fn is_open(&self) -> bool {
        self.state == DifferenceState::Open
    }

    /// Whether money is held back by it.
    pub fn is_frozen(&self) -> bool {
        self.is_open() && self.freezes.is_some()
    }

    /// Whether letting it go writes money off.
    pub fn is_money(&self) -> bool {
        match self.kind {
            DifferenceKind::StateLag | DifferenceKind::Timing => false,
            DifferenceKind::AccountMismatch | DifferenceKind::DuplicatePaid | DifferenceKind::FeeDiff => true,
            DifferenceKind::MissingLocal
            | DifferenceKind::MissingProvider
            | DifferenceKind::AmountMismatch
            | DifferenceKind::RefundExternal
            | DifferenceKind::SettlementDiff => !self.amount().is_zero(),
        }
    }

    /// The same difference was found once more. An open one tells what is known now; a settled one stays settled, and
    /// remembers when it was found with other figures than it was settled for. False: nothing changes.
    pub fn found_again(&mut self, finding: &Finding, bill: &str, now: Moment) -> bool {
        let proof = Proof { bill: bill.to_owned(), ..finding.proof.clone() };
        // The same row may stand at another line of a later bill.
        let moved = Proof { bill: self.proof.bill.clone(), line: self.proof.line, ..proof.clone() };
        let same = self.ours == finding.ours && self.theirs == finding.theirs && self.proof == moved;
        if self.state != DifferenceState::Open {
            let news = !same && self.seen_again.is_none();
            if news {
                self.seen_again = Some(now);
            }
            return news;
        }
        let changes = !same || self.proof.bill != proof.bill;
        (self.ours, self.theirs, self.proof) = (finding.ours, finding.theirs, proof);
        changes
    }

    /// Both sides agree now. False: it was settled before, and nothing changes.
    pub fn heal(&mut self, why: &str, now: Moment) -> bool {
        if self.state != DifferenceState::Open {
            return false;
        }
        self.state = DifferenceState::Healed;
        self.proposed = None;
        self.ended = Some(Said { by: None, why: why.to_owned(), at: now });
        true
    }

    /// A person has put it right, or says why it is right.
    pub fn confirm(&mut self, said: Said) -> Result<(), DifferenceError> {
        self.open()?;
        if self.proposed.is_some() {
            return Err(DifferenceError::WaiverWaiting);
        }
        self.state = DifferenceState::Confirmed;
        self.ended = Some(said);
        Ok(())
    }

    /// A person would let it go. Where no money is written off it is let go at once; else another person approves.
    pub fn waive(&mut self, said: Said) -> Result<(), DifferenceError> {
        self.open()?;
        if self.proposed.is_some() {
            return Err(DifferenceError::WaiverWaiting);
        }
        if self.is_money() {
            self.proposed = Some(said);
        } else {
            self.state = DifferenceState::Waived;
            self.ended = Some(said);
        }
        Ok(())
    }

    /// Another person decides what was proposed: it is let go, or stays open.
    pub fn decide_waiver(&mut self, by: &PersonId, approved: bool, now: Moment) -> Result<(), DifferenceError> {
        self.open()?;
        let proposed = self.proposed.as_ref().ok_or(DifferenceError::NoWaiverWaiting)?;
        if approved && proposed.by.as_ref() == Some(by) {
            return Err(DifferenceError::SecondPersonNeeded);
        }
        if approved {
            self.state = DifferenceState::Waived;
            self.ended = Some(Said { by: Some(by.clone()), why: proposed.why.clone(), at: now });
        } else {
            self.proposed = None;
        }
        Ok(())
    }

    fn open(&self) -> Result<(), DifferenceError> {
        if self.state == DifferenceState::Open { Ok(()) } else { Err(DifferenceError::AlreadySettled) }
    }
}
