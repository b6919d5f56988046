//! Counting lessons (统计口径): what a lesson comes to, and what of it falls to each of its teachers and pupils. Sheets
//! and lesson hours both begin here, so that they cannot differ. S21 S22 S25 S26 T2 P9 P10.
//!
//! No count is kept: each is made anew from classes and rolls. A lesson counts on the day on which it lies now, and
//! only what was held is anybody's attendance. Whoever is on a sealed roll stays on it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::bell;
use super::class::{Teacher, TeachingClass};
use super::lesson::Lesson;
use super::roll::{Presence, Roll};
use crate::catalog::{Category, Origin, Period};
use crate::fault::{Fault, Kind};
use crate::id::{ClassId, CourseCode, LessonId, PersonId, StudentId};
use crate::settlement::Month;
use crate::time::Moment;

/// Most days that are counted at once: a term with what comes before and after it.
pub const COUNTED_DAYS: i32 = 200;
/// Most lessons that are counted at once: two months of a large school, or a term of any class, teacher or pupil.
pub const COUNTED_LESSONS: usize = 6_000;

/// Why nothing is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "counting/")]
pub enum CountError {
    /// The last day before the first, too many days, one of both alone, or days and a month.
    #[error("统计范围请填写开始和截止日期(最多 {COUNTED_DAYS} 天,截止不早于开始),或只填写月份")]
    RangeUnusable,
    /// Whoever is counted cannot be grouped so.
    #[error("该统计对象不能按此方式汇总:课次没有人员,教师没有行政班,请更换汇总方式")]
    GroupUnusable,
    /// More lessons than are counted at once.
    #[error("统计范围超过 {COUNTED_LESSONS} 节课,请缩短日期范围,或按课程、教学班、教师、学生查询")]
    TooManyLessons,
}

impl Fault for CountError {
    fn kind(&self) -> Kind {
        match self {
            Self::RangeUnusable | Self::GroupUnusable => Kind::Malformed,
            Self::TooManyLessons => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// The days that are counted: from one day until another, those of a month, or those of this month.
pub fn days_of(
    (from, until, month): (Option<Date>, Option<Date>, Option<Month>),
    today: Date,
) -> Result<(Date, Date), CountError> {
    match (from, until, month) {
        (Some(from), Some(until), None) => Ok((from, until)),
        (None, None, month) => {
            let month = month.unwrap_or_else(|| Month::of(today));
            Ok((month.first(), month.last()))
        }
        _ => Err(CountError::RangeUnusable),
    }
}

/// Whom or what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Of {
    /// Each lesson once.
    Lessons,
    /// Each teacher of a lesson once.
    Teachers,
    /// Each pupil of a lesson once.
    Pupils,
}

/// How far a lesson has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// It is not given (停课).
    Off,
    /// It is not over, and nobody has called its roll.
    ToCome,
    /// It is over, or has begun and its roll was called.
    Held,
}

/// What became of somebody in a lesson that was held.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumString, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Mark {
    /// There in time (正常).
    Normal,
    /// There, but late (迟到).
    Late,
    /// Away with leave (请假).
    OnLeave,
    /// Away without leave (缺勤): of a teacher, neither a check-in nor a roll call tells of being there.
    Absent,
    /// Something is wrong (异常): of a teacher, a roll was called and nobody checked in.
    Abnormal,
    /// A teacher whose lesson somebody else has taught (被代课).
    Replaced,
    /// Nobody has said anything yet: the pupil's roll is not called, the teacher's lesson is not over (未记录).
    Unknown,
}

impl Mark {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Normal => "正常",
            Self::Late => "迟到",
            Self::OnLeave => "请假",
            Self::Absent => "缺勤",
            Self::Abnormal => "异常",
            Self::Replaced => "被代课",
            Self::Unknown => "未记录",
        }
    }

    /// Whether it counts as attendance.
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Normal | Self::Late)
    }

    /// What a roll says about a pupil.
    const fn of(presence: Option<Presence>) -> Self {
        match presence {
            Some(Presence::Present) => Self::Normal,
            Some(Presence::Late) => Self::Late,
            Some(Presence::OnLeave) => Self::OnLeave,
            Some(Presence::Absent) => Self::Absent,
            Some(Presence::Abnormal) => Self::Abnormal,
            None => Self::Unknown,
        }
    }
}

/// Whose a part of a lesson is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose<'a> {
    /// The lesson itself.
    Nobody,
    /// A teacher's; `stands_in` for somebody else (代课).
    Teacher {
        /// Who.
        teacher: &'a Teacher,
        /// Whether in somebody else's place.
        stands_in: bool,
    },
    /// A pupil's.
    Pupil(StudentId),
}

