//! Cashier (收银台): what must happen the same way whoever brings it about — applying a payment, asking about one,
//! ending an order. It joins the rules of `domain`, the tables and the providers; functions call it.

mod close;
mod lessons;
mod membership;
mod moves;
mod plan;
mod query;
mod refund;
mod rules;
mod seats;
mod settle;

use domain::audit::Actor;
use domain::fault::Pointed;
use domain::moves::MoveError;
use domain::refund::adopt::AdoptError;
use domain::refund::request::RequestError;
use domain::{Fault, Kind, Moment};
use gateway::ambient::Ambient;
use gateway::channel::ChannelError;
use store::{Commit, Store, StoreError};

pub use close::Ended;
pub use lessons::TermLessons;
pub use plan::Plan;
pub use refund::{Carried, Mended, PaidOut, RefundSettled, Wish};
pub use rules::TermRules;
pub use settle::Settled;

/// How often a decision is made anew because what it rested on was changed meanwhile.
const DECISIONS: usize = 8;

/// Does the work of one actor: a person, the sweeper, a provider's callback.
pub struct Cashier<'a> {
    store: &'a Store,
    ambient: &'a dyn Ambient,
    actor: Actor,
}

/// Why the cashier could not finish. What was begun is found again by the sweeper.
#[derive(Debug, thiserror::Error)]
pub enum CashierError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The provider.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// A rule about refunds.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A rule about refunds from outside.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// A rule about moves.
    #[error(transparent)]
    Move(#[from] MoveError),
}

impl Fault for CashierError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Channel(error) => error.kind(),
            Self::Request(error) => error.kind(),
            Self::Adopt(error) => error.kind(),
            Self::Move(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Channel(error) => error.slug(),
            Self::Request(error) => error.slug(),
            Self::Adopt(error) => error.slug(),
            Self::Move(error) => error.slug(),
        }
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::Request(error) => error.pointed(),
            Self::Adopt(error) => error.pointed(),
            Self::Move(error) => error.pointed(),
            Self::Store(_) | Self::Channel(_) => Vec::new(),
        }
    }
}

impl<'a> Cashier<'a> {
    /// A cashier who works for `actor`.
    pub const fn new(store: &'a Store, ambient: &'a dyn Ambient, actor: Actor) -> Self {
        Self { store, ambient, actor }
    }

    fn now(&self) -> Moment {
        self.ambient.now()
    }

    fn commit(&self, action: &'static str) -> Commit {
        Commit::new(self.actor.clone(), action, self.now())
    }
}
