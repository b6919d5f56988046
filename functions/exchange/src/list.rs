//! The moves of a school's pupils in a term, or of one pupil, by condition. S27.1 S28.1 P11.1 P12.1.

use axum::extract::State;
use domain::access::{Owner, may};
use domain::id::{CourseCode, SchoolCode, StudentId, TeachingRequestId, TermCode};
use domain::moves::{MoveKind, MoveRequest, MoveState, Moving};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, RequestError, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::MoveView;

/// Moves that are looked at for a page.
const PAGE: i32 = 50;

/// Which moves.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichMoves {
    /// The school.
    #[param(example = "3144200101")]
    pub school: String,
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// Only this pupil's: what a guardian asks for.
    pub student_id: Option<String>,
    /// Only of this kind: `exchange` or `transfer`.
    #[param(example = "exchange")]
    pub kind: Option<String>,
    /// Only those that stand so: `asked`, `awaiting_payment`, `done`, `refused`, `taken_back` or `lapsed`.
    #[param(example = "asked")]
    pub state: Option<String>,
    /// Only from or to this course.
    #[param(example = "K012")]
    pub course: Option<String>,
    /// Only those in effect from this day on or later.
    #[param(format = Date)]
    pub from: Option<String>,
    /// Only those in effect from this day on or earlier.
    #[param(format = Date)]
    pub until: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Which moves somebody looks for.
#[derive(Debug, Default)]
pub(crate) struct Sought {
    pub(crate) student: Option<StudentId>,
    pub(crate) kind: Option<MoveKind>,
    pub(crate) state: Option<MoveState>,
    pub(crate) course: Option<CourseCode>,
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
}

impl Sought {
    /// Whether a move is one of them.
    pub(crate) fn finds(&self, request: &MoveRequest) -> bool {
        let about = |course: &CourseCode| match &request.moving {
            Moving::Exchange(exchange) => exchange.course == *course || exchange.to.course() == *course,
            Moving::Transfer(transfer) => transfer.to.course() == *course,
        };
        self.student.as_ref().is_none_or(|student| request.student == *student)
            && self.kind.is_none_or(|kind| request.kind() == kind)
            && self.state.is_none_or(|state| request.state() == state)
            && self.course.as_ref().is_none_or(about)
            && self.from.is_none_or(|from| from <= request.on)
            && self.until.is_none_or(|until| request.on <= until)
    }
}

/// Moves.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Moves {
    /// By identifier.
    pub items: Vec<MoveView>,
    /// For the next page, which may be empty; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 调课调班记录
#[utoipa::path(
    get, path = "/moves", operation_id = "list_moves", tag = "调课调班",
    responses(
        (status = 200, description = "本校或本人子女的申请与记录", body = Moves),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_moves(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichMoves>,
) -> Outcome<Answer<Moves>> {
    let (school, term): (SchoolCode, TermCode) = (parse("school", &which.school)?, parse("term", &which.term)?);
    let after: Option<TeachingRequestId> = which.cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    let sought = which.sought()?;
    let granted = match &sought.student {
        Some(student) => reach_pupil::<may::ViewEnrollments>(&app, &caller, student).await?,
        None => caller.ask::<may::ViewEnrollments>(&app).await?,
    };
    let of_child = Owner { school: Some(&school), student: sought.student.clone(), ..Owner::default() };
    if !granted.covers(&of_child) {
        return Err(AccessError::NotFound.into());
    }
    let (found, cursor) = app.store().moves(&school, &term, after.as_ref(), PAGE).await?;
    let found = found.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let items = found.filter(|request| sought.finds(request)).map(|request| MoveView::from(&request)).collect();
    Ok(Answer::ok(Moves { items, cursor }))
}

impl WhichMoves {
    fn sought(&self) -> Result<Sought, RequestError> {
        Ok(Sought {
            student: self.student_id.as_deref().map(|text| parse("student_id", text)).transpose()?,
            kind: self.kind.as_deref().map(|text| parse("kind", text)).transpose()?,
            state: self.state.as_deref().map(|text| parse("state", text)).transpose()?,
            course: self.course.as_deref().map(|text| parse("course", text)).transpose()?,
            from: self.from.as_deref().map(|text| parse("from", text)).transpose()?,
            until: self.until.as_deref().map(|text| parse("until", text)).transpose()?,
        })
    }
}
