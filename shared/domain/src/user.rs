//! Users (用户): people with an account, the roles they hold, and whether they may come in. B1 B3 K5.1.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access::{Grant, Owned, Owner, Permission, RoleBook, Scope, separated};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PersonId, SchoolCode};
use crate::identifier::mobile_phone;
use crate::pii::Pii;
use crate::post::Post;
use crate::time::Moment;

/// Most grants of one user.
pub const GRANTS: usize = 20;

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// From a keyed hash of the phone: the same as the person's as a guardian.
    pub id: PersonId,
    /// The name.
    pub name: Pii<String>,
    /// The mobile phone, 11 digits.
    pub phone: Pii<String>,
    /// The school the account was made for; none: above schools, or a guardian.
    pub home: Option<SchoolCode>,
    /// The roles held.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// What the person is at the school for (岗位): no right follows from it.
    #[serde(default)]
    pub posts: Vec<Post>,
    /// Since when, why and by whom the account is frozen (冻结).
    #[serde(default)]
    pub frozen: Option<Frozen>,
    /// Raised whenever freezing or other roles must end what sessions of before allow.
    #[serde(default)]
    pub session_ver: u64,
    /// Sessions that began until then are over, whether or not they were seen meanwhile.
    #[serde(default)]
    pub sessions_until: Option<Moment>,
    /// When the person was last signed in.
    #[serde(default)]
    pub last_seen: Option<Moment>,
}

/// Why an account is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The reason, for those who manage accounts.
    pub reason: String,
    /// Since when.
    pub since: Moment,
}

/// Why a change of a user is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "user/")]
pub enum UserError {
    /// Nobody changes the own account's roles or state.
    #[error("不能变更自己的角色或状态,请由其他管理员操作")]
    OwnAccount,
    /// There is no such role, or nobody gets it any more.
    #[error("角色 {role} 不存在或已停用,请重新选择")]
    RoleUnknown {
        /// The role.
        role: String,
    },
    /// The scope is not of the role's kind.
    #[error("角色 {role} 不能在“{scope}”范围内授予,请核对管理范围")]
    ScopeUnsuitable {
        /// The role.
        role: String,
        /// The scope.
        scope: String,
    },
    /// The role has permissions that the granter may not hand on there.
    #[error("您在该范围内无权授予“{permission}”权限,请由上级管理员授权")]
    BeyondOwn {
        /// A permission the granter lacks.
        permission: &'static str,
    },
    /// System, security and audit administrators are three persons.
    #[error("系统管理员、安全管理员、审计管理员不能由同一人担任(三员分立)")]
    Separated,
    /// A guardian's role comes with the children, not by hand.
    #[error("家长角色随学生监护关系取得,不能手动授予或收回")]
    GuardianByHand,
    /// More roles than one person holds.
    #[error("一名用户最多持有 {GRANTS} 个角色,请先收回不用的角色")]
    TooManyGrants,
    /// There is an account of this phone.
    #[error("该手机号的用户已存在,请在用户列表中查找")]
    Exists,
    /// No name.
    #[error("姓名应为 2 至 30 个字")]
    NameUnusable,
    /// No mobile phone.
    #[error("手机号应为 11 位,以 1 开头")]
    PhoneUnusable,
    /// No reason, or a long one.
    #[error("请填写原因,1 至 200 个字")]
    ReasonUnusable,
    /// Neither a phone nor a name to look for, or both.
    #[error("请填写手机号,或填写姓名(二者之一)")]
    NothingToFind,
    /// Already frozen, or not frozen.
    #[error("账号状态未变,无需重复操作")]
    StateUnchanged,
}

impl Fault for UserError {
    fn kind(&self) -> Kind {
        match self {
            Self::RoleUnknown { .. }
            | Self::ScopeUnsuitable { .. }
            | Self::TooManyGrants
            | Self::GuardianByHand
            | Self::NameUnusable
            | Self::NothingToFind
            | Self::PhoneUnusable
            | Self::ReasonUnusable => Kind::Invalid,
            Self::OwnAccount | Self::BeyondOwn { .. } | Self::Separated | Self::Exists | Self::StateUnchanged => {
                Kind::Refused
            }
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::NameUnusable => "name",
            Self::PhoneUnusable | Self::NothingToFind => "phone",
            Self::ReasonUnusable => "reason",
            Self::RoleUnknown { .. }
            | Self::ScopeUnsuitable { .. }
            | Self::TooManyGrants
            | Self::GuardianByHand
            | Self::OwnAccount
            | Self::BeyondOwn { .. }
            | Self::Separated
            | Self::Exists
            | Self::StateUnchanged => "grants",
        };
        let at_fault = Pointed { pointer: format!("/{field}"), detail: self.to_string() };
        if self.kind() == Kind::Invalid { vec![at_fault] } else { Vec::new() }
    }
}

