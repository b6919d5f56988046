//! Beginning a sign-in by the province's unified identity: where the browser goes, and what it keeps. B1.2.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::sign_in::{PENDING_MINUTES, Pending};
use domain::snapshot::hash;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Problem};
use serde::Serialize;
use store::Versioned;
use utoipa::ToSchema;

use crate::guard::{Source, Visit, commit, count};
use crate::tell;

/// A sign-in that has begun.
#[derive(Serialize, ToSchema)]
pub struct SignInBegun {
    /// Where the browser goes now.
    #[schema(example = "https://tyrz.gd.gov.cn/pscp/sso/connect/page/oauth2/authorize?client_id=…&state=…")]
    pub authorize_url: String,
    /// Kept by this browser, in its session storage, and sent when it comes back: nobody else can finish this sign-in.
    pub binding: String,
    /// How long it may take.
    #[schema(example = 600)]
    pub expires_in_seconds: i64,
}

/// 开始统一身份认证登录
#[utoipa::path(
    post, path = "/sign-in/province", operation_id = "begin_province_sign_in", tag = "登录", security(()),
    responses(
        (status = 201, description = "请跳转到统一身份认证平台", body = SignInBegun),
        (status = 429, description = "操作过于频繁", body = Problem),
        (status = 503, description = "系统繁忙", body = Problem),
    ),
)]
pub async fn begin_province_sign_in(State(app): State<App>, source: Source) -> Outcome<Answer<SignInBegun>> {
    tell::outcome(&app, "begin_province_sign_in", None, begin(&app, &source).await).await
}

async fn begin(app: &App, source: &Source) -> Outcome<Answer<SignInBegun>> {
    count(app, Visit::Province, source).await?;
    let [state, binding] = [(); 2].map(|()| URL_SAFE_NO_PAD.encode(app.random_bytes::<16>()));
    let pending = Pending::begin(hash(binding.as_bytes()), app.now());
    let mut commit = commit(app);
    commit.save_pending(&hash(state.as_bytes()), &Versioned::absent(pending))?;
    app.store().commit(commit).await?;
    let authorize_url = app.identity_provider().await?.authorize_url(&state);
    Ok(Answer::created(SignInBegun { authorize_url, binding, expires_in_seconds: PENDING_MINUTES.saturating_mul(60) }))
}
