//! Choosing (选择请假课次): which lessons a wish for leave means, and until when leave from them can change.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday as CivilWeekday};

use super::{Absentee, LESSONS, LeaveError, LeaveFacts, Missed, unknown};
use crate::catalog::Weekday;
use crate::id::{ClassId, LessonId, PersonId};
use crate::teaching::bell;
use crate::teaching::class::TeachingClass;
use crate::teaching::lesson::Lesson;
use crate::teaching::request::Party;
use crate::teaching::roll::Roll;

/// Which lessons are wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// These.
    Lessons(BTreeSet<LessonId>),
    /// All of some days, or those of them that lie in a weekday, a period, a class.
    Days {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
        /// Only on this day of the week.
        weekday: Option<Weekday>,
        /// Only in this period.
        period: Option<u8>,
        /// Only of this class.
        class: Option<ClassId>,
    },
}

impl Absentee {
    /// Whether a lesson is the pupil's, or the teacher's, so that there can be leave from it.
    pub(super) fn attends(&self, class: &TeachingClass, lesson: &Lesson) -> bool {
        lesson.is_given()
            && match self {
                Self::Pupil(student) => class.has(student, lesson.date),
                Self::Teacher(person) => class.teachers_of(lesson).iter().any(|teacher| teacher.person == *person),
            }
    }

    /// Whether leave from a lesson still means something: a teacher for whom somebody stands in is away all the same.
    pub(super) fn misses(&self, class: &TeachingClass, lesson: &Lesson) -> bool {
        let replaced =
            |person: &PersonId| lesson.is_given() && lesson.stand_ins.iter().any(|one| one.absent == *person);
        self.attends(class, lesson) || matches!(self, Self::Teacher(person) if replaced(person))
    }

    /// Whether that party may change leave from lessons that are over. A family and a teacher for the own lessons may
    /// not: the school does it for them.
    pub(super) const fn looks_back(&self, party: Party) -> bool {
        match (self, party) {
            (Self::Pupil(_), Party::Teacher | Party::School) | (Self::Teacher(_), Party::School) => true,
            (Self::Pupil(_), Party::Guardian) | (Self::Teacher(_), Party::Guardian | Party::Teacher) => false,
        }
    }

    /// Whether there is leave from a lesson already.
    pub(super) fn is_away(&self, roll: &Roll) -> bool {
        match self {
            Self::Pupil(student) => roll.leaves.contains_key(student),
            Self::Teacher(person) => roll.teacher_leaves.contains_key(person),
        }
    }

    /// The lessons of a wish. Of days, what is over or was never there is left out; what was named has to be there.
    pub fn choose(&self, wish: &Wish, party: Party, facts: LeaveFacts<'_>) -> Result<Vec<Missed>, LeaveError> {
        let own = facts.classes.iter().flat_map(|class| {
            let lessons = class.lessons.iter().filter(|lesson| self.attends(class, lesson));
            lessons.map(|lesson| (class.lesson_id(lesson), lesson))
        });
        let own: BTreeMap<LessonId, &Lesson> = own.collect();
        let missed = |(lesson, at): (&LessonId, &&Lesson)| Missed {
            lesson: lesson.clone(),
            date: at.date,
            period: at.period,
            off: false,
            resumed_at: None,
        };
        let mut chosen: Vec<Missed> = match wish {
            Wish::Lessons(lessons) => {
                let find = |lesson: &LessonId| own.get_key_value(lesson).map(missed).ok_or_else(|| unknown(lesson));
                lessons.iter().map(find).collect::<Result<_, _>>()?
            }
            Wish::Days { from, until, .. } if until < from => return Err(LeaveError::RangeUnusable),
            Wish::Days { .. } => {
                let is_over = |missed: &Missed| bell::ends(missed.at(), facts.periods) <= facts.now;
                let wished = own.iter().filter(|(id, lesson)| wish.takes_in(id, lesson)).map(missed);
                wished.filter(|missed| self.looks_back(party) || !is_over(missed)).collect()
            }
        };
        if chosen.len() > LESSONS {
            return Err(LeaveError::TooMany { count: chosen.len() });
        }
        chosen.iter().try_for_each(|missed| self.check(missed, party, facts))?;
        chosen.sort_by(|one, other| (one.at(), &one.lesson).cmp(&(other.at(), &other.lesson)));
        if chosen.is_empty() { Err(LeaveError::NothingLeft) } else { Ok(chosen) }
    }

    /// Whether that party may still change leave from a lesson.
    pub(super) fn check(&self, missed: &Missed, party: Party, facts: LeaveFacts<'_>) -> Result<(), LeaveError> {
        facts.timetable.allows([missed.date])?;
        if facts.now < bell::ends(missed.at(), facts.periods) {
            return Ok(());
        }
        if !self.looks_back(party) {
            return Err(LeaveError::LessonOver { date: missed.date, period: missed.period });
        }
        if !facts.rules.corrects(missed.date, facts.now) {
            return Err(LeaveError::TooLate { date: missed.date });
        }
        Ok(())
    }
}

impl Wish {
    fn takes_in(&self, id: &LessonId, lesson: &Lesson) -> bool {
        match self {
            Self::Lessons(lessons) => lessons.contains(id),
            Self::Days { from, until, weekday, period, class } => {
                (*from..=*until).contains(&lesson.date)
                    && weekday.is_none_or(|weekday| weekday_of(lesson.date) == weekday)
                    && period.is_none_or(|period| lesson.period == period)
                    && class.as_ref().is_none_or(|class| id.class() == *class)
            }
        }
    }
}

/// The day of the week on the calendar: a lesson of a day that is taught by another day's timetable is found on the day
/// on which the family sees it.
fn weekday_of(date: Date) -> Weekday {
    match date.weekday() {
        CivilWeekday::Monday => Weekday::Monday,
        CivilWeekday::Tuesday => Weekday::Tuesday,
        CivilWeekday::Wednesday => Weekday::Wednesday,
        CivilWeekday::Thursday => Weekday::Thursday,
        CivilWeekday::Friday => Weekday::Friday,
        CivilWeekday::Saturday => Weekday::Saturday,
        CivilWeekday::Sunday => Weekday::Sunday,
    }
}
