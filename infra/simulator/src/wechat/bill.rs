//! Daily bills (交易账单): what the provider says was paid on a day. Reference: payments §1.8.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use http::{StatusCode, Uri};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Payment, PaymentState, Refusal, WechatPay, china, later, origin, parameter};
use crate::keys::{SP_APPID, SP_MCHID};

/// From this hour on yesterday's bill can be had.
const READY_HOUR: i8 = 10;
const LINK_SECONDS: i64 = 300;
const FEE_PER_MILLE: i64 = 6;
const FEE_RATE: &str = "0.60%";

/// All 27 columns, and whether the bill of successes has them.
const COLUMNS: [(&str, bool); 27] = [
    ("交易时间", true),
    ("公众账号ID", true),
    ("商户号", true),
    ("特约商户号", true),
    ("设备号", true),
    ("微信订单号", true),
    ("商户订单号", true),
    ("用户标识", true),
    ("交易类型", true),
    ("交易状态", true),
    ("付款银行", true),
    ("货币种类", true),
    ("应结订单金额", true),
    ("代金券金额", true),
    ("微信退款单号", false),
    ("商户退款单号", false),
    ("退款金额", false),
    ("充值券退款金额", false),
    ("退款类型", false),
    ("退款状态", false),
    ("商品名称", true),
    ("商户数据包", true),
    ("手续费", true),
    ("费率", true),
    ("订单金额", true),
    ("申请退款金额", false),
    ("费率备注", true),
];

const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// A bill that can be fetched for a while.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bill {
    text: String,
    until: Timestamp,
}

/// A payment of the bill's day.
struct Row<'p> {
    payment: &'p Payment,
    transaction_id: &'p str,
    paid_at: Timestamp,
    paid_fen: i64,
}

impl WechatPay {
    pub(super) fn bill(&mut self, query: &str, uri: &Uri, now: Timestamp) -> Result<Answer, Refusal> {
        let day: Date = parameter(query, "bill_date")
            .and_then(|text| text.parse().ok())
            .ok_or(Refusal::parameter("bill_date 格式不正确"))?;
        let all = match parameter(query, "bill_type") {
            None | Some("ALL") => true,
            Some("SUCCESS") => false,
            Some(_) => return Err(Refusal::parameter("bill_type 不支持")),
        };
        if parameter(query, "tar_type").is_some() {
            return Err(Refusal::parameter("tar_type 不支持"));
        }
        ready(day, now)?;
        let rows = self.rows(day, parameter(query, "sub_mchid"));
        if rows.is_empty() {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "NO_STATEMENT_EXIST", "账单文件不存在"));
        }
        let text = written(&rows, all);
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()));
        let token = self.dice.hex(32);
        self.bills.retain(|_, bill| bill.until >= now);
        self.bills.insert(token.clone(), Bill { text, until: later(now, LINK_SECONDS) });
        let download_url = format!("{}/v3/billdownload/file?token={token}", origin(uri));
        let answer = json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": download_url });
        Ok(Answer::json(StatusCode::OK, &answer))
    }

    /// The file itself. The request has to be signed; the answer is not.
    pub(super) fn bill_file(&self, query: &str, now: Timestamp) -> Result<Answer, Refusal> {
        let bill = parameter(query, "token").and_then(|token| self.bills.get(token));
        let bill = bill.filter(|bill| now <= bill.until);
        let bill = bill.ok_or(Refusal::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", "下载地址已失效"))?;
        Ok(Answer {
            status: StatusCode::OK,
            content_type: "text/plain; charset=utf-8",
            body: bill.text.clone().into_bytes(),
            signed: false,
        })
    }

    fn rows(&self, day: Date, sub_mchid: Option<&str>) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = self
            .payments
            .values()
            .filter(|payment| sub_mchid.is_none_or(|school| school == payment.sub_mchid))
            .filter_map(|payment| match &payment.state {
                PaymentState::Paid { transaction_id, paid_at, paid_fen } => {
                    Some(Row { payment, transaction_id, paid_at: *paid_at, paid_fen: *paid_fen })
                }
                PaymentState::Open | PaymentState::Closed { .. } => None,
            })
            .filter(|row| china().to_datetime(row.paid_at).date() == day)
            .collect();
        rows.sort_by_key(|row| row.paid_at);
        rows
    }
}

fn ready(day: Date, now: Timestamp) -> Result<(), Refusal> {
    let here = china().to_datetime(now);
    let today = here.date();
    if day >= today || day < today.saturating_sub(3.months()) {
        return Err(Refusal::parameter("bill_date 不在可下载范围内"));
    }
    if day == today.saturating_sub(1.day()) && here.hour() < READY_HOUR {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "STATEMENT_CREATING", "账单生成中"));
    }
    Ok(())
}

fn written(rows: &[Row<'_>], all: bool) -> String {
    let kept = |(name, always): &(&'static str, bool)| (all || *always).then_some(*name);
    let header: Vec<&str> = COLUMNS.iter().filter_map(kept).collect();
    let mut lines = vec![header.join(",")];
    for row in rows {
        let kept = cells(row).into_iter().zip(COLUMNS).filter(|(_, (_, always))| all || *always);
        lines.push(ticked(kept.map(|(cell, _)| cell)));
    }
    lines.push(SUMMARY.to_owned());
    let total = rows.iter().fold(0i64, |sum, row| sum.saturating_add(row.paid_fen));
    let fees = rows.iter().fold(0i64, |sum, row| sum.saturating_add(fee_fen(row.paid_fen)));
    let zero = || "0.00".to_owned();
    let count = format!("{}.0", rows.len());
    lines.push(ticked([count, yuan(total), zero(), zero(), fee(fees), yuan(total), zero()].into_iter()));
    // A byte order mark in front and a line end after the last line, as the provider writes them.
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}

/// Every cell of data starts with a backtick; nothing is quoted.
fn ticked(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("`{cell}")).collect::<Vec<_>>().join(",")
}

fn cells(row: &Row<'_>) -> [String; 27] {
    let payment = row.payment;
    let zero = || "0.00".to_owned();
    [
        china().to_datetime(row.paid_at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        SP_APPID.to_owned(),
        SP_MCHID.to_owned(),
        payment.sub_mchid.clone(),
        String::new(),
        row.transaction_id.to_owned(),
        payment.out_trade_no.clone(),
        payment.payer().to_owned(),
        payment.trade_type.clone(),
        "SUCCESS".to_owned(),
        "OTHERS".to_owned(),
        "CNY".to_owned(),
        yuan(row.paid_fen),
        zero(),
        "0".to_owned(),
        "0".to_owned(),
        zero(),
        zero(),
        String::new(),
        String::new(),
        payment.description.clone(),
        payment.parameter("attach").to_owned(),
        fee(fee_fen(row.paid_fen)),
        FEE_RATE.to_owned(),
        yuan(row.paid_fen),
        zero(),
        String::new(),
    ]
}

const fn fee_fen(fen: i64) -> i64 {
    fen.saturating_mul(FEE_PER_MILLE).saturating_add(500) / 1_000
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// Fees are written with five decimals.
fn fee(fen: i64) -> String {
    format!("{}000", yuan(fen))
}
