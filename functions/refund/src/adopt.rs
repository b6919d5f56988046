//! A refund made in the provider's own console is entered, as of the courses a person names. S34.4 S35.1.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::Money;
use domain::access::may;
use domain::reconciliation::difference::Said;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::reach::reach_difference;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::view::RefundView;

/// Of which courses, and how it came about.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptRefund {
    /// What of each course went back; they add up to the refund. None of a payment that paid for nothing.
    #[serde(default)]
    pub parts: Vec<AdoptedPart>,
    /// What was found out: 1 to 200 characters.
    #[schema(example = "财务在商户平台误操作退款")]
    pub reason: String,
}

/// What of a course went back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptedPart {
    /// The course.
    #[schema(example = "K012")]
    pub course: String,
    /// How much, in fen.
    #[schema(example = 5_000)]
    pub amount_fen: i64,
}

/// 登记通道侧退款
///
/// Money that went back past the platform, as a bill proves, counts from now on as every other refund; the difference is
/// settled with it.
#[utoipa::path(
    post, path = "/differences/{difference_id}/adopt", operation_id = "adopt_refund", tag = "退费",
    params(
        ("difference_id" = String, Path, description = "差异编号"),
        ("If-Match" = String, Header, description = "读取差异时的版本"),
    ),
    request_body = AdoptRefund,
    responses(
        (status = 201, description = "已登记", body = RefundView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不是通道侧退款,或已处理", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn adopt_refund(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(id): Path<String>,
    sent: Sent<AdoptRefund>,
) -> Outcome<Answer<RefundView>> {
    let (granted, difference) = reach_difference::<may::HandleRefunds>(&app, &caller, &id).await?;
    version.check(difference.ver)?;
    let AdoptRefund { parts, reason } = sent.value;
    let said = Said::read(&caller.id, &reason, app.now())?;
    let parts: Vec<_> = parts.into_iter().map(|part| (part.course, Money::from_fen(part.amount_fen))).collect();
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    let refund = cashier.adopt(&difference.value.id, &parts, &said).await?;
    Ok(Answer::created(RefundView::from(&refund)))
}
