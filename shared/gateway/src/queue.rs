//! Wake-ups (唤醒): messages that make a consumer look at an entity soon. They carry no promise; the task does.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::send_message::SendMessageError;
use domain::fault::{Fault, Kind};

use crate::outage::is_outage;

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
#[error("message could not be sent")]
pub struct QueueError(#[source] Box<SdkError<SendMessageError>>);

impl Fault for QueueError {
    fn kind(&self) -> Kind {
        if is_outage(&self.0) { Kind::Unavailable } else { Kind::Internal }
    }

    fn slug(&self) -> &'static str {
        if is_outage(&self.0) { "gateway/queue-unavailable" } else { "gateway/queue-refused" }
    }
}

/// Sends wake-ups to FIFO queues.
#[derive(Debug, Clone)]
pub struct Wakeups {
    client: Client,
}

impl Wakeups {
    /// Wake-ups through `client`.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Wakes a consumer, at best effort: the task is stored already and the sweep finds it if this message is lost,
    /// so a failure is worth a line in the log and nothing more.
    pub async fn wake(&self, queue_url: &str, group: &str, dedup: &str, body: &str) {
        if let Err(error) = self.send(queue_url, group, dedup, body).await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(slug = error.slug(), queue_url, group, cause, "wake-up not sent");
        }
    }

    /// Sends a message and tells whether the queue has it. Messages of one `group` keep their order; a second one with
    /// the same `dedup` within five minutes is dropped by the queue.
    pub async fn send(&self, queue_url: &str, group: &str, dedup: &str, body: &str) -> Result<(), QueueError> {
        let message = self.client.send_message().queue_url(queue_url).message_body(body);
        match message.message_group_id(group).message_deduplication_id(dedup).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(QueueError(Box::new(error))),
        }
    }
}
