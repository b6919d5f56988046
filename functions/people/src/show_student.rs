//! A pupil with the guardians. S2.1 S3.3.

use axum::extract::{Path, State};
use domain::access::{Granted, Guarded, may};
use domain::directory::Student;
use domain::id::StudentId;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use serde::Serialize;
use store::Versioned;
use store::import::Imported;
use utoipa::ToSchema;

use crate::view::{GuardianView, StudentView};

/// A pupil and the guardians, personal data masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StudentDetail {
    /// The pupil.
    #[serde(flatten)]
    pub student: StudentView,
    /// Who may act for the pupil.
    pub guardians: Vec<GuardianView>,
}

/// 查看学生
#[utoipa::path(
    get, path = "/students/{student_id}", operation_id = "show_student", tag = "行政班与学生",
    params(("student_id" = String, Path, description = "学生编号")),
    responses(
        (status = 200, description = "学生和家长", body = StudentDetail),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
    ),
)]
pub async fn show_student(
    State(app): State<App>,
    caller: Caller,
    Path(student_id): Path<String>,
) -> Outcome<Answer<StudentDetail>> {
    let granted = caller.ask::<may::ViewPeople>(&app).await?;
    let student = reach(&app, &granted, &student_id).await?;
    Ok(Answer::ok(detail(&app, &student.value.value).await?).at_version(student.ver))
}

/// A pupil the caller reaches.
pub(crate) async fn reach<P>(
    app: &App,
    granted: &Granted<P>,
    student_id: &str,
) -> Outcome<Versioned<Imported<Student>>> {
    let id: StudentId = parse("student_id", student_id)?;
    let student = app.store().student_kept(&id).await?.and_then(|found| found.within(granted));
    Ok(student.ok_or(AccessError::NotFound)?)
}

/// A pupil whom the caller reaches with the guardians: who may see the pupil may see, masked, who stands for it.
pub(crate) async fn detail(app: &App, student: &Student) -> Outcome<StudentDetail> {
    let found = try_join_all(student.pupil.guardians.iter().map(|id| app.store().open_guardian(id))).await?;
    let guardians = found.into_iter().flatten().map(Guarded::unguarded);
    let guardians = guardians.map(|guardian| GuardianView::from(&guardian.value)).collect();
    Ok(StudentDetail { student: StudentView::from(student), guardians })
}
