//! The schools that the caller's work reaches. D1 S1.

use axum::extract::State;
use domain::access::{Granted, may};
use domain::directory::School;
use domain::id::SchoolCode;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use store::Versioned;
use utoipa::{IntoParams, ToSchema};

use crate::show_school::SchoolView;

/// Schools of a page.
const PAGE: usize = 200;

/// Which schools.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichSchools {
    /// A part of the name, or the beginning of the code.
    #[param(example = "五桂山")]
    pub q: Option<String>,
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

impl WhichSchools {
    fn wants(&self, school: &School) -> bool {
        let q = self.q.as_deref().unwrap_or_default().trim();
        school.name.contains(q) || school.code.as_str().starts_with(q)
    }
}

/// Schools.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Schools {
    /// By code.
    pub items: Vec<SchoolView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 学校列表
///
/// City and platform see all schools, a township its own, staff those they work at.
#[utoipa::path(
    get, path = "/schools", operation_id = "list_schools", tag = "学校",
    responses(
        (status = 200, description = "学校列表", body = Schools),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_schools(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichSchools>,
) -> Outcome<Answer<Schools>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let after: Option<SchoolCode> = which.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let mut schools = reached(&app, &granted).await?;
    schools.retain(|found| which.wants(&found.value) && after.as_ref().is_none_or(|after| found.value.code > *after));
    let items: Vec<SchoolView> = schools.iter().take(PAGE).map(|found| SchoolView::from(&found.value)).collect();
    let cursor = items.last().filter(|_| schools.len() > PAGE).map(|last| last.code.clone());
    Ok(Answer::ok(Schools { items, cursor }))
}

/// The schools the caller reaches, by code.
pub(crate) async fn reached<P>(app: &App, granted: &Granted<P>) -> Result<Vec<Versioned<School>>, Problem> {
    if granted.everywhere() {
        return Ok(app.store().schools().await?);
    }
    let own = try_join_all(granted.schools().map(|school| app.store().school(school))).await?;
    Ok(own.into_iter().flatten().collect())
}
