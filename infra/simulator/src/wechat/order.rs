//! Payments at the provider (下单、查单、关单): created, paid, closed. Reference: payments §1.5.

use bytes::Bytes;
use http::{StatusCode, Uri};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Refusal, WechatPay, china, later, origin, parameter, rfc3339};
use crate::keys::{SP_APPID, SP_MCHID};

const DEFAULT_LIFE_SECONDS: i64 = 7 * 24 * 3600;
const SHORTEST_LIFE_SECONDS: i64 = 60;
const LONGEST_LIFE_SECONDS: i64 = 90 * 24 * 3600;

/// A payment, as the provider keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The merchant's number.
    pub out_trade_no: String,
    /// The school.
    pub sub_mchid: String,
    /// `JSAPI`, `NATIVE` or `MWEB`.
    pub trade_type: String,
    /// What the payer reads.
    pub description: String,
    /// Fen.
    pub total_fen: i64,
    /// Where it is reported.
    pub notify_url: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The last moment of paying.
    pub expires_at: Timestamp,
    /// The payer is entering a password until then.
    pub paying_until: Option<Timestamp>,
    /// How far it got.
    pub state: PaymentState,
    /// Everything the merchant sent: a repetition has to be the same.
    parameters: Value,
}

/// How far a payment got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PaymentState {
    /// Waits for its payer; after its last moment, in vain.
    Open,
    /// Paid.
    Paid {
        /// The provider's number.
        transaction_id: String,
        /// When.
        paid_at: Timestamp,
        /// How much; not the amount asked for if a test wanted it so.
        paid_fen: i64,
    },
    /// Closed by the merchant.
    Closed {
        /// When.
        closed_at: Timestamp,
    },
}

/// Why a payer cannot pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayRefusal {
    /// There is no such payment.
    Unknown,
    /// Its last moment has passed.
    Expired,
    /// The merchant closed it.
    Closed,
    /// It is paid.
    AlreadyPaid,
}

/// The body of a create. Strict on purpose: a misspelt field is a mistake of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    sp_appid: String,
    sp_mchid: String,
    sub_mchid: String,
    #[serde(default)]
    sub_appid: Option<String>,
    description: String,
    out_trade_no: String,
    #[serde(default)]
    time_expire: Option<String>,
    #[serde(default)]
    attach: Option<String>,
    notify_url: String,
    amount: CreateAmount,
    #[serde(default)]
    payer: Option<Payer>,
    #[serde(default)]
    scene_info: Option<Scene>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateAmount {
    total: i64,
    currency: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payer {
    #[serde(default)]
    sp_openid: Option<String>,
    #[serde(default)]
    sub_openid: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scene {
    payer_client_ip: String,
    #[serde(default)]
    h5_info: Option<Value>,
}

impl Create {
    fn check(&self, kind: &str) -> Result<(), Refusal> {
        if self.sp_mchid != SP_MCHID {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "NO_AUTH", "商户号与签名不一致"));
        }
        if self.sp_appid != SP_APPID {
            let mismatch = "服务商 appid 与商户号不匹配";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "APPID_MCHID_NOT_MATCH", mismatch));
        }
        if !is_number(&self.sub_mchid) {
            return Err(Refusal::parameter("sub_mchid 不正确"));
        }
        if !(1..=127).contains(&self.description.chars().count()) {
            return Err(Refusal::parameter("description 长度不正确"));
        }
        if self.attach.as_ref().is_some_and(|attach| attach.chars().count() > 128) {
            return Err(Refusal::parameter("attach 过长"));
        }
        let letters = |c: u8| c.is_ascii_alphanumeric() || b"_-|*".contains(&c);
        if !(6..=32).contains(&self.out_trade_no.len()) || !self.out_trade_no.bytes().all(letters) {
            return Err(Refusal::parameter("out_trade_no 不正确"));
        }
        let reachable = self.notify_url.starts_with("https://") || self.notify_url.starts_with("http://");
        if !reachable || self.notify_url.len() > 255 || self.notify_url.contains('?') {
            return Err(Refusal::parameter("notify_url 不正确"));
        }
        if self.amount.total < 1 || self.amount.currency != "CNY" {
            return Err(Refusal::parameter("amount 不正确"));
        }
        self.check_scene(kind)
    }

    fn check_scene(&self, kind: &str) -> Result<(), Refusal> {
        let scene = self.scene_info.as_ref();
        match kind {
            "jsapi" => match &self.payer {
                Some(Payer { sp_openid: Some(id), sub_openid: None }) if !id.is_empty() => Ok(()),
                Some(Payer { sp_openid: None, sub_openid: Some(id) }) if !id.is_empty() && self.sub_appid.is_some() => {
                    Ok(())
                }
                _ => Err(Refusal::parameter("payer 不正确")),
            },
            "h5" if scene.is_none_or(|s| s.payer_client_ip.is_empty() || s.h5_info.is_none()) => {
                Err(Refusal::parameter("scene_info 不正确"))
            }
            _ => Ok(()),
        }
    }

    /// The last moment of paying. One that is too near is moved without a word, as the provider does.
    fn expires_at(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        let Some(text) = &self.time_expire else { return Ok(later(now, DEFAULT_LIFE_SECONDS)) };
        let wanted: Timestamp = text.parse().map_err(|_unreadable| Refusal::parameter("time_expire 格式不正确"))?;
        if wanted > later(now, LONGEST_LIFE_SECONDS) {
            return Err(Refusal::parameter("time_expire 超过最长有效期"));
        }
        Ok(wanted.max(later(now, SHORTEST_LIFE_SECONDS)))
    }
}

