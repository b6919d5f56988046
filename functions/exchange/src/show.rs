//! One move: who asked and decided, what it costs, where it stands. S27.1 S28.1.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};

use crate::scope;
use crate::view::MoveView;

/// 查看调课调班申请
#[utoipa::path(
    get, path = "/moves/{move_id}", operation_id = "show_move", tag = "调课调班",
    params(("move_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "申请", body = MoveView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_move(
    State(app): State<App>,
    caller: Caller,
    Path(move_id): Path<String>,
) -> Outcome<Answer<MoveView>> {
    let (_, found) = scope::found::<may::ViewEnrollments>(&app, &caller, &move_id).await?;
    Ok(Answer::ok(MoveView::from(&found.value)).at_version(found.ver))
}
