//! Split (自然月拆分): what of a line belongs to which calendar month, by its lessons. The parts are the whole, to the fen,
//! whatever went back of it. S36.5.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Month;
use super::figures::Figures;
use crate::money::Money;
use crate::record::{Leaving, Line};
use crate::refund::facts::{GivenBack, Lesson, LessonState, Sold};

/// What of a line belongs to a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthPart {
    /// The month.
    pub month: Month,
    /// Lessons that are paid for.
    pub lessons: u16,
    /// Of the tuition.
    pub tuition: Money,
    /// Of the other fees.
    pub fees: Money,
}

/// Splits what is left of a line over the months in which its lessons lie. `paid_for` are the days of the lessons that
/// did not go back, one day for each lesson. The other fees fall due with the first lesson. A line without a lesson
/// falls into the month of `otherwise`.
pub fn by_month(sold: &Sold, given_back: &GivenBack, paid_for: &[Date], otherwise: Date) -> Vec<MonthPart> {
    let mut months: BTreeMap<Month, u16> = BTreeMap::new();
    for day in paid_for {
        let lessons = months.entry(Month::of(*day)).or_default();
        *lessons = lessons.saturating_add(1);
    }
    if months.is_empty() {
        months.insert(Month::of(otherwise), 0);
    }
    let tuition = sold.tuition.without(given_back.tuition);
    let fees = [(sold.materials, given_back.materials), (sold.sundry, given_back.sundry)];
    let fees = fees.into_iter().fold(Money::ZERO, |sum, (paid, back)| sum.plus(paid.without(back)).unwrap_or(sum));
    let weights: Vec<u32> = months.values().map(|lessons| u32::from(*lessons)).collect();
    let parts = months.into_iter().zip(tuition.split(&weights));
    parts
        .enumerate()
        .map(|(i, ((month, lessons), tuition))| {
            let fees = if i == 0 { fees } else { Money::ZERO };
            MonthPart { month, lessons, tuition, fees }
        })
        .collect()
}

/// What is known of the lessons of a line.
#[derive(Debug, Clone, Copy)]
pub struct Lessons<'a> {
    /// The days on which those of the offering are planned, one day for each lesson, in order.
    pub planned: &'a [Date],
    /// What attendance tells of them.
    pub known: &'a [Lesson],
    /// The last day of the term: there lie those for which the calendar has no day.
    pub ends_on: Date,
}

impl Lessons<'_> {
    /// Those of a line that is a part of its course.
    fn of_part(self, line: &Line) -> Self {
        let Some(part) = &line.instalment else { return self };
        let (from, all) = (usize::from(part.from), self.planned.len());
        let until = if part.until >= part.lessons { all } else { usize::from(part.until).min(all) };
        Self { planned: self.planned.get(from.min(until)..until).unwrap_or_default(), ..self }
    }

    /// All that were sold, with what became of each.
    fn of(&self, sold: u16) -> Vec<Lesson> {
        let mut open: Vec<Lesson> = self.known.to_vec();
        let days = self.planned.iter().copied().chain(std::iter::repeat(self.ends_on));
        days.take(usize::from(sold))
            .map(|date| match open.iter().position(|lesson| lesson.date == date) {
                Some(place) => open.remove(place),
                None => Lesson { date, state: LessonState::Due },
            })
            .collect()
    }

    /// The lessons of a line that are paid for still. Of those that went back, the ones after the pupil left are taken
    /// away first, then what the school did not give, what was missed on leave, what was missed without; at last the
    /// latest ones.
    pub fn kept(&self, line: &Line) -> Vec<Lesson> {
        let left = match &line.leaving {
            Some(Leaving::Left(on)) => Some(*on),
            Some(Leaving::Asked(_) | Leaving::Exchanging(_)) | None => None,
        };
        let rank = |lesson: &Lesson| {
            if left.is_some_and(|on| lesson.date >= on) {
                return 0u8;
            }
            match lesson.state {
                LessonState::NotGiven => 1,
                LessonState::OnLeave => 2,
                LessonState::Absent => 3,
                LessonState::Due | LessonState::Attended => 4,
            }
        };
        let mut lessons = self.of_part(line).of(line.lessons);
        lessons.sort_by_key(|lesson| (rank(lesson), Reverse(lesson.date)));
        let mut kept = lessons.split_off(usize::from(line.given_back.lessons).min(lessons.len()));
        kept.sort_by_key(|lesson| lesson.date);
        kept
    }
}

