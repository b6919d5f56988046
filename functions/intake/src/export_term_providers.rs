//! Taking out the providers of a school's term as a file, a row for each course: masked, and noted in the audit. S6.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{SchoolCode, TermCode};
use domain::import::Cell;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::export::{ExportFormat, ExportedFile};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use sheet::Sheet;
use store::key;
use utoipa::IntoParams;

use crate::provider::{Sought, providers};
use crate::provider_view::TermProviderView;

const HEADINGS: [&str; 9] = [
    "机构编号",
    "机构名称",
    "统一社会信用代码",
    "办学许可证号",
    "课程编号",
    "课程名称",
    "课时",
    "机构教师",
    "授课教师",
];

/// How it is taken out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExport {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
}

/// 导出机构
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/providers/export", operation_id = "export_term_providers", tag = "学校",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
    ),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn export_term_providers(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(how): Query<HowToExport>,
) -> Outcome<Answer<ExportedFile>> {
    let granted = caller.ask::<may::Export>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &school)?, parse("term", &term)?);
    let found = app.store().school(&school).await?.filter(|_| granted.covers_school(&school));
    let found = found.ok_or(AccessError::NotFound)?.value;
    let listed = providers(&app, &granted, (&found, &term), &Sought::default()).await?;
    let rows = listed.iter().flat_map(rows).collect();
    let sheet = Sheet::list("入校机构", app.now().day(), &HEADINGS, rows);
    let (name, thing) = (format!("{school}-{term}"), key::thing(&key::term(&school, &term)));
    let file = ExportedFile::write(&app, caller.actor(&granted), (&name, &thing), &sheet, how.format).await?;
    Ok(Answer::ok(file))
}

/// A row for each course of a provider.
fn rows(found: &TermProviderView) -> impl Iterator<Item = Vec<Cell>> {
    let text = |text: &Option<String>| Cell::text(text.clone().unwrap_or_default());
    found.courses.iter().map(move |course| {
        let teachers: Vec<&str> = course.teachers.iter().map(|teacher| teacher.name.as_str()).collect();
        vec![
            Cell::text(found.provider_id.clone()),
            text(&found.name),
            text(&found.credit_code),
            text(&found.licence),
            Cell::text(course.course.clone()),
            Cell::text(course.title.clone()),
            Cell::count(course.lessons),
            Cell::text(teachers.join("、")),
            Cell::text(course.in_class.join("、")),
        ]
    })
}
