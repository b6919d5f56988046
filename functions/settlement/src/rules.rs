//! How a school settles: its period, what it wants to see, what is due to providers and teachers. S36.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::settlement::rules::{SchoolRules, SettlementRules};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Query, Sent};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::{IntoParams, ToSchema};

use crate::scope;

/// Which version.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichRules {
    /// A version by which a batch was drawn up; without it the one in force.
    pub version: Option<u64>,
}

/// Settlement rules.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementRulesView {
    /// Their version; 0 for the standard ones.
    pub version: u64,
    /// The rules: months of a period, fields, shares of in-house and external courses, and of single ones.
    #[schema(value_type = Object)]
    pub rules: SettlementRules,
}

/// 学校结算规则
#[utoipa::path(
    get, path = "/schools/{school}/settlement-rules", operation_id = "show_settlement_rules", tag = "结算",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "现行规则;学校未制定时为标准规则", body = SettlementRulesView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_settlement_rules(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
    Query(which): Query<WhichRules>,
) -> Outcome<Answer<SettlementRulesView>> {
    let (_, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let (rules, version) = match which.version {
        Some(version) => {
            let rules = app.store().settlement_rules_at(&school, version).await?;
            (rules.ok_or(AccessError::NotFound)?, version)
        }
        None => scope::rules(&app, &school).await?,
    };
    Ok(Answer::ok(SettlementRulesView { version, rules }).at_version(version))
}

/// 制定学校结算规则
///
/// They hold for batches that are drawn up from now on; those that were keep theirs.
#[utoipa::path(
    put, path = "/schools/{school}/settlement-rules", operation_id = "edit_settlement_rules", tag = "结算",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("If-Match" = String, Header, description = "读取时的版本;首次制定为 0"),
    ),
    request_body(content = Object, description = "规则"),
    responses(
        (status = 200, description = "已生效,此后编制的批次适用", body = SettlementRulesView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "规则不能这样制定", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_settlement_rules(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(school): Path<String>,
    sent: Sent<SettlementRules>,
) -> Outcome<Answer<SettlementRulesView>> {
    let (granted, school) = reach_school::<may::EditSettlementRules>(&app, &caller, &school).await?;
    let rules = sent.value.checked()?;
    let before = app.store().settlement_rules(&school).await?;
    version.check(before.as_ref().map_or(0, |before| before.ver))?;
    let next = SchoolRules { school, rules: rules.clone(), by: caller.id.clone() };
    let next = Versioned::next(before.as_ref(), next);
    let mut commit = Commit::new(caller.actor(&granted), "settlement.edit_rules", app.now());
    commit.save_settlement_rules(&next)?;
    app.write_edit(commit).await?;
    let version = next.ver.saturating_add(1);
    Ok(Answer::ok(SettlementRulesView { version, rules }).at_version(version))
}
