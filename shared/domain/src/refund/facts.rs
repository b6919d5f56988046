//! Refund facts (退费依据): why something goes back, the lessons, and what went back before. S34.2 P7.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::attendance::Known;
use crate::money::Money;
use crate::record::Line;

/// Why something of a line is to go back.
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
pub enum Trigger {
    /// The guardian withdraws the pupil (退课).
    Withdrawal,
    /// The pupil leaves the school (转学).
    Transfer,
    /// The class is given up (停开).
    ClassCancelled,
    /// Lessons were missed on leave, and the pupil stays (请假).
    Leave,
    /// The school gave no lessons (停课).
    Suspension,
    /// A waiver was granted after the payment (补办减免).
    Waiver,
    /// What has accrued for lessons that were missed on leave or not given is paid out (应退累计).
    Accrued,
}

impl Trigger {
    /// Its name for people.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Withdrawal => "退课",
            Self::Transfer => "转学",
            Self::ClassCancelled => "课程停开",
            Self::Leave => "请假",
            Self::Suspension => "学校停课",
            Self::Waiver => "补办减免",
            Self::Accrued => "请假、停课累计",
        }
    }

    /// Whether the pupil has the seat no longer: then what was not taken goes back. Else only what was missed does.
    pub const fn leaves(self) -> bool {
        match self {
            Self::Withdrawal | Self::Transfer | Self::ClassCancelled => true,
            Self::Leave | Self::Suspension | Self::Waiver | Self::Accrued => false,
        }
    }

    /// Whether it is the school that knows of it, so that nobody else's word is enough.
    pub const fn is_known_by_school(self) -> bool {
        match self {
            Self::Transfer | Self::ClassCancelled | Self::Suspension | Self::Waiver | Self::Accrued => true,
            Self::Withdrawal | Self::Leave => false,
        }
    }
}

/// What became of a lesson.
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
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LessonState {
    /// It is to be given.
    Due,
    /// The pupil was there (出勤).
    Attended,
    /// The pupil was away with leave (请假).
    OnLeave,
    /// The pupil was away without leave (缺勤).
    Absent,
    /// The school did not give it (停课).
    NotGiven,
}

/// A lesson of the term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// The day.
    pub date: Date,
    /// What became of it.
    pub state: LessonState,
}

/// What a line was sold for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sold {
    /// Lessons.
    pub lessons: u16,
    /// Tuition after what was waived.
    pub tuition: Money,
    /// What was waived of the tuition.
    pub waived: Money,
    /// Materials fee (教材费).
    pub materials: Money,
    /// Sundry fee (杂费).
    pub sundry: Money,
}

/// What went back of the line before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenBack {
    /// Lessons.
    pub lessons: u16,
    /// Of the tuition.
    pub tuition: Money,
    /// Of the materials fee.
    pub materials: Money,
    /// Of the sundry fee.
    pub sundry: Money,
    /// Of the tuition, for waivers that were granted after the sale (补办减免).
    #[serde(default, skip_serializing_if = "Money::is_zero_ref")]
    pub waived: Money,
}

impl GivenBack {
    /// Whether nothing went back.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// In all.
    pub fn total(&self) -> Money {
        [self.tuition, self.materials, self.sundry]
            .into_iter()
            .fold(Money::ZERO, |sum, part| sum.plus(part).unwrap_or(sum))
    }
}

/// All that a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Why something is to go back.
    pub trigger: Trigger,
    /// From which day on.
    pub on: Date,
    /// The first day of the offering.
    pub starts_on: Date,
    /// Its last day.
    pub ends_on: Date,
    /// What the line was sold for.
    pub sold: Sold,
    /// What went back before.
    pub given_back: GivenBack,
    /// Its lessons, as far as they are known.
    pub lessons: Vec<Lesson>,
    /// Whether the pupil has the materials (已领取).
    pub materials_received: bool,
    /// Whether what the sundry fee is for was used.
    pub sundry_used: bool,
    /// What the pupil's waiver takes; for [`Trigger::Waiver`].
    pub waiver: Taken,
}

/// What a waiver takes of the tuition of a line, whenever it was granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Its share, in percent.
    pub percent: u8,
    /// How much that is.
    pub amount: Money,
}

