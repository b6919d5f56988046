//! Destroying a school's keys (销毁数据密钥): whatever they seal is lost for good. One person proposes it, another one
//! carries it out, and both write down the school's code. K3, promise P13.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PersonId, SchoolCode};
use crate::time::Moment;
use crate::user::Reason;

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ShreddingState {
    /// Waits for a second person (待审批).
    Proposed,
    /// Decided on: the keys are destroyed (已销毁). Who was interrupted does it again.
    Approved,
    /// Refused by the second person (已驳回).
    Rejected,
}

/// The proposal to destroy a school's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shredding {
    /// The school.
    pub school: SchoolCode,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed_at: Moment,
    /// Where it stands.
    pub state: ShreddingState,
    /// Who decided it, and when.
    #[serde(default)]
    pub decided: Option<(PersonId, Moment)>,
}

/// Why keys are not destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "shredding/")]
pub enum ShreddingError {
    /// The code that was written down is not the school's.
    #[error("填写的学校标识码与要销毁密钥的学校不一致,请核对后重新填写")]
    ConfirmationWrong,
    /// The platform's keys seal guardians of all schools.
    #[error("平台密钥用于全部学校的家长信息,不能销毁,请选择学校")]
    PlatformKept,
    /// A proposal waits already.
    #[error("该校已有待审批的密钥销毁申请,请先处理后再提交")]
    Waiting,
    /// They are destroyed.
    #[error("该校的数据密钥已销毁,无需重复提交")]
    Done,
    /// No proposal waits.
    #[error("没有待审批的密钥销毁申请,请刷新后查看")]
    NothingWaiting,
    /// Who proposes does not approve.
    #[error("密钥销毁须由提交人以外的安全管理员审批")]
    SecondPersonNeeded,
}

impl Fault for ShreddingError {
    fn kind(&self) -> Kind {
        match self {
            Self::ConfirmationWrong => Kind::Invalid,
            Self::PlatformKept | Self::Waiting | Self::Done | Self::NothingWaiting | Self::SecondPersonNeeded => {
                Kind::Refused
            }
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let at_fault = Pointed { pointer: "/school".to_owned(), detail: self.to_string() };
        if *self == Self::ConfirmationWrong { vec![at_fault] } else { Vec::new() }
    }
}

/// Whether the code somebody has written down is the school's.
pub fn confirm(school: &SchoolCode, written: &str) -> Result<(), ShreddingError> {
    if written == school.as_str() { Ok(()) } else { Err(ShreddingError::ConfirmationWrong) }
}

impl Shredding {
    /// A proposal, after what became of the one before.
    pub fn propose(
        before: Option<&Self>,
        school: SchoolCode,
        (by, reason): (PersonId, Reason),
        now: Moment,
    ) -> Result<Self, ShreddingError> {
        match before.map(|before| before.state) {
            Some(ShreddingState::Proposed) => return Err(ShreddingError::Waiting),
            Some(ShreddingState::Approved) => return Err(ShreddingError::Done),
            Some(ShreddingState::Rejected) | None => {}
        }
        let (reason, state) = (reason.text(), ShreddingState::Proposed);
        Ok(Self { school, reason, proposed_by: by, proposed_at: now, state, decided: None })
    }

    /// A second person decides. Approving what was approved is doing again what may have been interrupted.
    pub fn decide(&mut self, by: &PersonId, approved: bool, now: Moment) -> Result<(), ShreddingError> {
        if *by == self.proposed_by {
            return Err(ShreddingError::SecondPersonNeeded);
        }
        match self.state {
            ShreddingState::Proposed => {
                self.state = if approved { ShreddingState::Approved } else { ShreddingState::Rejected };
                self.decided = Some((by.clone(), now));
                Ok(())
            }
            ShreddingState::Approved if approved => Ok(()),
            ShreddingState::Approved | ShreddingState::Rejected => Err(ShreddingError::NothingWaiting),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    fn person(id: &str) -> PersonId {
        id.parse().unwrap()
    }

    fn proposed(before: Option<&Shredding>) -> Result<Shredding, ShreddingError> {
        let reason = Reason::read("学校撤并".to_owned()).unwrap();
        Shredding::propose(before, "3144200101".parse().unwrap(), (person("P000000001"), reason), NOW)
    }

    #[test]
    fn k3_keys_are_destroyed_by_two_persons() {
        let mut shredding = proposed(None).unwrap();
        assert_eq!(proposed(Some(&shredding)), Err(ShreddingError::Waiting));
        let own = shredding.decide(&person("P000000001"), true, NOW);
        assert_eq!(own, Err(ShreddingError::SecondPersonNeeded));
        assert_eq!(shredding.decide(&person("P000000002"), true, NOW), Ok(()));
        assert_eq!(shredding.state, ShreddingState::Approved);
        assert_eq!(shredding.decide(&person("P000000003"), true, NOW), Ok(()), "who was interrupted does it again");
        assert_eq!(shredding.decided.as_ref().map(|(by, _)| by), Some(&person("P000000002")));
        assert_eq!(shredding.decide(&person("P000000002"), false, NOW), Err(ShreddingError::NothingWaiting));
        assert_eq!(proposed(Some(&shredding)), Err(ShreddingError::Done));
    }

    #[test]
    fn k3_a_proposal_that_was_rejected_may_be_made_again() {
        let mut shredding = proposed(None).unwrap();
        shredding.decide(&person("P000000002"), false, NOW).unwrap();
        assert_eq!(shredding.decide(&person("P000000002"), true, NOW), Err(ShreddingError::NothingWaiting));
        assert!(proposed(Some(&shredding)).is_ok());
    }

    #[test]
    fn k3_the_code_of_the_school_is_written_down() {
        let school: SchoolCode = "3144200101".parse().unwrap();
        assert_eq!(confirm(&school, "3144200101"), Ok(()));
        for other in ["3144200102", "", "3144200101 "] {
            assert_eq!(confirm(&school, other), Err(ShreddingError::ConfirmationWrong));
        }
        assert_eq!(ShreddingError::ConfirmationWrong.pointed().len(), 1);
        assert!(ShreddingError::Done.pointed().is_empty());
    }
}