/// Who a new account is for.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub name: Pii<String>,
    /// The mobile phone.
    pub phone: Pii<String>,
    /// The school it is made for.
    pub home: Option<SchoolCode>,
}

impl NewUser {
    /// The same, if name and phone can be such.
    pub fn checked(self) -> Result<Self, UserError> {
        name_usable(&self.name)?;
        if mobile_phone(self.phone.reveal()).is_err() {
            return Err(UserError::PhoneUnusable);
        }
        Ok(self)
    }
}

fn name_usable(name: &Pii<String>) -> Result<(), UserError> {
    let length = name.reveal().trim().chars().count();
    if (2..=30).contains(&length) { Ok(()) } else { Err(UserError::NameUnusable) }
}

/// Why something is done, in words (原因).
#[derive(Debug, Clone)]
pub struct Reason(String);

impl Reason {
    /// Reads 1 to 200 characters.
    pub fn read(text: String) -> Result<Self, UserError> {
        let length = text.trim().chars().count();
        if (1..=200).contains(&length) { Ok(Self(text)) } else { Err(UserError::ReasonUnusable) }
    }

    /// The words.
    pub fn text(self) -> String {
        self.0
    }
}

/// Who gives or takes roles.
#[derive(Debug, Clone, Copy)]
pub struct Granter<'a> {
    /// The person.
    pub id: &'a PersonId,
    /// The roles the person holds.
    pub grants: &'a [Grant],
    /// The roles in force.
    pub book: &'a RoleBook,
}

impl Owned for User {
    fn owner(&self) -> Owner<'_> {
        Owner { school: self.home.as_ref(), persons: std::slice::from_ref(&self.id), ..Owner::default() }
    }
}

impl User {
    /// Corrects the name. The phone stays: the person signs in by it, and another phone is another person.
    pub fn rename(&mut self, name: Pii<String>) -> Result<(), UserError> {
        name_usable(&name)?;
        self.name = name;
        Ok(())
    }

    /// A new account without roles.
    pub fn new(id: PersonId, new: NewUser) -> Self {
        let NewUser { name, phone, home } = new;
        Self {
            id,
            name,
            phone,
            home,
            grants: Vec::new(),
            frozen: None,
            session_ver: 0,
            sessions_until: None,
            posts: Vec::new(),
            last_seen: None,
        }
    }

    /// Whether a session that began at `session_ver` is still what the account allows.
    pub const fn honours(&self, session_ver: u64) -> bool {
        self.frozen.is_none() && self.session_ver == session_ver
    }

    /// Whether a session that began at this moment was ended by freezing, even if the account is let in again.
    pub fn has_ended(&self, begun_at: Moment) -> bool {
        self.sessions_until.is_some_and(|until| begun_at <= until)
    }

    /// Freezes the account: its sessions end, for good.
    pub fn freeze(&mut self, by: &PersonId, reason: Reason, now: Moment) -> Result<(), UserError> {
        self.check_other(by)?;
        if self.frozen.is_some() {
            return Err(UserError::StateUnchanged);
        }
        self.frozen = Some(Frozen { reason: reason.text(), since: now });
        self.sessions_until = Some(now);
        self.end_sessions();
        Ok(())
    }

    /// Lets the account in again; it signs in anew.
    pub fn unfreeze(&mut self, by: &PersonId) -> Result<(), UserError> {
        self.check_other(by)?;
        self.frozen.take().map(|_| ()).ok_or(UserError::StateUnchanged)
    }

    /// Gives the account these roles instead of those it has. Each that is added or taken must be the granter's to
    /// give.
    pub fn regrant(&mut self, granter: Granter<'_>, wanted: BTreeSet<Grant>) -> Result<(), UserError> {
        self.check_other(granter.id)?;
        let held: BTreeSet<Grant> = self.grants.iter().cloned().collect();
        for grant in wanted.symmetric_difference(&held) {
            granter.check(grant, wanted.contains(grant))?;
        }
        if wanted.len() > GRANTS {
            return Err(UserError::TooManyGrants);
        }
        let together = |one: &Grant| wanted.iter().any(|other| separated(&one.role, &other.role));
        if wanted.iter().any(together) {
            return Err(UserError::Separated);
        }
        if wanted != held {
            self.grants = wanted.into_iter().collect();
            self.end_sessions();
        }
        Ok(())
    }

