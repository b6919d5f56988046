//! Outside systems for the local cloud, the tests and the simulation (外部系统模拟): payment providers, the
//! province's unified identity, our mini program at WeChat, and the city's supervision system.
//!
//! The library is a state machine without network, clock or randomness of its own: what it does follows from its seed
//! and its calls. All keys are fictive and public; see `keys/README.md`.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a tool for development: the keys are part of it, and what cannot happen with them may end it"
)]

pub mod alipay;
pub mod chinaums;
pub mod dice;
mod form;
pub mod keys;
pub mod mini_program;
pub mod people;
pub mod province;
pub mod session;
pub mod supervision;
pub mod wechat;

pub use alipay::Alipay;
pub use chinaums::Chinaums;
pub use mini_program::MiniProgram;
pub use province::Province;
pub use supervision::Supervision;
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
        "alipay": {
            "app_id": alipay::APP_ID,
            "pid": alipay::OWNER,
            "private_key": keys::APPLICATION_KEY_PEM,
            "alipay_public_key": keys::ALIPAY_PUBLIC_PEM,
            "sellers": alipay::SELLERS.map(|seller| json!({
                "pid": seller.pid,
                "auth_app_id": seller.auth_app_id,
                "app_auth_token": seller.token,
            })),
        },
        // Not opened, as in every deployment without a contract: `chinaums::secret` opens it.
        "chinaums": null,
        "session": {
            "issuer": session::ISSUER,
            "audience": session::AUDIENCE,
            "keys": [{ "kid": session::KEY_ID, "pem": session::PUBLIC_PEM }],
        },
        "session-signing": {
            "issuer": session::ISSUER,
            "audience": session::AUDIENCE,
            "keys": [{ "kid": session::KEY_ID, "from": "2026-01-01T00:00:00+08:00", "pem": session::PRIVATE_PEM }],
        },
        "identity": {
            "provider": "province",
            "client_id": province::CLIENT_ID,
            "client_secret": province::CLIENT_SECRET,
        },
        "message": {
            "app_id": mini_program::APP_ID,
            "app_secret": mini_program::APP_SECRET,
            "page": "pages/attendance/day",
            "templates": {
                "attendance": template(mini_program::ATTENDANCE),
                "leave": template(mini_program::LEAVE),
            },
        },
        "supervision": supervision_secret("hmac-sm3"),
        "first-administrators": people::STAFF
            .map(|staff| json!({ "name": staff.name, "phone": staff.phone, "grants": [staff.grant] })),
        "blind": { "key": BLIND_KEY },
    })
}

/// What the platform knows of the supervision system, for one of the methods of signing.
pub fn supervision_secret(method: &str) -> Value {
    let sign = match method {
        "sm2" => json!({
            "method": method,
            "id": supervision::SM2_ID,
            "private_key": supervision::PLATFORM_SM2_KEY,
            "city_public_key": supervision::city_sm2_public_key(),
        }),
        _ => json!({ "method": method, "key": supervision::SHARED_KEY }),
    };
    json!({ "app_id": supervision::APP_ID, "sign": sign })
}

/// A template with its fields, as it was made at WeChat.
fn template(id: &str) -> Value {
    json!({
        "id": id, "name": "name1", "title": "thing2", "when": "time3", "state": "phrase4", "remark": "thing5",
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
