//! Enrolling a child: several offerings in one submission, all or nothing. P2.1 P2.3–P2.5, promises P1 P4 P14.

use axum::extract::State;
use domain::access::may;
use domain::enroll::{self, Choice, EnrollError};
use domain::id::{StudentId, TermCode};
use domain::record::RequestMark;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::view::SubmittedOrder;
use crate::visit::Visit;

/// One offering the guardian wants.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceRequest {
    /// The offering.
    #[schema(example = "3144200101.2026-2027-1.K012")]
    pub offering_id: String,
    /// Whether the optional materials are wanted.
    #[serde(default)]
    pub materials: bool,
    /// Whether the optional sundries are wanted.
    #[serde(default)]
    pub sundry: bool,
}

/// What a guardian takes for one child.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrollRequest {
    /// The child.
    #[schema(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The term.
    #[schema(example = "2026-2027-1")]
    pub term: String,
    /// One to ten offerings.
    pub choices: Vec<ChoiceRequest>,
}

/// 选课报名
///
/// Takes all the offerings for the child, or none. The seats are held until the deadline of the order.
#[utoipa::path(
    post, path = "/enrollments", operation_id = "enroll", tag = "选课",
    params(("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值")),
    request_body = EnrollRequest,
    responses(
        (status = 201, description = "名额已保留,待支付", body = SubmittedOrder),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到学生", body = Problem),
        (status = 409, description = "不符合选课规则,或名额已满", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn enroll(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<EnrollRequest>,
) -> Outcome<Answer<SubmittedOrder>> {
    let granted = caller.ask::<may::Enroll>(&app).await?;
    let student: StudentId = parse("student_id", &sent.value.student_id)?;
    let term: TermCode = parse("term", &sent.value.term)?;
    let choices = read_choices(&sent.value.choices)?;

    refuse_when_sold_out(&app, &term, &choices, &student).await?;
    let (pupil, record) = futures::try_join!(app.store().pupil(&student), app.store().record(&student, &term))?;
    let pupil = pupil.and_then(|found| found.within(&granted)).ok_or(AccessError::NotFound)?.value;
    let granted = granted.narrowed(&pupil).ok_or(AccessError::NotFound)?;
    let record = record.and_then(|found| found.within(&granted));
    let catalog = app.store().catalog(&pupil.school, &term).await?.ok_or(AccessError::NotFound)?;

    let request = RequestMark { key, body: sent.hash };
    let visit = Visit { app: &app, caller: &caller, granted, catalog: &catalog, pupil: &pupil, choices, request };
    visit.enroll(record).await
}

fn read_choices(choices: &[ChoiceRequest]) -> Result<Vec<Choice>, Problem> {
    let read = |(index, choice): (usize, &ChoiceRequest)| {
        let offering = choice.offering_id.parse().map_err(|_unreadable| EnrollError::OfferingNotAvailable { index })?;
        Ok(Choice { offering, materials: choice.materials, sundry: choice.sundry })
    };
    choices.iter().enumerate().map(read).collect()
}

/// Turns late attempts away before anything is read for them: in the minute after the opening they are most.
async fn refuse_when_sold_out(
    app: &App,
    term: &TermCode,
    choices: &[Choice],
    student: &StudentId,
) -> Result<(), Problem> {
    for choice in choices.iter().filter(|choice| choice.offering.term() == *term).take(enroll::CHOICES) {
        let Some(catalog) = app.store().catalog(&choice.offering.school(), term).await? else { continue };
        let Some(offering) = catalog.offering(&choice.offering) else { continue };
        if app.store().sold_out_for(&offering.id, offering.capacity, student).await? {
            return Err(EnrollError::ClassFull { title: offering.title.clone() }.into());
        }
    }
    Ok(())
}
