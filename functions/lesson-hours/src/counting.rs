//! Reading what is counted: a term with its classes from memory, and the rolls of the lessons that are asked about.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::Moment;
use domain::catalog::Term;
use domain::id::{LessonId, SchoolCode, TermCode};
use domain::teaching::class::TeachingClass;
use domain::teaching::counted::{CountFacts, Of, Part, Wanted, parts};
use domain::teaching::grouped::{By, Group, Homerooms};
use domain::teaching::hours::{Hours, hours};
use domain::teaching::lesson::Lesson;
use domain::teaching::roll::Roll;
use edge::App;
use edge::app::Outcome;
use edge::caller::AccessError;
use futures::future::try_join_all;
use jiff::civil::Date;
use store::teaching::TermClasses;

/// A term of a school with its classes.
pub(crate) struct Ground {
    pub(crate) term: Term,
    pub(crate) classes: Arc<TermClasses>,
}

impl Ground {
    /// A term that is there.
    pub(crate) async fn of(app: &App, school: &SchoolCode, code: &TermCode) -> Outcome<Self> {
        let terms = app.store().recent_terms(school).await?;
        let term = terms.iter().find(|term| term.code == *code).cloned().ok_or(AccessError::NotFound)?;
        Ok(Self { term, classes: app.store().term_classes(school, code).await? })
    }

    /// The terms of a school that some days touch.
    pub(crate) async fn touched(app: &App, school: &SchoolCode, (from, until): (Date, Date)) -> Outcome<Vec<Self>> {
        let terms = app.store().recent_terms(school).await?;
        let touched = terms.iter().filter(|term| term.starts_on <= until && from <= term.ends_on);
        let read = touched.map(|term| async move {
            let classes = app.store().term_classes(school, &term.code).await?;
            Ok::<_, edge::Problem>(Self { term: term.clone(), classes })
        });
        try_join_all(read).await
    }
}

/// Lessons with what is known of them.
pub(crate) struct Counting<'a> {
    pub(crate) rolls: BTreeMap<LessonId, Roll>,
    lessons: Vec<(&'a TeachingClass, &'a Lesson)>,
    term: &'a Term,
    wanted: &'a Wanted,
    now: Moment,
}

impl<'a> Counting<'a> {
    /// The wanted lessons of these classes of a term.
    pub(crate) async fn read(
        app: &App,
        term: &'a Term,
        classes: impl Iterator<Item = &'a TeachingClass>,
        wanted: &'a Wanted,
    ) -> Outcome<Self> {
        let lessons = wanted.lessons(classes)?;
        let rolls = app.store().rolls_among(lessons.iter().map(|(class, lesson)| class.lesson_id(lesson))).await?;
        Ok(Self { rolls, lessons, term, wanted, now: app.now() })
    }

    /// What of them falls to whom is counted.
    pub(crate) fn parts(&self, of: Of) -> impl Iterator<Item = Part<'_>> {
        let facts = CountFacts { rolls: &self.rolls, periods: &self.term.periods, now: self.now };
        parts(of, self.wanted, &self.lessons, facts)
    }

    /// The hours of each group.
    pub(crate) fn hours(&self, of: Of, by: By, homerooms: &Homerooms) -> BTreeMap<Group, Hours> {
        hours(self.parts(of), by, homerooms)
    }
}

/// Counts of several terms or schools together.
pub(crate) fn join(into: &mut BTreeMap<Group, Hours>, more: BTreeMap<Group, Hours>) {
    for (group, hours) in more {
        let known = into.entry(group).or_default();
        *known = known.plus(hours);
    }
}
