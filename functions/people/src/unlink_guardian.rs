//! Taking a pupil and a guardian apart. S2.1.

use axum::extract::{Path, State};
use domain::access::{Guarded, may};
use domain::id::GuardianId;
use domain::pupil::unlink;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem};
use store::Commit;

use crate::show_student::{StudentDetail, detail, reach};

/// 解除家长关联
///
/// The last guardian stays while an order waits to be paid.
#[utoipa::path(
    delete, path = "/students/{student_id}/guardians/{person_id}", operation_id = "unlink_guardian",
    tag = "行政班与学生",
    params(
        ("student_id" = String, Path, description = "学生编号"),
        ("person_id" = String, Path, description = "家长编号"),
    ),
    responses(
        (status = 200, description = "已解除", body = StudentDetail),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "还有待缴费的订单", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
    ),
)]
pub async fn unlink_guardian(
    State(app): State<App>,
    caller: Caller,
    Path((student_id, person_id)): Path<(String, String)>,
) -> Outcome<Answer<StudentDetail>> {
    let granted = caller.ask::<may::EditPeople>(&app).await?;
    let held = reach(&app, &granted, &student_id).await?;
    let id: GuardianId = parse("person_id", &person_id)?;
    if !held.value.value.pupil.guardians.contains(&id) {
        return Err(AccessError::NotFound.into());
    }
    // The pupil was reached, and names this guardian.
    let known = app.store().guardian_kept(&id).await?.map(Guarded::unguarded).ok_or(AccessError::NotFound)?;
    let narrowed = granted.narrowed(&held).ok_or(AccessError::NotFound)?;
    let records = app.store().records(&held.value.value.pupil.id).await?;
    let records: Vec<_> =
        records.into_iter().filter_map(|record| record.within(&narrowed)).map(|record| record.value).collect();
    let (student, guardian) = unlink(&held.value.value, &known.value.value, &records)?;
    let (student, guardian) = (held.with(held.value.with(student)), known.with(known.value.with(guardian)));
    let mut commit = Commit::new(caller.actor(&granted), "people.unlink_guardian", app.now());
    commit.save_student_kept(&student)?;
    commit.save_guardian_kept(&guardian)?;
    app.write_edit(commit).await?;
    let ver = student.ver.saturating_add(1);
    Ok(Answer::ok(detail(&app, &student.value.value).await?).at_version(ver))
}
