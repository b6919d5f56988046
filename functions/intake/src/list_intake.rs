//! What the city has told of a data set (接收记录): as it held in a term, with both sides of what differed. B5.1 S5.1.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::access::{Granted, may};
use domain::id::{SchoolCode, TermCode};
use domain::supervision::intake::{Entry, IntakeStanding};
use domain::supervision::{Inbound, SourceId};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, RequestError, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::view::IntakeView;

/// Records of a page.
const PAGE: usize = 50;
/// The same, as the tables count.
const READ: i32 = 50;

/// Which records.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichIntake {
    /// `school`, `provider`, `specification`, `in_house_course` or `external_course`.
    #[param(value_type = String, example = "specification")]
    pub dataset: Inbound,
    /// `known`, `applied`, `waiting` or `declined`; all when left out.
    #[param(value_type = Option<String>, example = "waiting")]
    pub standing: Option<IntakeStanding>,
    /// The school; courses are listed by school and term.
    #[param(value_type = Option<String>, example = "3144200101")]
    pub school: Option<SchoolCode>,
    /// The term; without one, what is no course is as it was told last.
    #[param(value_type = Option<String>, example = "2026-2027-1")]
    pub term: Option<TermCode>,
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Records of the city.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IntakeList {
    /// By the city's names of them.
    pub items: Vec<IntakeView>,
    /// For the next page; none at the end. A page may have fewer records than there are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 接收记录列表
///
/// A school sees its own courses; schools, providers and specifications are seen by all who see reports.
#[utoipa::path(
    get, path = "/supervision/intake", operation_id = "list_intake", tag = "数据接收",
    responses(
        (status = 200, description = "监管系统下发的记录及差异", body = IntakeList),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_intake(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichIntake>,
) -> Outcome<Answer<IntakeList>> {
    let granted = caller.ask::<may::ViewReports>(&app).await?;
    let after: Option<SourceId> = which.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let (entries, next) = match which.dataset {
        Inbound::InHouseCourse | Inbound::ExternalCourse => of_term(&app, &granted, &which, after.as_ref()).await?,
        Inbound::School | Inbound::Provider | Inbound::Specification => of_city(&app, &which, after.as_ref()).await?,
    };
    let items = entries.iter().map(IntakeView::from).collect();
    Ok(Answer::ok(IntakeList { items, cursor: next.map(String::from) }))
}

type Listed = (Vec<Entry>, Option<SourceId>);

/// Courses of a school's term.
async fn of_term(
    app: &App,
    granted: &Granted<may::ViewReports>,
    which: &WhichIntake,
    after: Option<&SourceId>,
) -> Outcome<Listed> {
    let school = which.school.as_ref().ok_or(RequestError::ParameterUnusable { name: "school" })?;
    let term = which.term.as_ref().ok_or(RequestError::ParameterUnusable { name: "term" })?;
    if !granted.covers_school(school) {
        return Err(AccessError::NotFound.into());
    }
    let after = after.map(|source| (which.dataset, source));
    let page = app.store().intakes_of_term((school, term), Some(which.dataset), after, READ).await?;
    let next = page.next.as_ref().and_then(|_| page.items.last()).map(|last| last.value.source_id.clone());
    let entries = page.items.into_iter().map(|found| found.value);
    Ok((entries.filter(|entry| stands(entry, which)).collect(), next))
}

/// What belongs to no school's term: of each record, the last that was told for the term or before it.
async fn of_city(app: &App, which: &WhichIntake, after: Option<&SourceId>) -> Outcome<Listed> {
    let mut last: BTreeMap<SourceId, Entry> = BTreeMap::new();
    for found in app.store().intakes_of_city(which.dataset).await? {
        let entry = found.value;
        let known = last.get(&entry.source_id);
        let later = known.is_none_or(|known| known.place.term <= entry.place.term);
        if later && which.term.as_ref().is_none_or(|term| entry.place.term <= *term) {
            last.insert(entry.source_id.clone(), entry);
        }
    }
    let mut rest =
        last.into_values().filter(|entry| after.is_none_or(|after| entry.source_id > *after) && stands(entry, which));
    let entries: Vec<Entry> = rest.by_ref().take(PAGE).collect();
    let next = rest.next().and_then(|_| entries.last()).map(|last| last.source_id.clone());
    Ok((entries, next))
}

fn stands(entry: &Entry, which: &WhichIntake) -> bool {
    which.standing.is_none_or(|standing| standing == entry.standing())
}
