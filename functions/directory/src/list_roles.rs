//! The roles in force, and all permissions there are. B3.1.

use axum::extract::State;
use domain::access::{Permission, Role, RoleBook, may};
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use serde::Serialize;
use strum::VariantArray as _;
use utoipa::ToSchema;

use crate::view::PermissionView;

/// A role.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleView {
    /// Its name in grants.
    #[schema(example = "school_admin")]
    pub role: String,
    /// Its name for people.
    #[schema(example = "学校课后服务管理员")]
    pub title: String,
    /// The kind of scope it is held on.
    #[schema(example = "school")]
    pub level: String,
    /// What its holder may do.
    pub permissions: Vec<PermissionView>,
    /// Whether nobody gets it any more.
    pub retired: bool,
}

impl From<&Role> for RoleView {
    fn from(role: &Role) -> Self {
        Self {
            role: role.id.to_string(),
            title: role.title.clone(),
            level: role.level.to_string(),
            permissions: role.permissions.iter().copied().map(PermissionView::from).collect(),
            retired: role.retired,
        }
    }
}

/// Roles.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Roles {
    /// By name.
    pub items: Vec<RoleView>,
}

/// 角色列表
#[utoipa::path(
    get, path = "/roles", operation_id = "list_roles", tag = "用户与角色",
    responses(
        (status = 200, description = "角色及其权限", body = Roles),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_roles(State(app): State<App>, caller: Caller) -> Outcome<Answer<Roles>> {
    caller.ask::<may::ViewRoles>(&app).await?;
    // Who configures roles sees what holds this moment, not what this environment remembers.
    let book = RoleBook::of(app.store().stored_roles().await?.into_iter().map(|found| found.value));
    Ok(Answer::ok(Roles { items: book.roles().map(RoleView::from).collect() }))
}

/// Permissions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Permissions {
    /// All there are.
    pub items: Vec<PermissionView>,
}

/// 权限列表
#[utoipa::path(
    get, path = "/permissions", operation_id = "list_permissions", tag = "用户与角色",
    responses(
        (status = 200, description = "全部权限点", body = Permissions),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_permissions(State(app): State<App>, caller: Caller) -> Outcome<Answer<Permissions>> {
    caller.ask::<may::ViewRoles>(&app).await?;
    Ok(Answer::ok(Permissions { items: Permission::VARIANTS.iter().copied().map(PermissionView::from).collect() }))
}
