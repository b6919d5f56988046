//! Refund rules (退费规则) as data: the first clause that fits says what goes back of the tuition. What a school or
//! township decides is written down, checked, and frozen into the order it was sold under. S34.2 P7.1.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, LessonState, Trigger};
use crate::fault::{Fault, Kind, Pointed};
use crate::money::Money;

/// Most clauses of a set of rules.
pub const CLAUSES: usize = 20;

/// A part of a whole, as 2/3: at most all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Above the line.
    pub num: u16,
    /// Below the line.
    pub den: u16,
}

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self { num: 1, den: 1 };

    /// Whether it is a part.
    pub const fn usable(self) -> bool {
        self.den > 0 && self.num <= self.den
    }

    /// Whether `part` of `whole` is less than this.
    pub fn is_above(self, part: u16, whole: u16) -> bool {
        u32::from(part).saturating_mul(u32::from(self.den)) < u32::from(whole).saturating_mul(u32::from(self.num))
    }

    fn is_below(self, other: Self) -> bool {
        u32::from(self.num).saturating_mul(u32::from(other.den))
            < u32::from(other.num).saturating_mul(u32::from(self.den))
    }

    pub(crate) fn of(self, amount: Money) -> Money {
        let ratio = Decimal::from(self.num).checked_div(Decimal::from(self.den)).unwrap_or_default();
        amount.scaled(ratio).unwrap_or(amount).min(amount)
    }
}

/// When a clause fits: each condition that is set must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// At least so many days before the first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_before_start: Option<u16>,
    /// Less than this share of the lessons has passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_below: Option<Share>,
    /// At most so many days since the first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_since_start: Option<u16>,
    /// At most so many days after the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_after_end: Option<u16>,
}

impl When {
    fn fits(&self, facts: &Facts) -> bool {
        let before = facts.days_before_start();
        self.days_before_start.is_none_or(|days| before >= i64::from(days))
            && self.passed_below.is_none_or(|share| share.is_above(facts.counted().passed(), facts.sold.lessons))
            && self.days_since_start.is_none_or(|days| before.saturating_neg() <= i64::from(days))
            && self.days_after_end.is_none_or(|days| facts.days_after_end() <= i64::from(days))
    }
}

/// What goes back of a month in which lessons have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthStep {
    /// When less than this share of the month's lessons was attended.
    pub attended_below: Share,
    /// This share of the month's tuition.
    pub back: Share,
}

/// What goes back of the tuition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "of")]
pub enum Back {
    /// A share of it (按比例).
    Share(Share),
    /// The lessons that were not taken (按课时).
    Lessons,
    /// The days on which no lesson was taken (按天).
    Days,
    /// Months that have not begun, and of the others what the first step that fits says (按月).
    Months(Vec<MonthStep>),
    /// What the waiver takes (按减免比例).
    Waived,
    /// Nothing (不退).
    Nothing,
}

/// Whether a fee goes back when the pupil leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeeBack {
    /// Always.
    Always,
    /// As long as it was not used (未领取、未使用).
    #[default]
    Unused,
    /// Never.
    Never,
}

/// To which amount the tuition that goes back is rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Whole fen: every split is exact already.
    #[default]
    Fen,
    /// Up to ten fen (进到角).
    UpToJiao,
    /// Down to ten fen (舍到角).
    DownToJiao,
    /// Up to a yuan (进到元).
    UpToYuan,
    /// Down to a yuan (舍到元).
    DownToYuan,
}

impl Rounding {
    /// The amount, never above `most`: all that is left is given back exactly.
    pub fn apply(self, amount: Money, most: Money) -> Money {
        let (unit, up) = match self {
            Self::Fen => return amount.min(most),
            Self::UpToJiao => (10, true),
            Self::DownToJiao => (10, false),
            Self::UpToYuan => (100, true),
            Self::DownToYuan => (100, false),
        };
        if amount >= most {
            return most;
        }
        let over = amount.fen().rem_euclid(unit);
        let down = amount.fen().saturating_sub(over);
        let rounded = if up && over > 0 { down.saturating_add(unit) } else { down };
        Money::from_fen(rounded).min(most)
    }
}

/// How money goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Payout {
    /// To whoever paid, by the way it came (原路退回). S34.5.
    #[default]
    Original,
    /// Kept against what is due next term (抵扣下学期): it goes back by the way it came when the school says so, and in
    /// any case before the provider takes no refund any more.
    NextTerm,
}

/// When what has accrued for missed lessons is paid out by itself (应退累计的退还时间).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case", tag = "by", content = "of")]
#[strum(serialize_all = "snake_case")]
pub enum AccruedPayout {
    /// Never: with the withdrawal, or when somebody asks for it (退课或申请时).
    #[default]
    Asked,
    /// In each month, what had accrued when it began (按月).
    Monthly,
    /// After the last lesson (课程结束后).
    AtEnd,
    /// As soon as it comes to so much, and the rest after the last lesson (达到金额).
    Above(Money),
}

