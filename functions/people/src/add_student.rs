//! Adding a pupil to a homeroom. S3.3.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::may;
use domain::directory::Sex;
use domain::import::Keys as _;
use domain::pupil::{PupilError, Said, add, number_of};
use edge::app::Outcome;
use edge::blind::Blind;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::list_homerooms::reach;
use crate::view::{StudentView, WaiverView};

/// A new pupil.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddStudent {
    /// The name, as in the identity document.
    #[schema(value_type = String, example = "李一诺")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub name: Pii<String>,
    /// The student number (学籍号): G, J or L and 18 characters.
    #[schema(value_type = String, example = "L442000201701010001")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub number: Pii<String>,
    /// `male`, `female` or `unstated`.
    #[schema(value_type = String, example = "female")]
    pub sex: Sex,
    /// What is waived.
    #[serde(default)]
    pub waivers: Vec<WaiverView>,
}

/// 新增学生
///
/// The same number is the same pupil: adding one who is at any school is refused.
#[utoipa::path(
    post, path = "/homerooms/{homeroom_id}/students", operation_id = "add_student", tag = "行政班与学生",
    params(("homeroom_id" = String, Path, description = "行政班编号")),
    request_body = AddStudent,
    responses(
        (status = 201, description = "已新增", body = StudentView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到行政班", body = Problem),
        (status = 409, description = "该学籍号的学生已存在", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn add_student(
    State(app): State<App>,
    caller: Caller,
    Path(homeroom_id): Path<String>,
    sent: Sent<AddStudent>,
) -> Outcome<Answer<StudentView>> {
    let granted = caller.ask::<may::EditPeople>(&app).await?;
    let homeroom = reach(&app, &granted, &homeroom_id).await?.value;
    let AddStudent { name, number, sex, waivers } = sent.value;
    let number = number_of(&number)?;
    let id = Blind::of(&app).await?.student(number.reveal());
    let said = Said { name: Some(name), sex, waivers: waivers.into_iter().map(Into::into).collect() };
    let student = Versioned::absent(add(id, number, said, &homeroom)?);
    let mut commit = Commit::new(caller.actor(&granted), "people.add_student", app.now());
    commit.save_student(&student)?;
    app.store().move_student(&mut commit, &student.value.pupil.id, (None, &homeroom.id)).await?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => return Err(PupilError::Exists.into()),
        done => done?,
    }
    Ok(Answer::created(StudentView::from(&student.value)).at_version(1))
}
