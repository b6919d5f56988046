//! What the guardian may be told of at WeChat, and what was chosen of it. P9.1 K3.

use axum::extract::State;
use domain::subscription::{Subscription, Topic};
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use gateway::message::Messages;
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::Desk;

/// Something the guardian may be told of.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TopicView {
    /// `attendance` or `leave`.
    #[schema(example = "attendance")]
    pub topic: String,
    /// The template by which the mini program asks the guardian.
    #[schema(example = "TPL-ATTENDANCE-FICTIVE")]
    pub template_id: String,
    /// `accepted`, `declined`, or `ended` when WeChat takes no more; none: never chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "accepted")]
    pub standing: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub since: Option<String>,
}

/// What the guardian may be told of; nothing where the platform has no mini program.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subscriptions {
    /// By topic.
    pub items: Vec<TopicView>,
}

impl Subscriptions {
    /// What can be chosen, with what was chosen.
    pub(crate) fn of(messages: Option<&Messages>, chosen: Option<&Subscription>) -> Self {
        let view = |(topic, template): (Topic, &str)| {
            let choice = chosen.and_then(|chosen| chosen.topics.get(&topic));
            TopicView {
                topic: topic.to_string(),
                template_id: template.to_owned(),
                standing: choice.map(|choice| choice.standing.to_string()),
                since: choice.map(|choice| choice.at.to_string()),
            }
        };
        Self { items: messages.into_iter().flat_map(Messages::templates).map(view).collect() }
    }
}

/// 我的消息订阅
#[utoipa::path(
    get, path = "/me/subscriptions", operation_id = "list_subscriptions", tag = "消息订阅",
    responses(
        (status = 200, description = "可订阅的提醒与订阅情况", body = Subscriptions),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn list_subscriptions(State(app): State<App>, caller: Caller) -> Outcome<Answer<Subscriptions>> {
    let desk = Desk::of(&app, &caller).await?;
    let found = app.store().open_subscription(&caller.id).await?.and_then(|found| found.within(&desk.granted));
    let chosen = found.as_ref().map(|found| &found.value);
    Ok(Answer::ok(Subscriptions::of(app.messages().await?, chosen)))
}