/// What of a lesson falls to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The class.
    pub class: &'a TeachingClass,
    /// The lesson.
    pub lesson: &'a Lesson,
    /// How far it has come.
    pub standing: Standing,
    /// Whose part.
    pub whose: Whose<'a>,
    /// What became of that person; none unless the lesson was held.
    pub mark: Option<Mark>,
}

impl Part<'_> {
    /// Whether it makes a lesson hour: a lesson held, a teacher who has taught, a pupil who was there. A teacher who has
    /// called the roll has taught, checked in or not.
    pub fn is_hour(&self) -> bool {
        let is_there = self.mark.is_some_and(Mark::is_there);
        match self.whose {
            Whose::Nobody => self.standing == Standing::Held,
            Whose::Teacher { .. } => is_there || self.mark == Some(Mark::Abnormal),
            Whose::Pupil(_) => is_there,
        }
    }
}

/// Which lessons are counted, and of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Only of this class.
    pub class: Option<ClassId>,
    /// Only of this course.
    pub course: Option<CourseCode>,
    /// Only what is for this (托管、素质课程).
    pub category: Option<Category>,
    /// Only by these (校内、校外课程).
    pub origin: Option<Origin>,
    /// Only lessons of this teacher, and of teachers only this one.
    pub teacher: Option<PersonId>,
    /// Only lessons of these pupils, and of pupils only these.
    pub pupils: Option<BTreeSet<StudentId>>,
}

impl Wanted {
    /// Everything of some days.
    pub fn of_days(from: Date, until: Date) -> Result<Self, CountError> {
        let days = from.until(until).map_or(i32::MAX, |span| span.get_days());
        if from > until || days >= COUNTED_DAYS {
            return Err(CountError::RangeUnusable);
        }
        Ok(Self { from, until, class: None, course: None, category: None, origin: None, teacher: None, pupils: None })
    }

    /// The lessons among which the wanted ones are, each with its class: what has to be read.
    pub fn lessons<'a>(
        &self,
        classes: impl IntoIterator<Item = &'a TeachingClass>,
    ) -> Result<Vec<(&'a TeachingClass, &'a Lesson)>, CountError> {
        let of = |class: &'a TeachingClass| class.lessons_in(self.from, self.until).map(move |lesson| (class, lesson));
        let all = classes.into_iter().filter(|class| self.wants_class(class)).flat_map(of);
        let wanted = all.filter(|(class, lesson)| self.teacher.as_ref().is_none_or(|id| teaches(class, lesson, id)));
        let found: Vec<_> = wanted.take(COUNTED_LESSONS + 1).collect();
        if found.len() > COUNTED_LESSONS { Err(CountError::TooManyLessons) } else { Ok(found) }
    }

    fn wants_class(&self, class: &TeachingClass) -> bool {
        let has_pupil =
            |pupils: &BTreeSet<StudentId>| class.members.iter().any(|member| pupils.contains(&member.student));
        self.class.as_ref().is_none_or(|id| class.id == *id)
            && self.course.as_ref().is_none_or(|course| class.id.course() == *course)
            && self.category.is_none_or(|category| class.category == category)
            && self.origin.is_none_or(|origin| class.origin == origin)
            && self.pupils.as_ref().is_none_or(has_pupil)
    }

    fn wants_pupil(&self, student: &StudentId) -> bool {
        self.pupils.as_ref().is_none_or(|pupils| pupils.contains(student))
    }
}

/// Whether somebody teaches a lesson, or would if nobody stood in.
fn teaches(class: &TeachingClass, lesson: &Lesson, person: &PersonId) -> bool {
    class.teachers_on(lesson.date).iter().any(|teacher| teacher.person == *person)
        || lesson.stand_ins.iter().any(|one| one.present.person == *person)
}

/// By what lessons are counted.
#[derive(Debug, Clone, Copy)]
pub struct CountFacts<'a> {
    /// The rolls there are.
    pub rolls: &'a BTreeMap<LessonId, Roll>,
    /// The periods of the term.
    pub periods: &'a [Period],
    /// When it is counted.
    pub now: Moment,
}

