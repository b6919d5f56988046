//! Caller (调用者): who is signed in, as the authorizer told, and what that person may do. K5.1, promise P10.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::access::{Allows, Grant, Granted, Scope, grant};
use domain::audit::Actor;
use domain::id::PersonId;
use domain::{Fault, Kind};
use lambda_http::request::RequestContext;
use sha2::{Digest as _, Sha256};
use store::directory::SchoolMap;

use crate::app::{App, Outcome};
use crate::problem::Problem;

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub id: PersonId,
    /// The roles the person held when the session's token was made.
    pub grants: Vec<Grant>,
    /// The account's session version at that moment.
    pub session_ver: u64,
    /// The network address the request came from.
    pub address: Option<String>,
}

/// Why a caller is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "access/")]
pub enum AccessError {
    /// The authorizer told nothing: the request did not come through it.
    #[error("登录状态无效或已过期,请重新登录")]
    NotSignedIn,
    /// The account was frozen, or its roles were changed, since the person signed in.
    #[error("账号状态或权限已变更,请重新登录后再试")]
    SessionEnded,
    /// There is no such thing, or it is none of the caller's business: both look the same.
    #[error("没有找到您要的内容,请核对编号")]
    NotFound,
}

impl Fault for AccessError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotSignedIn | Self::SessionEnded => Kind::UnknownCaller,
            Self::NotFound => Kind::NotFound,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Characters of the name of a request within an identifier.
const REQUEST_NAME: usize = 20;

impl Caller {
    /// Hash of this person's request under an `Idempotency-Key`.
    pub fn request(&self, key: &str) -> String {
        hex::encode(Sha256::digest(format!("{} {key}", self.id)))
    }

    /// The name of what such a request makes once: the same request of the same person names the same thing.
    pub fn request_name(&self, key: &str) -> String {
        let mut name = self.request(key);
        name.truncate(REQUEST_NAME);
        name
    }

    /// Asks for a permission. Who lacks it learns nothing about what exists; whom it would let move money or
    /// permissions is looked at anew.
    pub async fn ask<P: Allows>(&self, app: &App) -> Outcome<Granted<P>> {
        let Some(granted) = self.find::<P>(app).await? else {
            tracing::warn!(security = true, caller = %self.id, permission = %P::PERMISSION, "permission denied");
            return Err(AccessError::NotFound.into());
        };
        if P::PERMISSION.weighty() {
            self.check_account(app).await?;
        }
        if P::PERMISSION.sensitive() && granted.by().scope != Scope::Children {
            // For the review of unused rights only: what is lost today is written another day.
            let marked = app.store().mark_used(&self.id, P::PERMISSION, app.now()).await;
            if let Err(error) = marked {
                tracing::warn!(%error, "use of a permission not written");
            }
        }
        Ok(granted)
    }

    /// Looks for a permission whose lack refuses nothing: it shows more of what may be seen anyway. Nobody moves money
    /// or permissions by it, and its use is not noted.
    pub async fn find<P: Allows>(&self, app: &App) -> Outcome<Option<Granted<P>>> {
        let store = app.store();
        let book = if P::PERMISSION.weighty() {
            Arc::new(store.roles_now(&self.grants).await?)
        } else {
            store.role_book().await?
        };
        let in_townships = self.grants.iter().any(|grant| matches!(grant.scope, Scope::Township(_)));
        Ok(if in_townships {
            grant::<P>(&self.id, &self.grants, &book, store.school_map().await?.as_ref())
        } else {
            grant::<P>(&self.id, &self.grants, &book, &SchoolMap::default())
        })
    }

    /// Whether the account still is what the session says. Who was never given a role has no account to be frozen.
    async fn check_account(&self, app: &App) -> Outcome<()> {
        match app.store().admission(&self.id).await? {
            Some(admission) if !admission.honours(self.session_ver) => {
                tracing::warn!(security = true, caller = %self.id, "session ended by a change of the account");
                Err(AccessError::SessionEnded.into())
            }
            _ => Ok(()),
        }
    }

    /// The caller as audit entries name it, in the role by which the permission is held.
    pub fn actor<P>(&self, granted: &Granted<P>) -> Actor {
        let by = granted.by();
        let actor = Actor::person(by.role.as_str(), self.id.as_str());
        // A guardian acts on what is the own: the trail of the rush need not say so.
        if by.scope == Scope::Children { actor } else { actor.within(by.scope.to_string()) }
    }

    /// The caller's grants and others: whose roles a decision about these must know.
    pub fn grants_with<'a>(&'a self, others: impl IntoIterator<Item = &'a Grant>) -> Vec<Grant> {
        self.grants.iter().chain(others).cloned().collect()
    }

    fn of(context: &RequestContext) -> Option<Self> {
        let RequestContext::ApiGatewayV1(context) = context else { return None };
        let field = |name: &str| context.authorizer.fields.get(name).and_then(|value| value.as_str());
        let grants = field("grants")?.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Self {
            id: field("sub")?.parse().ok()?,
            grants,
            session_ver: field("sv")?.parse().ok()?,
            address: context.identity.source_ip.clone(),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<RequestContext>().and_then(Self::of);
        caller.ok_or_else(|| AccessError::NotSignedIn.into())
    }
}
