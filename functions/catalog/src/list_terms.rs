//! The terms of a school, with their windows. S12.1.

use axum::extract::State;
use domain::access::may;
use edge::app::Outcome;
use edge::http::{Answer, Query};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::scope;
use crate::view::TermView;

/// Which school.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichTerms {
    /// A guardian's child.
    #[param(example = "7K3M9Q2XAB")]
    pub student_id: Option<String>,
    /// The school's code, for staff.
    #[param(example = "3144200101")]
    pub school: Option<String>,
}

/// The terms of a school.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Terms {
    /// Oldest first.
    pub items: Vec<TermView>,
}

/// 查询学期与选课时间
#[utoipa::path(
    get, path = "/terms", operation_id = "list_terms", tag = "选课目录",
    responses(
        (status = 200, description = "学期", body = Terms),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_terms(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichTerms>,
) -> Outcome<Answer<Terms>> {
    let granted = caller.ask::<may::ViewCatalog>(&app).await?;
    let (school, _) = scope::school(&app, &granted, which.student_id.as_deref(), which.school.as_deref()).await?;
    let terms = app.store().terms(&school).await?;
    Ok(Answer::ok(Terms { items: terms.iter().map(|term| TermView::of(&term.value, term.ver)).collect() }))
}
