//! Leave (请假、销假): of pupils and of teachers, for single lessons, for days, or for the same lesson of each week; and
//! how its lessons are marked on their rolls. S21.1 S25.1 T4.2 P9.2.
//!
//! Lessons are named by their numbers, so that leave follows a lesson that is moved. Granting marks each lesson's roll,
//! and ending it takes that one mark back: whatever else is granted, corrected or called meanwhile stays.

mod choose;

use std::collections::{BTreeMap, BTreeSet};

pub use choose::Wish;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bell;
use super::class::{Teacher, TeacherRole, TeachingClass};
use super::lesson::Lesson;
use super::request::{Handling, HandlingError, Party};
use super::roll::{Roll, RollError};
use super::rules::TeachingRules;
use super::timetable::{LockError, Timetable};
use crate::access::{Owned, Owner};
use crate::catalog::Period;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{ClassId, LessonId, PersonId, SchoolCode, StudentId, TeachingRequestId};
use crate::time::Moment;

/// Most lessons of a request: all of their rolls are marked in one transaction.
pub const LESSONS: usize = 40;

/// Who is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absentee {
    /// A pupil.
    Pupil(StudentId),
    /// A teacher.
    Teacher(PersonId),
}

/// A lesson of a leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// The lesson.
    #[serde(rename = "l")]
    pub lesson: LessonId,
    /// Its day, when the leave was last decided about.
    #[serde(rename = "d")]
    pub date: Date,
    /// Its period.
    #[serde(rename = "p")]
    pub period: u8,
    /// Whether it fell away: it is not given any more, or not to this pupil or by this teacher.
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
    /// Since when the leave does not hold for it (销假).
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub resumed_at: Option<Moment>,
}

impl Missed {
    /// When it is given.
    pub const fn at(&self) -> (Date, u8) {
        (self.date, self.period)
    }

    /// Whether the leave holds for it once it is granted.
    pub const fn holds(&self) -> bool {
        !self.off && self.resumed_at.is_none()
    }
}

/// A request for leave (请假申请).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveRequest {
    /// Its identifier.
    pub id: TeachingRequestId,
    /// The school: as the identifier says.
    pub school: SchoolCode,
    /// Who is away.
    pub who: Absentee,
    /// Why.
    pub reason: String,
    /// From which lessons, in their order.
    pub lessons: Vec<Missed>,
    /// To whom it opens besides the school and the family: of a pupil's leave who teaches the lessons, else the teacher.
    pub staff: Vec<PersonId>,
    /// How it is handled.
    pub handling: Handling,
}

impl Owned for LeaveRequest {
    fn owner(&self) -> Owner<'_> {
        let student = match &self.who {
            Absentee::Pupil(student) => Some(student.clone()),
            Absentee::Teacher(_) => None,
        };
        Owner { school: Some(&self.school), student, teachers: &self.staff, ..Owner::default() }
    }
}

/// From when on a leave does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// From a day on.
    Day(Date),
    /// From a lesson on.
    Lesson(LessonId),
}

/// What leave is judged by.
#[derive(Debug, Clone, Copy)]
pub struct LeaveFacts<'a> {
    /// The classes whose lessons count.
    pub classes: &'a [&'a TeachingClass],
    /// The periods of a day.
    pub periods: &'a [Period],
    /// What is locked.
    pub timetable: &'a Timetable,
    /// The school's rules.
    pub rules: &'a TeachingRules,
    /// When it is judged.
    pub now: Moment,
}