/// What of a line belongs to each month: as it was sold, and as it is kept.
pub fn figures(line: &Line, lessons: &Lessons<'_>) -> BTreeMap<Month, Figures> {
    let days = |lessons: &[Lesson]| -> Vec<Date> { lessons.iter().map(|lesson| lesson.date).collect() };
    let (sold, all) = (line.sold(), days(&lessons.of_part(line).of(line.lessons)));
    let first = all.iter().min().copied().unwrap_or(lessons.ends_on);
    let mut months: BTreeMap<Month, Figures> = BTreeMap::new();
    let mut enter = |month: Month, figures: Figures| {
        let sum = months.entry(month).or_default();
        *sum = sum.plus(figures);
    };
    for part in by_month(&sold, &GivenBack::default(), &all, first) {
        let sold = super::figures::add(part.tuition, part.fees);
        enter(part.month, Figures { sold, ..Figures::default() });
    }
    for part in by_month(&sold, &line.given_back, &days(&lessons.kept(line)), first) {
        let (lessons, tuition, fees) = (i64::from(part.lessons), part.tuition, part.fees);
        enter(part.month, Figures { lessons, tuition, fees, ..Figures::default() });
    }
    for lesson in lessons.known.iter().filter(|lesson| lesson.state == LessonState::Attended) {
        enter(Month::of(lesson.date), Figures { attended: 1, ..Figures::default() });
    }
    if line.instalment.is_some_and(|part| part.beside) {
        // The lessons are counted at the line beside which it pays for them.
        for figures in months.values_mut() {
            *figures = Figures { lessons: 0, attended: 0, ..*figures };
        }
    }
    months
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const START: Date = date(2026, 9, 7);

    fn sold(tuition: i64, materials: i64, sundry: i64) -> Sold {
        let fen = Money::from_fen;
        Sold { lessons: 16, tuition: fen(tuition), waived: Money::ZERO, materials: fen(materials), sundry: fen(sundry) }
    }

    fn weekly(lessons: i64) -> Vec<Date> {
        (0..lessons).map(|week| START.checked_add(week.weeks()).unwrap()).collect()
    }

    #[test]
    fn s36_5_a_term_is_split_by_the_lessons_of_each_month() {
        let parts = by_month(&sold(32_000, 2_000, 500), &GivenBack::default(), &weekly(16), START);
        let told: Vec<_> = parts
            .iter()
            .map(|part| (part.month.to_string(), part.lessons, part.tuition.fen(), part.fees.fen()))
            .collect();
        let expected = [("2026-09", 4, 8_000, 2_500), ("2026-10", 4, 8_000, 0), ("2026-11", 5, 10_000, 0)];
        assert_eq!(told.len(), 4);
        for (told, (month, lessons, tuition, fees)) in told.iter().zip(expected) {
            assert_eq!(*told, (month.to_owned(), lessons, tuition, fees));
        }
    }

    #[test]
    fn s36_5_what_went_back_belongs_to_no_month() {
        let back = GivenBack { lessons: 12, tuition: Money::from_fen(24_000), ..GivenBack::default() };
        let parts = by_month(&sold(32_000, 0, 0), &back, &weekly(4), START);
        assert_eq!(parts.iter().map(|part| (part.lessons, part.tuition.fen())).collect::<Vec<_>>(), [(4, 8_000)]);
        let all = GivenBack { tuition: Money::from_fen(32_000), ..GivenBack::default() };
        let parts = by_month(&sold(32_000, 0, 700), &all, &[], date(2026, 9, 1));
        assert_eq!(parts.iter().map(|part| (part.tuition.fen(), part.fees.fen())).collect::<Vec<_>>(), [(0, 700)]);
    }

    proptest! {
        /// I11: the parts are the whole.
        #[test]
        fn s36_5_the_parts_are_the_whole(
            (tuition, materials, sundry) in (0i64..1_000_000, 0i64..10_000, 0i64..10_000),
            (tuition_back, materials_back) in (0i64..1_000_000, 0i64..10_000),
            days in prop::collection::vec(0i64..150, 0..60),
        ) {
            let sold = sold(tuition, materials, sundry);
            let back = GivenBack {
                lessons: 0,
                tuition: Money::from_fen(tuition_back.min(tuition)),
                materials: Money::from_fen(materials_back.min(materials)),
                ..GivenBack::default()
            };
            let days: Vec<Date> = days.into_iter().map(|day| START.checked_add(day.days()).unwrap()).collect();
            let parts = by_month(&sold, &back, &days, START);
            let whole: i64 = parts.iter().map(|part| part.tuition.fen() + part.fees.fen()).sum();
            let expected = tuition + materials + sundry - back.tuition.fen() - back.materials.fen();
            prop_assert_eq!(whole, expected);
            prop_assert_eq!(parts.iter().map(|part| usize::from(part.lessons)).sum::<usize>(), days.len());
            prop_assert!(parts.windows(2).all(|pair| pair[0].month < pair[1].month));
        }
    }
}
