//! All that the city was told of a school's term, record by record with the receipt of each, as a file (按学期归档). S5.1
//! D5.1 K7.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{SchoolCode, TermCode};
use domain::import::Cell;
use domain::settlement::Month;
use domain::supervision::Dataset;
use domain::supervision::holding::{Held, Standing};
use domain::supervision::record::Op;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::export::{ExportError, ExportFormat, ExportedFile, ROWS};
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use sheet::Sheet;
use store::key;
use utoipa::IntoParams;

const HEADINGS: [&str; 10] = [
    "数据集",
    "业务编号",
    "归属日期",
    "上报状态",
    "操作",
    "已接收版本",
    "内容摘要",
    "接收时间",
    "回执编号",
    "挂起原因",
];
/// Things whose holdings are read in one call.
const READ: usize = 100;

/// What is taken out, and how.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichArchive {
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// Only this data set.
    #[param(example = "student_attendance")]
    pub dataset: Option<String>,
    /// Only what is counted under a day of this month.
    #[param(example = "2026-09")]
    pub month: Option<String>,
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
}

/// 导出学期上报归档
///
/// Numbers, versions, hashes and receipts; nothing of what the records say.
#[utoipa::path(
    get, path = "/schools/{school}/supervision/archive", operation_id = "export_reported_term", tag = "数据上报",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大", body = Problem),
    ),
)]
pub async fn export_reported_term(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(which): Query<WhichArchive>,
) -> Outcome<Answer<ExportedFile>> {
    let granted = caller.ask::<may::Export>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &school)?, parse("term", &which.term)?);
    let dataset: Option<Dataset> = which.dataset.as_deref().map(|text| parse("dataset", text)).transpose()?;
    let month: Option<Month> = which.month.as_deref().map(|text| parse("month", text)).transpose()?;
    if !granted.covers_school(&school) || app.store().school(&school).await?.is_none() {
        return Err(AccessError::NotFound.into());
    }
    let choice = report::Choice { datasets: dataset.into_iter().collect(), term: Some(term.clone()) };
    let things = Box::pin(report::things(app.store(), &school, &choice)).await?;
    let things: Vec<_> = things.into_iter().collect();
    let mut held: Vec<Held> = Vec::new();
    for some in things.chunks(READ) {
        let records = app.store().holdings(some).await?.into_values().flat_map(|holding| holding.value.records);
        held.extend(records.filter(|held| {
            held.place.school == school
                && held.place.term.as_ref() == Some(&term)
                && dataset.is_none_or(|dataset| held.dataset == dataset)
                && month.is_none_or(|month| held.place.day.map(Month::of) == Some(month))
        }));
        if held.len() > ROWS {
            return Err(ExportError::TooLarge.into());
        }
    }
    held.sort_by(|one, other| (one.dataset, &one.source_id).cmp(&(other.dataset, &other.source_id)));
    let sheet = Sheet::list("上报归档", app.now().day(), &HEADINGS, held.iter().map(row).collect());
    let (name, thing) = (format!("{school}-{term}"), key::thing(&key::school(&school)));
    let actor = caller.actor(&granted);
    Ok(Answer::ok(ExportedFile::write(&app, actor, (&name, &thing), &sheet, which.format).await?))
}

fn row(held: &Held) -> Vec<Cell> {
    let text = |text: Option<String>| text.map_or(Cell::Empty, Cell::text);
    let acknowledged = held.acknowledged.as_ref();
    let standing = match held.standing() {
        Standing::Pending => "待报",
        Standing::Acknowledged => "已报",
        Standing::Parked => "挂起",
    };
    let op = acknowledged.map(|has| match has.said.op {
        Op::Upsert => "上报",
        Op::Delete => "删除",
    });
    vec![
        Cell::text(held.dataset.chinese()),
        Cell::text(held.source_id.to_string()),
        text(held.place.day.map(|day| day.to_string())),
        Cell::text(standing),
        text(op.map(str::to_owned)),
        text(acknowledged.map(|has| has.said.version.to_string())),
        text(acknowledged.map(|has| has.said.hash.to_string())),
        text(acknowledged.map(|has| has.at.to_string())),
        text(acknowledged.map(|has| has.receipt.clone())),
        text(held.parked.as_ref().map(|parked| format!("{} {}", parked.code, parked.reason))),
    ]
}
