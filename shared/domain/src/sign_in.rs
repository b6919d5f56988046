//! Signing in (登录): who may come in by which steps, and what each refusal says. B1.2 K5.1.

use serde::{Deserialize, Serialize};

use crate::access::{Grant, Scope};
use crate::credential::Credential;
use crate::fault::{Fault, Kind};
use crate::id::{PersonId, RoleId, SchoolCode};
use crate::pii::Pii;
use crate::time::Moment;
use crate::user::User;

/// How long one may stay at the identity provider.
pub const PENDING_MINUTES: i64 = 10;
/// How long the steps behind a password may take.
pub const TICKET_MINUTES: i64 = 10;
/// The assurance a person needs at the province: `L2`, an identity checked in person or by face.
pub const ASSURANCE: u8 = 2;

/// A sign-in that is under way at an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Hash of what the browser keeps: who brings the answer has also asked.
    pub binding: String,
    /// Whether the answer has come.
    pub used: bool,
    /// Until when it may come; the table may forget it then.
    pub expires_at: Moment,
}

/// Who an identity provider says somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The name.
    pub name: Pii<String>,
    /// The mobile phone, 11 digits; none when the account has none.
    pub phone: Option<Pii<String>>,
    /// Whether the name was checked against the register.
    pub real: bool,
    /// How surely it is that person, 0 to 4.
    pub assurance: u8,
    /// Whether it is a human being and not a company.
    pub natural: bool,
}

/// The step a ticket stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The code of the second factor.
    SecondFactor,
    /// Setting the second factor up.
    SetUp,
    /// The first code of the second factor that is being set up.
    Confirm {
        /// Its secret, base 32.
        secret: Pii<String>,
    },
    /// A new password.
    ChangePassword,
}

/// What leads from one step of a sign-in by password to the next. It is good once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Who is signing in.
    pub person: PersonId,
    /// The step it is for.
    pub step: Step,
    /// The password it began with.
    pub epoch: u64,
    /// Whether it was used.
    pub used: bool,
    /// Until when it is good; the table may forget it then.
    pub expires_at: Moment,
}

/// Why somebody does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "sign-in/")]
pub enum SignInError {
    /// No such sign-in was begun, or by another browser.
    #[error("登录请求无效,请在本浏览器中返回登录页重新登录")]
    StateUnknown,
    /// Its time is over.
    #[error("登录等待时间过长,请返回登录页重新登录")]
    StateExpired,
    /// Its answer has come already.
    #[error("该登录请求已使用,请返回登录页重新登录")]
    StateUsed,
    /// The identity provider does not know the code, or gave its answer for it before.
    #[error("统一身份认证未通过,请返回登录页重新登录")]
    CodeRefused,
    /// The identity provider does not vouch for the person.
    #[error("统一身份认证账号尚未达到实名 L2 级别,请先在该平台完成实名核验")]
    NotVerified,
    /// A company's account.
    #[error("请使用个人账号登录,法人账号不能登录本平台")]
    NotNatural,
    /// No phone.
    #[error("统一身份认证账号没有绑定有效手机号,请先在该平台绑定")]
    PhoneMissing,
    /// Neither a guardian nor a member of staff.
    #[error("该手机号未登记为家长或工作人员,请联系学校核对登记的手机号")]
    NotRegistered,
    /// The account is frozen.
    #[error("账号已被冻结,请联系管理员")]
    Frozen,
    /// Phone or password: which of them is not told.
    #[error("手机号或密码不正确")]
    WrongPassword,
    /// The code of the second factor.
    #[error("动态验证码不正确或已使用,请输入下一个验证码")]
    WrongCode,
    /// The ticket of a step is unknown, used, too old, or for another step.
    #[error("登录步骤已失效,请重新输入密码登录")]
    TicketUnknown,
    /// The second factor was not set up in time.
    #[error("初始密码已失效,请联系管理员重置")]
    SetupOverdue,
    /// Guardians have no password.
    #[error("密码登录仅供工作人员使用,家长请用统一身份认证登录")]
    StaffOnly,
    /// The password to be replaced is not given, or not right.
    #[error("原密码不正确")]
    OldPasswordWrong,
}

