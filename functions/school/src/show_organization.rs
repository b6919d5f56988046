//! A bureau, township or provider, and whether it may be used. B2.1.

use axum::extract::{Path, State};
use domain::access::may;
use domain::directory::{Organization, OrganizationKind};
use domain::id::OrganizationId;
use domain::organization::{Blacklisting, Licence};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A provider's licence (办学许可).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenceView {
    /// Its number: 1 to 60 characters.
    #[schema(example = "教民 144200070000001 号")]
    pub number: String,
    /// The first day it is good.
    #[schema(value_type = String, format = Date, example = "2026-01-01")]
    pub valid_from: Date,
    /// The last day it is good.
    #[schema(value_type = String, format = Date, example = "2028-12-31")]
    pub valid_until: Date,
}

impl From<&Licence> for LicenceView {
    fn from(licence: &Licence) -> Self {
        let Licence { number, valid_from, valid_until } = licence;
        Self { number: number.clone(), valid_from: *valid_from, valid_until: *valid_until }
    }
}

/// That a provider may not be used any more (黑名单).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BlacklistingView {
    /// Why.
    #[schema(example = "虚假宣传")]
    pub reason: String,
    /// From which day on.
    #[schema(example = "2026-09-01")]
    pub since: String,
}

impl From<&Blacklisting> for BlacklistingView {
    fn from(blacklisting: &Blacklisting) -> Self {
        Self { reason: blacklisting.reason.clone(), since: blacklisting.since.to_string() }
    }
}

/// A bureau, township or provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganizationView {
    /// Its code.
    #[schema(example = "P001")]
    pub organization_id: String,
    /// `city`, `township` or `provider`.
    #[schema(example = "provider")]
    pub kind: String,
    /// Its name.
    #[schema(example = "中山示例艺术培训有限公司")]
    pub name: String,
    /// The organization above it.
    #[schema(example = "442000")]
    pub parent: Option<String>,
    /// Unified social credit code.
    #[schema(example = "91350100M000100Y43")]
    pub credit_code: Option<String>,
    /// A provider's licence, as far as one is on file.
    pub licence: Option<LicenceView>,
    /// The telephone of a provider's office.
    #[schema(example = "0760-88881234")]
    pub phone: Option<String>,
    /// Whether a provider is blacklisted.
    pub blacklisted: Option<BlacklistingView>,
    /// Why a provider may not be used today; none: it may.
    #[schema(example = "「中山示例艺术培训有限公司」的办学许可已于 2026-08-31 到期,请在续期并更新后使用")]
    pub unusable: Option<String>,
}

impl OrganizationView {
    /// An organization, as it is on a day.
    pub(crate) fn of(organization: &Organization, today: Date) -> Self {
        let standing = &organization.standing;
        let unusable = organization.usable_on(today).err().map(|why| why.to_string());
        Self {
            organization_id: organization.id.to_string(),
            kind: organization.kind.to_string(),
            name: organization.name.clone(),
            parent: organization.parent.as_ref().map(OrganizationId::to_string),
            credit_code: organization.credit_code.clone(),
            licence: standing.licence.as_ref().map(LicenceView::from),
            phone: standing.phone.clone(),
            blacklisted: standing.blacklisted.as_ref().map(BlacklistingView::from),
            unusable: unusable.filter(|_| organization.kind == OrganizationKind::Provider),
        }
    }
}

/// 查看组织
#[utoipa::path(
    get, path = "/organizations/{organization_id}", operation_id = "show_organization", tag = "学校",
    params(("organization_id" = String, Path, description = "组织编码,如 442000006")),
    responses(
        (status = 200, description = "组织", body = OrganizationView),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn show_organization(
    State(app): State<App>,
    caller: Caller,
    Path(organization_id): Path<String>,
) -> Outcome<Answer<OrganizationView>> {
    caller.ask::<may::ViewSchools>(&app).await?;
    let id: OrganizationId = parse("organization_id", &organization_id)?;
    let found = app.store().organization(&id).await?.ok_or(AccessError::NotFound)?;
    Ok(Answer::ok(OrganizationView::of(&found.value.value, app.now().day())).at_version(found.ver))
}
