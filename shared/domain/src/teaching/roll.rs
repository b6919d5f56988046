//! Roll (点名簿): what became of one lesson. Whatever is said about it — by roll calls sent late, twice or out of order,
//! by leave, by a correction — comes to the same, in whichever order it arrives. S21 S25 T1 T4 P9, promise P11.
//!
//! A roll holds its roster and what differs: who is not listed was there. Three voices speak about a pupil. A
//! correction, which was asked for and approved, has the last word. Leave holds unless a teacher has seen the pupil and
//! said so by name. Else the latest roll call counts, by the clock of whoever called.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::audit::{TRAIL_MINUTES, Trace};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{ClassId, LessonId, PersonId, SchoolCode, StudentId, TeachingRequestId};
use crate::refund::facts::LessonState;
use crate::time::Moment;

/// Most pupils a call may name: more than any class has.
pub const NAMED: usize = 400;
/// Hours before the lesson's day from which a call may be said to be made.
const EARLIEST_HOURS: i64 = 24;
/// Minutes after which the sweeper sees to it that families are told: the first wake-up has had its chance by then.
const TELL_MINUTES: i64 = 1;

/// What became of a pupil in a lesson (考勤状态).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Presence {
    /// There (正常).
    #[serde(rename = "p", alias = "present")]
    Present,
    /// There, but late (迟到).
    #[serde(rename = "l", alias = "late")]
    Late,
    /// Away with leave (请假).
    #[serde(rename = "o", alias = "on_leave")]
    OnLeave,
    /// Away without leave (缺勤).
    #[serde(rename = "a", alias = "absent")]
    Absent,
    /// Something is wrong, and somebody has to look at it (异常).
    #[serde(rename = "x", alias = "abnormal")]
    Abnormal,
}

impl Presence {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Present => "正常",
            Self::Late => "迟到",
            Self::OnLeave => "请假",
            Self::Absent => "缺勤",
            Self::Abnormal => "异常",
        }
    }

    /// Whether the pupil was there.
    pub const fn is_there(self) -> bool {
        matches!(self, Self::Present | Self::Late)
    }

    /// What it means for money: who was looked for and found wanting counts as taught until that is corrected.
    pub const fn for_refund(self) -> LessonState {
        match self {
            Self::Present | Self::Late | Self::Abnormal => LessonState::Attended,
            Self::OnLeave => LessonState::OnLeave,
            Self::Absent => LessonState::Absent,
        }
    }
}

/// What somebody has said about a pupil, and when by their own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said {
    /// When.
    #[serde(rename = "t")]
    pub at: Moment,
    /// What.
    #[serde(rename = "s")]
    pub presence: Presence,
}

/// A teacher's sign that the lesson is given (签到).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckIn {
    /// When.
    #[serde(rename = "t")]
    pub at: Moment,
    /// Minutes after the beginning, once that counts as late.
    #[serde(rename = "l", default, skip_serializing_if = "is_zero")]
    pub late_minutes: u16,
    /// Metres from where it should be, if the school wants to know.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub metres: Option<u32>,
    /// The correction that made it, if it was not made by the teacher there and then (补打卡).
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<TeachingRequestId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(minutes: &u16) -> bool {
    *minutes == 0
}

/// Who has leave, and by which requests: each is granted and ended by itself, so that the order in which that happens
/// does not matter.
pub type Leaves<K> = BTreeMap<K, BTreeSet<TeachingRequestId>>;