/// The parts of some lessons that fall to whom is counted.
pub fn parts<'a>(
    of: Of,
    wanted: &'a Wanted,
    lessons: &'a [(&'a TeachingClass, &'a Lesson)],
    facts: CountFacts<'a>,
) -> impl Iterator<Item = Part<'a>> {
    lessons.iter().flat_map(move |(class, lesson)| {
        let roll = facts.rolls.get(&class.lesson_id(lesson));
        let seen = Seen { class, lesson, roll, standing: standing(lesson, roll, facts), facts };
        let pupils = || seen.pupils().into_iter().filter(|pupil| wanted.wants_pupil(pupil));
        let concerns_them = || wanted.pupils.is_none() || pupils().next().is_some();
        match of {
            Of::Lessons | Of::Teachers if !concerns_them() => Vec::new(),
            Of::Lessons => vec![seen.part(Whose::Nobody, None)],
            Of::Teachers => seen.of_teachers(wanted.teacher.as_ref()),
            Of::Pupils => pupils().map(|pupil| seen.of_pupil(pupil)).collect(),
        }
    })
}

/// How far a lesson has come.
fn standing(lesson: &Lesson, roll: Option<&Roll>, facts: CountFacts<'_>) -> Standing {
    let has_begun = bell::begins(lesson.at(), facts.periods) <= facts.now;
    let is_called = roll.is_some_and(|roll| roll.called_at.is_some());
    if !lesson.is_given() {
        Standing::Off
    } else if is_over(lesson, facts) || has_begun && is_called {
        Standing::Held
    } else {
        Standing::ToCome
    }
}

fn is_over(lesson: &Lesson, facts: CountFacts<'_>) -> bool {
    bell::ends(lesson.at(), facts.periods) <= facts.now
}

/// A lesson with what is known of it.
#[derive(Clone, Copy)]
struct Seen<'a> {
    class: &'a TeachingClass,
    lesson: &'a Lesson,
    roll: Option<&'a Roll>,
    standing: Standing,
    facts: CountFacts<'a>,
}

impl<'a> Seen<'a> {
    fn part(&self, whose: Whose<'a>, mark: Option<Mark>) -> Part<'a> {
        let Self { class, lesson, standing, .. } = *self;
        Part { class, lesson, standing, whose, mark: mark.filter(|_| standing == Standing::Held) }
    }

    fn pupils(&self) -> Vec<StudentId> {
        let of_the_day = self.class.roster(self.lesson.date);
        match self.roll {
            Some(roll) => roll.pupils(of_the_day),
            None => of_the_day,
        }
    }

    fn of_pupil(&self, student: StudentId) -> Part<'a> {
        let mark = Mark::of(self.roll.and_then(|roll| roll.presence(&student)));
        self.part(Whose::Pupil(student), Some(mark))
    }

    /// The parts of the class's own teachers and of those who stand in for them.
    fn of_teachers(&self, only: Option<&PersonId>) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        for own in self.class.teachers_on(self.lesson.date) {
            let stand_in = self.lesson.stand_ins.iter().find(|one| one.absent == own.person);
            let mark = if stand_in.is_some() { self.replaced(&own.person) } else { self.taught(&own.person) };
            parts.push(self.part(Whose::Teacher { teacher: own, stands_in: false }, Some(mark)));
            parts.extend(stand_in.map(|one| {
                let mark = self.taught(&one.present.person);
                self.part(Whose::Teacher { teacher: &one.present, stands_in: true }, Some(mark))
            }));
        }
        parts.retain(|part| match part.whose {
            Whose::Teacher { teacher, .. } => only.is_none_or(|id| teacher.person == *id),
            Whose::Nobody | Whose::Pupil(_) => true,
        });
        parts
    }

    /// What became of a teacher in whose place somebody teaches: leave is why, if there is any.
    fn replaced(&self, person: &PersonId) -> Mark {
        if self.is_on_leave(person) { Mark::OnLeave } else { Mark::Replaced }
    }

    /// What became of a teacher who was to be there.
    fn taught(&self, person: &PersonId) -> Mark {
        let check_in = self.roll.and_then(|roll| roll.check_ins.get(person));
        let has_called = self.roll.is_some_and(|roll| roll.called_by.as_ref() == Some(person));
        match check_in {
            Some(check_in) if check_in.late_minutes > 0 => Mark::Late,
            Some(_) => Mark::Normal,
            None if self.is_on_leave(person) => Mark::OnLeave,
            None if !is_over(self.lesson, self.facts) => Mark::Unknown,
            None if has_called => Mark::Abnormal,
            None => Mark::Absent,
        }
    }

    fn is_on_leave(&self, person: &PersonId) -> bool {
        self.roll.is_some_and(|roll| roll.teacher_leaves.contains_key(person))
    }
}
