//! Asking for a pupil's leave: a family for the own child, a teacher for one of the own classes, a school. S25.1 P9.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::StudentId;
use domain::teaching::leave::Absentee;
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, Sent, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::asking::{Asking, LeaveWhen, request};
use crate::view::LeaveView;

/// A pupil's leave.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskLeave {
    /// The pupil.
    #[schema(example = "S7K3M9Q2XAB")]
    pub student_id: String,
    /// Why: 2 to 200 characters.
    #[schema(example = "感冒发烧")]
    pub reason: String,
    /// From which lessons.
    pub when: LeaveWhen,
}

/// 申请学生请假
///
/// Single lessons, some days, or the same lesson of each week. When the school wants no approval, it is granted at once.
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/leaves", operation_id = "ask_leave", tag = "请假与更正",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = AskLeave,
    responses(
        (status = 201, description = "已受理;无需审核的立即生效", body = LeaveView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能请假", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_leave(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskLeave>,
) -> Outcome<Answer<LeaveView>> {
    let AskLeave { student_id, reason, when } = sent.value;
    let student: StudentId = parse("student_id", &student_id)?;
    let id = request(&school, &term, &caller.request_name(&key))?;
    let granted = reach_pupil::<may::AskLeave>(&app, &caller, &student).await?;
    let asking = Asking { id, hash: sent.hash, reason, wish: when.wish()? };
    asking.ask(&app, (&caller, &granted), Absentee::Pupil(student)).await
}
