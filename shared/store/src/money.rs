//! Payments (支付单), journal and provider events in their table.

use domain::Moment;
use domain::access::Guarded;
use domain::id::{PaymentNo, RefundNo};
use domain::journal::Entry;
use domain::payment::{Channel, Payment};
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

/// A provider's notification as it came in: evidence, kept for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawEvent {
    /// The provider.
    pub channel: Channel,
    /// The provider's number of the notification.
    pub event: String,
    /// The raw body; what is personal in it is encrypted by the provider.
    pub body: String,
    /// The headers that carry its signature.
    pub headers: Vec<(String, String)>,
    /// When it came.
    pub received_at: Moment,
    /// Why it was not applied; none when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<String>,
}

/// A payment or refund that is not final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueMoney {
    /// A payment.
    Payment(PaymentNo),
    /// A refund.
    Refund(RefundNo),
}

impl DueMoney {
    fn of(key: &key::Key) -> Option<Self> {
        let payment: PaymentNo = key.pk.strip_prefix("PAYMENT#")?.parse().ok()?;
        match key.sk.strip_prefix("REFUND#") {
            Some(seq) => Some(Self::Refund(RefundNo::new(&payment, seq.parse().ok()?))),
            None => Some(Self::Payment(payment)),
        }
    }
}

impl Store {
    /// A payment.
    pub async fn payment(&self, no: &PaymentNo) -> Result<Option<Guarded<Versioned<Payment>>>, StoreError> {
        self.guarded("payment", &key::payment(no)).await
    }

    /// What the provider must be asked about.
    pub async fn due_money(&self, now: Moment, limit: i32) -> Result<Vec<DueMoney>, StoreError> {
        let keys = self.due(Table::Money, now, limit).await?;
        Ok(keys.iter().filter_map(DueMoney::of).collect())
    }

    /// Keeps a notification that was not applied, once; a repeated one is known.
    pub async fn keep_event(&self, event: RawEvent, commit: Commit) -> Result<(), StoreError> {
        let mut commit = commit;
        commit.event(event)?;
        match self.commit(commit).await {
            Err(StoreError::Stale) => Ok(()),
            other => other,
        }
    }
}

impl Commit {
    /// Writes the next version of a payment.
    pub fn save_payment(&mut self, payment: &Versioned<Payment>) -> Result<(), StoreError> {
        self.put("payment", key::payment(&payment.value.no), payment, payment.value.due())
    }

    /// Posts a money fact; the transaction fails when it was posted before.
    pub fn post_journal(&mut self, entry: &Entry) -> Result<(), StoreError> {
        self.put_untraced("journal", key::journal(entry), &Versioned::absent(entry), None)
    }

    /// Keeps a notification together with what it changes.
    pub fn event(&mut self, event: RawEvent) -> Result<(), StoreError> {
        let key = key::event(event.channel, &event.event, &event.body);
        self.put_untraced("event", key, &Versioned::absent(event), None)
    }
}
