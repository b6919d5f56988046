//! Calls to the provider (下单、查询、关单): create, query, close, and its self-test. Reference: payments §1.1, §1.5, §1.9.

use bytes::Bytes;
use domain::id::PaymentNo;
use domain::payment::{CloseAnswer, PayMethod, ProviderState, Source};
use http::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::callback::Transaction;
use super::verify::claims_signature;
use super::{Wechat, is_merchant};
use crate::channel::{ChannelError, Checkout, Invoke, Outage, Prepared};

const TRANSACTIONS: &str = "/v3/pay/partner/transactions";
const USER_AGENT: &str = concat!("after-school-platform/", env!("CARGO_PKG_VERSION"));

/// The provider's bound on a description.
const DESCRIPTION_CHARACTERS: usize = 127;
const FULLWIDTH_COMMA: char = '\u{ff0c}';
const FULLWIDTH_BACKTICK: char = '\u{ff40}';

/// What the provider says when it does not do as it was told.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct PrepaidAnswer {
    prepay_id: String,
}

#[derive(Deserialize)]
struct CodeAnswer {
    code_url: String,
}

#[derive(Deserialize)]
struct PageAnswer {
    h5_url: String,
}

impl Wechat {
    /// Creates the payment at the provider, or gets its parameters again. May be repeated with the same values.
    pub async fn create(&self, checkout: &Checkout) -> Result<Prepared, ChannelError> {
        let path = match checkout.method {
            PayMethod::Jsapi | PayMethod::MiniProgram => "jsapi",
            PayMethod::Native => "native",
            PayMethod::H5 => "h5",
            PayMethod::Page | PayMethod::Wap | PayMethod::App => return Err(ChannelError::Unsendable("method")),
        };
        let answer =
            self.call(&Method::POST, &format!("{TRANSACTIONS}/{path}"), &self.order(checkout)?.to_string()).await?;
        match checkout.method {
            PayMethod::Jsapi | PayMethod::MiniProgram => {
                let PrepaidAnswer { prepay_id } = read(&answer, "prepay_id")?;
                self.invoke(checkout, &prepay_id).map(Prepared::Invoke)
            }
            PayMethod::Native => {
                let CodeAnswer { code_url } = read(&answer, "code_url")?;
                Ok(Prepared::Scan { code_url })
            }
            PayMethod::H5 => {
                let PageAnswer { h5_url } = read(&answer, "h5_url")?;
                Ok(Prepared::Redirect { h5_url })
            }
            PayMethod::Page | PayMethod::Wap | PayMethod::App => Err(ChannelError::Unsendable("method")),
        }
    }

    /// What the provider knows about the payment.
    pub async fn query(&self, payment: &PaymentNo, sub_merchant: &str) -> Result<ProviderState, ChannelError> {
        let sub_merchant = merchant(sub_merchant)?;
        let target =
            format!("{TRANSACTIONS}/out-trade-no/{payment}?sp_mchid={}&sub_mchid={sub_merchant}", self.merchant);
        let answer = match self.call(&Method::GET, &target, "").await {
            Ok(answer) => answer,
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => return Ok(ProviderState::Unknown),
            Err(error) => return Err(error),
        };
        let transaction: Transaction = read(&answer, "transaction")?;
        if transaction.out_trade_no != payment.as_str() || transaction.sp_mchid != self.merchant {
            return Err(ChannelError::Malformed("answer about another payment"));
        }
        match transaction.trade_state.as_str() {
            // After any refund a payment reads REFUND; it was paid all the same.
            "SUCCESS" | "REFUND" => transaction
                .evidence(payment.clone(), Source::Query, None)
                .map(ProviderState::Paid)
                .ok_or(ChannelError::Malformed("paid without amount, time or number")),
            // A failed attempt can be made again until the payment is closed.
            "NOTPAY" | "PAYERROR" => Ok(ProviderState::Unpaid),
            "USERPAYING" | "ACCEPT" => Ok(ProviderState::Paying),
            "CLOSED" | "REVOKED" => Ok(ProviderState::Closed),
            _ => Err(ChannelError::Malformed("trade_state")),
        }
    }

