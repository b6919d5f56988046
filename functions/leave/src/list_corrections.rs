//! The corrections of a school's term, of a pupil or of a teacher, with what became of them. S21.4 S25.4 T2.2 P9.4.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::ClassId;
use domain::teaching::correction::{Change, Correction};
use domain::teaching::request::TeachingRequestState;
use edge::app::Outcome;
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::reach::{Listing, next_page, of_pupils};
use crate::view::CorrectionView;

/// Which corrections.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichCorrections {
    /// Only those about this pupil: what a guardian asks for.
    pub student_id: Option<String>,
    /// Only those of this teacher's check-ins.
    pub teacher_id: Option<String>,
    /// Only of `pupil`s or of `teacher`s.
    #[param(example = "pupil")]
    pub kind: Option<String>,
    /// Only those that stand so: `asked`, `granted`, `refused` or `taken_back`.
    #[param(example = "asked")]
    pub state: Option<String>,
    /// Only of lessons on this day or later.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Only of lessons on this day or before.
    #[param(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Only of lessons of this class.
    pub class_id: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Corrections.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Corrections {
    /// By day.
    pub items: Vec<CorrectionView>,
    /// For the next page, which may be empty; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 考勤更正与补打卡记录
///
/// A school sees all of them, a teacher those of the own classes and the own, a guardian the own child's.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/corrections", operation_id = "list_corrections", tag = "请假与更正",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    responses(
        (status = 200, description = "更正申请及审核结果", body = Corrections),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_corrections(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichCorrections>,
) -> Outcome<Answer<Corrections>> {
    let subjects = (which.student_id.as_deref(), which.teacher_id.as_deref());
    let listing = Listing::<may::ViewAttendance>::of((&app, &caller), (&school, &term), subjects).await?;
    let wanted = Wanted::of(&which)?;
    let after = which.cursor.as_deref().map(next_page::read).transpose()?;
    let (found, next) = app.store().corrections(listing.of_whom(), after.as_ref(), next_page::LIMIT).await?;
    let open = found.into_iter().filter_map(|found| found.within(&listing.granted)).map(|found| found.value);
    let items = open.filter(|one| wanted.has(one)).map(|one| CorrectionView::from(&one)).collect();
    Ok(Answer::ok(Corrections { items, cursor: next.as_ref().map(next_page::write) }))
}

/// What is asked for, read.
struct Wanted {
    of_pupils: Option<bool>,
    state: Option<TeachingRequestState>,
    days: (Date, Date),
    class: Option<ClassId>,
}

impl Wanted {
    fn of(which: &WhichCorrections) -> Result<Self, RequestError> {
        Ok(Self {
            of_pupils: which.kind.as_deref().map(of_pupils).transpose()?,
            state: which.state.as_deref().map(|state| parse("state", state)).transpose()?,
            days: (which.from.unwrap_or(Date::MIN), which.until.unwrap_or(Date::MAX)),
            class: which.class_id.as_deref().map(|class| parse("class_id", class)).transpose()?,
        })
    }

    fn has(&self, correction: &Correction) -> bool {
        let (from, until) = self.days;
        let is_of_pupil = matches!(correction.change, Change::Presence { .. });
        self.of_pupils.is_none_or(|of_pupils| of_pupils == is_of_pupil)
            && self.state.is_none_or(|state| state == correction.handling.state)
            && (from..=until).contains(&correction.date)
            && self.class.as_ref().is_none_or(|class| correction.lesson.class() == *class)
    }
}
