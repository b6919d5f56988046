//! A class that was closed too early goes on. S20.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::clash::Occupied;
use domain::teaching::class::TeachingClass;
use domain::teaching::closing::{ClosingFacts, reopen};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// Why a class goes on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenClass {
    /// 2 to 100 characters.
    #[schema(example = "误操作结课")]
    pub reason: String,
}

/// 恢复已结课的教学班
///
/// The lessons ahead that it was closed before are given after all, if nobody is needed twice by now.
#[utoipa::path(
    post, path = "/classes/{class_id}/reopen", operation_id = "reopen_class", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号")),
    request_body = ReopenClass,
    responses(
        (status = 200, description = "已恢复", body = ClassDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "尚未结课,或时间已被占用", body = Problem),
        (status = 412, description = "课表正被频繁修改,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn reopen_class(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
    sent: Sent<ReopenClass>,
) -> Outcome<Answer<ClassDetail>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let (school, code) = (before.value.school.clone(), before.value.id.term());
    let (term, _) = scope::term(&app, &school, &code).await?;
    let decide = || async {
        let arranged = app.store().arranged(&school, &code).await?;
        let mut class = scope::among(&arranged, &granted, &before.value)?;
        let taught = scope::called(&app, &class.value).await?;
        let now = app.now();
        let facts = ClosingFacts { called: &taught, periods: &term.periods, ends_on: term.ends_on, now };
        reopen(&mut class.value, facts, &sent.value.reason, &caller.id)?;
        Occupied::by(arranged.others(&before.value.id), now.day()).admits(&class.value, now.day())?;
        let mut commit = Commit::new(caller.actor(&granted), "teaching.reopen_class", now);
        commit.save_class(&class)?;
        commit.save_timetable(&arranged.timetable)?;
        class.ver = class.ver.saturating_add(1);
        Ok(Decided::Change(commit, class))
    };
    let class: Versioned<TeachingClass> = scope::settled(&app, (&school, &code), decide).await?;
    Ok(Answer::ok(ClassDetail::of(&app, &caller, &class.value).await?).at_version(class.ver))
}
