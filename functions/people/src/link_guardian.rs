//! Linking a pupil with a guardian, who may have children at several schools. S2.1.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::{Guarded, may};
use domain::import::Keys as _;
use domain::pupil::{NewGuardian, link, phone_of};
use edge::app::Outcome;
use edge::blind::Blind;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::import::Imported;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::show_student::{StudentDetail, detail, reach};

/// A guardian.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkGuardian {
    /// The name, as in the identity document.
    #[schema(value_type = String, example = "李建国")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub name: Pii<String>,
    /// The mobile phone, 11 digits: the guardian signs in by it.
    #[schema(value_type = String, example = "13800001234")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub phone: Pii<String>,
}

/// 关联家长
///
/// The same phone is the same guardian; both records change as one.
#[utoipa::path(
    post, path = "/students/{student_id}/guardians", operation_id = "link_guardian", tag = "行政班与学生",
    params(("student_id" = String, Path, description = "学生编号")),
    request_body = LinkGuardian,
    responses(
        (status = 201, description = "已关联", body = StudentDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已关联,或手机号属于其他姓名的家长", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn link_guardian(
    State(app): State<App>,
    caller: Caller,
    Path(student_id): Path<String>,
    sent: Sent<LinkGuardian>,
) -> Outcome<Answer<StudentDetail>> {
    let granted = caller.ask::<may::EditPeople>(&app).await?;
    let held = reach(&app, &granted, &student_id).await?;
    let phone = phone_of(&sent.value.phone)?;
    let id = Blind::of(&app).await?.guardian(phone.reveal());
    // A guardian belongs to no school: who may edit the pupil says who stands for it, and sees no more of that person.
    let known = app.store().guardian_kept(&id).await?.map(Guarded::unguarded);
    let new = NewGuardian { id, name: sent.value.name, phone };
    let (student, guardian) = link(&held.value.value, known.as_ref().map(|known| &known.value.value), new)?;
    let guardian = match known {
        Some(known) => known.with(known.value.with(guardian)),
        None => Versioned::absent(Imported::by_hand(guardian)),
    };
    let student = held.with(held.value.with(student));
    let mut commit = Commit::new(caller.actor(&granted), "people.link_guardian", app.now());
    commit.save_student_kept(&student)?;
    commit.save_guardian_kept(&guardian)?;
    app.write_edit(commit).await?;
    let ver = student.ver.saturating_add(1);
    Ok(Answer::created(detail(&app, &student.value.value).await?).at_version(ver))
}