/// Why leave is not asked for, granted or ended so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "leave/")]
pub enum LeaveError {
    /// The last day before the first.
    #[error("请假截止日期不能早于开始日期,请核对后再提交")]
    RangeUnusable,
    /// Not a lesson of the pupil or the teacher.
    #[error("课次 {lesson} 不是该学生或教师的课,请从课表中选择")]
    LessonUnknown {
        /// The lesson.
        lesson: LessonId,
    },
    /// No lesson there, or none from which there is no leave already.
    #[error("所选时间内没有可请假的课(可能已上完、已停课或已请假),请核对课表")]
    NothingLeft,
    /// More lessons than one transaction takes.
    #[error("一次最多请假 {LESSONS} 节课,所选范围有 {count} 节,请分成几次申请")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// It is over.
    #[error("{date} 第 {period} 节的课已结束,不能再请假;如需补办请联系学校")]
    LessonOver {
        /// The day.
        date: Date,
        /// The period.
        period: u8,
    },
    /// The month of its day is over, and the days for corrections too.
    #[error("{date} 的考勤已过更正期限,不能再变更请假")]
    TooLate {
        /// The day.
        date: Date,
    },
    /// Only what was granted can end.
    #[error("该请假未获通过,不能销假;待审核的申请请直接撤回")]
    NotGranted,
    /// Nothing of it is left.
    #[error("所选时间之后没有尚在请假的课,不需要销假")]
    NothingToResume,
    /// The request cannot be handled so.
    #[error(transparent)]
    Handling(#[from] HandlingError),
    /// A day is locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A roll is locked.
    #[error(transparent)]
    Roll(#[from] RollError),
}

impl LeaveError {
    /// The error of another decision that it passes on.
    fn inner(&self) -> Option<&dyn Fault> {
        match self {
            Self::Handling(error) => Some(error),
            Self::Lock(error) => Some(error),
            Self::Roll(error) => Some(error),
            Self::RangeUnusable
            | Self::LessonUnknown { .. }
            | Self::NothingLeft
            | Self::TooMany { .. }
            | Self::LessonOver { .. }
            | Self::TooLate { .. }
            | Self::NotGranted
            | Self::NothingToResume => None,
        }
    }
}

impl Fault for LeaveError {
    fn kind(&self) -> Kind {
        match self {
            Self::RangeUnusable | Self::LessonUnknown { .. } => Kind::Invalid,
            Self::Handling(error) => error.kind(),
            Self::Lock(error) => error.kind(),
            Self::Roll(error) => error.kind(),
            Self::NothingLeft
            | Self::TooMany { .. }
            | Self::LessonOver { .. }
            | Self::TooLate { .. }
            | Self::NotGranted
            | Self::NothingToResume => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.inner().map_or_else(|| self.into(), Fault::slug)
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::RangeUnusable => "until",
            Self::LessonUnknown { .. } => "lessons",
            Self::Handling(_)
            | Self::Lock(_)
            | Self::Roll(_)
            | Self::NothingLeft
            | Self::TooMany { .. }
            | Self::LessonOver { .. }
            | Self::TooLate { .. }
            | Self::NotGranted
            | Self::NothingToResume => return self.inner().map(Fault::pointed).unwrap_or_default(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl LeaveRequest {
    /// A request for leave from those of the chosen lessons from which there is none yet.
    pub fn ask(
        (id, who): (TeachingRequestId, Absentee),
        reason: &str,
        mut lessons: Vec<Missed>,
        rolls: &BTreeMap<LessonId, &Roll>,
        (handling, classes): (Handling, &[&TeachingClass]),
    ) -> Result<Self, LeaveError> {
        lessons.retain(|missed| rolls.get(&missed.lesson).is_none_or(|roll| !who.is_away(roll)));
        if lessons.is_empty() {
            return Err(LeaveError::NothingLeft);
        }
        let reason = super::request::reason(reason)?;
        let school = id.school();
        let mut request = Self { id, school, who, reason, lessons, staff: Vec::new(), handling };
        request.follow(classes);
        Ok(request)
    }

    /// The classes of its lessons.
    pub fn classes(&self) -> BTreeSet<ClassId> {
        self.lessons.iter().map(|missed| missed.lesson.class()).collect()
    }

    /// Its first day, as it was asked.
    pub fn first_day(&self) -> Date {
        self.lessons.first().map_or(self.handling.asked_at.day(), |missed| missed.date)
    }

    /// Whether some of it has ended (销假).
    pub fn has_resumed(&self) -> bool {
        self.lessons.iter().any(|missed| missed.resumed_at.is_some())
    }

    /// The lessons for which it holds once it is granted.
    pub fn held(&self) -> impl Iterator<Item = &Missed> {
        self.lessons.iter().filter(|missed| missed.holds())
    }

    /// Grants it for the lessons that are still given. Their rolls are [marked](Self::mark) in the same transaction.
    pub fn grant(&mut self, by: Option<&PersonId>, facts: LeaveFacts<'_>) -> Result<(), LeaveError> {
        self.handling.grant(by, facts.now)?;
        self.follow(facts.classes);
        if self.held().next().is_none() {
            return Err(LeaveError::NothingLeft);
        }
        // Who decides does so for the school, also about a lesson that is over by now.
        self.held().try_for_each(|missed| self.who.check(missed, Party::School, facts))
    }

    /// Ends it for the lessons that are left from then on; their rolls lose the [mark](Self::unmark) in the same
    /// transaction. Returns them.
    pub fn resume(&mut self, since: &Since, party: Party, facts: LeaveFacts<'_>) -> Result<Vec<Missed>, LeaveError> {
        if !self.handling.is_granted() {
            return Err(LeaveError::NotGranted);
        }
        self.follow(facts.classes);
        let start = match since {
            Since::Day(date) => (*date, 0),
            Since::Lesson(lesson) => {
                let found = self.lessons.iter().find(|missed| missed.lesson == *lesson);
                found.map(Missed::at).ok_or_else(|| unknown(lesson))?
            }
        };
        let is_over = |missed: &Missed| bell::ends(missed.at(), facts.periods) <= facts.now;
        let looks_back = self.who.looks_back(party);
        let left = self.held().filter(|missed| missed.at() >= start && (looks_back || !is_over(missed)));
        let ended: Vec<Missed> = left.cloned().collect();
        if ended.is_empty() {
            return Err(LeaveError::NothingToResume);
        }
        ended.iter().try_for_each(|missed| self.who.check(missed, party, facts))?;
        for missed in self.lessons.iter_mut().filter(|missed| ended.iter().any(|one| one.lesson == missed.lesson)) {
            missed.resumed_at = Some(facts.now);
        }
        Ok(ended)
    }

    /// Marks the roll of one of its lessons. Returns whether that changes it.
    pub fn mark(&self, roll: &mut Roll, now: Moment) -> Result<bool, RollError> {
        match &self.who {
            Absentee::Pupil(student) => roll.grant_leave(student, &self.id, now),
            Absentee::Teacher(person) => roll.grant_teacher_leave(person, &self.id),
        }
    }

    /// Takes the mark back.
    pub fn unmark(&self, roll: &mut Roll, now: Moment) -> Result<bool, RollError> {
        match &self.who {
            Absentee::Pupil(student) => roll.end_leave(student, &self.id, now),
            Absentee::Teacher(person) => roll.end_teacher_leave(person, &self.id),
        }
    }

    /// Of a teacher's leave, the lessons that nobody would give: no main teacher is left (需安排代课).
    pub fn uncovered(&self, classes: &[&TeachingClass], rolls: &BTreeMap<LessonId, &Roll>) -> Vec<LessonId> {
        let Absentee::Teacher(person) = &self.who else { return Vec::new() };
        let is_uncovered = |missed: &&Missed| {
            let Some((class, lesson)) = lesson_of(classes, &missed.lesson) else { return false };
            let roll = rolls.get(&missed.lesson);
            let is_away = |teacher: &&Teacher| {
                teacher.person == *person || roll.is_some_and(|roll| roll.teacher_leaves.contains_key(&teacher.person))
            };
            let teachers = class.teachers_of(lesson);
            !teachers.iter().any(|teacher| teacher.role == TeacherRole::Main && !is_away(teacher))
        };
        self.held().filter(is_uncovered).map(|missed| missed.lesson.clone()).collect()
    }

    /// Follows its lessons to where they are now, and opens to whoever teaches them.
    fn follow(&mut self, classes: &[&TeachingClass]) {
        for missed in self.lessons.iter_mut().filter(|missed| missed.resumed_at.is_none()) {
            let found = lesson_of(classes, &missed.lesson).filter(|(class, lesson)| self.who.misses(class, lesson));
            missed.off = found.is_none();
            if let Some((_, lesson)) = found {
                (missed.date, missed.period) = lesson.at();
            }
        }
        self.lessons.sort_by(|one, other| (one.at(), &one.lesson).cmp(&(other.at(), &other.lesson)));
        let own = self.classes();
        let of_classes = classes.iter().filter(|class| own.contains(&class.id)).flat_map(|class| &class.staff);
        let staff: BTreeSet<&PersonId> = match &self.who {
            Absentee::Pupil(_) => of_classes.collect(),
            Absentee::Teacher(person) => BTreeSet::from([person]),
        };
        self.staff = staff.into_iter().cloned().collect();
    }
}

fn unknown(lesson: &LessonId) -> LeaveError {
    LeaveError::LessonUnknown { lesson: lesson.clone() }
}

fn lesson_of<'a>(classes: &[&'a TeachingClass], id: &LessonId) -> Option<(&'a TeachingClass, &'a Lesson)> {
    let class = *classes.iter().find(|class| class.id == id.class())?;
    Some((class, class.lesson(id.number())?))
}

#[cfg(test)]
mod tests;
