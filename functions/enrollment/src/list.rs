//! What a pupil has taken, in this term or in earlier ones, by where it stands. P2.2 P5.1 P7.4.

use axum::extract::State;
use domain::access::may;
use domain::id::{StudentId, TermCode};
use domain::record::OrderState;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::EnrollmentView;

/// Whose enrollments, and of which term.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichEnrollments {
    /// The pupil.
    #[param(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The term; all terms without it.
    #[param(example = "2026-2027-1")]
    pub term: Option<String>,
    /// Only orders that stand so: `pending`, `closing`, `paid`, `expired` or `cancelled`.
    #[param(example = "paid")]
    pub state: Option<String>,
}

/// What a pupil has taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Enrollments {
    /// The orders, oldest first.
    pub items: Vec<EnrollmentView>,
}

/// 查询选课记录
///
/// A guardian sees the own children's, a school its pupils'.
#[utoipa::path(
    get, path = "/enrollments", operation_id = "list_enrollments", tag = "选课",
    responses(
        (status = 200, description = "选课记录", body = Enrollments),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_enrollments(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichEnrollments>,
) -> Outcome<Answer<Enrollments>> {
    let granted = caller.ask::<may::ViewEnrollments>(&app).await?;
    let student: StudentId = parse("student_id", &which.student_id)?;
    let term: Option<TermCode> = which.term.as_deref().map(|term| parse("term", term)).transpose()?;
    let state: Option<OrderState> = which.state.as_deref().map(|state| parse("state", state)).transpose()?;
    let pupil = app.store().pupil(&student).await?.and_then(|found| found.within(&granted));
    let granted = pupil.and_then(|pupil| granted.narrowed(&pupil)).ok_or(AccessError::NotFound)?;
    let records = match term {
        Some(term) => app.store().record(&student, &term).await?.into_iter().collect(),
        None => app.store().records(&student).await?,
    };
    let records = records.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let views = records.flat_map(|record| {
        let wanted = record.orders.iter().filter(|order| state.is_none_or(|state| order.state == state));
        wanted.map(|order| EnrollmentView::of(&record, order)).collect::<Vec<_>>()
    });
    Ok(Answer::ok(Enrollments { items: views.collect() }))
}