impl Fault for SignInError {
    fn kind(&self) -> Kind {
        match self {
            Self::StateUnknown | Self::StateExpired | Self::StateUsed | Self::CodeRefused | Self::OldPasswordWrong => {
                Kind::Refused
            }
            Self::NotVerified
            | Self::NotNatural
            | Self::PhoneMissing
            | Self::NotRegistered
            | Self::Frozen
            | Self::SetupOverdue
            | Self::StaffOnly => Kind::Forbidden,
            Self::WrongPassword | Self::WrongCode | Self::TicketUnknown => Kind::UnknownCaller,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

impl Pending {
    /// Begins a sign-in for the browser that keeps what has this hash.
    pub const fn begin(binding: String, now: Moment) -> Self {
        Self { binding, used: false, expires_at: now.plus_minutes(PENDING_MINUTES) }
    }

    /// Takes the answer, once, from the browser that asked. Who asks for a stranger's sign-in learns nothing about it.
    pub fn redeem(&mut self, binding: &str, now: Moment) -> Result<(), SignInError> {
        if self.binding != binding {
            return Err(SignInError::StateUnknown);
        }
        if self.used {
            return Err(SignInError::StateUsed);
        }
        if self.expires_at <= now {
            return Err(SignInError::StateExpired);
        }
        self.used = true;
        Ok(())
    }
}

impl Identified {
    /// The phone of a person the provider vouches for.
    pub fn vouched(&self) -> Result<&Pii<String>, SignInError> {
        if !self.natural {
            return Err(SignInError::NotNatural);
        }
        if !self.real || self.assurance < ASSURANCE {
            return Err(SignInError::NotVerified);
        }
        self.phone.as_ref().ok_or(SignInError::PhoneMissing)
    }
}

impl Ticket {
    /// A ticket for a step.
    pub const fn of(person: PersonId, step: Step, epoch: u64, now: Moment) -> Self {
        Self { person, step, epoch, used: false, expires_at: now.plus_minutes(TICKET_MINUTES) }
    }

    /// Whether it may be used now, for the credential it began with.
    pub fn check(&self, credential: &Credential, now: Moment) -> Result<(), SignInError> {
        let good = !self.used && now < self.expires_at && self.epoch == credential.epoch;
        if good { Ok(()) } else { Err(SignInError::TicketUnknown) }
    }
}

/// The step behind a right password.
pub fn after_password(credential: &Credential, now: Moment) -> Result<Step, SignInError> {
    if credential.second_factor.is_some() {
        Ok(Step::SecondFactor)
    } else if credential.may_set_up(now) {
        Ok(Step::SetUp)
    } else {
        Err(SignInError::SetupOverdue)
    }
}

/// The step behind a right code; none: the person is in.
pub const fn after_second_factor(credential: &Credential) -> Option<Step> {
    if credential.must_change { Some(Step::ChangePassword) } else { None }
}

/// The grants somebody comes in with: those of the account, and a guardian's for who has children here.
pub fn grants(user: Option<&User>, is_guardian: bool) -> Result<Vec<Grant>, SignInError> {
    if user.is_some_and(|user| user.frozen.is_some()) {
        return Err(SignInError::Frozen);
    }
    let mut grants: Vec<Grant> = user.map(|user| user.grants.clone()).unwrap_or_default();
    if is_guardian {
        grants.push(Grant { role: RoleId::built_in("guardian"), scope: Scope::Children });
    }
    if grants.is_empty() { Err(SignInError::NotRegistered) } else { Ok(grants) }
}

/// Somebody a deployment lets in before it has users, as its secret says it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstAdministrator {
    /// The name.
    pub name: String,
    /// The mobile phone.
    pub phone: String,
    /// The roles.
    pub grants: Vec<Grant>,
}

impl FirstAdministrator {
    /// The account it becomes.
    pub fn user(&self, id: PersonId, now: Moment) -> User {
        let home: Option<SchoolCode> = self.grants.iter().find_map(|grant| grant.scope.school()).cloned();
        User {
            id,
            name: Pii::new(self.name.clone()),
            phone: Pii::new(self.phone.clone()),
            home,
            grants: self.grants.clone(),
            posts: Vec::new(),
            frozen: None,
            session_ver: 0,
            sessions_until: None,
            last_seen: Some(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::SecondFactor;

    const START: Moment = Moment::from_seconds(1_788_220_800);

    fn person() -> PersonId {
        "T000000001".parse().unwrap()
    }

    fn credential() -> Credential {
        Credential::first(person(), Pii::new("phc".to_owned()), true, START)
    }

    #[test]
    fn k5_1_a_state_is_good_once_in_time_and_for_its_browser() {
        let begun = Pending::begin("mine".to_owned(), START);
        let late = START.plus_minutes(PENDING_MINUTES);
        assert_eq!(begun.clone().redeem("yours", START), Err(SignInError::StateUnknown));
        assert_eq!(begun.clone().redeem("mine", late), Err(SignInError::StateExpired));
        let mut taken = begun;
        assert_eq!(taken.redeem("mine", late.plus_seconds(-1)), Ok(()));
        assert_eq!(taken.redeem("mine", START), Err(SignInError::StateUsed));
        assert_eq!(taken.redeem("yours", START), Err(SignInError::StateUnknown), "nothing is told to a stranger");
    }

    #[test]
    fn b1_2_only_a_real_person_with_a_phone_is_vouched_for() {
        let phone = Some(Pii::new("13812341234".to_owned()));
        let one = Identified { name: Pii::new("王".to_owned()), phone, real: true, assurance: 2, natural: true };
        assert!(one.vouched().is_ok());
        for (other, error) in [
            (Identified { natural: false, ..one.clone() }, SignInError::NotNatural),
            (Identified { real: false, ..one.clone() }, SignInError::NotVerified),
            (Identified { assurance: 1, ..one.clone() }, SignInError::NotVerified),
            (Identified { phone: None, ..one.clone() }, SignInError::PhoneMissing),
        ] {
            assert_eq!(other.vouched().unwrap_err(), error);
        }
    }

    #[test]
    fn k5_1_a_password_alone_lets_nobody_in() {
        let mut credential = credential();
        assert_eq!(after_password(&credential, START), Ok(Step::SetUp));
        let overdue = START.plus_minutes(crate::credential::SETUP_HOURS * 60);
        assert_eq!(after_password(&credential, overdue), Err(SignInError::SetupOverdue));
        credential.second_factor = Some(SecondFactor { secret: Pii::new("S".to_owned()) });
        assert_eq!(after_password(&credential, overdue), Ok(Step::SecondFactor));
        assert_eq!(after_second_factor(&credential), Some(Step::ChangePassword));
        credential.change(Pii::new("new".to_owned()), START);
        assert_eq!(after_second_factor(&credential), None);
    }

    #[test]
    fn k5_1_a_ticket_is_good_once_in_time_and_for_its_password() {
        let mut credential = credential();
        let ticket = Ticket::of(person(), Step::SetUp, credential.epoch, START);
        assert_eq!(ticket.check(&credential, START), Ok(()));
        let late = START.plus_minutes(TICKET_MINUTES);
        assert_eq!(ticket.check(&credential, late), Err(SignInError::TicketUnknown));
        let used = Ticket { used: true, ..ticket.clone() };
        assert_eq!(used.check(&credential, START), Err(SignInError::TicketUnknown));
        credential.reset(Pii::new("other".to_owned()), START);
        assert_eq!(ticket.check(&credential, START), Err(SignInError::TicketUnknown));
    }

    #[test]
    fn p10_one_comes_in_with_ones_own_grants_and_those_of_the_children() {
        let first = FirstAdministrator {
            name: "陈".to_owned(),
            phone: "13900000000".to_owned(),
            grants: vec!["school_admin@school:3144200101".parse().unwrap()],
        };
        let mut user = first.user(person(), START);
        assert_eq!(user.home.as_ref().map(SchoolCode::as_str), Some("3144200101"));
        let texts = |grants: Vec<Grant>| grants.iter().map(ToString::to_string).collect::<Vec<_>>();
        let both = ["school_admin@school:3144200101", "guardian@children"];
        assert_eq!(texts(grants(Some(&user), true).unwrap()), both);
        assert_eq!(texts(grants(None, true).unwrap()), ["guardian@children"]);
        assert_eq!(grants(None, false), Err(SignInError::NotRegistered));
        user.freeze(&"A000000001".parse().unwrap(), crate::user::Reason::read("离职".to_owned()).unwrap(), START)
            .unwrap();
        assert_eq!(grants(Some(&user), true), Err(SignInError::Frozen), "a frozen account is no guardian either");
    }
}
