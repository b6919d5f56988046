//! An alert as it is shown.

use domain::alert::{Alert, Ended};
use serde::Serialize;
use utoipa::ToSchema;

/// How an alert ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AlertEndedView {
    /// Who settled it; none: what it tells of is true no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "A000000003")]
    pub by: Option<String>,
    /// What the person says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "已向商户号充值")]
    pub words: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// An alert.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AlertView {
    /// Its name.
    #[schema(example = "3144200101.refund_abnormal.20261-7K3M9Q2XAB-01-1-R1")]
    pub alert_id: String,
    /// `balance_short`, `refund_abnormal`, `refund_refused`, `refund_disputed`, `refunds_few`, `refund_time_short` or
    /// `difference_open`.
    #[schema(example = "refund_abnormal")]
    pub kind: String,
    /// The same in words.
    #[schema(example = "退款异常")]
    pub title: String,
    /// What is to be done.
    #[schema(example = "请联系家长,改退至其他银行卡,或退回学校后线下退还")]
    pub advice: String,
    /// The number of what it is about: a refund, a payment, the place of a difference.
    #[schema(example = "20261-7K3M9Q2XAB-01-1-R1")]
    pub number: String,
    /// When it was raised, the last time.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// How often it was.
    #[schema(example = 1)]
    pub times: u16,
    /// How it ended; none: it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<AlertEndedView>,
    /// For `If-Match`.
    pub ver: u64,
}

impl AlertView {
    /// An alert at its version.
    pub(crate) fn of(alert: &Alert, ver: u64) -> Self {
        let kind = alert.id.kind();
        let ended = |ended: &Ended| AlertEndedView {
            by: ended.by.as_ref().map(ToString::to_string),
            words: ended.words.clone(),
            at: ended.at.to_string(),
        };
        Self {
            alert_id: alert.id.to_string(),
            kind: kind.to_string(),
            title: kind.chinese().to_owned(),
            advice: kind.advice().to_owned(),
            number: alert.id.number().to_owned(),
            raised_at: alert.raised_at.to_string(),
            times: alert.times,
            ended: alert.ended.as_ref().map(ended),
            ver,
        }
    }
}
