//! Providers that work at schools in a term, past or present, with their teachers and courses (机构查询). S6.1.

use axum::extract::State;
use domain::access::may;
use domain::directory::School;
use domain::id::{OrganizationId, SchoolCode, TermCode};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::provider::{Sought, providers};
use crate::provider_view::TermProviderView;

/// Schools that are looked at for a page.
const SCHOOLS: usize = 30;

/// Which providers.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichProviders {
    /// The term.
    #[param(value_type = String, example = "2026-2027-1")]
    pub term: TermCode,
    /// Only at this school; at all that the caller reaches when left out.
    #[param(value_type = Option<String>, example = "3144200101")]
    pub school: Option<SchoolCode>,
    /// Only this provider.
    #[param(value_type = Option<String>, example = "P001")]
    pub provider: Option<OrganizationId>,
    /// Part of the name of a provider or of the title of a course.
    #[param(example = "书法")]
    pub keyword: Option<String>,
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Providers at schools.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TermProviders {
    /// By school and provider.
    pub items: Vec<TermProviderView>,
    /// For the next page; none at the end. A page may have no items though there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 机构查询
///
/// Names and phones of teachers are masked.
#[utoipa::path(
    get, path = "/providers", operation_id = "list_term_providers", tag = "学校",
    responses(
        (status = 200, description = "学期内入校的机构、机构教师与课程", body = TermProviders),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
    ),
)]
pub async fn list_term_providers(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichProviders>,
) -> Outcome<Answer<TermProviders>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let after: Option<SchoolCode> = which.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    if which.school.as_ref().is_some_and(|school| !granted.covers_school(school)) {
        return Err(AccessError::NotFound.into());
    }
    let mut schools: Vec<School> = app.store().schools().await?.into_iter().map(|found| found.value).collect();
    schools.retain(|school| {
        granted.covers_school(&school.code)
            && which.school.as_ref().is_none_or(|wanted| *wanted == school.code)
            && after.as_ref().is_none_or(|after| school.code > *after)
    });
    schools.sort_by(|one, other| one.code.cmp(&other.code));
    let more = schools.len() > SCHOOLS;
    schools.truncate(SCHOOLS);
    let sought = Sought { provider: which.provider, keyword: which.keyword };
    let mut items = Vec::new();
    for school in &schools {
        items.extend(providers(&app, &granted, (school, &which.term), &sought).await?);
    }
    let cursor = schools.last().filter(|_| more).map(|school| school.code.to_string());
    Ok(Answer::ok(TermProviders { items, cursor }))
}
