//! The keys of a tenant's personal data: what may be told of them, never a key. K3.

use axum::extract::{Path, State};
use domain::Tenant;
use domain::access::{Granted, Owner, may};
use domain::id::SchoolCode;
use domain::shredding::{Shredding, ShreddingError};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, RequestError};
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::keyring::KeyFacts;
use utoipa::ToSchema;

/// A data key.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyView {
    /// Its number; the highest one seals what is written now.
    #[schema(example = 2)]
    pub number: u32,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub made_at: Option<String>,
    /// Who made it: role and person, or a part of the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "security_admin:7K3M9Q2XAB")]
    pub made_by: Option<String>,
    /// When it was destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub destroyed_at: Option<String>,
    /// Who destroyed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyed_by: Option<String>,
}

impl From<KeyFacts> for KeyView {
    fn from(facts: KeyFacts) -> Self {
        let KeyFacts { number, made_at, made_by, destroyed } = facts;
        Self {
            number,
            made_at: made_at.map(|at| at.to_string()),
            made_by: made_by.map(|actor| actor.as_str().to_owned()),
            destroyed_at: destroyed.as_ref().map(|(at, _)| at.to_string()),
            destroyed_by: destroyed.map(|(_, actor)| actor.as_str().to_owned()),
        }
    }
}

/// The proposal to destroy a school's keys.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShreddingView {
    /// The school.
    #[schema(example = "2144200601")]
    pub school: String,
    /// `proposed`, `approved` or `rejected`.
    #[schema(example = "proposed")]
    pub state: String,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    #[schema(format = DateTime)]
    pub proposed_at: String,
    /// Who decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub decided_at: Option<String>,
}

impl From<&Shredding> for ShreddingView {
    fn from(shredding: &Shredding) -> Self {
        Self {
            school: shredding.school.to_string(),
            state: shredding.state.to_string(),
            reason: shredding.reason.clone(),
            proposed_by: shredding.proposed_by.to_string(),
            proposed_at: shredding.proposed_at.to_string(),
            decided_by: shredding.decided.as_ref().map(|(by, _)| by.to_string()),
            decided_at: shredding.decided.as_ref().map(|(_, at)| at.to_string()),
        }
    }
}

/// The keys of a tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Keys {
    /// The school's code, or `platform`.
    #[schema(example = "2144200601")]
    pub tenant: String,
    /// By number.
    pub items: Vec<KeyView>,
    /// The last proposal to destroy them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shredding: Option<ShreddingView>,
}

/// 数据密钥列表
#[utoipa::path(
    get, path = "/keys/{tenant}", operation_id = "list_keys", tag = "数据密钥",
    params(("tenant" = String, Path, description = "学校标识码,或 platform")),
    responses(
        (status = 200, description = "密钥编号、生成与销毁记录,不含密钥本身", body = Keys),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_keys(State(app): State<App>, caller: Caller, Path(tenant): Path<String>) -> Outcome<Answer<Keys>> {
    let (_, tenant) = reach(&app, &caller, &tenant).await?;
    let items = app.store().key_facts(&tenant).await?.into_iter().map(KeyView::from).collect();
    let shredding = match &tenant {
        Tenant::School(school) => app.store().shredding(school).await?,
        Tenant::Platform => None,
    };
    let shredding = shredding.map(|found| ShreddingView::from(&found.value));
    Ok(Answer::ok(Keys { tenant: tenant.to_string(), items, shredding }))
}

/// A tenant whose keys the caller may manage.
pub(crate) async fn reach(
    app: &App,
    caller: &Caller,
    tenant: &str,
) -> Result<(Granted<may::ManageKeys>, Tenant), Problem> {
    let granted = caller.ask::<may::ManageKeys>(app).await?;
    let tenant = Tenant::named(tenant).ok_or(RequestError::ParameterUnusable { name: "tenant" })?;
    let reached = match &tenant {
        Tenant::School(school) => {
            let owner = Owner { school: Some(school), ..Owner::default() };
            granted.covers(&owner) && app.store().school(school).await?.is_some()
        }
        Tenant::Platform => granted.everywhere(),
    };
    if reached { Ok((granted, tenant)) } else { Err(AccessError::NotFound.into()) }
}

/// A school whose keys the caller may destroy with a second person.
pub(crate) async fn reach_school(
    app: &App,
    caller: &Caller,
    tenant: &str,
) -> Result<(Granted<may::ManageKeys>, SchoolCode), Problem> {
    match reach(app, caller, tenant).await? {
        (granted, Tenant::School(school)) => Ok((granted, school)),
        (_, Tenant::Platform) => Err(ShreddingError::PlatformKept.into()),
    }
}
