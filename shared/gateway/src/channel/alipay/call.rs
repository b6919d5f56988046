//! Calls to the provider (支付宝接口): one signed form, one answer whose raw text is verified. Reference: payments §2.1.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Alipay, civil};
use crate::channel::{CallbackError, ChannelError, Outage, form};

const FORM: &str = "application/x-www-form-urlencoded;charset=utf-8";
const USER_AGENT: &str = concat!("after-school-platform/", env!("CARGO_PKG_VERSION"));
const DONE: &str = "10000";
/// It cannot tell what came of it.
const UNKNOWN: &str = "20000";

/// What every answer begins with.
#[derive(Deserialize)]
struct Head {
    code: String,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    sub_code: String,
    #[serde(default)]
    sub_msg: String,
}

impl Alipay {
    /// The parameters of a method with their signature. `notify_url` is where the provider shall report.
    pub(super) fn parameters(
        &self,
        method: &'static str,
        seller: &str,
        notify_url: Option<&str>,
        content: &Value,
    ) -> Result<BTreeMap<&'static str, String>, ChannelError> {
        let seller = self.sellers.get(seller).ok_or(ChannelError::Unsendable("sub_merchant"))?;
        let mut parameters = BTreeMap::from([
            ("app_id", self.app.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", civil(self.ambient.now())),
            ("version", "1.0".to_owned()),
            ("app_auth_token", seller.app_auth_token.clone()),
            ("biz_content", content.to_string()),
        ]);
        if let Some(url) = notify_url {
            parameters.insert("notify_url", url.to_owned());
        }
        let signed = form::signed_text(parameters.iter().map(|(name, value)| (*name, value.as_str())));
        parameters.insert("sign", self.signer.sign(&signed)?);
        Ok(parameters)
    }

    /// One signed request; an answer only if it is a success and its signature holds.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        seller: &str,
        content: &Value,
    ) -> Result<T, ChannelError> {
        let body = form::written(&self.parameters(method, seller, None, content)?);
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}/gateway.do?charset=utf-8", self.base))
            .header("Content-Type", FORM)
            .header("Accept", "application/json")
            .header("User-Agent", USER_AGENT)
            .body(Bytes::from(body))
            .map_err(|_unsendable| ChannelError::Unsendable("request"))?;
        let answer =
            self.http.send(request).await.map_err(|error| ChannelError::Unavailable(Outage::NoAnswer(error)))?;
        self.judge(method, &answer)
    }

    /// The signature covers the text of the inner answer as it came, letter by letter. Only a refusal of the whole
    /// request comes without one, and is taken at its word: it is no evidence that money moved.
    fn judge<T: DeserializeOwned>(&self, method: &str, answer: &Response<Bytes>) -> Result<T, ChannelError> {
        let status = answer.status();
        if !status.is_success() {
            return Err(if status.is_server_error() || status.as_u16() == 429 {
                ChannelError::Unavailable(Outage::Busy { status: status.as_u16(), code: String::new() })
            } else {
                ChannelError::Malformed("status")
            });
        }
        let mut parts: BTreeMap<String, Box<RawValue>> =
            serde_json::from_slice(answer.body()).map_err(|_unreadable| ChannelError::Malformed("answer"))?;
        let signature = parts.remove("sign").and_then(|sign| serde_json::from_str::<String>(sign.get()).ok());
        let inner = parts.remove(&format!("{}_response", method.replace('.', "_")));
        let refused = parts.remove("error_response");
        let (raw, must_be_signed) = match (inner, refused) {
            (Some(inner), None) => (inner, true),
            (None, Some(refused)) => (refused, false),
            _ => return Err(ChannelError::Malformed("answer without an inner one")),
        };
        if must_be_signed || signature.is_some() {
            let signature = signature.unwrap_or_default();
            self.verify(raw.get().as_bytes(), &signature).map_err(ChannelError::BadSignature)?;
        }
        let head: Head = serde_json::from_str(raw.get()).map_err(|_unreadable| ChannelError::Malformed("code"))?;
        if head.code == DONE && must_be_signed {
            return serde_json::from_str(raw.get()).map_err(|_unreadable| ChannelError::Malformed("content"));
        }
        Err(refusal(head))
    }

    /// Whether the provider signed this text.
    pub(super) fn verify(&self, text: &[u8], signature: &str) -> Result<(), CallbackError> {
        let signature = BASE64_STANDARD.decode(signature).map_err(|_unreadable| CallbackError::BadSignature)?;
        self.verifier.verify_sig(text, &signature).map_err(|_unspecified| CallbackError::BadSignature)
    }
}

/// The meaning of an answer that is no success.
fn refusal(head: Head) -> ChannelError {
    let Head { code, msg, sub_code, sub_msg } = head;
    let busy = sub_code.ends_with("SYSTEM_ERROR") || sub_code.ends_with("system-error") || sub_code.contains("isp.");
    if code == UNKNOWN || (busy && !is_absent_bill(&sub_code)) {
        return ChannelError::Unavailable(Outage::Busy {
            status: 200,
            code: if sub_code.is_empty() { code } else { sub_code },
        });
    }
    match sub_code.as_str() {
        "ACQ.TRADE_HAS_SUCCESS" => ChannelError::AlreadyPaid,
        "ACQ.TRADE_HAS_CLOSE" => ChannelError::Closed,
        "ACQ.DISCORDANT_REPEAT_REQUEST" | "ACQ.CONTEXT_INCONSISTENT" => ChannelError::NumberUsed,
        "ACQ.SELLER_BALANCE_NOT_ENOUGH" => ChannelError::NotEnough,
        _ => ChannelError::Refused {
            code: if sub_code.is_empty() { code } else { sub_code },
            message: if sub_msg.is_empty() { msg } else { sub_msg },
        },
    }
}

/// Whether a refusal says that there is no bill, or none yet.
pub(super) fn is_absent_bill(code: &str) -> bool {
    matches!(code, "isp.bill_not_exist" | "BILL_NOT_EXIST" | "isv.bill_not_exist")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, sub_code: &str) -> ChannelError {
        refusal(Head { code: code.into(), msg: "m".into(), sub_code: sub_code.into(), sub_msg: String::new() })
    }

    #[test]
    fn what_it_cannot_tell_is_no_refusal() {
        for (code, sub_code) in
            [("20000", "isp.unknow-error"), ("20000", "aop.unknow-error"), ("40004", "ACQ.SYSTEM_ERROR"), ("20000", "")]
        {
            assert!(!said(code, sub_code).outcome_is_known(), "{code} {sub_code}");
        }
        assert!(matches!(said("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH"), ChannelError::NotEnough));
        assert!(matches!(said("40004", "ACQ.DISCORDANT_REPEAT_REQUEST"), ChannelError::NumberUsed));
        let ChannelError::Refused { code, message } = said("40002", "") else { panic!("refused") };
        assert_eq!((code.as_str(), message.as_str()), ("40002", "m"));
    }
}
