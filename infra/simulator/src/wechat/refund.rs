//! Refunds at the provider (退款): taken on, finished, stuck, sent elsewhere. Reference: payments §1.7.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, PaymentState, Refusal, WechatPay, china, later, parameter, rfc3339};
use crate::keys::{self, SP_MCHID};

/// How long a refund takes that nothing is the matter with.
pub const REFUND_SECONDS: i64 = 5;
/// How long a refund waits for balance, until the provider gives it up.
pub const UNFUNDED_SECONDS: i64 = 7 * 24 * 3600;
/// For how long after its payment money can go back.
const LONGEST_SECONDS: i64 = 365 * 24 * 3600;
/// Refunds a payment may have.
const MOST_REFUNDS: usize = 50;
const REASON_BYTES: usize = 80;

/// A refund, as the provider keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The merchant's number; for one made in the console, the console's.
    pub out_refund_no: String,
    /// The provider's number.
    pub refund_id: String,
    /// The payment it goes back from.
    pub out_trade_no: String,
    /// Fen.
    pub refund_fen: i64,
    /// Where it is reported; nowhere if it was made in the console.
    pub notify_url: Option<String>,
    /// When it was taken on.
    pub created_at: Timestamp,
    /// When it goes on by itself, if it does.
    pub due: Option<Timestamp>,
    /// The school's balance does not cover it: it is given up when it is due.
    pub unfunded: bool,
    /// Where the money went or goes, if not back to where it came from.
    pub redirected: Option<String>,
    /// How it stands.
    pub state: RefundState,
    /// Everything the merchant sent: a repetition has to be the same.
    parameters: Value,
}

/// How a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RefundState {
    /// Taken on.
    Processing,
    /// The payer's card takes no money.
    Abnormal,
    /// Given up: the school's balance never covered it.
    Closed,
    /// The payer has it.
    Success {
        /// When.
        at: Timestamp,
    },
}

/// How a refund under way goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStep {
    /// The payer gets it.
    Success,
    /// The payer's card takes no money.
    Abnormal,
    /// The provider gives it up.
    Closed,
}

/// Why nothing goes back, or a refund does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundRefusal {
    /// There is no such payment, or no such refund.
    Unknown,
    /// The payment is not paid, or the refund has ended.
    WrongState,
    /// More than is left of the payment.
    TooMuch,
}

/// The body of a refund. Strict on purpose: a misspelt field is a mistake of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    sub_mchid: String,
    #[serde(default)]
    transaction_id: Option<String>,
    #[serde(default)]
    out_trade_no: Option<String>,
    out_refund_no: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    notify_url: Option<String>,
    amount: CreateAmount,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateAmount {
    refund: i64,
    total: i64,
    currency: String,
}

/// The body of an application for an abnormal refund.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Apply {
    sub_mchid: String,
    out_refund_no: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    bank_type: Option<String>,
    #[serde(default)]
    bank_account: Option<String>,
    #[serde(default)]
    real_name: Option<String>,
}

impl Create {
    fn check(&self) -> Result<(), Refusal> {
        let letters = |c: u8| c.is_ascii_alphanumeric() || b"_-|*@".contains(&c);
        if !(1..=64).contains(&self.out_refund_no.len()) || !self.out_refund_no.bytes().all(letters) {
            return Err(Refusal::parameter("out_refund_no 不正确"));
        }
        if self.transaction_id.is_some() == self.out_trade_no.is_some() {
            return Err(Refusal::parameter("transaction_id 与 out_trade_no 应二选一"));
        }
        if self.reason.as_ref().is_some_and(|reason| reason.len() > REASON_BYTES) {
            return Err(Refusal::parameter("reason 过长"));
        }
        if self.notify_url.as_ref().is_some_and(|url| url.len() > 256 || url.contains('?')) {
            return Err(Refusal::parameter("notify_url 不正确"));
        }
        if self.amount.refund < 1 || self.amount.total < self.amount.refund || self.amount.currency != "CNY" {
            return Err(Refusal::parameter("amount 不正确"));
        }
        Ok(())
    }
}

const fn invalid(message: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
}

const fn absent(message: &'static str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_EXISTS", message)
}

impl Refund {
    /// Whether the money is gone or going.
    pub const fn holds(&self) -> bool {
        !matches!(self.state, RefundState::Closed)
    }

