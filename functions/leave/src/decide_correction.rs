//! Deciding a correction that somebody else has asked for; what is granted is entered into the roll at once.
//! S21.2 S21.4 S25.2 S25.4.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::teaching::correction::{Correction, CorrectionError};
use domain::teaching::roll::Roll;
use edge::app::Outcome;
use edge::http::{Answer, Sent};
use edge::{App, Caller, Problem};
use store::{Commit, StoreError, Versioned};

use crate::decide_leave::DecideTeachingRequest;
use crate::known::Known;
use crate::reach;
use crate::view::CorrectionView;
use crate::write::{ATTEMPTS, Rolls, written_and_told};

/// 审核考勤更正申请
///
/// Who asked does not decide. What is granted has the last word about the attendance of that lesson.
#[utoipa::path(
    post, path = "/corrections/{request_id}/decide", operation_id = "decide_correction", tag = "请假与更正",
    params(("request_id" = String, Path, description = "申请编号")),
    request_body = DecideTeachingRequest,
    responses(
        (status = 200, description = "已处理", body = CorrectionView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "已处理,或不能由您处理", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn decide_correction(
    State(app): State<App>,
    caller: Caller,
    Path(request_id): Path<String>,
    sent: Sent<DecideTeachingRequest>,
) -> Outcome<Answer<CorrectionView>> {
    for _ in 0..ATTEMPTS {
        let (granted, found) = reach::correction::<may::ApproveLeave>(&app, &caller, &request_id).await?;
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
    mut found: Versioned<Correction>,
    decision: &DecideTeachingRequest,
) -> Outcome<Option<Answer<CorrectionView>>> {
    let mut commit = Commit::new(caller.actor(granted), "correction.decide", app.now());
    let correction = &mut found.value;
    if decision.approved {
        let term = Known::read(app, &correction.school, &correction.id.term()).await?;
        let class = term.class(&correction.lesson.class()).ok_or(CorrectionError::LessonUnknown)?;
        let rolls = app.store().rolls_of([correction.lesson.clone()]).await?;
        let roll = rolls.get(&correction.lesson).map(|roll| &roll.value);
        correction.grant(Some(&caller.id), term.of_correction(class, roll))?;
        enter(&mut commit, correction, &rolls)?;
    } else {
        correction.handling.refuse(&caller.id, decision.reason.as_deref().unwrap_or_default(), app.now())?;
    }
    commit.save_correction(&found)?;
    let version = found.ver.saturating_add(1);
    let decided = Answer::ok(CorrectionView::from(&found.value)).at_version(version);
    let news = (decision.approved, found.value.lesson.as_str(), version);
    Ok(written_and_told(app, commit, news).await?.then_some(decided))
}

/// Enters a correction that is granted into the roll of its lesson.
pub(crate) fn enter(commit: &mut Commit, correction: &Correction, rolls: &Rolls) -> Outcome<()> {
    let Correction { lesson, date, period, .. } = correction;
    let new = || Versioned::absent(Roll::new(&lesson.class(), lesson.number(), (*date, *period)));
    let mut roll = rolls.get(lesson).cloned().unwrap_or_else(new);
    if correction.enter(&mut roll.value, commit.now())? {
        commit.save_roll(&roll)?;
    }
    Ok(())
}
