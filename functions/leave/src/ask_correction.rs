//! Asking that attendance is corrected: what became of a pupil, or a check-in that was forgotten (补打卡).
//! S21.4 S25.4 T2.2 P9.4.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::id::{LessonId, PersonId, StudentId, TeachingRequestId};
use domain::teaching::class::TeachingClass;
use domain::teaching::correction::{Correction, Wish};
use domain::teaching::request::{Handling, Party};
use domain::teaching::roll::Presence;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, IdempotencyKey, RequestError, Sent, parse};
use edge::reach::reach_pupil;
use edge::{App, Caller, Problem};
use serde::Deserialize;
use store::{Commit, StoreError, Versioned};
use utoipa::ToSchema;

use crate::asking::request;
use crate::decide_correction::enter;
use crate::known::Known;
use crate::view::CorrectionView;
use crate::write::{ATTEMPTS, written_and_told};

/// What became of a pupil.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskCorrection {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// The pupil.
    #[schema(example = "S7K3M9Q2XAB")]
    pub student_id: String,
    /// What is right: `present`, `late` or `absent`.
    #[schema(example = "present")]
    pub presence: String,
    /// Why: 2 to 200 characters.
    #[schema(example = "点名时在校医室,随后到课")]
    pub reason: String,
}

/// A check-in that was forgotten.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskCheckInCorrection {
    /// The lesson.
    #[schema(example = "3144200101.2026-2027-1.K012.01.007")]
    pub lesson_id: String,
    /// The teacher, if it is not the caller.
    #[schema(example = "T7K3M9Q2XA")]
    pub teacher_id: Option<String>,
    /// When the teacher was there.
    #[schema(format = DateTime, example = "2026-09-07T16:28:00+08:00")]
    pub at: String,
    /// Why: 2 to 200 characters.
    #[schema(example = "手机没电,忘记签到")]
    pub reason: String,
}

/// 申请考勤更正
///
/// Of a pupil's attendance in a lesson that has begun. When the school wants no approval, it is granted at once.
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/corrections", operation_id = "ask_correction", tag = "请假与更正",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = AskCorrection,
    responses(
        (status = 201, description = "已受理;无需审核的立即生效", body = CorrectionView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能更正", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_correction(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskCorrection>,
) -> Outcome<Answer<CorrectionView>> {
    let AskCorrection { lesson_id, student_id, presence, reason } = sent.value;
    let (student, presence): (StudentId, Presence) = (parse("student_id", &student_id)?, parse("presence", &presence)?);
    let id = request(&school, &term, &caller.request_name(&key))?;
    let granted = reach_pupil::<may::AskLeave>(&app, &caller, &student).await?;
    let asking = Asking { id, hash: sent.hash, lesson: parse("lesson_id", &lesson_id)?, reason };
    asking.ask(&app, (&caller, &granted), &Wish::Presence(student, presence)).await
}

/// 申请补打卡
///
/// By the teacher who forgot to check in, or by the school for a teacher.
#[utoipa::path(
    post, path = "/schools/{school}/terms/{term}/check-in-corrections",
    operation_id = "ask_check_in_correction", tag = "请假与更正",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("term" = String, Path, description = "学期"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = AskCheckInCorrection,
    responses(
        (status = 201, description = "已受理;无需审核的立即生效", body = CorrectionView),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不能补打卡", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn ask_check_in_correction(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    IdempotencyKey(key): IdempotencyKey,
    sent: Sent<AskCheckInCorrection>,
) -> Outcome<Answer<CorrectionView>> {
    let AskCheckInCorrection { lesson_id, teacher_id, at, reason } = sent.value;
    let teacher: Option<PersonId> = teacher_id.as_deref().map(|id| parse("teacher_id", id)).transpose()?;
    let teacher = teacher.unwrap_or_else(|| caller.id.clone());
    let at = domain::Moment::parse(&at).ok_or(RequestError::ParameterUnusable { name: "at" })?;
    let id = request(&school, &term, &caller.request_name(&key))?;
    let granted = caller.ask::<may::AskLeave>(&app).await?;
    let asking = Asking { id, hash: sent.hash, lesson: parse("lesson_id", &lesson_id)?, reason };
    asking.ask(&app, (&caller, &granted), &Wish::CheckIn(teacher, at)).await
}

/// What is asked, and its name.
struct Asking {
    id: TeachingRequestId,
    hash: String,
    lesson: LessonId,
    reason: String,
}

impl Asking {
    async fn ask(
        &self,
        app: &App,
        (caller, granted): (&Caller, &Granted<may::AskLeave>),
        wish: &Wish,
    ) -> Outcome<Answer<CorrectionView>> {
        let (school, term) = (self.id.school(), self.id.term());
        for _ in 0..ATTEMPTS {
            if let Some(found) = app.store().correction(&self.id).await? {
                let found = found.within(granted).ok_or(AccessError::NotFound)?;
                let same = found.value.handling.request == self.hash;
                let view = CorrectionView::from(&found.value);
                return if same { Ok(Answer::created(view)) } else { Err(RequestError::IdempotencyKeyReused.into()) };
            }
            let known = Known::read(app, &school, &term).await?;
            let (party, classes) = match wish {
                Wish::Presence(student, _) => known.of_pupil(granted, student)?,
                Wish::CheckIn(person, _) => known.of_teacher(granted, person)?,
            };
            let class = classes.into_iter().find(|class| class.id == self.lesson.class());
            let class = class.ok_or(AccessError::NotFound)?;
            let asked = self.decide(app, (caller, granted), (wish, party), (&known, class)).await?;
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
        (wish, party): (&Wish, Party),
        (term, class): (&Known, &TeachingClass),
    ) -> Outcome<Option<CorrectionView>> {
        let rolls = app.store().rolls_of([self.lesson.clone()]).await?;
        let facts = term.of_correction(class, rolls.get(&self.lesson).map(|roll| &roll.value));
        let handling = Handling::asked(self.hash.clone(), (caller.id.clone(), party), term.now);
        let names = (self.id.clone(), &self.lesson);
        let mut correction = Correction::ask(names, wish.clone(), &self.reason, handling, facts)?;
        let mut commit = Commit::new(caller.actor(granted), "correction.ask", term.now);
        if !term.rules.approvals.correction {
            correction.grant(None, facts)?;
            enter(&mut commit, &correction, &rolls)?;
        }
        commit.save_correction(&Versioned::absent(correction.clone()))?;
        let news = (correction.handling.is_granted(), self.lesson.as_str(), 1);
        Ok(written_and_told(app, commit, news).await?.then(|| CorrectionView::from(&correction)))
    }
}
