//! A guardian chooses what to be told of at WeChat. P9.1 K3.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::subscription::{Subscription, SubscriptionError, Topic};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use gateway::message::MessageError;
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::list_subscriptions::Subscriptions;

/// What is chosen.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The code of the sign-in at the mini program: it tells who the guardian is there, once.
    #[schema(example = "0a3Xyz1w3q8ZbT2f5c4w3AbCdE4Xyz1w")]
    pub code: String,
    /// For each topic, `attendance` or `leave`, whether the guardian wants to be told; others stay as they are.
    #[schema(value_type = BTreeMap<String, bool>)]
    pub topics: BTreeMap<Topic, bool>,
}

/// 订阅或取消消息提醒
///
/// After the guardian has answered WeChat's question in the mini program. What WeChat takes no more of is chosen anew
/// here.
#[utoipa::path(
    put, path = "/me/subscriptions", operation_id = "subscribe", tag = "消息订阅",
    request_body = Subscribe,
    responses(
        (status = 200, description = "已保存", body = Subscriptions),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "尚未开通,或登录凭证无效", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn subscribe(
    State(app): State<App>,
    caller: Caller,
    sent: Sent<Subscribe>,
) -> Outcome<Answer<Subscriptions>> {
    let Subscribe { code, topics } = sent.value;
    let desk = Desk::of(&app, &caller).await?;
    if topics.is_empty() {
        return Err(SubscriptionError::NothingChosen.into());
    }
    let messages = app.messages().await?.ok_or(SubscriptionError::NotOpened)?;
    let open_id = match messages.open_id(&code).await {
        Err(MessageError::CodeRefused) => return Err(SubscriptionError::CodeRefused.into()),
        found => found?,
    };
    let found = app.store().open_subscription(&caller.id).await?.and_then(|found| found.within(&desk.granted));
    let before = found.as_ref().map(|found| &found.value);
    let next = Subscription::choose(before, (&caller.id, open_id), &topics, app.now())?;
    let view = Subscriptions::of(Some(messages), next.as_ref().or(before));
    if let Some(next) = next {
        let mut commit = Commit::new(caller.actor(&desk.granted), "privacy.subscribe", app.now());
        commit.save_subscription(&Versioned::next(found.as_ref(), next))?;
        app.write_edit(commit).await?;
    }
    Ok(Answer::ok(view))
}
