//! Another person decides whether money is written off. S36.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::alert::Facts;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch};
use edge::reach::reach_difference;
use edge::{App, Caller, Problem};
use store::Commit;

use crate::view::BillDifferenceView;

/// 批准核销
#[utoipa::path(
    post, path = "/differences/{difference_id}/waiver/approve", operation_id = "approve_waiver", tag = "对账",
    params(
        ("difference_id" = String, Path, description = "差异编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已核销", body = BillDifferenceView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有待审批的核销,或须由他人审批", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn approve_waiver(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(id): Path<String>,
) -> Outcome<Answer<BillDifferenceView>> {
    decide(&app, &caller, version, &id, true).await
}

/// 驳回核销
#[utoipa::path(
    post, path = "/differences/{difference_id}/waiver/reject", operation_id = "reject_waiver", tag = "对账",
    params(
        ("difference_id" = String, Path, description = "差异编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已驳回,差异仍待处理", body = BillDifferenceView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有待审批的核销", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn reject_waiver(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(id): Path<String>,
) -> Outcome<Answer<BillDifferenceView>> {
    decide(&app, &caller, version, &id, false).await
}

async fn decide(
    app: &App,
    caller: &Caller,
    version: IfMatch,
    id: &str,
    approved: bool,
) -> Outcome<Answer<BillDifferenceView>> {
    let (granted, mut difference) = reach_difference::<may::SettleDifferences>(app, caller, id).await?;
    version.check(difference.ver)?;
    let known = Facts::of_difference(&difference.value, app.now());
    difference.value.decide_waiver(&caller.id, approved, app.now())?;
    let action = if approved { "difference.approve_waiver" } else { "difference.reject_waiver" };
    let mut commit = Commit::new(caller.actor(&granted), action, app.now());
    app.store().tell(&mut commit, &known, &Facts::of_difference(&difference.value, app.now())).await?;
    commit.save_difference(&difference)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(BillDifferenceView::from(&difference.value)).at_version(difference.ver.saturating_add(1)))
}
