//! What guardians have asked a school about personal data. K3.

use axum::extract::State;
use domain::access::may;
use domain::id::{PrivacyRequestId, SchoolCode};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::request_view::PrivacyRequestView;

/// Requests of a page.
const PAGE: i32 = 20;

/// Which requests.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichPrivacyRequests {
    /// The school.
    #[param(example = "2144200601")]
    pub school: String,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Requests.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PrivacyRequests {
    /// By identifier.
    pub items: Vec<PrivacyRequestView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 隐私申请列表
#[utoipa::path(
    get, path = "/privacy-requests", operation_id = "list_privacy_requests", tag = "个人信息",
    responses(
        (status = 200, description = "家长向本校提出的申请", body = PrivacyRequests),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn list_privacy_requests(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichPrivacyRequests>,
) -> Outcome<Answer<PrivacyRequests>> {
    let granted = caller.ask::<may::HandlePrivacy>(&app).await?;
    let school: SchoolCode = parse("school", &which.school)?;
    let after: Option<PrivacyRequestId> = which.cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let (found, cursor) = app.store().privacy_requests_at(&school, after.as_ref(), PAGE).await?;
    let found = found.into_iter().filter_map(|found| found.within(&granted));
    let items = found.map(|found| PrivacyRequestView::from(&found.value)).collect();
    Ok(Answer::ok(PrivacyRequests { items, cursor }))
}
