//! Taking out a day's facts, differences or parts as a file; noted in the audit. S35.1 S35.2.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::id::SchoolCode;
use domain::import::Cell;
use domain::reconciliation::statement::Dimension;
use edge::app::Outcome;
use edge::export::{ExportError, ExportFormat, ExportedFile, ROWS};
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use sheet::Sheet;
use store::key;
use utoipa::IntoParams;

use crate::facts::Facts;
use crate::list_differences::{Filter, WhichDifferences, page};
use crate::show_statement::statement_of;
use crate::view::FactView;

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
enum MoneyList {
    Statement,
    Facts,
    Differences,
    Method,
    Course,
    Grade,
    Homeroom,
    Item,
}

/// How it is taken out.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExport {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
}

/// 导出资金与对账数据
#[utoipa::path(
    get, path = "/schools/{school}/statements/{day}/exports/{list}", operation_id = "export_money", tag = "对账",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("day" = String, Path, description = "日期,如 2026-09-01"),
        ("list" = String, Path, description = "statement 资金日报、facts 资金明细、differences 差异,或 method、course、grade、homeroom、item"),
    ),
    responses(
        (status = 200, description = "文件", body = ExportedFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "内容过大", body = Problem),
    ),
)]
pub async fn export_money(
    State(app): State<App>,
    caller: Caller,
    Path((school, day, list)): Path<(String, String, String)>,
    Query(how): Query<HowToExport>,
) -> Outcome<Answer<ExportedFile>> {
    let (granted, school) = reach_school::<may::ViewMoney>(&app, &caller, &school).await?;
    let (day, list): (Date, MoneyList) = (parse("day", &day)?, parse("list", &list)?);
    let sheet = match list {
        MoneyList::Statement => statement(&app, &granted, &school, day).await?,
        MoneyList::Facts => facts(&app, &school, day).await?,
        MoneyList::Differences => differences(&app, &granted, &school, day).await?,
        MoneyList::Method => parts(&app, &granted, (&school, day), (Dimension::Method, "支付方式")).await?,
        MoneyList::Course => parts(&app, &granted, (&school, day), (Dimension::Course, "课程")).await?,
        MoneyList::Grade => parts(&app, &granted, (&school, day), (Dimension::Grade, "年级")).await?,
        MoneyList::Homeroom => parts(&app, &granted, (&school, day), (Dimension::Homeroom, "行政班")).await?,
        MoneyList::Item => parts(&app, &granted, (&school, day), (Dimension::Item, "缴费项")).await?,
    };
    let thing = key::thing(&key::statement(&school, day));
    let of = (school.as_str(), thing.as_str());
    Ok(Answer::ok(ExportedFile::write(&app, caller.actor(&granted), of, &sheet, how.format).await?))
}

async fn statement(app: &App, granted: &Granted<may::ViewMoney>, school: &SchoolCode, day: Date) -> Outcome<Sheet> {
    let (view, _) = statement_of(app, granted, school, day).await?;
    let yuan = |fen: i64| Cell::Number(domain::Money::from_fen(fen).to_string());
    let sums = [
        ("应收(元)", yuan(view.receivable_fen)),
        ("期初余额(元)", yuan(view.opening_fen)),
        ("已收(元)", yuan(view.received_fen)),
        ("已退(元)", yuan(view.refunded_fen)),
        ("手续费(元)", yuan(view.fees_fen)),
        ("退款在途(元)", yuan(view.in_flight_fen)),
        ("预收(元)", yuan(view.prepaid_fen)),
        ("期末余额(元)", yuan(view.closing_fen)),
        ("资金笔数", Cell::text(view.facts.to_string())),
        ("是否已核对账单", Cell::text(if view.is_final { "是" } else { "否" })),
    ];
    let rows = sums.into_iter().map(|(name, sum)| vec![Cell::text(name), sum]).collect();
    Ok(Sheet::list("资金日报", day, &["项目", "金额"], rows))
}

async fn facts(app: &App, school: &SchoolCode, day: Date) -> Outcome<Sheet> {
    let entries = Facts::journal(app, school, day).await?;
    let row = |fact: FactView| {
        let amount = domain::Money::from_fen(fact.amount_fen).to_string();
        vec![
            Cell::text(fact.at),
            Cell::text(fact.kind),
            Cell::text(fact.channel),
            Cell::text(fact.order_no),
            Cell::text(fact.number),
            Cell::Number(amount),
            Cell::text(fact.fact),
        ]
    };
    let rows = entries.iter().map(|entry| row(FactView::from(entry))).collect();
    let headings = ["时间", "事项", "支付通道", "订单号", "支付或退款单号", "金额(元)", "资金记录"];
    Ok(Sheet::list("资金明细", day, &headings, rows))
}

async fn differences(app: &App, granted: &Granted<may::ViewMoney>, school: &SchoolCode, day: Date) -> Outcome<Sheet> {
    let filter = Filter::read(&WhichDifferences { day: Some(day.to_string()), ..WhichDifferences::default() })?;
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let (found, next) = page(app, granted, school, &filter, after).await?;
        rows.extend(found.iter().map(|found| {
            let difference = &found.value;
            let yuan =
                |money: Option<domain::Money>| money.map_or(Cell::Empty, |money| Cell::Number(money.to_string()));
            let said = difference.ended.as_ref().map_or_else(String::new, |said| said.why.clone());
            vec![
                Cell::text(difference.kind.chinese()),
                Cell::text(difference.state.chinese()),
                Cell::text(difference.id.number()),
                yuan(difference.ours),
                yuan(difference.theirs),
                Cell::text(difference.proof.transaction.clone()),
                Cell::text(said),
            ]
        }));
        after = next;
        if after.is_none() {
            break;
        }
        if rows.len() > ROWS {
            return Err(ExportError::TooLarge.into());
        }
    }
    let headings = ["差异类型", "状态", "单号", "平台金额(元)", "账单金额(元)", "通道交易号", "处理说明"];
    Ok(Sheet::list("对账差异", day, &headings, rows))
}

async fn parts(
    app: &App,
    granted: &Granted<may::ViewMoney>,
    (school, day): (&SchoolCode, Date),
    (by, name): (Dimension, &str),
) -> Outcome<Sheet> {
    let flows = Facts::of(app, granted, school, day).await?.by(by);
    let row = |(part, flow): (String, domain::reconciliation::statement::Flow)| {
        vec![
            Cell::text(part),
            Cell::Number(flow.received.to_string()),
            Cell::Number(flow.refunded.to_string()),
            Cell::count(flow.facts),
        ]
    };
    Ok(Sheet::list(name, day, &[name, "已收(元)", "已退(元)", "笔数"], flows.into_iter().map(row).collect()))
}
