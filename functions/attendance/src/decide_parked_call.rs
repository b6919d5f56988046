//! A roll call that could not be entered is entered after all, or discarded for a reason. S25.5 T4.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::id::TeachingRequestId;
use domain::teaching::call::call_roll;
use domain::teaching::parked::{ParkedCall, ParkedError};
use domain::teaching::roll::Roll;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::parked_view::ParkedCallView;
use crate::scope::tell;

/// Why it shall not count.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscardParkedCall {
    /// 2 to 100 characters.
    #[schema(example = "误点")]
    pub reason: String,
}

/// 补记待处理点名
///
/// Once the lock is lifted, or the pupils are in the class. What it says about pupils who still are not stays parked.
#[utoipa::path(
    post, path = "/parked-calls/{parked_call_id}/apply", operation_id = "apply_parked_call", tag = "考勤",
    params(("parked_call_id" = String, Path, description = "待处理点名编号")),
    responses(
        (status = 200, description = "已记入", body = ParkedCallView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "仍不能记入,或已处理", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
    ),
)]
pub async fn apply_parked_call(
    State(app): State<App>,
    caller: Caller,
    Path(parked_call_id): Path<String>,
) -> Outcome<Answer<ParkedCallView>> {
    let (granted, mut parked) = reach(&app, &caller, &parked_call_id).await?;
    let id = parked.value.lesson.clone();
    let class = app.store().class(&id.class()).await?.and_then(|found| found.within(&granted));
    let class = class.ok_or(ParkedError::NoLesson)?.value;
    let lesson = class.lesson(id.number()).ok_or(ParkedError::NoLesson)?;
    let of_class = granted.for_class(&class).ok_or(AccessError::NotFound)?;
    let roll = app.store().roll(&id).await?.and_then(|found| found.within(&of_class));
    let mut roll = roll.unwrap_or_else(|| Versioned::absent(Roll::new(&class.id, lesson.no, lesson.at())));
    let by = parked.value.by.clone();
    let call = parked.value.take(&class.roster(lesson.date), &caller.id, app.now())?;
    let entered = call_roll(&mut roll.value, (&class, lesson), &call, &by, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "attendance.apply_parked_call", app.now());
    if entered.changed {
        commit.save_roll(&roll)?;
    }
    commit.save_parked_call(&parked)?;
    app.write_edit(commit).await?;
    if entered.changed {
        tell(&app, &id, &roll).await?;
    }
    Ok(Answer::ok(ParkedCallView::from(&parked.value)))
}

/// 作废待处理点名
#[utoipa::path(
    post, path = "/parked-calls/{parked_call_id}/discard", operation_id = "discard_parked_call", tag = "考勤",
    params(("parked_call_id" = String, Path, description = "待处理点名编号")),
    request_body = DiscardParkedCall,
    responses(
        (status = 200, description = "已作废", body = ParkedCallView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "原因有误", body = Problem),
    ),
)]
pub async fn discard_parked_call(
    State(app): State<App>,
    caller: Caller,
    Path(parked_call_id): Path<String>,
    sent: Sent<DiscardParkedCall>,
) -> Outcome<Answer<ParkedCallView>> {
    let (granted, mut parked) = reach(&app, &caller, &parked_call_id).await?;
    parked.value.discard(&sent.value.reason, &caller.id, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "attendance.discard_parked_call", app.now());
    commit.save_parked_call(&parked)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(ParkedCallView::from(&parked.value)))
}

/// A parked call, if the caller may decide it: as a correction of attendance.
async fn reach(app: &App, caller: &Caller, id: &str) -> Outcome<(Granted<may::ApproveLeave>, Versioned<ParkedCall>)> {
    let granted = caller.ask::<may::ApproveLeave>(app).await?;
    let id: TeachingRequestId = parse("parked_call_id", id)?;
    let found = app.store().parked_call(&id).await?.and_then(|found| found.within(&granted));
    Ok((granted, found.ok_or(AccessError::NotFound)?))
}
