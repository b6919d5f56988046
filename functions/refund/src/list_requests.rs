//! The requests of a school and term, or of one pupil in it. S16.1 S29.1.

use axum::extract::State;
use domain::access::{Owner, may};
use domain::id::{RefundRequestId, SchoolCode, StudentId, TermCode};
use domain::refund::request::RequestState;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::RefundRequestView;

/// Requests that are looked at for a page.
const PAGE: i32 = 50;

/// Which requests.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichRequests {
    /// The school.
    #[param(example = "3144200101")]
    pub school: String,
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// Only this pupil's: what a guardian asks for.
    pub student_id: Option<String>,
    /// Only those that stand so: `asked`, `granted`, `refused` or `taken_back`.
    #[param(example = "asked")]
    pub state: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Requests.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundRequests {
    /// By identifier.
    pub items: Vec<RefundRequestView>,
    /// For the next page, which may be empty; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 退课退费申请列表
#[utoipa::path(
    get, path = "/refund-requests", operation_id = "list_refund_requests", tag = "退费",
    responses(
        (status = 200, description = "本校或本人子女的申请", body = RefundRequests),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_refund_requests(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichRequests>,
) -> Outcome<Answer<RefundRequests>> {
    let school: SchoolCode = parse("school", &which.school)?;
    let term: TermCode = parse("term", &which.term)?;
    let student: Option<StudentId> = which.student_id.as_deref().map(|id| parse("student_id", id)).transpose()?;
    let state: Option<RequestState> = which.state.as_deref().map(|state| parse("state", state)).transpose()?;
    let after: Option<RefundRequestId> = which.cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    let granted = match &student {
        Some(student) => reach_pupil::<may::ViewEnrollments>(&app, &caller, student).await?,
        None => caller.ask::<may::ViewEnrollments>(&app).await?,
    };
    let of_child = Owner { school: Some(&school), student: student.clone(), ..Owner::default() };
    if !granted.covers(&of_child) {
        return Err(AccessError::NotFound.into());
    }
    let (found, cursor) = app.store().refund_requests(&school, &term, after.as_ref(), PAGE).await?;
    let found = found.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let found = found.filter(|request| student.as_ref().is_none_or(|student| request.order.student() == *student));
    let found = found.filter(|request| state.is_none_or(|state| request.state == state));
    Ok(Answer::ok(RefundRequests { items: found.map(|request| RefundRequestView::from(&request)).collect(), cursor }))
}
