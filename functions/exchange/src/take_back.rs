//! Who asked takes a move back, as long as nobody has decided it. P11.1 P12.1.

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::{App, Caller, Problem};

use crate::scope;
use crate::view::MoveView;

/// 撤回调课调班申请
#[utoipa::path(
    post, path = "/moves/{move_id}/take-back", operation_id = "take_back_move", tag = "调课调班",
    params(("move_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "已撤回", body = MoveView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或正等待缴费", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn take_back_move(
    State(app): State<App>,
    caller: Caller,
    Path(move_id): Path<String>,
) -> Outcome<Answer<MoveView>> {
    let (granted, found) = scope::found::<may::AskMove>(&app, &caller, &move_id).await?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    let taken = cashier.take_back_move(&found.value.id, &caller.id).await?.ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(MoveView::from(&taken.value)).at_version(taken.ver))
}
