//! A class as it is read, alone or in a list.

use std::collections::BTreeMap;

use domain::access::may;
use domain::id::{PersonId, StudentId};
use domain::teaching::class::{Closed, Member, TeachingClass};
use edge::app::Outcome;
use edge::{App, Caller};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::part::{ClassLesson, ClassMember};
use crate::outline::{ClassPattern, ClassSteward, ClassTeacher};

/// Names opened at once.
const NAMES: usize = 100;

/// A class within a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassView {
    /// The offering and its number there.
    #[schema(example = "3144200101.2026-2027-1.K012.01")]
    pub class_id: String,
    /// The offering.
    #[schema(example = "3144200101.2026-2027-1.K012")]
    pub offering_id: String,
    /// Its title.
    #[schema(example = "书法入门1班")]
    pub title: String,
    /// Its specification.
    pub specification: String,
    /// `in_house` or `external`.
    #[schema(example = "in_house")]
    pub origin: String,
    /// `care` or `enrichment`.
    #[schema(example = "enrichment")]
    pub category: String,
    /// The provider of an external course.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Most pupils.
    #[schema(example = 40)]
    pub capacity: u16,
    /// Pupils who are in it today.
    #[schema(example = 38)]
    pub pupils: usize,
    /// Who teaches.
    pub teachers: Vec<ClassTeacher>,
    /// Who looks after it.
    pub stewards: Vec<ClassSteward>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3144200101.R301")]
    pub room_id: Option<String>,
    /// When.
    pub pattern: ClassPattern,
    /// Lessons of the term.
    #[schema(example = 16)]
    pub lessons_wanted: u16,
    /// That it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedView>,
    /// That it was opened again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopened: Option<ClosedView>,
}

/// That a class was closed, or opened again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClosedView {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// By whom; families are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub by: Option<PersonId>,
    /// Why, when something was missing; families are not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A class with its lessons and pupils.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClassDetail {
    /// The class.
    #[serde(flatten)]
    pub class: ClassView,
    /// Its lessons, by day and period.
    pub lessons: Vec<ClassLesson>,
    /// The pupils there are and were; to a family the own child alone.
    pub members: Vec<ClassMember>,
}

impl ClosedView {
    fn of(closed: &Closed) -> Self {
        Self { at: closed.at.to_string(), by: Some(closed.by.clone()), reason: closed.reason.clone() }
    }

    fn for_family(self) -> Self {
        Self { by: None, reason: None, ..self }
    }
}

impl ClassView {
    /// A class as it is on a day.
    pub(crate) fn of(class: &TeachingClass, today: Date) -> Self {
        Self {
            class_id: class.id.to_string(),
            offering_id: class.id.offering().to_string(),
            title: class.title.clone(),
            specification: class.specification.to_string(),
            origin: class.origin.to_string(),
            category: class.category.to_string(),
            provider: class.provider.as_ref().map(ToString::to_string),
            capacity: class.capacity,
            pupils: class.members.iter().filter(|member| member.on(today)).count(),
            teachers: class.teachers.iter().map(ClassTeacher::from).collect(),
            stewards: class.stewards.iter().map(ClassSteward::from).collect(),
            room_id: class.room.as_ref().map(ToString::to_string),
            pattern: ClassPattern::from(&class.pattern),
            lessons_wanted: class.lessons_wanted,
            closed: class.closed.as_ref().map(ClosedView::of),
            reopened: class.reopened.as_ref().map(ClosedView::of),
        }
    }
}

impl ClassDetail {
    /// A class for its school: with names for who may see people.
    pub(crate) async fn of(app: &App, caller: &Caller, class: &TeachingClass) -> Outcome<Self> {
        let names = names(app, caller, class).await?;
        let member = |member: &Member| ClassMember { name: names.get(&member.student).cloned(), ..member.into() };
        Ok(Self {
            class: ClassView::of(class, app.now().day()),
            lessons: class.lessons.iter().map(ClassLesson::from).collect(),
            members: class.members.iter().map(member).collect(),
        })
    }

    /// A class for the family of a pupil.
    pub(crate) fn for_family(class: &TeachingClass, student: &StudentId, today: Date) -> Self {
        let view = ClassView::of(class, today);
        let (closed, reopened) = (view.closed.map(ClosedView::for_family), view.reopened.map(ClosedView::for_family));
        Self {
            class: ClassView { closed, reopened, ..ClassView::of(class, today) },
            lessons: class.lessons.iter().map(ClassLesson::from).collect(),
            members: class.members.iter().filter(|one| one.student == *student).map(ClassMember::from).collect(),
        }
    }
}

/// The pupils' names, masked; none for who may not see people.
async fn names(app: &App, caller: &Caller, class: &TeachingClass) -> Outcome<BTreeMap<StudentId, String>> {
    let Some(granted) = caller.find::<may::ViewPeople>(app).await? else { return Ok(BTreeMap::new()) };
    let mut ids: Vec<StudentId> = class.members.iter().map(|member| member.student.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = BTreeMap::new();
    for some in ids.chunks(NAMES) {
        let students = app.store().open_students_of(some.to_vec()).await?;
        let within = students.into_iter().filter_map(|student| student.within(&granted));
        names.extend(within.map(|student| (student.value.pupil.id.clone(), student.value.name.masked_name())));
    }
    Ok(names)
}
