//! A person settles a difference: confirms it, or would let it go. S36.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::alert::Facts;
use domain::reconciliation::difference::Said;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::reach::reach_difference;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::view::BillDifferenceView;

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleDifference {
    /// What was found out: 1 to 200 characters.
    #[schema(example = "已与通道客服核对,系账单漏列")]
    pub reason: String,
}

/// 核实对账差异
///
/// It was put right elsewhere, or is right as it is.
#[utoipa::path(
    post, path = "/differences/{difference_id}/confirm", operation_id = "confirm_difference", tag = "对账",
    params(
        ("difference_id" = String, Path, description = "差异编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = SettleDifference,
    responses(
        (status = 200, description = "已核实", body = BillDifferenceView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或有待审批的核销", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn confirm_difference(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(id): Path<String>,
    sent: Sent<SettleDifference>,
) -> Outcome<Answer<BillDifferenceView>> {
    settle(&app, &caller, version, (&id, &sent.value.reason), true).await
}

/// 申请核销对账差异
///
/// Where money is written off it is let go once another person has approved it.
#[utoipa::path(
    post, path = "/differences/{difference_id}/waive", operation_id = "waive_difference", tag = "对账",
    params(
        ("difference_id" = String, Path, description = "差异编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = SettleDifference,
    responses(
        (status = 200, description = "已核销,或待他人审批", body = BillDifferenceView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或有待审批的核销", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn waive_difference(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(id): Path<String>,
    sent: Sent<SettleDifference>,
) -> Outcome<Answer<BillDifferenceView>> {
    settle(&app, &caller, version, (&id, &sent.value.reason), false).await
}

async fn settle(
    app: &App,
    caller: &Caller,
    version: IfMatch,
    (id, reason): (&str, &str),
    confirmed: bool,
) -> Outcome<Answer<BillDifferenceView>> {
    let (granted, mut difference) = reach_difference::<may::SettleDifferences>(app, caller, id).await?;
    version.check(difference.ver)?;
    let said = Said::read(&caller.id, reason, app.now())?;
    let known = Facts::of_difference(&difference.value, app.now());
    let action = if confirmed {
        difference.value.confirm(said)?;
        "difference.confirm"
    } else {
        difference.value.waive(said)?;
        "difference.waive"
    };
    let mut commit = Commit::new(caller.actor(&granted), action, app.now());
    app.store().tell(&mut commit, &known, &Facts::of_difference(&difference.value, app.now())).await?;
    commit.save_difference(&difference)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(BillDifferenceView::from(&difference.value)).at_version(difference.ver.saturating_add(1)))
}
