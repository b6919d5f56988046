//! Taking out lesson hours as a file; noted in the audit. S22.1 S26.1

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::counted::Of;
use domain::teaching::grouped::By;
use edge::app::Outcome;
use edge::export::{ExportError, ExportedFile, ROWS};
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};
use store::key;

use crate::asked::{Asked, HowToExportCount};
use crate::files;
use crate::of_school::Place;

/// 导出课时统计
///
/// Names are masked; who took out what is noted in the audit.
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/lesson-hours/export", operation_id = "export_lesson_hours", tag = "考勤",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期,如 2026-2027-1"),
    ),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确,或超过 200 天", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn export_lesson_hours(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(how): Query<HowToExportCount>,
) -> Outcome<Answer<ExportedFile>> {
    let place = Place::<may::Export>::reach(&app, &caller, (&school, &term)).await?;
    let (format, mut asked) = (how.format, Asked::read(&how.into(), (Of::Teachers, By::Person), app.now().day())?);
    let counted = place.count(&app, &mut asked).await?;
    if counted.groups.len() > ROWS {
        return Err(ExportError::TooLarge.into());
    }
    let rows = counted.all(&app, &place.ground, files::hours_row).await?;
    let sheet = files::hours(asked.of, app.now().day(), rows);
    let (name, thing) = (files::begins(&school, &asked.wanted), key::thing(&key::school(&place.school)));
    let actor = caller.actor(&place.granted);
    Ok(Answer::ok(ExportedFile::write(&app, actor, (&name, &thing), &sheet, format).await?))
}
