//! What a school decides about a class, as it is sent, and what that is judged by. S17.1 S17.3 S17.4.

use std::collections::BTreeSet;

use domain::access::{Permission, RoleBook, Scope};
use domain::catalog::{Slot, Term, Weekday, Weeks};
use domain::id::{PersonId, RoomId, SchoolCode, SpecificationCode};
use domain::teaching::class::{Outline, OutlineFacts, PUPILS, Steward, Teacher, TeacherRole};
use domain::teaching::lesson::Pattern;
use edge::App;
use edge::app::Outcome;
use futures::future::try_join_all;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody who teaches a class.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassTeacher {
    /// The account.
    #[schema(value_type = String, example = "8VMSB4P4WT")]
    pub person_id: PersonId,
    /// What families read, 1 to 20 characters: a form of address and no name.
    #[schema(example = "李老师")]
    pub called: String,
    /// `main` or `assistant`.
    #[schema(value_type = String, example = "main")]
    pub role: TeacherRole,
}

/// Somebody who looks after a class without teaching it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassSteward {
    /// The account.
    #[schema(value_type = String, example = "8VMSB4P4WT")]
    pub person_id: PersonId,
    /// What families read, 1 to 20 characters.
    #[schema(example = "王主任")]
    pub called: String,
}

/// A weekly time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassSlot {
    /// `monday` … `sunday`.
    #[schema(value_type = String, example = "wednesday")]
    pub weekday: Weekday,
    /// The period's number.
    #[schema(example = 1)]
    pub period: u8,
    /// `every`, `odd` or `even`.
    #[serde(default)]
    #[schema(value_type = String, example = "every")]
    pub weeks: Weeks,
}

/// A single time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassDate {
    /// The day: taught whatever the calendar says.
    #[schema(value_type = String, format = Date, example = "2026-09-12")]
    pub date: Date,
    /// The period's number.
    #[schema(example = 1)]
    pub period: u8,
}

/// When a class is taught: at most 15 weekly times and 60 single ones.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassPattern {
    /// Weekly, or in odd or even weeks.
    #[serde(default)]
    pub slots: Vec<ClassSlot>,
    /// Single days beside them.
    #[serde(default)]
    pub dates: Vec<ClassDate>,
}

impl From<ClassTeacher> for Teacher {
    fn from(ClassTeacher { person_id, called, role }: ClassTeacher) -> Self {
        Self { person: person_id, called: called.trim().to_owned(), role }
    }
}

impl From<&Teacher> for ClassTeacher {
    fn from(teacher: &Teacher) -> Self {
        Self { person_id: teacher.person.clone(), called: teacher.called.clone(), role: teacher.role }
    }
}

impl From<ClassSteward> for Steward {
    fn from(ClassSteward { person_id, called }: ClassSteward) -> Self {
        Self { person: person_id, called: called.trim().to_owned() }
    }
}

impl From<&Steward> for ClassSteward {
    fn from(steward: &Steward) -> Self {
        Self { person_id: steward.person.clone(), called: steward.called.clone() }
    }
}

impl From<ClassPattern> for Pattern {
    fn from(pattern: ClassPattern) -> Self {
        let slot = |ClassSlot { weekday, period, weeks }| Slot { weekday, period, weeks };
        let slots: BTreeSet<Slot> = pattern.slots.into_iter().map(slot).collect();
        let singles = pattern.dates.into_iter().map(|single| (single.date, single.period)).collect();
        Self { slots: slots.into_iter().collect(), singles }
    }
}

impl From<&Pattern> for ClassPattern {
    fn from(pattern: &Pattern) -> Self {
        let slot = |slot: &Slot| ClassSlot { weekday: slot.weekday, period: slot.period, weeks: slot.weeks };
        let dates = pattern.singles.iter().map(|(date, period)| ClassDate { date: *date, period: *period });
        Self { slots: pattern.slots.iter().map(slot).collect(), dates: dates.collect() }
    }
}

/// What an outline is judged by, as far as it lies in the tables.
pub(crate) struct Setting {
    /// Most pupils by specification and room.
    pub(crate) most: u16,
    room_usable: bool,
    staff: BTreeSet<PersonId>,
}

impl Setting {
    /// Reads it. Who is `known` belongs to the class already and stays, whatever became of the account.
    pub(crate) async fn read(
        app: &App,
        (school, specification): (&SchoolCode, &SpecificationCode),
        (people, room): (BTreeSet<PersonId>, Option<&RoomId>),
        known: &[PersonId],
    ) -> Outcome<Self> {
        let specifications = app.store().specifications().await?;
        let mine = specifications.into_iter().find(|found| found.value.code == *specification);
        let largest = mine.map_or(PUPILS, |found| found.value.largest);
        let room = match room {
            Some(id) => Some(app.store().room(id).await?.map(|found| found.value)),
            None => None,
        };
        let usable =
            room.as_ref().is_none_or(|room| room.as_ref().is_some_and(|room| room.school == *school && !room.retired));
        let seats = room.flatten().map_or(PUPILS, |room| room.capacity);
        let mut staff = staff(app, school, people).await?;
        staff.extend(known.iter().cloned());
        Ok(Self { most: largest.min(seats).min(PUPILS), room_usable: usable, staff })
    }

    /// The outline, if a class of the term can be so.
    pub(crate) fn checked(&self, outline: Outline, term: &Term) -> Outcome<Outline> {
        Ok(outline.checked(OutlineFacts {
            most: self.most,
            room_usable: self.room_usable,
            staff: &self.staff,
            periods: &term.periods,
            term: (term.starts_on, term.ends_on),
        })?)
    }
}

/// Who of these people may take roll at the school: in all of it, or in the own classes.
async fn staff(app: &App, school: &SchoolCode, people: BTreeSet<PersonId>) -> Outcome<BTreeSet<PersonId>> {
    let store = app.store();
    let book = store.role_book().await?;
    let one = |person: PersonId| async move {
        let admission = store.admission(&person).await?;
        Ok::<_, store::StoreError>((person, admission))
    };
    let found = try_join_all(people.into_iter().map(one)).await?;
    let teaches = |admission: &store::user::Admission| teaches(&book, admission, school);
    let usable = found.into_iter().filter(|(_, admission)| admission.as_ref().is_some_and(teaches));
    Ok(usable.map(|(person, _)| person).collect())
}

fn teaches(book: &RoleBook, admission: &store::user::Admission, school: &SchoolCode) -> bool {
    let at_school = |scope: &Scope| matches!(scope, Scope::Classes(own) | Scope::School(own) if own == school);
    admission.grants().iter().any(|grant| at_school(&grant.scope) && book.allows(grant, Permission::TakeRoll))
}
