//! A teacher's own lessons one by one, with the attendance of each. T2.1.

use axum::extract::State;
use domain::teaching::counted::Of;
use domain::teaching::grouped::By;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::asked::{Asked, WhichOfSchool};
use crate::counting::Counting;
use crate::of_teacher;
use crate::record_view::{TeacherRecord, records};

/// Which of the own lessons.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichOwnLessons {
    /// The first day, with the last one: at most 200 days. Without days and month: this month.
    #[param(example = "2026-09-01", format = Date)]
    pub from: Option<String>,
    /// The last day.
    #[param(example = "2026-09-30", format = Date)]
    pub until: Option<String>,
    /// A month instead of days.
    #[param(example = "2026-09")]
    pub month: Option<String>,
    /// Only of this class.
    pub class: Option<String>,
    /// Only those in which the teacher was `normal`, `late`, `on_leave`, `absent`, `abnormal`, `replaced`, `unknown`.
    #[param(example = "absent")]
    pub mark: Option<String>,
}

/// A teacher's lessons.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnAttendance {
    /// In the order of their times.
    pub items: Vec<TeacherRecord>,
}

/// 查询本人每节课考勤
#[utoipa::path(
    get, path = "/me/attendance", operation_id = "list_own_attendance", tag = "考勤",
    responses(
        (status = 200, description = "每节课的签到与学生出勤", body = OwnAttendance),
        (status = 400, description = "参数不正确,或超过 200 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_own_attendance(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichOwnLessons>,
) -> Outcome<Answer<OwnAttendance>> {
    let WhichOwnLessons { from, until, month, class, mark } = which;
    let mark = mark.as_deref().map(|text| parse("mark", text)).transpose()?;
    let which = WhichOfSchool { from, until, month, class, ..WhichOfSchool::default() };
    let mut wanted = Asked::read(&which, (Of::Teachers, By::Lesson), app.now().day())?.wanted;
    wanted.teacher = Some(caller.id.clone());
    let mut items = Vec::new();
    for ground in &of_teacher::grounds(&app, &caller, &wanted).await? {
        let own = ground.classes.taught_by(&caller.id);
        items.extend(records(&Counting::read(&app, &ground.term, own, &wanted).await?, mark));
    }
    items.sort_by_cached_key(TeacherRecord::place);
    Ok(Answer::ok(OwnAttendance { items }))
}
