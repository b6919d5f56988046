//! What a child can take, with the seats left. P1.1 S5.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::catalog::{Offering, OfferingState};
use domain::directory::Pupil;
use domain::id::{OfferingId, TermCode};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::scope;
use crate::view::OfferingView;

/// Whose offerings, and of which term.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichOfferings {
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// A guardian's child: only what its grade may take is listed.
    #[param(example = "7K3M9Q2XAB")]
    pub student_id: Option<String>,
    /// The school's code, for staff: everything is listed.
    #[param(example = "3144200101")]
    pub school: Option<String>,
}

/// What is offered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Offerings {
    /// By course code.
    pub items: Vec<OfferingView>,
}

/// 查询可选课程
#[utoipa::path(
    get, path = "/offerings", operation_id = "list_offerings", tag = "选课目录",
    responses(
        (status = 200, description = "课程及剩余名额", body = Offerings),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_offerings(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichOfferings>,
) -> Outcome<Answer<Offerings>> {
    let granted = caller.ask::<may::ViewCatalog>(&app).await?;
    let term: TermCode = parse("term", &which.term)?;
    let (school, pupil) = scope::school(&app, &granted, which.student_id.as_deref(), which.school.as_deref()).await?;
    let catalog = app.store().catalog(&school, &term).await?.ok_or(AccessError::NotFound)?;
    let left = app.store().seats_left(&catalog).await?;
    let seen = catalog.offerings.values().filter(|offering| sees(pupil.as_ref(), offering));
    let view =
        |offering: &Offering| OfferingView::of(&catalog, offering, left.get(&offering.id).copied().unwrap_or_default());
    Ok(Answer::ok(Offerings { items: seen.map(view).collect() }))
}

/// Guardians see what their child can take; staff see everything.
fn sees(pupil: Option<&Pupil>, offering: &Offering) -> bool {
    pupil.is_none_or(|pupil| offering.state == OfferingState::Open && offering.grades.contains(&pupil.grade))
}

/// For which child, when a guardian asks.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ForWhom {
    /// A guardian's child.
    #[param(example = "7K3M9Q2XAB")]
    pub student_id: Option<String>,
}

/// 查看课程详情
#[utoipa::path(
    get, path = "/offerings/{offering_id}", operation_id = "show_offering", tag = "选课目录",
    params(("offering_id" = String, Path, description = "开课编号")),
    responses(
        (status = 200, description = "课程详情", body = OfferingView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_offering(
    State(app): State<App>,
    caller: Caller,
    Path(offering_id): Path<String>,
    Query(whom): Query<ForWhom>,
) -> Outcome<Answer<OfferingView>> {
    let granted = caller.ask::<may::ViewCatalog>(&app).await?;
    let id: OfferingId = parse("offering_id", &offering_id)?;
    let school = id.school();
    let (reached, pupil) = scope::school(&app, &granted, whom.student_id.as_deref(), Some(school.as_str())).await?;
    let stored = app.store().offering(&id).await?.filter(|_| reached == school).ok_or(AccessError::NotFound)?;
    let catalog = app.store().catalog(&school, &id.term()).await?.ok_or(AccessError::NotFound)?;
    if !sees(pupil.as_ref(), &stored.value) {
        return Err(AccessError::NotFound.into());
    }
    let left = app.store().seats_left(&catalog).await?;
    let view = OfferingView::of(&catalog, &stored.value, left.get(&id).copied().unwrap_or_default());
    Ok(Answer::ok(view).at_version(stored.ver))
}
