//! Municipal push (数据上报): the city's supervision system is told what changed, each thing in the order of its versions.
//! B6 K7.1, promises P7 P8.
//!
//! A message names a thing. What the city is told of it is read from the tables, never from the message; what it has
//! already is known from its receipts. While the city is out of reach or closed, messages are let go: their tasks stay,
//! and `sweep` wakes for them when it may be told again.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use domain::supervision::thing::Thing;
use domain::{Fault, Kind};
use edge::App;
use edge::app::SupervisionAppError;
use report::{ReportError, Reporter};

/// Looks at each thing the queue names. A thing that has to be looked at again is given back with all messages about it;
/// the others are done all the same.
pub async fn consume(app: App, event: SqsEvent) -> SqsBatchResponse {
    let named: Vec<(Option<String>, Option<Thing>)> = event
        .records
        .into_iter()
        .map(|message| (message.message_id, message.body.as_deref().and_then(|body| body.parse().ok())))
        .collect();
    if named.iter().any(|(_, thing)| thing.is_none()) {
        tracing::error!("message names nothing that the city is told of");
    }
    let things: BTreeSet<Thing> = named.iter().filter_map(|(_, thing)| thing.clone()).collect();
    let again = match look(&app, &things).await {
        Ok(again) => again,
        Err(fault) => {
            tracing::error!(slug = fault.slug(), error = %fault, "supervision system cannot be asked");
            things
        }
    };
    let failed = named.into_iter().filter(|(_, thing)| thing.as_ref().is_some_and(|thing| again.contains(thing)));
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed.filter_map(|(id, _)| id).map(failure).collect();
    response
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}

/// Looks at things; those that have to be looked at again.
async fn look(app: &App, things: &BTreeSet<Thing>) -> Result<BTreeSet<Thing>, SupervisionAppError> {
    let supervision = app.supervision().await?;
    let reporter = Reporter { store: app.store(), ambient: app.ambient(), supervision };
    let looked: BTreeMap<Thing, _> =
        Box::pin(reporter.look(things.iter().cloned().collect())).await.into_iter().collect();
    Ok(looked
        .into_iter()
        .filter(|(thing, result)| comes_again(thing, result.as_ref().err()))
        .map(|(thing, _)| thing)
        .collect())
}

fn comes_again(thing: &Thing, fault: Option<&ReportError>) -> bool {
    let Some(fault) = fault else { return false };
    tracing::warn!(slug = fault.slug(), error = %fault, %thing, "thing is looked at again");
    match fault.kind() {
        Kind::Unavailable | Kind::Stale | Kind::Internal | Kind::TooMany => true,
        Kind::Malformed
        | Kind::UnknownCaller
        | Kind::Forbidden
        | Kind::NotFound
        | Kind::Refused
        | Kind::Unconditional
        | Kind::Invalid => false,
    }
}
