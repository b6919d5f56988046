//! A school's receiving account, shown masked. S31.1.

use axum::extract::{Path, State};
use domain::access::{Allows, Granted, may};
use domain::account::{Account, SchoolAccount};
use domain::directory::{AgreedRates, Merchants};
use domain::reconciliation::bill::FeeRate;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::Versioned;
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
    /// The school's numbers at the payment providers.
    pub merchants: MerchantsView,
}

/// A school's numbers at the payment providers; what it has not got, it cannot be paid by.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MerchantsView {
    /// At WeChat Pay (`sub_mchid`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1900000201")]
    pub wechat: Option<String>,
    /// At Alipay (`pid`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2088000000000201")]
    pub alipay: Option<String>,
    /// At China UMS (`mid`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "898201612345678")]
    pub chinaums: Option<String>,
    /// What each provider is to keep of a payment (约定费率); what its bills keep beyond or below it is a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<RatesView>,
}

/// Agreed rates in millionths of a payment; one that is left out is not held against the bills.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatesView {
    /// WeChat Pay's: 6000 is 0.60%.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 6000, maximum = 100_000)]
    pub wechat: Option<u32>,
    /// Alipay's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 6000, maximum = 100_000)]
    pub alipay: Option<u32>,
    /// China UMS's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 3800, maximum = 100_000)]
    pub chinaums: Option<u32>,
}

impl From<RatesView> for AgreedRates {
    fn from(RatesView { wechat, alipay, chinaums }: RatesView) -> Self {
        let [wechat, alipay, chinaums] = [wechat, alipay, chinaums].map(|rate| rate.map(FeeRate::from_millionths));
        Self { wechat, alipay, chinaums }
    }
}

impl From<AgreedRates> for RatesView {
    fn from(AgreedRates { wechat, alipay, chinaums }: AgreedRates) -> Self {
        let [wechat, alipay, chinaums] = [wechat, alipay, chinaums].map(|rate| rate.map(FeeRate::millionths));
        Self { wechat, alipay, chinaums }
    }
}

impl From<MerchantsView> for Merchants {
    fn from(sent: MerchantsView) -> Self {
        let MerchantsView { wechat, alipay, chinaums, rates } = sent;
        Self { wechat, alipay, chinaums, rates: rates.unwrap_or_default().into() }
    }
}

impl From<&Merchants> for MerchantsView {
    fn from(merchants: &Merchants) -> Self {
        let Merchants { wechat, alipay, chinaums, rates } = merchants.clone();
        Self { wechat, alipay, chinaums, rates: (!rates.are_none()).then(|| rates.into()) }
    }
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            holder: account.holder.clone(),
            bank: account.bank.clone(),
            number: account.number.masked_number(),
            merchants: MerchantsView::from(&account.merchants),
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

/// The account of a school that the caller reaches.
pub(crate) async fn reach<P: Allows>(
    app: &App,
    caller: &Caller,
    school: &str,
) -> Result<(Granted<P>, Versioned<SchoolAccount>), Problem> {
    let (granted, school) = reach_school::<P>(app, caller, school).await?;
    let account = app.store().open_account(&school).await?.within(&granted).ok_or(AccessError::NotFound)?;
    Ok((granted, account))
}
