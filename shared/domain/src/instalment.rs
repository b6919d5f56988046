//! Instalments (分期缴费): how the fees of an order fall due: at once, by months, or by the lessons that were given. P6.1.
//!
//! Whatever the mode, the instalments add up to the order, to the fen. They are paid in their order; one that is overdue
//! keeps those behind it from being paid, and after a while lets the seats of what is not paid for go.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::money::{Money, MoneyError};
use crate::refund::facts::{Lesson, LessonState};
use crate::settlement::Month;
use crate::time::Moment;

/// Instalments of an order at most: the months of a term.
pub const MOST_INSTALMENTS: u8 = 6;

/// Days an instalment may be late at most before the seats are let go.
pub const LONGEST_GRACE_DAYS: u8 = 30;

/// How a school's orders of a term are paid (订单支付模式).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum PaymentMode {
    /// All of it with the order (按订单金额).
    #[default]
    Whole,
    /// In so many equal parts, a month apart; the first with the order (按支付周期).
    Periods {
        /// How many.
        count: u8,
        /// Days an instalment may be late before the seats are let go.
        grace_days: u8,
    },
    /// Fees of things with the order; tuition after each month, for the lessons that were given (按实际课时).
    Lessons {
        /// Days after the end of a month within which its lessons are to be paid.
        due_days: u8,
        /// Days an instalment may be late before the seats are let go.
        grace_days: u8,
    },
}

/// Why a mode cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "instalment/")]
pub enum ModeError {
    /// Fewer than two parts, or more than [`MOST_INSTALMENTS`].
    #[error("分期期数应为 2 至 {MOST_INSTALMENTS} 期,请重新填写")]
    CountUnusable,
    /// More than [`LONGEST_GRACE_DAYS`].
    #[error("宽限天数最多 {LONGEST_GRACE_DAYS} 天,请重新填写")]
    GraceTooLong,
    /// No days, or more than a month.
    #[error("按课时缴费的期限应为次月 1 至 28 日内,请重新填写")]
    DueUnusable,
}

impl Fault for ModeError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let pointer = match self {
            Self::CountUnusable => "/count",
            Self::GraceTooLong => "/grace_days",
            Self::DueUnusable => "/due_days",
        };
        vec![Pointed { pointer: pointer.to_owned(), detail: self.to_string() }]
    }
}

impl PaymentMode {
    /// Whether it can be set.
    pub fn check(self) -> Result<(), ModeError> {
        let grace = |days: u8| if days > LONGEST_GRACE_DAYS { Err(ModeError::GraceTooLong) } else { Ok(()) };
        match self {
            Self::Whole => Ok(()),
            Self::Periods { count, .. } if !(2..=MOST_INSTALMENTS).contains(&count) => Err(ModeError::CountUnusable),
            Self::Lessons { due_days, .. } if !(1..=28).contains(&due_days) => Err(ModeError::DueUnusable),
            Self::Periods { grace_days, .. } | Self::Lessons { grace_days, .. } => grace(grace_days),
        }
    }

    /// Days an instalment may be late.
    const fn grace_days(self) -> u8 {
        match self {
            Self::Whole => 0,
            Self::Periods { grace_days, .. } | Self::Lessons { grace_days, .. } => grace_days,
        }
    }
}

/// A part of an order that falls due by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// Its number, from 1.
    pub number: u8,
    /// Until when it is to be paid.
    pub deadline: Moment,
    /// How much.
    pub amount: Money,
}

/// What an order costs, as far as its instalments need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// Tuition after what is waived.
    pub tuition: Money,
    /// Materials and sundries: they are handed out at the beginning.
    pub things: Money,
    /// Until when the first instalment is to be paid, for the seats to be kept.
    pub deadline: Moment,
}

impl Owed {
    /// The whole.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.tuition.plus(self.things)
    }
}

