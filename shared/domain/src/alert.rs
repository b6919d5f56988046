//! Alerts (财务提醒): that something about a school's money needs a person. S34.4 S35.1 P7.3.
//!
//! An alert stands for a fact under a name made of it, so that the fact is told once, whoever finds it. It is raised with
//! the change by which the fact becomes true, and ends with the change by which it is true no more, or by a person's word.
//! It holds numbers, and nothing that says who somebody is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{AlertId, PersonId, SchoolCode};
use crate::money::Money;
use crate::payment::Payment;
use crate::reconciliation::difference::{Difference, DifferenceState};
use crate::refund::reserve::{MANY_REFUNDS, is_late, left};
use crate::refund::{Refund, RefundState, Trouble};
use crate::time::Moment;

/// Hours for which a difference may be open before somebody is told: less than a day, so that the next morning, whose
/// bill may mend it, is the one that tells.
pub const OPEN_HOURS: i64 = 20;

/// Longest words of a person, in characters.
pub const WORDS_LETTERS: usize = 200;

/// What needs a person.
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
pub enum AlertKind {
    /// The school's account at the provider does not cover a refund.
    BalanceShort,
    /// The provider cannot give a refund to the payer.
    RefundAbnormal,
    /// A refund ended without money, and none goes on in its place.
    RefundRefused,
    /// A guardian says that a refund has not arrived.
    RefundDisputed,
    /// Few refunds are left of a payment.
    RefundsFew,
    /// The time runs out in which a provider gives a payment back, while a course of it goes on.
    RefundTimeShort,
    /// A bill and the books differ, and did on the morning before.
    DifferenceOpen,
}

impl AlertKind {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::BalanceShort => "商户余额不足",
            Self::RefundAbnormal => "退款异常",
            Self::RefundRefused => "退款未成功",
            Self::RefundDisputed => "家长反馈退款未到账",
            Self::RefundsFew => "退款次数即将用完",
            Self::RefundTimeShort => "退款期限将至",
            Self::DifferenceOpen => "对账差异次日仍未处理",
        }
    }

    /// What is to be done.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::BalanceShort => "请向收款商户号充值,到账后系统自动重新发起,无需其他操作",
            Self::RefundAbnormal => "请联系家长,改退至其他银行卡,或退回学校后线下退还",
            Self::RefundRefused => "请核对原因后重新发起,或由学校线下退还并登记",
            Self::RefundDisputed => "请与支付通道核实后答复家长",
            Self::RefundsFew => "该支付单的退款将按月合并发出,请尽量一次退清",
            Self::RefundTimeShort => "支付满 365 天后支付通道不再受理退款,请核对是否仍有应退款项并及时退清",
            Self::DifferenceOpen => "请核对通道账单与平台账务,核实或申请核销该差异",
        }
    }

    /// Whether it may be raised again once it has ended: what depends on the clock alone is told once.
    const fn comes_again(self) -> bool {
        match self {
            Self::BalanceShort
            | Self::RefundAbnormal
            | Self::RefundRefused
            | Self::RefundDisputed
            | Self::RefundsFew => true,
            Self::RefundTimeShort | Self::DifferenceOpen => false,
        }
    }
}

/// How an alert ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Who settled it; none: the fact is true no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// What the person says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// When.
    pub at: Moment,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its name: school, kind, and the number of what it is about.
    pub id: AlertId,
    /// The school. It repeats what the name says, so that what was read can say whose it is.
    pub school: SchoolCode,
    /// When it was raised, the last time.
    pub raised_at: Moment,
    /// How often it was.
    pub times: u16,
    /// How it ended; none: it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

impl Owned for Alert {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

/// Why an alert cannot be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "alert/")]
pub enum AlertError {
    /// It has ended.
    #[error("该提醒已处理完毕,无需再次处理")]
    AlreadySettled,
    /// No words, or long ones.
    #[error("请填写处理说明,1 至 {WORDS_LETTERS} 个字")]
    WordsUnusable,
}

impl Fault for AlertError {
    fn kind(&self) -> Kind {
        match self {
            Self::AlreadySettled => Kind::Refused,
            Self::WordsUnusable => Kind::Invalid,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::WordsUnusable => vec![Pointed { pointer: "/words".to_owned(), detail: self.to_string() }],
            Self::AlreadySettled => Vec::new(),
        }
    }
}

/// What becomes of an alert by a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// What it tells of is true now.
    Raised,
    /// It is true no more.
    Gone,
}

