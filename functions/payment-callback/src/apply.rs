//! What a verified notification brings about, whichever provider sent it: evidence is applied in one transaction with
//! the message that brought it. R2 R3 R7.

use cashier::{Carried, Cashier, CashierError, RefundSettled, Settled};
use domain::audit::Actor;
use domain::id::PaymentNo;
use domain::payment::Channel;
use domain::task::Queue;
use edge::{App, Variable};
use gateway::channel::{Channels, Notice};
use store::money::RawEvent;

/// A notification as it came: its body, and what of its headers proves it.
pub(crate) struct Message<'m> {
    pub(crate) body: &'m [u8],
    pub(crate) headers: Vec<(String, String)>,
}

/// Applies a notification. Only when this is done may it be acknowledged: the provider will not say it again.
pub(crate) async fn apply(
    app: &App,
    channels: &Channels,
    channel: Channel,
    notice: Notice,
    message: Message<'_>,
) -> Result<(), CashierError> {
    let raw = RawEvent {
        channel,
        event: notice.event_id().to_owned(),
        body: String::from_utf8_lossy(message.body).into_owned(),
        headers: message.headers,
        received_at: app.now(),
        quarantined: None,
    };
    let cashier = Cashier::new(app.store(), app.ambient(), Actor::system(&channel.to_string()));
    match notice {
        Notice::Paid { evidence, .. } => {
            let mut settled = Some(cashier.settle(&evidence, Some(raw)).await?);
            if settled == Some(Settled::Quarantined) {
                // What was told does not fit; what is true the provider says when asked.
                settled = cashier.ask(channels, &evidence.payment).await?;
            }
            wake_archive(app, &evidence.payment, settled).await;
        }
        Notice::Ask { payment, refund: None, .. } => {
            let settled = cashier.ask(channels, &payment).await?;
            wake_archive(app, &payment, settled).await;
        }
        // Signed, but of no payment of ours: kept for a person to look at, since the provider will not ask again.
        Notice::Foreign { .. } => {
            cashier.quarantine(Some(raw), "payment/foreign").await?;
        }
        Notice::Echo { event_id } => tracing::info!(event_id, "self-test of the channel received"),
        Notice::Refund { evidence, .. } => {
            if cashier.settle_refund(&evidence, Some(raw)).await? == RefundSettled::Done {
                wake(app, &evidence.refund, "refunded").await;
            }
        }
        Notice::Ask { refund: Some(refund), .. } => {
            let public_url = app.variable(Variable::PublicUrl).unwrap_or_default();
            if let Ok(no) = refund.parse()
                && Box::pin(cashier.carry(channels, &no, public_url)).await? == Carried::Accepted
            {
                wake(app, &refund, "refunded").await;
            }
        }
        Notice::Other { event_id, event_type } => {
            tracing::warn!(event_id, event_type, "notification without a rule");
            cashier.quarantine(Some(raw), "payment/no-rule").await?;
        }
    }
    Ok(())
}

/// The task is written; waking its consumer now only makes it quicker.
async fn wake_archive(app: &App, payment: &PaymentNo, settled: Option<Settled>) {
    if matches!(settled, Some(Settled::Counted | Settled::Returned(_))) {
        wake(app, payment.as_str(), "paid").await;
    }
}

async fn wake(app: &App, entity: &str, why: &str) {
    if let Ok(queue) = app.variable(Variable::ArchiveQueueUrl) {
        edge::queue::wake(app, queue, Queue::Archive, entity, why).await;
    }
}
