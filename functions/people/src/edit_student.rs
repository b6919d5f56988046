//! Correcting a pupil, or moving one to another homeroom of the school. S3.3.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::may;
use domain::directory::Sex;
use domain::id::HomeroomId;
use domain::pupil::{PupilError, Said, edit};
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::show_student::reach;
use crate::view::{StudentView, WaiverView};

/// A pupil as it is to be. The student number stays: another number is another pupil.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditStudent {
    /// The name; left out, it stays as it is.
    #[schema(value_type = Option<String>, example = "李一诺")]
    #[serde(default, deserialize_with = "domain::pii::maybe_plain")]
    pub name: Option<Pii<String>>,
    /// `male`, `female` or `unstated`.
    #[schema(value_type = String, example = "female")]
    pub sex: Sex,
    /// The homeroom; the grade goes with it.
    #[schema(value_type = String, example = "2144200601.2024.02")]
    pub homeroom_id: HomeroomId,
    /// What is waived: one that is left out ends.
    pub waivers: Vec<WaiverView>,
}

/// 修改学生
///
/// Another homeroom moves the pupil there. Orders that were placed stay as they were priced.
#[utoipa::path(
    put, path = "/students/{student_id}", operation_id = "edit_student", tag = "行政班与学生",
    params(
        ("student_id" = String, Path, description = "学生编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = EditStudent,
    responses(
        (status = 200, description = "已修改", body = StudentView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "学生已毕业,或个人信息已销毁", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_student(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(student_id): Path<String>,
    sent: Sent<EditStudent>,
) -> Outcome<Answer<StudentView>> {
    let granted = caller.ask::<may::EditPeople>(&app).await?;
    let held = reach(&app, &granted, &student_id).await?;
    version.check(held.ver)?;
    let EditStudent { name, sex, homeroom_id, waivers } = sent.value;
    let homeroom = app.store().homeroom(&homeroom_id).await?.ok_or(PupilError::HomeroomUnknown)?.value;
    let said = Said { name, sex, waivers: waivers.into_iter().map(Into::into).collect() };
    let before = &held.value.value;
    let student = held.with(edit(before, said, &homeroom)?);
    let mut commit = Commit::new(caller.actor(&granted), "people.edit_student", app.now());
    commit.save_student(&student)?;
    let way = (Some(&before.pupil.homeroom), &homeroom.id);
    app.store().move_student(&mut commit, &before.pupil.id, way).await?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(StudentView::from(&student.value)).at_version(student.ver.saturating_add(1)))
}
