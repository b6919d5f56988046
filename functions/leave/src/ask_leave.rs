//! Asking for leave: a family for the own child, a teacher for a pupil or for oneself, a school for both.
//! S21.1 S25.1 P9.2.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::catalog::Weekday;
use domain::id::{PersonId, SchoolCode, StudentId, TeachingRequestId, TermCode};
use domain::teaching::class::TeachingClass;
use domain::teaching::leave::{Absentee, LeaveRequest, Wish};
use domain::teaching::request::{Handling, Party};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::known::Known;
use crate::view::LeaveView;
use crate::write::{ATTEMPTS, known, mark, rolls, written};

/// From which lessons: these, or those of some days.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// These lessons, at most 40; else days.
    pub lessons: Option<Vec<String>>,
    /// From this day on.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// To this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Of these days only this day of the week: leave that comes again each week.
    #[schema(value_type = Option<String>, example = "wednesday")]
    pub weekday: Option<Weekday>,
    /// Of these days only this period.
    pub period: Option<u8>,
    /// Of these days only lessons of this class.
    pub class_id: Option<String>,
}

/// A pupil's leave.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskLeave {
    /// The pupil.
    #[schema(example = "S7K3M9Q2XAB")]
    pub student_id: String,
    /// Why: 2 to 200 characters.
    #[schema(example = "感冒发烧")]
    pub reason: String,
    /// From which lessons.
    pub when: When,
}

/// A teacher's leave.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTeacherLeave {
    /// The teacher, if it is not the caller.
    #[schema(example = "T7K3M9Q2XA")]
    pub teacher_id: Option<String>,
    /// Why: 2 to 200 characters.
    #[schema(example = "外出培训")]
    pub reason: String,
    /// From which lessons.
    pub when: When,
}

impl When {
    fn wish(&self) -> Result<Wish, RequestError> {
        let Self { lessons, from, until, weekday, period, class_id } = self;
        let narrowed = weekday.is_some() || period.is_some() || class_id.is_some();
        match (lessons, from, until) {
            (Some(lessons), None, None) if !narrowed => {
                let lessons = lessons.iter().map(|lesson| parse("lessons", lesson));
                Ok(Wish::Lessons(lessons.collect::<Result<BTreeSet<_>, _>>()?))
            }
            (None, Some(from), Some(until)) => {
                let class = class_id.as_deref().map(|class| parse("class_id", class)).transpose()?;
                Ok(Wish::Days { from: *from, until: *until, weekday: *weekday, period: *period, class })
            }
            _ => Err(RequestError::ParameterUnusable { name: "when" }),
        }
    }
}

/// 申请学生请假
///
/// Single lessons, some days, or the same lesson of each week. When the school wants no approval, it is granted at once.
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/leaves", operation_id = "ask_leave", tag = "请假与更正",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = AskLeave,
    responses(
        (status = 201, description = "已受理;无需审核的立即生效", body = LeaveView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能请假", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_leave(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskLeave>,
) -> Outcome<Answer<LeaveView>> {
    let AskLeave { student_id, reason, when } = sent.value;
    let student: StudentId = parse("student_id", &student_id)?;
    let id = request(&school, &term, &caller.request_name(&key))?;
    let granted = reach_pupil::<may::AskLeave>(&app, &caller, &student).await?;
    let asking = Asking { id, hash: sent.hash, reason, wish: when.wish()? };
    asking.ask(&app, (&caller, &granted), Absentee::Pupil(student)).await
}

/// 申请教师请假
///
/// By the teacher, or by the school for a teacher. The answer says which lessons nobody would give (需安排代课).
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/teacher-leaves", operation_id = "ask_teacher_leave", tag = "请假与更正",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = AskTeacherLeave,
    responses(
        (status = 201, description = "已受理;无需审核的立即生效", body = LeaveView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能请假", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_teacher_leave(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskTeacherLeave>,
) -> Outcome<Answer<LeaveView>> {
    let AskTeacherLeave { teacher_id, reason, when } = sent.value;
    let teacher: Option<PersonId> = teacher_id.as_deref().map(|id| parse("teacher_id", id)).transpose()?;
    let teacher = teacher.unwrap_or_else(|| caller.id.clone());
    let id = request(&school, &term, &caller.request_name(&key))?;
    let granted = caller.ask::<may::AskLeave>(&app).await?;
    let asking = Asking { id, hash: sent.hash, reason, wish: when.wish()? };
    asking.ask(&app, (&caller, &granted), Absentee::Teacher(teacher)).await
}

/// The name of a request: the same key of the same person names the same one.
pub(crate) fn request(school: &str, term: &str, name: &str) -> Result<TeachingRequestId, RequestError> {
    let (school, term): (SchoolCode, TermCode) = (parse("school", school)?, parse("term", term)?);
    Ok(TeachingRequestId::named(&school, &term, name))
}

/// What is asked, and its name.
struct Asking {
    id: TeachingRequestId,
    hash: String,
    reason: String,
    wish: Wish,
}

impl Asking {
    async fn ask(
        &self,
        app: &App,
        (caller, granted): (&Caller, &Granted<may::AskLeave>),
        who: Absentee,
    ) -> Outcome<Answer<LeaveView>> {
        let (school, term) = (self.id.school(), self.id.term());
        for _ in 0..ATTEMPTS {
            if let Some(found) = app.store().leave(&self.id).await? {
                let found = found.within(granted).ok_or(AccessError::NotFound)?;
                let same = found.value.handling.request == self.hash;
                let view = LeaveView::from(&found.value);
                return if same { Ok(Answer::created(view)) } else { Err(RequestError::IdempotencyKeyReused.into()) };
            }
            let known = Known::read(app, &school, &term).await?;
            let (party, classes) = match &who {
                Absentee::Pupil(student) => known.of_pupil(granted, student)?,
                Absentee::Teacher(person) => known.of_teacher(granted, person)?,
            };
            let asked = self.decide(app, (caller, granted), (&who, party), (&known, &classes)).await?;
            if let Some(view) = asked {
                return Ok(Answer::created(view).at_version(1));
            }
        }
        Err(StoreError::Stale.into())
    }

    /// Writes the request, granted if the school wants no approval. None: somebody was faster.
    async fn decide(
        &self,
        app: &App,
        (caller, granted): (&Caller, &Granted<may::AskLeave>),
        (who, party): (&Absentee, Party),
        (term, classes): (&Known, &[&TeachingClass]),
    ) -> Outcome<Option<LeaveView>> {
        let lessons = who.choose(&self.wish, party, term.of_leave(classes))?;
        let rolls = rolls(app, &lessons).await?;
        let handling = Handling::asked(self.hash.clone(), (caller.id.clone(), party), term.now);
        let names = (self.id.clone(), who.clone());
        let mut leave = LeaveRequest::ask(names, &self.reason, lessons, &known(&rolls), (handling, classes))?;
        let approval = match who {
            Absentee::Pupil(_) => term.rules.approvals.student_leave,
            Absentee::Teacher(_) => term.rules.approvals.teacher_leave,
        };
        let mut commit = Commit::new(caller.actor(granted), "leave.ask", term.now);
        if !approval {
            leave.grant(None, term.of_leave(classes))?;
            mark(&mut commit, &leave, &rolls)?;
        }
        commit.save_leave(&Versioned::absent(leave.clone()))?;
        let view = LeaveView::from(&leave).without_teacher(leave.uncovered(classes, &known(&rolls)));
        Ok(written(app.store(), commit).await?.then_some(view))
    }
}
