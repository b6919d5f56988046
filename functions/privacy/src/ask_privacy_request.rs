//! A guardian asks that something be corrected or deleted. K3, promise P13.

use axum::extract::State;
use domain::Pii;
use domain::id::StudentId;
use domain::privacy::{Asked, PrivacyError, PrivacyRequest, RequestKind};
use domain::retention::kept;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::desk::{Desk, orders_of};
use crate::request_view::PrivacyRequestView;

/// What is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPrivacyRequest {
    /// `correction` or `deletion`.
    #[schema(value_type = String, example = "correction")]
    pub kind: RequestKind,
    /// About which child; none: about the guardian.
    #[schema(value_type = Option<String>, example = "7K3M9Q2XAB")]
    pub student_id: Option<StudentId>,
    /// What is wrong, or what shall go: 4 to 500 characters.
    #[schema(value_type = String, example = "孩子姓名中的“诺”写错了")]
    #[serde(deserialize_with = "domain::pii::plain")]
    pub text: Pii<String>,
}

/// 申请更正或删除个人信息
///
/// The school decides. A deletion that the law forbids is refused at once, with the reason.
#[utoipa::path(
    post, path = "/me/privacy-requests", operation_id = "ask_privacy_request", tag = "我的隐私",
    params(("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值")),
    request_body = AskPrivacyRequest,
    responses(
        (status = 201, description = "待学校处理,或依法不予删除", body = PrivacyRequestView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有可受理的学校,或个人信息已销毁", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn ask_privacy_request(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskPrivacyRequest>,
) -> Outcome<Answer<PrivacyRequestView>> {
    let desk = Desk::of(&app, &caller).await?;
    let id = format!("{}.{}", caller.id, caller.request_name(&key)).parse().map_err(|_never| AccessError::NotFound)?;
    if let Some(found) = app.store().privacy_request(&id).await? {
        // It lies under the caller's own name.
        let found = found.unguarded().value;
        let same = found.request == sent.hash;
        let view = PrivacyRequestView::from(&found);
        return if same { Ok(Answer::created(view)) } else { Err(RequestError::IdempotencyKeyReused.into()) };
    }
    let AskPrivacyRequest { kind, student_id, text } = sent.value;
    let concerned = match &student_id {
        Some(child) => vec![desk.child(child)?],
        None => desk.children.iter().collect(),
    };
    let school = concerned.first().ok_or(PrivacyError::NoSchool)?.school.clone();
    let mut orders = Vec::new();
    for child in concerned {
        orders.extend(orders_of(&app, &desk.granted, child).await?);
    }
    let asked = Asked { id, request: sent.hash, kind, student: student_id, school, text };
    let request = Versioned::absent(PrivacyRequest::ask(asked, kept(&orders, app.now()), app.now())?);
    let mut commit = Commit::new(caller.actor(&desk.granted), "privacy.ask_privacy_request", app.now());
    commit.save_privacy_request(&request)?;
    app.store().commit(commit).await?;
    Ok(Answer::created(PrivacyRequestView::from(&request.value)))
}
