//! Access reviews (权限审查): a report of who can do what, which of it nobody uses, and which accounts are stale; drawn up
//! by one person and signed off by another. K5.2.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Grant, Owned, Owner, Permission, RoleBook};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PersonId, ReviewId, SchoolCode};
use crate::time::Moment;
use crate::user::User;

/// After so many days without a sign-in an account is stale, and without a use a permission unused.
pub const STALE_DAYS: i64 = 90;

/// Most accounts of one review.
pub const ACCOUNTS: usize = 1_000;

/// Longest conclusion, in characters.
const CONCLUSION: usize = 500;

const DAY_SECONDS: i64 = 24 * 3600;

/// What a reviewer is to look at.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display, strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Finding {
    /// The person never signed in (从未登录).
    NeverSignedIn,
    /// Nor within [`STALE_DAYS`] (长期未登录).
    Stale,
    /// Frozen, and still holding roles (已冻结仍持有角色).
    FrozenWithRoles,
    /// Holds a role that nobody gets any more, or that there is not (角色已停用).
    RetiredRole,
    /// Holds no role (没有角色).
    NoRole,
    /// Has sensitive permissions not used within [`STALE_DAYS`] (敏感权限长期未用).
    UnusedRights,
}

/// An account as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whose it is.
    pub person: PersonId,
    /// The roles held.
    pub grants: Vec<Grant>,
    /// What they allow, all together.
    pub permissions: BTreeSet<Permission>,
    /// Those of them that are sensitive and were not used within [`STALE_DAYS`].
    pub unused: BTreeSet<Permission>,
    /// When the person was last signed in.
    pub last_seen: Option<Moment>,
    /// What is to be looked at.
    pub findings: BTreeSet<Finding>,
}

/// Who has looked at a review, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// The person.
    pub by: PersonId,
    /// When.
    pub at: Moment,
    /// What follows, in words.
    pub conclusion: String,
}

/// A review of the accounts of a school, or of those above schools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessReview {
    /// Its identifier.
    pub id: ReviewId,
    /// The school whose accounts were looked at; none: those above schools.
    pub home: Option<SchoolCode>,
    /// Who drew it up.
    pub drawn_by: PersonId,
    /// When.
    pub drawn_at: Moment,
    /// The accounts, by person.
    pub lines: Vec<Line>,
    /// Who signed it off; none: still open.
    #[serde(default)]
    pub signed: Option<SignOff>,
}

/// Why a review is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "review/")]
pub enum ReviewError {
    /// It has been signed off.
    #[error("该审查已签署,不能再次签署,如情况有变请重新生成审查")]
    AlreadySigned,
    /// Who draws it up does not sign it off.
    #[error("审查须由生成人以外的管理员签署")]
    SecondPersonNeeded,
    /// No conclusion, or a long one.
    #[error("请填写审查结论,1 至 {CONCLUSION} 个字")]
    ConclusionUnusable,
    /// More accounts than a review holds.
    #[error("该范围内账号超过 {ACCOUNTS} 个,请按学校分别审查")]
    TooManyAccounts,
}

