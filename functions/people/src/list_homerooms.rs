//! The homerooms of a school, and one of them. S3.1.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::directory::{Grade, Homeroom};
use domain::id::{HomeroomId, SchoolCode};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::Versioned;
use utoipa::{IntoParams, ToSchema};

use crate::view::HomeroomView;

/// Which homerooms.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichHomerooms {
    /// Only those of this grade.
    #[param(example = 3)]
    pub grade: Option<Grade>,
    /// Those that have left as graduates instead of those that are there.
    #[serde(default)]
    pub graduated: bool,
}

/// Homerooms.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Homerooms {
    /// By grade and identifier.
    pub items: Vec<HomeroomView>,
}

/// 行政班列表
#[utoipa::path(
    get, path = "/schools/{school}/homerooms", operation_id = "list_homerooms", tag = "行政班与学生",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "行政班", body = Homerooms),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_homerooms(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(which): Query<WhichHomerooms>,
) -> Outcome<Answer<Homerooms>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let school: SchoolCode = parse("school", &school)?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let wanted = |homeroom: &Homeroom| {
        homeroom.graduated.is_some() == which.graduated && which.grade.is_none_or(|grade| grade == homeroom.grade)
    };
    let mut homerooms = app.store().homerooms(&school).await?;
    homerooms.retain(wanted);
    homerooms.sort_by(|one, other| (one.grade, &one.id).cmp(&(other.grade, &other.id)));
    Ok(Answer::ok(Homerooms { items: homerooms.iter().map(HomeroomView::from).collect() }))
}

/// 查看行政班
#[utoipa::path(
    get, path = "/homerooms/{homeroom_id}", operation_id = "show_homeroom", tag = "行政班与学生",
    params(("homeroom_id" = String, Path, description = "行政班编号,如 2144200601.2024.02")),
    responses(
        (status = 200, description = "行政班", body = HomeroomView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_homeroom(
    State(app): State<App>,
    caller: Caller,
    Path(homeroom_id): Path<String>,
) -> Outcome<Answer<HomeroomView>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let homeroom = reach(&app, &granted, &homeroom_id).await?;
    Ok(Answer::ok(HomeroomView::from(&homeroom.value)).at_version(homeroom.ver))
}

/// A homeroom of a school that the caller reaches.
pub(crate) async fn reach<P>(app: &App, granted: &Granted<P>, homeroom_id: &str) -> Outcome<Versioned<Homeroom>> {
    let id: HomeroomId = parse("homeroom_id", homeroom_id)?;
    if !granted.covers_school(&id.school()) {
        return Err(AccessError::NotFound.into());
    }
    Ok(app.store().homeroom(&id).await?.ok_or(AccessError::NotFound)?)
}
