//! Who asked takes a request back, as long as nobody has decided it. T2.2 P9.2 P9.4.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use store::{Commit, StoreError};

use crate::reach;
use crate::view::{CorrectionView, LeaveView};
use crate::write::{ATTEMPTS, written};

/// 撤回请假申请
#[utoipa::path(
    post, path = "/leaves/{request_id}/take-back", operation_id = "take_back_leave", tag = "请假与更正",
    params(("request_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "已撤回", body = LeaveView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn take_back_leave(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
) -> Outcome<Answer<LeaveView>> {
    for _ in 0..ATTEMPTS {
        let (granted, mut found) = reach::leave::<may::AskLeave>(&app, &caller, &request_id).await?;
        found.value.handling.take_back(&caller.id, app.now())?;
        let mut commit = Commit::new(caller.actor(&granted), "leave.take-back", app.now());
        commit.save_leave(&found)?;
        if written(app.store(), commit).await? {
            return Ok(Answer::ok(LeaveView::from(&found.value)).at_version(found.ver.saturating_add(1)));
        }
    }
    Err(StoreError::Stale.into())
}

/// 撤回考勤更正申请
#[utoipa::path(
    post, path = "/corrections/{request_id}/take-back", operation_id = "take_back_correction", tag = "请假与更正",
    params(("request_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "已撤回", body = CorrectionView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn take_back_correction(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
) -> Outcome<Answer<CorrectionView>> {
    for _ in 0..ATTEMPTS {
        let (granted, mut found) = reach::correction::<may::AskLeave>(&app, &caller, &request_id).await?;
        found.value.handling.take_back(&caller.id, app.now())?;
        let mut commit = Commit::new(caller.actor(&granted), "correction.take-back", app.now());
        commit.save_correction(&found)?;
        if written(app.store(), commit).await? {
            return Ok(Answer::ok(CorrectionView::from(&found.value)).at_version(found.ver.saturating_add(1)));
        }
    }
    Err(StoreError::Stale.into())
}
