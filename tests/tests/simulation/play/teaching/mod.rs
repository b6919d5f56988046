//! The classroom: pupils come into classes, teachers check in and call the roll, families ask for leave, lessons are
//! changed, pupils exchange courses and classes, days are locked; all of it at once, and often twice.

mod asking;
mod changing;
mod hours;
mod locking;
mod moving;
mod teaching_staff;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use edge::start;
use fastrand::Rng;
use futures::future::join_all;
use jiff::civil::Date;
use serde_json::{Value, json};
use testkit::stage::{Answered, Stage, Who, event};

use super::Play;
use super::function::{Function, Worker};
use super::school::principal;
use crate::classes::{CLASSES, admin, school_days};
use crate::model::{self, Locked, SaidCall};
use crate::place::Kind;

/// Minutes after midnight when the first two days of teaching end.
const HOME_MINUTES: i64 = 17 * 60 + 25;
/// Minutes after midnight when what was missed falls due.
const NIGHT_MINUTES: i64 = 2 * 60;
/// Hours in which an exchange can be paid, and one more.
const EXCHANGE_HOURS: u64 = 25;

/// What the classroom is played with.
pub(super) struct Classroom {
    classes: Function,
    attendance: Function,
    leave: Function,
    timetable: Function,
    moves: Function,
    hours: Function,
    notify: Worker,
    accrual: Worker,
    /// Roll calls that were answered, with what the answer said of them.
    called: RefCell<Vec<SaidCall>>,
    /// What was locked when it was looked at.
    locked: RefCell<Locked>,
    /// How often locks were begun and lifted.
    turns: Cell<u64>,
}

impl Classroom {
    pub(super) fn new(stage: &Stage) -> Self {
        Self {
            classes: Function::new(stage, |app| start::router(app, teaching_class::routes())),
            attendance: Function::new(stage, |app| start::router(app, attendance::routes())),
            leave: Function::new(stage, |app| start::router(app, leave::routes())),
            timetable: Function::new(stage, |app| start::router(app, timetable::routes())),
            moves: Function::new(stage, |app| start::router(app, exchange::routes())),
            hours: Function::new(stage, |app| start::router(app, lesson_hours::routes())),
            notify: Worker::new(stage),
            accrual: Worker::new(stage),
            called: RefCell::default(),
            locked: RefCell::default(),
            turns: Cell::new(0),
        }
    }

    pub(super) const fn notify(&self) -> &Worker {
        &self.notify
    }

    pub(super) const fn workers(&self) -> [&Worker; 2] {
        [&self.notify, &self.accrual]
    }
}

