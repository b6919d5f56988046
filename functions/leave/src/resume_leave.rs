//! Coming back before a leave is over (销假): it ends for the lessons that are left. T4.2 S25.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::leave::Since;
use edge::app::Outcome;
use edge::http::{Answer, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::{Commit, StoreError};
use utoipa::ToSchema;

use crate::known::Known;
use crate::reach::{self, party};
use crate::view::LeaveView;
use crate::write::{ATTEMPTS, change_rolls, rolls, written};

/// From when on: a day, or a lesson.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeLeave {
    /// From this day on.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// From this lesson on.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: Option<String>,
}

impl ResumeLeave {
    fn since(&self) -> Result<Since, RequestError> {
        match (self.from, &self.lesson_id) {
            (Some(day), None) => Ok(Since::Day(day)),
            (None, Some(lesson)) => Ok(Since::Lesson(parse("lesson_id", lesson)?)),
            _ => Err(RequestError::ParameterUnusable { name: "from" }),
        }
    }
}

/// 销假
///
/// Ends a granted leave from a day or a lesson on. Lessons that are over stay as they are, unless the school changes
/// them.
#[utoipa::path(
    post, path = "/leaves/{request_id}/resume", operation_id = "resume_leave", tag = "请假与更正",
    params(("request_id" = String, Path, description = "申请编号")),
    request_body = ResumeLeave,
    responses(
        (status = 200, description = "已销假", body = LeaveView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能销假", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn resume_leave(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
    sent: Sent<ResumeLeave>,
) -> Outcome<Answer<LeaveView>> {
    let since = sent.value.since()?;
    for _ in 0..ATTEMPTS {
        let (granted, mut found) = reach::leave::<may::AskLeave>(&app, &caller, &request_id).await?;
        let party = party(&granted, &found);
        let leave = &mut found.value;
        let term = Known::read(&app, &leave.school, &leave.id.term()).await?;
        let ended = leave.resume(&since, party, term.of_leave(&term.classes(&leave.classes())))?;
        let rolls = rolls(&app, &ended).await?;
        let mut commit = Commit::new(caller.actor(&granted), "leave.resume", term.now);
        change_rolls(&mut commit, &rolls, &ended, |roll| leave.unmark(roll, term.now))?;
        commit.save_leave(&found)?;
        if written(app.store(), commit).await? {
            return Ok(Answer::ok(LeaveView::from(&found.value)).at_version(found.ver.saturating_add(1)));
        }
    }
    Err(StoreError::Stale.into())
}
