//! Roles (角色): named sets of permissions, each held on one kind of scope. B3.
//!
//! The built-in roles stand here; a stored record of the same name takes their place, for all or for one school.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::grant::{Grant, Level};
use super::permission::Permission;
use crate::id::RoleId;

/// A role with its permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name in grants.
    pub id: RoleId,
    /// Its name for people.
    pub title: String,
    /// The kind of scope it is held on.
    pub level: Level,
    /// What its holder may do.
    pub permissions: BTreeSet<Permission>,
    /// What its holder may hand on to others beside its own permissions: who sets up roles need not be able to use
    /// them.
    #[serde(default)]
    pub hands_on: BTreeSet<Permission>,
    /// Whether nobody gets it any more.
    #[serde(default)]
    pub retired: bool,
}

/// The roles in force: the built-in ones, with the stored ones in their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleBook {
    roles: BTreeMap<RoleId, Role>,
}

impl RoleBook {
    /// The built-in roles, overruled by `stored`, of which later ones overrule earlier ones.
    pub fn of(stored: impl IntoIterator<Item = Role>) -> Self {
        let all = built_in().into_iter().chain(stored);
        Self { roles: all.map(|role| (role.id.clone(), role)).collect() }
    }

    /// A role.
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.get(id)
    }

    /// All roles.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// Whether a grant allows something. A grant whose scope is not of the role's kind allows nothing.
    pub fn allows(&self, grant: &Grant, permission: Permission) -> bool {
        self.in_force(grant).is_some_and(|role| role.permissions.contains(&permission))
    }

    /// The permissions a grant lets its holder give to others.
    pub fn handed_on(&self, grant: &Grant) -> BTreeSet<Permission> {
        self.in_force(grant).map(|role| role.permissions.union(&role.hands_on).copied().collect()).unwrap_or_default()
    }

    fn in_force(&self, grant: &Grant) -> Option<&Role> {
        self.role(&grant.role).filter(|role| !role.retired && role.level == grant.scope.level())
    }
}

/// The three administrators of whom nobody may be two (三员分立): who runs the platform, who hands out permissions,
/// who looks at both.
pub const SEPARATED: [&str; 3] = ["system_admin", "security_admin", "audit_admin"];

/// Whether two roles may not be held by one person.
pub fn separated(one: &RoleId, other: &RoleId) -> bool {
    one != other && [one, other].iter().all(|role| SEPARATED.contains(&role.as_str()))
}

/// The roles every platform begins with.
pub fn built_in() -> Vec<Role> {
    use Level::{Children, City, Classes, Platform, Provider, School, Township};
    use Permission as P;
    let school_views =
        [P::ViewCatalog, P::ViewEnrollments, P::ViewSchools, P::ViewPeople, P::ViewTeaching, P::ViewAttendance];
    let bureau = [P::ViewCatalog, P::ViewSchools, P::ViewEnrollments, P::ViewTeaching, P::ViewAttendance];
    vec![
        role(
            "guardian",
            "家长",
            Children,
            &[P::ViewCatalog, P::ViewChildren, P::Enroll, P::ViewEnrollments, P::Pay, P::AskRefund, P::OwnPrivacy],
        )
        .with(&[P::ViewTeaching, P::ViewAttendance, P::AskLeave, P::AskMove]),
        role("teacher", "任课教师", Classes, &[P::ViewCatalog, P::ViewSchools]).with(&[
            P::ViewTeaching,
            P::TakeRoll,
            P::ViewAttendance,
            P::AskLeave,
            P::AskLessonChange,
        ]),
        role("steward", "行政管理教师", School, &[P::ViewCatalog, P::ViewSchools, P::ViewEnrollments, P::ViewPeople])
            .with(&[P::ViewTeaching, P::TakeRoll, P::ViewAttendance, P::AskLeave, P::ApproveLeave]),
        role("patrol_teacher", "巡课教师", School, &[P::ViewCatalog, P::ViewSchools])
            .with(&[P::ViewTeaching, P::ViewAttendance]),
        school_admin(&school_views),
        role(
            "school_finance",
            "学校财务",
            School,
            &[P::ViewCatalog, P::ViewSchools, P::ViewEnrollments, P::ManageOrders, P::ViewAccounts, P::EditAccounts],
        )
        .with(&[P::AskRefund, P::ApproveRefund, P::HandleRefunds, P::ViewMoney, P::SettleDifferences])
        .with(&[P::PrepareSettlement, P::ConfirmSettlement]),
        principal(&school_views),
        role("provider_staff", "机构人员", Provider, &[P::ViewCatalog]),
        role("township_admin", "镇街管理员", Township, &bureau).with(&[
            P::ViewMoney,
            P::ViewReports,
            P::ViewUsers,
            P::ViewRoles,
            P::EditRefundRules,
            P::LockAttendance,
        ]),
        role("city_admin", "教育局管理员", City, &bureau).with(&[
            P::ViewMoney,
            P::ViewReports,
            P::ViewUsers,
            P::ViewRoles,
        ]),
        role("system_admin", "系统管理员", Platform, &bureau)
            .with(&[
                P::EditCatalog,
                P::EditSchool,
                P::EditOrganizations,
                P::ViewPeople,
                P::EditPeople,
                P::Import,
                P::Export,
            ])
            .with(&[P::ViewUsers, P::EditUsers, P::FreezeUsers, P::ViewRoles, P::ViewAccounts])
            .with(&[P::ViewReports, P::HandleReports]),
        role("security_admin", "安全管理员", Platform, &[P::ViewUsers, P::FreezeUsers, P::GrantRoles, P::ViewRoles])
            .with(&[P::EditRoles, P::ApproveRoles, P::ReviewAccess, P::ManageKeys])
            .handing_on(<Permission as strum::VariantArray>::VARIANTS),
        role("audit_admin", "审计管理员", Platform, &[P::ViewAudit, P::ReviewAccess, P::ViewUsers, P::ViewRoles]),
    ]
}

