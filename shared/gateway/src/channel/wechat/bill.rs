//! Daily bills (交易账单): one file for all schools, its hash signed by the provider. Reference: payments §1.8.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
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
    /// The bill of a day: of all schools, or of one.
    pub async fn bill(&self, day: Date, sub_merchant: Option<&str>) -> Result<Bill, ChannelError> {
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
        let sent = self.http.fetch(request).await;
        let file = sent.map_err(|error| ChannelError::Unavailable(Outage::NoAnswer(error)))?;
        if file.status() != StatusCode::OK {
            let status = file.status().as_u16();
            return Err(ChannelError::Unavailable(Outage::Busy { status, code: String::new() }));
        }
        // The file itself is not signed; its hash was.
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, file.body()));
        if link.hash_type != "SHA1" || !hash.eq_ignore_ascii_case(&link.hash_value) {
            return Err(ChannelError::Malformed("bill with another hash"));
        }
        Ok(Bill::File(file.into_body()))
    }
}
