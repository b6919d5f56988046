//! The roll of a lesson is called: one write whatever the size of the class, the same however often and late it is sent.
//! T4 P9 S25.5.

use axum::extract::{Path, State};
use domain::Moment;
use domain::access::may;
use domain::id::{StudentId, TeachingRequestId};
use domain::teaching::call::{Called, call_roll};
use domain::teaching::parked::{ParkedCall, ParkedFor, ParkedState};
use domain::teaching::roll::{Call, Presence, RollError};
use edge::app::Outcome;
use edge::http::{Answer, RequestError, Sent};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::scope::{ATTEMPTS, Reached, reach_lesson, tell};

/// A pupil who was not simply there.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedPupil {
    /// The pupil.
    #[schema(value_type = String, example = "7K3M9Q2XAB")]
    pub student_id: StudentId,
    /// `late`, `absent` or `abnormal`; `present` for whoever has leave and came.
    #[schema(value_type = String, example = "absent")]
    pub presence: Presence,
}

/// A roll call: everybody of the class was there but whom it names.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollCall {
    /// When it was made, by the clock of whoever called, however late it is sent.
    #[schema(format = DateTime, example = "2026-09-02T16:35:00+08:00")]
    pub at: String,
    /// Who was not simply there, at most 400; of a pupil who is named twice, the last word counts.
    pub named: Vec<NamedPupil>,
    /// Whether it is about the named alone: one who came later, a slip.
    #[serde(default)]
    pub only_named: bool,
}

/// Where a call has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Into the roll.
    Entered,
    /// Nowhere: it says nothing new.
    Known,
    /// To what the school has to decide, since the lesson is locked.
    Parked,
}

/// What a call came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RollCalled {
    /// Where it has gone.
    pub state: CallState,
    /// Whom it names though they are not in the class on that day: kept for the school to decide.
    pub not_members: Vec<String>,
    /// Where what could not be entered is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked_call_id: Option<String>,
}

/// 点名
///
/// Calls may come late, twice and in any order: the latest by the clock of whoever called counts. What cannot be
/// entered is kept for the school.
#[utoipa::path(
    put, path = "/lessons/{lesson_id}/roll", operation_id = "call_roll", tag = "考勤",
    params(("lesson_id" = String, Path, description = "一节课的编号")),
    request_body = RollCall,
    responses(
        (status = 200, description = "已点名", body = RollCalled),
        (status = 202, description = "该节课已锁定,点名已留存待学校处理", body = RollCalled),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能点名", body = Problem),
        (status = 412, description = "多人同时点名,请重试", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn call_roll_of_lesson(
    State(app): State<App>,
    caller: Caller,
    Path(lesson_id): Path<String>,
    sent: Sent<RollCall>,
) -> Outcome<Answer<RollCalled>> {
    let mut reached = reach_lesson::<may::TakeRoll>(&app, &caller, &lesson_id).await?;
    if !reached.of_school() && !reached.class.is_called_by(&reached.lesson, &caller.id) {
        return Err(RollError::NotTheirs.into());
    }
    let call = read(sent.value)?;
    let name = caller.request_name(&format!("{} {}", reached.id(), sent.hash));
    let id = TeachingRequestId::named(&reached.class.school, &reached.class.id.term(), &name);
    for _ in 0..ATTEMPTS {
        match enter(&app, &caller, &reached, &call, &id).await? {
            Some(answer) => return Ok(answer),
            None => reached.read_again(&app).await?,
        }
    }
    Err(StoreError::Stale.into())
}

fn read(sent: RollCall) -> Result<Call, RequestError> {
    let at = Moment::parse(&sent.at).ok_or_else(|| RequestError::FieldUnusable {
        pointer: "/at".to_owned(),
        reason: "应为带时区的时间,如 2026-09-02T16:35:00+08:00".to_owned(),
    })?;
    let named = sent.named.into_iter().map(|named| (named.student_id, named.presence)).collect();
    Ok(Call { at, named, only_named: sent.only_named })
}

/// Enters the call, or parks what cannot be entered; none when somebody has written meanwhile.
async fn enter(
    app: &App,
    caller: &Caller,
    reached: &Reached<may::TakeRoll>,
    call: &Call,
    id: &TeachingRequestId,
) -> Outcome<Option<Answer<RollCalled>>> {
    let Reached { class, lesson, .. } = reached;
    let mut roll = reached.roll.clone();
    let mut commit = Commit::new(caller.actor(&reached.granted), "attendance.call_roll", app.now());
    let (state, parked) = match call_roll(&mut roll.value, (class, lesson), call, &caller.id, app.now()) {
        Ok(Called { changed, strangers }) => {
            if changed {
                commit.carry_roll(&roll)?;
            }
            let state = if changed { CallState::Entered } else { CallState::Known };
            (state, strangers.map(|rest| (rest, ParkedFor::NotMembers)))
        }
        Err(RollError::Sealed) => (CallState::Parked, Some((call.clone(), ParkedFor::Locked))),
        Err(refused) => return Err(refused.into()),
    };
    let not_members = not_members(reached, call);
    let mut parks = false;
    if let Some((call, parked_for)) = &parked
        && app.store().parked_call(id).await?.is_none()
    {
        tracing::info!(lesson = %reached.id(), %parked_for, "roll call parked");
        let (lesson, school, at) = (reached.id(), class.school.clone(), app.now());
        let (call, parked_for, state) = (call.clone(), *parked_for, ParkedState::Waiting);
        let kept = ParkedCall { id: id.clone(), lesson, school, call, by: caller.id.clone(), parked_for, at, state };
        commit.save_parked_call(&Versioned::absent(kept))?;
        parks = true;
    }
    if parks || state == CallState::Entered {
        match app.store().commit(commit).await {
            Err(StoreError::Stale) => return Ok(None),
            written => written?,
        }
    }
    if state == CallState::Entered {
        tell(app, &reached.id(), &roll).await?;
    }
    let told = RollCalled { state, not_members, parked_call_id: parked.map(|_| id.to_string()) };
    Ok(Some(if state == CallState::Parked { Answer::accepted(told) } else { Answer::ok(told) }))
}

/// Whom a call names though they are not in the class on that day.
fn not_members(reached: &Reached<may::TakeRoll>, call: &Call) -> Vec<String> {
    let (_, strangers) = call.parted(&reached.class.roster(reached.lesson.date));
    strangers.into_iter().flat_map(|rest| rest.named.into_keys()).map(String::from).collect()
}
