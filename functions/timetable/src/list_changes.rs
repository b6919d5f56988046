//! The changes of lessons of a school's term: all of them, or a teacher's own. S23.2 S23.4 T5.2.

use axum::extract::State;
use domain::access::may;
use domain::id::{ClassId, PersonId, SchoolCode, TeachingRequestId, TermCode};
use domain::teaching::change::{ChangeKind, ChangeState, LessonChange};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::LessonChangeView;

/// Changes that are looked at for a page.
const PAGE: i32 = 100;

/// Which changes.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichChanges {
    /// The school.
    #[param(example = "3144200101")]
    pub school: String,
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// Only those that stand so: `asked`, `approved`, `refused`, `taken_back` or `revoked`.
    #[param(example = "asked")]
    pub state: Option<String>,
    /// Only of this kind: `reschedule`, `substitute` or `off`.
    #[param(example = "substitute")]
    pub change: Option<String>,
    /// Only of this class.
    pub class: Option<String>,
    /// Only those that concern this teacher.
    pub teacher: Option<String>,
    /// Only of lessons from this day on, before or after the change.
    #[param(format = Date)]
    pub from: Option<String>,
    /// Only of lessons until this day.
    #[param(format = Date)]
    pub until: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Which changes somebody looks for.
#[derive(Debug, Default)]
pub(crate) struct Sought {
    pub(crate) state: Option<ChangeState>,
    pub(crate) change: Option<ChangeKind>,
    pub(crate) class: Option<ClassId>,
    pub(crate) teacher: Option<PersonId>,
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
}

impl Sought {
    /// Whether a change is one of them.
    pub(crate) fn finds(&self, change: &LessonChange) -> bool {
        let within =
            |date: Date| self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until);
        self.state.is_none_or(|state| change.state == state)
            && self.change.is_none_or(|kind| change.change.kind() == kind)
            && self.class.as_ref().is_none_or(|class| change.class == *class)
            && self.teacher.as_ref().is_none_or(|teacher| change.people.contains(teacher))
            && [change.was.date, change.stands().date].into_iter().any(within)
    }
}

/// Changes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonChanges {
    /// By identifier.
    pub items: Vec<LessonChangeView>,
    /// For the next page, which may be empty; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 调课代课记录
///
/// A teacher sees what concerns the own classes.
#[utoipa::path(
    get, path = "/lesson-changes", operation_id = "list_lesson_changes", tag = "课表",
    responses(
        (status = 200, description = "申请与记录", body = LessonChanges),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_lesson_changes(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichChanges>,
) -> Outcome<Answer<LessonChanges>> {
    let granted = caller.ask::<may::ViewTeaching>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &which.school)?, parse("term", &which.term)?);
    let after: Option<TeachingRequestId> = which.cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    let sought = which.sought()?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let (found, cursor) = app.store().lesson_changes(&school, &term, after.as_ref(), PAGE).await?;
    let found = found.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let items = found.filter(|change| sought.finds(change)).map(|change| LessonChangeView::from(&change)).collect();
    Ok(Answer::ok(LessonChanges { items, cursor }))
}

impl WhichChanges {
    fn sought(&self) -> Result<Sought, RequestError> {
        Ok(Sought {
            state: self.state.as_deref().map(|text| parse("state", text)).transpose()?,
            change: self.change.as_deref().map(|text| parse("change", text)).transpose()?,
            class: self.class.as_deref().map(|text| parse("class", text)).transpose()?,
            teacher: self.teacher.as_deref().map(|text| parse("teacher", text)).transpose()?,
            from: self.from.as_deref().map(|text| parse("from", text)).transpose()?,
            until: self.until.as_deref().map(|text| parse("until", text)).transpose()?,
        })
    }
}
