//! The rules by which money goes back: a school's for a term, or a township's for all of its schools. Orders go by the
//! version that was in force when they were submitted. S34.2.

use axum::extract::{Path, State};
use domain::access::{Granted, Scope, may};
use domain::id::{OrganizationId, SchoolCode, TermCode};
use domain::refund::rules::RefundRules;
use domain::refund::sets::{RuleSet, RulesOwner};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

/// Rules.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RulesView {
    /// Whose: `school`, `township` or, while neither has decided, `standard`.
    #[schema(example = "school")]
    pub decided_by: &'static str,
    /// Their version; 0 for the standard rules.
    pub version: u64,
    /// The rules: clauses of which the first that fits holds, which missed lessons go back, fees, rounding.
    #[schema(value_type = Object)]
    pub rules: RefundRules,
}

impl RulesView {
    fn of(set: Option<Versioned<RuleSet>>) -> Self {
        match set {
            Some(set) => Self {
                decided_by: match set.value.owner {
                    RulesOwner::School(..) => "school",
                    RulesOwner::Township(_) => "township",
                },
                version: set.ver,
                rules: set.value.rules,
            },
            None => Self { decided_by: "standard", version: 0, rules: RefundRules::built_in() },
        }
    }
}

/// 学校本学期退费规则
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/refund-rules", operation_id = "show_school_rules", tag = "退费规则",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    responses(
        (status = 200, description = "现行规则;学校未制定时为镇街或标准规则", body = RulesView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_school_rules(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
) -> Outcome<Answer<RulesView>> {
    let granted = caller.ask::<may::ViewCatalog>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &school)?, parse("term", &term)?);
    // What guardians are bound by, they may read, whatever school their child will go to.
    let known = granted.guardian().is_some() || granted.covers_school(&school);
    let found = app.store().school(&school).await?.filter(|_| known).ok_or(AccessError::NotFound)?;
    let own = app.store().rule_set(&RulesOwner::School(school, term)).await?;
    let version = own.as_ref().map_or(0, |own| own.ver);
    let set = match own {
        Some(own) => Some(own),
        None => app.store().rule_set(&RulesOwner::Township(found.value.township)).await?,
    };
    Ok(Answer::ok(RulesView::of(set)).at_version(version))
}

/// 制定学校本学期退费规则
#[utoipa::path(
    put, path = "/schools/{school}/terms/{term}/refund-rules", operation_id = "edit_school_rules", tag = "退费规则",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("If-Match" = String, Header, description = "读取时的版本;首次制定为 0"),
    ),
    request_body(content = Object, description = "规则"),
    responses(
        (status = 200, description = "已生效,此后提交的订单适用", body = RulesView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "规则不能这样制定", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_school_rules(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path((school, term)): Path<(String, String)>,
    sent: Sent<RefundRules>,
) -> Outcome<Answer<RulesView>> {
    let granted = caller.ask::<may::EditRefundRules>(&app).await?;
    let (school, term): (SchoolCode, TermCode) = (parse("school", &school)?, parse("term", &term)?);
    let known = app.store().term(&school, &term).await?.is_some() && granted.covers_home(Some(&school));
    if !known {
        return Err(AccessError::NotFound.into());
    }
    let owner = RulesOwner::School(school.clone(), term.clone());
    let view = put_in_force(&app, &caller, &granted, version, (owner, sent.value)).await?;
    app.store().forget_catalog(&school, &term);
    Ok(view)
}

/// 镇街默认退费规则
#[utoipa::path(
    get, path = "/townships/{township}/refund-rules", operation_id = "show_township_rules", tag = "退费规则",
    params(("township" = String, Path, description = "镇街编号")),
    responses(
        (status = 200, description = "现行规则;镇街未制定时为标准规则", body = RulesView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_township_rules(
    State(app): State<App>,
    caller: Caller,
    Path(township): Path<String>,
) -> Outcome<Answer<RulesView>> {
    let granted = caller.ask::<may::EditRefundRules>(&app).await?;
    let township = township_of(&granted, &township)?;
    let set = app.store().rule_set(&RulesOwner::Township(township)).await?;
    let version = set.as_ref().map_or(0, |set| set.ver);
    Ok(Answer::ok(RulesView::of(set)).at_version(version))
}

/// 制定镇街默认退费规则
#[utoipa::path(
    put, path = "/townships/{township}/refund-rules", operation_id = "edit_township_rules", tag = "退费规则",
    params(
        ("township" = String, Path, description = "镇街编号"),
        ("If-Match" = String, Header, description = "读取时的版本;首次制定为 0"),
    ),
    request_body(content = Object, description = "规则"),
    responses(
        (status = 200, description = "已生效,此后提交的订单适用", body = RulesView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "规则不能这样制定", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn edit_township_rules(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(township): Path<String>,
    sent: Sent<RefundRules>,
) -> Outcome<Answer<RulesView>> {
    let granted = caller.ask::<may::EditRefundRules>(&app).await?;
    let owner = RulesOwner::Township(township_of(&granted, &township)?);
    put_in_force(&app, &caller, &granted, version, (owner, sent.value)).await
}

/// The township, if the caller decides there.
fn township_of(granted: &Granted<may::EditRefundRules>, text: &str) -> Result<OrganizationId, Problem> {
    let township: OrganizationId = parse("township", text)?;
    let own = matches!(&granted.by().scope, Scope::Township(held) if *held == township);
    if own || granted.everywhere() { Ok(township) } else { Err(AccessError::NotFound.into()) }
}

async fn put_in_force(
    app: &App,
    caller: &Caller,
    granted: &Granted<may::EditRefundRules>,
    version: IfMatch,
    (owner, rules): (RulesOwner, RefundRules),
) -> Outcome<Answer<RulesView>> {
    let rules = rules.checked()?;
    let before = app.store().rule_set(&owner).await?;
    version.check(before.as_ref().map_or(0, |before| before.ver))?;
    let set = RuleSet { owner, rules, by: caller.id.clone() };
    let mut set = Versioned::next(before.as_ref(), set);
    let mut commit = Commit::new(caller.actor(granted), "refund.edit_rules", app.now());
    commit.save_rules(&set)?;
    app.write_edit(commit).await?;
    set.ver = set.ver.saturating_add(1);
    let ver = set.ver;
    Ok(Answer::ok(RulesView::of(Some(set))).at_version(ver))
}
