//! Effect (调代课生效): what a change does to the lesson, its class and its roll, and whether it may: judged by real dates, by who and what
//! is needed then, and by what is locked or given already. S23.3.

use jiff::civil::Date;

use super::{Change, ChangeError, Party};
use crate::catalog::Term;
use crate::room::Room;
use crate::teaching::clash::{ClashError, Occupied};
use crate::teaching::class::TeachingClass;
use crate::teaching::lesson::{Lesson, StandIn};
use crate::teaching::roll::Roll;
use crate::teaching::timetable::{LockError, Timetable};
use crate::time::{Moment, Span};

/// What a change is judged by, read so that nothing passes between.
#[derive(Debug, Clone, Copy)]
pub struct EffectFacts<'a> {
    /// The class.
    pub class: &'a TeachingClass,
    /// The other classes of the term.
    pub others: &'a [&'a TeachingClass],
    /// What all of them share.
    pub timetable: &'a Timetable,
    /// The term.
    pub term: &'a Term,
    /// The lesson's roll; none while nothing is known of it.
    pub roll: Option<&'a Roll>,
    /// The room it is to be moved to, if the school has it.
    pub room: Option<&'a Room>,
    /// Whether who is to stand in may teach at the school.
    pub may_teach: bool,
    /// Now.
    pub now: Moment,
}

/// What a change leaves, to be written as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The class with the lesson changed.
    pub class: TeachingClass,
    /// The lesson's roll: written with it, so that no call passes beside the change.
    pub roll: Roll,
    /// The lesson before.
    pub was: Lesson,
    /// The lesson after.
    pub became: Lesson,
}

/// When a period of a day begins; none: the day has no such period.
fn begins_at(term: &Term, (date, number): (Date, u8)) -> Option<Moment> {
    let period = term.periods.iter().find(|period| period.number == number)?;
    Some(Span::of(date).from.plus_minutes(i64::from(period.from_minute)))
}

/// What a change does to a lesson, named by its number, for a reason.
pub(super) fn of(
    change: &Change,
    (no, reason): (u16, &str),
    party: Party,
    facts: EffectFacts<'_>,
) -> Result<Effect, ChangeError> {
    let lesson = facts.class.lesson(no).ok_or(ChangeError::NoSuchLesson)?;
    check_not_given(lesson, party, facts)?;
    let mut became = lesson.clone();
    match change {
        Change::Reschedule { .. } => reschedule(change, &mut became, facts)?,
        Change::Substitute { absent, present } if lesson.is_given() => {
            if !facts.class.teachers_on(lesson.date).iter().any(|teacher| teacher.person == *absent) {
                return Err(ChangeError::NotTheTeacher);
            }
            let teaches = facts.class.teachers_of(lesson).iter().any(|teacher| teacher.person == present.person);
            if teaches || present.person == *absent {
                return Err(ChangeError::AlreadyTeaches);
            }
            if !facts.may_teach {
                return Err(ChangeError::TeacherUnknown);
            }
            let stand_in = StandIn { absent: absent.clone(), present: present.clone() };
            became.stand_ins.retain(|one| one.absent != *absent);
            became.stand_ins.push(stand_in);
            became.stand_ins.sort_by(|one, other| one.absent.cmp(&other.absent));
        }
        Change::Off if lesson.is_given() => became.off = Some(reason.to_owned()),
        Change::Substitute { .. } | Change::Off => return Err(ChangeError::AlreadyOff),
    }
    became.changes = lesson.changes.saturating_add(1);
    settle(lesson, became, facts)
}

