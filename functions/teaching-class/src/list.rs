//! The classes of a school's term. S17.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{CourseCode, PersonId, TermCode};
use domain::teaching::class::TeachingClass;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::ClassView;

/// Which classes.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichClasses {
    /// Of this course.
    #[param(example = "K012")]
    pub course: Option<String>,
    /// Which this person teaches, looks after, or stands in for somebody in.
    #[param(example = "8VMSB4P4WT")]
    pub teacher: Option<String>,
    /// `true`: those that are over; `false`: those that are not.
    pub closed: Option<bool>,
}

/// Classes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Classes {
    /// By offering and number.
    pub items: Vec<ClassView>,
}

/// 查询教学班
///
/// A teacher sees the own classes. A change reaches this list within ten seconds.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/classes", operation_id = "list_classes", tag = "教学班",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期,如 2026-2027-1"),
    ),
    responses(
        (status = 200, description = "教学班", body = Classes),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_classes(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichClasses>,
) -> Outcome<Answer<Classes>> {
    let (granted, school) = reach_school::<may::ViewTeaching>(&app, &caller, &school).await?;
    let term: TermCode = parse("term", &term)?;
    let course: Option<CourseCode> = which.course.as_deref().map(|text| parse("course", text)).transpose()?;
    let teacher: Option<PersonId> = which.teacher.as_deref().map(|text| parse("teacher", text)).transpose()?;
    let wanted = |class: &&TeachingClass| {
        course.as_ref().is_none_or(|course| class.id.course() == *course)
            && teacher.as_ref().is_none_or(|teacher| class.staff.contains(teacher))
            && which.closed.is_none_or(|closed| class.closed.is_some() == closed)
    };
    let (classes, today) = (app.store().term_classes(&school, &term).await?, app.now().day());
    let items = classes.open_to(&granted).filter(wanted).map(|class| ClassView::of(class, today)).collect();
    Ok(Answer::ok(Classes { items }))
}
