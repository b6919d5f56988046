//! Lessons of a term (学期上课事实): what is known of the lessons of many pupils, for whoever looks at all of them: a
//! settlement, the mornings of a term paid in parts, the nights in which missed lessons accrue. S34.2 S36.1 P6.1.
//!
//! The plan and the classes are read once, the rolls once for each class that is wanted, imported attendance once for
//! each pupil.

use std::collections::{BTreeMap, HashMap};

use domain::attendance::Known;
use domain::catalog::Term;
use domain::id::{CourseCode, LessonId, StudentId, TermCode};
use domain::record::Line;
use domain::refund::facts::{Facts, Lesson, Trigger};
use domain::teaching::class::TeachingClass;
use domain::teaching::roll::Roll;
use jiff::civil::Date;
use store::attendance::ImportedOf;
use store::{Store, StoreError};

use crate::plan::Plan;

/// What is known of a term's lessons.
#[derive(Debug)]
pub struct TermLessons {
    term: TermCode,
    plan: Plan,
    classes: BTreeMap<CourseCode, Vec<TeachingClass>>,
    rolls: BTreeMap<LessonId, Roll>,
    imported: ImportedOf,
}

impl TermLessons {
    /// The plan and the classes of a term; nothing yet of what became of the lessons.
    pub async fn of(store: &Store, term: &Term) -> Result<Self, StoreError> {
        let (plan, found) =
            futures::try_join!(Box::pin(Plan::of(store, term)), Box::pin(store.classes_in(&term.school, &term.code)),)?;
        let mut classes: BTreeMap<CourseCode, Vec<TeachingClass>> = BTreeMap::new();
        for class in found {
            classes.entry(class.id.course()).or_default().push(class);
        }
        let (rolls, imported) = (BTreeMap::new(), HashMap::new());
        Ok(Self { term: term.code.clone(), plan, classes, rolls, imported })
    }

    /// Reads the rolls of the classes that are wanted.
    pub async fn read_rolls(
        &mut self,
        store: &Store,
        is_wanted: impl Fn(&TeachingClass) -> bool,
    ) -> Result<(), StoreError> {
        let wanted = self.classes.values().flatten().filter(|class| is_wanted(class)).map(|class| class.id.clone());
        self.rolls = store.rolls_of_classes(wanted.collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// Reads what was imported of these pupils, and forgets what was imported of others.
    pub async fn read_imported(
        &mut self,
        store: &Store,
        students: impl IntoIterator<Item = StudentId>,
    ) -> Result<(), StoreError> {
        self.imported = store.imported_in_term(students, &self.term).await?;
        Ok(())
    }

    /// The plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is known of a pupil's lessons in a course.
    pub fn known(&self, student: &StudentId, course: &CourseCode) -> Known {
        let imported = self.imported.get(&(student.clone(), course.clone())).cloned().unwrap_or_default();
        let classes = self.classes.get(course).map(Vec::as_slice).unwrap_or_default();
        Known::in_classes(student, imported, classes, |lesson| self.rolls.get(lesson))
    }

    /// All lessons of a pupil in a course, in their order.
    pub fn lessons(&self, student: &StudentId, course: &CourseCode) -> Vec<Lesson> {
        self.known(student, course).over(self.plan.days(course))
    }

    /// What a refund rule looks at, of a pupil's line.
    pub fn facts(&self, student: &StudentId, line: &Line, at: (Trigger, Date)) -> Facts {
        let known = self.known(student, &line.course);
        Facts::of(line, &known, self.plan.days(&line.course), self.plan.term(), at)
    }
}
