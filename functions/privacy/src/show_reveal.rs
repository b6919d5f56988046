//! A person's data in full, for who asked, for a day; each look leaves an entry with what for. K3, promise P13.

use axum::extract::{Path, State};
use domain::access::may;
use domain::audit::Act;
use domain::id::RevealId;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::key;
use utoipa::ToSchema;

use crate::ask_reveal::RevealView;
use crate::subject::{Opened, open, thing};

/// What is held about the person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InFull {
    /// The name.
    #[schema(example = "李一诺")]
    pub name: String,
    /// The mobile phone, of an adult.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "13800001234")]
    pub phone: Option<String>,
    /// The student number, of a pupil.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "G442000201801011234")]
    pub student_number: Option<String>,
}

impl From<Opened> for InFull {
    fn from(opened: Opened) -> Self {
        match opened {
            Opened::Student(student) => Self {
                name: student.name.reveal().clone(),
                phone: None,
                student_number: Some(student.number.reveal().clone()),
            },
            Opened::Guardian(guardian) => Self {
                name: guardian.name.reveal().clone(),
                phone: Some(guardian.phone.reveal().clone()),
                student_number: None,
            },
            Opened::User(user) => Self {
                name: user.name.reveal().clone(),
                phone: Some(user.phone.reveal().clone()),
                student_number: None,
            },
        }
    }
}

/// A request, and the data when it is granted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RevealedView {
    /// The request.
    pub reveal: RevealView,
    /// The data; none while it is not granted, and when the time is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_full: Option<InFull>,
}

/// 查看完整个人信息
#[utoipa::path(
    get, path = "/reveals/{reveal_id}", operation_id = "show_reveal", tag = "个人信息",
    params(("reveal_id" = String, Path, description = "申请编号")),
    responses(
        (status = 200, description = "申请状态;同意后 24 小时内含完整信息", body = RevealedView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn show_reveal(
    State(app): State<App>,
    caller: Caller,
    Path(reveal_id): Path<String>,
) -> Outcome<Answer<RevealedView>> {
    let granted = caller.ask::<may::ViewPersonalData>(&app).await?;
    let id: RevealId = parse("reveal_id", &reveal_id)?;
    let found = app.store().reveal(&id).await?.and_then(|found| found.within(&granted));
    let asked = found.map(|found| found.value).filter(|reveal| reveal.asked_by == caller.id);
    let asked = asked.ok_or(AccessError::NotFound)?;
    let reveal = RevealView::of(&asked, app.now());
    if !asked.shows(&caller.id, app.now()) {
        return Ok(Answer::ok(RevealedView { reveal, in_full: None }));
    }
    // Whom the caller does not reach any more is not shown, whatever was granted.
    let opened = open(&app, &granted, &asked.subject).await?;
    let actor = caller.actor(&granted).for_purpose(&asked.purpose);
    let concerns = key::thing(&thing(&asked.subject)?);
    // First the entry, then the data: who was shown something is always told of.
    app.store().note(actor, Act::ReadInFull, &concerns, app.now(), app.random()).await?;
    Ok(Answer::ok(RevealedView { reveal, in_full: Some(InFull::from(opened)) }))
}
