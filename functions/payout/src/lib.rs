//! Payout (退费执行): carries out the refunds that are set aside, and grants the requests that wait for nobody. S34 P7.
//!
//! A message names what to look at: a refund, a request, an offering that was given up, lessons that are not given. What must be done is read from
//! the tables, never from the message.

mod class;
mod refund;
mod seated;
mod suspension;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use cashier::{Cashier, CashierError};
use domain::audit::Actor;
use domain::id::{OfferingId, RefundNo, RefundRequestId, SuspensionId};
use domain::task::Queue;
use domain::{Fault, Kind};
use edge::App;
use edge::app::ChannelsError;
use edge::config::MissingVariable;
use store::StoreError;

/// Looks at each thing the queue names.
pub async fn consume(app: App, event: SqsEvent) -> SqsBatchResponse {
    edge::queue::consume(event, |entity| Box::pin(look(app.clone(), entity))).await
}

/// Who acts here, in the audit.
fn actor() -> Actor {
    Actor::system("payout")
}

/// Does what is to be done about one thing.
pub async fn look(app: App, entity: String) -> Result<(), PayoutError> {
    if let Ok(no) = entity.parse::<RefundNo>() {
        refund::carry(&app, &no).await
    } else if let Ok(id) = entity.parse::<RefundRequestId>() {
        Box::pin(grant(&app, &id)).await
    } else if let Ok(offering) = entity.parse::<OfferingId>() {
        Box::pin(class::give_up(&app, &offering)).await
    } else if let Ok(suspension) = entity.parse::<SuspensionId>() {
        Box::pin(suspension::carry_out(&app, &suspension)).await
    } else {
        Err(PayoutError::NotOurs)
    }
}

/// Grants a request that waits for nobody, if whoever asked did not come to it.
async fn grant(app: &App, id: &RefundRequestId) -> Result<(), PayoutError> {
    let Some(task) = app.store().task(Queue::Refund, id.as_str()).await? else { return Ok(()) };
    let granted = Cashier::new(app.store(), app.ambient(), actor()).grant(id, None).await;
    match granted {
        Err(error) if error.kind() == Kind::Refused => app.store().park_task(&task, error.slug()).await?,
        Err(error) => return Err(error.into()),
        Ok(_) => app.store().finish_task(&task).await?,
    }
    Ok(())
}

/// Why something could not be carried out. The task stays, and is tried again.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "payout/")]
pub enum PayoutError {
    /// The message names nothing that is carried out here.
    #[error("message names nothing that is carried out here")]
    NotOurs,
    /// The cashier.
    #[error(transparent)]
    Cashier(#[from] CashierError),
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The providers cannot be used.
    #[error(transparent)]
    Channels(#[from] ChannelsError),
    /// A variable is missing.
    #[error(transparent)]
    Variable(#[from] MissingVariable),
}

impl Fault for PayoutError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotOurs => Kind::Malformed,
            Self::Cashier(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Channels(error) => error.kind(),
            Self::Variable(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}