impl Payment {
    /// The whole of it, as queries and notifications show it. After any refund it reads `REFUND`.
    pub(super) fn transaction(&self, now: Timestamp, refunded: bool) -> Value {
        let paid_fen = match self.state {
            PaymentState::Paid { paid_fen, .. } => paid_fen,
            PaymentState::Open | PaymentState::Closed { .. } => self.total_fen,
        };
        let mut shown = json!({
            "sp_mchid": SP_MCHID,
            "sp_appid": SP_APPID,
            "sub_mchid": self.sub_mchid,
            "out_trade_no": self.out_trade_no,
            "trade_state": if refunded { "REFUND" } else { self.trade_state(now) },
            "trade_state_desc": if refunded { "订单发生过退款" } else { self.trade_state_text(now) },
            "amount": {
                "total": paid_fen, "payer_total": paid_fen, "currency": "CNY", "payer_currency": "CNY",
            },
        });
        let optional = ["sub_appid", "attach", "payer"].map(|name| (name, self.parameters.get(name).cloned()));
        let mut more: Vec<(&str, Option<Value>)> = optional.into();
        if let PaymentState::Paid { transaction_id, paid_at, .. } = &self.state {
            more.push(("transaction_id", Some(json!(transaction_id))));
            more.push(("success_time", Some(json!(rfc3339(*paid_at)))));
            more.push(("trade_type", Some(json!(self.trade_type))));
            more.push(("bank_type", Some(json!("OTHERS"))));
        }
        if let Some(shown) = shown.as_object_mut() {
            for (name, value) in more {
                if let Some(value) = value {
                    shown.insert(name.to_owned(), value);
                }
            }
        }
        shown
    }

    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn payer(&self) -> &str {
        let payer = self.parameters.get("payer");
        let id = payer.and_then(|payer| payer.get("sp_openid").or_else(|| payer.get("sub_openid")));
        id.and_then(Value::as_str).unwrap_or_default()
    }

    fn is_paying(&self, now: Timestamp) -> bool {
        self.state == PaymentState::Open && self.paying_until.is_some_and(|until| now < until)
    }

