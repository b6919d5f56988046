//! Timetables as they are shown (课表查询): the lessons of some days that concern a class, a teacher, a room, a course or
//! a pupil. T3 P8 S23.3.

use jiff::civil::{Date, Weekday};

use super::class::TeachingClass;
use super::lesson::Lesson;
use crate::fault::{Fault, Kind};
use crate::id::{ClassId, CourseCode, PersonId, RoomId, StudentId};

/// Most days that are shown at once: a month with the weeks it begins and ends in, and one more.
pub const SHOWN_DAYS: i32 = 62;
/// Most lessons that are shown at once: what one answer holds.
pub const SHOWN_LESSONS: usize = 6_000;

/// Why a timetable is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "timetable/")]
pub enum ShownError {
    /// The last day before the first, or too many days.
    #[error("查询范围最多 {SHOWN_DAYS} 天,且截止日期不早于开始日期")]
    RangeUnusable,
    /// More lessons than an answer holds.
    #[error("查询结果超过 {SHOWN_LESSONS} 节课,请缩短日期范围,或按教学班、教师、场室、课程查询")]
    TooManyLessons,
}

impl Fault for ShownError {
    fn kind(&self) -> Kind {
        match self {
            Self::RangeUnusable => Kind::Malformed,
            Self::TooManyLessons => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// Some days, the last among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: Date,
    /// The last.
    pub until: Date,
}

impl Days {
    /// These days; without any, the week of today; with one end alone, the week from or until it.
    pub fn of(from: Option<Date>, until: Option<Date>, today: Date) -> Result<Self, ShownError> {
        let away = |day: Date, days: i32| day.saturating_add(jiff::Span::new().days(days));
        let monday = away(today, -i32::from(today.weekday().since(Weekday::Monday)));
        let days = match (from, until) {
            (Some(from), Some(until)) => Self { from, until },
            (Some(from), None) => Self { from, until: away(from, 6) },
            (None, Some(until)) => Self { from: away(until, -6), until },
            (None, None) => Self { from: monday, until: away(monday, 6) },
        };
        let count = days.from.until(days.until).map_or(i32::MAX, |span| span.get_days());
        if (0..SHOWN_DAYS).contains(&count) { Ok(days) } else { Err(ShownError::RangeUnusable) }
    }

    /// Whether a day is one of them.
    pub fn contains(&self, date: Date) -> bool {
        (self.from..=self.until).contains(&date)
    }

    /// Whether a lesson is given, or would have been, on one of them: one that was moved is shown where it is and
    /// where it was, so that nobody misses it.
    pub fn shows(&self, lesson: &Lesson) -> bool {
        self.contains(lesson.date) || lesson.moved_from.is_some_and(|(date, _)| self.contains(date))
    }
}

/// Whom or what lessons are to concern. Without anything, all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerned {
    /// A class.
    pub class: Option<ClassId>,
    /// A teacher: who teaches, stands in, is stood in for, or looks after the class.
    pub teacher: Option<PersonId>,
    /// A room.
    pub room: Option<RoomId>,
    /// A course.
    pub course: Option<CourseCode>,
    /// A pupil, on the days on which the pupil belongs to the class.
    pub pupil: Option<StudentId>,
}

impl Concerned {
    /// Whether a lesson concerns them.
    pub fn by(&self, class: &TeachingClass, lesson: &Lesson) -> bool {
        let Self { class: id, teacher, room, course, pupil } = self;
        let taught_by = |person: &PersonId| {
            class.teachers_on(lesson.date).iter().any(|teacher| teacher.person == *person)
                || lesson.stand_ins.iter().any(|one| one.present.person == *person)
                || class.stewards.iter().any(|steward| steward.person == *person)
        };
        let days = || [Some(lesson.date), lesson.moved_from.map(|(date, _)| date)].into_iter().flatten();
        id.as_ref().is_none_or(|id| class.id == *id)
            && teacher.as_ref().is_none_or(taught_by)
            && room.as_ref().is_none_or(|room| class.room_of(lesson) == Some(room))
            && course.as_ref().is_none_or(|course| class.id.course() == *course)
            && pupil.as_ref().is_none_or(|pupil| days().any(|day| class.has(pupil, day)))
    }
}

/// The lessons of some days that concern somebody, by day, period and class.
pub fn shown<'a>(
    classes: impl IntoIterator<Item = &'a TeachingClass>,
    concerned: &Concerned,
    days: Days,
) -> Result<Vec<(&'a TeachingClass, &'a Lesson)>, ShownError> {
    let of_class = |class: &'a TeachingClass| class.lessons.iter().map(move |lesson| (class, lesson));
    let wanted = |(class, lesson): &(&TeachingClass, &Lesson)| days.shows(lesson) && concerned.by(class, lesson);
    let mut found: Vec<_> = classes.into_iter().flat_map(of_class).filter(wanted).take(SHOWN_LESSONS + 1).collect();
    if found.len() > SHOWN_LESSONS {
        return Err(ShownError::TooManyLessons);
    }
    found.sort_by(|(one, first), (other, second)| (first.at(), &one.id).cmp(&(second.at(), &other.id)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::teaching::class::TeacherRole;
    use crate::teaching::class::tests::{class, teacher};
    use crate::teaching::lesson::StandIn;

    const TODAY: Date = date(2026, 9, 10);

    fn days(from: Date, until: Date) -> Days {
        Days::of(Some(from), Some(until), TODAY).unwrap()
    }

    /// Wednesdays of September, the second of which was moved into October.
    fn taught() -> TeachingClass {
        let mut class = class("3144200101.2026-2027-1.K1.01");
        class.lessons = vec![
            Lesson::planned(1, date(2026, 9, 2), 1),
            Lesson::planned(3, date(2026, 9, 16), 1),
            Lesson { moved_from: Some((date(2026, 9, 9), 1)), ..Lesson::planned(2, date(2026, 10, 16), 2) },
        ];
        class
    }

    fn numbers(class: &TeachingClass, concerned: &Concerned, days: Days) -> Vec<u16> {
        shown([class], concerned, days).unwrap().into_iter().map(|(_, lesson)| lesson.no).collect()
    }

    #[test]
    fn p8_1_days_are_a_week_by_themselves_and_at_most_sixty_two() {
        assert_eq!(Days::of(None, None, TODAY), Ok(Days { from: date(2026, 9, 7), until: date(2026, 9, 13) }));
        let week = Days { from: date(2026, 9, 1), until: date(2026, 9, 7) };
        assert_eq!(Days::of(Some(week.from), None, TODAY), Ok(week));
        assert_eq!(Days::of(None, Some(week.until), TODAY), Ok(week));
        assert!(Days::of(Some(date(2026, 9, 1)), Some(date(2026, 11, 1)), TODAY).is_ok());
        for until in [date(2026, 11, 2), date(2026, 8, 31)] {
            assert_eq!(Days::of(Some(date(2026, 9, 1)), Some(until), TODAY), Err(ShownError::RangeUnusable), "{until}");
        }
    }

    #[test]
    fn s23_3_a_lesson_that_was_moved_is_shown_where_it_is_and_where_it_was() {
        let (class, all) = (taught(), Concerned::default());
        assert_eq!(numbers(&class, &all, days(date(2026, 9, 9), date(2026, 9, 9))), [2]);
        assert_eq!(numbers(&class, &all, days(date(2026, 10, 16), date(2026, 10, 16))), [2]);
        assert_eq!(numbers(&class, &all, days(date(2026, 9, 1), date(2026, 9, 30))), [1, 3, 2]);
    }

    #[test]
    fn p8_1_a_pupil_sees_the_lessons_of_the_own_days() {
        let mut class = taught();
        let pupil: StudentId = "S000000001".parse().unwrap();
        let of_pupil = Concerned { pupil: Some(pupil.clone()), ..Concerned::default() };
        let term = days(date(2026, 9, 1), date(2026, 10, 31));
        assert!(numbers(&class, &of_pupil, term).is_empty());
        class.admit(&pupil, date(2026, 9, 10)).unwrap();
        assert_eq!(numbers(&class, &of_pupil, term), [3, 2]);
    }

    #[test]
    fn t3_1_a_teacher_sees_what_concerns_the_teacher_by_day() {
        let mut class = taught();
        class.lessons[1].stand_ins =
            vec![StandIn { absent: "T000000001".parse().unwrap(), present: teacher("T000000002", TeacherRole::Main) }];
        let of = |person: &str| Concerned { teacher: Some(person.parse().unwrap()), ..Concerned::default() };
        let term = days(date(2026, 9, 1), date(2026, 10, 31));
        assert_eq!(numbers(&class, &of("T000000001"), term), [1, 3, 2], "also where somebody stands in");
        assert_eq!(numbers(&class, &of("T000000002"), term), [3]);
        assert!(numbers(&class, &of("T000000003"), term).is_empty());
    }

    #[test]
    fn t3_1_rooms_courses_and_classes_narrow_a_timetable() {
        let mut class = taught();
        class.lessons[0].room = Some("3144200101.R302".parse().unwrap());
        let term = days(date(2026, 9, 1), date(2026, 10, 31));
        let room = |id: &str| Concerned { room: Some(id.parse().unwrap()), ..Concerned::default() };
        assert_eq!(numbers(&class, &room("3144200101.R302"), term), [1]);
        assert_eq!(numbers(&class, &room("3144200101.R301"), term), [3, 2]);
        let course = |code: &str| Concerned { course: Some(code.parse().unwrap()), ..Concerned::default() };
        assert_eq!(numbers(&class, &course("K1"), term).len(), 3);
        assert!(numbers(&class, &course("K2"), term).is_empty());
        let other = Concerned { class: Some("3144200101.2026-2027-1.K1.02".parse().unwrap()), ..Concerned::default() };
        assert!(numbers(&class, &other, term).is_empty());
    }

    #[test]
    fn t3_1_more_lessons_than_an_answer_holds_are_refused() {
        let mut class = taught();
        class.lessons = (0..400).map(|no| Lesson::planned(no, date(2026, 9, 2), 1)).collect();
        let many = vec![class; 16];
        let term = days(date(2026, 9, 1), date(2026, 9, 30));
        assert_eq!(shown(&many, &Concerned::default(), term), Err(ShownError::TooManyLessons));
    }
}
