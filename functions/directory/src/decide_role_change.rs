//! Changes of roles that wait for a second person. B3.1 K5.1.

use axum::extract::{Path, State};
use domain::access::change::RoleError;
use domain::access::may;
use domain::id::RoleChangeId;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, StoreError};
use utoipa::{IntoParams, ToSchema};

use crate::propose_role_change::changed;
use crate::view::RoleChangeView;

/// Changes of a page.
const PAGE: i32 = 50;

/// Which changes.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichRoleChanges {
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Changes of roles.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleChanges {
    /// By identifier.
    pub items: Vec<RoleChangeView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 角色变更记录
#[utoipa::path(
    get, path = "/role-changes", operation_id = "list_role_changes", tag = "用户与角色",
    responses(
        (status = 200, description = "角色变更", body = RoleChanges),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_role_changes(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichRoleChanges>,
) -> Outcome<Answer<RoleChanges>> {
    caller.ask::<may::ViewRoles>(&app).await?;
    let after: Option<RoleChangeId> = which.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let after = after.map(|id| format!("CHANGE#{id}"));
    let page = app.store().role_changes(after.as_deref(), PAGE).await?;
    let items = page.items.iter().map(|found| RoleChangeView::from(&found.value)).collect();
    let cursor = page.next.and_then(|sk| sk.strip_prefix("CHANGE#").map(str::to_owned));
    Ok(Answer::ok(RoleChanges { items, cursor }))
}

/// 批准角色变更
#[utoipa::path(
    post, path = "/role-changes/{change_id}/approve", operation_id = "approve_role_change", tag = "用户与角色",
    params(("change_id" = String, Path, description = "变更编号")),
    responses(
        (status = 200, description = "已批准并生效", body = RoleChangeView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或须由他人审批", body = Problem),
    ),
)]
pub async fn approve_role_change(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
) -> Outcome<Answer<RoleChangeView>> {
    decide(&app, &caller, &change_id, true).await
}

/// 驳回角色变更
#[utoipa::path(
    post, path = "/role-changes/{change_id}/reject", operation_id = "reject_role_change", tag = "用户与角色",
    params(("change_id" = String, Path, description = "变更编号")),
    responses(
        (status = 200, description = "已驳回", body = RoleChangeView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或须由他人审批", body = Problem),
    ),
)]
pub async fn reject_role_change(
    State(app): State<App>,
    caller: Caller,
    Path(change_id): Path<String>,
) -> Outcome<Answer<RoleChangeView>> {
    decide(&app, &caller, &change_id, false).await
}

async fn decide(app: &App, caller: &Caller, change_id: &str, approved: bool) -> Outcome<Answer<RoleChangeView>> {
    let granted = caller.ask::<may::ApproveRoles>(app).await?;
    let id: RoleChangeId = parse("change_id", change_id)?;
    let mut change = app.store().role_change(&id).await?.ok_or(AccessError::NotFound)?;
    change.value.decide(&caller.id, approved)?;
    let action = if approved { "directory.approve_role_change" } else { "directory.reject_role_change" };
    let mut commit = Commit::new(caller.actor(&granted), action, app.now());
    if approved {
        // By the roles as they are now: what was meanwhile changed otherwise stays so.
        let roles = changed(app, &caller.id, &caller.grants, &change.value.edits).await?;
        change.value.difference = roles.iter().map(|(_, difference)| difference.clone()).collect();
        for (role, _) in &roles {
            commit.save_role(role)?;
        }
    }
    commit.save_role_change(&change)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => return Err(stale(app, &id).await?),
        done => done?,
    }
    app.store().forget_roles();
    Ok(Answer::ok(RoleChangeView::from(&change.value)).at_version(change.ver.saturating_add(1)))
}

/// Somebody was quicker: with this decision, or with another change of the same roles.
async fn stale(app: &App, id: &RoleChangeId) -> Result<Problem, Problem> {
    let now = app.store().role_change(id).await?.ok_or(AccessError::NotFound)?;
    let decided = now.value.state != domain::access::change::ChangeState::Proposed;
    Ok(if decided { RoleError::AlreadyDecided.into() } else { RequestError::IfMatchOutdated.into() })
}
