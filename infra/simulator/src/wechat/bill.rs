//! Daily bills (交易账单): what the provider says was paid on a day, and what it took on to go back. Reference: payments §1.8.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use http::{StatusCode, Uri};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Answer, Payment, PaymentState, Refund, RefundState, Refusal, WechatPay, china, later, origin, parameter};
use crate::keys::{SP_APPID, SP_MCHID};

/// From this hour on yesterday's bill can be had.
const READY_HOUR: i8 = 10;
const LINK_SECONDS: i64 = 300;
const FEE_PER_MILLE: i64 = 6;
const FEE_RATE: &str = "0.60%";
const CREATING: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "STATEMENT_CREATING", "账单生成中");
const ABSENT: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "NO_STATEMENT_EXIST", "账单文件不存在");

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
    file: Vec<u8>,
    until: Timestamp,
}

/// A payment of the bill's day, or a refund taken on that day.
pub(super) struct Row<'p> {
    payment: &'p Payment,
    pub(super) transaction_id: &'p str,
    pub(super) at: Timestamp,
    pub(super) fen: i64,
    pub(super) refund: Option<&'p Refund>,
}

impl Row<'_> {
    const fn paid_fen(&self) -> i64 {
        if self.refund.is_none() { self.fen } else { 0 }
    }

    const fn refund_fen(&self) -> i64 {
        if self.refund.is_some() { self.fen } else { 0 }
    }

    /// What the provider takes for a payment it gives back with a refund.
    pub(super) const fn fee_fen(&self) -> i64 {
        let fee = self.fen.saturating_mul(FEE_PER_MILLE).saturating_add(500) / 1_000;
        if self.refund.is_some() { -fee } else { fee }
    }
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
        // What goes wrong goes wrong with the bills of days on which something moved.
        if self.rows(day, parameter(query, "sub_mchid"), all).is_empty() {
            return Err(ABSENT);
        }
        if self.use_up("", |faults| &mut faults.late_bill) {
            return Err(CREATING);
        }
        let short = self.use_up("", |faults| &mut faults.short_bill);
        let wrong_sum = self.use_up("", |faults| &mut faults.wrong_sum);
        let mut rows = self.rows(day, parameter(query, "sub_mchid"), all);
        if short {
            rows.pop();
        }
        if rows.is_empty() {
            return Err(ABSENT);
        }
        let text = written(&rows, all, generated_at(day), i64::from(wrong_sum));
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()));
        let download_url = self.offer(text.into_bytes(), uri, now);
        let answer = json!({ "hash_type": "SHA1", "hash_value": hash, "download_url": download_url });
        Ok(Answer::json(StatusCode::OK, &answer))
    }

    /// Where a file can be fetched for a while.
    pub(super) fn offer(&mut self, file: Vec<u8>, uri: &Uri, now: Timestamp) -> String {
        let token = self.dice.hex(32);
        self.bills.retain(|_, bill| bill.until >= now);
        self.bills.insert(token.clone(), Bill { file, until: later(now, LINK_SECONDS) });
        format!("{}/v3/billdownload/file?token={token}", origin(uri))
    }

    /// The file itself. The request has to be signed; the answer is not.
    pub(super) fn bill_file(&mut self, query: &str, now: Timestamp) -> Result<Answer, Refusal> {
        let bill = parameter(query, "token").and_then(|token| self.bills.get(token));
        let bill = bill.filter(|bill| now <= bill.until);
        let bill = bill.ok_or(Refusal::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", "下载地址已失效"))?;
        let mut body = bill.file.clone();
        if self.use_up("", |faults| &mut faults.cut_bill) {
            body.truncate(body.len() / 2);
        }
        Ok(Answer { status: StatusCode::OK, content_type: "text/plain; charset=utf-8", body, signed: false })
    }

    pub(super) fn rows(&self, day: Date, sub_mchid: Option<&str>, all: bool) -> Vec<Row<'_>> {
        let payments =
            self.payments.values().filter(|payment| sub_mchid.is_none_or(|school| school == payment.sub_mchid));
        let mut rows = Vec::new();
        for payment in payments {
            let PaymentState::Paid { transaction_id, paid_at, paid_fen } = &payment.state else { continue };
            rows.push(Row { payment, transaction_id, at: *paid_at, fen: *paid_fen, refund: None });
            let refunds = self.refunds.values().filter(|refund| all && refund.out_trade_no == payment.out_trade_no);
            rows.extend(refunds.map(|refund| {
                let (at, fen) = (refund.created_at, refund.refund_fen);
                Row { payment, transaction_id, at, fen, refund: Some(refund) }
            }));
        }
        rows.retain(|row| china().to_datetime(row.at).date() == day);
        rows.sort_by_key(|row| row.at);
        rows
    }
}

