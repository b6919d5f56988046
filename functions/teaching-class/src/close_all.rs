//! All classes of a course are over. S20.1.

use axum::extract::{Path, State};
use domain::teaching::closing::{ClosingFacts, missing};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::close::{CloseClass, ClosingView, close_now};
use crate::scope;

/// What became of the classes of a course.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassesClosed {
    /// Those that are over now, by their numbers.
    #[schema(example = json!(["3144200101.2026-2027-1.K012.01"]))]
    pub closed: Vec<String>,
    /// Those that have still something to give, and go on.
    pub open: Vec<ClosingView>,
}

/// 按课程结课
///
/// Each class that has nothing left to give is closed; with a reason all of them are. Sent again, it goes on.
#[utoipa::path(
    post, path = "/offerings/{offering_id}/classes/close", operation_id = "close_classes", tag = "教学班",
    params(("offering_id" = String, Path, description = "开课编号")),
    request_body = CloseClass,
    responses(
        (status = 200, description = "已结课的教学班,及尚不符合条件的教学班", body = ClassesClosed),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn close_classes(
    State(app): State<App>,
    caller: Caller,
    Path(offering_id): Path<String>,
    sent: Sent<CloseClass>,
) -> Outcome<Answer<ClassesClosed>> {
    let (granted, offering) = scope::offering(&app, &caller, &offering_id).await?;
    let (term, _) = scope::term(&app, &offering.id.school(), &offering.id.term()).await?;
    let reason = sent.value.reason.as_deref();
    let mut answer = ClassesClosed { closed: Vec::new(), open: Vec::new() };
    for class in app.store().classes_of(&offering.id).await?.into_iter().map(|class| class.value) {
        if class.closed.is_none() {
            let taught = scope::called(&app, &class).await?;
            let facts = ClosingFacts { called: &taught, periods: &term.periods, ends_on: term.ends_on, now: app.now() };
            let missing = missing(&class, facts);
            if !missing.is_empty() && reason.is_none() {
                answer.open.push(ClosingView::of(&class, &missing));
                continue;
            }
            close_now(&app, (&caller, &granted), &class, (&term, reason)).await?;
        }
        answer.closed.push(class.id.to_string());
    }
    Ok(Answer::ok(answer))
}
