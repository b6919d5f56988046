//! The roll of a lesson, for whoever teaches it or looks after it. S21.2 S25.2 T4.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::StudentId;
use domain::teaching::class::Teacher;
use domain::teaching::roll::{CheckIn, Roll};
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::names::names;
use crate::scope::{Reached, reach_lesson};

/// A pupil of the lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PupilOnRoll {
    /// The pupil.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The name, masked.
    #[schema(example = "李**")]
    pub name: String,
    /// `present`, `late`, `on_leave`, `absent` or `abnormal`; none while nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "present")]
    pub presence: Option<String>,
}

/// A teacher of the lesson.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeacherOnRoll {
    /// The account.
    #[schema(example = "T000000001")]
    pub person_id: String,
    /// A form of address.
    #[schema(example = "李老师")]
    pub called: String,
    /// `main` or `assistant`.
    #[schema(example = "main")]
    pub role: String,
    /// `none`, `in_time`, `late` or `on_leave`.
    #[schema(example = "in_time")]
    pub state: &'static str,
    /// When the teacher checked in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub checked_in_at: Option<String>,
    /// Minutes after the beginning, once that counts as late.
    pub late_minutes: u16,
    /// Whether it was entered by a correction.
    pub corrected: bool,
}

/// A roll.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RollView {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// The title of the class.
    #[schema(example = "书法入门1班")]
    pub title: String,
    /// The day.
    #[schema(format = Date)]
    pub date: String,
    /// The period.
    #[schema(example = 1)]
    pub period: u8,
    /// Why it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
    /// Whether nothing of it changes any more.
    pub locked: bool,
    /// When the latest call was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub called_at: Option<String>,
    /// Who teaches it.
    pub teachers: Vec<TeacherOnRoll>,
    /// Its pupils, by identifier.
    pub pupils: Vec<PupilOnRoll>,
}

/// 查看一节课的点名与签到
#[utoipa::path(
    get, path = "/lessons/{lesson_id}/roll", operation_id = "show_roll", tag = "考勤",
    params(("lesson_id" = String, Path, description = "一节课的编号")),
    responses(
        (status = 200, description = "点名与签到", body = RollView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
    ),
)]
pub async fn show_roll(
    State(app): State<App>,
    caller: Caller,
    Path(lesson_id): Path<String>,
) -> Outcome<Answer<RollView>> {
    let reached = reach_lesson::<may::ViewAttendance>(&app, &caller, &lesson_id).await?;
    let Reached { class, lesson, roll, .. } = &reached;
    let pupils = roll.value.pupils(class.roster(lesson.date));
    let mut named = names(&app, &pupils).await?;
    let view = RollView {
        lesson_id: reached.id().to_string(),
        title: class.title.clone(),
        date: lesson.date.to_string(),
        period: lesson.period,
        off: lesson.off.clone(),
        locked: roll.value.sealed,
        called_at: roll.value.called_at.map(|at| at.to_string()),
        teachers: class.teachers_of(lesson).into_iter().map(|teacher| on_roll(&roll.value, teacher)).collect(),
        pupils: pupils.iter().map(|id| pupil(&roll.value, id, named.remove(id).unwrap_or_default())).collect(),
    };
    Ok(Answer::ok(view).at_version(roll.ver))
}

fn pupil(roll: &Roll, student: &StudentId, name: String) -> PupilOnRoll {
    let presence = roll.presence(student).map(|presence| presence.to_string());
    PupilOnRoll { student_id: student.to_string(), name, presence }
}

fn on_roll(roll: &Roll, teacher: &Teacher) -> TeacherOnRoll {
    let check_in = roll.check_ins.get(&teacher.person);
    let late_minutes = check_in.map_or(0, |check_in| check_in.late_minutes);
    let state = match check_in {
        Some(CheckIn { late_minutes: 0, .. }) => "in_time",
        Some(_) => "late",
        None if roll.teacher_leaves.contains_key(&teacher.person) => "on_leave",
        None => "none",
    };
    TeacherOnRoll {
        person_id: teacher.person.to_string(),
        called: teacher.called.clone(),
        role: teacher.role.to_string(),
        state,
        checked_in_at: check_in.map(|check_in| check_in.at.to_string()),
        late_minutes,
        corrected: check_in.is_some_and(|check_in| check_in.correction.is_some()),
    }
}
