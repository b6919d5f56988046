//! A tenant's next key: what is written from now on is sealed with it. K3.

use axum::extract::{Path, State};
use edge::app::Outcome;
use edge::http::{Answer, IdempotencyKey};
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::list_keys::reach;

/// The key that seals now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Rotated {
    /// The school's code, or `platform`.
    #[schema(example = "2144200601")]
    pub tenant: String,
    /// The number of the key that was made.
    #[schema(example = 3)]
    pub number: u32,
}

/// 轮换数据密钥
///
/// In force here at once, elsewhere within five minutes; what older keys have sealed still opens.
#[utoipa::path(
    post, path = "/keys/{tenant}/rotate", operation_id = "rotate_key", tag = "数据密钥",
    params(
        ("tenant" = String, Path, description = "学校标识码,或 platform"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    responses(
        (status = 201, description = "已生成新密钥", body = Rotated),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "密钥已销毁", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn rotate_key(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    Path(tenant): Path<String>,
) -> Outcome<Answer<Rotated>> {
    let (granted, tenant) = reach(&app, &caller, &tenant).await?;
    let request = caller.request(&key);
    let actor = caller.actor(&granted);
    let number = app.store().rotate_key_for(&tenant, Some(&request), &actor, app.now()).await?;
    tracing::info!(security = true, caller = %caller.id, %tenant, number, "data key rotated");
    Ok(Answer::created(Rotated { tenant: tenant.to_string(), number }))
}
