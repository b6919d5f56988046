//! A school to count in: classes with whatever may become of them, sketched by numbers so that a failure shrinks.

use std::collections::BTreeMap;

use domain::Moment;
use domain::catalog::{Category, Offering, OfferingState, Origin, Period};
use domain::id::{LessonId, OfferingId, PersonId, StudentId};
use domain::money::Money;
use domain::teaching::class::{Outline, Teacher, TeacherRole, TeachingClass};
use domain::teaching::lesson::{Lesson, Pattern, StandIn};
use domain::teaching::roll::{Call, CheckIn, Presence, Roll, Said};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;

/// The first day on which anything happens.
pub(crate) const FIRST: Date = date(2026, 9, 1);
/// Days on which lessons may lie.
pub(crate) const DAYS: i64 = 40;
/// Pupils there are.
const PUPILS: u8 = 6;
/// Teachers there are: the first two teach, any may stand in.
const TEACHERS: u8 = 4;

/// A school.
#[derive(Debug, Clone)]
pub(crate) struct School {
    pub(crate) classes: Vec<TeachingClass>,
    pub(crate) rolls: BTreeMap<LessonId, Roll>,
    pub(crate) now: Moment,
}

/// What is to become of a lesson.
#[derive(Debug, Clone)]
struct LessonSketch {
    day: i64,
    period: u8,
    is_off: bool,
    is_moved: bool,
    stand_in: Option<u8>,
    roll: Option<RollSketch>,
}

/// What is to be said about it.
#[derive(Debug, Clone)]
struct RollSketch {
    caller: Option<u8>,
    named: Vec<(u8, u8)>,
    leaves: Vec<u8>,
    corrected: Vec<(u8, u8)>,
    check_ins: Vec<(u8, bool)>,
    teacher_leaves: Vec<u8>,
    is_sealed: bool,
}

pub(crate) fn day(after: i64) -> Date {
    FIRST.saturating_add(after.days())
}

pub(crate) fn pupil(number: u8) -> StudentId {
    format!("S00000000{number}").parse().unwrap()
}

pub(crate) fn person(number: u8) -> PersonId {
    format!("T00000000{number}").parse().unwrap()
}

pub(crate) fn periods() -> [Period; 2] {
    let period =
        |number, from_minute| Period { number, name: String::new(), from_minute, until_minute: from_minute + 45 };
    [period(1, 990), period(2, 1_040)]
}

pub(crate) fn teacher(number: u8) -> Teacher {
    Teacher { person: person(number), called: format!("{number}老师"), role: TeacherRole::Main }
}

pub(crate) fn outline(teachers: Vec<Teacher>) -> Outline {
    let (title, pattern) = ("书法1班".to_owned(), Pattern::default());
    Outline { title, capacity: 40, teachers, stewards: Vec::new(), room: None, pattern }
}

/// A course of the school.
pub(crate) fn offering(course: u8) -> Offering {
    let id: OfferingId = format!("3144200101.2026-2027-1.K{course}").parse().unwrap();
    Offering {
        id,
        title: "书法".to_owned(),
        origin: if course == 0 { Origin::External } else { Origin::InHouse },
        category: if course == 1 { Category::Care } else { Category::Enrichment },
        provider: None,
        summary: String::new(),
        specification: "SP1".parse().unwrap(),
        capacity: 40,
        lessons: 16,
        unit_price: Money::from_fen(2_500),
        materials: None,
        sundry: None,
        grades: (1..=6).collect(),
        exclusive: None,
        slots: Vec::new(),
        teacher: String::new(),
        room: String::new(),
        state: OfferingState::Open,
    }
}

fn roll_sketch() -> impl Strategy<Value = RollSketch> {
    let few = |what| prop::collection::vec(what, 0..4);
    (
        prop::option::of(0..TEACHERS),
        few((0..PUPILS, 0u8..4)).boxed(),
        prop::collection::vec(0..PUPILS, 0..3),
        prop::collection::vec((0..PUPILS, 0u8..4), 0..2),
        prop::collection::vec((0..TEACHERS, any::<bool>()), 0..3),
        prop::collection::vec(0..TEACHERS, 0..2),
        any::<bool>(),
    )
        .prop_map(|(caller, named, leaves, corrected, check_ins, teacher_leaves, is_sealed)| RollSketch {
            caller,
            named,
            leaves,
            corrected,
            check_ins,
            teacher_leaves,
            is_sealed,
        })
}

