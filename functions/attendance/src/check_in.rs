//! A teacher says that the lesson is given, once, in time and, if the school wants it, at the school. T1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::check_in::{CheckInFacts, Whereabouts, check_in};
use domain::teaching::roll::CheckIn;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, StoreError};
use utoipa::ToSchema;

use crate::scope::{ATTEMPTS, Reached, reach_lesson};

/// Where the teacher is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInPlace {
    /// Latitude in millionths of a degree (GCJ-02).
    #[schema(example = 22_430_000)]
    pub latitude: i32,
    /// Longitude in millionths of a degree.
    #[schema(example = 113_410_000)]
    pub longitude: i32,
}

/// What is sent with it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInBody {
    /// Wanted by schools that have set a place.
    pub place: Option<CheckInPlace>,
}

/// That a teacher is there.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckInView {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub at: String,
    /// Minutes after the beginning, once that counts as late; 0 in time.
    #[schema(example = 0)]
    pub late_minutes: u16,
    /// Metres from where it should be, if the school wants to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metres: Option<u32>,
}

/// 教师上课签到
///
/// Whoever has checked in has: the same again, at whatever time, answers what was entered first.
#[utoipa::path(
    post, path = "/lessons/{lesson_id}/check-in", operation_id = "check_in", tag = "考勤",
    params(("lesson_id" = String, Path, description = "一节课的编号")),
    request_body = CheckInBody,
    responses(
        (status = 200, description = "已签到", body = CheckInView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能签到", body = Problem),
        (status = 412, description = "点名簿同时被修改,请重试", body = Problem),
        (status = 422, description = "缺少位置", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn check_in_at_lesson(
    State(app): State<App>,
    caller: Caller,
    Path(lesson_id): Path<String>,
    sent: Sent<CheckInBody>,
) -> Outcome<Answer<CheckInView>> {
    let mut reached = reach_lesson::<may::TakeRoll>(&app, &caller, &lesson_id).await?;
    let rules = app.store().teaching_rules(&reached.class.school).await?;
    let period = reached.period(&app).await?;
    let whereabouts = sent.value.place.map(|CheckInPlace { latitude, longitude }| Whereabouts { latitude, longitude });
    for _ in 0..ATTEMPTS {
        let Reached { class, lesson, .. } = &reached;
        let facts = CheckInFacts { class, lesson, period: period.as_ref(), rules: &rules };
        let mut roll = reached.roll.clone();
        if check_in(&mut roll.value, facts, &caller.id, whereabouts, app.now())? {
            let mut commit = Commit::new(caller.actor(&reached.granted), "attendance.check_in", app.now());
            commit.carry_roll(&roll)?;
            match app.store().commit(commit).await {
                Err(StoreError::Stale) => {
                    reached.read_again(&app).await?;
                    continue;
                }
                written => written?,
            }
        }
        let entered = roll.value.check_ins.get(&caller.id).ok_or(AccessError::NotFound)?;
        return Ok(Answer::ok(view(&reached, entered)));
    }
    Err(StoreError::Stale.into())
}

fn view(reached: &Reached<may::TakeRoll>, entered: &CheckIn) -> CheckInView {
    CheckInView {
        lesson_id: reached.id().to_string(),
        at: entered.at.to_string(),
        late_minutes: entered.late_minutes,
        metres: entered.metres,
    }
}
