//! Taking out the changes of lessons of a term as a file, with the attendance after them; noted in the audit. S23.4.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{SchoolCode, TermCode};
use domain::teaching::change::LessonChange;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::export::{ExportError, ExportFormat, ExportedFile, ROWS};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::key;
use utoipa::IntoParams;

use crate::list_changes::Sought;
use crate::sheets;

/// What is taken out, and how.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExportChanges {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
    /// Only those that stand so.
    #[param(example = "approved")]
    pub state: Option<String>,
    /// Only of this kind.
    #[param(example = "substitute")]
    pub change: Option<String>,
    /// Only of lessons from this day on.
    #[param(format = Date)]
    pub from: Option<String>,
    /// Only of lessons until this day.
    #[param(format = Date)]
    pub until: Option<String>,
}

/// 导出调课代课记录及考勤
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/lesson-changes/export", operation_id = "export_lesson_changes",
    tag = "课表",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期,如 2026-2027-1"),
    ),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大", body = Problem),
    ),
)]
pub async fn export_lesson_changes(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(how): Query<HowToExportChanges>,
) -> Outcome<Answer<ExportedFile>> {
    let granted = caller.ask::<may::Export>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &school)?, parse("term", &term)?);
    let sought = Sought {
        state: how.state.as_deref().map(|text| parse("state", text)).transpose()?,
        change: how.change.as_deref().map(|text| parse("change", text)).transpose()?,
        from: how.from.as_deref().map(|text| parse("from", text)).transpose()?,
        until: how.until.as_deref().map(|text| parse("until", text)).transpose()?,
        ..Sought::default()
    };
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let all = app.store().all_lesson_changes(&school, &term).await?;
    let opened = all.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let mut changes: Vec<LessonChange> = opened.filter(|change| sought.finds(change)).collect();
    if changes.len() > ROWS {
        return Err(ExportError::TooLarge.into());
    }
    changes.sort_by(|one, other| (one.was.at(), &one.id).cmp(&(other.was.at(), &other.id)));
    let classes = app.store().term_classes(&school, &term).await?;
    let rolls = app.store().rolls_of(changes.iter().map(LessonChange::lesson_id)).await?;
    let sheet = sheets::of_changes(&changes, &classes, &rolls, app.now().day());
    let (name, thing) = (format!("{school}-{term}"), key::thing(&key::school(&school)));
    Ok(Answer::ok(ExportedFile::write(&app, caller.actor(&granted), (&name, &thing), &sheet, how.format).await?))
}
