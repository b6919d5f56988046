//! Clashes (排课冲突): who would have to be at two places at once, on which day, in which period. S9.2 S17 S23.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::class::TeachingClass;
use super::lesson::Lesson;
use crate::fault::{Fault, Kind};
use crate::id::{ClassId, PersonId, RoomId, StudentId};

/// Most clashes that are told at once.
pub const TOLD: usize = 20;

/// Who or what is needed twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needed {
    /// A teacher, with what the teacher is called.
    Teacher(PersonId, String),
    /// A room.
    Room(RoomId),
    /// A pupil.
    Pupil(StudentId),
}

/// Somebody or something that two lessons need at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clash {
    /// The day.
    pub date: Date,
    /// The period.
    pub period: u8,
    /// Who or what.
    pub needed: Needed,
    /// The class that needs it already.
    pub with: ClassId,
    /// Its title.
    pub title: String,
}

/// That lessons cannot be given at the same time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "timetable/")]
pub enum ClashError {
    /// Somebody or something is needed twice.
    #[error("{}", told(.0))]
    Clashes(Vec<Clash>),
}

impl Fault for ClashError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// The first clash in words, and how many there are.
fn told(clashes: &[Clash]) -> String {
    let Some(Clash { date, period, needed, title, .. }) = clashes.first() else {
        return "上课时间冲突".to_owned();
    };
    let who = match needed {
        Needed::Teacher(_, called) => format!("教师“{called}”"),
        Needed::Room(room) => format!("场室 {room}"),
        Needed::Pupil(student) => format!("学生 {student}"),
    };
    let more = match clashes.len() {
        0 | 1 => String::new(),
        count => format!(",共 {count} 处冲突"),
    };
    format!("{who}在 {date} 第{period}节已安排「{title}」{more},请调整时间、教师或场室")
}

/// The lessons of a school's term by day and period.
#[derive(Debug, Default)]
pub struct Occupied<'a> {
    at: BTreeMap<(Date, u8), Vec<(&'a TeachingClass, &'a Lesson)>>,
}

impl<'a> Occupied<'a> {
    /// By these classes, from a day on.
    pub fn by(classes: impl IntoIterator<Item = &'a TeachingClass>, from: Date) -> Self {
        let mut occupied = Self::default();
        for class in classes {
            for lesson in class.lessons.iter().filter(|lesson| lesson.is_given() && lesson.date >= from) {
                occupied.at.entry(lesson.at()).or_default().push((class, lesson));
            }
        }
        occupied
    }

    /// Where a class would clash, at most [`TOLD`] times.
    pub fn clashes(&self, class: &TeachingClass, lessons: impl IntoIterator<Item = &'a Lesson>) -> Vec<Clash> {
        let mut clashes = BTreeSet::new();
        for lesson in lessons.into_iter().filter(|lesson| lesson.is_given()) {
            let others = self.at.get(&lesson.at()).into_iter().flatten().filter(|(other, _)| other.id != class.id);
            for (other, taken) in others {
                let needed = needed_twice((class, lesson), (other, taken));
                let title = || other.title.clone();
                clashes.extend(needed.into_iter().map(|needed| Clash {
                    date: lesson.date,
                    period: lesson.period,
                    needed,
                    with: other.id.clone(),
                    title: title(),
                }));
            }
            if clashes.len() >= TOLD {
                break;
            }
        }
        clashes.into_iter().take(TOLD).collect()
    }

    /// Whether a class can be taught so from a day on.
    pub fn admits(&self, class: &'a TeachingClass, from: Date) -> Result<(), ClashError> {
        let clashes = self.clashes(class, class.lessons.iter().filter(|lesson| lesson.date >= from));
        if clashes.is_empty() { Ok(()) } else { Err(ClashError::Clashes(clashes)) }
    }

    /// Whether a pupil is somewhere else already when a class is taught, from a day on.
    pub fn holds(&self, pupil: &StudentId, class: &TeachingClass, from: Date) -> bool {
        let taught = class.lessons.iter().filter(|lesson| lesson.is_given() && lesson.date >= from);
        let mut others = taught.flat_map(|lesson| self.at.get(&lesson.at()).into_iter().flatten());
        others.any(|(other, taken)| other.id != class.id && other.has(pupil, taken.date))
    }

    /// The classes that a person teaches at a time.
    pub fn taught_by(&self, person: &PersonId, at: (Date, u8)) -> Vec<&'a TeachingClass> {
        let lessons = self.at.get(&at).into_iter().flatten();
        let teaches = |class: &TeachingClass, lesson: &Lesson| {
            class.teachers_of(lesson).iter().any(|teacher| teacher.person == *person)
        };
        lessons.filter(|(class, lesson)| teaches(class, lesson)).map(|(class, _)| *class).collect()
    }
}

