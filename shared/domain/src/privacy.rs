//! Requests about personal data (隐私申请): a guardian asks for correction or deletion, the school decides with a reason.
//! What the law wants kept is refused by rule. K3, promise P13.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{GuardianId, PersonId, PrivacyRequestId, SchoolCode, StudentId};
use crate::pii::Pii;
use crate::retention::Kept;
use crate::time::Moment;

/// Characters of what a guardian writes.
pub const TEXT_CHARACTERS: std::ops::RangeInclusive<usize> = 4..=500;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RequestKind {
    /// Something is wrong (更正).
    Correction,
    /// Something shall go (删除).
    Deletion,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RequestState {
    /// Waits for the school (待处理).
    Asked,
    /// Done (已办理).
    Done,
    /// Refused, with the reason (未予办理).
    Refused,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided; none: the rule.
    #[serde(default)]
    pub by: Option<PersonId>,
    /// When.
    pub at: Moment,
    /// Why, for the guardian.
    pub reason: String,
}

/// A guardian's request about personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivacyRequest {
    /// Its identifier, which names the guardian.
    pub id: PrivacyRequestId,
    /// The hash of the request it came with.
    pub request: String,
    /// What is asked for. An item's own `kind` says what the item is.
    #[serde(rename = "wanted")]
    pub kind: RequestKind,
    /// About which child; none: about the guardian.
    #[serde(default)]
    pub student: Option<StudentId>,
    /// The school that decides.
    pub school: SchoolCode,
    /// What the guardian has written: it may name anybody.
    pub text: Pii<String>,
    /// When.
    pub asked_at: Moment,
    /// Where it stands.
    pub state: RequestState,
    /// What became of it.
    #[serde(default)]
    pub decision: Option<Decision>,
}

/// A request in the list of its school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivacyPlace {
    /// The request.
    pub id: PrivacyRequestId,
}

/// Why a request is not taken, or not decided so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "privacy/")]
pub enum PrivacyError {
    /// Nothing written, or too much.
    #[error("请写明需要更正或删除的内容,4 至 500 个字")]
    TextUnusable,
    /// It was decided already.
    #[error("该申请已处理,请刷新后查看结果")]
    AlreadyDecided,
    /// The guardian has no child at any school.
    #[error("账号下没有关联的孩子,没有可受理申请的学校,请联系平台客服")]
    NoSchool,
    /// An order is open.
    #[error("订单 {order} 尚未完成,请先缴费或取消订单后再申请删除")]
    OrderOpen {
        /// Its number.
        order: String,
    },
    /// The law wants something kept.
    #[error("“{what}”依法须保存至 {until},期满前只能保存、不能删除,到期后可再次申请")]
    Kept {
        /// The class.
        what: &'static str,
        /// The last day.
        until: Date,
    },
}

impl From<Kept> for PrivacyError {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::OpenOrder(order) => Self::OrderOpen { order: order.to_string() },
            Kept::Until(class, until) => Self::Kept { what: class.retention().title, until },
        }
    }
}

impl Fault for PrivacyError {
    fn kind(&self) -> Kind {
        match self {
            Self::TextUnusable => Kind::Invalid,
            Self::AlreadyDecided | Self::NoSchool | Self::OrderOpen { .. } | Self::Kept { .. } => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let at_fault = Pointed { pointer: "/text".to_owned(), detail: self.to_string() };
        if *self == Self::TextUnusable { vec![at_fault] } else { Vec::new() }
    }
}

impl Owned for PrivacyRequest {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

/// What a guardian asks.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request's identifier.
    pub id: PrivacyRequestId,
    /// The hash of the request.
    pub request: String,
    /// What is asked for.
    pub kind: RequestKind,
    /// About which child.
    pub student: Option<StudentId>,
    /// The school that decides.
    pub school: SchoolCode,
    /// What the guardian has written.
    pub text: Pii<String>,
}

impl PrivacyRequest {
    /// Asks. A deletion that the law forbids is refused at once, in writing and with the reason.
    pub fn ask(asked: Asked, kept: Option<Kept>, now: Moment) -> Result<Self, PrivacyError> {
        let Asked { id, request, kind, student, school, text } = asked;
        if !TEXT_CHARACTERS.contains(&text.reveal().trim().chars().count()) {
            return Err(PrivacyError::TextUnusable);
        }
        let forbidden = kept.filter(|_| kind == RequestKind::Deletion).map(PrivacyError::from);
        let state = if forbidden.is_some() { RequestState::Refused } else { RequestState::Asked };
        let decision = forbidden.map(|why| Decision { by: None, at: now, reason: why.to_string() });
        Ok(Self { id, request, kind, student, school, text, asked_at: now, state, decision })
    }

