//! Teaching classes, their teachers and pupils (教学班、教学班教师、教学班学生) as the city is told of them. B6.1.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::told;
use crate::catalog::Origin;
use crate::id::PersonId;
use crate::pii::Pii;
use crate::supervision::body::{Body, ClassStudentBody, ClassTeacherBody, SinglePart, SlotPart, TeachingClassBody};
use crate::supervision::code::{ClassRole, TeachingState};
use crate::supervision::record::{Place, Record};
use crate::supervision::source::SourceId;
use crate::teaching::class::{Member, TeachingClass};
use crate::time::Moment;

/// Names of providers' teachers by their accounts: the city does not have them as records of their own.
pub type Names = BTreeMap<PersonId, Pii<String>>;

/// How a teacher is named to the city: by a record of the school's own staff, else by name.
pub(super) fn named(
    class: &TeachingClass,
    person: &PersonId,
    names: &Names,
) -> (Option<SourceId>, Option<Pii<String>>) {
    match class.origin {
        Origin::InHouse => (Some(SourceId::teacher(&class.school, person)), None),
        Origin::External => (None, names.get(person).cloned()),
    }
}

/// A teaching class, who teaches it or looks after it, and who is taught in it; nothing once it is deleted.
pub fn class(class: &TeachingClass, names: &Names, now: Moment) -> Vec<Record> {
    if class.deleted_at.is_some() {
        return Vec::new();
    }
    let place = Place { school: class.school.clone(), term: Some(class.id.term()), day: None };
    let tell = |(source_id, body)| told(place.clone(), source_id, body, now);
    let itself = (SourceId::teaching_class(&class.id), Body::TeachingClass(of(class)));
    let stays: BTreeMap<SourceId, Body> = class.members.iter().map(|member| stay(class, member)).collect();
    [itself].into_iter().chain(teachers(class, names)).chain(stays).map(tell).collect()
}

fn of(class: &TeachingClass) -> TeachingClassBody {
    let days = || class.lessons.iter().filter(|lesson| lesson.is_given()).map(|lesson| lesson.date);
    let slot = |slot: &crate::catalog::Slot| SlotPart { weekday: slot.weekday, period: slot.period, weeks: slot.weeks };
    TeachingClassBody {
        course: class.id.course(),
        offering: class.id.offering(),
        number: class.id.number(),
        title: class.title.clone(),
        origin: class.origin,
        category: class.category,
        specification: class.specification.clone(),
        provider: class.provider.clone(),
        capacity: class.capacity,
        lessons: class.lessons_wanted,
        starts_on: days().min(),
        ends_on: days().max(),
        room: class.room.as_ref().map(ToString::to_string),
        slots: class.pattern.slots.iter().map(slot).collect(),
        singles: class
            .pattern
            .singles
            .iter()
            .map(|(date, period)| SinglePart { date: *date, period: *period })
            .collect(),
        state: if class.closed.is_some() { TeachingState::Closed } else { TeachingState::Open },
    }
}

/// Each person in each role once, as it is now or, if the person is not any more, as it was last.
fn teachers(class: &TeachingClass, names: &Names) -> BTreeMap<SourceId, Body> {
    let mut all: BTreeMap<SourceId, Body> = BTreeMap::new();
    let mut put = |person: &PersonId, role: ClassRole, called: &str, until: Option<Date>| {
        let (teacher, external_name) = named(class, person, names);
        let body = ClassTeacherBody {
            class: SourceId::teaching_class(&class.id),
            teacher,
            external_name,
            called: called.to_owned(),
            role,
            current: until.is_none(),
            until,
        };
        all.insert(SourceId::class_teacher(&class.id, person, role), Body::ClassTeacher(body));
    };
    for former in &class.former {
        for one in &former.teachers {
            put(&one.person, one.role.into(), &one.called, Some(former.until));
        }
    }
    for one in &class.teachers {
        put(&one.person, one.role.into(), &one.called, None);
    }
    for one in &class.stewards {
        put(&one.person, ClassRole::Steward, &one.called, None);
    }
    all
}

fn stay(class: &TeachingClass, member: &Member) -> (SourceId, Body) {
    let body = ClassStudentBody {
        class: SourceId::teaching_class(&class.id),
        student: SourceId::student(&member.student),
        order: None,
        from: member.from,
        until: member.until,
        end: None,
        materials_on: member.materials,
    };
    (SourceId::class_student(&class.id, &member.student, member.from), Body::ClassStudent(body))
}
