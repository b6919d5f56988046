//! Access reviews: what was drawn up, and its sign-off by a second person. K5.2.

use axum::extract::{Path, State};
use domain::access::may;
use domain::access::review::AccessReview;
use domain::id::ReviewId;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Query, Sent, parse};
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::{IntoParams, ToSchema};

use crate::review_view::{ReviewLineView, ReviewView, WholeReviewView};

/// Reviews of a page.
const PAGE: i32 = 50;

/// Which reviews.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichReviews {
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Access reviews.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reviews {
    /// By identifier.
    pub items: Vec<ReviewView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What follows from a review.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOffReview {
    /// 1 to 500 characters.
    #[schema(example = "停用两个长期未登录账号,其余权限与岗位相符")]
    pub conclusion: String,
}

/// 权限审查列表
#[utoipa::path(
    get, path = "/access-reviews", operation_id = "list_reviews", tag = "权限审查",
    responses(
        (status = 200, description = "权限审查", body = Reviews),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_reviews(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichReviews>,
) -> Outcome<Answer<Reviews>> {
    let granted = caller.ask::<may::ReviewAccess>(&app).await?;
    let after: Option<ReviewId> = which.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let after = after.map(|id| format!("REVIEW#{id}"));
    let page = app.store().reviews(after.as_deref(), PAGE).await?;
    let own = page.items.iter().filter(|found| granted.covers_home(found.value.home.as_ref()));
    let items = own.map(|found| ReviewView::from(&found.value)).collect();
    let cursor = page.next.and_then(|sk| sk.strip_prefix("REVIEW#").map(str::to_owned));
    Ok(Answer::ok(Reviews { items, cursor }))
}

/// 查看权限审查
#[utoipa::path(
    get, path = "/access-reviews/{review_id}", operation_id = "show_review", tag = "权限审查",
    params(("review_id" = String, Path, description = "审查编号")),
    responses(
        (status = 200, description = "权限审查及各账号", body = WholeReviewView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_review(
    State(app): State<App>,
    caller: Caller,
    Path(review_id): Path<String>,
) -> Outcome<Answer<WholeReviewView>> {
    let granted = caller.ask::<may::ReviewAccess>(&app).await?;
    let found = review(&app, &review_id).await?;
    if !granted.covers_home(found.value.home.as_ref()) {
        return Err(AccessError::NotFound.into());
    }
    let users = try_join_all(found.value.lines.iter().map(|line| app.store().user(&line.person))).await?;
    let users = users.into_iter().map(|user| user.and_then(|user| user.within(&granted)));
    let lines = found.value.lines.iter().zip(users);
    let lines = lines.map(|(line, user)| ReviewLineView::of(line, user.as_ref().map(|user| &user.value))).collect();
    Ok(Answer::ok(WholeReviewView { review: ReviewView::from(&found.value), lines }).at_version(found.ver))
}

/// 签署权限审查
#[utoipa::path(
    post, path = "/access-reviews/{review_id}/sign-off", operation_id = "sign_off_review", tag = "权限审查",
    params(
        ("review_id" = String, Path, description = "审查编号"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = SignOffReview,
    responses(
        (status = 200, description = "已签署", body = ReviewView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已签署,或须由他人签署", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn sign_off_review(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(review_id): Path<String>,
    sent: Sent<SignOffReview>,
) -> Outcome<Answer<ReviewView>> {
    let granted = caller.ask::<may::ReviewAccess>(&app).await?;
    let mut found = review(&app, &review_id).await?;
    if !granted.covers_home(found.value.home.as_ref()) {
        return Err(AccessError::NotFound.into());
    }
    version.check(found.ver)?;
    found.value.sign_off(&caller.id, sent.value.conclusion, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "directory.sign_off_review", app.now());
    commit.save_review(&found)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(ReviewView::from(&found.value)).at_version(found.ver.saturating_add(1)))
}

async fn review(app: &App, review_id: &str) -> Result<Versioned<AccessReview>, Problem> {
    let id: ReviewId = parse("review_id", review_id)?;
    Ok(app.store().review(&id).await?.ok_or(AccessError::NotFound)?)
}
