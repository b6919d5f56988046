//! Drawing up an access review: every account of a school, or above schools, with what it may do and what nobody uses.
//! K5.2.

use axum::extract::State;
use domain::access::review::{ACCOUNTS, AccessReview, Line, ReviewError, look};
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::user::User;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use futures::future::try_join_all;
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::review_view::ReviewView;

/// Accounts looked at at a time.
const AT_ONCE: usize = 100;

/// Whose accounts are reviewed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrawUpReview {
    /// The school; none: those above schools.
    #[schema(example = "2144200601")]
    pub school: Option<String>,
}

/// 生成权限审查
///
/// Shows accounts and rights as they are now; what becomes of them later does not change it.
#[utoipa::path(
    post, path = "/access-reviews", operation_id = "draw_up_review", tag = "权限审查",
    params(("Idempotency-Key" = String, Header, description = "每次提交生成新值,重发时沿用")),
    request_body = DrawUpReview,
    responses(
        (status = 201, description = "权限审查", body = ReviewView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "账号过多", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn draw_up_review(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<DrawUpReview>,
) -> Outcome<Answer<ReviewView>> {
    let granted = caller.ask::<may::ReviewAccess>(&app).await?;
    let home: Option<SchoolCode> = sent.value.school.as_deref().map(|code| parse("school", code)).transpose()?;
    if !granted.covers_home(home.as_ref()) || !is_there(&app, home.as_ref()).await? {
        return Err(AccessError::NotFound.into());
    }
    let id = caller.request_name(&key).parse().map_err(|_never| AccessError::NotFound)?;
    if let Some(found) = app.store().review(&id).await? {
        return if found.value.home == home {
            Ok(told(&found))
        } else {
            Err(RequestError::IdempotencyKeyReused.into())
        };
    }
    let lines = lines(&app, &granted, home.as_ref()).await?;
    let (drawn_by, drawn_at) = (caller.id.clone(), app.now());
    let review = Versioned::absent(AccessReview { id, home, drawn_by, drawn_at, lines, signed: None });
    let mut commit = Commit::new(caller.actor(&granted), "directory.draw_up_review", app.now());
    commit.save_review(&review)?;
    match app.store().commit(commit).await {
        // The same request twice at once: the other one is as good.
        Err(StoreError::Stale) => {
            let other = app.store().review(&review.value.id).await?;
            Ok(told(&other.ok_or(AccessError::NotFound)?))
        }
        done => done.map(|()| told(&Versioned { ver: 1, ..review })).map_err(Problem::from),
    }
}

fn told(review: &Versioned<AccessReview>) -> Answer<ReviewView> {
    Answer::created(ReviewView::from(&review.value)).at_version(review.ver)
}

async fn is_there(app: &App, home: Option<&SchoolCode>) -> Result<bool, StoreError> {
    match home {
        Some(school) => Ok(app.store().school(school).await?.is_some()),
        None => Ok(true),
    }
}

async fn lines(
    app: &App,
    granted: &Granted<may::ReviewAccess>,
    home: Option<&SchoolCode>,
) -> Result<Vec<Line>, Problem> {
    let (store, now) = (app.store(), app.now());
    let book = store.role_book().await?;
    let line = async |user: Versioned<User>| {
        let used = store.used(&user.value.id).await?;
        Ok::<_, StoreError>(look(&user.value, &used, &book, now))
    };
    let users = store.all_users(home, ACCOUNTS).await?.ok_or(ReviewError::TooManyAccounts)?;
    let mut users = users.into_iter().filter_map(|user| user.within(granted)).peekable();
    let mut lines = Vec::new();
    while users.peek().is_some() {
        lines.extend(try_join_all(users.by_ref().take(AT_ONCE).map(line)).await?);
    }
    Ok(lines)
}