    fn trade_state(&self, now: Timestamp) -> &'static str {
        match self.state {
            PaymentState::Paid { .. } => "SUCCESS",
            PaymentState::Closed { .. } => "CLOSED",
            PaymentState::Open if self.is_paying(now) => "USERPAYING",
            PaymentState::Open => "NOTPAY",
        }
    }

    fn trade_state_text(&self, now: Timestamp) -> &'static str {
        match self.state {
            PaymentState::Paid { .. } => "支付成功",
            PaymentState::Closed { .. } => "订单已关闭",
            PaymentState::Open if self.is_paying(now) => "用户支付中",
            PaymentState::Open => "订单未支付",
        }
    }
}

impl WechatPay {
    pub(super) fn create(&mut self, kind: &str, body: &Bytes, uri: &Uri, now: Timestamp) -> Result<Answer, Refusal> {
        let parameters: Value =
            serde_json::from_slice(body).map_err(|_unreadable| Refusal::parameter("请求体不是 JSON"))?;
        let create: Create =
            serde_json::from_value(parameters.clone()).map_err(|_unreadable| Refusal::parameter("参数不正确"))?;
        create.check(kind)?;
        let trade_type = match kind {
            "jsapi" => "JSAPI",
            "native" => "NATIVE",
            _ => "MWEB",
        };
        if let Some(before) = self.payments.get(&create.out_trade_no) {
            may_repeat(before, trade_type, &parameters, now)?;
        } else {
            let payment = Payment {
                expires_at: create.expires_at(now)?,
                out_trade_no: create.out_trade_no.clone(),
                sub_mchid: create.sub_mchid,
                trade_type: trade_type.to_owned(),
                description: create.description,
                total_fen: create.amount.total,
                notify_url: create.notify_url,
                created_at: now,
                paying_until: None,
                state: PaymentState::Open,
                parameters,
            };
            self.payments.insert(create.out_trade_no.clone(), payment);
        }
        let fresh = self.dice.hex(32);
        let answer = match kind {
            "jsapi" => json!({ "prepay_id": format!("wx{fresh}") }),
            "native" => json!({ "code_url": format!("weixin://wxpay/bizpayurl?pr={fresh}") }),
            // The real page opens WeChat; here a person pays on the simulator's own page.
            _ => json!({ "h5_url": format!("{}/pay/{}", origin(uri), create.out_trade_no) }),
        };
        Ok(Answer::json(StatusCode::OK, &answer))
    }

    pub(super) fn query_by_number(&self, number: &str, query: &str, now: Timestamp) -> Result<Answer, Refusal> {
        let payment = self.of_school(number, parameter(query, "sp_mchid"), parameter(query, "sub_mchid"))?;
        let refunded = self.refunds.values().any(|refund| refund.out_trade_no == number && refund.holds());
        Ok(Answer::json(StatusCode::OK, &payment.transaction(now, refunded)))
    }

    pub(super) fn query_by_transaction(
        &self,
        transaction: &str,
        query: &str,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let is_it = |payment: &&Payment| matches!(&payment.state, PaymentState::Paid { transaction_id, .. } if transaction_id == transaction);
        let number = self.payments.values().find(is_it).map_or("", |payment| &payment.out_trade_no);
        self.query_by_number(number, query, now)
    }

