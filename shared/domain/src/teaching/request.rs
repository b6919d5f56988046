//! Requests about teaching (教学申请): for whom somebody asks, who decides, and that nothing is decided twice.
//! S21 S25 T2 P9.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::id::PersonId;
use crate::time::Moment;

/// Characters of a reason.
pub const REASON_CHARACTERS: RangeInclusive<usize> = 2..=200;

/// For whom somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Party {
    /// For the own child.
    Guardian,
    /// For the own classes, or for oneself as their teacher.
    Teacher,
    /// For the school.
    School,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TeachingRequestState {
    /// Waits for somebody's decision (待审核).
    Asked,
    /// Granted, and in effect (已通过).
    Granted,
    /// Refused (已驳回).
    Refused,
    /// Taken back by who asked (已撤回).
    TakenBack,
}

/// How a request was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided; none: the rules, which want nobody's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When.
    pub at: Moment,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a request is handled (办理情况): what all of them have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    /// The hash of the request it came with.
    pub request: String,
    /// Who asked.
    pub asked_by: PersonId,
    /// For whom.
    pub party: Party,
    /// When.
    pub asked_at: Moment,
    /// Where it stands.
    pub state: TeachingRequestState,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// Why a request is not handled so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "teaching-request/")]
pub enum HandlingError {
    /// No reason, or a long one.
    #[error("请填写原因,2 至 200 个字")]
    ReasonUnusable,
    /// It was decided already.
    #[error("该申请已处理或已撤回,请刷新后查看结果")]
    AlreadyDecided,
    /// Who asks does not decide.
    #[error("申请人不能审核自己的申请,请由另一位人员审核")]
    SecondPersonNeeded,
    /// Another one asked.
    #[error("只有申请人可以撤回申请,如需处理请由学校审核")]
    NotTheAsker,
}

impl Fault for HandlingError {
    fn kind(&self) -> Kind {
        match self {
            Self::ReasonUnusable => Kind::Invalid,
            Self::AlreadyDecided | Self::SecondPersonNeeded | Self::NotTheAsker => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::ReasonUnusable => vec![Pointed { pointer: "/reason".to_owned(), detail: self.to_string() }],
            Self::AlreadyDecided | Self::SecondPersonNeeded | Self::NotTheAsker => Vec::new(),
        }
    }
}

/// A reason as it is kept, if it is one.
pub fn reason(text: &str) -> Result<String, HandlingError> {
    let text = text.trim();
    if REASON_CHARACTERS.contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(HandlingError::ReasonUnusable)
    }
}

impl Handling {
    /// A request that was asked, and waits.
    pub fn asked(request: String, (asked_by, party): (PersonId, Party), asked_at: Moment) -> Self {
        Self { request, asked_by, party, asked_at, state: TeachingRequestState::Asked, decision: None }
    }

    /// Grants it. `by` nobody: the school's rules want no approval.
    pub fn grant(&mut self, by: Option<&PersonId>, now: Moment) -> Result<(), HandlingError> {
        self.check_second(by)?;
        self.decide(TeachingRequestState::Granted, Decision { by: by.cloned(), at: now, reason: None })
    }

    /// Refuses it.
    pub fn refuse(&mut self, by: &PersonId, why: &str, now: Moment) -> Result<(), HandlingError> {
        self.check_second(Some(by))?;
        let decision = Decision { by: Some(by.clone()), at: now, reason: Some(reason(why)?) };
        self.decide(TeachingRequestState::Refused, decision)
    }

    /// Takes it back.
    pub fn take_back(&mut self, by: &PersonId, now: Moment) -> Result<(), HandlingError> {
        if self.asked_by != *by {
            return Err(HandlingError::NotTheAsker);
        }
        self.decide(TeachingRequestState::TakenBack, Decision { by: Some(by.clone()), at: now, reason: None })
    }

    /// Ends one that waits, because what it is about is gone: nobody's word is wanted.
    pub fn call_off(&mut self, now: Moment) {
        if self.state == TeachingRequestState::Asked {
            self.state = TeachingRequestState::TakenBack;
            self.decision = Some(Decision { by: None, at: now, reason: None });
        }
    }

    /// Whether it was granted.
    pub fn is_granted(&self) -> bool {
        self.state == TeachingRequestState::Granted
    }

    fn check_second(&self, by: Option<&PersonId>) -> Result<(), HandlingError> {
        if by == Some(&self.asked_by) { Err(HandlingError::SecondPersonNeeded) } else { Ok(()) }
    }

    fn decide(&mut self, state: TeachingRequestState, decision: Decision) -> Result<(), HandlingError> {
        if self.state != TeachingRequestState::Asked {
            return Err(HandlingError::AlreadyDecided);
        }
        self.state = state;
        self.decision = Some(decision);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    fn person(id: &str) -> PersonId {
        id.parse().unwrap()
    }

    fn asked() -> Handling {
        Handling::asked(String::new(), (person("G000000000"), Party::Guardian), NOW)
    }

    #[test]
    fn s25_1_who_asks_does_not_decide() {
        let mut handling = asked();
        let own = person("G000000000");
        assert_eq!(handling.grant(Some(&own), NOW), Err(HandlingError::SecondPersonNeeded));
        assert_eq!(handling.refuse(&own, "人手不足", NOW), Err(HandlingError::SecondPersonNeeded));
        assert_eq!(handling, asked());
        handling.grant(Some(&person("A000000001")), NOW).unwrap();
        assert!(handling.is_granted());
        let mut by_rule = asked();
        by_rule.grant(None, NOW).unwrap();
        assert_eq!(by_rule.decision.unwrap().by, None);
    }

    #[test]
    fn s25_1_nothing_is_decided_twice() {
        type Way = fn(&mut Handling, &PersonId) -> Result<(), HandlingError>;
        let other = person("A000000001");
        let ways: [Way; 3] = [
            |handling, other| handling.grant(Some(other), NOW),
            |handling, other| handling.refuse(other, "不符合规定", NOW),
            |handling, _| handling.take_back(&"G000000000".parse().unwrap(), NOW),
        ];
        for first in ways {
            for second in ways {
                let mut handling = asked();
                first(&mut handling, &other).unwrap();
                let known = handling.clone();
                assert_eq!(second(&mut handling, &other), Err(HandlingError::AlreadyDecided));
                assert_eq!(handling, known);
            }
        }
    }

    #[test]
    fn s25_1_a_refusal_says_why_and_only_who_asked_takes_back() {
        let mut handling = asked();
        let other = person("A000000001");
        assert_eq!(handling.refuse(&other, " 无 ", NOW), Err(HandlingError::ReasonUnusable));
        assert_eq!(handling.refuse(&other, &"长".repeat(201), NOW), Err(HandlingError::ReasonUnusable));
        assert_eq!(handling.take_back(&other, NOW), Err(HandlingError::NotTheAsker));
        assert_eq!(handling, asked());
    }
}
