//! A lock is lifted for a reason, to be called again until it is. S25.5.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::lock_days::{progress, side};
use crate::scope::reach_term;
use crate::turning::Turning;
use crate::view::LockProgress;

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftLock {
    /// 2 to 100 characters.
    #[schema(example = "更正 9 月 2 日点名")]
    pub reason: String,
}

/// 解除考勤锁定
///
/// A school lifts its own locks, and none of the township's. As long as the answer says `lifting`, the call is to be
/// repeated. Days that another lock holds stay locked.
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/attendance-locks/{no}/lift", operation_id = "lift_lock",
    tag = "考勤锁定",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("no" = u16, Path, description = "锁定编号"),
    ),
    request_body = LiftLock,
    responses(
        (status = 200, description = "已解除,或需再次调用", body = LockProgress),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能解除", body = Problem),
        (status = 412, description = "课表同时被修改,请重试", body = Problem),
        (status = 422, description = "原因有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn lift_lock(
    State(app): State<App>,
    caller: Caller,
    Path((school, term, no)): Path<(String, String, String)>,
    sent: Sent<LiftLock>,
) -> Outcome<Answer<LockProgress>> {
    let (granted, school, term) = reach_term::<may::LockAttendance>(&app, &caller, (&school, &term)).await?;
    let no: u16 = parse("no", &no)?;
    let by = side(&granted, &school);
    let turning = Turning::new((&app, &caller, &granted), "attendance.lift_lock", (&school, &term));
    turning.begin(|timetable| timetable.begin_lifting(no, by, &sent.value.reason)).await?;
    Ok(Answer::ok(progress(no, &turning.run(no).await?)))
}
