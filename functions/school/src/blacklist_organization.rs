//! Putting a provider on the blacklist, or taking it off. B2.1.

use axum::extract::{Path, State};
use domain::id::OrganizationId;
use domain::organization::Blacklisting;
use domain::user::Reason;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IfMatch, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::Commit;
use utoipa::ToSchema;

use crate::keep_organization::{registrar, write};
use crate::show_organization::OrganizationView;

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlacklistOrganization {
    /// 1 to 200 characters; whoever sees the provider reads them.
    #[schema(example = "虚假宣传")]
    pub reason: String,
}

/// 列入黑名单
///
/// From today on the provider may not be used.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/blacklist", operation_id = "blacklist_organization", tag = "学校",
    params(
        ("organization_id" = String, Path, description = "组织编码"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    request_body = BlacklistOrganization,
    responses(
        (status = 200, description = "已列入", body = OrganizationView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不是校外机构,或已在黑名单中", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn blacklist_organization(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(organization_id): Path<String>,
    sent: Sent<BlacklistOrganization>,
) -> Outcome<Answer<OrganizationView>> {
    change(&app, &caller, version, &organization_id, Some(Reason::read(sent.value.reason)?)).await
}

/// 移出黑名单
#[utoipa::path(
    post, path = "/organizations/{organization_id}/unblacklist", operation_id = "unblacklist_organization", tag = "学校",
    params(
        ("organization_id" = String, Path, description = "组织编码"),
        ("If-Match" = String, Header, description = "读取时的版本"),
    ),
    responses(
        (status = 200, description = "已移出", body = OrganizationView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不在黑名单中", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 428, description = "缺少 If-Match", body = Problem),
    ),
)]
pub async fn unblacklist_organization(
    State(app): State<App>,
    caller: Caller,
    version: IfMatch,
    Path(organization_id): Path<String>,
) -> Outcome<Answer<OrganizationView>> {
    change(&app, &caller, version, &organization_id, None).await
}

async fn change(
    app: &App,
    caller: &Caller,
    version: IfMatch,
    organization_id: &str,
    reason: Option<Reason>,
) -> Outcome<Answer<OrganizationView>> {
    let granted = registrar(app, caller).await?;
    let id: OrganizationId = parse("organization_id", organization_id)?;
    let mut organization = app.store().organization(&id).await?.ok_or(AccessError::NotFound)?;
    version.check(organization.ver)?;
    let kept = &mut organization.value.value;
    let action = if let Some(reason) = reason {
        kept.blacklist(Blacklisting { reason: reason.text(), since: app.now().day(), by: caller.id.clone() })?;
        "school.blacklist_organization"
    } else {
        kept.unblacklist()?;
        "school.unblacklist_organization"
    };
    write(app, Commit::new(caller.actor(&granted), action, app.now()), &organization).await
}
