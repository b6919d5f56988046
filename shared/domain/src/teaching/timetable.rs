//! Timetable (课表): one item of a school's term that rises with each change of a class's lessons, so that two changes
//! never pass each other's look for clashes; and the locks (考勤锁定): stretches of days in which nothing changes any
//! more. S25.5, promise P11.
//!
//! A lock is begun here, from then on no lesson comes into its days or leaves them; then each roll of its days is
//! [sealed](super::roll::Roll::seal), and only then it holds. What is sealed refuses every change by itself, whichever
//! way it comes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind};
use crate::id::{PersonId, SchoolCode, TermCode};
use crate::time::Moment;

/// Most locks of a term.
pub const LOCKS: usize = 200;
/// Most days of a lock.
pub const LOCK_DAYS: i32 = 62;
/// Characters of a reason.
const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=100;

/// Who has locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LockedBy {
    /// The school.
    School,
    /// The township, or who stands above it. The school cannot lift it.
    Township,
}

/// Where a lock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LockState {
    /// The rolls of its days are being sealed (锁定中).
    Locking,
    /// Everything in its days is sealed (已锁定).
    Locked,
    /// The rolls are being opened again (解锁中).
    Lifting,
}

/// A stretch of days in which nothing changes any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Its number within the term, from 1.
    pub no: u16,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Who has locked.
    pub by: LockedBy,
    /// The person.
    pub person: PersonId,
    /// When.
    pub at: Moment,
    /// Where it stands.
    pub state: LockState,
    /// Why it is being lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Lock {
    /// Whether a day lies in it.
    pub fn covers(&self, date: Date) -> bool {
        (self.from..=self.until).contains(&date)
    }
}

/// The timetable of a school's term, as far as all classes share it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timetable {
    /// The school.
    pub school: SchoolCode,
    /// The term.
    pub term: TermCode,
    /// The locks there are.
    #[serde(default)]
    pub locks: Vec<Lock>,
    /// The highest number a lock has had.
    #[serde(default)]
    pub last_lock: u16,
}

/// Why days are not locked or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "lock/")]
pub enum LockError {
    /// The last day before the first, too many days, outside of the term, or not over.
    #[error("锁定范围应在学期内、最多 {LOCK_DAYS} 天,且截止日期不晚于昨天(当天的课上完后再锁定)")]
    RangeUnusable,
    /// More locks than a term has.
    #[error("一个学期最多 {LOCKS} 个锁定范围,请合并相邻的范围")]
    TooMany,
    /// There is no such lock.
    #[error("没有这个锁定,可能已解除,请刷新后查看")]
    NotLocked,
    /// It was locked from above.
    #[error("该范围由教育管理部门锁定,学校不能解除,请联系镇街教育管理部门")]
    LockedFromAbove,
    /// Not a reason.
    #[error("请填写解除锁定的原因,2 至 100 个字")]
    ReasonUnusable,
    /// It is being sealed.
    #[error("该范围正在锁定,请完成锁定后再解除")]
    StillLocking,
    /// A day on which something would change is locked.
    #[error("{date} 的考勤和课表已锁定,不能变更;确需更正请先申请解除锁定")]
    DayLocked {
        /// The day.
        date: Date,
    },
}