impl Fault for ReviewError {
    fn kind(&self) -> Kind {
        match self {
            Self::AlreadySigned | Self::SecondPersonNeeded | Self::TooManyAccounts => Kind::Refused,
            Self::ConclusionUnusable => Kind::Invalid,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let at_fault = Pointed { pointer: "/conclusion".to_owned(), detail: self.to_string() };
        if self.kind() == Kind::Invalid { vec![at_fault] } else { Vec::new() }
    }
}

/// Looks at one account. `last_used` says when which sensitive permission was last used.
pub fn look(user: &User, last_used: &BTreeMap<Permission, Moment>, book: &RoleBook, now: Moment) -> Line {
    let stale = |at: Moment| now.seconds_since(at) > STALE_DAYS.saturating_mul(DAY_SECONDS);
    let roles = || user.grants.iter().map(|grant| book.role(&grant.role));
    let permissions: BTreeSet<Permission> =
        roles().flatten().filter(|role| !role.retired).flat_map(|role| role.permissions.iter().copied()).collect();
    let unused =
        |permission: &&Permission| permission.sensitive() && last_used.get(permission).is_none_or(|at| stale(*at));
    let unused: BTreeSet<Permission> = permissions.iter().filter(unused).copied().collect();
    let findings = [
        (user.last_seen.is_none(), Finding::NeverSignedIn),
        (user.last_seen.is_some_and(stale), Finding::Stale),
        (user.frozen.is_some() && !user.grants.is_empty(), Finding::FrozenWithRoles),
        (roles().any(|role| role.is_none_or(|role| role.retired)), Finding::RetiredRole),
        (user.grants.is_empty(), Finding::NoRole),
        (!unused.is_empty(), Finding::UnusedRights),
    ];
    Line {
        person: user.id.clone(),
        grants: user.grants.clone(),
        permissions,
        unused,
        last_seen: user.last_seen,
        findings: findings.into_iter().filter_map(|(found, finding)| found.then_some(finding)).collect(),
    }
}

impl AccessReview {
    /// Signs it off, once, by somebody else.
    pub fn sign_off(&mut self, by: &PersonId, conclusion: String, now: Moment) -> Result<(), ReviewError> {
        if self.signed.is_some() {
            return Err(ReviewError::AlreadySigned);
        }
        if self.drawn_by == *by {
            return Err(ReviewError::SecondPersonNeeded);
        }
        if !(1..=CONCLUSION).contains(&conclusion.trim().chars().count()) {
            return Err(ReviewError::ConclusionUnusable);
        }
        self.signed = Some(SignOff { by: by.clone(), at: now, conclusion });
        Ok(())
    }
}

impl Owned for AccessReview {
    fn owner(&self) -> Owner<'_> {
        Owner { school: self.home.as_ref(), ..Owner::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pii::Pii;
    use crate::user::{NewUser, Reason};

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    fn days_ago(days: i64) -> Moment {
        NOW.plus_seconds(-days * DAY_SECONDS)
    }

    fn user(grants: &[&str], last_seen: Option<Moment>) -> User {
        let new =
            NewUser { name: Pii::new("王老师".to_owned()), phone: Pii::new("13800000000".to_owned()), home: None };
        let mut user = User::new("T000000001".parse().unwrap(), new);
        user.grants = grants.iter().map(|text| text.parse().unwrap()).collect();
        user.last_seen = last_seen;
        user
    }

    fn findings(user: &User, last_used: &[(Permission, Moment)]) -> Vec<Finding> {
        look(user, &last_used.iter().copied().collect(), &RoleBook::of([]), NOW).findings.into_iter().collect()
    }

    #[test]
    fn k5_2_stale_accounts_and_unused_rights_are_found() {
        let teacher = &["teacher@classes:3144200101"];
        assert_eq!(findings(&user(teacher, Some(days_ago(90))), &[]), []);
        assert_eq!(findings(&user(teacher, Some(days_ago(91))), &[]), [Finding::Stale]);
        assert_eq!(findings(&user(teacher, None), &[]), [Finding::NeverSignedIn]);
        assert_eq!(findings(&user(&[], Some(NOW)), &[]), [Finding::NoRole]);
        assert_eq!(findings(&user(&["janitor@school:3144200101"], Some(NOW)), &[]), [Finding::RetiredRole]);
        let mut frozen = user(teacher, Some(NOW));
        frozen.freeze(&"A000000001".parse().unwrap(), Reason::read("离职".to_owned()).unwrap(), NOW).unwrap();
        assert_eq!(findings(&frozen, &[]), [Finding::FrozenWithRoles]);
    }

    #[test]
    fn k5_2_a_right_is_unused_after_ninety_days() {
        let principal = user(&["principal@school:3144200101"], Some(NOW));
        let line = |used: &[(Permission, Moment)]| {
            look(&principal, &used.iter().copied().collect(), &RoleBook::of([]), NOW).unused
        };
        let all = line(&[]);
        assert!(all.contains(&Permission::ApproveAccounts) && !all.contains(&Permission::ViewCatalog), "{all:?}");
        let used = |days| line(&[(Permission::ApproveAccounts, days_ago(days))]);
        assert_eq!(all.difference(&used(90)).collect::<Vec<_>>(), [&Permission::ApproveAccounts]);
        assert_eq!(used(91), all);
    }

    #[test]
    fn k5_2_a_review_is_signed_off_once_by_somebody_else() {
        let person = |id: &str| id.parse::<PersonId>().unwrap();
        let mut review = AccessReview {
            id: "0123456789abcdef0123".parse().unwrap(),
            home: None,
            drawn_by: person("A000000001"),
            drawn_at: NOW,
            lines: Vec::new(),
            signed: None,
        };
        let words = || "停用两个长期未登录账号".to_owned();
        assert_eq!(review.sign_off(&person("A000000001"), words(), NOW), Err(ReviewError::SecondPersonNeeded));
        assert_eq!(review.sign_off(&person("A000000002"), " ".to_owned(), NOW), Err(ReviewError::ConclusionUnusable));
        review.sign_off(&person("A000000002"), words(), NOW).unwrap();
        assert_eq!(review.sign_off(&person("A000000003"), words(), NOW), Err(ReviewError::AlreadySigned));
    }
}
