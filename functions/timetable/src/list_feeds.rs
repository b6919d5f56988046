//! The addresses by which calendars follow the caller's timetables. P8.1 T3.1.

use axum::extract::State;
use domain::access::may;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::view::FeedView;

/// Feeds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CalendarFeeds {
    /// The oldest first, without their addresses.
    pub items: Vec<FeedView>,
}

/// 日历订阅列表
#[utoipa::path(
    get, path = "/me/calendar-feeds", operation_id = "list_calendar_feeds", tag = "课表",
    responses(
        (status = 200, description = "本人的订阅", body = CalendarFeeds),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_calendar_feeds(State(app): State<App>, caller: Caller) -> Outcome<Answer<CalendarFeeds>> {
    caller.ask::<may::ViewTeaching>(&app).await?;
    let feeds = app.store().feeds(&caller.id).await?.value;
    Ok(Answer::ok(CalendarFeeds { items: feeds.feeds.iter().map(FeedView::from).collect() }))
}
