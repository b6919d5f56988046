//! Turning of a lock: the rolls of its days are sealed or opened, some in each transaction, until all are. Called again,
//! it goes on where it stopped. S25.5, promise P11.
//!
//! Each transaction writes the timetable too, on the condition of its version: whoever begins or lifts another lock, or
//! moves a lesson, comes before it or after it, never in between.

use domain::access::Granted;
use domain::audit::Actor;
use domain::id::{SchoolCode, TermCode};
use domain::teaching::roll::Roll;
use domain::teaching::sealing::{lessons_of, turned};
use domain::teaching::timetable::{Lock, LockState, Timetable};
use edge::{App, Caller};
use store::teaching::Arranged;
use store::{Commit, StoreError, Versioned};

/// Rolls of one transaction.
const ROLLS_AT_ONCE: usize = 30;

/// Items of one transaction, of which DynamoDB takes 100, beside the timetable, its audit entry and the item that names
/// the entries for the sealer. A roll is its item, its entry, and the entries it has carried.
const ITEMS: usize = 97;

/// Transactions of one call, so that it ends before the API stops waiting.
const TRANSACTIONS: usize = 120;

/// How often everything is read anew because somebody else was faster.
const ROUNDS: usize = 12;

/// How far a lock has come.
pub(crate) struct Turned {
    /// The lock as it stands; none when it is lifted.
    pub(crate) lock: Option<Lock>,
    /// Lessons of its days.
    pub(crate) lessons: usize,
    /// Of those, how many are as they shall be.
    pub(crate) done: usize,
}

pub(crate) struct Turning<'a> {
    app: &'a App,
    actor: Actor,
    action: &'static str,
    school: &'a SchoolCode,
    term: &'a TermCode,
}

impl<'a> Turning<'a> {
    pub(crate) fn new<P>(
        (app, caller, granted): (&'a App, &Caller, &Granted<P>),
        action: &'static str,
        (school, term): (&'a SchoolCode, &'a TermCode),
    ) -> Self {
        Self { app, actor: caller.actor(granted), action, school, term }
    }

    /// Changes the locks by a rule and writes them, anew as long as somebody else is faster.
    pub(crate) async fn begin<T, E>(&self, rule: impl Fn(&mut Timetable) -> Result<T, E>) -> Result<T, edge::Problem>
    where
        edge::Problem: From<E>,
    {
        for _ in 0..ROUNDS {
            let mut timetable = self.app.store().timetable(self.school, self.term).await?;
            let before = timetable.value.clone();
            let begun = rule(&mut timetable.value)?;
            if timetable.value == before {
                return Ok(begun);
            }
            match self.write(&timetable, &[]).await {
                Err(StoreError::Stale) => {}
                written => {
                    written?;
                    return Ok(begun);
                }
            }
        }
        Err(StoreError::Stale.into())
    }

    /// Seals or opens what the lock still has to; ends early when it has done what one call may.
    pub(crate) async fn run(&self, no: u16) -> Result<Turned, StoreError> {
        let mut left = TRANSACTIONS;
        for _ in 0..ROUNDS {
            // The timetable before the classes: lessons that were moved since then make the next write stale.
            let arranged = self.app.store().arranged(self.school, self.term).await?;
            match self.round(arranged, no, &mut left).await {
                Err(StoreError::Stale) => {}
                turned => return turned,
            }
        }
        Err(StoreError::Stale)
    }

    async fn round(&self, arranged: Arranged, no: u16, left: &mut usize) -> Result<Turned, StoreError> {
        let Arranged { mut timetable, classes, .. } = arranged;
        let Some(lock) = timetable.value.lock(no).cloned() else {
            return Ok(Turned { lock: None, lessons: 0, done: 0 });
        };
        let lessons = lessons_of(&lock, classes.iter().map(|class| &class.value));
        let all = lessons.len();
        if lock.state == LockState::Locked {
            return Ok(Turned { lock: Some(lock), lessons: all, done: all });
        }
        let rolls = self.app.store().rolls_of(lessons.iter().map(|(class, lesson)| class.lesson_id(lesson))).await?;
        let next = lessons.into_iter().filter_map(|one| {
            let before = rolls.get(&one.0.lesson_id(one.1));
            let next = turned(&timetable.value, no, one, before.map(|roll| &roll.value))?;
            Some(Versioned::next(before, next))
        });
        let waiting: Vec<Versioned<Roll>> = next.collect();
        let mut undone = waiting.len();
        for some in portions(&waiting) {
            if *left == 0 {
                return Ok(Turned { lock: Some(lock), lessons: all, done: all.saturating_sub(undone) });
            }
            *left = left.saturating_sub(1);
            self.write(&timetable, some).await?;
            timetable.ver = timetable.ver.saturating_add(1);
            undone = undone.saturating_sub(some.len());
        }
        timetable.value.finish_lock(no);
        timetable.value.finish_lifting(no);
        self.write(&timetable, &[]).await?;
        Ok(Turned { lock: timetable.value.lock(no).cloned(), lessons: all, done: all })
    }

    async fn write(&self, timetable: &Versioned<Timetable>, rolls: &[Versioned<Roll>]) -> Result<(), StoreError> {
        let mut commit = Commit::new(self.actor.clone(), self.action, self.app.now());
        commit.save_timetable(timetable)?;
        for roll in rolls {
            commit.save_roll(roll)?;
        }
        self.app.store().commit(commit).await
    }
}

/// Rolls in portions of which each fits into a transaction.
fn portions(rolls: &[Versioned<Roll>]) -> Vec<&[Versioned<Roll>]> {
    let mut portions = Vec::new();
    let mut rest = rolls;
    while !rest.is_empty() {
        let mut items = 0usize;
        let fit = rest.iter().take(ROLLS_AT_ONCE).take_while(|roll| {
            items = items.saturating_add(2).saturating_add(roll.value.trail.len());
            items <= ITEMS
        });
        let (some, others) = rest.split_at(fit.count().max(1));
        portions.push(some);
        rest = others;
    }
    portions
}
