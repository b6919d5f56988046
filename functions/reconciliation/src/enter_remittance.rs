//! What arrived at a school's bank of a provider's day, as its statement says, held against the bill at once. S35.1.

use axum::extract::{Path, State};
use domain::Money;
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::payment::Channel;
use domain::reconciliation::difference::Difference;
use domain::reconciliation::remittance::Remittance;
use edge::app::Outcome;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::ToSchema;

/// What arrived.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterRemittance {
    /// In fen, as the bank's statement has it; below nothing when more went back than came in.
    #[schema(example = 1_152_800, minimum = -1_000_000_000, maximum = 1_000_000_000)]
    pub amount_fen: i64,
}

/// A school's day at a provider, in fen.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RemittanceView {
    /// The provider.
    #[schema(example = "wechat")]
    pub channel: String,
    /// The day of the bill.
    #[schema(example = "2026-09-01")]
    pub day: String,
    /// What the bill leaves to be paid out (应结); none: it was not read yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payable_fen: Option<i64>,
    /// What arrived (到账); none: nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived_fen: Option<i64>,
    /// Who entered it; none: the provider's own figures say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "A000000003")]
    pub entered_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered_at: Option<String>,
    /// Whether both are known and agree.
    pub agrees: bool,
}

impl From<&Remittance> for RemittanceView {
    fn from(remittance: &Remittance) -> Self {
        let arrived = remittance.arrived.as_ref();
        Self {
            channel: remittance.channel.to_string(),
            day: remittance.day.to_string(),
            payable_fen: remittance.billed.map(|billed| billed.payable().fen()),
            arrived_fen: arrived.map(|arrived| arrived.amount.fen()),
            entered_by: arrived.and_then(|arrived| arrived.by.as_ref()).map(ToString::to_string),
            entered_at: arrived.map(|arrived| arrived.at.to_string()),
            agrees: remittance.agrees(),
        }
    }
}

/// 查看到账核对
#[utoipa::path(
    get, path = "/schools/{school}/statements/{day}/remittances/{channel}", operation_id = "show_remittance", tag = "对账",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("day" = String, Path, description = "账单日期,如 2026-09-01"),
        ("channel" = String, Path, description = "支付通道:wechat、alipay 或 chinaums"),
    ),
    responses(
        (status = 200, description = "应结与到账", body = RemittanceView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_remittance(
    State(app): State<App>,
    caller: Caller,
    Path((school, day, channel)): Path<(String, String, String)>,
) -> Outcome<Answer<RemittanceView>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let place = (school, parse("channel", &channel)?, parse("day", &day)?);
    let found = app.store().remittance(&place.0, place.1, place.2).await?.and_then(|found| found.within(&granted));
    let remittance = found.unwrap_or_else(|| unknown(place));
    Ok(Answer::ok(RemittanceView::from(&remittance.value)).at_version(remittance.ver))
}

/// 登记到账金额
///
/// What the school's bank statement says of a provider's day. It is held against the bill at once, or once that is read.
#[utoipa::path(
    put, path = "/schools/{school}/statements/{day}/remittances/{channel}", operation_id = "enter_remittance", tag = "对账",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("day" = String, Path, description = "账单日期,如 2026-09-01"),
        ("channel" = String, Path, description = "支付通道:wechat、alipay 或 chinaums"),
        ("If-Match" = String, Header, description = "读取时的版本,首次为 0"),
    ),
    request_body = EnterRemittance,
    responses(
        (status = 200, description = "已登记,与账单不符时已生成差异", body = RemittanceView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn enter_remittance(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path((school, day, channel)): Path<(String, String, String)>,
    sent: Sent<EnterRemittance>,
) -> Outcome<Answer<RemittanceView>> {
    let (granted, school) = reach_school::<may::SettleDifferences>(&app, &caller, &school).await?;
    let place = (school, parse("channel", &channel)?, parse("day", &day)?);
    let found = app.store().remittance(&place.0, place.1, place.2).await?.and_then(|found| found.within(&granted));
    let mut remittance = found.unwrap_or_else(|| unknown(place));
    version.check(remittance.ver)?;
    remittance.value.enter(Money::from_fen(sent.value.amount_fen), &caller.id, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "remittance.enter", app.now());
    commit.save_remittance(&remittance)?;
    if let Some(changed) = changed(&app, &granted, &remittance.value).await? {
        commit.save_difference(&changed)?;
    }
    app.write_edit(commit).await?;
    Ok(Answer::ok(RemittanceView::from(&remittance.value)).at_version(remittance.ver.saturating_add(1)))
}

fn unknown((school, channel, day): (SchoolCode, Channel, Date)) -> Versioned<Remittance> {
    Versioned::absent(Remittance::new(school, channel, day))
}

/// The difference between bill and bank, if it is found, changes or ends.
async fn changed(
    app: &App,
    granted: &Granted<may::SettleDifferences>,
    remittance: &Remittance,
) -> Outcome<Option<Versioned<Difference>>> {
    let known = app.store().difference(&remittance.difference_id()).await?.and_then(|found| found.within(granted));
    let next = remittance.difference(known.as_ref().map(|known| &known.value), app.now());
    Ok(next.map(|next| Versioned::next(known.as_ref(), next)))
}
