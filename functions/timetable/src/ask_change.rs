//! Asking that a lesson is moved, taught by somebody else, or let off; at once in effect where the school wants nobody's
//! approval. S23.1 T5.1.

use axum::extract::State;
use domain::Money;
use domain::access::may;
use domain::id::{LessonId, PersonId, TeachingRequestId};
use domain::teaching::change::{Asked, Change, ChangeError, ChangeKind, FeeDifference, LessonChange};
use domain::teaching::class::{Teacher, TeacherRole, TeachingClass};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::Deserialize;
use store::Versioned;
use utoipa::ToSchema;

use crate::view::LessonChangeView;
use crate::{effect, scope};

/// What a change costs more or less, as it was worked out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// In fen; less when negative.
    #[schema(example = 6000)]
    pub amount_fen: i64,
    /// For what, and how it was worked out: 2 to 200 characters.
    #[schema(example = "代课补贴 60 元")]
    pub note: String,
}

impl From<Fee> for FeeDifference {
    fn from(fee: Fee) -> Self {
        Self { amount: Money::from_fen(fee.amount_fen), note: fee.note.trim().to_owned() }
    }
}

/// What is asked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskLessonChange {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.003")]
    pub lesson_id: String,
    /// `reschedule` 调课, `substitute` 代课, or by the school `off` 停课.
    #[schema(value_type = String, example = "reschedule")]
    pub change: ChangeKind,
    /// To which day it is moved.
    #[schema(value_type = Option<String>, format = Date, example = "2026-09-11")]
    pub date: Option<Date>,
    /// To which period.
    #[schema(example = 1)]
    pub period: Option<u8>,
    /// To which room, if to another one.
    #[schema(example = "3144200101.R301")]
    pub room_id: Option<String>,
    /// In which teacher's place; the own without it.
    pub absent_id: Option<String>,
    /// Who teaches instead.
    pub present_id: Option<String>,
    /// What families read: 李老师.
    #[schema(example = "李老师")]
    pub present_called: Option<String>,
    /// Why: 2 to 200 characters.
    #[schema(example = "外出培训")]
    pub reason: String,
    /// What it costs more or less.
    pub fee: Option<Fee>,
}

/// 申请调课、代课或停课
///
/// What is in the way is told at once: who or what is needed twice, when and by which class.
#[utoipa::path(
    post, path = "/lesson-changes", operation_id = "ask_lesson_change", tag = "课表",
    params(("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值")),
    request_body = AskLessonChange,
    responses(
        (status = 201, description = "已受理;无需审核的立即生效", body = LessonChangeView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "时间冲突、已锁定或已上课", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_lesson_change(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskLessonChange>,
) -> Outcome<Answer<LessonChangeView>> {
    let granted = caller.ask::<may::AskLessonChange>(&app).await?;
    let Sent { value: wish, hash } = sent;
    let lesson: LessonId = parse("lesson_id", &wish.lesson_id)?;
    let class = app.store().class(&lesson.class()).await?.and_then(|found| found.within(&granted));
    let class = class.ok_or(AccessError::NotFound)?.value;
    let id = TeachingRequestId::named(&class.school, &class.id.term(), &caller.request_name(&key));
    if let Some(found) = app.store().lesson_change(&id).await? {
        return same(&found.within(&granted).ok_or(AccessError::NotFound)?, &hash);
    }
    let change = read(&wish, &caller.id, (&class, lesson.number()))?;
    let rules = app.store().teaching_rules(&class.school).await?;
    let asked = Asked {
        id,
        request: hash.clone(),
        change,
        reason: wish.reason,
        fee: wish.fee.map(FeeDifference::from),
        by: caller.id.clone(),
        party: scope::party(&granted, &class.school),
    };
    let asked = LessonChange::ask(asked, &class, lesson.number(), app.now())?;
    let waits = asked.change.wants_approval(&rules.approvals);
    let by = (&granted, caller.actor(&granted), "lesson-change.ask");
    let written = effect::decided(&app, by, Versioned::absent(asked), |change, facts| {
        if waits { change.check(facts).map(|()| None) } else { change.take_effect(facts).map(Some) }
    });
    same(&written.await?, &hash)
}

/// What came of the request, if it is this one.
fn same(found: &Versioned<LessonChange>, hash: &str) -> Outcome<Answer<LessonChangeView>> {
    if found.value.request != hash {
        return Err(RequestError::IdempotencyKeyReused.into());
    }
    Ok(Answer::created(LessonChangeView::from(&found.value)).at_version(found.ver))
}

/// The change out of what was sent.
fn read(wish: &AskLessonChange, by: &PersonId, (class, no): (&TeachingClass, u16)) -> Outcome<Change> {
    let missing = |name: &str| {
        let reason = format!("缺少字段 {name}");
        Problem::from(RequestError::FieldUnusable { pointer: format!("/{name}"), reason })
    };
    Ok(match wish.change {
        ChangeKind::Reschedule => Change::Reschedule {
            date: wish.date.ok_or_else(|| missing("date"))?,
            period: wish.period.ok_or_else(|| missing("period"))?,
            room: wish.room_id.as_deref().map(|id| parse("room_id", id)).transpose()?,
        },
        ChangeKind::Substitute => {
            let lesson = class.lesson(no).ok_or(ChangeError::NoSuchLesson)?;
            let absent = wish.absent_id.as_deref().map(|id| parse("absent_id", id)).transpose()?;
            let place = domain::teaching::change::place_of(class, lesson, absent.as_ref().unwrap_or(by));
            let present = wish.present_id.as_deref().ok_or_else(|| missing("present_id"))?;
            let called = wish.present_called.clone().ok_or_else(|| missing("present_called"))?;
            let role = place.map_or(TeacherRole::Main, |place| place.role);
            let present = Teacher { person: parse("present_id", present)?, called: called.trim().to_owned(), role };
            Change::Substitute {
                absent: place.map(|place| place.person.clone()).ok_or(ChangeError::NotTheTeacher)?,
                present,
            }
        }
        ChangeKind::Off => Change::Off,
    })
}
