//! Requests to see minors' data in full, for the responsible person of the school. K3.

use axum::extract::{Path, State};
use domain::Tenant;
use domain::access::may;
use domain::id::{RevealId, SchoolCode};
use domain::reveal::RevealError;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, StoreError};
use utoipa::{IntoParams, ToSchema};

use crate::ask_reveal::RevealView;

/// Requests of a page.
const PAGE: i32 = 50;

/// Which requests.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichReveals {
    /// The school.
    #[param(example = "2144200601")]
    pub school: String,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Requests.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reveals {
    /// By identifier.
    pub items: Vec<RevealView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 个人信息查看申请列表
#[utoipa::path(
    get, path = "/reveals", operation_id = "list_reveals", tag = "个人信息",
    responses(
        (status = 200, description = "本校的申请", body = Reveals),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_reveals(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichReveals>,
) -> Outcome<Answer<Reveals>> {
    let granted = caller.ask::<may::ApprovePersonalData>(&app).await?;
    let school: SchoolCode = parse("school", &which.school)?;
    let after: Option<RevealId> = which.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let (found, cursor) = app.store().reveals(&Tenant::School(school), after.as_ref(), PAGE).await?;
    let found = found.into_iter().filter_map(|found| found.within(&granted));
    let items = found.map(|found| RevealView::of(&found.value, app.now())).collect();
    Ok(Answer::ok(Reveals { items, cursor }))
}

/// 同意查看未成年人信息
///
/// Who asked may look for a day from now on.
#[utoipa::path(
    post, path = "/reveals/{reveal_id}/approve", operation_id = "approve_reveal", tag = "个人信息",
    params(("reveal_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "已同意", body = RevealView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理或已过期,或须由他人审批", body = Problem),
    ),
)]
pub async fn approve_reveal(
    State(app): State<App>,
    caller: Caller,
    Path(reveal_id): Path<String>,
) -> Outcome<Answer<RevealView>> {
    decide(&app, &caller, &reveal_id, true).await
}

/// 驳回个人信息查看申请
#[utoipa::path(
    post, path = "/reveals/{reveal_id}/reject", operation_id = "reject_reveal", tag = "个人信息",
    params(("reveal_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "已驳回", body = RevealView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理或已过期,或须由他人审批", body = Problem),
    ),
)]
pub async fn reject_reveal(
    State(app): State<App>,
    caller: Caller,
    Path(reveal_id): Path<String>,
) -> Outcome<Answer<RevealView>> {
    decide(&app, &caller, &reveal_id, false).await
}

async fn decide(app: &App, caller: &Caller, reveal_id: &str, approved: bool) -> Outcome<Answer<RevealView>> {
    let granted = caller.ask::<may::ApprovePersonalData>(app).await?;
    let id: RevealId = parse("reveal_id", reveal_id)?;
    let found = app.store().reveal(&id).await?.and_then(|found| found.within(&granted));
    let mut reveal = found.ok_or(AccessError::NotFound)?;
    reveal.value.decide(&caller.id, approved, app.now())?;
    let action = if approved { "privacy.approve_reveal" } else { "privacy.reject_reveal" };
    let actor = caller.actor(&granted).for_purpose(&reveal.value.purpose);
    let mut commit = Commit::new(actor, action, app.now());
    commit.save_reveal(&reveal)?;
    match app.store().commit(commit).await {
        // Somebody else has decided it meanwhile.
        Err(StoreError::Stale) => return Err(RevealError::NotWaiting.into()),
        done => done?,
    }
    Ok(Answer::ok(RevealView::of(&reveal.value, app.now())))
}
