//! A school's receiving account: shown masked, changed by two persons. S31.1.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::{Allows, Granted, may};
use domain::account::{Account, Proposal, SchoolAccount};
use domain::id::SchoolCode;
use domain::user::Reason;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

/// An account, its number masked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccountView {
    /// Whose name it is in.
    #[schema(example = "五桂山第一示例小学")]
    pub holder: String,
    /// The bank and its branch.
    #[schema(example = "中国工商银行中山分行")]
    pub bank: String,
    /// Its number, masked.
    #[schema(example = "622*********7890")]
    pub number: String,
    /// The school's merchant number at WeChat Pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1900000201")]
    pub wechat_merchant: Option<String>,
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            holder: account.holder.clone(),
            bank: account.bank.clone(),
            number: account.number.masked_number(),
            wechat_merchant: account.wechat_merchant.clone(),
        }
    }
}

/// A school's receiving account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SchoolAccountView {
    /// The school.
    #[schema(example = "2144200601")]
    pub school: String,
    /// What holds.
    pub account: Option<AccountView>,
    /// What is proposed instead, waiting for a second person.
    pub proposed: Option<AccountView>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who proposed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<String>,
}

impl From<&SchoolAccount> for SchoolAccountView {
    fn from(account: &SchoolAccount) -> Self {
        let proposed = account.proposed.as_ref();
        Self {
            school: account.school.to_string(),
            account: account.account.as_ref().map(AccountView::from),
            proposed: proposed.map(|proposal| AccountView::from(&proposal.account)),
            reason: proposed.map(|proposal| proposal.reason.clone()),
            proposed_by: proposed.map(|proposal| proposal.by.to_string()),
        }
    }
}

/// 查看收款账户
#[utoipa::path(
    get, path = "/schools/{school}/account", operation_id = "show_account", tag = "收款账户",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "收款账户与待审批的变更", body = SchoolAccountView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_account(
    State(app): State<App>,
    caller: Caller,
    Path(school): Path<String>,
) -> Outcome<Answer<SchoolAccountView>> {
    let (_, account) = reach::<may::ViewAccounts>(&app, &caller, &school).await?;
    Ok(Answer::ok(SchoolAccountView::from(&account.value)).at_version(account.ver))
}

/// Another account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeAccount {
    /// Whose name it is in.
    #[schema(example = "五桂山第一示例小学")]
    pub holder: String,
    /// The bank and its branch.
    #[schema(example = "中国工商银行中山分行")]
    pub bank: String,
    /// Its number: 8 to 30 digits.
    #[schema(value_type = String, example = "6222021234567890")]
    pub number: Pii<String>,
    /// The school's merchant number at WeChat Pay.
    #[schema(example = "1900000201")]
    pub wechat_merchant: Option<String>,
    /// Why: 1 to 200 characters.
    #[schema(example = "更换开户行")]
    pub reason: String,
}

/// 提交收款账户变更
///
/// Holds once another person has approved it.
#[utoipa::path(
    put, path = "/schools/{school}/account/proposal", operation_id = "propose_account", tag = "收款账户",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("If-Match" = String, Header, description = "读取时的版本,首次为 0"),
    ),
    request_body = ProposeAccount,
    responses(
        (status = 200, description = "待审批", body = SchoolAccountView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已有待审批的变更,或与现有相同", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn propose_account(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(school): Path<String>,
    sent: Sent<ProposeAccount>,
) -> Outcome<Answer<SchoolAccountView>> {
    let (granted, mut account) = reach::<may::EditAccounts>(&app, &caller, &school).await?;
    version.check(account.ver)?;
    let ProposeAccount { holder, bank, number, wechat_merchant, reason } = sent.value;
    let wanted = Account { holder, bank, number, wechat_merchant }.checked()?;
    let reason = Reason::read(reason)?.text();
    account.value.propose(Proposal { account: wanted, reason, by: caller.id.clone(), at: app.now() })?;
    let mut commit = Commit::new(caller.actor(&granted), "school.propose_account", app.now());
    commit.save_account(&account)?;
    write(&app, commit).await?;
    Ok(Answer::ok(SchoolAccountView::from(&account.value)).at_version(account.ver.saturating_add(1)))
}

/// 批准收款账户变更
#[utoipa::path(
    post, path = "/schools/{school}/account/approve", operation_id = "approve_account", tag = "收款账户",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已生效", body = SchoolAccountView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有待审批的变更,或须由他人审批", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn approve_account(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(school): Path<String>,
) -> Outcome<Answer<SchoolAccountView>> {
    decide(&app, &caller, version, &school, true).await
}

/// 驳回收款账户变更
#[utoipa::path(
    post, path = "/schools/{school}/account/reject", operation_id = "reject_account", tag = "收款账户",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已驳回", body = SchoolAccountView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有待审批的变更", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn reject_account(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(school): Path<String>,
) -> Outcome<Answer<SchoolAccountView>> {
    decide(&app, &caller, version, &school, false).await
}

async fn decide(
    app: &App,
    caller: &Caller,
    version: IfMatch,
    school: &str,
    approved: bool,
) -> Outcome<Answer<SchoolAccountView>> {
    let (granted, mut account) = reach::<may::ApproveAccounts>(app, caller, school).await?;
    version.check(account.ver)?;
    account.value.decide(&caller.id, approved)?;
    let action = if approved { "school.approve_account" } else { "school.reject_account" };
    let mut commit = Commit::new(caller.actor(&granted), action, app.now());
    commit.save_account(&account)?;
    if let (Some(holding), true) = (&account.value.account, approved) {
        // What payments are begun with stands at the school.
        let mut school = app.store().school(&account.value.school).await?.ok_or(AccessError::NotFound)?;
        school.value.wechat_merchant.clone_from(&holding.wechat_merchant);
        commit.save_school(&school)?;
    }
    write(app, commit).await?;
    Ok(Answer::ok(SchoolAccountView::from(&account.value)).at_version(account.ver.saturating_add(1)))
}

async fn write(app: &App, commit: Commit) -> Result<(), Problem> {
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => Err(RequestError::IfMatchOutdated.into()),
        done => Ok(done?),
    }
}

/// The account of a school that the caller reaches.
async fn reach<P: Allows>(
    app: &App,
    caller: &Caller,
    school: &str,
) -> Result<(Granted<P>, Versioned<SchoolAccount>), Problem> {
    let granted = caller.ask::<P>(app).await?;
    let school: SchoolCode = parse("school", school)?;
    if !granted.covers_school(&school) || app.store().school(&school).await?.is_none() {
        return Err(AccessError::NotFound.into());
    }
    let account = app.store().open_account(&school).await?.within(&granted).ok_or(AccessError::NotFound)?;
    Ok((granted, account))
}
