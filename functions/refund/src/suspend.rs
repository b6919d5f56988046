//! A school gives no lessons on some days: they count as not given from now on, and everybody whom it concerns gets back by
//! the rules what they cost. S34.2.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use cashier::Plan;
use domain::access::may;
use domain::catalog::{Offering, Term};
use domain::directory::Grade;
use domain::id::{CourseCode, TermCode};
use domain::suspension::{Suspension, Wanted, suspend};
use domain::task::{Queue, Task};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Sent, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem, Variable};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

/// Offerings whose suspensions are written at once.
const OFFERINGS_AT_ONCE: usize = 25;

/// Which lessons are not given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspendLessons {
    /// The first day.
    #[schema(value_type = String, format = Date, example = "2026-10-12")]
    pub from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date, example = "2026-10-16")]
    pub until: Date,
    /// Only for pupils of these grades; all without it.
    #[serde(default)]
    #[schema(example = json!([1, 2]))]
    pub grades: BTreeSet<Grade>,
    /// Only of this course; all of the term without it.
    #[schema(example = "K012")]
    pub course: Option<String>,
    /// Why, for the families: 2 to 200 characters.
    #[schema(example = "台风红色预警,按通知停课")]
    pub reason: String,
}

/// What is being done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LessonsSuspended {
    /// The offerings with lessons on these days.
    pub offering_ids: Vec<String>,
}

/// 停课并按规则退还停课课时费用
///
/// The lessons are noted as not given, and paid back to one pupil after the other. Said again it does what is still to do,
/// and nothing twice.
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/suspensions", operation_id = "suspend_lessons", tag = "退费",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    request_body = SuspendLessons,
    responses(
        (status = 202, description = "已停课,正在为学生办理退费", body = LessonsSuspended),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "所选日期没有课程安排", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn suspend_lessons(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    sent: Sent<SuspendLessons>,
) -> Outcome<Answer<LessonsSuspended>> {
    let (granted, school) = reach_school::<may::ApproveRefund>(&app, &caller, &school).await?;
    let code: TermCode = parse("term", &term)?;
    let SuspendLessons { from, until, grades, course, reason } = sent.value;
    let course: Option<CourseCode> = course.map(|course| parse("course", &course)).transpose()?;
    let term = app.store().term(&school, &code).await?.ok_or(AccessError::NotFound)?.value;
    let (mut offerings, planned) = planned(&app, &term).await?;
    offerings.retain(|offering| course.as_ref().is_none_or(|course| offering.id.course() == *course));
    let wanted = Wanted { days: (from, until), grades, reason, by: caller.id.clone() };
    let suspensions = suspend(&wanted, &term, &offerings, planned)?;
    for some in suspensions.chunks(OFFERINGS_AT_ONCE) {
        let mut commit = Commit::new(caller.actor(&granted), "refund.suspend_lessons", app.now());
        for suspension in some {
            announce(&app, &mut commit, suspension).await?;
        }
        app.write_edit(commit).await?;
    }
    let queue = app.variable(Variable::RefundQueueUrl)?;
    for Suspension { id, .. } in &suspensions {
        edge::queue::wake(&app, queue, Queue::Refund, id.as_str(), "suspended").await;
    }
    let offering_ids = suspensions.iter().map(|suspension| suspension.id.offering().to_string()).collect();
    Ok(Answer::accepted(LessonsSuspended { offering_ids }))
}

/// The offerings of a term, and the days of their lessons: as planned, and as their classes give them.
async fn planned(app: &App, term: &Term) -> Result<(Vec<Offering>, impl Fn(&Offering) -> Vec<Date>), StoreError> {
    let (plan, classes) = futures::try_join!(
        Box::pin(Plan::of(app.store(), term)),
        Box::pin(app.store().classes_in(&term.school, &term.code)),
    )?;
    let offerings = plan.offerings().to_vec();
    let days = move |offering: &Offering| {
        let of_offering = classes.iter().filter(|class| class.id.offering() == offering.id);
        let given = of_offering.flat_map(|class| class.lessons.iter().map(|lesson| lesson.date));
        plan.days(&offering.id.course()).iter().copied().chain(given).collect()
    };
    Ok((offerings, days))
}

/// Writes a suspension down with the task that carries it out; one that is known is carried out once more.
async fn announce(app: &App, commit: &mut Commit, suspension: &Suspension) -> Result<(), StoreError> {
    let known = app.store().suspension(&suspension.id).await?;
    let ver = known.as_ref().map_or(1, |known| known.ver);
    if known.is_none() {
        commit.save_suspension(&Versioned::absent(suspension.clone()))?;
    }
    commit.task(Task::new(Queue::Refund, suspension.id.as_str(), ver, app.now()))
}
