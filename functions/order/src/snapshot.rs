//! The snapshot (快照凭证) of an order, as it lies in the archive. P2.5.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::OrderNo;
use domain::snapshot::Snapshot;
use edge::app::Outcome;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem, Variable};
use serde::Serialize;
use utoipa::ToSchema;

use edge::reach::{Reached, reach};

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
    let Reached { record, order, .. } = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let bucket = app.variable(Variable::SnapshotsBucket)?;
    let key = format!("order/{}.json", order.snapshot);
    let archived = if order.archived { app.objects().get(bucket, &key, LARGEST_SNAPSHOT_BYTES).await? } else { None };
    let archived = archived.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let view = SnapshotView {
        archived: archived.is_some(),
        body: archived.unwrap_or_else(|| Snapshot::of_order(&record.value, &order).body),
        sha256: order.snapshot,
    };
    Ok(Answer::ok(view))
}
