//! What leave and corrections are judged by: the term's bells and classes, what is locked, the school's rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::Moment;
use domain::access::{Granted, Owned as _, Owner};
use domain::catalog::Term;
use domain::id::{ClassId, PersonId, SchoolCode, StudentId, TermCode};
use domain::teaching::class::TeachingClass;
use domain::teaching::correction::CorrectionFacts;
use domain::teaching::leave::LeaveFacts;
use domain::teaching::request::Party;
use domain::teaching::roll::Roll;
use domain::teaching::rules::TeachingRules;
use domain::teaching::timetable::Timetable;
use edge::App;
use edge::app::Outcome;
use edge::caller::AccessError;
use store::teaching::TermClasses;

/// What is known of a school's term. Classes may be some seconds old: lessons keep their numbers, and what is locked
/// is read anew each time.
pub(crate) struct Known {
    term: Term,
    classes: Arc<TermClasses>,
    timetable: Timetable,
    /// The school's rules.
    pub(crate) rules: Arc<TeachingRules>,
    /// When it was read.
    pub(crate) now: Moment,
}

impl Known {
    pub(crate) async fn read(app: &App, school: &SchoolCode, term: &TermCode) -> Outcome<Self> {
        let store = app.store();
        // Behind a pointer: four reads at once are large.
        let (found, classes, timetable, rules) = Box::pin(async {
            futures::try_join!(
                store.term(school, term),
                store.term_classes(school, term),
                store.timetable(school, term),
                store.teaching_rules(school),
            )
        })
        .await?;
        let term = found.ok_or(AccessError::NotFound)?.value;
        Ok(Self { term, classes, timetable: timetable.value, rules, now: app.now() })
    }

    /// What leave from lessons of these classes is judged by.
    pub(crate) fn of_leave<'a>(&'a self, classes: &'a [&'a TeachingClass]) -> LeaveFacts<'a> {
        let Self { term, timetable, rules, now, .. } = self;
        LeaveFacts { classes, periods: &term.periods, timetable, rules, now: *now }
    }

    /// What a correction of a lesson of this class is judged by.
    pub(crate) fn of_correction<'a>(&'a self, class: &'a TeachingClass, roll: Option<&'a Roll>) -> CorrectionFacts<'a> {
        let Self { term, timetable, rules, now, .. } = self;
        CorrectionFacts { class, periods: &term.periods, timetable, rules, roll, now: *now }
    }

    /// A class, for decisions that concern nobody's eyes.
    pub(crate) fn class(&self, id: &ClassId) -> Option<&TeachingClass> {
        self.classes.class(id)
    }

    /// These classes, as far as they are there.
    pub(crate) fn classes(&self, ids: &BTreeSet<ClassId>) -> Vec<&TeachingClass> {
        ids.iter().filter_map(|id| self.classes.class(id)).collect()
    }

    /// For whom the caller speaks about a pupil, and the classes of the pupil it reaches: a family and the school all,
    /// a teacher the own ones.
    pub(crate) fn of_pupil<P>(
        &self,
        granted: &Granted<P>,
        student: &StudentId,
    ) -> Result<(Party, Vec<&TeachingClass>), AccessError> {
        let all: Vec<&TeachingClass> = self.classes.of_pupil(student).collect();
        if is_of_school(granted, &self.term.school) {
            return if all.is_empty() { Err(AccessError::NotFound) } else { Ok((Party::School, all)) };
        }
        if granted.covers(&Owner { student: Some(student.clone()), ..Owner::default() }) {
            return Ok((Party::Guardian, all));
        }
        let own: Vec<&TeachingClass> = all.into_iter().filter(|class| granted.covers(&class.owner())).collect();
        if own.is_empty() { Err(AccessError::NotFound) } else { Ok((Party::Teacher, own)) }
    }

    /// For whom the caller speaks about a teacher, and the classes in which that one teaches or stands in.
    pub(crate) fn of_teacher<P>(
        &self,
        granted: &Granted<P>,
        person: &PersonId,
    ) -> Result<(Party, Vec<&TeachingClass>), AccessError> {
        let own: Vec<&TeachingClass> = self.classes.all().filter(|class| class.staff.contains(person)).collect();
        let party = if is_of_school(granted, &self.term.school) {
            Party::School
        } else if granted.teacher() == Some(person) && own.iter().all(|class| granted.covers(&class.owner())) {
            Party::Teacher
        } else {
            return Err(AccessError::NotFound);
        };
        if own.is_empty() { Err(AccessError::NotFound) } else { Ok((party, own)) }
    }
}

/// Whether the caller may do it in all of the school, and not only in the own classes.
pub(crate) fn is_of_school<P>(granted: &Granted<P>, school: &SchoolCode) -> bool {
    granted.covers(&Owner { school: Some(school), ..Owner::default() })
}