fn lesson_sketch() -> impl Strategy<Value = LessonSketch> {
    (
        0..DAYS,
        1u8..=2,
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.3, 2..TEACHERS),
        prop::option::weighted(0.8, roll_sketch()),
    )
        .prop_map(|(day, period, is_off, is_moved, stand_in, roll)| LessonSketch {
            day,
            period,
            is_off,
            is_moved,
            stand_in,
            roll,
        })
}

/// A school of three classes, whose pupils come and go and whose teachers follow each other.
pub(crate) fn school() -> impl Strategy<Value = School> {
    let lessons = prop::collection::vec(lesson_sketch(), 0..14);
    let members = prop::collection::vec((0..PUPILS, 0..DAYS, 1..DAYS), 0..10);
    let class = (lessons, members, prop::option::of(1..DAYS));
    (prop::collection::vec(class, 3), 0i64..=DAYS * 24).prop_map(|(sketches, hours)| {
        let now = Moment::parse("2026-09-01T00:00:00+08:00").unwrap().plus_minutes(hours * 60);
        let mut school = School { classes: Vec::new(), rolls: BTreeMap::new(), now };
        for (course, (lessons, members, follows)) in (0u8..).zip(sketches) {
            let mut class = TeachingClass::of(&offering(course), 1, outline(vec![teacher(0), teacher(1)]));
            for (who, from, length) in members {
                // One who is there already stays as before.
                if class.admit(&pupil(who), day(from)).is_ok() {
                    class.release(&pupil(who), day(from + length)).unwrap();
                }
            }
            class.lessons = (1u16..).zip(&lessons).map(|(no, sketch)| lesson(no, sketch)).collect();
            if let Some(from) = follows {
                class.take_over(outline(vec![teacher(1), teacher(3)]), day(from));
            }
            for (lesson, sketch) in class.lessons.iter().zip(&lessons) {
                if let Some(sketch) = &sketch.roll {
                    school.rolls.insert(class.lesson_id(lesson), roll(&class, lesson, sketch));
                }
            }
            school.classes.push(class);
        }
        school
    })
}

fn lesson(no: u16, sketch: &LessonSketch) -> Lesson {
    let stand_in = |present: u8| StandIn { absent: person(0), present: teacher(present) };
    Lesson {
        off: sketch.is_off.then(|| "停电".to_owned()),
        moved_from: sketch.is_moved.then(|| (day(sketch.day + 1), 1)),
        stand_ins: sketch.stand_in.map(stand_in).into_iter().collect(),
        ..Lesson::planned(no, day(sketch.day), sketch.period)
    }
}

fn roll(class: &TeachingClass, lesson: &Lesson, sketch: &RollSketch) -> Roll {
    const SAID: [Presence; 4] = [Presence::Present, Presence::Late, Presence::Absent, Presence::Abnormal];
    let begins = Moment::parse(&format!("{}T16:30:00+08:00", lesson.date)).unwrap();
    let mut roll = Roll::new(&class.id, lesson.no, lesson.at());
    let leave = || format!("3144200101.2026-2027-1.{:020}", 1).parse().unwrap();
    let long_after = begins.plus_minutes(60 * 24 * 60);
    for who in &sketch.leaves {
        roll.grant_leave(&pupil(*who), &leave(), begins).unwrap();
    }
    if let Some(caller) = sketch.caller {
        let named = sketch.named.iter().map(|(who, said)| (pupil(*who), SAID[usize::from(*said)])).collect();
        let call = Call { at: begins, named, only_named: false };
        roll.enter(&call, class.roster(lesson.date), &person(caller), long_after).unwrap();
    }
    for (who, said) in &sketch.corrected {
        let said = Said { at: long_after, presence: SAID[usize::from(*said)] };
        roll.correct(&pupil(*who), said, long_after).unwrap();
    }
    for (who, is_late) in &sketch.check_ins {
        let late_minutes = if *is_late { 9 } else { 0 };
        roll.check_in(&person(*who), CheckIn { at: begins, late_minutes, metres: None, correction: None }).unwrap();
    }
    for who in &sketch.teacher_leaves {
        roll.grant_teacher_leave(&person(*who), &leave()).unwrap();
    }
    if sketch.is_sealed {
        seal(&mut roll, class, lesson);
    }
    roll
}

/// Seals a roll as a lock does.
pub(crate) fn seal(roll: &mut Roll, class: &TeachingClass, lesson: &Lesson) {
    roll.roster = class.roster(lesson.date);
    roll.seal();
}
