//! What of each school both sides have, data set by data set, as it was last compared (数据上报情况统计). D5.1 K7.2.

use axum::extract::State;
use domain::access::{Guarded, may};
use domain::id::SchoolCode;
use domain::supervision::Dataset;
use domain::supervision::statement::{Line, Statement};
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use jiff::ToSpan as _;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// The schools a caller reaches.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reporting {
    /// Whether the city takes records now.
    pub open: bool,
    /// From when on it takes them again.
    #[schema(format = DateTime)]
    pub opens_at: String,
    /// By code; a school that was not compared since yesterday is not among them.
    pub schools: Vec<SchoolReporting>,
}

/// A school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SchoolReporting {
    /// Its code.
    #[schema(example = "3144200101")]
    pub school: String,
    /// When its records were last compared with the city's.
    #[schema(format = DateTime)]
    pub compared_at: String,
    /// Records that differ and should not.
    pub differences: u64,
    /// Its data sets, in the order in which they are told.
    pub datasets: Vec<DatasetReporting>,
}

/// A data set of a school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DatasetReporting {
    /// The data set.
    #[schema(example = "student")]
    pub dataset: String,
    /// Its name.
    #[schema(example = "学生")]
    pub title: &'static str,
    /// Records we have.
    pub ours: u64,
    /// Records the city has.
    pub theirs: u64,
    /// 未报.
    pub unreported: u64,
    /// 错报.
    pub wrong: u64,
    /// 漏报.
    pub missing: u64,
    /// 多报.
    pub surplus: u64,
    /// 在途或挂起: they differ, and that is known.
    pub under_way: u64,
}

impl DatasetReporting {
    fn of(dataset: Dataset, line: Line) -> Self {
        let Line { ours, theirs, unreported, wrong, missing, surplus, under_way } = line;
        let (title, dataset) = (dataset.chinese(), dataset.to_string());
        Self { dataset, title, ours, theirs, unreported, wrong, missing, surplus, under_way }
    }
}

/// 数据上报情况
///
/// As it was last compared; a school sees itself, a township its schools, the city all of them.
#[utoipa::path(
    get, path = "/supervision/reporting", operation_id = "list_reporting", tag = "数据上报",
    responses(
        (status = 200, description = "各校各数据集的上报与核对情况", body = Reporting),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_reporting(State(app): State<App>, caller: Caller) -> Outcome<Answer<Reporting>> {
    let granted = caller.ask::<may::ViewReports>(&app).await?;
    let gate = app.store().gate().await?.value;
    let mut schools = Vec::new();
    for school in app.store().schools().await? {
        let code = school.value.code;
        if granted.covers_school(&code) {
            let found = last(&app, &code).await?.and_then(|statement| Guarded::new(statement).within(&granted));
            schools.extend(found.map(shown));
        }
    }
    let now = app.now();
    Ok(Answer::ok(Reporting { open: gate.is_open(now), opens_at: gate.opens_at(now).to_string(), schools }))
}

/// The comparison of today, else of yesterday.
async fn last(app: &App, school: &SchoolCode) -> Result<Option<Statement>, StoreError> {
    let today = app.now().day();
    for day in [today, today.saturating_sub(1.day())] {
        if let Some(found) = app.store().statement_of_agreement(school, day).await? {
            return Ok(Some(found.value));
        }
    }
    Ok(None)
}

fn shown(statement: Statement) -> SchoolReporting {
    SchoolReporting {
        school: statement.school.to_string(),
        compared_at: statement.at.to_string(),
        differences: statement.differences(),
        datasets: statement.lines.into_iter().map(|(dataset, line)| DatasetReporting::of(dataset, line)).collect(),
    }
}
