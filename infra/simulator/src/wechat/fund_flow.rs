//! Fund bills of a school (特约商户资金账单): what moved on its account on a day, sealed for the service provider.
//! Reference: payments §1.8.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use http::{StatusCode, Uri};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::bill::{Row, ready, ticked, yuan};
use super::{Answer, Refusal, WechatPay, china, parameter};
use crate::keys;

const HEADER: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const SUMMARY: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

/// A movement on the account.
struct Flow {
    at: Timestamp,
    document: String,
    business: &'static str,
    /// In when positive, out when negative.
    fen: i64,
}

impl WechatPay {
    pub(super) fn fund_flow(&mut self, query: &str, uri: &Uri, now: Timestamp) -> Result<Answer, Refusal> {
        let day: Date = parameter(query, "bill_date")
            .and_then(|text| text.parse().ok())
            .ok_or(Refusal::parameter("bill_date 格式不正确"))?;
        let school = parameter(query, "sub_mchid").ok_or(Refusal::parameter("缺少 sub_mchid"))?;
        if parameter(query, "account_type") != Some("BASIC")
            || parameter(query, "algorithm") != Some("AEAD_AES_256_GCM")
        {
            return Err(Refusal::parameter("account_type 或 algorithm 不支持"));
        }
        if self.faults("").no_fund_flow {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "NO_AUTH", "无资金账单下载权限"));
        }
        ready(day, now)?;
        let mut flows: Vec<Flow> = self.rows(day, Some(school), true).iter().flat_map(flows_of).collect();
        if flows.is_empty() {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "NO_STATEMENT_EXIST", "账单文件不存在"));
        }
        if self.use_up("", |faults| &mut faults.flow_short)
            && let Some(first) = flows.first_mut()
        {
            first.fen -= 1;
        }
        let text = written(&flows);
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()));
        let (key, nonce) = (self.dice.hex(32), self.dice.hex(12));
        let (sealed, encrypt_key) = keys::seal_file(text.as_bytes(), &key, &nonce);
        let download_url = self.offer(sealed, uri, now);
        let list = json!([{
            "bill_sequence": 1, "download_url": download_url, "encrypt_key": encrypt_key,
            "hash_type": "SHA1", "hash_value": hash, "nonce": nonce,
        }]);
        Ok(Answer::json(StatusCode::OK, &json!({ "download_bill_count": 1, "download_bill_list": list })))
    }
}

/// A payment comes in and its fee goes out; a refund goes out and a part of the fee comes back.
fn flows_of(row: &Row<'_>) -> [Flow; 2] {
    let flow = |document: &str, business, fen| Flow { at: row.at, document: document.to_owned(), business, fen };
    match row.refund {
        None => [flow(row.transaction_id, "交易", row.fen), flow(row.transaction_id, "扣除交易手续费", -row.fee_fen())],
        Some(refund) => {
            [flow(&refund.refund_id, "退款", -row.fen), flow(&refund.refund_id, "退还交易手续费", -row.fee_fen())]
        }
    }
}

fn written(flows: &[Flow]) -> String {
    let (mut lines, mut left) = (vec![HEADER.to_owned()], 0i64);
    for (number, flow) in flows.iter().enumerate() {
        left += flow.fen;
        let cells = [
            china().to_datetime(flow.at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            flow.document.clone(),
            format!("{number:08}"),
            flow.business.to_owned(),
            flow.business.to_owned(),
            if flow.fen < 0 { "支出" } else { "收入" }.to_owned(),
            yuan(flow.fen.abs()),
            yuan(left),
            "system".to_owned(),
            String::new(),
            flow.document.clone(),
        ];
        lines.push(ticked(cells.into_iter()));
    }
    let side = |out: bool| {
        let side = flows.iter().filter(move |flow| (flow.fen < 0) == out);
        let (count, sum) = side.fold((0, 0), |(count, sum), flow| (count + 1, sum + flow.fen.abs()));
        [format!("{count}.0"), yuan(sum)]
    };
    lines.push(SUMMARY.to_owned());
    let stated = [vec![format!("{}.0", flows.len())], side(false).to_vec(), side(true).to_vec()].concat();
    lines.push(ticked(stated.into_iter()));
    format!("\u{feff}{}\r\n", lines.join("\r\n"))
}
