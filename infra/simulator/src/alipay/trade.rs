//! Payments and refunds at the provider (交易): opened, paid, closed, given back. Reference: payments §2.2.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Alipay, Asked, Refusal, SELLERS, authenticate, china, civil, fen, later, moment, yuan};
use crate::form;

/// For how long after its payment money can go back.
const LONGEST_SECONDS: i64 = 365 * 24 * 3600;

/// A payment, as the provider keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Our number.
    pub out_trade_no: String,
    /// The provider's.
    pub trade_no: String,
    /// The school's account.
    pub seller: String,
    /// What the payer reads.
    pub subject: String,
    /// Fen.
    pub total_fen: i64,
    /// Where it is reported.
    pub notify_url: String,
    /// When the payer opened it.
    pub created_at: Timestamp,
    /// The last moment of paying.
    pub expires_at: Timestamp,
    /// How far it got.
    pub state: TradeState,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// What went back of it.
    pub refunds: Vec<TradeRefund>,
}

/// How far a payment got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TradeState {
    /// Waits for its payer.
    Waiting,
    /// Paid; money may go back.
    Paid,
    /// Paid; no money goes back any more.
    Finished,
    /// Never paid, or all of it went back.
    Closed,
}

/// Money that went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeRefund {
    /// The number of the refund: ours, or that of the console.
    pub request_no: String,
    /// Fen.
    pub fen: i64,
    /// When.
    pub at: Timestamp,
}

/// Why a payer cannot pay, or nothing goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayRefusal {
    /// There is no such payment.
    Unknown,
    /// Its last moment has passed.
    Expired,
    /// It is closed.
    Closed,
    /// It is paid.
    AlreadyPaid,
    /// Not paid, or not so much.
    NotPaid,
}

impl Trade {
    /// The provider's word for how it stands.
    pub const fn status(&self) -> &'static str {
        match self.state {
            TradeState::Waiting => "WAIT_BUYER_PAY",
            TradeState::Paid => "TRADE_SUCCESS",
            TradeState::Finished => "TRADE_FINISHED",
            TradeState::Closed => "TRADE_CLOSED",
        }
    }

    /// All that went back.
    pub fn refunded_fen(&self) -> i64 {
        self.refunds.iter().fold(0, |sum, refund| sum.saturating_add(refund.fen))
    }
}

const NOT_THERE: Refusal = Refusal::business("ACQ.TRADE_NOT_EXIST", "交易不存在");
const WRONG_STATE: Refusal = Refusal::business("ACQ.TRADE_STATUS_ERROR", "交易状态不合法");

