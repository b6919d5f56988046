//! What the school does about a refund that does not arrive: sent elsewhere, tried anew, paid out by hand, no longer kept
//! against the next term. S34.4.

use axum::extract::{Path, State};
use cashier::{Cashier, Mended};
use domain::Pii;
use domain::access::{Granted, may};
use domain::id::RefundNo;
use domain::refund::dispute::MendError;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem, Variable};
use gateway::channel::Redirection;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::scope::refund;
use crate::view::RefundView;

/// Where an abnormal refund goes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "to", rename_all = "snake_case", deny_unknown_fields)]
pub enum RedirectRefund {
    /// To another debit card of the payer.
    PayerCard {
        /// The bank, as the provider names it.
        #[schema(example = "ICBC_DEBIT")]
        bank: String,
        /// The number of the card.
        #[schema(value_type = String)]
        #[serde(deserialize_with = "domain::pii::plain")]
        account: Pii<String>,
        /// Whose it is.
        #[schema(value_type = String)]
        #[serde(deserialize_with = "domain::pii::plain")]
        name: Pii<String>,
    },
    /// To the school's own account: the school pays it out by hand.
    School {},
}

/// 异常退款改退其他账户
#[utoipa::path(
    post, path = "/refunds/{refund_no}/redirect", operation_id = "redirect_refund", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    request_body = RedirectRefund,
    responses(
        (status = 200, description = "支付通道已受理", body = RefundView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "退款单当前不能这样处理", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "支付通道繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn redirect_refund(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
    sent: Sent<RedirectRefund>,
) -> Outcome<Answer<RefundView>> {
    let (granted, found) = refund::<may::HandleRefunds>(&app, &caller, &refund_no).await?;
    let to = match sent.value {
        RedirectRefund::PayerCard { bank, account, name } => {
            // Both go to the provider, encrypted, and are kept nowhere.
            Redirection::Payer { bank, account: account.reveal().clone(), name: name.reveal().clone() }
        }
        RedirectRefund::School {} => Redirection::School,
    };
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    let public_url = app.variable(Variable::PublicUrl)?;
    let no = found.value.no();
    let mended = Box::pin(cashier.redirect(app.channels().await?, &no, &to, public_url)).await?;
    told(&app, &granted, &no, mended).await
}

/// 重新发起被拒绝的退款
#[utoipa::path(
    post, path = "/refunds/{refund_no}/retry", operation_id = "retry_refund", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    responses(
        (status = 200, description = "已按新的退款单号重新发起", body = RefundView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "退款单当前不能这样处理", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn retry_refund(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
) -> Outcome<Answer<RefundView>> {
    let (granted, found) = refund::<may::HandleRefunds>(&app, &caller, &refund_no).await?;
    let no = found.value.no();
    let mended = Cashier::new(app.store(), app.ambient(), caller.actor(&granted)).retry(&no).await?;
    told(&app, &granted, &no, mended).await
}

/// 抵扣款改为立即退款
///
/// What was kept against the next term goes back by the way it came. Without this it does so on the 330th day after the
/// payment.
#[utoipa::path(
    post, path = "/refunds/{refund_no}/release", operation_id = "release_refund", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    responses(
        (status = 200, description = "将原路退回", body = RefundView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "退款单当前不能这样处理", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn release_refund(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
) -> Outcome<Answer<RefundView>> {
    let (granted, found) = refund::<may::HandleRefunds>(&app, &caller, &refund_no).await?;
    let no = found.value.no();
    let mended = Cashier::new(app.store(), app.ambient(), caller.actor(&granted)).release_refund(&no).await?;
    told(&app, &granted, &no, mended).await
}

/// 登记已由学校线下退还
///
/// For what the provider gave back to the school, or refuses for good.
#[utoipa::path(
    post, path = "/refunds/{refund_no}/hand-out", operation_id = "hand_out_refund", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    responses(
        (status = 200, description = "已登记", body = RefundView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "退款单当前不能这样处理", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn hand_out_refund(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
) -> Outcome<Answer<RefundView>> {
    let (granted, found) = refund::<may::HandleRefunds>(&app, &caller, &refund_no).await?;
    let no = found.value.no();
    let mended = Cashier::new(app.store(), app.ambient(), caller.actor(&granted)).hand_out(&no).await?;
    told(&app, &granted, &no, mended).await
}

/// The refund as it stands now, if it was mended.
async fn told(
    app: &App,
    granted: &Granted<may::HandleRefunds>,
    no: &RefundNo,
    mended: Mended,
) -> Outcome<Answer<RefundView>> {
    match mended {
        Mended::NotNow => return Err(MendError::NotNow.into()),
        Mended::Unknown => return Err(AccessError::NotFound.into()),
        Mended::Done => {}
    }
    let found = app.store().refund(no).await?.and_then(|found| found.within(granted)).ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(RefundView::from(&found.value)).at_version(found.ver))
}