/// A roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    /// The class.
    pub class: ClassId,
    /// The lesson's number in it.
    pub no: u16,
    /// The day on which it was given.
    #[serde(rename = "d")]
    pub date: Date,
    /// The period.
    #[serde(rename = "p")]
    pub period: u8,
    /// Who was to be there, since the first call.
    #[serde(rename = "ro", default, skip_serializing_if = "Vec::is_empty", with = "roster")]
    pub roster: Vec<StudentId>,
    /// When the latest call was made: who is not named since then was there.
    #[serde(rename = "ca", default, skip_serializing_if = "Option::is_none")]
    pub called_at: Option<Moment>,
    /// Who made it.
    #[serde(rename = "cb", default, skip_serializing_if = "Option::is_none")]
    pub called_by: Option<PersonId>,
    /// Whom calls have named.
    #[serde(rename = "sa", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub said: BTreeMap<StudentId, Said>,
    /// Who has leave, and by which requests.
    #[serde(rename = "le", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub leaves: Leaves<StudentId>,
    /// What was corrected.
    #[serde(rename = "co", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub corrected: BTreeMap<StudentId, Said>,
    /// The teachers who have checked in.
    #[serde(rename = "ci", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub check_ins: BTreeMap<PersonId, CheckIn>,
    /// The teachers who have leave, and by which requests.
    #[serde(rename = "tl", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub teacher_leaves: Leaves<PersonId>,
    /// Whether nothing of it changes any more.
    #[serde(rename = "lk", default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
    /// Since when families have something to be told of.
    #[serde(rename = "un", default, skip_serializing_if = "Option::is_none")]
    pub untold_since: Option<Moment>,
    /// What was done to it in the rush at the beginning of a lesson; whatever writes it next drains it into the audit.
    #[serde(rename = "tr", default, skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<Trace>,
}

/// Pupils in one text: their identifiers are of one length, and a roll is to fit into a kilobyte.
mod roster {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::id::StudentId;

    pub(super) fn serialize<S: Serializer>(roster: &[StudentId], to: S) -> Result<S::Ok, S::Error> {
        roster.iter().map(StudentId::as_str).collect::<Vec<_>>().join(" ").serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<StudentId>, D::Error> {
        let text = String::deserialize(from)?;
        text.split_whitespace().map(|id| id.parse().map_err(D::Error::custom)).collect()
    }
}

impl Owned for Roll {
    fn owner(&self) -> Owner<'_> {
        Owner { class: Some(self.class.clone()), ..Owner::default() }
    }
}

/// A roll call as it is sent: everybody of the class was there but whom it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When it was made, by the caller's clock.
    pub at: Moment,
    /// Who was not simply there; whoever has leave and came is named as there.
    pub named: BTreeMap<StudentId, Presence>,
    /// Whether it is about the named alone: one who came later, a slip.
    pub only_named: bool,
}

impl Call {
    /// Whether it can be a call of a lesson of that day.
    pub fn check(&self, date: Date, now: Moment) -> Result<(), RollError> {
        if self.named.len() > NAMED {
            return Err(RollError::TooManyNamed);
        }
        if self.named.values().any(|presence| *presence == Presence::OnLeave) {
            return Err(RollError::LeaveIsAskedFor);
        }
        let earliest = crate::time::Span::of(date).from.plus_minutes(-EARLIEST_HOURS * 60);
        if self.at > now || self.at < earliest { Err(RollError::TimeUnusable) } else { Ok(()) }
    }
}

/// Why something is not entered into a roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "roll/")]
pub enum RollError {
    /// It is locked.
    #[error("该节课的考勤已锁定,不能变更;确需更正请先申请解除锁定")]
    Sealed,
    /// The lesson is not given.
    #[error("该节课已停课,不能签到或点名")]
    NotGiven,
    /// The call was made before the lesson or after now.
    #[error("点名时间应在上课当天或之后、当前时间之前,请核对设备时间")]
    TimeUnusable,
    /// Nobody, or more than a class has.
    #[error("一次点名最多列出 {NAMED} 名学生")]
    TooManyNamed,
    /// Leave is asked for, not called.
    #[error("请假须由请假申请产生,点名请选择正常、迟到、缺勤或异常")]
    LeaveIsAskedFor,
    /// Neither taught by the caller nor looked after.
    #[error("您不是该节课的任课教师、代课教师或行政管理教师,不能点名")]
    NotTheirs,
    /// The teacher does not teach this lesson.
    #[error("您不是该节课的任课教师,不能签到")]
    NotTheTeacher,
    /// Too early to check in.
    #[error("还未到签到时间,上课前 {minutes} 分钟起可以签到")]
    TooEarly {
        /// Minutes before.
        minutes: u16,
    },
    /// The lesson is over.
    #[error("该节课已结束,不能签到;如确已上课请申请补打卡")]
    TooLate,
    /// Where the teacher is was not told.
    #[error("学校要求在校内签到,请允许获取位置后重试")]
    PlaceMissing,
    /// The teacher is somewhere else.
    #[error("您距离签到地点约 {metres} 米,超出学校规定范围,请到校后签到")]
    Elsewhere {
        /// How far.
        metres: u32,
    },
}

