//! Taking out a school's orders as a file: names masked, and noted in the audit. S32.1 S35.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::TermCode;
use edge::app::Outcome;
use edge::export::{ExportError, ExportFormat, ExportedFile, ROWS};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use store::key;

use crate::sheets;
use crate::sought::{Register, school, sought};

sought!(
    /// Which orders, and as what file.
    WhichExport {
        /// The term.
        #[param(example = "2026-2027-1")]
        pub term: String,
        /// `xlsx` or `csv`.
        #[serde(default)]
        pub format: ExportFormat,
    }
);

/// 导出学校订单
///
/// Names are masked; who took out what is noted in the audit.
#[utoipa::path(
    get, path = "/schools/{school}/orders/export", operation_id = "export_orders", tag = "订单",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn export_orders(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
    Query(which): Query<WhichExport>,
) -> Outcome<Answer<ExportedFile>> {
    let granted = caller.ask::<may::Export>(&app).await?;
    let (school, term): (_, TermCode) = (school(&granted, &code)?, parse("term", &which.term)?);
    let filter = which.filter()?;
    let register = Register { app: &app, granted: &granted, school: &school, term: &term, filter: &filter };
    let mut rows = Vec::new();
    let take = |row| {
        rows.push(row);
        Ok(rows.len() <= ROWS)
    };
    register.each(take).await?;
    if rows.len() > ROWS {
        return Err(ExportError::TooLarge.into());
    }
    let sheet = sheets::orders(&app, &granted, &rows).await?;
    let thing = key::thing(&key::school(&school));
    let name = format!("{school}-{term}");
    Ok(Answer::ok(ExportedFile::write(&app, caller.actor(&granted), (&name, &thing), &sheet, which.format).await?))
}