/// A clause: when it fits, what goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// For which reasons; empty: for each.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub triggers: BTreeSet<Trigger>,
    /// When.
    #[serde(default)]
    pub when: When,
    /// What.
    pub back: Back,
    /// How.
    #[serde(default)]
    pub payout: Payout,
    /// Whether the school has to approve it.
    #[serde(default)]
    pub approval: bool,
    /// The rule in words, for guardians.
    pub words: String,
}

/// What goes back, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundRules {
    /// The clauses; the first that fits holds.
    pub clauses: Vec<Clause>,
    /// Lessons that went by without the pupil and go back all the same: on leave, absent, not given.
    pub missed: BTreeSet<LessonState>,
    /// Of the materials fee.
    #[serde(default)]
    pub materials: FeeBack,
    /// Of the sundry fee.
    #[serde(default)]
    pub sundry: FeeBack,
    /// What the school keeps of each refund when the guardian leaves, in fen (手续费).
    #[serde(default)]
    pub handling: Money,
    /// To which amount.
    #[serde(default)]
    pub rounding: Rounding,
    /// When what has accrued for missed lessons is paid out.
    #[serde(default)]
    pub accrued: AccruedPayout,
}

/// Why rules cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "refund-rules/")]
pub enum RulesError {
    /// None, or too many.
    #[error("退费规则应有 1 至 {CLAUSES} 条")]
    ClausesOutOfRange,
    /// A share of nothing, or above the whole.
    #[error("退费比例应为不大于 1 的分数,分母不为 0")]
    ShareUnusable,
    /// No words.
    #[error("每条退费规则应有 2 至 100 个字的说明,供家长查看")]
    WordsUnusable,
    /// Lessons that were taken, or are to be.
    #[error("可退的未上课时只能是请假、缺勤或停课")]
    MissedUnusable,
    /// A negative fee.
    #[error("手续费不能为负")]
    HandlingUnusable,
    /// A month's steps are not in order.
    #[error("按月退费的出勤比例应从低到高排列")]
    StepsUnordered,
    /// A clause for what has accrued, which goes by those for leave and suspension.
    #[error("应退累计按请假和停课的规则计算,不能单独制定规则")]
    TriggerUnusable,
    /// An amount that is none.
    #[error("应退累计达到金额即退的,金额应大于 0 元")]
    AccruedUnusable,
}

impl Fault for RulesError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::ClausesOutOfRange
            | Self::ShareUnusable
            | Self::WordsUnusable
            | Self::StepsUnordered
            | Self::TriggerUnusable => "clauses",
            Self::MissedUnusable => "missed",
            Self::HandlingUnusable => "handling_fen",
            Self::AccruedUnusable => "accrued",
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl RefundRules {
    /// The same, if they can be used.
    pub fn checked(self) -> Result<Self, RulesError> {
        if self.clauses.is_empty() || self.clauses.len() > CLAUSES {
            return Err(RulesError::ClausesOutOfRange);
        }
        for clause in &self.clauses {
            clause.check()?;
        }
        let passed = |state: &LessonState| !matches!(state, LessonState::Due | LessonState::Attended);
        if !self.missed.iter().all(passed) {
            return Err(RulesError::MissedUnusable);
        }
        if matches!(self.accrued, AccruedPayout::Above(least) if least <= Money::ZERO) {
            return Err(RulesError::AccruedUnusable);
        }
        if self.handling < Money::ZERO { Err(RulesError::HandlingUnusable) } else { Ok(self) }
    }

    /// The clause that holds.
    pub fn clause(&self, facts: &Facts) -> Option<&Clause> {
        self.clause_for(facts.trigger, facts)
    }

    /// The clause that would hold for another reason.
    pub(super) fn clause_for(&self, trigger: Trigger, facts: &Facts) -> Option<&Clause> {
        let concerns = |clause: &&Clause| clause.triggers.is_empty() || clause.triggers.contains(&trigger);
        self.clauses.iter().filter(concerns).find(|clause| clause.when.fits(facts))
    }
}

impl Clause {
    fn check(&self) -> Result<(), RulesError> {
        if !(2..=100).contains(&self.words.trim().chars().count()) {
            return Err(RulesError::WordsUnusable);
        }
        if self.triggers.contains(&Trigger::Accrued) {
            return Err(RulesError::TriggerUnusable);
        }
        let steps: &[MonthStep] = if let Back::Months(steps) = &self.back { steps } else { &[] };
        let back = if let Back::Share(share) = &self.back { Some(*share) } else { None };
        let of_steps = steps.iter().flat_map(|step| [step.attended_below, step.back]);
        if !back.into_iter().chain(self.when.passed_below).chain(of_steps).all(Share::usable) {
            return Err(RulesError::ShareUnusable);
        }
        let rises = |pair: &[MonthStep]| match pair {
            [one, other] => one.attended_below.is_below(other.attended_below),
            _ => true,
        };
        if steps.windows(2).all(rises) { Ok(()) } else { Err(RulesError::StepsUnordered) }
    }
}
