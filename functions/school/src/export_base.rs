//! Taking out organizations, schools or a school's rooms as a file. B2.1 S1.1 S4.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::SchoolCode;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::export::{ExportFormat, ExportedFile};
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::key;
use utoipa::IntoParams;

use crate::list_schools::reached;
use crate::sheets;

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
enum ExportKind {
    Organizations,
    Schools,
    Rooms,
}

/// How it is taken out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExport {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
    /// The school whose rooms are wanted.
    #[param(example = "2144200601")]
    pub school: Option<String>,
}

/// 导出基础信息
///
/// Schools are those the caller reaches; who took out what is noted in the audit.
#[utoipa::path(
    get, path = "/exports/{kind}", operation_id = "export_base", tag = "学校",
    params(("kind" = String, Path, description = "organizations 组织、schools 学校、rooms 场室")),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大", body = Problem),
    ),
)]
pub async fn export_base(
    State(app): State<App>,
    caller: Caller,
    Path(kind): Path<String>,
    Query(how): Query<HowToExport>,
) -> Outcome<Answer<ExportedFile>> {
    let granted = caller.ask::<may::Export>(&app).await?;
    let kind: ExportKind = parse("kind", &kind)?;
    let school: Option<SchoolCode> = how.school.as_deref().map(|code| parse("school", code)).transpose()?;
    let day = app.now().day();
    let (sheet, name, thing) = match (kind, school) {
        (ExportKind::Organizations, _) => {
            let all = app.store().organizations().await?;
            (sheets::organizations(&all, day), "平台".to_owned(), "list#organizations".to_owned())
        }
        (ExportKind::Schools, _) => {
            let schools = reached(&app, &granted).await?;
            (sheets::schools(&schools, day), "平台".to_owned(), "list#schools".to_owned())
        }
        (ExportKind::Rooms, None) => return Err(RequestError::ParameterUnusable { name: "school" }.into()),
        (ExportKind::Rooms, Some(school)) if !granted.covers_school(&school) => {
            return Err(AccessError::NotFound.into());
        }
        (ExportKind::Rooms, Some(school)) => {
            let rooms = app.store().all_rooms(&school).await?;
            (sheets::rooms(&rooms, day), school.to_string(), key::thing(&key::school(&school)))
        }
    };
    Ok(Answer::ok(ExportedFile::write(&app, caller.actor(&granted), (&name, &thing), &sheet, how.format).await?))
}