impl Alert {
    /// What the alert of that name becomes, of which `found` is known; none when it stays as it is.
    pub fn after(found: Option<&Self>, id: &AlertId, change: Change, now: Moment) -> Option<Self> {
        match (found, change) {
            (None, Change::Raised) => {
                Some(Self { id: id.clone(), school: id.school(), raised_at: now, times: 1, ended: None })
            }
            (Some(ended), Change::Raised) if ended.ended.is_some() && id.kind().comes_again() => {
                Some(Self { raised_at: now, times: ended.times.saturating_add(1), ended: None, ..ended.clone() })
            }
            (Some(open), Change::Gone) if open.is_open() => {
                Some(Self { ended: Some(Ended { by: None, words: None, at: now }), ..open.clone() })
            }
            (None | Some(_), Change::Gone) | (Some(_), Change::Raised) => None,
        }
    }

    /// Whether somebody has still to see to it.
    pub const fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// A person has seen to it, and says how.
    pub fn settle(&mut self, by: &PersonId, words: &str, now: Moment) -> Result<(), AlertError> {
        let words = words.trim();
        if !(1..=WORDS_LETTERS).contains(&words.chars().count()) {
            return Err(AlertError::WordsUnusable);
        }
        if !self.is_open() {
            return Err(AlertError::AlreadySettled);
        }
        self.ended = Some(Ended { by: Some(by.clone()), words: Some(words.to_owned()), at: now });
        Ok(())
    }
}

/// What is true of a thing and needs a person, to be compared with what is true of it after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The school whose money it is; none: the platform's own, which is in nobody's list.
    school: Option<SchoolCode>,
    number: String,
    kinds: BTreeSet<AlertKind>,
}

impl Facts {
    /// Of a refund.
    pub fn of_refund(refund: &Refund) -> Self {
        let trouble = match refund.state {
            RefundState::Sent if refund.trouble == Some(Trouble::BalanceShort) => Some(AlertKind::BalanceShort),
            RefundState::Abnormal => Some(AlertKind::RefundAbnormal),
            RefundState::Rejected | RefundState::Closed if !refund.retried => Some(AlertKind::RefundRefused),
            RefundState::Reserved
            | RefundState::Sent
            | RefundState::Processing
            | RefundState::Done
            | RefundState::Closed
            | RefundState::Rejected
            | RefundState::Returned => None,
        };
        let disputed = refund.is_disputed().then_some(AlertKind::RefundDisputed);
        let kinds = trouble.into_iter().chain(disputed).collect();
        Self { school: Some(refund.school.clone()), number: refund.no().to_string(), kinds }
    }

    /// Of a payment.
    pub fn of_payment(payment: &Payment, now: Moment) -> Self {
        let some_left = left(payment) > Money::ZERO;
        let few = (some_left && payment.refunds >= MANY_REFUNDS).then_some(AlertKind::RefundsFew);
        let late = (some_left && is_late(payment, now)).then_some(AlertKind::RefundTimeShort);
        let kinds = few.into_iter().chain(late).collect();
        Self { school: Some(payment.school.clone()), number: payment.no.to_string(), kinds }
    }

    /// Of a difference between a bill and the books.
    pub fn of_difference(difference: &Difference, now: Moment) -> Self {
        let long = now >= difference.found_at.plus_minutes(OPEN_HOURS.saturating_mul(60));
        let open = (difference.state == DifferenceState::Open && long).then_some(AlertKind::DifferenceOpen);
        let number = difference.id.place().to_owned();
        Self { school: difference.school.clone(), number, kinds: open.into_iter().collect() }
    }

    /// The same, as far as it depends on the clock alone. It is found by looking, and follows upon [`Facts::untold`].
    #[must_use]
    pub fn by_the_clock(mut self) -> Self {
        self.kinds.retain(|kind| !kind.comes_again());
        self
    }

    /// The same thing, with nothing to be told of it.
    #[must_use]
    pub fn untold(&self) -> Self {
        Self { kinds: BTreeSet::new(), ..self.clone() }
    }

    /// What becomes of which alerts when `after` is true instead.
    pub fn changes(&self, after: &Self) -> Vec<(AlertId, Change)> {
        let Some(school) = &self.school else { return Vec::new() };
        let raised = after.kinds.difference(&self.kinds).map(|kind| (*kind, Change::Raised));
        let gone = self.kinds.difference(&after.kinds).map(|kind| (*kind, Change::Gone));
        raised.chain(gone).map(|(kind, change)| (AlertId::new(school, kind, &self.number), change)).collect()
    }
}

#[cfg(test)]
mod tests;
