//! Calls to the provider (银联商务接口): signed with the shared key, by header or in the address. Reference: payments §3.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http::{Method, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Chinaums, civil};
use crate::channel::{ChannelError, Outage, form};

const USER_AGENT: &str = concat!("after-school-platform/", env!("CARGO_PKG_VERSION"));
const DONE: &str = "SUCCESS";

/// What every answer begins with.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "errCode")]
    code: String,
    #[serde(default, rename = "errMsg")]
    message: String,
}

impl Chinaums {
    /// The body of a request about a merchant, to which `more` is added.
    pub(super) fn content(&self, mid: &str, more: Value) -> Result<Value, ChannelError> {
        let merchant = self.merchants.get(mid).ok_or(ChannelError::Unsendable("sub_merchant"))?;
        let mut content = json!({
            "requestTimestamp": civil(self.ambient.now()),
            "mid": merchant.mid,
            "tid": merchant.tid,
            "instMid": self.product,
        });
        if let (Some(content), Value::Object(more)) = (content.as_object_mut(), more) {
            content.extend(more);
        }
        Ok(content)
    }

    /// The address at which the payer's browser asks for a checkout, with the request and its signature.
    pub(super) fn address(&self, path: &str, content: &Value) -> String {
        let content = content.to_string();
        let (timestamp, nonce) = self.mark();
        let signature = self.sign(&timestamp, &nonce, content.as_bytes());
        let parameters = BTreeMap::from([
            ("authorization", "OPEN-FORM-PARAM".to_owned()),
            ("appId", self.app.clone()),
            ("timestamp", timestamp),
            ("nonce", nonce),
            ("content", content),
            ("signature", signature),
        ]);
        format!("{}{path}?{}", self.base, form::written(&parameters))
    }

    /// One signed request; an answer only if it is a success.
    pub(super) async fn call<T: DeserializeOwned>(&self, path: &str, content: &Value) -> Result<T, ChannelError> {
        let body = content.to_string();
        let (timestamp, nonce) = self.mark();
        let signature = self.sign(&timestamp, &nonce, body.as_bytes());
        let app = &self.app;
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.base))
            .header(
                "Authorization",
                format!(
                    r#"OPEN-BODY-SIG AppId="{app}", Timestamp="{timestamp}", Nonce="{nonce}", Signature="{signature}""#
                ),
            )
            .header("Content-Type", "application/json")
            .header("Accept", "application/json")
            .header("User-Agent", USER_AGENT)
            .body(Bytes::from(body))
            .map_err(|_unsendable| ChannelError::Unsendable("request"))?;
        let answer =
            self.http.send(request).await.map_err(|error| ChannelError::Unavailable(Outage::NoAnswer(error)))?;
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 {
            let busy = Outage::Busy { status: status.as_u16(), code: String::new() };
            return Err(ChannelError::Unavailable(busy));
        }
        let head: Head =
            serde_json::from_slice(answer.body()).map_err(|_unreadable| ChannelError::Malformed("errCode"))?;
        if head.code == DONE && status.is_success() {
            return serde_json::from_slice(answer.body()).map_err(|_unreadable| ChannelError::Malformed("content"));
        }
        Err(refusal(head))
    }

    /// Time and number of one request.
    fn mark(&self) -> (String, String) {
        let timestamp = civil(self.ambient.now()).replace(['-', ' ', ':'], "");
        (timestamp, format!("{:016x}{:016x}", self.ambient.random(), self.ambient.random()))
    }

    fn sign(&self, timestamp: &str, nonce: &str, body: &[u8]) -> String {
        let body = hex::encode(digest(&SHA256, body));
        let signed = format!("{}{timestamp}{nonce}{body}", self.app);
        BASE64_STANDARD.encode(hmac::sign(&self.key, signed.as_bytes()))
    }
}

/// The meaning of an answer that is no success. What the provider or who stands behind it cannot tell is no refusal.
fn refusal(head: Head) -> ChannelError {
    let unsure = ["BUSY", "TIMEOUT", "INTERNAL_ERROR", "SYSTEM_ERROR", "UNKNOWN"];
    if unsure.iter().any(|word| head.code.contains(word)) {
        return ChannelError::Unavailable(Outage::Busy { status: 200, code: head.code });
    }
    match head.code.as_str() {
        "DUP_ORDER" => ChannelError::NumberUsed,
        _ => ChannelError::Refused { code: head.code, message: head.message },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::Moment;

    use super::*;
    use crate::ambient::Ambient;
    use crate::channel::chinaums::ChinaumsSettings;
    use crate::http::Http;

    struct Still;

    impl Ambient for Still {
        fn now(&self) -> Moment {
            Moment::from_seconds(1_788_220_800)
        }

        fn random(&self) -> u64 {
            0
        }
    }

    #[derive(Debug)]
    struct Nobody;

    impl aws_smithy_runtime_api::client::http::HttpConnector for Nobody {
        fn call(
            &self,
            _request: aws_smithy_runtime_api::client::orchestrator::HttpRequest,
        ) -> aws_smithy_runtime_api::client::http::HttpConnectorFuture {
            aws_smithy_runtime_api::client::http::HttpConnectorFuture::new(std::future::pending())
        }
    }

    fn chinaums() -> Chinaums {
        let settings: ChinaumsSettings = serde_json::from_value(json!({
            "app_id": "fictive0app", "app_key": "fictive-app-key", "notify_key": "k", "source": "31AB",
            "inst_mid": "H5DEFAULT", "merchants": [{"mid": "898000000000201", "tid": "88880001"}],
        }))
        .unwrap();
        let http = Http::new(aws_smithy_runtime_api::client::http::SharedHttpConnector::new(Nobody));
        Chinaums::new(settings, "https://ums.invalid", http, Arc::new(Still)).unwrap()
    }

    /// Made by `openssl dgst -sha256` and `openssl dgst -sha256 -hmac`.
    #[test]
    fn p6_2_a_request_is_signed_as_openssl_signs_it() {
        let body = r#"{"payMode":"CODE_SCAN","merchantRemark":"测试"}"#;
        let signature = chinaums().sign("20260901080000", "0123456789abcdef", body.as_bytes());
        assert_eq!(signature, "/rAuOgWYMLoh2kXPvuNoRrseRT4scGqSjxj9q62aE+c=");
    }

    #[test]
    fn a_number_comes_back_as_it_was() {
        let channel = chinaums();
        let outer = channel.outer("20261-7K3M9Q2XAB-01-12");
        assert_eq!(outer, "31AB202617K3M9Q2XAB0112");
        assert_eq!(channel.inner(&outer).unwrap().as_str(), "20261-7K3M9Q2XAB-01-12");
        let refund = channel.outer("20261-7K3M9Q2XAB-01-1-R2");
        let (payment, refund) = channel.inner_refund(&refund).unwrap();
        assert_eq!((payment.as_str(), refund.as_str()), ("20261-7K3M9Q2XAB-01-1", "20261-7K3M9Q2XAB-01-1-R2"));
        for foreign in ["202617K3M9Q2XAB011", "31AB", "31AB订单订单订单订单", "31AB202617K3M9Q2XAB01", "31ACx"]
        {
            assert_eq!(channel.inner(foreign), None, "{foreign}");
        }
    }
}
