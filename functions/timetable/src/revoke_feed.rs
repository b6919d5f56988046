//! Revoking the address by which a calendar follows a timetable: from then on it leads nowhere. P8.1 T3.1.

use axum::extract::{Path, State};
use domain::access::may;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use store::Commit;

use crate::list_feeds::CalendarFeeds;
use crate::view::FeedView;

/// 取消日历订阅
#[utoipa::path(
    delete, path = "/me/calendar-feeds/{feed_id}", operation_id = "revoke_calendar_feed", tag = "课表",
    params(("feed_id" = String, Path, description = "订阅编号")),
    responses(
        (status = 200, description = "已取消,其余订阅", body = CalendarFeeds),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn revoke_calendar_feed(
    State(app): State<App>,
    caller: Caller,
    Path(feed_id): Path<String>,
) -> Outcome<Answer<CalendarFeeds>> {
    let granted = caller.ask::<may::ViewTeaching>(&app).await?;
    let mut feeds = app.store().feeds(&caller.id).await?;
    if !feeds.value.revoke(&feed_id) {
        return Err(AccessError::NotFound.into());
    }
    let mut commit = Commit::new(caller.actor(&granted), "calendar-feed.revoke", app.now());
    commit.save_feeds(&feeds)?;
    app.store().commit(commit).await?;
    Ok(Answer::ok(CalendarFeeds { items: feeds.value.feeds.iter().map(FeedView::from).collect() }))
}
