//! How a school takes attendance: when a teacher may check in and where, what somebody has to approve, until when
//! something can be corrected. S21 S23 S25 T1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::teaching::rules::{SchoolRules, TeachingRules};
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::scope::reach_all_of;

/// Rules.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeachingRulesView {
    /// Whether the school has decided; otherwise the built-in rules hold.
    pub decided: bool,
    /// The rules.
    #[schema(value_type = Object)]
    pub rules: TeachingRules,
}

/// 学校考勤规则
#[utoipa::path(
    get, path = "/schools/{school}/teaching-rules", operation_id = "show_teaching_rules", tag = "考勤规则",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "现行规则;学校未制定时为内置规则", body = TeachingRulesView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_teaching_rules(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
) -> Outcome<Answer<TeachingRulesView>> {
    // Whoever checks in has to know when and where.
    let (_, school) = reach_school::<may::ViewTeaching>(&app, &caller, &school).await?;
    let found = app.store().school_teaching_rules(&school).await?;
    let ver = found.as_ref().map_or(0, |found| found.ver);
    let decided = found.is_some();
    let rules = found.map_or_else(TeachingRules::built_in, |found| found.value.rules);
    Ok(Answer::ok(TeachingRulesView { decided, rules }).at_version(ver))
}

/// 制定学校考勤规则
#[utoipa::path(
    put, path = "/schools/{school}/teaching-rules", operation_id = "edit_teaching_rules", tag = "考勤规则",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("If-Match" = String, Header, description = "读取时的版本;首次制定为 0"),
    ),
    request_body(content = Object, description = "规则"),
    responses(
        (status = 200, description = "已生效", body = TeachingRulesView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "规则不能这样制定", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_teaching_rules(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(school): Path<String>,
    sent: Sent<TeachingRules>,
) -> Outcome<Answer<TeachingRulesView>> {
    let (granted, school) = reach_all_of::<may::EditTeachingRules>(&app, &caller, &school).await?;
    let rules = sent.value.checked()?;
    let before = app.store().school_teaching_rules(&school).await?;
    version.check(before.as_ref().map_or(0, |before| before.ver))?;
    let next = Versioned::next(before.as_ref(), SchoolRules { school: school.clone(), rules });
    let mut commit = Commit::new(caller.actor(&granted), "attendance.edit_rules", app.now());
    commit.save_teaching_rules(&next)?;
    app.write_edit(commit).await?;
    app.store().forget_teaching_rules(&school);
    let view = TeachingRulesView { decided: true, rules: next.value.rules };
    Ok(Answer::ok(view).at_version(next.ver.saturating_add(1)))
}
