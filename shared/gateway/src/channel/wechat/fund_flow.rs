//! Fund bills of a school (特约商户资金账单): what the provider moved on the school's account on a day, sealed for us.
//! Reference: payments §1.8.

use std::io::{Error, ErrorKind, Write};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::prelude::{BASE64_STANDARD, Engine};
use http::{Method, StatusCode, Uri};
use jiff::civil::Date;
use serde::Deserialize;

use super::Wechat;
use super::client::{merchant, read};
use crate::channel::{Bill, ChannelError, Outage};

/// The account that payments flow to and refunds from.
const ACCOUNT: &str = "BASIC";
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// The largest file of one school's day. It is sealed as a whole, and so held as a whole.
const LARGEST_BYTES: usize = 32 << 20;

#[derive(Deserialize)]
struct Links {
    download_bill_list: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    download_url: String,
    encrypt_key: String,
    hash_type: String,
    hash_value: String,
    nonce: String,
}

impl Wechat {
    /// Writes down the fund bill of a school's day, opened. There is none without a permission of its own, and none of a
    /// day on which nothing moved.
    pub async fn fund_flow(
        &self,
        day: Date,
        sub_merchant: &str,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        let school = merchant(sub_merchant)?;
        let target = format!(
            "/v3/bill/sub-merchant-fundflowbill?sub_mchid={school}&bill_date={day}&account_type={ACCOUNT}&algorithm={ALGORITHM}"
        );
        let links: Links = match self.call(&Method::GET, &target, "").await {
            Ok(answer) => read(&answer, "links of a fund bill")?,
            Err(ChannelError::Refused { code, .. }) if matches!(code.as_str(), "NO_STATEMENT_EXIST" | "NO_AUTH") => {
                return Ok(Bill::None);
            }
            Err(ChannelError::Refused { code, .. }) if code == "STATEMENT_CREATING" => return Ok(Bill::NotReady),
            Err(error) => return Err(error),
        };
        for link in &links.download_bill_list {
            let opened = self.opened(link).await?;
            into.write_all(&opened)
                .map_err(|error| ChannelError::Unwritten(crate::http::HttpError::Unwritten(error)))?;
        }
        Ok(if links.download_bill_list.is_empty() { Bill::None } else { Bill::Written })
    }

    /// A file, fetched and opened; its hash, which the provider has signed, is of what was sealed.
    async fn opened(&self, link: &Link) -> Result<Vec<u8>, ChannelError> {
        let uri: Uri = link.download_url.parse().map_err(|_unreadable| ChannelError::Malformed("download_url"))?;
        let target = uri.path_and_query().ok_or(ChannelError::Malformed("download_url"))?;
        let mut sealed = Bounded(Vec::new());
        let request = self.request(&Method::GET, target.as_str(), "")?;
        let status = self.http.fetch(request, &mut sealed).await.map_err(ChannelError::unfetched)?;
        if status != StatusCode::OK {
            let status = status.as_u16();
            return Err(ChannelError::Unavailable(Outage::Busy { status, code: String::new() }));
        }
        let plain = self.unsealed(link, sealed.0).ok_or(ChannelError::Malformed("fund bill that does not open"))?;
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &plain));
        if link.hash_type != "SHA1" || !hash.eq_ignore_ascii_case(&link.hash_value) {
            return Err(ChannelError::Malformed("fund bill with another hash"));
        }
        Ok(plain)
    }

    fn unsealed(&self, link: &Link, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let key = self.signer.open(&BASE64_STANDARD.decode(&link.encrypt_key).ok()?)?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?);
        let nonce: [u8; NONCE_LEN] = link.nonce.as_bytes().try_into().ok()?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.open_in_place(nonce, Aad::empty(), &mut sealed).ok().map(|plain| plain.to_vec())
    }
}

/// A file of a bounded length.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > LARGEST_BYTES {
            return Err(Error::from(ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
