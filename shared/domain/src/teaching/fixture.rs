//! A class (教学班) and a term to try rules on.

use jiff::civil::{Date, date};

use super::class::{Member, Teacher, TeacherRole, TeachingClass};
use super::lesson::{Lesson, Pattern};
use crate::catalog::{Category, Mode, Origin, Period, Term, Windows};
use crate::id::{ClassId, OfferingId};
use crate::instalment::PaymentMode;

/// Autumn 2026, without windows and periods.
pub(crate) fn term() -> Term {
    Term {
        school: "3144200101".parse().unwrap(),
        code: "2026-2027-1".parse().unwrap(),
        starts_on: date(2026, 9, 1),
        ends_on: date(2027, 1, 22),
        mode: Mode::Immediate,
        windows: Windows::default(),
        limit: 5,
        hold_minutes: 15,
        remind_hours: None,
        payment: PaymentMode::Whole,
        periods: Vec::new(),
    }
}

/// The first class of a course: its first teacher is the main one, its pupils are in it from the first of September,
/// its lessons are numbered from 1.
pub(crate) fn class(course: &str, teachers: &[&str], pupils: &[&str], lessons: &[(Date, u8)]) -> TeachingClass {
    let offering: OfferingId = format!("3144200101.2026-2027-1.{course}").parse().unwrap();
    let teacher = |(n, id): (usize, &&str)| Teacher {
        person: id.parse().unwrap(),
        called: "李老师".to_owned(),
        role: if n == 0 { TeacherRole::Main } else { TeacherRole::Assistant },
    };
    let member = |id: &&str| {
        let (student, from) = (id.parse().unwrap(), date(2026, 9, 1));
        Member { student, from, until: None, materials: None }
    };
    let mut class = TeachingClass {
        id: ClassId::new(&offering, 1),
        school: offering.school(),
        title: format!("课程{course}1班"),
        specification: "SP1".parse().unwrap(),
        origin: Origin::InHouse,
        category: Category::Enrichment,
        provider: None,
        capacity: 40,
        teachers: teachers.iter().enumerate().map(teacher).collect(),
        former: Vec::new(),
        stewards: Vec::new(),
        room: None,
        pattern: Pattern::default(),
        lessons_wanted: 16,
        lessons: (1..).zip(lessons).map(|(no, (date, period))| Lesson::planned(no, *date, *period)).collect(),
        members: pupils.iter().map(member).collect(),
        closed: None,
        reopened: None,
        deleted_at: None,
        staff: Vec::new(),
    };
    class.admit_staff();
    class
}

/// Two periods of a day: half past four and a quarter past five.
pub(super) fn periods() -> [Period; 2] {
    let period =
        |number, from_minute| Period { number, name: String::new(), from_minute, until_minute: from_minute + 45 };
    [period(1, 990), period(2, 1_035)]
}