/// Moves a lesson to another place. One that was off is given there.
fn reschedule(change: &Change, lesson: &mut Lesson, facts: EffectFacts<'_>) -> Result<(), ChangeError> {
    let Change::Reschedule { date, period, room } = change else { return Ok(()) };
    let (date, period, term) = (*date, *period, facts.term);
    if !(term.starts_on..=term.ends_on).contains(&date) {
        return Err(ChangeError::DayOutOfTerm { from: term.starts_on, until: term.ends_on });
    }
    let begins = begins_at(term, (date, period)).ok_or(ChangeError::PeriodUnknown { period })?;
    if begins <= facts.now {
        return Err(ChangeError::TimePassed { date, period });
    }
    let before = lesson.clone();
    if let Some(wanted) = room {
        let found = facts.room.filter(|room| room.id == *wanted && !room.retired).ok_or(ChangeError::RoomUnknown)?;
        let pupils = facts.class.roster(date).len();
        if usize::from(found.capacity) < pupils {
            return Err(ChangeError::RoomTooSmall { capacity: found.capacity, pupils });
        }
        lesson.room = Some(wanted.clone()).filter(|wanted| facts.class.room.as_ref() != Some(wanted));
    }
    let planned = lesson.moved_from.unwrap_or_else(|| lesson.at());
    (lesson.date, lesson.period, lesson.off) = (date, period, None);
    lesson.moved_from = Some(planned).filter(|planned| *planned != lesson.at());
    if *lesson == before { Err(ChangeError::NothingChanges) } else { Ok(()) }
}

/// What a change leaves when it goes: the lesson is what it was. One that was changed again since stays.
pub(super) fn undone((was, became): (&Lesson, &Lesson), facts: EffectFacts<'_>) -> Result<Effect, ChangeError> {
    let lesson = facts.class.lesson(became.no).ok_or(ChangeError::NoSuchLesson)?;
    check_not_given(lesson, Party::Teacher, facts)?;
    if lesson != became {
        return Err(ChangeError::ChangedSince);
    }
    if was.is_given() && begins_at(facts.term, was.at()).is_none_or(|begins| begins <= facts.now) {
        return Err(ChangeError::TimePassed { date: was.date, period: was.period });
    }
    settle(lesson, was.clone(), facts)
}

/// Whether a lesson can still be changed: a teacher asks before it begins, a school acts until its day is over, and
/// nobody changes what was given. One that is off has nothing to begin.
fn check_not_given(lesson: &Lesson, party: Party, facts: EffectFacts<'_>) -> Result<(), ChangeError> {
    if facts.class.closed.is_some() {
        return Err(ChangeError::ClassClosed);
    }
    let has_roll = |roll: &Roll| {
        roll.called_at.is_some() || !roll.said.is_empty() || !roll.corrected.is_empty() || !roll.check_ins.is_empty()
    };
    if facts.roll.is_some_and(has_roll) {
        return Err(ChangeError::RollCalled);
    }
    let open = match party {
        Party::Teacher => begins_at(facts.term, lesson.at()).is_some_and(|begins| facts.now < begins),
        Party::School => facts.now.day() <= lesson.date,
    };
    if open || !lesson.is_given() { Ok(()) } else { Err(ChangeError::HasBegun) }
}

/// Puts the lesson into its class as it becomes, if nothing is locked and nobody is needed twice.
fn settle(lesson: &Lesson, became: Lesson, facts: EffectFacts<'_>) -> Result<Effect, ChangeError> {
    facts.timetable.allows([lesson.date, became.date])?;
    if facts.roll.is_some_and(|roll| roll.sealed) {
        return Err(LockError::DayLocked { date: lesson.date }.into());
    }
    let mut class = facts.class.clone();
    let taken = |other: &Lesson| other.no != became.no && other.is_given() && other.at() == became.at();
    if became.is_given() && class.lessons.iter().any(taken) {
        return Err(ChangeError::OwnLesson { date: became.date, period: became.period });
    }
    if let Some(own) = class.lesson_mut(became.no) {
        own.clone_from(&became);
    }
    class.lessons.sort_by_key(|one| (one.at(), one.no));
    class.admit_staff();
    let occupied = Occupied::by(facts.others.iter().copied(), became.date);
    let clashes = occupied.clashes(&class, [&became]);
    if !clashes.is_empty() {
        return Err(ClashError::Clashes(clashes).into());
    }
    let mut roll = facts.roll.cloned().unwrap_or_else(|| Roll::new(&class.id, became.no, became.at()));
    (roll.date, roll.period) = became.at();
    Ok(Effect { class, roll, was: lesson.clone(), became })
}
