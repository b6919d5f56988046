//! Asking for a teacher's leave: the teacher, or a school for a teacher. S21.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::PersonId;
use domain::teaching::leave::Absentee;
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::asking::{Asking, LeaveWhen, request};
use crate::view::LeaveView;

/// A teacher's leave.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTeacherLeave {
    /// The teacher, if it is not the caller.
    #[schema(example = "T7K3M9Q2XA")]
    pub teacher_id: Option<String>,
    /// Why: 2 to 200 characters.
    #[schema(example = "外出培训")]
    pub reason: String,
    /// From which lessons.
    pub when: LeaveWhen,
}

/// 申请教师请假
///
/// By the teacher, or by the school for a teacher. The answer says which lessons nobody would give (需安排代课).
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/teacher-leaves", operation_id = "ask_teacher_leave", tag = "请假与更正",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = AskTeacherLeave,
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
pub async fn ask_teacher_leave(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskTeacherLeave>,
) -> Outcome<Answer<LeaveView>> {
    let AskTeacherLeave { teacher_id, reason, when } = sent.value;
    let teacher: Option<PersonId> = teacher_id.as_deref().map(|id| parse("teacher_id", id)).transpose()?;
    let teacher = teacher.unwrap_or_else(|| caller.id.clone());
    let id = request(&school, &term, &caller.request_name(&key))?;
    let granted = caller.ask::<may::AskLeave>(&app).await?;
    let asking = Asking { id, hash: sent.hash, reason, wish: when.wish()? };
    asking.ask(&app, (&caller, &granted), Absentee::Teacher(teacher)).await
}
