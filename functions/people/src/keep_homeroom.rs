//! Adding a homeroom, or renaming one. S3.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::directory::Grade;
use domain::homeroom::{HomeroomError, HomeroomFacts, Wanted, keep};
use domain::id::HomeroomId;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::view::HomeroomView;

/// What a homeroom is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepHomeroom {
    /// Its name: 1 to 60 characters.
    #[schema(example = "三年级(2)班")]
    pub name: String,
    /// The school year in which it is in the grade.
    #[schema(example = "2026-2027")]
    pub school_year: String,
    /// The grade, which follows from the year of entry.
    #[schema(example = 3)]
    pub grade: Grade,
}

/// 保存行政班
///
/// With `If-Match: "0"` a homeroom is added, with the version that was read it is renamed.
#[utoipa::path(
    put, path = "/homerooms/{homeroom_id}", operation_id = "keep_homeroom", tag = "行政班与学生",
    params(
        ("homeroom_id" = String, Path, description = "行政班编号:学校标识码.入学年份.两位班号"),
        ("If-Match" = String, Header, description = "读取时的版本,新增为 0"),
    ),
    request_body = KeepHomeroom,
    responses(
        (status = 200, description = "已保存", body = HomeroomView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "编号或名称已存在,或年级不能直接修改", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn keep_homeroom(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(homeroom_id): Path<String>,
    sent: Sent<KeepHomeroom>,
) -> Outcome<Answer<HomeroomView>> {
    let granted = caller.ask::<may::EditSchool>(&app).await?;
    let id: HomeroomId = parse("homeroom_id", &homeroom_id)?;
    let code = id.school();
    if !granted.covers_school(&code) {
        return Err(AccessError::NotFound.into());
    }
    let (school, held, homerooms) =
        futures::try_join!(app.store().school(&code), app.store().homeroom(&id), app.store().homerooms(&code))?;
    let school = school.ok_or(AccessError::NotFound)?.value;
    if held.is_some() && version == IfMatch(0) {
        return Err(HomeroomError::Exists.into());
    }
    let KeepHomeroom { name, school_year, grade } = sent.value;
    let school_year = school_year.parse().map_err(|_unreadable| HomeroomError::SchoolYearClosed)?;
    let facts = HomeroomFacts { school: &school, held: held.as_ref().map(|held| &held.value), homerooms: &homerooms };
    let kept = keep(facts, &id, Wanted { name, school_year, grade }, app.now().day())?;
    let homeroom = match held {
        Some(held) => held.with(kept),
        None => Versioned::absent(kept),
    };
    version.check(homeroom.ver)?;
    let mut commit = Commit::new(caller.actor(&granted), "people.keep_homeroom", app.now());
    commit.save_homeroom(&homeroom)?;
    app.write_edit(commit).await?;
    Ok(Answer::ok(HomeroomView::from(&homeroom.value)).at_version(homeroom.ver.saturating_add(1)))
}
