//! The rooms of a school. S4.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::{RoomId, SchoolCode};
use domain::room::Room;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Rooms of a page.
const PAGE: i32 = 100;

/// A room.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoomView {
    /// School and code.
    #[schema(example = "2144200601.R301")]
    pub room_id: String,
    /// Its name.
    #[schema(example = "书法室")]
    pub name: String,
    /// Where it is.
    #[schema(example = "综合楼三楼")]
    pub place: String,
    /// What it is for.
    #[schema(example = "书法、国画")]
    pub purpose: String,
    /// How many people it takes.
    #[schema(example = 45)]
    pub capacity: u16,
    /// Whether it is not used any more.
    pub retired: bool,
}

impl From<&Room> for RoomView {
    fn from(room: &Room) -> Self {
        Self {
            room_id: room.id.to_string(),
            name: room.name.clone(),
            place: room.place.clone(),
            purpose: room.purpose.clone(),
            capacity: room.capacity,
            retired: room.retired,
        }
    }
}

/// Where the page before ended.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromRoom {
    /// The cursor of the page before.
    pub cursor: Option<String>,
}

/// Rooms.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Rooms {
    /// By code.
    pub items: Vec<RoomView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 场室列表
#[utoipa::path(
    get, path = "/schools/{school}/rooms", operation_id = "list_rooms", tag = "学校",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "场室", body = Rooms),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_rooms(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(from): Query<FromRoom>,
) -> Outcome<Answer<Rooms>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let school: SchoolCode = parse("school", &school)?;
    if !granted.covers_school(&school) {
        return Err(AccessError::NotFound.into());
    }
    let after: Option<RoomId> = from.cursor.as_deref().map(|cursor| parse("cursor", cursor)).transpose()?;
    let page = app.store().rooms(&school, after.map(|id| format!("ROOM#{id}")).as_deref(), PAGE).await?;
    let items = page.items.iter().map(|found| RoomView::from(&found.value)).collect();
    let cursor = page.next.and_then(|sk| sk.strip_prefix("ROOM#").map(str::to_owned));
    Ok(Answer::ok(Rooms { items, cursor }))
}

/// 查看场室
#[utoipa::path(
    get, path = "/rooms/{room_id}", operation_id = "show_room", tag = "学校",
    params(("room_id" = String, Path, description = "场室编号,如 3144200101.R301")),
    responses(
        (status = 200, description = "场室", body = RoomView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_room(
    State(app): State<App>,
    caller: Caller,
    Path(room_id): Path<String>,
) -> Outcome<Answer<RoomView>> {
    let granted = caller.ask::<may::ViewSchools>(&app).await?;
    let id: RoomId = parse("room_id", &room_id)?;
    let room = app.store().room(&id).await?.filter(|room| granted.covers_school(&room.value.school));
    let room = room.ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(RoomView::from(&room.value)).at_version(room.ver))
}