    /// Whether somebody may give the account another password, by which they could come in as its owner: only who may
    /// give all the roles it holds.
    pub fn check_reset(&self, granter: Granter<'_>) -> Result<(), UserError> {
        self.check_other(granter.id)?;
        self.grants.iter().try_for_each(|grant| granter.check(grant, false))
    }

    const fn end_sessions(&mut self) {
        self.session_ver = self.session_ver.saturating_add(1);
    }

    fn check_other(&self, by: &PersonId) -> Result<(), UserError> {
        if self.id == *by { Err(UserError::OwnAccount) } else { Ok(()) }
    }
}

impl Granter<'_> {
    /// Whether this grant is the granter's to give: nobody hands on what they may not hand on, nor further than they
    /// reach.
    fn check(self, grant: &Grant, given: bool) -> Result<(), UserError> {
        if grant.scope == Scope::Children {
            return Err(UserError::GuardianByHand);
        }
        let role = self.book.role(&grant.role).filter(|role| !given || !role.retired);
        let role = role.ok_or_else(|| UserError::RoleUnknown { role: grant.role.to_string() })?;
        if given && role.level != grant.scope.level() {
            return Err(UserError::ScopeUnsuitable { role: role.title.clone(), scope: grant.scope.to_string() });
        }
        let granting = self.grants.iter().filter(|own| self.book.allows(own, Permission::GrantRoles));
        let reaching = granting.filter(|own| reaches(&own.scope, &grant.scope));
        let handed_on: BTreeSet<Permission> = reaching.flat_map(|own| self.book.handed_on(own)).collect();
        match role.permissions.iter().chain(&role.hands_on).find(|permission| !handed_on.contains(permission)) {
            Some(lacking) => Err(UserError::BeyondOwn { permission: lacking.chinese() }),
            None => Ok(()),
        }
    }
}