    /// The school decides, with a reason. What the law wants kept is not deleted, whoever approves it.
    pub fn decide(
        &mut self,
        (by, reason): (&PersonId, String),
        approved: bool,
        kept: Option<Kept>,
        now: Moment,
    ) -> Result<(), PrivacyError> {
        if self.state != RequestState::Asked {
            return Err(PrivacyError::AlreadyDecided);
        }
        if let (true, RequestKind::Deletion, Some(kept)) = (approved, self.kind, kept) {
            return Err(kept.into());
        }
        self.state = if approved { RequestState::Done } else { RequestState::Refused };
        self.decision = Some(Decision { by: Some(by.clone()), at: now, reason });
        Ok(())
    }

    /// Who asked.
    pub fn guardian(&self) -> GuardianId {
        self.id.guardian()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::Class;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    fn asked(kind: RequestKind, text: &str, kept: Option<Kept>) -> Result<PrivacyRequest, PrivacyError> {
        let asked = Asked {
            id: "G000000000.0f3b6c1d2e4a59788f10".parse().unwrap(),
            request: String::new(),
            kind,
            student: None,
            school: "3144200101".parse().unwrap(),
            text: Pii::new(text.to_owned()),
        };
        PrivacyRequest::ask(asked, kept, NOW)
    }

    fn decided(request: &mut PrivacyRequest, approved: bool, kept: Option<Kept>) -> Result<(), PrivacyError> {
        let by: PersonId = "A000000002".parse().unwrap();
        request.decide((&by, "已核实".to_owned()), approved, kept, NOW)
    }

    fn until() -> Kept {
        Kept::Until(Class::Payments, jiff::civil::date(2056, 9, 1))
    }

    #[test]
    fn p13_a_deletion_that_the_law_forbids_is_refused_in_writing() {
        let refused = asked(RequestKind::Deletion, "请删除我的信息", Some(until())).unwrap();
        assert_eq!(refused.state, RequestState::Refused);
        let reason = refused.decision.unwrap().reason;
        assert!(reason.contains("缴费凭证") && reason.contains("2056-09-01"), "{reason}");
        let open = Kept::OpenOrder("20261-S000000000-01".parse().unwrap());
        let refused = asked(RequestKind::Deletion, "请删除我的信息", Some(open)).unwrap();
        assert!(refused.decision.unwrap().reason.contains("20261-S000000000-01"));
        let correction = asked(RequestKind::Correction, "姓名写错了", Some(until())).unwrap();
        assert_eq!(correction.state, RequestState::Asked, "a correction is not forbidden");
    }

    #[test]
    fn p13_what_the_law_wants_kept_meanwhile_is_not_deleted_either() {
        let mut request = asked(RequestKind::Deletion, "请删除我的信息", None).unwrap();
        assert!(matches!(decided(&mut request, true, Some(until())), Err(PrivacyError::Kept { .. })));
        assert_eq!(request.state, RequestState::Asked);
        assert_eq!(decided(&mut request, false, Some(until())), Ok(()));
        assert_eq!(request.state, RequestState::Refused);
        assert_eq!(decided(&mut request, true, None), Err(PrivacyError::AlreadyDecided));
    }

    #[test]
    fn k3_a_request_is_decided_once_with_a_reason() {
        let mut request = asked(RequestKind::Correction, "姓名写错了", None).unwrap();
        assert_eq!(request.guardian().as_str(), "G000000000");
        assert_eq!(decided(&mut request, true, None), Ok(()));
        assert_eq!(request.decision.as_ref().map(|decision| decision.reason.as_str()), Some("已核实"));
        assert_eq!(decided(&mut request, true, None), Err(PrivacyError::AlreadyDecided));
        assert_eq!(asked(RequestKind::Correction, " 错 ", None), Err(PrivacyError::TextUnusable));
        assert_eq!(PrivacyError::TextUnusable.pointed().len(), 1);
    }
}
