//! Steps of a sign-in by password (登录步骤): tickets, and what an answer leads to. B1.2 K5.1.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::credential::Credential;
use domain::session::Way;
use domain::sign_in::{SignInError, Step, TICKET_MINUTES, Ticket, after_second_factor};
use domain::snapshot::hash;
use edge::App;
use edge::app::Outcome;
use serde::Serialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::open::{Opening, SessionOpened};
use crate::standing::standing;

/// What comes next.
#[derive(Serialize, ToSchema)]
pub struct NextStep {
    /// `second_factor`, `set_up_second_factor`, `confirm_second_factor`, `change_password` or `signed_in`.
    #[schema(example = "second_factor")]
    pub next: &'static str,
    /// What the next step is answered with; none once signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// How long the ticket is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<i64>,
    /// The session, once signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionOpened>,
}

/// A ticket that was presented, with the credential it belongs to.
pub(crate) struct Presented {
    key: String,
    ticket: Versioned<Ticket>,
    pub(crate) credential: Versioned<Credential>,
}

impl Presented {
    /// Reads a ticket that is still good.
    pub(crate) async fn read(app: &App, text: &str) -> Outcome<Self> {
        let key = hash(text.as_bytes());
        let ticket = app.store().ticket(&key).await?.ok_or(SignInError::TicketUnknown)?;
        let credential = app.store().credential(&ticket.value.person).await?.ok_or(SignInError::TicketUnknown)?;
        ticket.value.check(&credential.value, app.now())?;
        Ok(Self { key, ticket, credential })
    }

    /// The step it is for.
    pub(crate) const fn step(&self) -> &Step {
        &self.ticket.value.step
    }

    /// Uses the ticket up, as part of `commit`.
    pub(crate) fn use_up(&self, commit: &mut Commit) -> Result<(), StoreError> {
        let mut used = self.ticket.clone();
        used.value.used = true;
        commit.save_ticket(&self.key, &used)
    }

    /// The second factor is answered: a session, or the step before it. Written with `commit`.
    pub(crate) async fn pass(self, app: &App, commit: Commit) -> Outcome<NextStep> {
        match after_second_factor(&self.credential.value) {
            Some(step) => hand_out(app, commit, &self.credential.value, step).await,
            None => open(app, commit, &self.credential.value).await,
        }
    }
}

/// A new ticket for a step, written with `commit`.
pub(crate) async fn hand_out(app: &App, mut commit: Commit, credential: &Credential, step: Step) -> Outcome<NextStep> {
    let text = URL_SAFE_NO_PAD.encode(app.random_bytes::<32>());
    let next = match &step {
        Step::SecondFactor => "second_factor",
        Step::SetUp => "set_up_second_factor",
        Step::Confirm { .. } => "confirm_second_factor",
        Step::ChangePassword => "change_password",
    };
    let ticket = Ticket::of(credential.person.clone(), step, credential.epoch, app.now());
    commit.save_ticket(&hash(text.as_bytes()), &Versioned::absent(ticket))?;
    write(app, commit).await?;
    let expires_in_seconds = Some(TICKET_MINUTES.saturating_mul(60));
    Ok(NextStep { next, ticket: Some(text), expires_in_seconds, session: None })
}

/// A session by password, written with `commit`.
pub(crate) async fn open(app: &App, mut commit: Commit, credential: &Credential) -> Outcome<NextStep> {
    let standing = standing(app, &credential.person).await??;
    let way = Way::Password { epoch: credential.epoch };
    let opening = Opening::begin(app, &mut commit, credential.person.clone(), way)?;
    write(app, commit).await?;
    let session = Some(opening.done(app, &standing).await?);
    Ok(NextStep { next: "signed_in", ticket: None, expires_in_seconds: None, session })
}

/// Of two who use one ticket at once, one was faster.
async fn write(app: &App, commit: Commit) -> Outcome<()> {
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => Err(SignInError::TicketUnknown.into()),
        written => Ok(written?),
    }
}
