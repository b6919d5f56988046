//! Bureaus, townships and providers. B2.1.

use axum::extract::State;
use domain::access::may;
use domain::directory::OrganizationKind;
use domain::id::OrganizationId;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::show_organization::OrganizationView;

/// Organizations read at once.
const PAGE: i32 = 100;

/// Which organizations.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichOrganizations {
    /// `city`, `township` or `provider`; all when left out.
    #[param(value_type = Option<String>, example = "provider")]
    pub kind: Option<OrganizationKind>,
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Organizations.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Organizations {
    /// By code.
    pub items: Vec<OrganizationView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 组织列表
///
/// Whoever sees schools sees which bureaus, townships and providers there are.
#[utoipa::path(
    get, path = "/organizations", operation_id = "list_organizations", tag = "学校",
    responses(
        (status = 200, description = "组织", body = Organizations),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_organizations(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichOrganizations>,
) -> Outcome<Answer<Organizations>> {
    caller.ask::<may::ViewSchools>(&app).await?;
    let after: Option<OrganizationId> = which.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let mut after = after.map(|id| format!("ORG#{id}"));
    let (today, mut items) = (app.now().day(), Vec::new());
    // A page of the table may hold none of the kind: then the next one is read at once.
    loop {
        let page = app.store().organization_page(after.as_deref(), PAGE).await?;
        let wanted = page.items.iter().filter(|found| which.kind.is_none_or(|kind| found.value.kind == kind));
        items.extend(wanted.map(|found| OrganizationView::of(&found.value, today)));
        after = page.next;
        if after.is_none() || !items.is_empty() {
            break;
        }
    }
    let cursor = after.and_then(|sk| sk.strip_prefix("ORG#").map(str::to_owned));
    Ok(Answer::ok(Organizations { items, cursor }))
}
