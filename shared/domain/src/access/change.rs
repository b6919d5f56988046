//! Changes of roles (角色权限配置): proposed singly or many at once, shown as a difference, approved by a second person
//! where they are sensitive. B3.1 K5.1.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::grant::{Grant, Level};
use super::permission::Permission;
use super::role::{Role, RoleBook, SEPARATED};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PersonId, RoleChangeId, RoleId};
use crate::time::Moment;

/// Most roles changed at once.
pub const EDITS: usize = 20;

/// What is to become of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleEdit {
    /// The role; a new one when there is none of that name.
    pub role: RoleId,
    /// Its name for people; wanted for a new one.
    #[serde(default)]
    pub title: Option<String>,
    /// The kind of scope it is held on; wanted for a new one, and never changed.
    #[serde(default)]
    pub level: Option<Level>,
    /// Permissions it gets.
    #[serde(default)]
    pub add: BTreeSet<Permission>,
    /// Permissions it loses.
    #[serde(default)]
    pub remove: BTreeSet<Permission>,
    /// Whether nobody gets it any more.
    #[serde(default)]
    pub retired: Option<bool>,
}

/// Where a proposed change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ChangeState {
    /// Waits for a second person (待审批).
    Proposed,
    /// In force (已生效).
    Applied,
    /// Refused by the second person (已驳回).
    Rejected,
}

/// A proposed change of roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleChange {
    /// Its identifier.
    pub id: RoleChangeId,
    /// The hash of the request it came with.
    pub request: String,
    /// What is to become of the roles.
    pub edits: Vec<RoleEdit>,
    /// What it changes, by the roles in force when it was proposed.
    pub difference: Vec<Difference>,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed_at: Moment,
    /// Where it stands.
    pub state: ChangeState,
    /// Who approved or rejected it.
    #[serde(default)]
    pub decided_by: Option<PersonId>,
}

/// What a change makes of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The role.
    pub role: RoleId,
    /// Permissions it did not have.
    pub added: BTreeSet<Permission>,
    /// Permissions it had.
    pub removed: BTreeSet<Permission>,
    /// Whether anything else differs: the name, or whether it is given to anybody.
    pub otherwise: bool,
}

/// Who changes roles.
#[derive(Debug, Clone, Copy)]
pub struct Editor<'a> {
    /// The person.
    pub id: &'a PersonId,
    /// The roles the person holds.
    pub grants: &'a [Grant],
}

/// Why a change of roles is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "role/")]
pub enum RoleError {
    /// No edit, or too many.
    #[error("一次请配置 1 至 {EDITS} 个角色")]
    EditsOutOfRange,
    /// The same role twice.
    #[error("角色 {role} 在本次配置中出现多次,请合并后提交")]
    EditedTwice {
        /// The role.
        role: String,
    },
    /// A new role needs a name and a level.
    #[error("新角色 {role} 需要填写名称(1 至 20 个字)和管理范围类别")]
    NewRoleIncomplete {
        /// The role.
        role: String,
    },
    /// The level of a role stays.
    #[error("角色 {role} 的管理范围类别不能更改,请新建角色")]
    LevelFixed {
        /// The role.
        role: String,
    },
    /// A permission is both added and removed.
    #[error("权限“{permission}”不能同时增加和移除")]
    AddedAndRemoved {
        /// The permission.
        permission: &'static str,
    },
    /// The three administrators are what they are.
    #[error("系统管理员、安全管理员、审计管理员的权限由平台固定,不能更改(三员分立)")]
    Fixed,
    /// Nobody changes a role they hold.
    #[error("不能更改自己持有的角色,请由其他管理员操作")]
    OwnRole,
    /// Nobody gives what they may not hand on.
    #[error("您无权配置“{permission}”权限")]
    BeyondOwn {
        /// The permission.
        permission: &'static str,
    },
    /// The edits change nothing.
    #[error("本次配置与现有权限相同,无需提交")]
    NothingChanges,
    /// It was decided already.
    #[error("该变更已处理,请刷新后查看结果")]
    AlreadyDecided,
    /// Who proposes does not approve.
    #[error("变更须由提交人以外的管理员审批")]
    SecondPersonNeeded,
}