/// When the provider writes the bill of a day: what stands in it does not change any more.
fn generated_at(day: Date) -> Timestamp {
    let morning = day.saturating_add(1.day()).at(READY_HOUR - 1, 0, 0, 0);
    Offset::constant(8).to_timestamp(morning).unwrap_or(Timestamp::MAX)
}

pub(super) fn ready(day: Date, now: Timestamp) -> Result<(), Refusal> {
    let here = china().to_datetime(now);
    let today = here.date();
    if day >= today || day < today.saturating_sub(3.months()) {
        return Err(Refusal::parameter("bill_date 不在可下载范围内"));
    }
    if day == today.saturating_sub(1.day()) && here.hour() < READY_HOUR {
        return Err(CREATING);
    }
    Ok(())
}

/// The bill, whose sum of payments is `more` than its rows have.
fn written(rows: &[Row<'_>], all: bool, generated_at: Timestamp, more: i64) -> String {
    let kept = |(name, always): &(&'static str, bool)| (all || *always).then_some(*name);
    let header: Vec<&str> = COLUMNS.iter().filter_map(kept).collect();
    let mut lines = vec![header.join(",")];
    for row in rows {
        let kept = cells(row, generated_at).into_iter().zip(COLUMNS).filter(|(_, (_, always))| all || *always);
        lines.push(ticked(kept.map(|(cell, _)| cell)));
    }
    lines.push(SUMMARY.to_owned());
    let (paid, back) = (sum(rows.iter().map(Row::paid_fen)), sum(rows.iter().map(Row::refund_fen)));
    let paid = paid.saturating_add(more);
    let (paid, back, fees) = (yuan(paid), yuan(back), fee(sum(rows.iter().map(Row::fee_fen))));
    let count = format!("{}.0", rows.len());
    lines.push(ticked([count, paid.clone(), back.clone(), yuan(0), fees, paid, back].into_iter()));
    // A byte order mark in front and a line end after the last line, as the provider writes them.
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}

fn sum(fens: impl Iterator<Item = i64>) -> i64 {
    fens.fold(0, i64::saturating_add)
}

/// Every cell of data starts with a backtick; nothing is quoted.
pub(super) fn ticked(cells: impl Iterator<Item = String>) -> String {
    cells.map(|cell| format!("`{cell}")).collect::<Vec<_>>().join(",")
}

fn cells(row: &Row<'_>, generated_at: Timestamp) -> [String; 27] {
    let payment = row.payment;
    let zero = || "0.00".to_owned();
    let refund = |of: fn(&Refund) -> &str, none: &str| row.refund.map_or(none, of).to_owned();
    let status = row.refund.map_or("", |refund| status_then(refund, generated_at));
    [
        china().to_datetime(row.at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        SP_APPID.to_owned(),
        SP_MCHID.to_owned(),
        payment.sub_mchid.clone(),
        String::new(),
        row.transaction_id.to_owned(),
        payment.out_trade_no.clone(),
        payment.payer().to_owned(),
        payment.trade_type.clone(),
        if row.refund.is_some() { "REFUND" } else { "SUCCESS" }.to_owned(),
        "OTHERS".to_owned(),
        "CNY".to_owned(),
        yuan(row.paid_fen()),
        zero(),
        refund(|refund| &refund.refund_id, "0"),
        refund(|refund| &refund.out_refund_no, "0"),
        yuan(row.refund_fen()),
        zero(),
        refund(|_| "ORIGINAL", ""),
        status.to_owned(),
        payment.description.clone(),
        payment.parameter("attach").to_owned(),
        fee(row.fee_fen()),
        FEE_RATE.to_owned(),
        yuan(row.paid_fen()),
        yuan(row.refund_fen()),
        String::new(),
    ]
}

/// How a refund stood when the bill was written.
fn status_then(refund: &Refund, generated_at: Timestamp) -> &'static str {
    match refund.state {
        RefundState::Success { at } if at > generated_at => "PROCESSING",
        RefundState::Success { .. } | RefundState::Processing | RefundState::Abnormal | RefundState::Closed => {
            refund.status()
        }
    }
}

pub(super) fn yuan(fen: i64) -> String {
    let (sign, fen) = (if fen < 0 { "-" } else { "" }, fen.abs());
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// Fees are written with five decimals.
fn fee(fen: i64) -> String {
    format!("{}000", yuan(fen))
}
