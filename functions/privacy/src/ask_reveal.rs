//! Asking to see a person's data in full, with what for. K3.

use axum::extract::State;
use domain::access::may;
use domain::id::PersonId;
use domain::reveal::{Asked, Reveal, Subject, SubjectKind};
use domain::{Moment, Tenant};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, Versioned};
use utoipa::ToSchema;

use crate::subject::place;

/// Whose data, and what for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskReveal {
    /// `student`, `guardian` or `user`.
    #[schema(value_type = String, example = "student")]
    pub kind: SubjectKind,
    /// The person.
    #[schema(value_type = String, example = "7K3M9Q2XAB")]
    pub id: PersonId,
    /// What for: 4 to 200 characters, without names or numbers of anybody.
    #[schema(example = "核对学籍变动名单")]
    pub purpose: String,
}

/// A request to see a person's data in full.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RevealView {
    /// Its identifier.
    #[schema(example = "2144200601.0f3b6c1d2e4a59788f10")]
    pub reveal_id: String,
    /// `student`, `guardian` or `user`.
    #[schema(example = "student")]
    pub kind: String,
    /// The person.
    #[schema(example = "7K3M9Q2XAB")]
    pub id: String,
    /// What for.
    pub purpose: String,
    /// `asked`, `granted`, `rejected` or `expired`.
    #[schema(example = "asked")]
    pub state: String,
    /// Until when the state holds by itself: to be decided by then, or to be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Who asks.
    pub asked_by: String,
    /// When.
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// Who decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
}

impl RevealView {
    /// A request as it stands now.
    pub(crate) fn of(reveal: &Reveal, now: Moment) -> Self {
        Self {
            reveal_id: reveal.id.to_string(),
            kind: reveal.subject.kind.to_string(),
            id: reveal.subject.id.to_string(),
            purpose: reveal.purpose.clone(),
            state: reveal.state(now).to_string(),
            until: reveal.until().map(|at| at.to_string()),
            asked_by: reveal.asked_by.to_string(),
            asked_at: reveal.asked_at.to_string(),
            decided_by: reveal.decided_by.as_ref().map(ToString::to_string),
        }
    }
}

/// 申请查看完整个人信息
///
/// An adult's is granted at once; a minor's waits for a responsible person of the school.
#[utoipa::path(
    post, path = "/reveals", operation_id = "ask_reveal", tag = "个人信息",
    params(("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值")),
    request_body = AskReveal,
    responses(
        (status = 201, description = "可以查看,或待负责人审批", body = RevealView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "个人信息已销毁", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn ask_reveal(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskReveal>,
) -> Outcome<Answer<RevealView>> {
    let granted = caller.ask::<may::ViewPersonalData>(&app).await?;
    let AskReveal { kind, id, purpose } = sent.value;
    let subject = Subject { kind, id };
    let tenant = place(&app, &granted, &subject).await?;
    let id = format!("{tenant}.{}", caller.request_name(&key)).parse().map_err(|_never| AccessError::NotFound)?;
    if let Some(found) = app.store().reveal(&id).await?.and_then(|found| found.within(&granted)) {
        let same = found.value.request == sent.hash;
        let view = RevealView::of(&found.value, app.now());
        return if same { Ok(Answer::created(view)) } else { Err(RequestError::IdempotencyKeyReused.into()) };
    }
    let school = if let Tenant::School(school) = tenant { Some(school) } else { None };
    let asked = Asked { id, request: sent.hash, subject, school, purpose, by: caller.id.clone() };
    let reveal = Reveal::ask(asked, app.now())?;
    let actor = caller.actor(&granted).for_purpose(&reveal.purpose);
    let mut commit = Commit::new(actor, "privacy.ask_reveal", app.now());
    let reveal = Versioned::absent(reveal);
    commit.save_reveal(&reveal)?;
    app.store().commit(commit).await?;
    Ok(Answer::created(RevealView::of(&reveal.value, app.now())))
}
