//! Daily bills (交易账单): for each school a ZIP of comma-separated files in GB18030. Reference: payments §2.2.

use encoding_rs::GB18030;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Alipay, Asked, Refusal, Trade, TradeRefund, china, civil, later, yuan};

/// From this hour on yesterday's bill can be had.
const READY_HOUR: i8 = 9;
const LINK_SECONDS: i64 = 30;
const ABSENT: Refusal = Refusal::business("isp.bill_not_exist", "账单不存在");

const COLUMNS: &str = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,\
                       订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,\
                       券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注";

/// A bill that can be fetched for a while.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Bill {
    file: Vec<u8>,
    until: Timestamp,
}

/// A payment of the bill's day, or a refund of that day.
struct Row<'t> {
    trade: &'t Trade,
    at: Timestamp,
    refund: Option<&'t TradeRefund>,
}

impl Alipay {
    pub(super) fn bill(&mut self, asked: &Asked, origin: &str, now: Timestamp) -> Result<Value, Refusal> {
        if asked.text("bill_type") != Some("trade") {
            return Err(Refusal::parameter("bill_type 不支持"));
        }
        let day: Option<Date> = asked.text("bill_date").and_then(|text| text.parse().ok());
        let day = day.ok_or(Refusal::parameter("bill_date 格式不正确"))?;
        let here = china().to_datetime(now);
        let yesterday = here.date().saturating_sub(1.day());
        // There is one word for "none" and for "not yet".
        if day > yesterday || (day == yesterday && here.hour() < READY_HOUR) {
            return Err(ABSENT);
        }
        // What goes wrong goes wrong with the bills of days on which something moved.
        if self.rows(day, asked.seller.pid).is_empty() || self.use_up("", |faults| &mut faults.late_bill) {
            return Err(ABSENT);
        }
        let short = self.use_up("", |faults| &mut faults.short_bill);
        let wrong_sum = self.use_up("", |faults| &mut faults.wrong_sum);
        let cut = self.use_up("", |faults| &mut faults.cut_bill);
        let mut rows = self.rows(day, asked.seller.pid);
        if short {
            rows.pop();
        }
        if rows.is_empty() {
            return Err(ABSENT);
        }
        let mut file = packed(asked.seller.pid, day, &rows, i64::from(wrong_sum));
        if cut {
            file.truncate(file.len() / 2);
        }
        let token = self.dice.hex(32);
        self.bills.retain(|_, bill| bill.until >= now);
        self.bills.insert(token.clone(), Bill { file, until: later(now, LINK_SECONDS) });
        Ok(json!({ "bill_download_url": format!("{origin}/alipay/bill/{token}") }))
    }

    pub(super) fn bill_file(&self, token: &str, now: Timestamp) -> Option<Vec<u8>> {
        self.bills.get(token).filter(|bill| now <= bill.until).map(|bill| bill.file.clone())
    }

    fn rows(&self, day: Date, seller: &str) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for trade in self.trades.values().filter(|trade| trade.seller == seller) {
            let Some(paid_at) = trade.paid_at else { continue };
            rows.push(Row { trade, at: paid_at, refund: None });
            rows.extend(trade.refunds.iter().map(|refund| Row { trade, at: refund.at, refund: Some(refund) }));
        }
        rows.retain(|row| china().to_datetime(row.at).date() == day);
        rows.sort_by_key(|row| row.at);
        rows
    }
}

