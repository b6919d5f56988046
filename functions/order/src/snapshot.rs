//! The snapshots (快照凭证) of an order, a payment and a refund, as they lie in the archive. P2.5 P6.5 P7.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{OrderNo, PaymentNo, RefundNo};
use domain::snapshot::Snapshot;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach;
use edge::{App, Caller, Problem, Variable};
use serde::Serialize;
use utoipa::ToSchema;

/// More bytes than any snapshot has.
const LARGEST_SNAPSHOT_BYTES: usize = 256 * 1024;

/// A snapshot with its proof.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SnapshotView {
    /// Canonical JSON: its SHA-256 is `sha256`, byte for byte.
    pub body: String,
    /// SHA-256 of the body, base 64 for URLs.
    pub sha256: String,
    /// Whether it lies in the archive, where nobody can change it.
    pub archived: bool,
}

impl SnapshotView {
    /// As it lies in the archive or, for the minutes until it does, as it will.
    async fn of(app: &App, kind: &str, sha256: String, made: Snapshot) -> Result<Self, Problem> {
        let bucket = app.variable(Variable::SnapshotsBucket)?;
        let archived = app.objects().get(bucket, &format!("{kind}/{sha256}.json"), LARGEST_SNAPSHOT_BYTES).await?;
        let archived = archived.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        Ok(Self { archived: archived.is_some(), body: archived.unwrap_or(made.body), sha256 })
    }
}

/// 查看订单快照凭证
#[utoipa::path(
    get, path = "/orders/{order_no}/snapshot", operation_id = "show_snapshot", tag = "订单",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "快照凭证", body = SnapshotView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_snapshot(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
) -> Outcome<Answer<SnapshotView>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let made = Snapshot::of_order(&reached.record.value, &reached.order);
    Ok(Answer::ok(SnapshotView::of(&app, "order", reached.order.snapshot, made).await?))
}

/// 查看支付快照凭证
///
/// There is one once it was paid.
#[utoipa::path(
    get, path = "/payments/{payment_no}/snapshot", operation_id = "show_payment_snapshot", tag = "订单",
    params(("payment_no" = String, Path, description = "支付单号")),
    responses(
        (status = 200, description = "快照凭证", body = SnapshotView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到,或尚未支付", body = Problem),
    ),
)]
pub async fn show_payment_snapshot(
    State(app): State<App>,
    caller: Caller,
    Path(payment_no): Path<String>,
) -> Outcome<Answer<SnapshotView>> {
    let no: PaymentNo = parse("payment_no", &payment_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no.order()).await?;
    let payment = reached.payment(&app, &no).await?.value;
    let made = Snapshot::of_payment(&payment).ok_or(AccessError::NotFound)?;
    let sha256 = payment.paid.map(|paid| paid.snapshot).ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(SnapshotView::of(&app, "payment", sha256, made).await?))
}

/// 查看退费快照凭证
///
/// There is one once it has ended.
#[utoipa::path(
    get, path = "/refunds/{refund_no}/snapshot", operation_id = "show_refund_snapshot", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    responses(
        (status = 200, description = "快照凭证", body = SnapshotView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到,或尚未完成", body = Problem),
    ),
)]
pub async fn show_refund_snapshot(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
) -> Outcome<Answer<SnapshotView>> {
    let no: RefundNo = parse("refund_no", &refund_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no.payment().order()).await?;
    let payment = reached.payment(&app, &no.payment()).await?.value;
    let refund = app.store().refund(&no).await?.and_then(|found| found.within(&reached.granted));
    let refund = refund.ok_or(AccessError::NotFound)?.value;
    let made = Snapshot::of_refund(&refund, &payment).ok_or(AccessError::NotFound)?;
    let sha256 = refund.snapshot.ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(SnapshotView::of(&app, "refund", sha256, made).await?))
}
