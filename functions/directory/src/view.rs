//! Users and changes of roles as administrators read them.

use domain::access::change::{Difference, RoleChange};
use domain::access::{Permission, RoleBook};
use domain::user::User;
use serde::Serialize;
use utoipa::ToSchema;

/// A role held.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GrantView {
    /// Role and scope.
    #[schema(example = "teacher@classes:2144200601")]
    pub grant: String,
    /// The role's name for people.
    #[schema(example = "任课教师")]
    pub title: String,
}

/// A user, personal data masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserView {
    /// The person's identifier.
    #[schema(example = "7K3M9Q2XAB")]
    pub person_id: String,
    /// The name, masked.
    #[schema(example = "王**")]
    pub name: String,
    /// The phone, masked.
    #[schema(example = "138****1234")]
    pub phone: String,
    /// The school the account was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2144200601")]
    pub home: Option<String>,
    /// The roles held.
    pub grants: Vec<GrantView>,
    /// Why the account is frozen, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen_reason: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub frozen_since: Option<String>,
    /// When the person was last signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
}

impl UserView {
    /// A user, with the names of the roles held.
    pub(crate) fn of(user: &User, book: &RoleBook) -> Self {
        let grants = user.grants.iter().map(|grant| GrantView {
            grant: grant.to_string(),
            title: book.role(&grant.role).map(|role| role.title.clone()).unwrap_or_default(),
        });
        Self {
            person_id: user.id.to_string(),
            name: user.name.masked_name(),
            phone: user.phone.masked_number(),
            home: user.home.as_ref().map(ToString::to_string),
            grants: grants.collect(),
            frozen_reason: user.frozen.as_ref().map(|frozen| frozen.reason.clone()),
            frozen_since: user.frozen.as_ref().map(|frozen| frozen.since.to_string()),
            last_seen: user.last_seen.map(|at| at.to_string()),
        }
    }
}

/// A permission.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PermissionView {
    /// Its name.
    #[schema(example = "edit_catalog")]
    pub permission: String,
    /// Its name for people.
    #[schema(example = "管理开课")]
    pub title: String,
    /// Whether giving it to a role needs a second person.
    pub sensitive: bool,
}

impl From<Permission> for PermissionView {
    fn from(permission: Permission) -> Self {
        Self {
            permission: permission.to_string(),
            title: permission.chinese().to_owned(),
            sensitive: permission.sensitive(),
        }
    }
}

/// What a change makes of one role.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DifferenceView {
    /// The role.
    #[schema(example = "steward")]
    pub role: String,
    /// Permissions it gets.
    pub added: Vec<PermissionView>,
    /// Permissions it loses.
    pub removed: Vec<PermissionView>,
}

impl From<&Difference> for DifferenceView {
    fn from(difference: &Difference) -> Self {
        let views = |permissions: &std::collections::BTreeSet<Permission>| {
            permissions.iter().copied().map(PermissionView::from).collect()
        };
        Self { role: difference.role.to_string(), added: views(&difference.added), removed: views(&difference.removed) }
    }
}

/// A proposed change of roles.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleChangeView {
    /// Its identifier.
    #[schema(example = "0f3b6c1d2e4a59788f10")]
    pub change_id: String,
    /// `proposed`, `applied` or `rejected`.
    #[schema(example = "proposed")]
    pub state: String,
    /// What it changes.
    pub difference: Vec<DifferenceView>,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    #[schema(format = DateTime)]
    pub proposed_at: String,
    /// Who decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
}

impl From<&RoleChange> for RoleChangeView {
    fn from(change: &RoleChange) -> Self {
        Self {
            change_id: change.id.to_string(),
            state: change.state.to_string(),
            difference: change.difference.iter().map(DifferenceView::from).collect(),
            reason: change.reason.clone(),
            proposed_by: change.proposed_by.to_string(),
            proposed_at: change.proposed_at.to_string(),
            decided_by: change.decided_by.as_ref().map(ToString::to_string),
        }
    }
}
