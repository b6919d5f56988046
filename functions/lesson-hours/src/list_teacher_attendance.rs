//! The attendance of a school's teachers, lesson by lesson. S21.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::counted::Of;
use domain::teaching::grouped::By;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::asked::{Asked, WhichOfSchool};
use crate::counting::Counting;
use crate::of_school::Place;
use crate::record_view::{TeacherRecord, records};

/// Records of a page.
const PAGE: usize = 500;

/// Which lessons of which teachers.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichTeacherLessons {
    /// The first day, with the last one: at most 200 days. Without days and month: this month.
    #[param(example = "2026-09-01", format = Date)]
    pub from: Option<String>,
    /// The last day.
    #[param(example = "2026-09-30", format = Date)]
    pub until: Option<String>,
    /// A month instead of days.
    #[param(example = "2026-09")]
    pub month: Option<String>,
    /// Only of this teacher.
    pub teacher: Option<String>,
    /// Only of this class.
    pub class: Option<String>,
    /// Only of this course.
    pub course: Option<String>,
    /// Only those in which the teacher was `normal`, `late`, `on_leave`, `absent`, `abnormal`, `replaced`, `unknown`.
    #[param(example = "absent")]
    pub mark: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Lessons of teachers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeacherAttendance {
    /// In the order of their times.
    pub items: Vec<TeacherRecord>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 教师考勤明细
///
/// A teacher sees the own classes.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/teacher-attendance", operation_id = "list_teacher_attendance",
    tag = "考勤",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期,如 2026-2027-1"),
    ),
    responses(
        (status = 200, description = "每节课每位教师的签到与学生出勤", body = TeacherAttendance),
        (status = 400, description = "参数不正确,或超过 200 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "范围过大", body = Problem),
    ),
)]
pub async fn list_teacher_attendance(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichTeacherLessons>,
) -> Outcome<Answer<TeacherAttendance>> {
    let place = Place::<may::ViewAttendance>::reach(&app, &caller, (&school, &term)).await?;
    let WhichTeacherLessons { from, until, month, teacher, class, course, mark, cursor } = which;
    let mark = mark.as_deref().map(|text| parse("mark", text)).transpose()?;
    let which = WhichOfSchool { from, until, month, class, course, teacher, ..WhichOfSchool::default() };
    let wanted = Asked::read(&which, (Of::Teachers, By::Lesson), app.now().day())?.wanted;
    let classes = place.ground.classes.open_to(&place.granted);
    let counting = Counting::read(&app, &place.ground.term, classes, &wanted).await?;
    let after = |record: &TeacherRecord| cursor.as_deref().is_none_or(|cursor| record.place().as_str() > cursor);
    let mut left = records(&counting, mark).into_iter().filter(after);
    let items: Vec<TeacherRecord> = left.by_ref().take(PAGE).collect();
    let cursor = left.next().and(items.last()).map(TeacherRecord::place);
    Ok(Answer::ok(TeacherAttendance { items, cursor }))
}