impl Play<'_> {
    /// What goes on in the classrooms of a day, until everybody goes home.
    pub(super) async fn teach(&self) {
        if self.kind != Kind::Teaching {
            return;
        }
        let staff = async {
            join_all((0..CLASSES.len()).map(|class| self.teacher(class))).await;
        };
        let pupils = async {
            join_all((0..self.town.students.len()).map(|pupil| self.pupil(pupil))).await;
        };
        let school = async {
            futures::join!(self.registrar(), self.teaching_clerk(), self.changes(), self.locks());
        };
        futures::join!(Box::pin(staff), Box::pin(pupils), Box::pin(school));
    }

    /// Between two days of teaching what was missed falls due, at times twice at once; then it is afternoon again.
    pub(super) async fn night_of_teaching(&self) {
        self.evening().await;
        self.wait_until(self.on_day(1, NIGHT_MINUTES)).await;
        futures::join!(Box::pin(self.accrue()), Box::pin(self.accrue()));
        self.wait_until(self.on_day(1, START_MINUTES)).await;
        self.round().await;
    }

    /// Until no exchange waits for money any more, and what was missed has come back.
    pub(super) async fn end_of_teaching(&self) {
        self.wait(EXCHANGE_HOURS * 3_600).await;
        for _ in 0..3 {
            self.round().await;
            self.wait(60).await;
        }
        self.accrue().await;
        self.round().await;
        self.hear_the_last().await;
        if let Err(broken) = self.hours_are_a_recount().await {
            self.break_promise(broken);
        }
    }

    /// Pays out what was missed.
    async fn accrue(&self) {
        drop(self.classroom.accrual.invoke(async |app| accrual::run(app).await).await);
    }

    /// Takes who has paid into the classes, at times twice at once.
    async fn registrar(&self) {
        let mut dice = self.dice(9_101);
        while self.is_school() {
            self.wait(dice.u64(60..300)).await;
            let class = CLASSES[dice.usize(0..CLASSES.len())];
            let path = format!("/classes/{class}/members/fill");
            let event = event("POST", &path, &admin(), &[], Some("{}"));
            self.insist_at_times_twice(&self.classroom.classes, &event, &mut dice).await;
        }
    }

    /// Sends a request as long as there is no answer; at times two copies of it side by side.
    async fn insist_at_times_twice(&self, function: &Function, event: &Value, dice: &mut Rng) {
        let (one, other) = (dice.u64(..), dice.u64(..));
        if dice.u8(0..4) == 0 {
            let (first, second) = (self.insist(function, event, one), self.insist(function, event, other));
            futures::join!(Box::pin(first), Box::pin(second));
        } else {
            self.insist(function, event, one).await;
        }
    }

    /// Looks whether what is locked stays as it is.
    pub(super) fn look_at_locks(&self) {
        let mut locked = self.classroom.locked.borrow_mut();
        if let Err(broken) = model::locked_stays(&self.stage, &mut locked, self.classroom.turns.get()) {
            self.break_promise(broken);
        }
    }

    /// What was answered about roll calls.
    pub(super) fn calls_answered(&self) -> Vec<SaidCall> {
        self.classroom.called.borrow().clone()
    }

    /// Whether the day goes on.
    fn is_school(&self) -> bool {
        self.stage.world.now() < self.on_day(self.act.get() - 1, HOME_MINUTES)
    }

    /// The day of teaching it is, from 0.
    fn day(&self) -> usize {
        usize::try_from(self.act.get() - 1).unwrap_or_default()
    }

    /// The date of a day of teaching.
    fn date(day: usize) -> Date {
        school_days().nth(day).expect("a school day")
    }

    /// Somebody asks for something; none when whoever asks gives up.
    async fn ask(
        &self,
        function: &Function,
        (who, path, key): (&Who, &str, &str),
        body: &Value,
        dice: u64,
    ) -> Option<Answered> {
        let event = event("POST", path, who, &[("Idempotency-Key", key)], Some(&body.to_string()));
        Some(self.insist(function, &event, dice).await?.0)
    }

    /// Decides what waits for somebody's word, at times two persons at once who do not agree.
    async fn teaching_clerk(&self) {
        let mut dice = self.dice(9_102);
        while self.is_school() {
            self.wait(dice.u64(60..250)).await;
            for path in model::teaching_requests_waiting(&self.stage) {
                let approved = dice.u8(0..4) > 0;
                let (one, other) = (dice.u64(..), dice.u64(..));
                if dice.u8(0..4) == 0 {
                    let (admin, principal) = (admin(), principal());
                    futures::join!(
                        Box::pin(self.decide_teaching(&admin, &path, approved, one)),
                        Box::pin(self.decide_teaching(&principal, &path, !approved, other)),
                    );
                } else {
                    self.decide_teaching(&admin(), &path, approved, one).await;
                }
            }
        }
    }

    async fn decide_teaching(&self, who: &Who, path: &str, approved: bool, dice: u64) {
        let function = match path.split('/').nth(1) {
            Some("moves") => &self.classroom.moves,
            Some("lesson-changes") => &self.classroom.timetable,
            _ => &self.classroom.leave,
        };
        let body = json!({"approved": approved, "reason": (!approved).then_some("当天有公开课")});
        let Some(answered) = self.ask(function, (who, &format!("{path}/decide"), "decide"), &body, dice).await else {
            return;
        };
        if answered.status.is_success() {
            self.count(if approved { "teaching requests granted" } else { "teaching requests refused" });
        }
    }

    /// Waits, but not past the end of the day.
    async fn wait_within(&self, seconds: u64) {
        let home = self.on_day(self.act.get() - 1, HOME_MINUTES);
        let left = home.duration_since(self.stage.world.now()).as_secs().max(0);
        self.stage.world.advance(Duration::from_secs(seconds.min(left.unsigned_abs()))).await;
    }
}

/// Minutes after midnight when a schedule about teaching begins, and its second day.
pub(crate) const START_MINUTES: i64 = 16 * 60 + 20;
