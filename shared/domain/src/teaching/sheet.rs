//! Attendance sheets (考勤报表): how often somebody was to be there and what became of that, and the rate of attendance.
//! S21.3 S25.3 T2.1 P9.3.

use std::fmt;

use super::counted::{Mark, Part, Whose};

/// What parts of lessons come to. `due` is the sum of what became of them:
/// `normal + late + on_leave + absent + abnormal + replaced + unknown`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lessons held in which somebody was to be there (应出勤).
    pub due: u32,
    /// There in time (正常出勤).
    pub normal: u32,
    /// There, but late (迟到).
    pub late: u32,
    /// Away with leave (请假).
    pub on_leave: u32,
    /// Away without leave (缺勤).
    pub absent: u32,
    /// Something is wrong (异常).
    pub abnormal: u32,
    /// Taught by somebody else (被代课).
    pub replaced: u32,
    /// Nobody has said anything yet (未记录).
    pub unknown: u32,
    /// Of those due, how many were moved there from another time (调课).
    pub moved: u32,
    /// Of those due, how many in somebody else's place (代课).
    pub stood_in: u32,
}

impl Tally {
    /// Counts a part of a lesson, if the lesson was held.
    pub fn add(&mut self, part: &Part<'_>) {
        let Some(mark) = part.mark else { return };
        add_one(&mut self.due, true);
        add_one(&mut self.moved, part.lesson.moved_from.is_some());
        add_one(&mut self.stood_in, matches!(part.whose, Whose::Teacher { stands_in: true, .. }));
        let became = match mark {
            Mark::Normal => &mut self.normal,
            Mark::Late => &mut self.late,
            Mark::OnLeave => &mut self.on_leave,
            Mark::Absent => &mut self.absent,
            Mark::Abnormal => &mut self.abnormal,
            Mark::Replaced => &mut self.replaced,
            Mark::Unknown => &mut self.unknown,
        };
        add_one(became, true);
    }

    /// This and another one together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            due: self.due.saturating_add(other.due),
            normal: self.normal.saturating_add(other.normal),
            late: self.late.saturating_add(other.late),
            on_leave: self.on_leave.saturating_add(other.on_leave),
            absent: self.absent.saturating_add(other.absent),
            abnormal: self.abnormal.saturating_add(other.abnormal),
            replaced: self.replaced.saturating_add(other.replaced),
            unknown: self.unknown.saturating_add(other.unknown),
            moved: self.moved.saturating_add(other.moved),
            stood_in: self.stood_in.saturating_add(other.stood_in),
        }
    }

    /// How many were there, in time or late.
    pub const fn there(&self) -> u32 {
        self.normal.saturating_add(self.late)
    }

    /// The rate of attendance (出勤率) of what is known; none while nothing is.
    pub fn rate(&self) -> Option<Rate> {
        Rate::of(self.there(), self.due.saturating_sub(self.unknown))
    }
}

/// Counts one more, if it is one.
pub(super) fn add_one(count: &mut u32, is_one: bool) {
    *count = count.saturating_add(u32::from(is_one));
}

/// A rate in tenths of a percent, rounded once, half up: 2 of 3 are 66.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    /// A part of a whole; none of nothing.
    pub fn of(part: u32, whole: u32) -> Option<Self> {
        let (part, whole) = (u64::from(part), u64::from(whole));
        let doubled = part.saturating_mul(2_000).saturating_add(whole);
        let tenths = doubled.checked_div(whole.saturating_mul(2))?;
        u32::try_from(tenths).ok().map(Self)
    }

    /// Tenths of a percent.
    pub const fn tenths(self) -> u32 {
        self.0
    }
}

/// `66.7`, in percent.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s25_3_a_rate_has_one_decimal_and_is_rounded_half_up() {
        let rate = |part, whole| Rate::of(part, whole).map(|rate| rate.to_string());
        let of = |text: &str| Some(text.to_owned());
        assert_eq!([rate(2, 3), rate(1, 3), rate(1, 16)], [of("66.7"), of("33.3"), of("6.3")]);
        assert_eq!([rate(0, 7), rate(7, 7), rate(1, 2000)], [of("0.0"), of("100.0"), of("0.1")]);
        assert_eq!(rate(0, 0), None, "of nothing there is no rate");
        let tally = Tally { due: 10, normal: 6, late: 1, absent: 1, unknown: 2, ..Tally::default() };
        assert_eq!(tally.rate().map(Rate::tenths), Some(875), "what nobody knows yet lowers no rate");
    }

    proptest! {
        #[test]
        fn s25_3_a_rate_is_never_more_than_half_a_tenth_off(whole in 1u32..100_000, part in 0u32..100_000) {
            let part = part.min(whole);
            let tenths = u64::from(Rate::of(part, whole).unwrap().tenths());
            let (exact, shown) = (u64::from(part) * 1_000, tenths * u64::from(whole));
            prop_assert!(exact.abs_diff(shown) * 2 <= u64::from(whole));
            prop_assert!(tenths <= 1_000);
        }
    }
}