impl Fault for LockError {
    fn kind(&self) -> Kind {
        match self {
            Self::RangeUnusable | Self::ReasonUnusable => Kind::Invalid,
            Self::TooMany | Self::NotLocked | Self::LockedFromAbove | Self::StillLocking | Self::DayLocked { .. } => {
                Kind::Refused
            }
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<crate::fault::Pointed> {
        let field = match self {
            Self::RangeUnusable => "until",
            Self::ReasonUnusable => "reason",
            Self::TooMany | Self::NotLocked | Self::LockedFromAbove | Self::StillLocking | Self::DayLocked { .. } => {
                return Vec::new();
            }
        };
        vec![crate::fault::Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl Timetable {
    /// The timetable of a term in which nothing is locked.
    pub const fn new(school: SchoolCode, term: TermCode) -> Self {
        Self { school, term, locks: Vec::new(), last_lock: 0 }
    }

    /// Whether a day lies in a lock, whatever its state: no lesson comes into it or leaves it.
    pub fn is_locked(&self, date: Date) -> bool {
        self.locks.iter().any(|lock| lock.covers(date))
    }

    /// Whether lessons of these days may change.
    pub fn allows(&self, dates: impl IntoIterator<Item = Date>) -> Result<(), LockError> {
        match dates.into_iter().find(|date| self.is_locked(*date)) {
            Some(date) => Err(LockError::DayLocked { date }),
            None => Ok(()),
        }
    }

    /// Begins to lock days; the same days by the same side again are the same lock. Returns its number.
    pub fn begin_lock(
        &mut self,
        (from, until): (Date, Date),
        (by, person): (LockedBy, &PersonId),
        term: (Date, Date),
        now: Moment,
    ) -> Result<u16, LockError> {
        let days = from.until(until).map_or(i32::MAX, |span| span.get_days());
        let usable = from <= until && days < LOCK_DAYS && from >= term.0 && until <= term.1 && until < now.day();
        if !usable {
            return Err(LockError::RangeUnusable);
        }
        let same = |lock: &&mut Lock| (lock.from, lock.until, lock.by) == (from, until, by);
        if let Some(lock) = self.locks.iter_mut().find(same) {
            if lock.state == LockState::Lifting {
                lock.state = LockState::Locking;
                lock.reason = None;
            }
            return Ok(lock.no);
        }
        if self.locks.len() >= LOCKS {
            return Err(LockError::TooMany);
        }
        self.last_lock = self.last_lock.saturating_add(1);
        let (no, person) = (self.last_lock, person.clone());
        self.locks.push(Lock { no, from, until, by, person, at: now, state: LockState::Locking, reason: None });
        Ok(no)
    }

    /// A lock.
    pub fn lock(&self, no: u16) -> Option<&Lock> {
        self.locks.iter().find(|lock| lock.no == no)
    }

    /// Says that all of its days are sealed.
    pub fn finish_lock(&mut self, no: u16) {
        for lock in self.locks.iter_mut().filter(|lock| lock.no == no && lock.state == LockState::Locking) {
            lock.state = LockState::Locked;
        }
    }

    /// Begins to lift a lock.
    pub fn begin_lifting(&mut self, no: u16, by: LockedBy, reason: &str) -> Result<(), LockError> {
        if !REASON_CHARACTERS.contains(&reason.trim().chars().count()) {
            return Err(LockError::ReasonUnusable);
        }
        let lock = self.locks.iter_mut().find(|lock| lock.no == no).ok_or(LockError::NotLocked)?;
        match lock.state {
            _ if lock.by > by => Err(LockError::LockedFromAbove),
            LockState::Locking => Err(LockError::StillLocking),
            LockState::Locked | LockState::Lifting => {
                lock.state = LockState::Lifting;
                lock.reason = Some(reason.trim().to_owned());
                Ok(())
            }
        }
    }

    /// The days of a lock that is being lifted on which nothing else is locked: whose rolls open again.
    pub fn opens(&self, no: u16, date: Date) -> bool {
        self.lock(no).is_some_and(|lock| lock.covers(date))
            && !self.locks.iter().any(|lock| lock.no != no && lock.covers(date))
    }

    /// Forgets a lock whose days are open again.
    pub fn finish_lifting(&mut self, no: u16) {
        self.locks.retain(|lock| lock.no != no || lock.state != LockState::Lifting);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn now() -> Moment {
        Moment::parse("2026-10-09T08:00:00+08:00").unwrap()
    }

    fn lock(timetable: &mut Timetable, from: Date, until: Date, by: LockedBy) -> Result<u16, LockError> {
        let term = (date(2026, 9, 1), date(2027, 1, 22));
        timetable.begin_lock((from, until), (by, &"A000000001".parse().unwrap()), term, now())
    }

    fn empty() -> Timetable {
        Timetable::new("3144200101".parse().unwrap(), "2026-2027-1".parse().unwrap())
    }

    #[test]
    fn s25_5_days_that_are_over_are_locked_and_the_same_days_once() {
        let mut timetable = empty();
        let (from, until) = (date(2026, 9, 1), date(2026, 9, 30));
        assert_eq!(lock(&mut timetable, from, until, LockedBy::School), Ok(1));
        assert_eq!(lock(&mut timetable, from, until, LockedBy::School), Ok(1));
        assert_eq!(lock(&mut timetable, from, until, LockedBy::Township), Ok(2));
        for (from, until) in [
            (date(2026, 9, 30), date(2026, 9, 1)),
            (date(2026, 8, 31), date(2026, 9, 2)),
            (date(2026, 10, 1), date(2026, 10, 9)),
        ] {
            assert_eq!(lock(&mut timetable, from, until, LockedBy::School), Err(LockError::RangeUnusable), "{until}");
        }
        assert_eq!(timetable.allows([date(2026, 9, 30)]), Err(LockError::DayLocked { date: date(2026, 9, 30) }));
        assert_eq!(timetable.allows([date(2026, 10, 1)]), Ok(()));
    }

    #[test]
    fn s25_5_a_school_lifts_its_own_lock_and_none_from_above() {
        let mut timetable = empty();
        let (from, until) = (date(2026, 9, 1), date(2026, 9, 30));
        let own = lock(&mut timetable, from, until, LockedBy::School).unwrap();
        let above = lock(&mut timetable, date(2026, 9, 20), until, LockedBy::Township).unwrap();
        let lift = |timetable: &mut Timetable, no, by| timetable.begin_lifting(no, by, "更正点名");
        assert_eq!(lift(&mut timetable, own, LockedBy::School), Err(LockError::StillLocking));
        timetable.finish_lock(own);
        timetable.finish_lock(above);
        assert_eq!(lift(&mut timetable, above, LockedBy::School), Err(LockError::LockedFromAbove));
        assert_eq!(timetable.begin_lifting(own, LockedBy::School, " "), Err(LockError::ReasonUnusable));
        assert_eq!(lift(&mut timetable, own, LockedBy::School), Ok(()));
        assert!(timetable.opens(own, date(2026, 9, 19)), "no other lock");
        assert!(!timetable.opens(own, date(2026, 9, 20)), "the township's lock holds");
        timetable.finish_lifting(own);
        assert_eq!(lift(&mut timetable, own, LockedBy::School), Err(LockError::NotLocked));
        timetable.finish_lifting(above);
        assert!(timetable.lock(above).is_some(), "nobody has begun to lift it");
    }
}
