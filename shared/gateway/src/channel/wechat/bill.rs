//! Daily bills (交易账单): one file for all schools, its hash signed by the provider. Reference: payments §1.8.

use std::io::Write;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use http::{Method, StatusCode, Uri};
use jiff::civil::Date;
use serde::Deserialize;

use super::Wechat;
use super::client::{merchant, read};
use crate::channel::{Bill, ChannelError, Outage};

#[derive(Deserialize)]
struct Link {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

impl Wechat {
    /// Writes down the bill of a day: of all schools, or of one.
    pub async fn bill(
        &self,
        day: Date,
        sub_merchant: Option<&str>,
        into: &mut (dyn Write + Send),
    ) -> Result<Bill, ChannelError> {
        let of_school = match sub_merchant {
            Some(school) => format!("&sub_mchid={}", merchant(school)?),
            None => String::new(),
        };
        let target = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL{of_school}");
        let link: Link = match self.call(&Method::GET, &target, "").await {
            Ok(answer) => read(&answer, "link of a bill")?,
            Err(ChannelError::Refused { code, .. }) if code == "NO_STATEMENT_EXIST" => return Ok(Bill::None),
            Err(ChannelError::Refused { code, .. }) if code == "STATEMENT_CREATING" => return Ok(Bill::NotReady),
            Err(error) => return Err(error),
        };
        let uri: Uri = link.download_url.parse().map_err(|_unreadable| ChannelError::Malformed("download_url"))?;
        let target = uri.path_and_query().ok_or(ChannelError::Malformed("download_url"))?;
        // Fetched from where everything else is asked, whatever host the link names.
        let request = self.request(&Method::GET, target.as_str(), "")?;
        let mut hashed = Hashed { into, hash: Context::new(&SHA1_FOR_LEGACY_USE_ONLY) };
        let status = self.http.fetch(request, &mut hashed).await.map_err(ChannelError::unfetched)?;
        if status != StatusCode::OK {
            let status = status.as_u16();
            return Err(ChannelError::Unavailable(Outage::Busy { status, code: String::new() }));
        }
        // The file itself is not signed; its hash was.
        let hash = hex::encode(hashed.hash.finish());
        if link.hash_type != "SHA1" || !hash.eq_ignore_ascii_case(&link.hash_value) {
            return Err(ChannelError::Malformed("bill with another hash"));
        }
        Ok(Bill::Written)
    }
}

/// Hashes what it writes.
struct Hashed<'w> {
    into: &'w mut (dyn Write + Send),
    hash: Context,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.into.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.into.flush()
    }
}