    /// The provider's word for how it stands.
    pub const fn status(&self) -> &'static str {
        match self.state {
            RefundState::Processing => "PROCESSING",
            RefundState::Abnormal => "ABNORMAL",
            RefundState::Closed => "CLOSED",
            RefundState::Success { .. } => "SUCCESS",
        }
    }

    fn receiver(&self) -> &str {
        self.redirected.as_deref().unwrap_or("支付用户零钱")
    }

    /// Whether it was made in the merchant's console, without the platform.
    pub fn is_external(&self) -> bool {
        self.parameters.is_null()
    }
}

impl WechatPay {
    /// All refunds, by number.
    pub const fn refunds(&self) -> &std::collections::BTreeMap<String, Refund> {
        &self.refunds
    }

    /// What is gone or going back of a payment.
    pub fn refunded_fen(&self, out_trade_no: &str) -> i64 {
        let of_it = self.refunds.values().filter(|refund| refund.out_trade_no == out_trade_no && refund.holds());
        of_it.fold(0, |sum: i64, refund| sum.saturating_add(refund.refund_fen))
    }

    pub(super) fn refund(&mut self, body: &Bytes, now: Timestamp) -> Result<Answer, Refusal> {
        let parameters: Value =
            serde_json::from_slice(body).map_err(|_unreadable| Refusal::parameter("请求体不是 JSON"))?;
        let create: Create =
            serde_json::from_value(parameters.clone()).map_err(|_unreadable| Refusal::parameter("参数不正确"))?;
        create.check()?;
        if let Some(before) = self.refunds.get(&create.out_refund_no) {
            if before.parameters != parameters {
                return Err(invalid("订单金额或退款金额与之前请求不一致，请核实后再试"));
            }
            return Ok(Answer::json(StatusCode::OK, &self.shown(before)));
        }
        let number = self.paid_number(&create)?;
        let faults = self.faults(&number).clone();
        self.may_refund(&number, &create, now)?;
        if self.use_up(&number, |faults| &mut faults.not_enough) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起"));
        }
        let due = match (faults.refund_hold, faults.refund_unfunded) {
            (true, _) => None,
            (false, true) => Some(later(now, UNFUNDED_SECONDS)),
            (false, false) => Some(later(now, REFUND_SECONDS)),
        };
        let refund = Refund {
            refund_id: self.refund_id(now),
            out_refund_no: create.out_refund_no,
            out_trade_no: number,
            refund_fen: create.amount.refund,
            notify_url: create.notify_url,
            created_at: now,
            due,
            unfunded: faults.refund_unfunded,
            redirected: None,
            state: RefundState::Processing,
            parameters,
        };
        let shown = self.shown(&refund);
        self.refunds.insert(refund.out_refund_no.clone(), refund);
        Ok(Answer::json(StatusCode::OK, &shown))
    }

    pub(super) fn query_refund(&self, number: &str, query: &str) -> Result<Answer, Refusal> {
        let school = parameter(query, "sub_mchid").ok_or(Refusal::parameter("sub_mchid 不正确"))?;
        let refund = self.refunds.get(number).filter(|refund| self.is_of(refund, school));
        Ok(Answer::json(StatusCode::OK, &self.shown(refund.ok_or(absent("退款单不存在"))?)))
    }

    /// The merchant has an abnormal refund go elsewhere. `headers` say with which key the card was sealed.
    pub(super) fn apply_abnormal(
        &mut self,
        refund_id: &str,
        headers: &HeaderMap,
        body: &Bytes,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let apply: Apply = serde_json::from_slice(body).map_err(|_unreadable| Refusal::parameter("参数不正确"))?;
        let refund = self.refunds.get(&apply.out_refund_no).filter(|refund| refund.refund_id == refund_id);
        let refund = refund.filter(|refund| self.is_of(refund, &apply.sub_mchid)).ok_or(absent("退款单不存在"))?;
        if refund.state != RefundState::Abnormal {
            return Err(invalid("退款单不是异常状态"));
        }
        let receiver = apply.receiver(headers)?;
        let mut refund = refund.clone();
        refund.redirected = Some(receiver);
        refund.unfunded = false;
        refund.state = RefundState::Processing;
        refund.due = Some(later(now, REFUND_SECONDS));
        let shown = self.shown(&refund);
        self.refunds.insert(refund.out_refund_no.clone(), refund);
        Ok(Answer::json(StatusCode::OK, &shown))
    }

    /// Money goes back that the platform knows nothing of: by hand, in the merchant's console. Gives its number.
    pub fn refund_in_console(
        &mut self,
        out_trade_no: &str,
        refund_fen: i64,
        now: Timestamp,
    ) -> Result<String, RefundRefusal> {
        let payment = self.payments.get(out_trade_no).ok_or(RefundRefusal::Unknown)?;
        let PaymentState::Paid { paid_fen, .. } = payment.state else { return Err(RefundRefusal::WrongState) };
        if refund_fen < 1 || refund_fen > paid_fen.saturating_sub(self.refunded_fen(out_trade_no)) {
            return Err(RefundRefusal::TooMuch);
        }
        let number = self.dice.digits(18);
        let refund = Refund {
            refund_id: self.refund_id(now),
            out_refund_no: number.clone(),
            out_trade_no: out_trade_no.to_owned(),
            refund_fen,
            notify_url: None,
            created_at: now,
            due: Some(later(now, REFUND_SECONDS)),
            unfunded: false,
            redirected: None,
            state: RefundState::Processing,
            parameters: Value::Null,
        };
        self.refunds.insert(number.clone(), refund);
        Ok(number)
    }

    /// A refund that is under way, or abnormal, goes on; it is reported.
    pub fn step_refund(&mut self, number: &str, step: RefundStep, now: Timestamp) -> Result<(), RefundRefusal> {
        let refund = self.refunds.get_mut(number).ok_or(RefundRefusal::Unknown)?;
        let (state, event_type) = match (refund.state, step) {
            (RefundState::Processing | RefundState::Abnormal, RefundStep::Success) => {
                (RefundState::Success { at: now }, "REFUND.SUCCESS")
            }
            (RefundState::Processing, RefundStep::Abnormal) => (RefundState::Abnormal, "REFUND.ABNORMAL"),
            (RefundState::Processing, RefundStep::Closed) => (RefundState::Closed, "REFUND.CLOSED"),
            _ => return Err(RefundRefusal::WrongState),
        };
        refund.state = state;
        refund.due = None;
        self.notify_refund(number, event_type, now);
        Ok(())
    }

    /// What goes on by itself does so.
    pub(super) fn step_refunds(&mut self, now: Timestamp) {
        let mut due: Vec<(Timestamp, String)> = self
            .refunds
            .values()
            .filter_map(|refund| Some((refund.due.filter(|due| *due <= now)?, refund.out_refund_no.clone())))
            .collect();
        due.sort_unstable();
        for (at, number) in due {
            let Some(refund) = self.refunds.get(&number) else { continue };
            let abnormal = self.faults(&refund.out_trade_no).refund_abnormal && refund.redirected.is_none();
            let step = match (refund.unfunded, abnormal) {
                (true, _) => RefundStep::Closed,
                (false, true) => RefundStep::Abnormal,
                (false, false) => RefundStep::Success,
            };
            self.step_refund(&number, step, at).expect("only refunds under way are due");
        }
    }

    /// The payment that a refund names, as far as this school may see it.
    fn paid_number(&self, create: &Create) -> Result<String, Refusal> {
        let payment = self.payments.values().find(|payment| {
            let by_transaction = match (&payment.state, &create.transaction_id) {
                (PaymentState::Paid { transaction_id, .. }, Some(wanted)) => transaction_id == wanted,
                _ => false,
            };
            payment.sub_mchid == create.sub_mchid
                && (by_transaction || create.out_trade_no.as_ref() == Some(&payment.out_trade_no))
        });
        payment.map(|payment| payment.out_trade_no.clone()).ok_or(absent("订单不存在"))
    }

    fn may_refund(&self, number: &str, create: &Create, now: Timestamp) -> Result<(), Refusal> {
        let payment = self.payments.get(number).ok_or(absent("订单不存在"))?;
        let PaymentState::Paid { paid_at, paid_fen, .. } = payment.state else {
            return Err(invalid("订单状态不正确"));
        };
        if create.amount.total != paid_fen {
            return Err(invalid("订单金额与原订单不一致"));
        }
        if now > later(paid_at, LONGEST_SECONDS) {
            return Err(invalid("订单已超过可退款的最大期限"));
        }
        if self.refunds.values().filter(|refund| refund.out_trade_no == number).count() >= MOST_REFUNDS {
            return Err(invalid("订单退款次数已达上限"));
        }
        if create.amount.refund > paid_fen.saturating_sub(self.refunded_fen(number)) {
            return Err(invalid("申请退款金额超过可退金额"));
        }
        Ok(())
    }

    fn is_of(&self, refund: &Refund, school: &str) -> bool {
        self.payments.get(&refund.out_trade_no).is_some_and(|payment| payment.sub_mchid == school)
    }

    fn refund_id(&mut self, now: Timestamp) -> String {
        let day = china().to_datetime(now).strftime("%Y%m%d").to_string();
        format!("50300{}{day}{}", self.dice.digits(5), self.dice.digits(11))
    }

    /// What both answers and notifications show of it.
    fn parts(&self, refund: &Refund) -> (String, String, i64) {
        let payment = self.payments.get(&refund.out_trade_no);
        let school = payment.map(|payment| payment.sub_mchid.clone()).unwrap_or_default();
        match payment.map(|payment| &payment.state) {
            Some(PaymentState::Paid { transaction_id, paid_fen, .. }) => (school, transaction_id.clone(), *paid_fen),
            _ => (school, String::new(), 0),
        }
    }

    /// The refund in an answer.
    fn shown(&self, refund: &Refund) -> Value {
        let (_school, transaction, total) = self.parts(refund);
        let mut shown = json!({
            "refund_id": refund.refund_id,
            "out_refund_no": refund.out_refund_no,
            "transaction_id": transaction,
            "out_trade_no": refund.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": refund.receiver(),
            "create_time": rfc3339(refund.created_at),
            "status": refund.status(),
            "funds_account": "AVAILABLE",
            "amount": {
                "total": total, "refund": refund.refund_fen, "payer_total": total, "payer_refund": refund.refund_fen,
                "settlement_refund": refund.refund_fen, "settlement_total": total, "discount_refund": 0,
                "currency": "CNY",
            },
        });
        if let (RefundState::Success { at }, Some(shown)) = (refund.state, shown.as_object_mut()) {
            shown.insert("success_time".to_owned(), json!(rfc3339(at)));
        }
        shown
    }

    /// The refund in a notification, which names it otherwise.
    pub(super) fn told(&self, refund: &Refund) -> Value {
        let (school, transaction, total) = self.parts(refund);
        let mut told = json!({
            "sp_mchid": SP_MCHID,
            "sub_mchid": school,
            "out_trade_no": refund.out_trade_no,
            "transaction_id": transaction,
            "out_refund_no": refund.out_refund_no,
            "refund_id": refund.refund_id,
            "refund_status": refund.status(),
            "user_received_account": refund.receiver(),
            "amount": {
                "total": total, "refund": refund.refund_fen, "payer_total": total, "payer_refund": refund.refund_fen,
            },
        });
        if let (RefundState::Success { at }, Some(told)) = (refund.state, told.as_object_mut()) {
            told.insert("success_time".to_owned(), json!(rfc3339(at)));
        }
        told
    }
}

impl Apply {
    /// Where the money goes now. What is sealed has to open.
    fn receiver(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        match self.kind.as_str() {
            "MERCHANT_BANK_CARD" => Ok("商户银行卡".to_owned()),
            "USER_BANK_CARD" => {
                let serial = headers.get("Wechatpay-Serial").and_then(|serial| serial.to_str().ok());
                let open = |sealed: &Option<String>| {
                    keys::open_sealed(serial.unwrap_or_default(), sealed.as_deref()?).filter(|text| !text.is_empty())
                };
                let bank = self.bank_type.as_deref().filter(|bank| bank.ends_with("_DEBIT"));
                let bank = bank.ok_or(Refusal::parameter("bank_type 不支持"))?;
                let account = open(&self.bank_account).ok_or(Refusal::parameter("bank_account 解密失败"))?;
                open(&self.real_name).ok_or(Refusal::parameter("real_name 解密失败"))?;
                let tail: String = account.chars().skip(account.chars().count().saturating_sub(4)).collect();
                Ok(format!("{bank}借记卡{tail}"))
            }
            _ => Err(Refusal::parameter("type 不支持")),
        }
    }
}
