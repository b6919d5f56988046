//! A difference with its proof. S35.1.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::Answer;
use edge::reach::reach_difference;
use edge::{App, Caller, Problem};

use crate::view::BillDifferenceView;

/// 查看对账差异
#[utoipa::path(
    get, path = "/differences/{difference_id}", operation_id = "show_difference", tag = "对账",
    params(("difference_id" = String, Path, description = "差异编号")),
    responses(
        (status = 200, description = "差异与账单依据", body = BillDifferenceView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_difference(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Outcome<Answer<BillDifferenceView>> {
    let (_, difference) = reach_difference::<may::ViewMoney>(&app, &caller, &id).await?;
    Ok(Answer::ok(BillDifferenceView::from(&difference.value)).at_version(difference.ver))
}
