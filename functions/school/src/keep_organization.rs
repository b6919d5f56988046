//! Adding a bureau, township or provider, or changing one. B2.1.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::directory::{Organization, OrganizationKind};
use domain::id::OrganizationId;
use domain::organization::{Licence, OrganizationError, Standing};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::import::Imported;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::show_organization::{LicenceView, OrganizationView};

/// What an organization is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepOrganization {
    /// `city`, `township` or `provider`; it stays what it was added as.
    #[schema(value_type = String, example = "provider")]
    pub kind: OrganizationKind,
    /// Its name: 2 to 60 characters.
    #[schema(example = "中山示例艺术培训有限公司")]
    pub name: String,
    /// The organization above it: a city above townships, either above providers.
    #[schema(value_type = Option<String>, example = "442000")]
    pub parent: Option<OrganizationId>,
    /// Unified social credit code; providers have one.
    #[schema(example = "91350100M000100Y43")]
    pub credit_code: Option<String>,
    /// A provider's licence.
    pub licence: Option<LicenceView>,
    /// The telephone of a provider's office, never a person's mobile phone.
    #[schema(example = "0760-88881234")]
    pub phone: Option<String>,
}

impl KeepOrganization {
    /// As it would be; what it is blacklisted for stays.
    fn organization(self, id: OrganizationId, before: Option<&Organization>) -> Organization {
        let Self { kind, name, parent, credit_code, licence, phone } = self;
        let licence =
            licence.map(|LicenceView { number, valid_from, valid_until }| Licence { number, valid_from, valid_until });
        let blacklisted = before.and_then(|before| before.standing.blacklisted.clone());
        let standing = Standing { licence, phone, blacklisted };
        Organization { id, kind, name, parent, credit_code, standing }
    }
}

/// 保存组织
///
/// With `If-Match: "0"` an organization is added, with the version that was read it is changed.
#[utoipa::path(
    put, path = "/organizations/{organization_id}", operation_id = "keep_organization", tag = "学校",
    params(
        ("organization_id" = String, Path, description = "组织编码,如 442000006"),
        ("If-Match" = String, Header, description = "读取时的版本,新增为 0"),
    ),
    request_body = KeepOrganization,
    responses(
        (status = 200, description = "已保存", body = OrganizationView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "编码已存在,或类型不能变更", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn keep_organization(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(organization_id): Path<String>,
    sent: Sent<KeepOrganization>,
) -> Outcome<Answer<OrganizationView>> {
    let granted = registrar(&app, &caller).await?;
    let id: OrganizationId = parse("organization_id", &organization_id)?;
    let held = app.store().organization(&id).await?;
    if held.is_some() && version == IfMatch(0) {
        return Err(OrganizationError::Exists.into());
    }
    let before = held.as_ref().map(|held| &held.value.value);
    let wanted = sent.value.organization(id, before);
    let above = match &wanted.parent {
        Some(parent) => app.store().organization(parent).await?.map(|found| found.value.value),
        None => None,
    };
    let wanted = wanted.checked(above.as_ref(), before)?;
    let organization = match &held {
        Some(held) => held.with(held.value.with(wanted)),
        None => Versioned::absent(Imported::by_hand(wanted)),
    };
    version.check(organization.ver)?;
    let commit = Commit::new(caller.actor(&granted), "school.keep_organization", app.now());
    write(&app, commit, &organization).await
}

/// The proof that the caller keeps the organizations of all.
pub(crate) async fn registrar(app: &App, caller: &Caller) -> Outcome<Granted<may::EditOrganizations>> {
    let granted = caller.ask::<may::EditOrganizations>(app).await?;
    if granted.everywhere() { Ok(granted) } else { Err(AccessError::NotFound.into()) }
}

pub(crate) async fn write(
    app: &App,
    mut commit: Commit,
    organization: &Versioned<Imported<Organization>>,
) -> Outcome<Answer<OrganizationView>> {
    commit.save_organization(organization)?;
    app.write_edit(commit).await?;
    let view = OrganizationView::of(&organization.value.value, app.now().day());
    Ok(Answer::ok(view).at_version(organization.ver.saturating_add(1)))
}