/// Whether one scope lies within another. A township's schools are known to the tables only, so a township gives
/// roles within itself and not in its schools.
fn reaches(own: &Scope, wanted: &Scope) -> bool {
    match own {
        Scope::Platform => true,
        Scope::City => !matches!(wanted, Scope::Platform),
        Scope::School(school) => wanted.school() == Some(school),
        Scope::Children | Scope::Classes(_) | Scope::Provider(_) | Scope::Township(_) => own == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(grants: &[&str]) -> User {
        User {
            id: "T000000001".parse().unwrap(),
            name: Pii::new("王老师".to_owned()),
            phone: Pii::new("13800000000".to_owned()),
            home: None,
            grants: grants.iter().map(|text| text.parse().unwrap()).collect(),
            posts: Vec::new(),
            frozen: None,
            session_ver: 0,
            sessions_until: None,
            last_seen: None,
        }
    }

    fn regrant(user: &mut User, granter: &[&str], wanted: &[&str]) -> Result<(), UserError> {
        let grants: Vec<Grant> = granter.iter().map(|text| text.parse().unwrap()).collect();
        let (id, book) = ("A000000001".parse().unwrap(), RoleBook::of([]));
        let granter = Granter { id: &id, grants: &grants, book: &book };
        user.regrant(granter, wanted.iter().map(|text| text.parse().unwrap()).collect())
    }

    const SCHOOL_ADMIN: &str = "school_admin@school:3144200101";
    const SECURITY: &str = "security_admin@platform";

    #[test]
    fn b3_a_school_gives_roles_in_itself() {
        let mut teacher = user(&[]);
        regrant(&mut teacher, &[SCHOOL_ADMIN], &["teacher@classes:3144200101", "steward@school:3144200101"]).unwrap();
        assert_eq!((teacher.grants.len(), teacher.session_ver), (2, 1));
        regrant(&mut teacher, &[SCHOOL_ADMIN], &["teacher@classes:3144200101", "steward@school:3144200101"]).unwrap();
        assert_eq!(teacher.session_ver, 1, "nothing changed, nobody is signed out");
        let elsewhere = regrant(&mut teacher, &[SCHOOL_ADMIN], &["teacher@classes:3144200102"]);
        assert!(matches!(elsewhere, Err(UserError::BeyondOwn { .. })));
    }

    #[test]
    fn k5_1_nobody_grants_what_they_lack() {
        let mut other = user(&[]);
        for wanted in ["principal@school:3144200101", "city_admin@city", "system_admin@platform"] {
            let refused = regrant(&mut other, &[SCHOOL_ADMIN], &[wanted]);
            assert!(matches!(refused, Err(UserError::BeyondOwn { .. })), "{wanted}");
        }
        let refused = regrant(&mut other, &["steward@school:3144200101"], &["teacher@classes:3144200101"]);
        assert!(matches!(refused, Err(UserError::BeyondOwn { .. })), "a steward gives no roles at all");
        // Neither may what one could not give be taken.
        let mut principal = user(&["principal@school:3144200101"]);
        assert!(regrant(&mut principal, &[SCHOOL_ADMIN], &[]).is_err());
        assert!(regrant(&mut principal, &[SECURITY], &[]).is_ok());
        assert!(regrant(&mut other, &["system_admin@platform"], &["audit_admin@platform"]).is_err());
    }

    #[test]
    fn k5_1_who_resets_a_password_gains_no_right_by_it() {
        let reset = |held: &[&str], by: &[&str]| {
            let grants: Vec<Grant> = by.iter().map(|text| text.parse().unwrap()).collect();
            let (id, book) = ("A000000001".parse().unwrap(), RoleBook::of([]));
            user(held).check_reset(Granter { id: &id, grants: &grants, book: &book })
        };
        let (teacher, principal) = (&["teacher@classes:3144200101"], &["principal@school:3144200101"]);
        assert_eq!(reset(teacher, &[SCHOOL_ADMIN]), Ok(()));
        assert!(matches!(reset(principal, &[SCHOOL_ADMIN]), Err(UserError::BeyondOwn { .. })));
        assert!(matches!(reset(&[SECURITY], &[SCHOOL_ADMIN]), Err(UserError::BeyondOwn { .. })));
        assert_eq!(reset(principal, &[SECURITY]), Ok(()));
        let own = User { id: "A000000001".parse().unwrap(), ..user(&[]) };
        let (id, book) = ("A000000001".parse().unwrap(), RoleBook::of([]));
        assert_eq!(own.check_reset(Granter { id: &id, grants: &[], book: &book }), Err(UserError::OwnAccount));
    }

    #[test]
    fn k5_1_the_three_administrators_are_three_persons() {
        let mut other = user(&["system_admin@platform"]);
        let both = ["system_admin@platform", SECURITY];
        assert_eq!(regrant(&mut other, &[SECURITY], &both), Err(UserError::Separated));
    }

    #[test]
    fn b3_a_grant_that_cannot_be_is_refused() {
        let mut other = user(&[]);
        let unknown = regrant(&mut other, &[SECURITY], &["janitor@school:3144200101"]);
        assert!(matches!(unknown, Err(UserError::RoleUnknown { .. })));
        let unsuitable = regrant(&mut other, &[SECURITY], &["teacher@school:3144200101"]);
        assert!(matches!(unsuitable, Err(UserError::ScopeUnsuitable { .. })));
        assert_eq!(regrant(&mut other, &[SECURITY], &["guardian@children"]), Err(UserError::GuardianByHand));
        let many: Vec<String> = (0..21).map(|n| format!("teacher@classes:31442001{n:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(regrant(&mut other, &[SECURITY], &many), Err(UserError::TooManyGrants));
        let mut own = User { id: "A000000001".parse().unwrap(), ..user(&[]) };
        assert_eq!(regrant(&mut own, &[SECURITY], &["city_admin@city"]), Err(UserError::OwnAccount));
    }

    #[test]
    fn b1_freezing_ends_the_sessions_and_is_not_done_twice() {
        let (mut user, by, now) = (user(&[]), "A000000001".parse().unwrap(), Moment::from_seconds(0));
        assert!(user.honours(0));
        user.freeze(&by, Reason::read("离职".to_owned()).unwrap(), now).unwrap();
        assert!(!user.honours(0) && !user.honours(1));
        assert_eq!(user.freeze(&by, Reason::read("离职".to_owned()).unwrap(), now), Err(UserError::StateUnchanged));
        user.unfreeze(&by).unwrap();
        assert!(user.honours(1) && !user.honours(0), "the old session does not come back");
        assert!(user.has_ended(now) && !user.has_ended(now.plus_seconds(1)));
        assert_eq!(user.unfreeze(&by), Err(UserError::StateUnchanged));
        let own = user.id.clone();
        assert_eq!(user.freeze(&own, Reason::read("离职".to_owned()).unwrap(), now), Err(UserError::OwnAccount));
    }
}
