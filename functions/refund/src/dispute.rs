//! A guardian says that a refund has not arrived, and the school answers. P7.3 S34.4.

use axum::extract::{Path, State};
use domain::access::may;
use domain::alert::Facts;
use domain::refund::dispute::{answer, dispute};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::scope::refund;
use crate::view::RefundView;

/// 反馈退费未到账
#[utoipa::path(
    post, path = "/refunds/{refund_no}/disputes", operation_id = "dispute_refund", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    responses(
        (status = 200, description = "已反馈给学校", body = RefundView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已反馈,等待学校答复", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
    ),
)]
pub async fn dispute_refund(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
) -> Outcome<Answer<RefundView>> {
    let (granted, mut found) = refund::<may::AskRefund>(&app, &caller, &refund_no).await?;
    let known = Facts::of_refund(&found.value);
    dispute(&mut found.value, &caller.id, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "refund.dispute_refund", app.now());
    app.store().tell(&mut commit, &known, &Facts::of_refund(&found.value)).await?;
    commit.save_refund(&found)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(RefundView::from(&found.value)).at_version(found.ver.saturating_add(1)))
}

/// What the school answers.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerDispute {
    /// 2 to 200 characters.
    #[schema(example = "已与支付机构核实,款项已退至原零钱账户,请在微信账单中查看")]
    pub answer: String,
}

/// 答复退费未到账反馈
#[utoipa::path(
    post, path = "/refunds/{refund_no}/answer", operation_id = "answer_dispute", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    request_body = AnswerDispute,
    responses(
        (status = 200, description = "已答复", body = RefundView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有待答复的反馈", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn answer_dispute(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
    sent: Sent<AnswerDispute>,
) -> Outcome<Answer<RefundView>> {
    let (granted, mut found) = refund::<may::HandleRefunds>(&app, &caller, &refund_no).await?;
    let known = Facts::of_refund(&found.value);
    answer(&mut found.value, sent.value.answer, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "refund.answer_dispute", app.now());
    app.store().tell(&mut commit, &known, &Facts::of_refund(&found.value)).await?;
    commit.save_refund(&found)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(RefundView::from(&found.value)).at_version(found.ver.saturating_add(1)))
}
