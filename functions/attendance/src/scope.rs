//! Scope: the lesson or the school that something is asked about, if the caller may do this there. Promise P10.

use domain::access::{Allows, Granted, Owner};
use domain::catalog::Period;
use domain::id::{LessonId, SchoolCode, TermCode};
use domain::task::Queue;
use domain::teaching::class::TeachingClass;
use domain::teaching::lesson::Lesson;
use domain::teaching::roll::Roll;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::parse;
use edge::reach::reach_school;
use edge::{App, Caller, Variable};
use store::{StoreError, Versioned};

/// How often something is decided anew that others change at the same time.
pub(crate) const ATTEMPTS: usize = 8;

/// A lesson with its class and its roll, and the proof that the caller may do this there.
pub(crate) struct Reached<P> {
    pub(crate) granted: Granted<P>,
    pub(crate) class: TeachingClass,
    pub(crate) lesson: Lesson,
    pub(crate) roll: Versioned<Roll>,
}

impl<P> Reached<P> {
    /// The identifier of the lesson.
    pub(crate) fn id(&self) -> LessonId {
        self.class.lesson_id(&self.lesson)
    }

    /// Whether the caller reaches all of the school, and not only the own classes.
    pub(crate) fn of_school(&self) -> bool {
        covers_all_of(&self.granted, &self.class.school)
    }

    /// Reads the roll again, which somebody else has written meanwhile.
    pub(crate) async fn read_again(&mut self, app: &App) -> Outcome<()> {
        let found = app.store().roll(&self.id()).await?;
        let roll = found.map(|found| found.within(&self.granted).ok_or(AccessError::NotFound)).transpose()?;
        if let Some(roll) = roll {
            self.roll = roll;
        }
        Ok(())
    }

    /// When the period of the lesson is; none: the school has taken it off its bells.
    pub(crate) async fn period(&self, app: &App) -> Result<Option<Period>, StoreError> {
        let (school, term) = (&self.class.school, self.class.id.term());
        let terms = app.store().recent_terms(school).await?;
        let periods = terms.iter().filter(|found| found.code == term).flat_map(|found| &found.periods);
        Ok(periods.into_iter().find(|period| period.number == self.lesson.period).cloned())
    }
}

/// A lesson, if the caller may do this there: whoever reaches its class.
pub(crate) async fn reach_lesson<P: Allows>(app: &App, caller: &Caller, lesson: &str) -> Outcome<Reached<P>> {
    let granted = caller.ask::<P>(app).await?;
    let id: LessonId = parse("lesson_id", lesson)?;
    let class_id = id.class();
    let (class, roll) = futures::try_join!(app.store().class(&class_id), app.store().roll(&id))?;
    let class = class.and_then(|found| found.within(&granted)).ok_or(AccessError::NotFound)?.value;
    let granted = granted.for_class(&class).ok_or(AccessError::NotFound)?;
    let lesson = class.lesson(id.number()).cloned().ok_or(AccessError::NotFound)?;
    let roll = roll.map(|found| found.within(&granted).ok_or(AccessError::NotFound)).transpose()?;
    let roll = roll.unwrap_or_else(|| Versioned::absent(Roll::new(&class.id, lesson.no, lesson.at())));
    Ok(Reached { granted, class, lesson, roll })
}

/// A school that is there, if the caller may do this in all of it: not for the own classes alone.
pub(crate) async fn reach_all_of<P: Allows>(
    app: &App,
    caller: &Caller,
    school: &str,
) -> Outcome<(Granted<P>, SchoolCode)> {
    let (granted, school) = reach_school::<P>(app, caller, school).await?;
    if covers_all_of(&granted, &school) { Ok((granted, school)) } else { Err(AccessError::NotFound.into()) }
}

/// The same for a term of the school.
pub(crate) async fn reach_term<P: Allows>(
    app: &App,
    caller: &Caller,
    (school, term): (&str, &str),
) -> Outcome<(Granted<P>, SchoolCode, TermCode)> {
    let (granted, school) = reach_all_of::<P>(app, caller, school).await?;
    Ok((granted, school, parse("term", term)?))
}

/// Has the families of a lesson told of what its roll says now. At best effort: the roll itself remembers that they are
/// to be told, and the sweeper finds it.
pub(crate) async fn tell(app: &App, lesson: &LessonId, roll: &Versioned<Roll>) -> Outcome<()> {
    if roll.value.untold_since.is_some() {
        let queue = app.variable(Variable::NoticeQueueUrl)?;
        edge::queue::wake(app, queue, Queue::Notice, lesson.as_str(), roll.ver.saturating_add(1)).await;
    }
    Ok(())
}

fn covers_all_of<P>(granted: &Granted<P>, school: &SchoolCode) -> bool {
    granted.covers(&Owner { school: Some(school), ..Owner::default() })
}
