//! Signing out: the whole session ends, whichever of its tokens asks for it. K5.1.

use axum::extract::State;
use axum::http::StatusCode;
use domain::session::{Ending, SessionError};
use edge::app::Outcome;
use edge::http::Sent;
use edge::{App, Problem};
use store::StoreError;

use crate::guard::end;
use crate::refresh::RefreshSession;
use crate::refresh_token::RefreshToken;

/// How often a session is read anew because it was renewed meanwhile.
const TRIES: u32 = 4;

/// 退出登录
#[utoipa::path(
    post, path = "/session/end", operation_id = "end_session", tag = "登录", security(()),
    request_body = RefreshSession,
    responses(
        (status = 204, description = "已退出;访问令牌最多再有效 15 分钟"),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "没有这个登录", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙", body = Problem),
    ),
)]
pub async fn end_session(State(app): State<App>, sent: Sent<RefreshSession>) -> Outcome<StatusCode> {
    let token = RefreshToken::read(&sent.value.refresh_token).ok_or(SessionError::Unknown)?;
    let id = token.session().ok_or(SessionError::Unknown)?;
    for _ in 0..TRIES {
        let session = app.store().session(&id).await?.ok_or(SessionError::Unknown)?;
        if session.value.ended.is_some() {
            return Ok(StatusCode::NO_CONTENT);
        }
        match end(&app, &session, Ending::SignedOut).await {
            Err(StoreError::Stale) => {}
            written => {
                written?;
                return Ok(StatusCode::NO_CONTENT);
            }
        }
    }
    Err(StoreError::Stale.into())
}
