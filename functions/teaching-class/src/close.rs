//! A class is over: what it has still to give is told first. S20.1.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::catalog::Term;
use domain::teaching::class::TeachingClass;
use domain::teaching::closing::{ClosingFacts, Missing, close, missing};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::scope::{self, Decided};
use crate::view::ClassDetail;

/// What a class has still to give.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClosingView {
    /// The class.
    #[schema(example = "3144200101.2026-2027-1.K012.01")]
    pub class_id: String,
    /// Its title.
    #[schema(example = "书法入门1班")]
    pub title: String,
    /// Whether it is over already.
    pub closed: bool,
    /// What is missing; nothing: it can be closed.
    pub missing: Vec<MissingView>,
}

/// Something that is missing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MissingView {
    /// `lessons_owed`, `lessons_ahead`, `rolls_missing` or `term_running`.
    #[schema(example = "lessons_owed")]
    pub what: String,
    /// In words.
    #[schema(example = "已上 15 课时,不足 16 课时")]
    pub words: String,
}

/// Why a class is closed although something is missing.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseClass {
    /// 2 to 100 characters; its lessons ahead are not given then.
    #[schema(example = "场馆停用,提前结课")]
    pub reason: Option<String>,
}

impl ClosingView {
    pub(crate) fn of(class: &TeachingClass, missing: &[Missing]) -> Self {
        let view = |one: &Missing| MissingView { what: <&str>::from(one).to_owned(), words: one.chinese() };
        Self {
            class_id: class.id.to_string(),
            title: class.title.clone(),
            closed: class.closed.is_some(),
            missing: missing.iter().map(view).collect(),
        }
    }
}

/// 结课检查
#[utoipa::path(
    get, path = "/classes/{class_id}/closing", operation_id = "show_closing", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号")),
    responses(
        (status = 200, description = "结课条件中尚缺的内容", body = ClosingView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_closing(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
) -> Outcome<Answer<ClosingView>> {
    let (_, class) = scope::class::<may::ViewTeaching>(&app, &caller, &class_id).await?;
    let (term, _) = scope::term(&app, &class.value.school, &class.value.id.term()).await?;
    let taught = scope::called(&app, &class.value).await?;
    let facts = ClosingFacts { called: &taught, periods: &term.periods, ends_on: term.ends_on, now: app.now() };
    let missing = if class.value.closed.is_some() { Vec::new() } else { missing(&class.value, facts) };
    Ok(Answer::ok(ClosingView::of(&class.value, &missing)))
}

/// 教学班结课
#[utoipa::path(
    post, path = "/classes/{class_id}/close", operation_id = "close_class", tag = "教学班",
    params(("class_id" = String, Path, description = "教学班编号")),
    request_body = CloseClass,
    responses(
        (status = 200, description = "已结课", body = ClassDetail),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不符合结课条件,或已结课", body = Problem),
        (status = 412, description = "内容已被修改,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn close_class(
    State(app): State<App>,
    caller: Caller,
    Path(class_id): Path<String>,
    sent: Sent<CloseClass>,
) -> Outcome<Answer<ClassDetail>> {
    let (granted, before) = scope::class::<may::EditTeaching>(&app, &caller, &class_id).await?;
    let (term, _) = scope::term(&app, &before.value.school, &before.value.id.term()).await?;
    let reason = sent.value.reason.as_deref();
    let class = close_now(&app, (&caller, &granted), &before.value, (&term, reason)).await?;
    Ok(Answer::ok(ClassDetail::of(&app, &caller, &class.value).await?).at_version(class.ver))
}

/// Closes a class as it is now.
pub(crate) async fn close_now(
    app: &App,
    (caller, granted): (&Caller, &Granted<may::EditTeaching>),
    before: &TeachingClass,
    (term, reason): (&Term, Option<&str>),
) -> Outcome<Versioned<TeachingClass>> {
    let decide = || async {
        let found = app.store().class(&before.id).await?.and_then(|found| found.within(granted));
        let mut class = found.ok_or(AccessError::NotFound)?;
        let taught = scope::called(app, &class.value).await?;
        let facts = ClosingFacts { called: &taught, periods: &term.periods, ends_on: term.ends_on, now: app.now() };
        close(&mut class.value, facts, reason, &caller.id)?;
        let mut commit = Commit::new(caller.actor(granted), "teaching.close_class", app.now());
        commit.save_class(&class)?;
        class.ver = class.ver.saturating_add(1);
        Ok(Decided::Change(commit, class))
    };
    scope::settled(app, (&before.school, &before.id.term()), decide).await
}
