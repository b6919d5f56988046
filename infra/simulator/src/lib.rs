//! Outside systems for the local cloud, the tests and the simulation (外部系统模拟): a payment provider and logins.
//!
//! The library is a state machine without network, clock or randomness of its own: what it does follows from its seed
//! and its calls. All keys are fictive and public; see `keys/README.md`.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a tool for development: the keys are part of it, and what cannot happen with them may end it"
)]

pub mod dice;
pub mod keys;
pub mod people;
pub mod wechat;

pub use wechat::WechatPay;

use serde_json::{Value, json};

/// The key of blind indexes in the local cloud, base64 of 32 bytes.
const BLIND_KEY: &str = "ZmljdGl2ZS1ibGluZC1rZXktMzItYnl0ZXMtbG9uZyE=";

/// The secrets of a platform that works against these simulators, as the secret store shall hold them.
pub fn secrets() -> Value {
    json!({
        "wechat": {
            "sp_mchid": keys::SP_MCHID,
            "sp_appid": keys::SP_APPID,
            "serial_no": keys::MERCHANT_SERIAL,
            "private_key": keys::MERCHANT_KEY_PEM,
            "api_v3_key": keys::API_V3_KEY,
            "verifiers": [
                { "serial": keys::PUBLIC_KEY_ID, "pem": keys::PLATFORM_PUBLIC_PEM },
                { "serial": keys::CERTIFICATE_SERIAL, "pem": keys::CERTIFICATE_PEM },
            ],
            "answer_serial": keys::PUBLIC_KEY_ID,
        },
        "session": {
            "issuer": people::ISSUER,
            "audience": people::AUDIENCE,
            "keys": [{ "kid": people::KEY_ID, "pem": people::PUBLIC_PEM }],
        },
        "blind": { "key": BLIND_KEY },
    })
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};

    use super::*;

    #[test]
    fn the_blind_key_has_32_bytes() {
        let secrets = secrets();
        let key = secrets["blind"]["key"].as_str().unwrap();
        assert_eq!(BASE64_STANDARD.decode(key).unwrap().len(), 32);
    }
}
