//! Taking out the moves of a term as a file, with who asked and decided and what they cost; noted in the audit. S27.1
//! S27.2 S28.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{SchoolCode, TermCode};
use domain::moves::MoveRequest;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::export::{ExportError, ExportFormat, ExportedFile, ROWS};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::key;
use utoipa::IntoParams;

use crate::list::Sought;
use crate::sheets;

/// What is taken out, and how.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExportMoves {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
    /// Only of this kind.
    #[param(example = "exchange")]
    pub kind: Option<String>,
    /// Only those that stand so.
    #[param(example = "done")]
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
}

/// 导出调课调班记录
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/moves/export", operation_id = "export_moves", tag = "调课调班",
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
pub async fn export_moves(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(how): Query<HowToExportMoves>,
) -> Outcome<Answer<ExportedFile>> {
    let granted = caller.ask::<may::Export>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &school)?, parse("term", &term)?);
    let sought = Sought {
        student: None,
        kind: how.kind.as_deref().map(|text| parse("kind", text)).transpose()?,
        state: how.state.as_deref().map(|text| parse("state", text)).transpose()?,
        course: how.course.as_deref().map(|text| parse("course", text)).transpose()?,
        from: how.from.as_deref().map(|text| parse("from", text)).transpose()?,
        until: how.until.as_deref().map(|text| parse("until", text)).transpose()?,
    };
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let all = app.store().all_moves(&school, &term).await?;
    let opened = all.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let mut moves: Vec<MoveRequest> = opened.filter(|request| sought.finds(request)).collect();
    if moves.len() > ROWS {
        return Err(ExportError::TooLarge.into());
    }
    moves.sort_by(|one, other| (one.handling.asked_at, &one.id).cmp(&(other.handling.asked_at, &other.id)));
    let sheet = sheets::of_moves(&moves, app.now().day());
    let (name, thing) = (format!("{school}-{term}"), key::thing(&key::school(&school)));
    Ok(Answer::ok(ExportedFile::write(&app, caller.actor(&granted), (&name, &thing), &sheet, how.format).await?))
}
