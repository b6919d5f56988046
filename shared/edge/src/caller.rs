//! Caller (调用者): who is signed in, as the authorizer told, and what that person may do. K5.1, promise P10.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::access::{Permission, Role};
use domain::audit::Actor;
use domain::id::{GuardianId, SchoolCode};
use domain::{Fault, Kind};
use lambda_http::request::RequestContext;

use crate::problem::Problem;

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What the person acts as.
    pub role: Role,
    /// The person's identifier.
    pub id: String,
    /// The school a member of staff belongs to.
    pub school: Option<SchoolCode>,
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
    /// There is no such thing, or it is none of the caller's business: both look the same.
    #[error("没有找到您要的内容,请核对编号")]
    NotFound,
}

impl Fault for AccessError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotSignedIn => Kind::UnknownCaller,
            Self::NotFound => Kind::NotFound,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

impl Caller {
    /// Asks for a permission. Who lacks it learns nothing about what exists.
    pub fn may(&self, permission: Permission) -> Result<(), AccessError> {
        if self.role.may(permission) {
            Ok(())
        } else {
            tracing::warn!(role = %self.role, ?permission, "permission denied");
            Err(AccessError::NotFound)
        }
    }

    /// The guardian who calls.
    pub fn guardian(&self) -> Result<GuardianId, AccessError> {
        match self.role {
            Role::Guardian => self.id.parse().map_err(|_not_a_guardian| AccessError::NotSignedIn),
            Role::SchoolAdmin | Role::PlatformAdmin => Err(AccessError::NotFound),
        }
    }

    /// Whether the caller's work reaches this school.
    pub fn reaches(&self, school: &SchoolCode) -> bool {
        match self.role {
            Role::PlatformAdmin => true,
            Role::SchoolAdmin => self.school.as_ref() == Some(school),
            Role::Guardian => false,
        }
    }

    /// The caller as audit entries name it.
    pub fn actor(&self) -> Actor {
        Actor::person(&self.role.to_string(), &self.id)
    }

    fn of(context: &RequestContext) -> Option<Self> {
        let RequestContext::ApiGatewayV1(context) = context else { return None };
        let field = |name: &str| context.authorizer.fields.get(name).and_then(|value| value.as_str());
        Some(Self {
            role: field("role")?.parse().ok()?,
            id: field("sub")?.to_owned(),
            school: field("school").and_then(|code| code.parse().ok()),
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
