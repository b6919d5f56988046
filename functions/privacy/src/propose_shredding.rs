//! The proposal to destroy a school's keys, and with them the personal data they seal. K3.

use axum::extract::{Path, State};
use domain::shredding::{Shredding, ShreddingError, confirm};
use domain::user::Reason;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::list_keys::{ShreddingView, reach_school};

/// A proposal.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeShredding {
    /// The school's code once more, written down by whoever proposes it.
    #[schema(example = "2144200601")]
    pub school: String,
    /// Why: 1 to 200 characters.
    #[schema(example = "学校撤并,按协议删除学生个人信息")]
    pub reason: String,
}

/// 申请销毁学校数据密钥
///
/// Done once another person has approved it: the names and numbers of the school's pupils are then lost for good.
#[utoipa::path(
    post, path = "/keys/{tenant}/shredding", operation_id = "propose_shredding", tag = "数据密钥",
    params(("tenant" = String, Path, description = "学校标识码")),
    request_body = ProposeShredding,
    responses(
        (status = 201, description = "待另一位安全管理员审批", body = ShreddingView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已有申请,或已销毁", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn propose_shredding(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<String>,
    sent: Sent<ProposeShredding>,
) -> Outcome<Answer<ShreddingView>> {
    let (granted, school) = reach_school(&app, &caller, &tenant).await?;
    confirm(&school, &sent.value.school)?;
    let reason = Reason::read(sent.value.reason)?;
    let before = app.store().shredding(&school).await?;
    let held = before.as_ref().map(|found| &found.value);
    let shredding = Shredding::propose(held, school, (caller.id.clone(), reason), app.now())?;
    let next = Versioned::next(before.as_ref(), shredding.clone());
    let mut commit = Commit::new(caller.actor(&granted), "privacy.propose_shredding", app.now());
    commit.save_shredding(&next)?;
    match app.store().commit(commit).await {
        // Somebody proposed it at the same moment.
        Err(StoreError::Stale) => return Err(ShreddingError::Waiting.into()),
        done => done?,
    }
    tracing::warn!(security = true, caller = %caller.id, tenant, "shredding proposed");
    Ok(Answer::created(ShreddingView::from(&next.value)))
}
