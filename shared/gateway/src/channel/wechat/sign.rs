//! Signing of requests and pay parameters (请求签名): RSA PKCS#1 v1.5 with SHA-256 under the merchant's key.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use domain::Moment;

use crate::channel::{ChannelError, sign};

/// The name of the scheme in the `Authorization` header.
const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";

/// The service provider's key. Schools need none: in partner mode everything is signed by the service provider.
pub(super) struct Signer {
    merchant: String,
    serial: String,
    key: sign::Signer,
    opens: OaepPrivateDecryptingKey,
}

impl Signer {
    /// A signer, if `pem` is a private key in PKCS#8.
    pub(super) fn new(merchant: &str, serial: &str, pem: &str) -> Option<Self> {
        let key = sign::Signer::new(pem)?;
        let opens = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&sign::pkcs8(pem)?).ok()?).ok()?;
        Some(Self { merchant: merchant.to_owned(), serial: serial.to_owned(), key, opens })
    }

    /// What the provider has sealed with the merchant's public key; none when it was another's.
    pub(super) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = vec![0; self.opens.min_output_size()];
        let plain = self.opens.decrypt(&OAEP_SHA1_MGF1SHA1, sealed, &mut plain, None).ok()?;
        Some(plain.to_vec())
    }

    /// The `Authorization` header of a request. `target` is path and query exactly as they are sent.
    pub(super) fn authorization(
        &self,
        method: &http::Method,
        target: &str,
        body: &str,
        now: Moment,
        nonce: &str,
    ) -> Result<String, ChannelError> {
        let timestamp = now.seconds();
        let signature = self.key.sign(&format!("{method}\n{target}\n{timestamp}\n{nonce}\n{body}\n"))?;
        let (merchant, serial) = (&self.merchant, &self.serial);
        Ok(format!(
            r#"{SCHEME} mchid="{merchant}",nonce_str="{nonce}",signature="{signature}",timestamp="{timestamp}",serial_no="{serial}""#
        ))
    }

    /// The signature over pay parameters (`paySign`).
    pub(super) fn pay_sign(
        &self,
        app: &str,
        time_stamp: &str,
        nonce: &str,
        package: &str,
    ) -> Result<String, ChannelError> {
        self.key.sign(&format!("{app}\n{time_stamp}\n{nonce}\n{package}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl dgst -sha256 -sign` with the same key.
    const OPENSSL: &str = "jL4vR+c9KJqoeW2IiqnjVGa47hCu7kyeICSwYzzIz0Lryu2fq67Ez+2RJxllhATc+AWnQ9h4a6GOSGm6hYJyMV8D6rDJtgRdVaIK6NLpKHKDTm31CG0nP73YCBFnyJN9xZf/ZsjNS0FZajSHrHXYjVrN/HHlmlkxvaerp7I6C7h21YWplbhqTmrLm4da/lk1IofA70Os6isnp8zl8DSEiaGNbb2C9Pu+5B0gTq1aGNDU+swA28d8SVtkFE7IXi8PRFCIlZC1luGmZsFAfN95Pb5T7uxtpC+ch8uKdD7WCB9R7rOZcigk3qRxlfh7uDRT1BNje/xB2oG9c0PliBmFJA==";

    #[test]
    fn p6_2_a_request_is_signed_as_openssl_signs_it() {
        let pem = include_str!("../../../../../infra/simulator/keys/merchant.key.pem");
        let signer = Signer::new("1900000109", "3A7F", pem).unwrap();
        let nonce = "0123456789abcdef0123456789abcdef";
        let now = Moment::from_seconds(1_788_220_800);
        let target = "/v3/pay/partner/transactions/native?a=1";
        let header = signer.authorization(&http::Method::POST, target, r#"{"描述":"足球"}"#, now, nonce).unwrap();
        assert_eq!(
            header,
            format!(
                r#"WECHATPAY2-SHA256-RSA2048 mchid="1900000109",nonce_str="{nonce}",signature="{OPENSSL}",timestamp="1788220800",serial_no="3A7F""#
            )
        );
    }

    #[test]
    fn only_a_private_key_signs() {
        let public = include_str!("../../../../../infra/simulator/keys/merchant.pub.pem");
        assert!(Signer::new("1900000109", "3A7F", public).is_none());
        assert!(Signer::new("1900000109", "3A7F", "").is_none());
        let elliptic = include_str!("../../../../../infra/simulator/keys/session.key.pem");
        assert!(Signer::new("1900000109", "3A7F", elliptic).is_none());
    }
}