/// The archive of a bill, whose sum of payments is `more` than its rows have.
fn packed(seller: &str, day: Date, rows: &[Row<'_>], more: i64) -> Vec<u8> {
    let stem = format!("{seller}_{}", day.strftime("%Y%m%d"));
    let encoded = |text: &str| GB18030.encode(text).0.into_owned();
    zip(&[
        (encoded(&format!("{stem}_业务明细.csv")), encoded(&details(seller, day, rows, more))),
        (encoded(&format!("{stem}_业务明细(汇总).csv")), encoded(&summary(seller, day, rows))),
    ])
}

fn head(title: &str, seller: &str, day: Date) -> Vec<String> {
    vec![
        format!("#支付宝业务{title}查询"),
        format!("#账号：[{seller}0156]"),
        format!("#起始日期：[{day} 00:00:00]   终止日期：[{} 00:00:00]", day.saturating_add(1.day())),
    ]
}

fn details(seller: &str, day: Date, rows: &[Row<'_>], more: i64) -> String {
    let mut lines = head("明细", seller, day);
    lines.push("#-----------------------------------------业务明细列表----------------------------------------".into());
    lines.push(COLUMNS.to_owned());
    lines.extend(rows.iter().map(|row| {
        let (kind, fen, request_no) = match row.refund {
            Some(refund) => ("退款", -refund.fen, refund.request_no.as_str()),
            None => ("交易", row.trade.total_fen, ""),
        };
        let cells = [
            row.trade.trade_no.clone(),
            row.trade.out_trade_no.clone(),
            kind.to_owned(),
            row.trade.subject.clone(),
            civil(row.trade.created_at),
            civil(row.at),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            "*家长(159****5620)".to_owned(),
            yuan(fen),
            yuan(fen),
        ];
        let nothing = || "0.00".to_owned();
        let rest = [
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            String::new(),
            nothing(),
            nothing(),
            request_no.to_owned(),
            nothing(),
            nothing(),
            String::new(),
        ];
        // Every cell of data ends with a tab.
        cells.into_iter().chain(rest).map(|cell| format!("{cell}\t")).collect::<Vec<_>>().join(",")
    }));
    lines.push("#-----------------------------------------业务明细列表结束------------------------------------".into());
    let (paid, back) = counts(rows);
    lines.push(format!("#交易合计：{}笔，商家实收共{}元", paid.0, yuan(paid.1.saturating_add(more))));
    lines.push(format!("#退款合计：{}笔，商家实收退款共{}元", back.0, yuan(-back.1)));
    format!("{}\r\n", lines.join("\r\n"))
}

fn summary(seller: &str, day: Date, rows: &[Row<'_>]) -> String {
    let mut lines = head("汇总", seller, day);
    let (paid, back) = counts(rows);
    lines.push("#-----------------------------------------业务汇总列表----------------------------------------".into());
    lines.push("门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）".into());
    let net = yuan(paid.1.saturating_sub(back.1));
    lines.push(format!("合计\t,\t,{}\t,{}\t,{net}\t,{net}\t", paid.0, back.0));
    format!("{}\r\n", lines.join("\r\n"))
}

/// How many payments and refunds, and their sums.
fn counts(rows: &[Row<'_>]) -> ((usize, i64), (usize, i64)) {
    let of = |refunds: bool| {
        let chosen = rows.iter().filter(|row| row.refund.is_some() == refunds);
        let fens = chosen.clone().map(|row| row.refund.map_or(row.trade.total_fen, |refund| refund.fen));
        (chosen.count(), fens.fold(0i64, i64::saturating_add))
    };
    (of(false), of(true))
}

/// An archive of files as they are, with names in bytes: the provider's are GB18030 and not marked as anything.
fn zip(files: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    let count = u16::try_from(files.len()).expect("two files");
    for (name, content) in files {
        let offset = number(archive.len());
        let mut shared = Vec::new();
        // Version, flags, stored, time, date.
        for field in [20u16, 0, 0, 0, 0x5C21] {
            shared.extend(field.to_le_bytes());
        }
        for field in [crc32(content), number(content.len()), number(content.len())] {
            shared.extend(field.to_le_bytes());
        }
        shared.extend(u16::try_from(name.len()).expect("a short name").to_le_bytes());
        shared.extend(0u16.to_le_bytes());
        archive.extend([b"PK\x03\x04".as_slice(), &shared, name, content].concat());
        directory.extend([b"PK\x01\x02".as_slice(), &20u16.to_le_bytes(), &shared, &[0; 10]].concat());
        directory.extend(offset.to_le_bytes());
        directory.extend(name);
    }
    let start = number(archive.len());
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend([number(directory.len()).to_le_bytes(), start.to_le_bytes()].concat());
    archive.extend([0, 0]);
    archive
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("a bill of a simulator is small")
}

fn crc32(content: &[u8]) -> u32 {
    !content.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _bit| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
