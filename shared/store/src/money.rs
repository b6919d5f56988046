//! Payments (支付单), journal and provider events in their table.

use domain::Moment;
use domain::access::Guarded;
use domain::id::{PaymentNo, RefundNo};
use domain::journal::Entry;
use domain::payment::{Channel, Message, Payment};
use domain::snapshot::hash;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::{Image, StoreError};
use crate::item::{Versioned, text};
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

impl RawEvent {
    /// Where it is found again.
    pub fn message(&self) -> Message {
        Message { event: self.event.clone(), hash: hash(self.body.as_bytes()) }
    }
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

/// A payment or refund that is not final, wherever the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMoney {
    /// Which.
    pub money: DueMoney,
    /// When the index has it due; none: the index has not got it.
    pub due: Option<Moment>,
}

/// Where the next page of a table begins.
#[derive(Debug, Clone)]
pub struct OpenCursor(Image);

impl OpenMoney {
    fn of(item: &Image) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let key = key::Key { table: Table::Money, pk: text("pk")?, sk: text("sk")? };
        let due = item.get("due").filter(|_| item.contains_key("due_shard")).and_then(|due| due.as_n().ok());
        let due = due.and_then(|seconds| seconds.parse().ok()).map(Moment::from_seconds);
        Some(Self { money: DueMoney::of(&key)?, due })
    }
}

impl Store {
    /// A payment.
    pub async fn payment(&self, no: &PaymentNo) -> Result<Option<Guarded<Versioned<Payment>>>, StoreError> {
        self.guarded("payment", &key::payment(no)).await
    }

    /// A provider's notification, as it came.
    pub async fn event(&self, channel: Channel, message: &Message) -> Result<Option<RawEvent>, StoreError> {
        Ok(self.get("event", &key::event_of(channel, message)).await?.map(|found| found.value))
    }

    /// A page of all payments and refunds that are not final, read from the table itself and not from its index, with the
    /// moment at which the index has each; and where the next page begins.
    pub async fn open_money(
        &self,
        after: Option<OpenCursor>,
    ) -> Result<(Vec<OpenMoney>, Option<OpenCursor>), StoreError> {
        let states = [":sent", ":pending", ":reserved", ":processing", ":abnormal"];
        let mut scan = self
            .client()
            .scan()
            .table_name(self.name(Table::Money))
            .filter_expression(format!("#kind IN (:payment, :refund) AND #state IN ({})", states.join(", ")))
            .projection_expression("pk, sk, due, due_shard")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":payment", text("payment"))
            .expression_attribute_values(":refund", text("refund"))
            .set_exclusive_start_key(after.map(|cursor| cursor.0));
        for state in states {
            scan = scan.expression_attribute_values(state, text(state.trim_start_matches(':')));
        }
        let page = scan.send().await.map_err(|error| StoreError::from_sdk("Scan", error))?;
        let open = page.items.unwrap_or_default().iter().filter_map(OpenMoney::of).collect();
        Ok((open, page.last_evaluated_key.map(OpenCursor)))
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
