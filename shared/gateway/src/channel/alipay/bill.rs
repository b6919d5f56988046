//! Daily bills (交易账单): one for each school, packed. Reference: payments §2.2.

use std::io::Write;

use bytes::Bytes;
use domain::Moment;
use http::{Method, Request, StatusCode, Uri};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use super::Alipay;
use super::call::is_absent_bill;
use crate::channel::{Bill, ChannelError, Outage};

/// The provider writes bills in the morning and has no word for "not yet": until noon none is no answer.
const WRITTEN_BY_HOUR: i64 = 12;
/// Where the provider lets bills be fetched from.
const HOSTS: &str = ".alipay.com";

#[derive(Deserialize)]
struct Link {
    bill_download_url: String,
}

impl Alipay {
    /// Writes down the bill of a day of one school: a ZIP of comma-separated files in GB18030.
    pub async fn bill(&self, day: Date, seller: &str, into: &mut (dyn Write + Send)) -> Result<Bill, ChannelError> {
        let content = json!({ "bill_type": "trade", "bill_date": day.to_string() });
        let asked = self.call::<Link>("alipay.data.dataservice.bill.downloadurl.query", seller, &content).await;
        let link = match asked {
            Ok(link) => link,
            Err(ChannelError::Refused { code, .. }) if is_absent_bill(&code) => {
                return Ok(if self.ambient.now() < written_by(day) { Bill::NotReady } else { Bill::None });
            }
            Err(error) => return Err(error),
        };
        let request = Request::builder()
            .method(Method::GET)
            .uri(self.trusted(&link.bill_download_url)?)
            .body(Bytes::new())
            .map_err(|_unsendable| ChannelError::Malformed("bill_download_url"))?;
        let status = self.http.fetch(request, into).await.map_err(ChannelError::unfetched)?;
        if status != StatusCode::OK {
            let status = status.as_u16();
            return Err(ChannelError::Unavailable(Outage::Busy { status, code: String::new() }));
        }
        Ok(Bill::Written)
    }

    /// The link was signed by the provider; still nothing is fetched from anywhere but it.
    fn trusted(&self, url: &str) -> Result<Uri, ChannelError> {
        let uri: Uri = url.parse().map_err(|_unreadable| ChannelError::Malformed("bill_download_url"))?;
        let ours = url.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with('/'));
        let theirs = uri.host().is_some_and(|host| host.ends_with(HOSTS)) && uri.scheme_str() == Some("https");
        if ours || theirs { Ok(uri) } else { Err(ChannelError::Malformed("bill_download_url")) }
    }
}

fn written_by(day: Date) -> Moment {
    let next = day.saturating_add(1.day());
    let midnight = Moment::parse(&format!("{next}T00:00:00+08:00"));
    midnight.map_or(Moment::from_seconds(i64::MAX), |midnight| midnight.plus_minutes(WRITTEN_BY_HOUR * 60))
}
