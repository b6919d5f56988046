//! Archive (快照归档): puts snapshots where nobody can change them, and orders into the register. P2.5 P6.5 S32.
//!
//! A message names what to look at: a payment, a refund, or a pupil's term with orders that are not archived or whose rows
//! are behind. What must be done is read from the tables, never from the message.

mod order;
mod payment;
mod refund;
mod register;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use bytes::Bytes;
use domain::id::{PaymentNo, RefundNo, StudentId, TermCode};
use domain::money::MoneyError;
use domain::snapshot::Snapshot;
use domain::{Fault, Kind};
use edge::config::MissingVariable;
use edge::{App, Variable};
use gateway::object::ObjectError;
use store::StoreError;

/// Looks at each thing the queue names.
pub async fn consume(app: App, event: SqsEvent) -> SqsBatchResponse {
    edge::queue::consume(event, |entity| Box::pin(look(app.clone(), entity))).await
}

/// Archives what is to be archived of one thing.
pub async fn look(app: App, entity: String) -> Result<(), ArchiveError> {
    if let Ok(no) = entity.parse::<PaymentNo>() {
        return payment::archive(&app, &no).await;
    }
    if let Ok(no) = entity.parse::<RefundNo>() {
        return refund::archive(&app, &no).await;
    }
    let term = entity.split_once('/').and_then(|(student, term)| Some((student.parse().ok()?, term.parse().ok()?)));
    match term {
        Some((student, term)) => order::archive(&app, &StudentId::clone(&student), &TermCode::clone(&term), None).await,
        None => Err(ArchiveError::NotOurs),
    }
}

/// Why something could not be archived.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "archive/")]
pub enum ArchiveError {
    /// The message names nothing that is archived.
    #[error("message names nothing that is archived")]
    NotOurs,
    /// The snapshot that was built does not hash as it did when it was promised.
    #[error("snapshot differs from its hash")]
    HashDiffers,
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The objects.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The amounts of a row do not add up to anything.
    #[error("amounts of an order are out of range")]
    Money(#[from] MoneyError),
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
}

impl Fault for ArchiveError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotOurs => Kind::Malformed,
            Self::HashDiffers | Self::Money(_) => Kind::Internal,
            Self::Store(error) => error.kind(),
            Self::Object(error) => error.kind(),
            Self::Variable(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Puts a snapshot under its hash, if it is the one that was promised.
async fn put(app: &App, family: &str, promised: &str, snapshot: Snapshot) -> Result<(), ArchiveError> {
    if snapshot.hash != promised {
        return Err(ArchiveError::HashDiffers);
    }
    let bucket = app.variable(Variable::SnapshotsBucket)?;
    let key = format!("{family}/{}.json", snapshot.hash);
    Ok(app.objects().put_once(bucket, &key, Bytes::from(snapshot.body), "application/json").await?)
}