    pub(super) fn close(&mut self, number: &str, body: &Bytes, now: Timestamp) -> Result<Answer, Refusal> {
        let body: Value = serde_json::from_slice(body).map_err(|_unreadable| Refusal::parameter("请求体不是 JSON"))?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let payment = self.of_school(number, text("sp_mchid"), text("sub_mchid"))?;
        match payment.state {
            PaymentState::Paid { .. } => {
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "ORDERPAID", "该订单已支付"));
            }
            PaymentState::Closed { .. } => {
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "ORDER_CLOSED", "该订单已关闭"));
            }
            PaymentState::Open if payment.is_paying(now) => {
                return Err(Refusal::new(StatusCode::ACCEPTED, "USERPAYING", "用户支付中，需要输入密码"));
            }
            PaymentState::Open => {}
        }
        if let Some(payment) = self.payments.get_mut(number) {
            payment.state = PaymentState::Closed { closed_at: now };
        }
        Ok(Answer::empty())
    }

    /// The payer presses 支付. Gives the provider's number; notifications follow.
    pub fn pay(&mut self, out_trade_no: &str, now: Timestamp) -> Result<String, PayRefusal> {
        let total = self.payments.get(out_trade_no).ok_or(PayRefusal::Unknown)?.total_fen;
        self.pay_amount(out_trade_no, total, now)
    }

    /// The payer pays another amount than was asked for: the provider's own books are wrong, also when asked.
    pub fn pay_amount(&mut self, out_trade_no: &str, paid_fen: i64, now: Timestamp) -> Result<String, PayRefusal> {
        let payment = self.payments.get_mut(out_trade_no).ok_or(PayRefusal::Unknown)?;
        match payment.state {
            PaymentState::Paid { .. } => return Err(PayRefusal::AlreadyPaid),
            PaymentState::Closed { .. } => return Err(PayRefusal::Closed),
            PaymentState::Open if now > payment.expires_at => return Err(PayRefusal::Expired),
            PaymentState::Open => {}
        }
        let day = china().to_datetime(now).strftime("%Y%m%d").to_string();
        let transaction_id = format!("42000{}{day}{}", self.dice.digits(5), self.dice.digits(10));
        payment.state = PaymentState::Paid { transaction_id: transaction_id.clone(), paid_at: now, paid_fen };
        self.notify_paid(out_trade_no, now);
        Ok(transaction_id)
    }

    /// The payment succeeds after it was closed: it was under way when the close was confirmed, as happens now and then.
    pub fn pay_although_closed(&mut self, out_trade_no: &str, now: Timestamp) -> Result<String, PayRefusal> {
        let payment = self.payments.get_mut(out_trade_no).ok_or(PayRefusal::Unknown)?;
        if matches!(payment.state, PaymentState::Closed { .. }) {
            payment.state = PaymentState::Open;
            payment.expires_at = payment.expires_at.max(now);
        }
        self.pay(out_trade_no, now)
    }

    /// The payer is entering a password until then: the payment can be neither closed nor called unpaid.
    pub fn enter_password(&mut self, out_trade_no: &str, until: Timestamp) -> Result<(), PayRefusal> {
        let payment = self.payments.get_mut(out_trade_no).ok_or(PayRefusal::Unknown)?;
        payment.paying_until = Some(until);
        Ok(())
    }

    /// A payment as one school may see it. Another school's number is not there at all.
    fn of_school(&self, number: &str, sp_mchid: Option<&str>, sub_mchid: Option<&str>) -> Result<&Payment, Refusal> {
        let sub_mchid = sub_mchid.filter(|number| is_number(number)).ok_or(Refusal::parameter("sub_mchid 不正确"))?;
        if sp_mchid != Some(SP_MCHID) {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "NO_AUTH", "商户号与签名不一致"));
        }
        let payment = self.payments.get(number).filter(|payment| payment.sub_mchid == sub_mchid);
        payment.ok_or(Refusal::new(StatusCode::NOT_FOUND, "ORDER_NOT_EXIST", "订单不存在"))
    }
}

fn may_repeat(before: &Payment, trade_type: &str, parameters: &Value, now: Timestamp) -> Result<(), Refusal> {
    match before.state {
        PaymentState::Paid { .. } => Err(Refusal::new(StatusCode::BAD_REQUEST, "ORDERPAID", "该订单已支付")),
        PaymentState::Closed { .. } => Err(Refusal::new(StatusCode::BAD_REQUEST, "ORDER_CLOSED", "该订单已关闭")),
        PaymentState::Open if before.trade_type != trade_type || before.parameters != *parameters => {
            Err(Refusal::new(StatusCode::FORBIDDEN, "OUT_TRADE_NO_USED", "商户订单号重复"))
        }
        PaymentState::Open if now > before.expires_at => {
            Err(Refusal::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "订单已过支付有效期"))
        }
        PaymentState::Open => Ok(()),
    }
}

fn is_number(text: &str) -> bool {
    (8..=32).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit())
}
