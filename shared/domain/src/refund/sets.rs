//! Sets of refund rules (退费规则版本): which rules an order was sold under. A school decides for a term, its township for
//! all others, and the standard rules hold where neither has decided. A set that was used never changes. S34.2 P7.1.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::facts::{LessonState, Trigger};
use super::rules::{AccruedPayout, Back, Clause, FeeBack, Payout, RefundRules, Rounding, Share, When};
use crate::id::{IdError, OrganizationId, PersonId, SchoolCode, TermCode};
use crate::money::Money;

/// Who decides on rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesOwner {
    /// A school, for one term.
    School(SchoolCode, TermCode),
    /// A township, for the schools and terms that have none of their own.
    Township(OrganizationId),
}

/// `3144200101#2026-2027-1`, `442000006`.
impl fmt::Display for RulesOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::School(school, term) => write!(f, "{school}#{term}"),
            Self::Township(township) => write!(f, "{township}"),
        }
    }
}

/// A version of a set of rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    /// Who decided.
    pub owner: RulesOwner,
    /// The rules.
    pub rules: RefundRules,
    /// Who wrote them down.
    pub by: PersonId,
}

/// Which rules an order was sold under: `s3` is the third version of its school's for its term, `t2@442000006` the
/// second of a township's, `b1` the standard rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RulesRef {
    /// The standard rules.
    #[default]
    BuiltIn,
    /// A version of the school's.
    School(u64),
    /// A version of a township's.
    Township(OrganizationId, u64),
}

impl RulesRef {
    /// Whether they are the standard rules.
    pub fn is_built_in(&self) -> bool {
        *self == Self::BuiltIn
    }
}

impl fmt::Display for RulesRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("b1"),
            Self::School(version) => write!(f, "s{version}"),
            Self::Township(township, version) => write!(f, "t{version}@{township}"),
        }
    }
}

impl FromStr for RulesRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let version = |digits: &str| digits.parse::<u64>().ok().filter(|version| *version > 0).ok_or(IdError);
        if text == "b1" {
            Ok(Self::BuiltIn)
        } else if let Some(digits) = text.strip_prefix('s') {
            version(digits).map(Self::School)
        } else if let Some((digits, township)) = text.strip_prefix('t').and_then(|rest| rest.split_once('@')) {
            Ok(Self::Township(township.parse()?, version(digits)?))
        } else {
            Err(IdError)
        }
    }
}

impl TryFrom<String> for RulesRef {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<RulesRef> for String {
    fn from(rules: RulesRef) -> Self {
        rules.to_string()
    }
}

impl RefundRules {
    /// The standard rules: what was not taken goes back lesson by lesson, absence without leave does not, nobody keeps
    /// a fee; the school approves a withdrawal once the lessons have begun, and what has accrued after the last one.
    pub fn built_in() -> Self {
        let clause = |when: When, back: Back, approval: bool, words: &str| Clause {
            triggers: BTreeSet::new(),
            when,
            back,
            payout: Payout::Original,
            approval,
            words: words.to_owned(),
        };
        let before = When { days_before_start: Some(1), ..When::default() };
        let month = When { days_after_end: Some(30), ..When::default() };
        let waiver = clause(When::default(), Back::Waived, true, "补办减免,按减免比例退还学费");
        let early = clause(before, Back::Share(Share::WHOLE), false, "开课前退课,学费全额退还");
        Self {
            clauses: vec![
                Clause { triggers: [Trigger::Waiver].into(), ..waiver },
                Clause { triggers: [Trigger::Withdrawal, Trigger::Transfer, Trigger::ClassCancelled].into(), ..early },
                clause(month, Back::Lessons, true, "按未上课时退还,无故缺勤不退"),
            ],
            missed: [LessonState::OnLeave, LessonState::NotGiven].into(),
            materials: FeeBack::Unused,
            sundry: FeeBack::Unused,
            handling: Money::ZERO,
            rounding: Rounding::Fen,
            accrued: AccruedPayout::AtEnd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s34_2_an_order_names_the_rules_it_was_sold_under() {
        for text in ["b1", "s3", "t2@442000006"] {
            assert_eq!(text.parse::<RulesRef>().map(|rules| rules.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "b2", "s0", "s", "t2", "t@442000006", "t0@442000006", "x1"] {
            assert_eq!(text.parse::<RulesRef>(), Err(IdError), "{text}");
        }
        assert!(RulesRef::default().is_built_in());
    }

    #[test]
    fn s34_2_the_standard_rules_can_be_used() {
        assert_eq!(RefundRules::built_in().checked(), Ok(RefundRules::built_in()));
    }
}