    /// Closes the payment, so that it can never be paid.
    pub async fn close(&self, payment: &PaymentNo, sub_merchant: &str) -> Result<CloseAnswer, ChannelError> {
        let sub_merchant = merchant(sub_merchant)?;
        let body = json!({ "sp_mchid": self.merchant, "sub_mchid": sub_merchant });
        let target = format!("{TRANSACTIONS}/out-trade-no/{payment}/close");
        match self.call(&Method::POST, &target, &body.to_string()).await {
            Ok(answer) if answer.status() == StatusCode::NO_CONTENT => Ok(CloseAnswer::Closed),
            Ok(_) => Err(ChannelError::Malformed("close answers without content")),
            Err(ChannelError::Closed) => Ok(CloseAnswer::Closed),
            Err(ChannelError::AlreadyPaid) => Ok(CloseAnswer::Paid),
            Err(ChannelError::Refused { code, .. }) if code == "USERPAYING" => Ok(CloseAnswer::Paying),
            Err(ChannelError::Refused { code, .. }) if is_unknown(&code) => Ok(CloseAnswer::Unknown),
            Err(error) => Err(error),
        }
    }

    /// The provider's self-test: it checks our signature, we check that of its answer, and a notification follows to
    /// `notify_url`. No money moves.
    pub async fn echo(&self, message: &str, notify_url: &str) -> Result<(), ChannelError> {
        let body = json!({ "echo_message": message, "notify_url": notify_url });
        self.call(&Method::POST, "/v3/security/echo", &body.to_string()).await.map(|_verified| ())
    }

    /// The body of a create. Key order is fixed, so that a repetition is the same text.
    fn order(&self, checkout: &Checkout) -> Result<Value, ChannelError> {
        if checkout.amount.fen() <= 0 {
            return Err(ChannelError::Unsendable("amount"));
        }
        let mut order = json!({
            "sp_appid": self.app,
            "sp_mchid": self.merchant,
            "sub_mchid": merchant(&checkout.sub_merchant)?,
            "description": description(&checkout.description),
            "out_trade_no": checkout.payment.as_str(),
            "time_expire": checkout.expires_at.to_string(),
            "notify_url": checkout.notify_url,
            "amount": { "total": checkout.amount.fen(), "currency": "CNY" },
        });
        let mut add = |name: &str, value: Value| {
            if let Some(order) = order.as_object_mut() {
                order.insert(name.to_owned(), value);
            }
        };
        if let Some(sub_app) = &checkout.sub_app {
            add("sub_appid", json!(sub_app));
        }
        match checkout.method {
            PayMethod::Jsapi | PayMethod::MiniProgram => {
                let payer = checkout.payer.as_deref().ok_or(ChannelError::Unsendable("payer"))?;
                let owner = if checkout.sub_app.is_some() { "sub_openid" } else { "sp_openid" };
                add("payer", json!({ owner: payer }));
            }
            PayMethod::H5 => {
                let address = checkout.payer_ip.as_deref().ok_or(ChannelError::Unsendable("payer_ip"))?;
                add("scene_info", json!({ "payer_client_ip": address, "h5_info": { "type": "Wap" } }));
            }
            PayMethod::Native | PayMethod::Page | PayMethod::Wap | PayMethod::App => {}
        }
        Ok(order)
    }

    fn invoke(&self, checkout: &Checkout, prepay_id: &str) -> Result<Invoke, ChannelError> {
        let app_id = checkout.sub_app.as_ref().unwrap_or(&self.app).clone();
        let time_stamp = self.ambient.now().seconds().to_string();
        let nonce_str = self.nonce();
        let package = format!("prepay_id={prepay_id}");
        let pay_sign = self.signer.pay_sign(&app_id, &time_stamp, &nonce_str, &package)?;
        Ok(Invoke { app_id, time_stamp, nonce_str, package, sign_type: "RSA".to_owned(), pay_sign })
    }

    fn nonce(&self) -> String {
        format!("{:016x}{:016x}", self.ambient.random(), self.ambient.random())
    }

    /// One signed request; an answer only if it is a success and its signature holds.
    pub(super) async fn call(
        &self,
        method: &Method,
        target: &str,
        body: &str,
    ) -> Result<Response<Bytes>, ChannelError> {
        let request = self.request(method, target, body)?;
        let answer =
            self.http.send(request).await.map_err(|error| ChannelError::Unavailable(Outage::NoAnswer(error)))?;
        self.judge(answer)
    }

