//! A pupil goes out of a class, and keeps the seat in the course. S17.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::StudentId;
use domain::teaching::class::TeachingClass;
use domain::teaching::membership::dismiss;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::IntoParams;

use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// From when on.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromDay {
    /// The first day no longer; today without it.
    #[param(value_type = Option<String>, format = Date, example = "2026-10-12")]
    pub from: Option<Date>,
}

/// 移出学生
///
/// The pupil was in the class until that day, and can be taken into another one of the course from then on.
#[utoipa::path(
    delete, path = "/classes/{class_id}/members/{student_id}", operation_id = "dismiss_pupil", tag = "教学班",
    params(
        ("class_id" = String, Path, description = "教学班编号"),
        ("student_id" = String, Path, description = "学生编号"),
    ),
    responses(
        (status = 200, description = "已移出", body = ClassDetail),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不在该教学班、日期已锁定或已结课", body = Problem),
        (status = 412, description = "课表正被频繁修改,请重试", body = Problem),
    ),
)]
pub async fn dismiss_pupil(
    State(app): State<App>,
    caller: Caller,
    Path((class_id, student_id)): Path<(String, String)>,
    Query(day): Query<FromDay>,
) -> Outcome<Answer<ClassDetail>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let student: StudentId = parse("student_id", &student_id)?;
    let from = scope::from_day(&app, &before.value, day.from).await?;
    let (school, code) = (before.value.school.clone(), before.value.id.term());
    let decide = || async {
        let timetable = app.store().timetable(&school, &code).await?;
        let found = app.store().class(&before.value.id).await?.and_then(|found| found.within(&granted));
        let mut class = found.ok_or(AccessError::NotFound)?;
        dismiss(&mut class.value, &timetable.value, &student, from)?;
        let mut commit = Commit::new(caller.actor(&granted), "teaching.dismiss_pupil", app.now());
        commit.save_class(&class)?;
        // No lock has come meanwhile.
        commit.rest_on_timetable(&timetable);
        class.ver = class.ver.saturating_add(1);
        Ok(Decided::Change(commit, class))
    };
    let class: Versioned<TeachingClass> = scope::settled(&app, (&school, &code), decide).await?;
    Ok(Answer::ok(ClassDetail::of(&app, &caller, &class.value).await?).at_version(class.ver))
}
