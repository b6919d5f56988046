//! What of each school both sides have, data set by data set, as it was last compared, and what waits now
//! (数据上报情况统计). D5.1 K7.2.

use axum::extract::State;
use domain::access::{Guarded, may};
use domain::directory::School;
use domain::id::{OrganizationId, SchoolCode};
use domain::supervision::Dataset;
use domain::supervision::statement::{Line, Statement};
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Schools of a page: each costs one call.
const PAGE: usize = 100;
/// Schools that are read at once.
const AT_ONCE: usize = 16;

/// Which schools.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichSchools {
    /// Only those of this township.
    #[param(example = "442000006000")]
    pub township: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// The schools a caller reaches.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reporting {
    /// Whether the city takes records now.
    pub open: bool,
    /// From when on it takes them again.
    #[schema(format = DateTime)]
    pub opens_at: String,
    /// Since when what has to be told by now waits longest, of all schools; none: nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub waiting_since: Option<String>,
    /// By code.
    pub schools: Vec<SchoolReporting>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SchoolReporting {
    /// Its code.
    #[schema(example = "3144200101")]
    pub school: String,
    /// Its name.
    #[schema(example = "五桂山第一小学")]
    pub name: String,
    /// Its township.
    #[schema(example = "442000006000")]
    pub township: String,
    /// When its records were last compared with the city's, however long ago; none: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub compared_at: Option<String>,
    /// Records that differed and should not.
    pub differences: u64,
    /// Its data sets, in the order in which they are told.
    pub datasets: Vec<DatasetReporting>,
}

/// A data set of a school, as it was when both sides were compared.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DatasetReporting {
    /// The data set.
    #[schema(example = "student")]
    pub dataset: String,
    /// Its name.
    #[schema(example = "学生")]
    pub title: &'static str,
    /// Records we had.
    pub ours: u64,
    /// Records the city had.
    pub theirs: u64,
    /// 未报.
    pub unreported: u64,
    /// 错报.
    pub wrong: u64,
    /// 漏报.
    pub missing: u64,
    /// 多报.
    pub surplus: u64,
    /// 在途: they waited to be told, or to be acknowledged.
    pub under_way: u64,
    /// 挂起: the city has refused them.
    pub parked: u64,
    /// Since when the oldest of those under way waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub waiting_since: Option<String>,
}

impl DatasetReporting {
    fn of(dataset: Dataset, line: Line) -> Self {
        let Line { ours, theirs, unreported, wrong, missing, surplus, under_way, parked, waiting_since } = line;
        let (title, dataset) = (dataset.chinese(), dataset.to_string());
        let waiting_since = waiting_since.map(|since| since.to_string());
        Self { dataset, title, ours, theirs, unreported, wrong, missing, surplus, under_way, parked, waiting_since }
    }
}

/// 数据上报情况
///
/// As it was last compared, and what waits now; a school sees itself, a township its schools, the city all of them.
#[utoipa::path(
    get, path = "/supervision/reporting", operation_id = "list_reporting", tag = "数据上报",
    responses(
        (status = 200, description = "各校各数据集的上报与核对情况", body = Reporting),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_reporting(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichSchools>,
) -> Outcome<Answer<Reporting>> {
    let granted = caller.ask::<may::ViewReports>(&app).await?;
    let township: Option<OrganizationId> = which.township.as_deref().map(|id| parse("township", id)).transpose()?;
    let after: Option<SchoolCode> = which.cursor.as_deref().map(|code| parse("cursor", code)).transpose()?;
    let (gate, now) = (app.store().gate().await?.value, app.now());
    let waiting_since = app.store().oldest_report(now).await?.map(|since| since.to_string());
    let mut wanted: Vec<School> = app.store().schools().await?.into_iter().map(|school| school.value).collect();
    wanted.retain(|school| granted.covers_school(&school.code));
    wanted.retain(|school| township.as_ref().is_none_or(|township| school.township == *township));
    wanted.retain(|school| after.as_ref().is_none_or(|after| school.code > *after));
    let more = wanted.len() > PAGE;
    wanted.truncate(PAGE);
    let cursor = wanted.last().filter(|_| more).map(|school| school.code.to_string());
    let schools: Vec<SchoolReporting> = stream::iter(wanted)
        .map(|school| async {
            let found = app.store().last_statement(&school.code).await?;
            let statement = found.and_then(|found| Guarded::new(found.value).within(&granted));
            Ok::<_, Problem>(shown(school, statement.as_ref()))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(Answer::ok(Reporting {
        open: gate.is_open(now),
        opens_at: gate.opens_at(now).to_string(),
        waiting_since,
        schools,
        cursor,
    }))
}

fn shown(school: School, statement: Option<&Statement>) -> SchoolReporting {
    let lines = statement.into_iter().flat_map(|statement| &statement.lines);
    SchoolReporting {
        school: school.code.to_string(),
        name: school.name,
        township: school.township.to_string(),
        compared_at: statement.map(|statement| statement.at.to_string()),
        differences: statement.map_or(0, Statement::differences),
        datasets: lines.map(|(dataset, line)| DatasetReporting::of(*dataset, *line)).collect(),
    }
}
