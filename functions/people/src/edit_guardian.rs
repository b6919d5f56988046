//! Correcting the name of a pupil's guardian. S2.1 K3.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::{Guarded, may};
use domain::id::GuardianId;
use domain::pupil::rename;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::show_student::{StudentDetail, detail, reach};

/// A guardian as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditGuardian {
    /// The name, as in the identity document.
    #[schema(value_type = String, example = "李建国")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub name: Pii<String>,
}

/// 修改家长姓名
///
/// The phone stays: who has another one is linked by it, and the old link is taken away.
#[utoipa::path(
    put, path = "/students/{student_id}/guardians/{person_id}", operation_id = "edit_guardian", tag = "行政班与学生",
    params(
        ("student_id" = String, Path, description = "学生编号"),
        ("person_id" = String, Path, description = "家长编号"),
        ("If-Match" = String, Header, description = "读取学生时的版本"),
    ),
    request_body = EditGuardian,
    responses(
        (status = 200, description = "已修改", body = StudentDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_guardian(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path((student_id, person_id)): Path<(String, String)>,
    sent: Sent<EditGuardian>,
) -> Outcome<Answer<StudentDetail>> {
    let granted = caller.ask::<may::EditPeople>(&app).await?;
    let student = reach(&app, &granted, &student_id).await?;
    let id: GuardianId = parse("person_id", &person_id)?;
    if !student.value.value.pupil.guardians.contains(&id) {
        return Err(AccessError::NotFound.into());
    }
    version.check(student.ver)?;
    // The pupil was reached, and names this guardian.
    let known = app.store().guardian_kept(&id).await?.map(Guarded::unguarded).ok_or(AccessError::NotFound)?;
    let guardian = known.with(known.value.with(rename(&known.value.value, &sent.value.name)?));
    let mut commit = Commit::new(caller.actor(&granted), "people.edit_guardian", app.now());
    // Who edits what was read of the pupil and its guardians raises the version of what was read.
    commit.save_student_kept(&student)?;
    commit.save_guardian_kept(&guardian)?;
    app.write_edit(commit).await?;
    let ver = student.ver.saturating_add(1);
    Ok(Answer::ok(detail(&app, &student.value.value).await?).at_version(ver))
}