impl Fault for RollError {
    fn kind(&self) -> Kind {
        match self {
            Self::TimeUnusable | Self::TooManyNamed | Self::LeaveIsAskedFor | Self::PlaceMissing => Kind::Invalid,
            Self::Sealed
            | Self::NotGiven
            | Self::NotTheirs
            | Self::NotTheTeacher
            | Self::TooEarly { .. }
            | Self::TooLate
            | Self::Elsewhere { .. } => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::TimeUnusable => "at",
            Self::TooManyNamed | Self::LeaveIsAskedFor => "named",
            Self::PlaceMissing => "place",
            Self::Sealed
            | Self::NotGiven
            | Self::NotTheirs
            | Self::NotTheTeacher
            | Self::TooEarly { .. }
            | Self::TooLate
            | Self::Elsewhere { .. } => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl Roll {
    /// The roll of a lesson about which nothing is known.
    pub fn new(class: &ClassId, no: u16, (date, period): (Date, u8)) -> Self {
        Self {
            class: class.clone(),
            no,
            date,
            period,
            roster: Vec::new(),
            called_at: None,
            called_by: None,
            said: BTreeMap::new(),
            leaves: BTreeMap::new(),
            corrected: BTreeMap::new(),
            check_ins: BTreeMap::new(),
            teacher_leaves: BTreeMap::new(),
            sealed: false,
            untold_since: None,
            trail: Vec::new(),
        }
    }

    /// The lesson.
    pub fn lesson(&self) -> LessonId {
        LessonId::new(&self.class, self.no)
    }

    /// The school.
    pub fn school(&self) -> SchoolCode {
        self.class.school()
    }

    /// Says when the lesson is given now: it may have been moved since the roll was begun.
    pub const fn settle_at(&mut self, (date, period): (Date, u8)) {
        self.date = date;
        self.period = period;
    }

    /// The pupils it is about. Those of the day, as the class has them now; once it is sealed, those it was sealed with.
    pub fn pupils(&self, of_the_day: Vec<StudentId>) -> Vec<StudentId> {
        if self.sealed { self.roster.clone() } else { of_the_day }
    }

    /// What became of a pupil of the lesson; none while nothing is known.
    pub fn presence(&self, student: &StudentId) -> Option<Presence> {
        if let Some(corrected) = self.corrected.get(student) {
            return Some(corrected.presence);
        }
        let named = self.said.get(student).filter(|said| self.called_at.is_none_or(|called| said.at >= called));
        let was_seen = named.is_some_and(|said| said.presence.is_there());
        if self.leaves.contains_key(student) && !was_seen {
            return Some(Presence::OnLeave);
        }
        named.map(|said| said.presence).or_else(|| self.called_at.map(|_| Presence::Present))
    }

    /// What it means for what goes back to a pupil: until somebody has looked, the lesson is due.
    pub fn for_refund(&self, student: &StudentId) -> LessonState {
        self.presence(student).map_or(LessonState::Due, Presence::for_refund)
    }

    /// Enters a roll call. `roster` are the pupils of the day. Returns whether it says anything new; a call that is
    /// older than what is known, or known already, changes nothing.
    pub fn enter(
        &mut self,
        call: &Call,
        roster: Vec<StudentId>,
        by: &PersonId,
        now: Moment,
    ) -> Result<bool, RollError> {
        self.check_open()?;
        call.check(self.date, now)?;
        self.change(now, |roll| roll.hear(call, roster, by))
    }

    fn hear(&mut self, call: &Call, roster: Vec<StudentId>, by: &PersonId) {
        for (student, presence) in &call.named {
            let said = Said { at: call.at, presence: *presence };
            let known = self.said.entry(student.clone()).or_insert(said);
            *known = said.max(*known);
        }
        if !call.only_named && self.called_at.is_none_or(|called| called <= call.at) {
            // Of two calls of one moment the same one counts, whichever comes first.
            let later = self.called_at.is_none_or(|called| called < call.at);
            if later || self.called_by.as_ref().is_none_or(|known| known < by) {
                self.called_by = Some(by.clone());
            }
            self.called_at = Some(call.at);
        }
        // What was said before the latest call of all counts no more.
        if let Some(called) = self.called_at {
            self.said.retain(|_, said| said.at >= called);
        }
        self.roster = roster;
    }

    /// Marks a pupil as having leave by a request.
    pub fn grant_leave(
        &mut self,
        student: &StudentId,
        leave: &TeachingRequestId,
        now: Moment,
    ) -> Result<bool, RollError> {
        self.change(now, |roll| {
            grant(&mut roll.leaves, student, leave);
        })
    }

    /// Takes a pupil's leave by a request back (销假).
    pub fn end_leave(
        &mut self,
        student: &StudentId,
        leave: &TeachingRequestId,
        now: Moment,
    ) -> Result<bool, RollError> {
        self.change(now, |roll| {
            end(&mut roll.leaves, student, leave);
        })
    }

    /// Marks a teacher as having leave by a request: no news for families, whose lesson is given all the same.
    pub fn grant_teacher_leave(&mut self, person: &PersonId, leave: &TeachingRequestId) -> Result<bool, RollError> {
        self.check_open()?;
        Ok(grant(&mut self.teacher_leaves, person, leave))
    }

    /// Takes a teacher's leave by a request back.
    pub fn end_teacher_leave(&mut self, person: &PersonId, leave: &TeachingRequestId) -> Result<bool, RollError> {
        self.check_open()?;
        Ok(end(&mut self.teacher_leaves, person, leave))
    }

    /// Enters what was found to be right about a pupil. The latest correction counts.
    pub fn correct(&mut self, student: &StudentId, said: Said, now: Moment) -> Result<bool, RollError> {
        self.change(now, |roll| {
            let known = roll.corrected.entry(student.clone()).or_insert(said);
            *known = said.max(*known);
        })
    }

    /// Enters that a teacher is there. Who has checked in has; what a correction says takes its place.
    pub fn check_in(&mut self, person: &PersonId, check_in: CheckIn) -> Result<bool, RollError> {
        self.check_open()?;
        let known = self.check_ins.get(person);
        let counts = known.is_none_or(|known| {
            let (old, new) = (known.correction.is_some(), check_in.correction.is_some());
            new && !old || new == old && (check_in.at, &check_in.correction) < (known.at, &known.correction)
        });
        if counts {
            self.check_ins.insert(person.clone(), check_in);
        }
        Ok(counts)
    }

    /// Lets nothing change any more. Returns whether it could change before.
    pub const fn seal(&mut self) -> bool {
        !std::mem::replace(&mut self.sealed, true)
    }

    /// Lets things change again.
    pub const fn unseal(&mut self) -> bool {
        std::mem::replace(&mut self.sealed, false)
    }

    /// Families are told, or about to be by what is written in the same transaction. Also of what is sealed: nothing
    /// becomes of a pupil by it.
    pub const fn tell(&mut self) {
        self.untold_since = None;
    }

    /// When the sweeper must have families told, if nobody has by then.
    pub fn tell_due(&self) -> Option<Moment> {
        self.untold_since.map(|since| since.plus_minutes(TELL_MINUTES))
    }

    /// When its trail has waited for long enough.
    pub fn trail_due(&self) -> Option<Moment> {
        self.trail.first().map(|oldest| oldest.at.plus_minutes(TRAIL_MINUTES))
    }

    /// When the sweeper must look at it.
    pub fn due(&self) -> Option<Moment> {
        self.tell_due().into_iter().chain(self.trail_due()).min()
    }

    const fn check_open(&self) -> Result<(), RollError> {
        if self.sealed { Err(RollError::Sealed) } else { Ok(()) }
    }

    /// Changes something that families may have to be told of; returns whether it says anything else than before.
    fn change(&mut self, now: Moment, change: impl FnOnce(&mut Self)) -> Result<bool, RollError> {
        self.check_open()?;
        let before = self.clone();
        change(self);
        let changed = *self != before;
        if changed && self.is_news_after(&before) {
            self.untold_since = self.untold_since.or(Some(now));
        }
        Ok(changed)
    }

    /// Whether something else became of a pupil than a family may know. Leave that is granted for a lesson to come, or
    /// ended, is told by its request.
    fn is_news_after(&self, before: &Self) -> bool {
        let is_known = |presence: Option<Presence>| presence.is_none_or(|one| one == Presence::OnLeave);
        let named = self.leaves.keys().chain(before.leaves.keys()).chain(self.corrected.keys());
        self.roster.iter().chain(named).any(|student| {
            let was = before.presence(student).filter(|_| before.names(student));
            let is = self.presence(student);
            was != is && !(is_known(was) && is_known(is))
        })
    }

    /// Whether it is about a pupil, who need not have been in the class when it was called.
    fn names(&self, student: &StudentId) -> bool {
        self.roster.contains(student) || self.leaves.contains_key(student) || self.corrected.contains_key(student)
    }
}

fn grant<K: Ord + Clone>(leaves: &mut Leaves<K>, who: &K, leave: &TeachingRequestId) -> bool {
    leaves.entry(who.clone()).or_default().insert(leave.clone())
}

fn end<K: Ord>(leaves: &mut Leaves<K>, who: &K, leave: &TeachingRequestId) -> bool {
    let Some(of_one) = leaves.get_mut(who) else { return false };
    let ended = of_one.remove(leave);
    if of_one.is_empty() {
        leaves.remove(who);
    }
    ended
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    const DAY: (Date, u8) = (date(2026, 9, 2), 1);

    fn pupils() -> Vec<StudentId> {
        (0..5).map(|n| format!("S00000000{n}").parse().unwrap()).collect()
    }

    fn roll() -> Roll {
        Roll::new(&"3144200101.2026-2027-1.K1.01".parse().unwrap(), 1, DAY)
    }

    fn at(minute: i64) -> Moment {
        Moment::parse("2026-09-02T16:30:00+08:00").unwrap().plus_minutes(minute)
    }

    fn leave(n: u8) -> TeachingRequestId {
        format!("3144200101.2026-2027-1.0000000000000000000{n}").parse().unwrap()
    }

    fn call(minute: i64, named: &[(usize, Presence)]) -> Call {
        let named = named.iter().map(|(who, presence)| (pupils()[*who].clone(), *presence)).collect();
        Call { at: at(minute), named, only_named: false }
    }

    fn enter(roll: &mut Roll, call: &Call) -> Result<bool, RollError> {
        roll.enter(call, pupils(), &"T000000001".parse().unwrap(), at(600))
    }

    fn states(roll: &Roll) -> Vec<Option<Presence>> {
        pupils().iter().map(|pupil| roll.presence(pupil)).collect()
    }

    #[test]
    fn t4_1_who_is_not_named_was_there() {
        let mut roll = roll();
        assert_eq!(states(&roll), [None; 5]);
        assert_eq!(roll.for_refund(&pupils()[0]), LessonState::Due);
        assert_eq!(enter(&mut roll, &call(5, &[(1, Presence::Absent), (2, Presence::Late)])), Ok(true));
        let expected = [Presence::Present, Presence::Absent, Presence::Late, Presence::Present, Presence::Present];
        assert_eq!(states(&roll), expected.map(Some));
        assert_eq!(roll.untold_since, Some(at(600)));
        assert_eq!(roll.for_refund(&pupils()[1]), LessonState::Absent);
    }

    #[test]
    fn t4_1_the_same_call_again_and_an_older_one_change_nothing() {
        let mut roll = roll();
        let (first, second) = (call(5, &[(1, Presence::Absent)]), call(9, &[(2, Presence::Absent)]));
        assert_eq!(enter(&mut roll, &second), Ok(true));
        let known = roll.clone();
        assert_eq!(enter(&mut roll, &second), Ok(false));
        assert_eq!(enter(&mut roll, &first), Ok(false));
        assert_eq!(roll, known);
        let slip = Call { only_named: true, ..call(12, &[(1, Presence::Late)]) };
        assert_eq!(enter(&mut roll, &slip), Ok(true));
        assert_eq!(roll.presence(&pupils()[1]), Some(Presence::Late), "one more word about one pupil");
        assert_eq!(roll.presence(&pupils()[2]), Some(Presence::Absent), "the others stay");
    }

    #[test]
    fn p9_2_leave_marks_the_roll_unless_the_pupil_was_seen() {
        let pupil = &pupils()[0];
        let mut before = roll();
        before.grant_leave(pupil, &leave(1), at(0)).unwrap();
        assert_eq!(before.presence(pupil), Some(Presence::OnLeave), "before anybody has called");
        enter(&mut before, &call(5, &[])).unwrap();
        assert_eq!(before.presence(pupil), Some(Presence::OnLeave), "whom a call does not name was not seen by it");
        enter(&mut before, &call(6, &[(0, Presence::Absent)])).unwrap();
        assert_eq!(before.presence(pupil), Some(Presence::OnLeave), "absent with leave is on leave");
        enter(&mut before, &call(7, &[(0, Presence::Present)])).unwrap();
        assert_eq!(before.presence(pupil), Some(Presence::Present), "who came all the same was there");
        assert_eq!(before.for_refund(pupil), LessonState::Attended);
        before.end_leave(pupil, &leave(2), at(9)).unwrap();
        assert!(before.leaves.contains_key(pupil), "another leave");
        before.end_leave(pupil, &leave(1), at(9)).unwrap();
        assert!(before.leaves.is_empty());
    }

    #[test]
    fn p9_1_the_sweeper_looks_at_what_nobody_was_told_of_and_at_a_trail_that_waits() {
        let (mut roll, pupil) = (roll(), &pupils()[0]);
        roll.grant_leave(pupil, &leave(1), at(0)).unwrap();
        assert_eq!((roll.untold_since, roll.due()), (None, None), "leave to come is told by its request");
        enter(&mut roll, &call(5, &[])).unwrap();
        assert_eq!(roll.due(), Some(at(601)));
        roll.tell();
        assert_eq!(roll.due(), None);
        roll.end_leave(pupil, &leave(1), at(602)).unwrap();
        assert_eq!(roll.untold_since, Some(at(602)), "who was on leave was there");
    }

    #[test]
    fn p9_1_who_came_to_the_class_after_the_first_call_is_news() {
        let mut roll = roll();
        let (person, few) = ("T000000001".parse().unwrap(), pupils()[..2].to_vec());
        roll.enter(&call(5, &[]), few, &person, at(10)).unwrap();
        roll.tell();
        roll.enter(&call(6, &[]), pupils(), &person, at(11)).unwrap();
        assert_eq!(roll.untold_since, Some(at(11)));
    }

    #[test]
    fn p9_2_of_two_leaves_one_ends_and_the_other_holds() {
        let (mut roll, pupil) = (roll(), &pupils()[0]);
        roll.grant_leave(pupil, &leave(1), at(0)).unwrap();
        roll.grant_leave(pupil, &leave(2), at(1)).unwrap();
        assert_eq!(roll.end_leave(pupil, &leave(1), at(2)), Ok(true));
        assert_eq!(roll.presence(pupil), Some(Presence::OnLeave));
        assert_eq!(roll.end_leave(pupil, &leave(1), at(3)), Ok(false), "it has ended");
        roll.end_leave(pupil, &leave(2), at(4)).unwrap();
        assert_eq!(roll.presence(pupil), None);
    }

    #[test]
    fn s21_1_leave_of_a_teacher_marks_the_roll_and_is_no_news_for_families() {
        let (mut roll, teacher): (_, PersonId) = (roll(), "T000000001".parse().unwrap());
        assert_eq!(roll.grant_teacher_leave(&teacher, &leave(1)), Ok(true));
        assert_eq!(roll.grant_teacher_leave(&teacher, &leave(1)), Ok(false));
        assert_eq!((states(&roll), roll.untold_since), (vec![None; 5], None));
        assert_eq!(roll.end_teacher_leave(&teacher, &leave(2)), Ok(false));
        assert_eq!(roll.end_teacher_leave(&teacher, &leave(1)), Ok(true));
        assert_eq!(roll, self::roll());
    }

    #[test]
    fn s25_4_a_correction_has_the_last_word() {
        let (mut roll, pupil) = (roll(), &pupils()[3]);
        enter(&mut roll, &call(5, &[(3, Presence::Absent)])).unwrap();
        roll.correct(pupil, Said { at: at(100), presence: Presence::Present }, at(100)).unwrap();
        assert_eq!(roll.presence(pupil), Some(Presence::Present));
        enter(&mut roll, &call(200, &[(3, Presence::Absent)])).unwrap();
        assert_eq!(roll.presence(pupil), Some(Presence::Present));
        roll.correct(pupil, Said { at: at(50), presence: Presence::Absent }, at(101)).unwrap();
        assert_eq!(roll.presence(pupil), Some(Presence::Present), "an older correction that comes late");
    }

    #[test]
    fn s25_5_what_is_sealed_refuses_every_change() {
        let (mut roll, pupil) = (roll(), &pupils()[0]);
        assert!(roll.seal() && !roll.seal());
        let known = roll.clone();
        assert_eq!(enter(&mut roll, &call(5, &[])), Err(RollError::Sealed));
        assert_eq!(roll.grant_leave(pupil, &leave(1), at(5)), Err(RollError::Sealed));
        assert_eq!(roll.end_leave(pupil, &leave(1), at(5)), Err(RollError::Sealed));
        let said = Said { at: at(5), presence: Presence::Absent };
        assert_eq!(roll.correct(pupil, said, at(5)), Err(RollError::Sealed));
        let check_in = CheckIn { at: at(0), late_minutes: 0, metres: None, correction: None };
        let teacher: PersonId = "T000000001".parse().unwrap();
        assert_eq!(roll.check_in(&teacher, check_in), Err(RollError::Sealed));
        assert_eq!(roll.grant_teacher_leave(&teacher, &leave(1)), Err(RollError::Sealed));
        assert_eq!(roll.end_teacher_leave(&teacher, &leave(1)), Err(RollError::Sealed));
        assert_eq!(roll, known);
        assert!(roll.unseal());
    }

    #[test]
    fn t4_1_a_call_that_cannot_be_is_refused() {
        let mut roll = roll();
        assert_eq!(enter(&mut roll, &call(5, &[(0, Presence::OnLeave)])), Err(RollError::LeaveIsAskedFor));
        assert_eq!(enter(&mut roll, &call(601, &[])), Err(RollError::TimeUnusable));
        assert_eq!(enter(&mut roll, &call(-60 * 41, &[])), Err(RollError::TimeUnusable));
        assert_eq!(roll, self::roll());
    }

    #[test]
    fn t1_1_a_teacher_checks_in_once_and_a_correction_takes_its_place() {
        let (mut roll, teacher) = (roll(), "T000000001".parse().unwrap());
        let own = |minute| CheckIn { at: at(minute), late_minutes: 0, metres: None, correction: None };
        assert_eq!(roll.check_in(&teacher, own(3)), Ok(true));
        assert_eq!(roll.check_in(&teacher, own(4)), Ok(false), "who has checked in has");
        let right = CheckIn { correction: Some(leave(1)), ..own(1) };
        assert_eq!(roll.check_in(&teacher, right.clone()), Ok(true));
        assert_eq!(roll.check_in(&teacher, own(0)), Ok(false));
        assert_eq!(roll.check_ins[&teacher], right);
    }

    #[test]
    fn t4_1_a_roll_of_forty_fits_into_a_kilobyte() {
        let mut roll = roll();
        roll.roster = (0..40).map(|n| format!("S0000000{n:02}").parse().unwrap()).collect();
        let named = roll.roster.iter().take(3).map(|pupil| (pupil.clone(), Presence::Absent)).collect();
        let call = Call { at: at(5), named, only_named: false };
        let roster = roll.roster.clone();
        roll.enter(&call, roster, &"T000000001".parse().unwrap(), at(6)).unwrap();
        let text = serde_json::to_string(&roll).unwrap();
        assert!(text.len() < 850, "{} letters: {text}", text.len());
        assert_eq!(serde_json::from_str::<Roll>(&text).unwrap(), roll);
    }

    /// Something that happens to a roll.
    #[derive(Debug, Clone)]
    enum Event {
        Call(Call),
        Leave(usize, u8),
        Correct(usize, Said),
        CheckIn(u8, i64, bool),
    }

    fn apply(roll: &mut Roll, event: &Event) {
        let done = match event {
            Event::Call(call) => enter(roll, call),
            Event::Leave(who, n) => roll.grant_leave(&pupils()[*who], &leave(*n), at(600)),
            Event::Correct(who, said) => roll.correct(&pupils()[*who], *said, at(600)),
            Event::CheckIn(who, minute, corrected) => {
                let correction = corrected.then(|| leave(*who));
                let check_in = CheckIn { at: at(*minute), late_minutes: 0, metres: None, correction };
                roll.check_in(&format!("T00000000{who}").parse().unwrap(), check_in)
            }
        };
        done.unwrap();
    }

    fn said() -> impl Strategy<Value = Presence> {
        prop::sample::select(vec![Presence::Present, Presence::Late, Presence::Absent, Presence::Abnormal])
    }

    fn event() -> impl Strategy<Value = Event> {
        let call = (0i64..8, prop::collection::vec((0usize..5, said()), 0..4), any::<bool>());
        prop_oneof![
            call.prop_map(|(minute, named, only_named)| Event::Call(Call { only_named, ..call_of(minute, &named) })),
            (0usize..5, 1u8..4).prop_map(|(who, n)| Event::Leave(who, n)),
            (0usize..5, 0i64..8, said())
                .prop_map(|(who, minute, presence)| Event::Correct(who, Said { at: at(minute), presence })),
            (0u8..2, 0i64..8, any::<bool>()).prop_map(|(who, minute, right)| Event::CheckIn(who, minute, right)),
        ]
    }

    fn call_of(minute: i64, named: &[(usize, Presence)]) -> Call {
        call(minute, named)
    }

    proptest! {
        #[test]
        fn t4_1_in_whatever_order_and_however_often_words_come_they_come_to_the_same(
            events in prop::collection::vec(event(), 1..12), order in prop::collection::vec(any::<Index>(), 12),
            again in prop::collection::vec(any::<Index>(), 0..6),
        ) {
            let mut straight = roll();
            for event in &events {
                apply(&mut straight, event);
            }
            let mut left: Vec<&Event> = events.iter().collect();
            left.extend(again.iter().map(|index| index.get(&events)));
            let mut mixed = roll();
            for index in order.iter().cycle() {
                if left.is_empty() {
                    break;
                }
                apply(&mut mixed, left.remove(index.index(left.len())));
            }
            prop_assert_eq!(states(&straight), states(&mixed));
            // Whether that is news to somebody depends on what was known: leave first, and nobody was missed.
            straight.tell();
            mixed.tell();
            prop_assert_eq!(&straight, &mixed);
        }
    }
}
