//! Promotion of a school: homeroom by homeroom, each pupil once, to be called again until it is finished. S3.1 S3.3.

use axum::extract::{Path, State};
use domain::access::{Granted, may};
use domain::audit::Actor;
use domain::directory::Student;
use domain::promotion::{Step, step_of_pupil, stepped, stepped_pupil};
use edge::app::Outcome;
use edge::blind::Blind;
use edge::http::{Answer, IdempotencyKey, Sent};
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::{Commit, StoreError};
use utoipa::ToSchema;

use crate::promotion::{Planned, Turn};

/// Pupils of one transaction. DynamoDB takes 100 items: each pupil is its record and its audit entry, and one item
/// names the entries for the sealer.
const PUPILS_AT_ONCE: usize = 45;

/// Transactions of one call, so that it ends before the API stops waiting.
const TRANSACTIONS: usize = 150;

/// Which school year begins.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promote {
    /// The school year.
    #[schema(example = "2027-2028")]
    pub school_year: String,
}

/// What was done by this call.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Promoted {
    /// The school year.
    #[schema(example = "2027-2028")]
    pub school_year: String,
    /// Homerooms that rose.
    #[schema(example = 30)]
    pub risen: usize,
    /// Homerooms that left as graduates.
    #[schema(example = 6)]
    pub graduated: usize,
    /// Pupils who rose or left.
    #[schema(example = 1480)]
    pub pupils: usize,
    /// Homerooms further behind, left for somebody to look at.
    pub out_of_step: Vec<String>,
    /// Whether nothing is left to do; otherwise the call is to be repeated.
    pub finished: bool,
}

/// 学年升级
///
/// What is at its grade already is left, so that calling it again finishes what was interrupted, and nobody rises
/// twice. Orders that were placed stay as they are.
#[utoipa::path(
    post, path = "/schools/{school}/promotion", operation_id = "promote", tag = "行政班与学生",
    params(
        ("school" = String, Path, description = "学校标识码"),
        ("Idempotency-Key" = String, Header, description = "每次提交一个新值,重试沿用原值"),
    ),
    request_body = Promote,
    responses(
        (status = 200, description = "本次办理的结果", body = Promoted),
        (status = 400, description = "请求无法识别", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "未到办理时间,或个人信息已销毁", body = Problem),
        (status = 412, description = "内容已被修改", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn promote(
    State(app): State<App>,
    caller: Caller,
    IdempotencyKey(_key): IdempotencyKey,
    Path(school): Path<String>,
    sent: Sent<Promote>,
) -> Outcome<Answer<Promoted>> {
    let granted = caller.ask::<may::EditPeople>(&app).await?;
    let turn = Turn::of(&app, &granted, &school, &sent.value.school_year).await?;
    // Whatever the key: the grades themselves remember what was done.
    let promotion = Promotion {
        app: &app,
        granted: &granted,
        actor: caller.actor(&granted),
        keys: Blind::of(&app).await?,
        turn: &turn,
    };
    let mut done = Promoted { school_year: turn.year.to_string(), finished: true, ..Promoted::default() };
    let mut left = TRANSACTIONS;
    for planned in turn.plan(&app).await? {
        if planned.step == Step::OutOfStep {
            done.out_of_step.push(planned.homeroom.value.value.id.to_string());
        } else if !promotion.of_homeroom(&planned, &mut done, &mut left).await? {
            done.finished = false;
            break;
        }
    }
    Ok(Answer::ok(done))
}

struct Promotion<'a> {
    app: &'a App,
    granted: &'a Granted<may::EditPeople>,
    actor: Actor,
    keys: Blind,
    turn: &'a Turn,
}

impl Promotion<'_> {
    /// The pupils first, the homeroom last: as long as it has not risen, somebody may be left. Who came to it in
    /// between is found by the look at the end. False: the call has done what one call may.
    async fn of_homeroom(&self, planned: &Planned, done: &mut Promoted, left: &mut usize) -> Outcome<bool> {
        if !self.pupils(planned, done, left).await? {
            return Ok(false);
        }
        if planned.step == Step::Stays {
            return Ok(true);
        }
        if *left == 0 {
            return Ok(false);
        }
        let held = &planned.homeroom;
        let next = stepped(&held.value.value, planned.step, self.turn.year);
        let kept = match planned.step {
            Step::Graduates => held.value.with(next),
            Step::Stays | Step::Rises { .. } | Step::OutOfStep => held.value.follow(next, &self.keys),
        };
        let mut commit = self.commit();
        commit.save_homeroom_kept(&held.with(kept))?;
        self.write(commit, left).await?;
        let count = if planned.step == Step::Graduates { &mut done.graduated } else { &mut done.risen };
        *count = count.saturating_add(1);
        self.pupils(planned, done, left).await
    }

    /// The pupils of a homeroom who are behind; names are opened only if there are any.
    async fn pupils(&self, planned: &Planned, done: &mut Promoted, left: &mut usize) -> Outcome<bool> {
        let homeroom = &planned.homeroom.value.value;
        if self.turn.count(self.app, self.granted, homeroom).await?.behind == 0 {
            return Ok(true);
        }
        let students = self.app.store().students_kept(&homeroom.id).await?;
        let mut behind = Vec::new();
        for held in students.into_iter().filter_map(|student| student.within(self.granted)) {
            let student = &held.value.value;
            let step = step_of_pupil(&student.pupil, &self.turn.school, self.turn.year);
            let next = Student { pupil: stepped_pupil(&student.pupil, step, self.turn.year), ..student.clone() };
            match step {
                Step::Stays | Step::OutOfStep => {}
                Step::Rises { .. } => behind.push(held.with(held.value.follow(next, &self.keys))),
                // An old file must not bring a graduate back unasked: what is stored is not what it said.
                Step::Graduates => behind.push(held.with(held.value.with(next))),
            }
        }
        for some in behind.chunks(PUPILS_AT_ONCE) {
            if *left == 0 {
                return Ok(false);
            }
            let mut commit = self.commit();
            for student in some {
                commit.save_student_kept(student)?;
            }
            self.write(commit, left).await?;
            done.pupils = done.pupils.saturating_add(some.len());
        }
        Ok(true)
    }

    fn commit(&self) -> Commit {
        Commit::new(self.actor.clone(), "people.promote", self.app.now())
    }

    async fn write(&self, commit: Commit, left: &mut usize) -> Result<(), StoreError> {
        *left = left.saturating_sub(1);
        self.app.store().commit(commit).await
    }
}
