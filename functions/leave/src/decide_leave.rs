//! Deciding leave that somebody else has asked for; what is granted marks the rolls of its lessons at once.
//! S21.1 S25.1 P9.2.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::teaching::leave::{Absentee, LeaveRequest};
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::known::Known;
use crate::reach;
use crate::view::LeaveView;
use crate::write::{ATTEMPTS, mark, promise_word, rolls, values, written_and_told};

/// The decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideTeachingRequest {
    /// Whether it is granted; else it is refused.
    pub approved: bool,
    /// Why it is refused: 2 to 200 characters.
    #[schema(example = "请补充病假证明")]
    pub reason: Option<String>,
}

/// 审核请假申请
///
/// Who asked does not decide. Granting marks the attendance of each lesson as leave.
#[utoipa::path(
    post, path = "/leaves/{request_id}/decide", operation_id = "decide_leave", tag = "请假与更正",
    params(("request_id" = String, Path, description = "申请编号")),
    request_body = DecideTeachingRequest,
    responses(
        (status = 200, description = "已处理", body = LeaveView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或不能由您处理", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn decide_leave(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
    sent: Sent<DecideTeachingRequest>,
) -> Outcome<Answer<LeaveView>> {
    for _ in 0..ATTEMPTS {
        let (granted, found) = reach::leave::<may::ApproveLeave>(&app, &caller, &request_id).await?;
        if let Some(decided) = decide(&app, (&caller, &granted), found, &sent.value).await? {
            return Ok(decided);
        }
    }
    Err(StoreError::Stale.into())
}

/// None: somebody was faster.
async fn decide(
    app: &App,
    (caller, granted): (&Caller, &Granted<may::ApproveLeave>),
    mut found: Versioned<LeaveRequest>,
    decision: &DecideTeachingRequest,
) -> Outcome<Option<Answer<LeaveView>>> {
    let mut commit = Commit::new(caller.actor(granted), "leave.decide", app.now());
    let leave = &mut found.value;
    let uncovered = if decision.approved {
        let term = Known::read(app, &leave.school, &leave.id.term()).await?;
        let classes = term.classes(&leave.classes());
        leave.grant(Some(&caller.id), term.of_leave(&classes))?;
        let rolls = rolls(app, &leave.lessons).await?;
        mark(&mut commit, leave, &rolls)?;
        leave.uncovered(&classes, &values(&rolls))
    } else {
        leave.handling.refuse(&caller.id, decision.reason.as_deref().unwrap_or_default(), app.now())?;
        Vec::new()
    };
    commit.save_leave(&found)?;
    let version = found.ver.saturating_add(1);
    promise_word(&mut commit, &found.value, version)?;
    let view = LeaveView::from(&found.value).without_teacher(&uncovered);
    let decided = Answer::ok(view).at_version(version);
    let news = (matches!(found.value.who, Absentee::Pupil(_)), found.value.id.as_str(), version);
    Ok(written_and_told(app, commit, news).await?.then_some(decided))
}
