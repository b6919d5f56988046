//! A school's receiving account is changed by two persons: one proposes, another one decides. S31.1.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::may;
use domain::account::{Account, Proposal};
use domain::user::Reason;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::account::{MerchantsView, SchoolAccountView, reach};

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
    #[serde(deserialize_with = "domain::pii::plain")]
    pub number: Pii<String>,
    /// The school's numbers at the payment providers; those left out are given up.
    #[serde(default)]
    pub merchants: MerchantsView,
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
    let ProposeAccount { holder, bank, number, merchants, reason } = sent.value;
    let wanted = Account { holder, bank, number, merchants: merchants.into() }.checked()?;
    let reason = Reason::read(reason)?.text();
    account.value.propose(Proposal { account: wanted, reason, by: caller.id.clone(), at: app.now() })?;
    let mut commit = Commit::new(caller.actor(&granted), "school.propose_account", app.now());
    commit.save_account(&account)?;
    app.write_edit(commit).await?;
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
        school.value.merchants.clone_from(&holding.merchants);
        commit.save_school(&school)?;
    }
    app.write_edit(commit).await?;
    Ok(Answer::ok(SchoolAccountView::from(&account.value)).at_version(account.ver.saturating_add(1)))
}