/// Who answers for a school.
fn principal(views: &[Permission]) -> Role {
    use Permission as P;
    role("principal", "校长", Level::School, views)
        .with(&[P::ViewAccounts, P::ApproveAccounts, P::ApproveRefund, P::ViewMoney, P::SettleDifferences])
        .with(&[P::ApproveSettlement, P::ApproveLeave, P::ApproveLessonChange, P::ApproveMove])
        .with(&[P::ApprovePersonalData, P::HandlePrivacy, P::ViewUsers, P::ViewRoles, P::ViewReports])
}

/// Who runs the service of a school.
fn school_admin(views: &[Permission]) -> Role {
    use Permission as P;
    role("school_admin", "学校课后服务管理员", Level::School, views)
        .with(&[P::EditCatalog, P::EditSchool, P::EditPeople, P::Import, P::Export, P::ViewPersonalData])
        .with(&[P::ViewUsers, P::EditUsers, P::FreezeUsers, P::GrantRoles, P::ViewRoles, P::ViewAccounts])
        .with(&[P::ManageOrders, P::AskRefund, P::ApproveRefund, P::EditRefundRules, P::ViewMoney])
        .with(&[P::EditSettlementRules, P::PrepareSettlement, P::ApproveSettlement])
        .with(&[P::ViewReports, P::HandleReports])
        .with(&[P::EditTeaching, P::TakeRoll, P::AskLeave, P::ApproveLeave, P::AskLessonChange])
        .with(&[P::ApproveLessonChange, P::AskMove, P::ApproveMove, P::LockAttendance, P::EditTeachingRules])
        .handing_on(&[P::EditAccounts, P::HandleRefunds, P::SettleDifferences, P::ConfirmSettlement])
}

fn role(id: &'static str, title: &str, level: Level, permissions: &[Permission]) -> Role {
    Role {
        id: RoleId::built_in(id),
        title: title.to_owned(),
        level,
        permissions: permissions.iter().copied().collect(),
        hands_on: BTreeSet::new(),
        retired: false,
    }
}

impl Role {
    fn with(mut self, permissions: &[Permission]) -> Self {
        self.permissions.extend(permissions);
        self
    }

    fn handing_on(mut self, permissions: &[Permission]) -> Self {
        self.hands_on.extend(permissions);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(grant: &str, permission: Permission) -> bool {
        RoleBook::of([]).allows(&grant.parse().unwrap(), permission)
    }

    #[test]
    fn b3_built_in_roles_allow_what_they_are_for() {
        assert!(allows("guardian@children", Permission::Enroll));
        assert!(!allows("guardian@children", Permission::EditCatalog));
        assert!(allows("school_admin@school:3144200101", Permission::EditCatalog));
        assert!(!allows("school_admin@school:3144200101", Permission::Pay));
        assert!(!allows("nobody@city", Permission::ViewCatalog));
    }

    #[test]
    fn k5_1_a_role_held_on_another_kind_of_scope_allows_nothing() {
        assert!(!allows("school_admin@platform", Permission::EditCatalog));
        assert!(!allows("guardian@city", Permission::ViewEnrollments));
    }

    #[test]
    fn b3_a_stored_role_takes_the_place_of_the_built_in_one() {
        let grant: Grant = "guardian@children".parse().unwrap();
        let mut stored = RoleBook::of([]).role(&grant.role).unwrap().clone();
        stored.permissions.remove(&Permission::Pay);
        let book = RoleBook::of([stored.clone()]);
        assert!(!book.allows(&grant, Permission::Pay) && book.allows(&grant, Permission::Enroll));
        stored.retired = true;
        assert!(!RoleBook::of([stored]).allows(&grant, Permission::Enroll));
    }

    #[test]
    fn k5_1_the_three_administrators_share_no_power_over_permissions_platform_and_audit() {
        let book = RoleBook::of([]);
        let of = |id: &str| book.role(&id.parse().unwrap()).unwrap().permissions.clone();
        let (system, security, audit) = (of("system_admin"), of("security_admin"), of("audit_admin"));
        assert!(!system.contains(&Permission::GrantRoles) && !system.contains(&Permission::ViewAudit));
        assert!(!security.contains(&Permission::ViewAudit) && !security.contains(&Permission::EditUsers));
        assert!(!audit.contains(&Permission::EditRoles) && !audit.contains(&Permission::EditUsers));
        for one in SEPARATED {
            for other in SEPARATED {
                assert_eq!(separated(&one.parse().unwrap(), &other.parse().unwrap()), one != other);
            }
        }
    }

    #[test]
    fn b3_every_permission_is_in_some_role() {
        let given: BTreeSet<Permission> = built_in().into_iter().flat_map(|role| role.permissions).collect();
        for permission in <Permission as strum::VariantArray>::VARIANTS {
            assert!(given.contains(permission), "{permission}");
        }
    }
}