    /// A signed request.
    pub(super) fn request(&self, method: &Method, target: &str, body: &str) -> Result<Request<Bytes>, ChannelError> {
        let authorization = self.signer.authorization(method, target, body, self.ambient.now(), &self.nonce())?;
        Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.base))
            .header("Authorization", authorization)
            .header("Accept", "application/json")
            .header("Content-Type", "application/json")
            .header("User-Agent", USER_AGENT)
            .header("Wechatpay-Serial", &self.answer_serial)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .map_err(|_unsendable| ChannelError::Unsendable("request"))
    }

    /// A success has to be signed. A refusal is taken at its word if it is not signed, as the provider's own libraries
    /// do, because none of them is evidence that money moved; but a signature that is there has to hold.
    fn judge(&self, answer: Response<Bytes>) -> Result<Response<Bytes>, ChannelError> {
        let status = answer.status();
        if status.is_success() || claims_signature(answer.headers()) {
            self.verifiers
                .verify(answer.headers(), answer.body(), self.ambient.now())
                .map_err(ChannelError::BadSignature)?;
        }
        if matches!(status, StatusCode::OK | StatusCode::NO_CONTENT) {
            return Ok(answer);
        }
        let refusal: Option<Refusal> = serde_json::from_slice(answer.body()).ok();
        let Some(Refusal { code, message }) = refusal else {
            return Err(if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                ChannelError::Unavailable(Outage::Busy { status: status.as_u16(), code: String::new() })
            } else {
                ChannelError::Malformed("refusal")
            });
        };
        Err(refused(status, code, message))
    }
}

/// The meaning of a refusal. The code outranks the status, except that no 5xx is ever definite.
fn refused(status: StatusCode, code: String, message: String) -> ChannelError {
    let busy = matches!(code.as_str(), "SYSTEM_ERROR" | "FREQUENCY_LIMITED" | "RATELIMIT_EXCEEDED" | "BANK_ERROR");
    if busy || status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return ChannelError::Unavailable(Outage::Busy { status: status.as_u16(), code });
    }
    match code.as_str() {
        "ORDERPAID" => ChannelError::AlreadyPaid,
        "ORDER_CLOSED" => ChannelError::Closed,
        "OUT_TRADE_NO_USED" => ChannelError::NumberUsed,
        "NOT_ENOUGH" => ChannelError::NotEnough,
        _ => ChannelError::Refused { code, message },
    }
}

pub(super) fn is_unknown(code: &str) -> bool {
    matches!(code, "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS")
}

pub(super) fn read<T: DeserializeOwned>(answer: &Response<Bytes>, what: &'static str) -> Result<T, ChannelError> {
    serde_json::from_slice(answer.body()).map_err(|_unreadable| ChannelError::Malformed(what))
}

pub(super) fn merchant(number: &str) -> Result<&str, ChannelError> {
    if is_merchant(number) { Ok(number) } else { Err(ChannelError::Unsendable("sub_merchant")) }
}

/// The description as the provider may have it. Its daily bills are comma-separated cells that start with a backtick
/// and know no quoting, so neither may occur.
fn description(text: &str) -> String {
    let safe = text.chars().map(|c| match c {
        ',' => FULLWIDTH_COMMA,
        '`' => FULLWIDTH_BACKTICK,
        c if c.is_control() => ' ',
        c => c,
    });
    safe.take(DESCRIPTION_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_cannot_break_a_bill() {
        assert_eq!(description("足球,`周三`\n1"), "足球\u{ff0c}\u{ff40}周三\u{ff40} 1");
        assert_eq!(description(&"课".repeat(200)).chars().count(), DESCRIPTION_CHARACTERS);
    }

    #[test]
    fn no_server_error_is_definite() {
        let error = refused(StatusCode::INTERNAL_SERVER_ERROR, "ORDERPAID".into(), String::new());
        assert!(matches!(error, ChannelError::Unavailable(_)), "{error:?}");
        assert!(!error.outcome_is_known());
        let error = refused(StatusCode::FORBIDDEN, "FREQUENCY_LIMITED".into(), String::new());
        assert!(matches!(error, ChannelError::Unavailable(_)), "{error:?}");
    }
}
