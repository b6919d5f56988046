//! A second person destroys a school's keys, or refuses to. K3.

use axum::extract::{Path, State};
use domain::Tenant;
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::shredding::{Shredding, ShreddingError, confirm};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError};
use utoipa::ToSchema;

use crate::list_keys::{ShreddingView, reach_school};

/// The approval.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveShredding {
    /// The school's code once more, written down by whoever approves it.
    #[schema(example = "2144200601")]
    pub school: String,
}

/// 批准并销毁学校数据密钥
///
/// Not to be undone. Who got no answer sends it again.
#[utoipa::path(
    post, path = "/keys/{tenant}/shredding/approve", operation_id = "approve_shredding", tag = "数据密钥",
    params(("tenant" = String, Path, description = "学校标识码")),
    request_body = ApproveShredding,
    responses(
        (status = 200, description = "密钥已销毁", body = ShreddingView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有待审批的申请,或须由他人审批", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn approve_shredding(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<String>,
    sent: Sent<ApproveShredding>,
) -> Outcome<Answer<ShreddingView>> {
    let (granted, school) = reach_school(&app, &caller, &tenant).await?;
    confirm(&school, &sent.value.school)?;
    let decided = decide(&app, &caller, (&granted, &school), true).await?;
    // What is decided is done, and done again when somebody was interrupted here.
    app.store().shred(&Tenant::School(school), &caller.actor(&granted), app.now()).await?;
    tracing::warn!(security = true, caller = %caller.id, tenant, "keys shredded");
    Ok(Answer::ok(ShreddingView::from(&decided)))
}

/// 驳回密钥销毁申请
#[utoipa::path(
    post, path = "/keys/{tenant}/shredding/reject", operation_id = "reject_shredding", tag = "数据密钥",
    params(("tenant" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "已驳回", body = ShreddingView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有待审批的申请,或须由他人审批", body = Problem),
    ),
)]
pub async fn reject_shredding(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<String>,
) -> Outcome<Answer<ShreddingView>> {
    let (granted, school) = reach_school(&app, &caller, &tenant).await?;
    let decided = decide(&app, &caller, (&granted, &school), false).await?;
    Ok(Answer::ok(ShreddingView::from(&decided)))
}

async fn decide(
    app: &App,
    caller: &Caller,
    (granted, school): (&Granted<may::ManageKeys>, &SchoolCode),
    approved: bool,
) -> Result<Shredding, Problem> {
    let mut found = app.store().shredding(school).await?.ok_or(ShreddingError::NothingWaiting)?;
    let before = found.value.state;
    found.value.decide(&caller.id, approved, app.now())?;
    if found.value.state == before {
        return Ok(found.value);
    }
    let action = if approved { "privacy.approve_shredding" } else { "privacy.reject_shredding" };
    let mut commit = Commit::new(caller.actor(granted), action, app.now());
    commit.save_shredding(&found)?;
    match app.store().commit(commit).await {
        // Somebody else has decided it meanwhile.
        Err(StoreError::Stale) => Err(ShreddingError::NothingWaiting.into()),
        done => {
            done?;
            Ok(found.value)
        }
    }
}
