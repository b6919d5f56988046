//! The leaves of a school's term, of a pupil or of a teacher, by time and state. S21.1 S25.1 T4.2 P9.3.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::ClassId;
use domain::teaching::leave::{Absentee, LeaveRequest};
use domain::teaching::request::TeachingRequestState;
use edge::app::Outcome;
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::reach::{Listing, next_page, of_pupils};
use crate::view::LeaveView;

/// Which leaves.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichLeaves {
    /// Only this pupil's: what a guardian asks for.
    pub student_id: Option<String>,
    /// Only this teacher's.
    pub teacher_id: Option<String>,
    /// Only of `pupil`s or of `teacher`s.
    #[param(example = "pupil")]
    pub kind: Option<String>,
    /// Only those that stand so: `asked`, `granted`, `refused` or `taken_back`.
    #[param(example = "granted")]
    pub state: Option<String>,
    /// Only those of which some has ended, or none (销假记录).
    pub resumed: Option<bool>,
    /// Only those with lessons on this day or later.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Only those with lessons on this day or before.
    #[param(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Only those with lessons of this class.
    pub class_id: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Leaves.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Leaves {
    /// By first day.
    pub items: Vec<LeaveView>,
    /// For the next page, which may be empty; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 请假记录
///
/// A school sees all of its pupils and teachers, a teacher those of the own classes and the own, a guardian the own
/// child's.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/leaves", operation_id = "list_leaves", tag = "请假与更正",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    responses(
        (status = 200, description = "请假与销假记录", body = Leaves),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_leaves(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichLeaves>,
) -> Outcome<Answer<Leaves>> {
    let subjects = (which.student_id.as_deref(), which.teacher_id.as_deref());
    let listing = Listing::<may::ViewAttendance>::of((&app, &caller), (&school, &term), subjects).await?;
    let wanted = Wanted::of(&which)?;
    let after = which.cursor.as_deref().map(next_page::read).transpose()?;
    let (found, next) = app.store().leaves(listing.of_whom(), after.as_ref(), next_page::LIMIT).await?;
    let open = found.into_iter().filter_map(|found| found.within(&listing.granted)).map(|found| found.value);
    let items = open.filter(|leave| wanted.has(leave)).map(|leave| LeaveView::from(&leave)).collect();
    Ok(Answer::ok(Leaves { items, cursor: next.as_ref().map(next_page::write) }))
}

/// What is asked for, read.
struct Wanted {
    of_pupils: Option<bool>,
    state: Option<TeachingRequestState>,
    resumed: Option<bool>,
    days: (Date, Date),
    class: Option<ClassId>,
}

impl Wanted {
    fn of(which: &WhichLeaves) -> Result<Self, RequestError> {
        Ok(Self {
            of_pupils: which.kind.as_deref().map(of_pupils).transpose()?,
            state: which.state.as_deref().map(|state| parse("state", state)).transpose()?,
            resumed: which.resumed,
            days: (which.from.unwrap_or(Date::MIN), which.until.unwrap_or(Date::MAX)),
            class: which.class_id.as_deref().map(|class| parse("class_id", class)).transpose()?,
        })
    }

    fn has(&self, leave: &LeaveRequest) -> bool {
        let (from, until) = self.days;
        let is_of_pupil = matches!(leave.who, Absentee::Pupil(_));
        self.of_pupils.is_none_or(|of_pupils| of_pupils == is_of_pupil)
            && self.state.is_none_or(|state| state == leave.handling.state)
            && self.resumed.is_none_or(|resumed| resumed == leave.has_resumed())
            && leave.lessons.iter().any(|missed| {
                (from..=until).contains(&missed.date)
                    && self.class.as_ref().is_none_or(|class| missed.lesson.class() == *class)
            })
    }
}
