//! Sessions (会话), sign-ins under way, and what people sign in with, in their tables.

use domain::Tenant;
use domain::credential::{Attempts, Credential};
use domain::id::{PersonId, SessionId};
use domain::session::Session;
use domain::sign_in::{Pending, Ticket};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key;
use crate::table::Store;

impl Store {
    /// A session.
    pub async fn session(&self, id: &SessionId) -> Result<Option<Versioned<Session>>, StoreError> {
        self.get("session", &key::session(id)).await
    }

    /// A sign-in under way, by the hash of its state.
    pub async fn pending(&self, state: &str) -> Result<Option<Versioned<Pending>>, StoreError> {
        self.get("pending", &key::pending(state)).await
    }

    /// A step of a sign-in by password, by the hash of its ticket.
    pub async fn ticket(&self, hash: &str) -> Result<Option<Versioned<Ticket>>, StoreError> {
        self.get_opened("ticket", &key::ticket(hash)).await
    }

    /// What a person signs in with.
    pub async fn credential(&self, person: &PersonId) -> Result<Option<Versioned<Credential>>, StoreError> {
        self.get_opened("credential", &key::credential(person)).await
    }

    /// How often the password of a person was guessed.
    pub async fn attempts(&self, person: &PersonId) -> Result<Option<Versioned<Attempts>>, StoreError> {
        self.get("attempts", &key::attempts(person)).await
    }
}

/// What comes and goes with a sign-in has no audit entries of its own: the sign-in is told as a whole.
impl Commit {
    /// Writes the next version of a session.
    pub fn save_session(&mut self, session: &Versioned<Session>) -> Result<(), StoreError> {
        self.put_untraced("session", key::session(&session.value.id), session, None)
    }

    /// Writes the next version of a sign-in under way.
    pub fn save_pending(&mut self, state: &str, pending: &Versioned<Pending>) -> Result<(), StoreError> {
        self.put_untraced("pending", key::pending(state), pending, None)
    }

    /// Writes the next version of a step of a sign-in.
    pub fn save_ticket(&mut self, hash: &str, ticket: &Versioned<Ticket>) -> Result<(), StoreError> {
        self.put_untraced("ticket", key::ticket(hash), ticket, None)?;
        self.seal_last_for(Tenant::Platform);
        Ok(())
    }

    /// Writes the next version of the attempts at a person's password.
    pub fn save_attempts(&mut self, person: &PersonId, attempts: &Versioned<Attempts>) -> Result<(), StoreError> {
        self.put_untraced("attempts", key::attempts(person), attempts, None)
    }

    /// Writes the next version of what a person signs in with.
    pub fn save_credential(&mut self, credential: &Versioned<Credential>) -> Result<(), StoreError> {
        self.put_personal("credential", Tenant::Platform, key::credential(&credential.value.person), credential)
    }
}
