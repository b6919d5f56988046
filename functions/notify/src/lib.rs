//! Notify (考勤告知): families are told what became of their children, each fact once. P9.1 P9.2.
//!
//! A message names what to look at: a lesson, or a request for leave. What is to be told is read from the tables, never
//! from the message. First is written what families are to be told; then it is sent, and who has it is written down. A
//! message whose answer is lost is sent again: of a child who is missing it is better to hear twice than never.

mod deliver;
mod family;
mod leave;
mod lesson;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::audit::Actor;
use domain::{Fault, Kind};
use edge::App;
use edge::app::MessagesError;
use store::StoreError;
use store::telling::About;

/// How often something is decided anew that others change at the same time.
const ATTEMPTS: usize = 6;

/// Looks at each thing the queue names.
pub async fn consume(app: App, event: SqsEvent) -> SqsBatchResponse {
    edge::queue::consume(event, |entity| Box::pin(look(app.clone(), entity))).await
}

/// Who acts here, in the audit.
fn actor() -> Actor {
    Actor::system("notify")
}

/// Tells the families of one thing what there is to tell.
pub async fn look(app: App, entity: String) -> Result<(), NotifyError> {
    let about = About::read(&entity).ok_or(NotifyError::NotOurs)?;
    match &about {
        About::Lesson(id) => lesson::tell(&app, &about, id).await,
        About::Leave(id) => leave::tell(&app, &about, id).await,
    }
}

/// Why families were not told. What they are to be told stays written, and is tried again.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "notify/")]
pub enum NotifyError {
    /// The message names nothing that families are told about.
    #[error("message names nothing that families are told about")]
    NotOurs,
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Messages cannot be sent.
    #[error(transparent)]
    Messages(#[from] MessagesError),
}

impl Fault for NotifyError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotOurs => Kind::Malformed,
            Self::Store(error) => error.kind(),
            Self::Messages(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}
