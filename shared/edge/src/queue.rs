//! Queues (队列): consuming wake-ups so that none is lost and none overtakes another.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use domain::task::Queue;
use domain::{Fault, Kind};

use crate::app::App;

use crate::problem::causes;

/// Looks at each message in turn. At the first one that must come again, it and all behind it are given back: a FIFO
/// queue keeps their order only if nothing behind a failure is taken.
///
/// A fault that trying again does not mend is logged and the message let go: the task in its table stays, visible.
pub async fn consume<E, F>(event: SqsEvent, mut look: impl FnMut(String) -> F) -> SqsBatchResponse
where
    E: Fault,
    F: Future<Output = Result<(), E>>,
{
    let mut messages = event.records.into_iter();
    let mut failed = Vec::new();
    for message in messages.by_ref() {
        let Err(fault) = look(message.body.unwrap_or_default()).await else { continue };
        tracing::error!(slug = fault.slug(), error = %fault, causes = causes(&fault), "message not done");
        match fault.kind() {
            Kind::Unavailable | Kind::Stale | Kind::Internal | Kind::TooMany => {
                failed.extend(message.message_id);
                break;
            }
            Kind::Malformed
            | Kind::UnknownCaller
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Refused
            | Kind::Unconditional
            | Kind::Invalid => {}
        }
    }
    if !failed.is_empty() {
        failed.extend(messages.filter_map(|message| message.message_id));
    }
    let item = |item_identifier| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = item_identifier;
        failure
    };
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed.into_iter().map(item).collect();
    response
}

/// Wakes the consumer of a queue for an entity, at best effort. A wake-up that is lost is sent again by the sweeper;
/// one for the same `version` within the same minute is dropped by the queue.
pub async fn wake(app: &App, queue_url: &str, queue: Queue, entity: &str, version: impl std::fmt::Display) {
    let minute = app.now().seconds() / 60;
    let group: String = entity.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let dedup = format!("{queue}-{group}-{version}-{minute}");
    app.wakeups().wake(queue_url, &group, &dedup, entity).await;
}