/// The instalments of an order. By lessons, those of months whose lessons are known; `lessons` are all of the order,
/// given or to be given.
pub fn plan(mode: PaymentMode, owed: &Owed, lessons: &[Lesson]) -> Result<Vec<Instalment>, MoneyError> {
    let whole = |amount| Instalment { number: 1, deadline: owed.deadline, amount };
    let parts = match mode {
        PaymentMode::Whole => vec![whole(owed.total()?)],
        PaymentMode::Periods { count, .. } => by_periods(owed, count)?,
        PaymentMode::Lessons { due_days, .. } => by_lessons(owed, lessons, due_days)?,
    };
    Ok(parts)
}

/// The tuition in equal parts, the first of them with the things: a fen that does not divide is paid early.
fn by_periods(owed: &Owed, count: u8) -> Result<Vec<Instalment>, MoneyError> {
    let tuition = owed.tuition.split(&vec![1; usize::from(count.max(1))]);
    let numbered = (0u8..).zip(tuition);
    numbered
        .map(|(index, part)| {
            let amount = if index == 0 { part.plus(owed.things)? } else { part };
            Ok(Instalment { number: index.saturating_add(1), deadline: months_later(owed.deadline, index), amount })
        })
        .collect()
}

/// The things at once; of the tuition, each month's lessons after it. What is not given costs nothing of its month and
/// is shared by none: its part falls to the last instalment, where refunds and lessons made up for settle it.
fn by_lessons(owed: &Owed, lessons: &[Lesson], due_days: u8) -> Result<Vec<Instalment>, MoneyError> {
    let mut months: Vec<(Month, Date, u32)> = Vec::new();
    let mut sorted = lessons.to_vec();
    sorted.sort_by_key(|lesson| lesson.date);
    for lesson in sorted.iter().filter(|lesson| lesson.state != LessonState::NotGiven) {
        let month = Month::of(lesson.date);
        match months.last_mut().filter(|(last, ..)| *last == month) {
            Some((_, _, count)) => *count = count.saturating_add(1),
            None => months.push((month, lesson.date, 1)),
        }
    }
    let mut parts = Vec::new();
    if !owed.things.is_zero() || months.is_empty() {
        let amount = if months.is_empty() { owed.total()? } else { owed.things };
        parts.push(Instalment { number: 1, deadline: owed.deadline, amount });
    }
    let weights: Vec<u32> = months.iter().map(|(_, _, count)| *count).collect();
    for ((_, day, _), amount) in months.iter().zip(owed.tuition.split(&weights)) {
        let number = u8::try_from(parts.len()).unwrap_or(u8::MAX).saturating_add(1);
        parts.push(Instalment { number, deadline: after_month(*day, due_days, owed.deadline), amount });
    }
    Ok(parts)
}

/// The same day and hour so many months later; the last day of a month that is too short.
fn months_later(moment: Moment, months: u8) -> Moment {
    let day = moment.day();
    let later = day.saturating_add(jiff::Span::new().months(i32::from(months)));
    moment.plus_minutes(days_between(day, later).saturating_mul(24 * 60))
}

/// The end of a day in the month behind the one of `day`, at the hour of the first deadline; never before that.
fn after_month(day: Date, due_days: u8, first: Moment) -> Moment {
    let due = day.last_of_month().saturating_add(jiff::Span::new().days(i32::from(due_days)));
    let minutes = days_between(first.day(), due).saturating_mul(24 * 60);
    first.plus_minutes(minutes.max(0))
}

fn days_between(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| i64::from(span.get_days()))
}

/// Where an instalment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// Paid (已缴).
    Paid,
    /// To be paid now (待缴).
    Payable,
    /// To be paid when those before it are (未到期).
    Waiting,
    /// Its deadline has passed; the seats are kept yet (已逾期).
    Overdue,
    /// It was overdue for too long: what is not paid for is let go (逾期释放).
    Forfeit,
}

/// Where each instalment stands when so many of them are paid: they are paid in their order, so one number tells all.
pub fn standings(mode: PaymentMode, parts: &[Instalment], paid: u8, now: Moment) -> Vec<Standing> {
    let grace = i64::from(mode.grace_days()).saturating_mul(24 * 60);
    let mut first_open = true;
    parts
        .iter()
        .map(|part| {
            if part.number <= paid {
                return Standing::Paid;
            }
            let first = std::mem::replace(&mut first_open, false);
            match now {
                now if now >= part.deadline.plus_minutes(grace) => Standing::Forfeit,
                now if now >= part.deadline => Standing::Overdue,
                _ if first => Standing::Payable,
                _ => Standing::Waiting,
            }
        })
        .collect()
}

