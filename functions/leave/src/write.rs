//! Writing a request together with the rolls it changes: all of it, or nothing.

use std::collections::BTreeMap;

use domain::id::LessonId;
use domain::task::{Queue, Task};
use domain::teaching::leave::{Absentee, LeaveRequest, Missed};
use domain::teaching::roll::{Roll, RollError};
use edge::app::Outcome;
use edge::{App, Variable};
use store::{Commit, Store, StoreError, Versioned};

/// How often a decision is made anew when somebody else has changed a roll, as by a roll call, meanwhile.
pub(crate) const ATTEMPTS: u32 = 6;

/// The rolls there are of some lessons.
pub(crate) type Rolls = BTreeMap<LessonId, Versioned<Roll>>;

/// What is known of them, for decisions.
pub(crate) fn values(rolls: &Rolls) -> BTreeMap<LessonId, &Roll> {
    rolls.iter().map(|(lesson, roll)| (lesson.clone(), &roll.value)).collect()
}

/// The rolls of the lessons of a leave.
pub(crate) async fn rolls(app: &App, lessons: &[Missed]) -> Result<Rolls, StoreError> {
    app.store().rolls_of(lessons.iter().map(|missed| missed.lesson.clone())).await
}

/// Changes the rolls of lessons, those that nobody has written yet among them.
pub(crate) fn change_rolls<'a>(
    commit: &mut Commit,
    rolls: &Rolls,
    lessons: impl IntoIterator<Item = &'a Missed>,
    change: impl Fn(&mut Roll) -> Result<bool, RollError>,
) -> Outcome<()> {
    for missed in lessons {
        let new = || Versioned::absent(Roll::new(&missed.lesson.class(), missed.lesson.number(), missed.at()));
        let mut roll = rolls.get(&missed.lesson).cloned().unwrap_or_else(new);
        if change(&mut roll.value)? {
            commit.mark_roll(&roll)?;
        }
    }
    Ok(())
}

/// Marks the rolls of a leave that is granted.
pub(crate) fn mark(commit: &mut Commit, leave: &LeaveRequest, rolls: &Rolls) -> Outcome<()> {
    let now = commit.now();
    change_rolls(commit, rolls, leave.held(), |roll| leave.mark(roll, now))
}

/// Promises that the family of a pupil is told how a leave was decided, which becomes its version `version`.
pub(crate) fn promise_word(commit: &mut Commit, leave: &LeaveRequest, version: u64) -> Result<(), StoreError> {
    match leave.who {
        Absentee::Pupil(_) => commit.task(Task::new(Queue::Notice, leave.id.as_str(), version, commit.now())),
        Absentee::Teacher(_) => Ok(()),
    }
}

/// Writes a change and has families told of a leave or a lesson, if that is news. At best effort: the task of the leave,
/// or the roll of the lesson, is written. False: somebody was faster, and it has to be decided anew.
pub(crate) async fn written_and_told(
    app: &App,
    commit: Commit,
    (is_news, entity, version): (bool, &str, u64),
) -> Outcome<bool> {
    let written = written(app.store(), commit).await?;
    if written && is_news {
        let queue = app.variable(Variable::NoticeQueueUrl)?;
        edge::queue::wake(app, queue, Queue::Notice, entity, version).await;
    }
    Ok(written)
}

/// Writes a change. False: somebody was faster, and it has to be decided anew.
pub(crate) async fn written(store: &Store, commit: Commit) -> Result<bool, StoreError> {
    match store.commit(commit).await {
        Err(StoreError::Stale) => Ok(false),
        written => written.map(|()| true),
    }
}
