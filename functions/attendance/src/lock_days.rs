//! The attendance of days that are over is locked, to be called again until it is: nothing of it changes any more.
//! S25.5, promise P11.

use axum::extract::{Path, State};
use domain::access::{Granted, Scope, may};
use domain::id::SchoolCode;
use domain::settlement::Month;
use domain::teaching::sealing::days_of;
use domain::teaching::timetable::LockedBy;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::scope::reach_term;
use crate::turning::{Turned, Turning};
use crate::view::LockProgress;

/// Which days: from one until another, or a month.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LockDays {
    /// The first day.
    #[schema(value_type = Option<String>, format = Date, example = "2026-09-01")]
    pub from: Option<Date>,
    /// The last day; it is over.
    #[schema(value_type = Option<String>, format = Date, example = "2026-09-30")]
    pub until: Option<Date>,
    /// Instead of both: a month, as far as it lies in the term.
    #[schema(value_type = Option<String>, example = "2026-09")]
    pub month: Option<Month>,
}

/// 锁定考勤
///
/// The same days again are the same lock. As long as the answer says `locking`, the call is to be repeated.
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/attendance-locks", operation_id = "lock_days", tag = "考勤锁定",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    request_body = LockDays,
    responses(
        (status = 200, description = "已锁定,或需再次调用", body = LockProgress),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能锁定", body = Problem),
        (status = 412, description = "课表同时被修改,请重试", body = Problem),
        (status = 422, description = "锁定范围有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn lock_days(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    sent: Sent<LockDays>,
) -> Outcome<Answer<LockProgress>> {
    let (granted, school, term) = reach_term::<may::LockAttendance>(&app, &caller, (&school, &term)).await?;
    let found = app.store().term(&school, &term).await?.ok_or(AccessError::NotFound)?.value;
    let within = (found.starts_on, found.ends_on);
    let days = days_of((sent.value.from, sent.value.until, sent.value.month), within)?;
    let by = side(&granted, &school);
    let turning = Turning::new((&app, &caller, &granted), "attendance.lock", (&school, &term));
    let no = turning.begin(|timetable| timetable.begin_lock(days, (by, &caller.id), within, app.now())).await?;
    Ok(Answer::ok(progress(no, &turning.run(no).await?)))
}

/// On whose side the caller locks and lifts.
pub(crate) fn side(granted: &Granted<may::LockAttendance>, school: &SchoolCode) -> LockedBy {
    if granted.by().scope == Scope::School(school.clone()) { LockedBy::School } else { LockedBy::Township }
}

/// How far it has come, in words.
pub(crate) fn progress(no: u16, turned: &Turned) -> LockProgress {
    let state = turned.lock.as_ref().map_or_else(|| "lifted".to_owned(), |lock| lock.state.to_string());
    LockProgress { no, state, lessons: turned.lessons, done: turned.done }
}