/// Whom and what both lessons need.
fn needed_twice(one: (&TeachingClass, &Lesson), other: (&TeachingClass, &Lesson)) -> Vec<Needed> {
    let ((class, lesson), (second, taken)) = (one, other);
    let taught: BTreeSet<&PersonId> = second.teachers_of(taken).iter().map(|teacher| &teacher.person).collect();
    let teachers = class.teachers_of(lesson).into_iter().filter(|teacher| taught.contains(&teacher.person));
    let mut needed: Vec<Needed> =
        teachers.map(|teacher| Needed::Teacher(teacher.person.clone(), teacher.called.clone())).collect();
    if let Some(room) = class.room_of(lesson).filter(|room| second.room_of(taken) == Some(*room)) {
        needed.push(Needed::Room(room.clone()));
    }
    let there: BTreeSet<StudentId> = second.roster(lesson.date).into_iter().collect();
    needed.extend(class.roster(lesson.date).into_iter().filter(|pupil| there.contains(pupil)).map(Needed::Pupil));
    needed
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::teaching::class::tests::{class, teacher};
    use crate::teaching::class::{TeacherRole, TeachingClass};
    use crate::teaching::lesson::StandIn;

    fn with_lesson(id: &str, day: i8) -> TeachingClass {
        TeachingClass { lessons: vec![Lesson::planned(1, date(2026, 9, day), 1)], ..class(id) }
    }

    fn found(one: &TeachingClass, other: &TeachingClass) -> Vec<Needed> {
        let from = date(2026, 9, 1);
        Occupied::by([other], from).clashes(one, &one.lessons).into_iter().map(|clash| clash.needed).collect()
    }

    #[test]
    fn s9_2_teacher_room_and_pupil_are_needed_once_at_a_time() {
        let mut one = with_lesson("3144200101.2026-2027-1.K1.01", 2);
        let mut other = with_lesson("3144200101.2026-2027-1.K2.01", 2);
        let both = "S000000001".parse().unwrap();
        one.admit(&both, date(2026, 9, 1)).unwrap();
        other.admit(&both, date(2026, 9, 1)).unwrap();
        assert_eq!(found(&one, &other).len(), 3);
        let refused = Occupied::by([&other], date(2026, 9, 1)).admits(&one, date(2026, 9, 1)).unwrap_err();
        let words = "教师“李老师”在 2026-09-02 第1节已安排「书法入门1班」,共 3 处冲突,请调整时间、教师或场室";
        assert_eq!(refused.to_string(), words);
        other.lessons[0].period = 2;
        assert!(found(&one, &other).is_empty(), "another period");
        assert!(Occupied::by([&one], date(2026, 9, 1)).admits(&one, date(2026, 9, 1)).is_ok(), "itself is no other");
    }

    #[test]
    fn s23_3_who_stands_in_is_needed_and_who_is_stood_in_for_is_not() {
        let mut one = with_lesson("3144200101.2026-2027-1.K1.01", 2);
        let mut other = with_lesson("3144200101.2026-2027-1.K2.01", 2);
        other.room = Some("3144200101.R302".parse().unwrap());
        other.teachers = vec![teacher("T000000002", TeacherRole::Main)];
        assert!(found(&one, &other).is_empty());
        let present = teacher("T000000002", TeacherRole::Main);
        one.lessons[0].stand_ins = vec![StandIn { absent: "T000000001".parse().unwrap(), present }];
        assert!(matches!(found(&one, &other).as_slice(), [Needed::Teacher(..)]));
        let at = (date(2026, 9, 2), 1);
        let occupied = Occupied::by([&one], date(2026, 9, 1));
        assert_eq!(occupied.taught_by(&"T000000001".parse().unwrap(), at).len(), 0);
        assert_eq!(occupied.taught_by(&"T000000002".parse().unwrap(), at).len(), 1);
    }

    #[test]
    fn s9_2_a_lesson_that_is_not_given_and_a_pupil_who_left_need_nothing() {
        let mut one = with_lesson("3144200101.2026-2027-1.K1.01", 9);
        let mut other = with_lesson("3144200101.2026-2027-1.K2.01", 9);
        other.teachers = vec![teacher("T000000002", TeacherRole::Main)];
        other.room = None;
        let pupil = "S000000001".parse().unwrap();
        one.admit(&pupil, date(2026, 9, 1)).unwrap();
        other.admit(&pupil, date(2026, 9, 1)).unwrap();
        other.release(&pupil, date(2026, 9, 9)).unwrap();
        assert!(found(&one, &other).is_empty());
        other.teachers = one.teachers.clone();
        other.lessons[0].off = Some("停电".to_owned());
        assert!(found(&one, &other).is_empty());
    }
}
