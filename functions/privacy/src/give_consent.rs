//! A guardian agrees to a document, or withdraws the consent. K3.

use axum::extract::State;
use domain::consent::{Consent, Document};
use domain::id::StudentId;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::list_consents::ConsentView;

/// What is agreed to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveConsent {
    /// The document.
    #[schema(example = "child_privacy")]
    pub document: String,
    /// The version that was read.
    #[schema(example = 1)]
    pub version: u16,
    /// For which child, when the document is about one.
    #[schema(value_type = Option<String>, example = "7K3M9Q2XAB")]
    pub student_id: Option<StudentId>,
}

/// 同意文件
#[utoipa::path(
    post, path = "/me/consents", operation_id = "give_consent", tag = "我的隐私",
    request_body = GiveConsent,
    responses(
        (status = 200, description = "已同意", body = ConsentView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "文件已更新", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn give_consent(
    State(app): State<App>,
    caller: Caller,
    sent: Sent<GiveConsent>,
) -> Outcome<Answer<ConsentView>> {
    let GiveConsent { document, version, student_id } = sent.value;
    let (desk, document, mut consent) = reach(&app, &caller, &document, student_id.as_ref()).await?;
    if consent.value.give(&document, version, app.now())? {
        let commit = Commit::new(caller.actor(&desk.granted), "privacy.give_consent", app.now());
        write(&app, commit, &consent).await?;
    }
    Ok(Answer::ok(ConsentView::of(&consent.value, &document)))
}

/// What is withdrawn.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawConsent {
    /// The document.
    #[schema(example = "child_privacy")]
    pub document: String,
    /// For which child, when the document is about one.
    #[schema(value_type = Option<String>, example = "7K3M9Q2XAB")]
    pub student_id: Option<StudentId>,
}

/// 撤回同意
///
/// What was done before stays lawful; what was agreed to and when stays written.
#[utoipa::path(
    post, path = "/me/consents/withdraw", operation_id = "withdraw_consent", tag = "我的隐私",
    request_body = WithdrawConsent,
    responses(
        (status = 200, description = "已撤回", body = ConsentView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "没有可撤回的同意", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn withdraw_consent(
    State(app): State<App>,
    caller: Caller,
    sent: Sent<WithdrawConsent>,
) -> Outcome<Answer<ConsentView>> {
    let WithdrawConsent { document, student_id } = sent.value;
    let (desk, document, mut consent) = reach(&app, &caller, &document, student_id.as_ref()).await?;
    consent.value.withdraw(app.now())?;
    let commit = Commit::new(caller.actor(&desk.granted), "privacy.withdraw_consent", app.now());
    write(&app, commit, &consent).await?;
    Ok(Answer::ok(ConsentView::of(&consent.value, &document)))
}

/// The caller's own consent to a document, for an own child.
async fn reach(
    app: &App,
    caller: &Caller,
    document: &str,
    student: Option<&StudentId>,
) -> Result<(Desk, Document, Versioned<Consent>), Problem> {
    let desk = Desk::of(app, caller).await?;
    let document = Document::find(document, student.is_some())?;
    if let Some(child) = student {
        desk.child(child)?;
    }
    let consent = app.store().consent(&caller.id, &document, student).await?;
    Ok((desk, document, consent))
}

async fn write(app: &App, mut commit: Commit, consent: &Versioned<Consent>) -> Result<(), Problem> {
    commit.save_consent(consent)?;
    app.write_edit(commit).await
}
