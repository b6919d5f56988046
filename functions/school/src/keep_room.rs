//! Adding a room, or changing one. S4.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::RoomId;
use domain::room::{Room, RoomError};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::list_rooms::RoomView;

/// What a room is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepRoom {
    /// Its name: 1 to 40 characters.
    #[schema(example = "书法室")]
    pub name: String,
    /// Where it is.
    #[serde(default)]
    #[schema(example = "综合楼三楼")]
    pub place: String,
    /// What it is for.
    #[serde(default)]
    #[schema(example = "书法、国画")]
    pub purpose: String,
    /// How many people it takes, 1 to 2000.
    #[schema(example = 45)]
    pub capacity: u16,
    /// Whether it is not used any more.
    #[serde(default)]
    pub retired: bool,
}

impl KeepRoom {
    fn room(self, id: RoomId) -> Result<Room, RoomError> {
        let Self { name, place, purpose, capacity, retired } = self;
        let school = id.school();
        Room { id, school, name, place, purpose, capacity, retired }.checked()
    }
}

/// 保存场室
///
/// With `If-Match: "0"` a room is added, with the version that was read it is changed.
#[utoipa::path(
    put, path = "/rooms/{room_id}", operation_id = "keep_room", tag = "学校",
    params(
        ("room_id" = String, Path, description = "场室编号,如 3144200101.R301"),
        ("If-Match" = String, Header, description = "读取时的版本,新增为 0"),
    ),
    request_body = KeepRoom,
    responses(
        (status = 200, description = "已保存", body = RoomView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "编号已存在", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn keep_room(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(room_id): Path<String>,
    sent: Sent<KeepRoom>,
) -> Outcome<Answer<RoomView>> {
    let granted = caller.ask::<may::EditSchool>(&app).await?;
    let id: RoomId = parse("room_id", &room_id)?;
    if !granted.covers_school(&id.school()) || app.store().school(&id.school()).await?.is_none() {
        return Err(AccessError::NotFound.into());
    }
    let held = app.store().room(&id).await?;
    if held.is_some() && version == IfMatch(0) {
        return Err(RoomError::Exists.into());
    }
    let room = sent.value.room(id)?;
    let room = Versioned::next(held.as_ref(), room);
    version.check(room.ver)?;
    let mut commit = Commit::new(caller.actor(&granted), "school.keep_room", app.now());
    commit.save_room(&room)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(RoomView::from(&room.value)).at_version(room.ver.saturating_add(1)))
}
