//! The guardian's privacy desk: what is held about the family, shown or as a file. K3.

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::CONTENT_DISPOSITION;
use domain::audit::Act;
use domain::id::PrivacyRequestId;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Caller, Problem};
use serde::Serialize;
use store::{StoreError, key};
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::desk_view::{HeldChild, HeldGuardian, LookView, RecipientView, RetentionView};
use crate::request_view::PrivacyRequestView;

/// All about the family's data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PrivacyView {
    /// What is held about the guardian.
    pub guardian: HeldGuardian,
    /// What is held about the children.
    pub children: Vec<HeldChild>,
    /// What for, by what law and how long.
    pub retention: Vec<RetentionView>,
    /// Who looked, the last looks first.
    pub looks: Vec<LookView>,
    /// To whom it is given.
    pub recipients: Vec<RecipientView>,
    /// What was asked about it.
    pub requests: Vec<PrivacyRequestView>,
}

/// 我的隐私
///
/// The own data in full, what for and how long it is kept, who looked, to whom it is given. The look is kept.
#[utoipa::path(
    get, path = "/me/privacy", operation_id = "show_privacy", tag = "我的隐私",
    responses(
        (status = 200, description = "本人和孩子的个人信息、用途、期限、查看记录", body = PrivacyView),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn show_privacy(State(app): State<App>, caller: Caller) -> Outcome<Answer<PrivacyView>> {
    Ok(Answer::ok(gather(&app, &caller, Act::OwnDataShown).await?))
}

/// 导出我的个人信息
#[utoipa::path(
    get, path = "/me/privacy/export", operation_id = "export_privacy", tag = "我的隐私",
    responses(
        (status = 200, description = "JSON 文件", body = PrivacyView),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn export_privacy(
    State(app): State<App>,
    caller: Caller,
) -> Outcome<([(HeaderName, &'static str); 1], Answer<PrivacyView>)> {
    let view = gather(&app, &caller, Act::OwnDataExported).await?;
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"privacy.json\"")], Answer::ok(view)))
}

async fn gather(app: &App, caller: &Caller, act: Act) -> Result<PrivacyView, Problem> {
    let desk = Desk::of(app, caller).await?;
    let (children, looks) = futures::try_join!(desk.held_children(app), desk.looks(app))?;
    let mut requests = Vec::new();
    for id in app.store().privacy_requests_of(&caller.id).await? {
        requests.extend(request(app, &id).await?);
    }
    requests.sort_by(|one, other| other.asked_at.cmp(&one.asked_at));
    let concerns = key::thing(&key::guardian(&caller.id));
    app.store().note(caller.actor(&desk.granted), act, &concerns, app.now(), app.random()).await?;
    Ok(PrivacyView {
        guardian: desk.held(),
        children,
        retention: RetentionView::all(),
        looks,
        recipients: RecipientView::all(),
        requests,
    })
}

/// What the guardian asked: it lies under the guardian's own name. None: destroyed with the keys of the school.
async fn request(app: &App, id: &PrivacyRequestId) -> Result<Option<PrivacyRequestView>, Problem> {
    match app.store().privacy_request(id).await {
        Err(StoreError::Shredded) => Ok(None),
        found => Ok(found?.map(|found| PrivacyRequestView::from(&found.unguarded().value))),
    }
}