/// The instalment that is to be paid next, if the seats are still kept.
pub fn next_due(mode: PaymentMode, parts: &[Instalment], paid: u8, now: Moment) -> Option<&Instalment> {
    let standing = standings(mode, parts, paid, now);
    let kept = !standing.contains(&Standing::Forfeit);
    parts.iter().zip(standing).find(|(_, standing)| *standing != Standing::Paid).map(|(part, _)| part).filter(|_| kept)
}

/// What is paid when so many instalments are.
pub fn paid_so_far(parts: &[Instalment], paid: u8) -> Result<Money, MoneyError> {
    Money::sum(parts.iter().filter(|part| part.number <= paid).map(|part| part.amount))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn first() -> Moment {
        Moment::parse("2026-08-31T18:00:00+08:00").unwrap()
    }

    fn owed(tuition: i64, things: i64) -> Owed {
        Owed { tuition: Money::from_fen(tuition), things: Money::from_fen(things), deadline: first() }
    }

    fn told(parts: &[Instalment]) -> Vec<(String, i64)> {
        parts.iter().map(|part| (part.deadline.to_string(), part.amount.fen())).collect()
    }

    fn lesson(month: i8, day: i8, state: LessonState) -> Lesson {
        Lesson { date: date(2026, month, day), state }
    }

    const PERIODS: PaymentMode = PaymentMode::Periods { count: 3, grace_days: 7 };
    const LESSONS: PaymentMode = PaymentMode::Lessons { due_days: 10, grace_days: 7 };

    #[test]
    fn p6_1_an_order_is_paid_at_once_unless_the_school_says_otherwise() {
        let parts = plan(PaymentMode::default(), &owed(40_000, 1_230), &[]).unwrap();
        assert_eq!(told(&parts), [("2026-08-31T18:00:00+08:00".to_owned(), 41_230)]);
    }

    #[test]
    fn p6_1_by_periods_the_same_day_of_each_month() {
        let parts = plan(PERIODS, &owed(40_000, 1_230), &[]).unwrap();
        let wanted = [
            ("2026-08-31T18:00:00+08:00", 13_334 + 1_230),
            ("2026-09-30T18:00:00+08:00", 13_333),
            ("2026-10-31T18:00:00+08:00", 13_333),
        ];
        assert_eq!(told(&parts), wanted.map(|(deadline, fen)| (deadline.to_owned(), fen)));
    }

    #[test]
    fn p6_1_by_lessons_each_month_pays_for_what_was_given_in_it() {
        let lessons = [
            lesson(10, 7, LessonState::Due),
            lesson(9, 2, LessonState::Attended),
            lesson(9, 9, LessonState::NotGiven),
            lesson(9, 16, LessonState::OnLeave),
            lesson(10, 14, LessonState::Due),
        ];
        let parts = plan(LESSONS, &owed(10_000, 500), &lessons).unwrap();
        let wanted = [
            ("2026-08-31T18:00:00+08:00", 500),
            ("2026-10-10T18:00:00+08:00", 5_000),
            ("2026-11-10T18:00:00+08:00", 5_000),
        ];
        assert_eq!(told(&parts), wanted.map(|(deadline, fen)| (deadline.to_owned(), fen)));
        assert_eq!(plan(LESSONS, &owed(10_000, 0), &[]).unwrap().len(), 1, "no lesson is known: all of it at once");
    }

    #[test]
    fn p6_1_an_instalment_that_is_late_holds_the_next_and_lets_the_seats_go_in_the_end() {
        use Standing::{Forfeit, Overdue, Paid, Payable, Waiting};
        let parts = plan(PERIODS, &owed(30_000, 0), &[]).unwrap();
        let at = |paid, day: &str| {
            let now = Moment::parse(&format!("{day}T18:00:00+08:00")).unwrap();
            let next = next_due(PERIODS, &parts, paid, now).map(|part| part.number);
            (standings(PERIODS, &parts, paid, now), next)
        };
        assert_eq!(at(0, "2026-08-30"), (vec![Payable, Waiting, Waiting], Some(1)));
        assert_eq!(at(1, "2026-09-01"), (vec![Paid, Payable, Waiting], Some(2)));
        assert_eq!(at(1, "2026-09-30"), (vec![Paid, Overdue, Waiting], Some(2)));
        assert_eq!(at(1, "2026-10-07"), (vec![Paid, Forfeit, Waiting], None));
        assert_eq!(at(3, "2027-01-01"), (vec![Paid, Paid, Paid], None));
    }

    #[test]
    fn p6_1_a_mode_is_set_within_bounds() {
        let periods = |count, grace_days| PaymentMode::Periods { count, grace_days }.check();
        assert_eq!((periods(2, 0), periods(6, 30)), (Ok(()), Ok(())));
        assert_eq!((periods(1, 0), periods(7, 0)), (Err(ModeError::CountUnusable), Err(ModeError::CountUnusable)));
        assert_eq!(periods(2, 31), Err(ModeError::GraceTooLong));
        let lessons = |due_days| PaymentMode::Lessons { due_days, grace_days: 0 }.check();
        assert_eq!((lessons(1), lessons(28)), (Ok(()), Ok(())));
        assert_eq!((lessons(0), lessons(29)), (Err(ModeError::DueUnusable), Err(ModeError::DueUnusable)));
    }

    fn any_mode() -> impl Strategy<Value = PaymentMode> {
        prop_oneof![
            Just(PaymentMode::Whole),
            (2..=MOST_INSTALMENTS, 0..=LONGEST_GRACE_DAYS)
                .prop_map(|(count, grace_days)| PaymentMode::Periods { count, grace_days }),
            (1u8..=28, 0..=LONGEST_GRACE_DAYS)
                .prop_map(|(due_days, grace_days)| PaymentMode::Lessons { due_days, grace_days }),
        ]
    }

    fn any_lessons() -> impl Strategy<Value = Vec<Lesson>> {
        let states = prop::sample::select(<LessonState as strum::VariantArray>::VARIANTS.to_vec());
        prop::collection::vec((8i8..13, 1i8..29, states), 0..60)
            .prop_map(|all| all.into_iter().map(|(month, day, state)| lesson(month, day, state)).collect())
    }

    proptest! {
        #[test]
        fn p6_1_instalments_add_up_to_the_order(
            mode in any_mode(), tuition in 0i64..1_000_000, things in 0i64..50_000, lessons in any_lessons(),
        ) {
            let owed = owed(tuition, things);
            let parts = plan(mode, &owed, &lessons).unwrap();
            prop_assert_eq!(Money::sum(parts.iter().map(|part| part.amount)), owed.total());
            prop_assert!(parts.iter().all(|part| part.amount >= Money::ZERO));
            prop_assert!(parts.iter().zip(1u8..).all(|(part, number)| part.number == number));
            prop_assert!(parts.is_sorted_by_key(|part| part.deadline) && parts[0].deadline >= owed.deadline);
            let count = u8::try_from(parts.len()).unwrap();
            prop_assert_eq!(paid_so_far(&parts, count), owed.total());
        }

        #[test]
        fn p6_1_they_are_paid_in_their_order_until_all_are(
            mode in any_mode(), lessons in any_lessons(), paid in 0u8..8, days in -40i64..400,
        ) {
            let parts = plan(mode, &owed(90_000, 1_000), &lessons).unwrap();
            let now = first().plus_minutes(days * 24 * 60);
            let standing = standings(mode, &parts, paid, now);
            let next = next_due(mode, &parts, paid, now);
            if standing.contains(&Standing::Forfeit) || usize::from(paid) >= parts.len() {
                prop_assert_eq!(next, None);
            } else {
                prop_assert_eq!(next.map(|part| part.number), Some(paid + 1));
            }
            prop_assert!(standing.iter().filter(|one| **one == Standing::Payable).count() <= 1);
        }
    }
}
