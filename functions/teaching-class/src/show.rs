//! A class with its lessons and pupils, for its school, its teachers, and the family of a pupil. S17.2.

use axum::extract::{Path, State};
use domain::access::{Granted, Owner, may};
use domain::id::{ClassId, StudentId};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::view::ClassDetail;

/// For which child, when a guardian asks.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForPupil {
    /// A guardian's child, who is in the class or was.
    #[param(example = "7K3M9Q2XAB")]
    pub student_id: Option<String>,
}

/// 查看教学班
///
/// With the `ETag` for edits, except to a family.
#[utoipa::path(
    get, path = "/classes/{class_id}", operation_id = "show_class", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号,如 3144200101.2026-2027-1.K012.01")),
    responses(
        (status = 200, description = "教学班、课时与学生", body = ClassDetail),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
    ),
)]
pub async fn show_class(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
    Query(whom): Query<ForPupil>,
) -> Outcome<Answer<ClassDetail>> {
    let id: ClassId = parse("class_id", &class_id)?;
    if let Some(student) = &whom.student_id {
        let student: StudentId = parse("student_id", student)?;
        let granted = reach_pupil::<may::ViewTeaching>(&app, &caller, &student).await?;
        return for_family(&app, &granted, (&id, &student)).await;
    }
    let granted = caller.ask::<may::ViewTeaching>(&app).await?;
    let found = app.store().class(&id).await?.and_then(|found| found.within(&granted));
    let class = found.ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(ClassDetail::of(&app, &caller, &class.value).await?).at_version(class.ver))
}

/// The class of a pupil whom the caller was shown to reach.
async fn for_family(
    app: &App,
    granted: &Granted<may::ViewTeaching>,
    (id, student): (&ClassId, &StudentId),
) -> Outcome<Answer<ClassDetail>> {
    let (school, term) = (id.school(), id.term());
    let reached = granted.covers(&Owner { student: Some(student.clone()), school: Some(&school), ..Owner::default() });
    let classes = app.store().term_classes(&school, &term).await?;
    let class = classes.of_pupil(student).find(|class| class.id == *id).filter(|_| reached);
    let class = class.ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(ClassDetail::for_family(class, student, app.now().day())))
}