impl Alipay {
    /// A payer opens a signed checkout: the address of a page, or the text for the application. Gives our number.
    pub fn open(&mut self, signed: &str, now: Timestamp) -> Result<String, &'static str> {
        let parameters = form::parse(signed.as_bytes()).ok_or("不是签名参数")?;
        let asked = authenticate(&parameters).map_err(|refusal| refusal.sub_msg)?;
        let product = match asked.method.as_str() {
            "alipay.trade.page.pay" => "FAST_INSTANT_TRADE_PAY",
            "alipay.trade.wap.pay" => "QUICK_WAP_WAY",
            "alipay.trade.app.pay" => "QUICK_MSECURITY_PAY",
            _ => return Err("不存在的方法名"),
        };
        if asked.text("product_code") != Some(product) {
            return Err("product_code 不正确");
        }
        let number =
            asked.text("out_trade_no").filter(|no| (1..=64).contains(&no.len())).ok_or("out_trade_no 不正确")?;
        let total_fen = asked.text("total_amount").and_then(fen).filter(|fen| *fen > 0).ok_or("total_amount 不正确")?;
        let subject = asked.text("subject").filter(|subject| !subject.is_empty()).ok_or("subject 不正确")?;
        let expires_at = asked.text("time_expire").and_then(moment).ok_or("time_expire 不正确")?;
        let notify_url = asked.notify_url.clone().filter(|url| url.starts_with("http")).ok_or("notify_url 不正确")?;
        if let Some(before) = self.trades.get(number) {
            let same = before.total_fen == total_fen && before.seller == asked.seller.pid;
            return if same { Ok(number.to_owned()) } else { Err("订单信息不一致") };
        }
        if now > expires_at {
            return Err("订单已过支付时间");
        }
        let trade = Trade {
            out_trade_no: number.to_owned(),
            trade_no: self.trade_no(now),
            seller: asked.seller.pid.to_owned(),
            subject: subject.to_owned(),
            total_fen,
            notify_url,
            created_at: now,
            expires_at,
            state: TradeState::Waiting,
            paid_at: None,
            refunds: Vec::new(),
        };
        self.trades.insert(number.to_owned(), trade);
        Ok(number.to_owned())
    }

    /// The payer pays. Gives the provider's number; notifications follow.
    pub fn pay(&mut self, out_trade_no: &str, now: Timestamp) -> Result<String, PayRefusal> {
        let trade = self.trades.get_mut(out_trade_no).ok_or(PayRefusal::Unknown)?;
        match trade.state {
            TradeState::Paid | TradeState::Finished => return Err(PayRefusal::AlreadyPaid),
            TradeState::Closed => return Err(PayRefusal::Closed),
            TradeState::Waiting if now > trade.expires_at => return Err(PayRefusal::Expired),
            TradeState::Waiting => {}
        }
        trade.state = TradeState::Paid;
        trade.paid_at = Some(now);
        let number = trade.trade_no.clone();
        self.notify(out_trade_no, None, now);
        Ok(number)
    }

    /// Money goes back that the platform knows nothing of: by hand, in the school's console. Gives its number.
    pub fn refund_in_console(&mut self, out_trade_no: &str, fen: i64, now: Timestamp) -> Result<String, PayRefusal> {
        let request_no = self.dice.digits(18);
        let trade = self.trades.get(out_trade_no).ok_or(PayRefusal::Unknown)?;
        let left = trade.total_fen.saturating_sub(trade.refunded_fen());
        if trade.state != TradeState::Paid || !(1..=left).contains(&fen) {
            return Err(PayRefusal::NotPaid);
        }
        self.give_back(out_trade_no, &request_no, fen, now);
        Ok(request_no)
    }

    /// The time in which money may go back is over.
    pub fn finish(&mut self, out_trade_no: &str, now: Timestamp) -> Result<(), PayRefusal> {
        let trade = self.trades.get_mut(out_trade_no).ok_or(PayRefusal::Unknown)?;
        if trade.state != TradeState::Paid {
            return Err(PayRefusal::NotPaid);
        }
        trade.state = TradeState::Finished;
        self.notify(out_trade_no, None, now);
        Ok(())
    }

    pub(super) fn query(&self, asked: &Asked) -> Result<Value, Refusal> {
        let trade = self.of_school(asked)?;
        let mut shown = json!({
            "trade_no": trade.trade_no,
            "out_trade_no": trade.out_trade_no,
            "buyer_logon_id": "159****5620",
            "trade_status": trade.status(),
            "total_amount": yuan(trade.total_fen),
            "receipt_amount": yuan(trade.total_fen),
        });
        if let (Some(paid_at), Some(shown)) = (trade.paid_at, shown.as_object_mut()) {
            shown.insert("send_pay_date".to_owned(), json!(civil(paid_at)));
        }
        Ok(shown)
    }

    pub(super) fn close(&mut self, asked: &Asked, now: Timestamp) -> Result<Value, Refusal> {
        let (number, trade_no) = {
            let trade = self.of_school(asked)?;
            if trade.state != TradeState::Waiting {
                return Err(WRONG_STATE);
            }
            (trade.out_trade_no.clone(), trade.trade_no.clone())
        };
        if let Some(trade) = self.trades.get_mut(&number) {
            trade.state = TradeState::Closed;
        }
        self.notify(&number, None, now);
        Ok(json!({ "trade_no": trade_no, "out_trade_no": number }))
    }

    pub(super) fn refund(&mut self, asked: &Asked, now: Timestamp) -> Result<Value, Refusal> {
        let amount = asked.text("refund_amount").and_then(fen).filter(|fen| *fen > 0);
        let amount = amount.ok_or(Refusal::parameter("refund_amount 不正确"))?;
        let request_no = asked.text("out_request_no").ok_or(Refusal::parameter("out_request_no 缺失"))?.to_owned();
        let trade = self.of_school(asked)?.clone();
        let before = trade.refunds.iter().find(|refund| refund.request_no == request_no);
        if let Some(before) = before {
            if before.fen != amount {
                return Err(Refusal::business("ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致"));
            }
            return Ok(refunded(&trade, "N"));
        }
        match trade.state {
            TradeState::Finished => return Err(Refusal::business("ACQ.TRADE_HAS_FINISHED", "交易已完结")),
            TradeState::Waiting | TradeState::Closed => return Err(WRONG_STATE),
            TradeState::Paid => {}
        }
        if trade.paid_at.is_some_and(|paid_at| now > later(paid_at, LONGEST_SECONDS)) {
            return Err(Refusal::business("ACQ.TRADE_HAS_FINISHED", "交易已完结"));
        }
        if amount > trade.total_fen.saturating_sub(trade.refunded_fen()) {
            return Err(Refusal::business("ACQ.REASON_TRADE_REFUND_FEE_ERR", "退款金额无效"));
        }
        if self.use_up(&trade.out_trade_no, |faults| &mut faults.not_enough) {
            return Err(Refusal::business("ACQ.SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足"));
        }
        self.give_back(&trade.out_trade_no, &request_no, amount, now);
        Ok(refunded(self.of_school(asked)?, "Y"))
    }

    pub(super) fn query_refund(&self, asked: &Asked) -> Result<Value, Refusal> {
        let trade = self.of_school(asked)?;
        let request_no = asked.text("out_request_no").ok_or(Refusal::parameter("out_request_no 缺失"))?;
        let Some(refund) = trade.refunds.iter().find(|refund| refund.request_no == request_no) else {
            return Ok(json!({}));
        };
        let mut shown = json!({
            "trade_no": trade.trade_no,
            "out_trade_no": trade.out_trade_no,
            "out_request_no": refund.request_no,
            "total_amount": yuan(trade.total_fen),
            "refund_amount": yuan(refund.fen),
            "refund_status": "REFUND_SUCCESS",
        });
        let wanted = asked.content.get("query_options").and_then(Value::as_array);
        let wants_time = wanted.is_some_and(|options| options.contains(&json!("gmt_refund_pay")));
        if let (true, Some(shown)) = (wants_time, shown.as_object_mut()) {
            shown.insert("gmt_refund_pay".to_owned(), json!(civil(refund.at)));
        }
        Ok(shown)
    }

    fn give_back(&mut self, out_trade_no: &str, request_no: &str, fen: i64, now: Timestamp) {
        let Some(trade) = self.trades.get_mut(out_trade_no) else { return };
        trade.refunds.push(TradeRefund { request_no: request_no.to_owned(), fen, at: now });
        if trade.refunded_fen() == trade.total_fen {
            trade.state = TradeState::Closed;
        }
        self.notify(out_trade_no, Some(request_no), now);
    }

    /// A payment as one school may see it. Another school's is not there at all.
    fn of_school(&self, asked: &Asked) -> Result<&Trade, Refusal> {
        let named = |trade: &&Trade| {
            asked.text("out_trade_no").is_some_and(|number| number == trade.out_trade_no)
                || asked.text("trade_no").is_some_and(|number| number == trade.trade_no)
        };
        let trade = self.trades.values().find(named).filter(|trade| trade.seller == asked.seller.pid);
        trade.ok_or(NOT_THERE)
    }

    fn trade_no(&mut self, now: Timestamp) -> String {
        let day = china().to_datetime(now).strftime("%Y%m%d").to_string();
        format!("{day}22001{}{}", self.dice.digits(8), self.dice.digits(7))
    }
}

/// What a refund is answered with: how much went back in all, not under this number.
fn refunded(trade: &Trade, fund_change: &str) -> Value {
    json!({
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "buyer_logon_id": "159****5620",
        "fund_change": fund_change,
        "refund_fee": yuan(trade.refunded_fen()),
    })
}

/// The application of a school, as notifications name it.
pub(super) fn auth_app_id(pid: &str) -> &'static str {
    SELLERS.into_iter().find(|seller| seller.pid == pid).map_or("", |seller| seller.auth_app_id)
}
