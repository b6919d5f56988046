//! The school decides what a guardian has asked; what may go, goes with the decision. K3, promise P13.

use axum::extract::{Path, State};
use domain::Pii;
use domain::access::{Granted, may};
use domain::id::{PrivacyRequestId, StudentId};
use domain::privacy::{PrivacyError, PrivacyRequest, RequestKind};
use domain::record::Order;
use domain::retention::kept;
use domain::user::Reason;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError};
use utoipa::ToSchema;

use crate::request_view::PrivacyRequestView;

/// What stands where a name was.
const DELETED: &str = "已删除";

/// The decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecidePrivacyRequest {
    /// Whether it is done; else it is refused.
    pub approved: bool,
    /// What was done, or why it is refused, for the guardian: 1 to 200 characters.
    #[schema(example = "已按户口簿更正姓名")]
    pub reason: String,
}

/// 处理隐私申请
///
/// A deletion that is approved takes the guardian's link to the child away; asked for itself, all links, name and
/// phone. What the law wants kept is not deleted.
#[utoipa::path(
    post, path = "/privacy-requests/{request_id}/decide", operation_id = "decide_privacy_request", tag = "个人信息",
    params(("request_id" = String, Path, description = "申请编号")),
    request_body = DecidePrivacyRequest,
    responses(
        (status = 200, description = "已处理", body = PrivacyRequestView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或依法不予删除", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn decide_privacy_request(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
    sent: Sent<DecidePrivacyRequest>,
) -> Outcome<Answer<PrivacyRequestView>> {
    let granted = caller.ask::<may::HandlePrivacy>(&app).await?;
    let id: PrivacyRequestId = parse("request_id", &request_id)?;
    let found = app.store().privacy_request(&id).await?.and_then(|found| found.within(&granted));
    let mut request = found.ok_or(AccessError::NotFound)?;
    let DecidePrivacyRequest { approved, reason } = sent.value;
    let reason = Reason::read(reason)?.text();
    let concerned = concerned(&app, &request.value).await?;
    let kept = kept(&orders_of(&app, &concerned).await?, app.now());
    request.value.decide((&caller.id, reason), approved, kept, app.now())?;
    let mut commit = Commit::new(caller.actor(&granted), "privacy.decide_privacy_request", app.now());
    if approved && request.value.kind == RequestKind::Deletion {
        unlink(&app, &mut commit, &request.value, &concerned).await?;
    }
    commit.save_privacy_request(&request)?;
    match app.store().commit(commit).await {
        Err(StoreError::Stale) => return Err(stale(&app, &granted, &id).await?),
        done => done?,
    }
    Ok(Answer::ok(PrivacyRequestView::from(&request.value)))
}

/// The children the request is about, wherever they go to school: all of the guardian's, when it is about the guardian.
async fn concerned(app: &App, request: &PrivacyRequest) -> Result<Vec<StudentId>, Problem> {
    Ok(match &request.student {
        Some(child) => vec![child.clone()],
        None => app.store().children_of(&request.guardian()).await?,
    })
}

async fn orders_of(app: &App, children: &[StudentId]) -> Result<Vec<Order>, Problem> {
    let mut orders = Vec::new();
    for child in children {
        // The rule looks at the orders; nobody is shown them.
        let records = app.store().records(child).await?;
        orders.extend(records.into_iter().flat_map(|found| found.unguarded().value.orders));
    }
    Ok(orders)
}

/// Takes the links away, on both sides; of a guardian who leaves, name and phone too.
async fn unlink(
    app: &App,
    commit: &mut Commit,
    request: &PrivacyRequest,
    children: &[StudentId],
) -> Result<(), Problem> {
    let guardian_id = request.guardian();
    for child in children {
        let mut student = match app.store().open_student(child).await {
            // Its school has left: what says who it is is destroyed already.
            Err(StoreError::Shredded) | Ok(None) => continue,
            found => found?.ok_or(AccessError::NotFound)?.unguarded(),
        };
        student.value.pupil.guardians.retain(|guardian| *guardian != guardian_id);
        commit.save_student(&student)?;
    }
    let found = app.store().open_guardian(&guardian_id).await?.ok_or(AccessError::NotFound)?;
    let mut guardian = found.unguarded();
    guardian.value.children.retain(|child| !children.contains(child));
    if request.student.is_none() {
        guardian.value.name = Pii::new(DELETED.to_owned());
        guardian.value.phone = Pii::new(DELETED.to_owned());
    }
    commit.save_guardian(&guardian)?;
    Ok(())
}

/// Somebody was quicker: with this decision, or with a change of the family.
async fn stale(app: &App, granted: &Granted<may::HandlePrivacy>, id: &PrivacyRequestId) -> Result<Problem, Problem> {
    let now = app.store().privacy_request(id).await?.and_then(|found| found.within(granted));
    let decided = now.ok_or(AccessError::NotFound)?.value.decision.is_some();
    Ok(if decided { PrivacyError::AlreadyDecided.into() } else { RequestError::IfMatchOutdated.into() })
}