/// The lessons of an offering: those that are planned, with what became of them where it is known, and those that were
/// given beside the plan.
pub fn told(planned: &[Date], known: &[Lesson]) -> Vec<Lesson> {
    let mut open: Vec<Lesson> = known.to_vec();
    let mut lessons: Vec<Lesson> = planned
        .iter()
        .map(|date| match open.iter().position(|lesson| lesson.date == *date) {
            Some(place) => open.remove(place),
            None => Lesson { date: *date, state: LessonState::Due },
        })
        .collect();
    lessons.append(&mut open);
    lessons.sort_by_key(|lesson| lesson.date);
    lessons
}

/// Lessons of a line, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Attended, or to be attended before the day.
    pub taken: u16,
    /// Away with leave.
    pub on_leave: u16,
    /// Away without leave.
    pub absent: u16,
    /// Not given by the school.
    pub not_given: u16,
}

impl Facts {
    /// Of a line, by what is known of the lessons of its course and by its plan. `term` are the first and the last day
    /// of the term, for a course without lessons.
    pub fn of(
        line: &Line,
        known: &Known,
        planned: &[Date],
        term: (Date, Date),
        (trigger, on): (Trigger, Date),
    ) -> Self {
        let lessons = line.lessons_of(&known.over(planned));
        Self {
            trigger,
            on,
            starts_on: lessons.first().map_or(term.0, |lesson| lesson.date),
            ends_on: lessons.last().map_or(term.1, |lesson| lesson.date),
            sold: line.sold(),
            given_back: line.given_back,
            lessons,
            materials_received: known.materials_received,
            sundry_used: known.sundry_used,
            waiver: Taken::default(),
        }
    }

    /// The same as if what waivers gave back after the sale had been waived at the sale: a lesson costs what is left of
    /// its price.
    #[must_use]
    pub fn as_waived(&self) -> Self {
        let mut facts = self.clone();
        let late = std::mem::take(&mut facts.given_back.waived);
        facts.sold.waived = facts.sold.waived.plus(late).unwrap_or(facts.sold.waived);
        facts.sold.tuition = facts.sold.tuition.without(late);
        facts.given_back.tuition = facts.given_back.tuition.without(late);
        facts
    }

    /// The lessons before the day. Those that are still to be given until then count as taken.
    pub fn counted(&self) -> Counted {
        self.counted_in(self.starts_on, self.on)
    }

    /// The same within some days, `until` not among them.
    pub fn counted_in(&self, from: Date, until: Date) -> Counted {
        let mut counted = Counted::default();
        for lesson in self.lessons.iter().filter(|lesson| (from..until.min(self.on)).contains(&lesson.date)) {
            let one = match lesson.state {
                LessonState::Due | LessonState::Attended => &mut counted.taken,
                LessonState::OnLeave => &mut counted.on_leave,
                LessonState::Absent => &mut counted.absent,
                LessonState::NotGiven => &mut counted.not_given,
            };
            *one = one.saturating_add(1);
        }
        counted
    }

    /// Days until the first day of the offering; negative when it has begun.
    pub fn days_before_start(&self) -> i64 {
        days(self.on, self.starts_on)
    }

    /// Days since the last day of the offering; negative while it goes on.
    pub fn days_after_end(&self) -> i64 {
        days(self.ends_on, self.on)
    }
}

impl Counted {
    /// Lessons that have passed.
    pub const fn passed(self) -> u16 {
        self.taken.saturating_add(self.on_leave).saturating_add(self.absent).saturating_add(self.not_given)
    }
}

fn days(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn s34_2_what_is_known_takes_the_place_of_what_was_planned() {
        let planned = [date(2026, 9, 7), date(2026, 9, 7), date(2026, 9, 14)];
        let lesson = |day: i8, state| Lesson { date: date(2026, 9, day), state };
        let known = [lesson(7, LessonState::Attended), lesson(9, LessonState::OnLeave)];
        let all = told(&planned, &known);
        let states: Vec<(i8, LessonState)> = all.iter().map(|lesson| (lesson.date.day(), lesson.state)).collect();
        assert_eq!(
            states,
            [(7, LessonState::Attended), (7, LessonState::Due), (9, LessonState::OnLeave), (14, LessonState::Due)]
        );
    }
}