impl Fault for RoleError {
    fn kind(&self) -> Kind {
        match self {
            Self::EditsOutOfRange
            | Self::EditedTwice { .. }
            | Self::NewRoleIncomplete { .. }
            | Self::LevelFixed { .. }
            | Self::AddedAndRemoved { .. } => Kind::Invalid,
            Self::Fixed
            | Self::OwnRole
            | Self::BeyondOwn { .. }
            | Self::NothingChanges
            | Self::AlreadyDecided
            | Self::SecondPersonNeeded => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let at_fault = Pointed { pointer: "/edits".to_owned(), detail: self.to_string() };
        if self.kind() == Kind::Invalid { vec![at_fault] } else { Vec::new() }
    }
}

/// The roles as they would be after the edits, and what differs.
pub fn edit(editor: Editor<'_>, book: &RoleBook, edits: &[RoleEdit]) -> Result<Vec<(Role, Difference)>, RoleError> {
    if !(1..=EDITS).contains(&edits.len()) {
        return Err(RoleError::EditsOutOfRange);
    }
    let mut seen = BTreeSet::new();
    let mut changed = Vec::new();
    for edit in edits {
        if !seen.insert(&edit.role) {
            return Err(RoleError::EditedTwice { role: edit.role.to_string() });
        }
        changed.extend(edit_one(editor, book, edit)?);
    }
    if changed.is_empty() { Err(RoleError::NothingChanges) } else { Ok(changed) }
}

/// Whether a change waits for a second person: some role gets a sensitive permission.
pub fn needs_approval(difference: &[Difference]) -> bool {
    difference.iter().any(|one| one.added.iter().any(|permission| permission.sensitive()))
}

impl RoleChange {
    /// Decides a change that waits. The roles it makes are computed anew, since others may have changed meanwhile.
    pub fn decide(&mut self, by: &PersonId, approved: bool) -> Result<(), RoleError> {
        if self.state != ChangeState::Proposed {
            return Err(RoleError::AlreadyDecided);
        }
        if self.proposed_by == *by {
            return Err(RoleError::SecondPersonNeeded);
        }
        self.state = if approved { ChangeState::Applied } else { ChangeState::Rejected };
        self.decided_by = Some(by.clone());
        Ok(())
    }
}

fn edit_one(editor: Editor<'_>, book: &RoleBook, edit: &RoleEdit) -> Result<Option<(Role, Difference)>, RoleError> {
    if SEPARATED.contains(&edit.role.as_str()) {
        return Err(RoleError::Fixed);
    }
    if editor.grants.iter().any(|grant| grant.role == edit.role) {
        return Err(RoleError::OwnRole);
    }
    if let Some(both) = edit.add.intersection(&edit.remove).next() {
        return Err(RoleError::AddedAndRemoved { permission: both.chinese() });
    }
    let before = book.role(&edit.role);
    let mut role = match before {
        Some(role) if edit.level.is_some_and(|level| level != role.level) => {
            return Err(RoleError::LevelFixed { role: edit.role.to_string() });
        }
        Some(role) => role.clone(),
        None => new_role(edit)?,
    };
    if let Some(title) = &edit.title {
        role.title.clone_from(title);
    }
    role.retired = edit.retired.unwrap_or(role.retired);
    role.permissions.extend(edit.add.iter().copied());
    role.permissions.retain(|permission| !edit.remove.contains(permission));
    let had = before.map(|role| role.permissions.clone()).unwrap_or_default();
    let difference = Difference {
        role: edit.role.clone(),
        added: role.permissions.difference(&had).copied().collect(),
        removed: had.difference(&role.permissions).copied().collect(),
        otherwise: before.is_none_or(|before| before.title != role.title || before.retired != role.retired),
    };
    let handed_on: BTreeSet<Permission> = editor
        .grants
        .iter()
        .filter(|grant| book.allows(grant, Permission::EditRoles))
        .flat_map(|grant| book.handed_on(grant))
        .collect();
    if let Some(beyond) = difference.added.union(&difference.removed).find(|permission| !handed_on.contains(permission))
    {
        return Err(RoleError::BeyondOwn { permission: beyond.chinese() });
    }
    let differs = difference.otherwise || !difference.added.is_empty() || !difference.removed.is_empty();
    Ok(differs.then_some((role, difference)))
}

fn new_role(edit: &RoleEdit) -> Result<Role, RoleError> {
    let title = edit.title.clone().filter(|title| (1..=20).contains(&title.chars().count()));
    match (title, edit.level) {
        (Some(title), Some(level)) => Ok(Role {
            id: edit.role.clone(),
            title,
            level,
            permissions: BTreeSet::new(),
            hands_on: BTreeSet::new(),
            retired: false,
        }),
        _ => Err(RoleError::NewRoleIncomplete { role: edit.role.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(role: &str) -> RoleEdit {
        RoleEdit {
            role: role.parse().unwrap(),
            title: None,
            level: None,
            add: BTreeSet::new(),
            remove: BTreeSet::new(),
            retired: None,
        }
    }

    fn adding(role: &str, permission: Permission) -> RoleEdit {
        RoleEdit { add: [permission].into(), ..of(role) }
    }

    fn by(grant: &str, edits: &[RoleEdit]) -> Result<Vec<(Role, Difference)>, RoleError> {
        let (id, grants) = ("A000000001".parse().unwrap(), [grant.parse().unwrap()]);
        edit(Editor { id: &id, grants: &grants }, &RoleBook::of([]), edits)
    }

    const SECURITY: &str = "security_admin@platform";

    #[test]
    fn b3_1_roles_are_changed_singly_or_many_at_once_and_the_difference_is_shown() {
        let edits =
            [adding("steward", Permission::Import), RoleEdit { remove: [Permission::Pay].into(), ..of("guardian") }];
        let changed = by(SECURITY, &edits).unwrap();
        assert_eq!(changed.len(), 2);
        assert_eq!(changed[0].1.added, [Permission::Import].into());
        assert!(changed[0].0.permissions.contains(&Permission::ViewPeople), "what it had stays");
        assert_eq!(changed[1].1.removed, [Permission::Pay].into());
        assert!(!needs_approval(&[changed[0].1.clone(), changed[1].1.clone()]));
    }

    #[test]
    fn k5_1_a_sensitive_permission_needs_a_second_person() {
        let changed = by(SECURITY, &[adding("steward", Permission::ViewPersonalData)]).unwrap();
        assert!(needs_approval(&[changed[0].1.clone()]));
        let taken = by(SECURITY, &[RoleEdit { remove: [Permission::Export].into(), ..of("school_admin") }]).unwrap();
        assert!(!needs_approval(&[taken[0].1.clone()]), "taking is never delayed");
    }

    #[test]
    fn k5_1_who_proposes_does_not_approve_and_nothing_is_decided_twice() {
        let (one, two): (PersonId, PersonId) = ("A000000001".parse().unwrap(), "A000000002".parse().unwrap());
        let mut change = RoleChange {
            id: "0123456789abcdef0123".parse().unwrap(),
            request: String::new(),
            edits: Vec::new(),
            difference: Vec::new(),
            reason: String::new(),
            proposed_by: one.clone(),
            proposed_at: Moment::from_seconds(0),
            state: ChangeState::Proposed,
            decided_by: None,
        };
        assert_eq!(change.decide(&one, true), Err(RoleError::SecondPersonNeeded));
        assert_eq!(change.decide(&two, true), Ok(()));
        assert_eq!((change.state, &change.decided_by), (ChangeState::Applied, &Some(two.clone())));
        assert_eq!(change.decide(&two, false), Err(RoleError::AlreadyDecided));
    }

    #[test]
    fn k5_1_nobody_gives_what_they_may_not_hand_on() {
        let refused = by("school_admin@school:3144200101", &[adding("steward", Permission::Import)]);
        assert!(matches!(refused, Err(RoleError::BeyondOwn { .. })));
        assert_eq!(by(SECURITY, &[adding("system_admin", Permission::GrantRoles)]), Err(RoleError::Fixed));
        assert_eq!(
            by("principal@school:3144200101", &[adding("principal", Permission::Import)]),
            Err(RoleError::OwnRole)
        );
    }

    #[test]
    fn b3_1_a_new_role_needs_a_name_and_a_level_and_every_edit_makes_sense() {
        let clerk = RoleEdit { title: Some("教务员".to_owned()), level: Some(Level::School), ..of("clerk") };
        let made = by(SECURITY, &[RoleEdit { add: [Permission::ViewPeople].into(), ..clerk.clone() }]).unwrap();
        assert!(made[0].1.otherwise && made[0].0.level == Level::School);
        let refused = |edits: &[RoleEdit]| by(SECURITY, edits).unwrap_err();
        assert!(matches!(refused(&[of("clerk")]), RoleError::NewRoleIncomplete { .. }));
        assert!(matches!(refused(&[clerk.clone(), clerk]), RoleError::EditedTwice { .. }));
        let moved = RoleEdit { level: Some(Level::City), ..of("steward") };
        assert!(matches!(refused(&[moved]), RoleError::LevelFixed { .. }));
        let both = RoleEdit { remove: [Permission::Import].into(), ..adding("steward", Permission::Import) };
        assert!(matches!(refused(&[both]), RoleError::AddedAndRemoved { .. }));
        assert_eq!(refused(&[]), RoleError::EditsOutOfRange);
        assert_eq!(refused(&[adding("steward", Permission::ViewPeople)]), RoleError::NothingChanges);
    }
}
