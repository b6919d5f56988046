//! Changing what roles may do, one or many at once. B3.1 K5.1.

use axum::extract::State;
use domain::access::change::{ChangeState, Editor, RoleChange, RoleEdit, edit, needs_approval};
use domain::access::{Role, may};
use domain::id::PersonId;
use domain::user::Reason;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::view::RoleChangeView;

/// What is to become of one role.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRole {
    /// The role; a new one when there is none of that name.
    #[schema(value_type = String, example = "steward")]
    pub role: domain::id::RoleId,
    /// Its name for people; wanted for a new one.
    pub title: Option<String>,
    /// `children`, `classes`, `school`, `provider`, `township`, `city` or `platform`; wanted for a new one.
    #[schema(value_type = Option<String>)]
    pub level: Option<domain::access::Level>,
    /// Permissions it gets.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub add: std::collections::BTreeSet<domain::access::Permission>,
    /// Permissions it loses.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub remove: std::collections::BTreeSet<domain::access::Permission>,
    /// Whether nobody gets it any more.
    pub retired: Option<bool>,
}

/// A change of roles.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeRoleChange {
    /// One to twenty roles.
    pub edits: Vec<EditRole>,
    /// Why: 1 to 200 characters.
    #[schema(example = "新学期起由行政管理教师导入名单")]
    pub reason: String,
}

/// 配置角色权限
///
/// Holds at once, or waits for a second person where a role gets a sensitive permission. The answer shows the
/// difference.
#[utoipa::path(
    post, path = "/role-changes", operation_id = "propose_role_change", tag = "用户与角色",
    params(("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值")),
    request_body = ProposeRoleChange,
    responses(
        (status = 201, description = "已生效,或待另一位管理员审批", body = RoleChangeView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "无权配置", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn propose_role_change(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<ProposeRoleChange>,
) -> Outcome<Answer<RoleChangeView>> {
    let granted = caller.ask::<may::EditRoles>(&app).await?;
    let id = caller.request_name(&key).parse().map_err(|_never| AccessError::NotFound)?;
    if let Some(found) = app.store().role_change(&id).await? {
        let same = found.value.request == sent.hash;
        return if same { Ok(told(&found)) } else { Err(RequestError::IdempotencyKeyReused.into()) };
    }
    let reason = Reason::read(sent.value.reason)?;
    let edits: Vec<RoleEdit> = sent.value.edits.into_iter().map(RoleEdit::from).collect();
    let changed = changed(&app, &caller.id, &caller.grants, &edits).await?;
    let difference: Vec<_> = changed.iter().map(|(_, difference)| difference.clone()).collect();
    let waits = needs_approval(&difference);
    let change = Versioned::absent(RoleChange {
        id,
        request: sent.hash,
        edits,
        difference,
        reason: reason.text(),
        proposed_by: caller.id.clone(),
        proposed_at: app.now(),
        state: if waits { ChangeState::Proposed } else { ChangeState::Applied },
        decided_by: None,
    });
    let mut commit = Commit::new(caller.actor(&granted), "directory.propose_role_change", app.now());
    commit.save_role_change(&change)?;
    if !waits {
        for (role, _) in &changed {
            commit.save_role(role)?;
        }
    }
    app.store().commit(commit).await?;
    app.store().forget_roles();
    Ok(told(&Versioned { ver: 1, ..change }))
}

fn told(change: &Versioned<RoleChange>) -> Answer<RoleChangeView> {
    Answer::created(RoleChangeView::from(&change.value)).at_version(change.ver)
}

/// The roles as the edits make them, with the versions they start from.
pub(crate) async fn changed(
    app: &App,
    editor: &PersonId,
    grants: &[domain::access::Grant],
    edits: &[RoleEdit],
) -> Result<Vec<(Versioned<Role>, domain::access::change::Difference)>, Problem> {
    let stored = app.store().stored_roles().await?;
    let book = domain::access::RoleBook::of(stored.iter().map(|found| found.value.clone()));
    let changed = edit(Editor { id: editor, grants }, &book, edits)?;
    let versioned = |role: Role| {
        let held = stored.iter().find(|found| found.value.id == role.id);
        Versioned::next(held, role)
    };
    Ok(changed.into_iter().map(|(role, difference)| (versioned(role), difference)).collect())
}

impl From<EditRole> for RoleEdit {
    fn from(sent: EditRole) -> Self {
        let EditRole { role, title, level, add, remove, retired } = sent;
        Self { role, title, level, add, remove, retired }
    }
}
