//! Bell schedules (节次与作息时间): the periods of a day, in order and apart. S7.1 S7.2.
//!
//! Periods never overlap, so two slots meet only in one period: other times never make a pupil's lessons clash.

use crate::catalog::{Offering, Period};
use crate::fault::{Fault, Kind, Pointed};

/// Periods of a day, and the highest number of one.
pub const PERIODS: std::ops::RangeInclusive<u8> = 1..=12;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Characters of a period's name.
const NAME_CHARACTERS: usize = 20;

/// Why a day cannot be divided so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "bells/")]
pub enum BellsError {
    /// None, or more than a day has.
    #[error("每天应有 1 至 12 节")]
    CountOutOfRange,
    /// A number outside its bounds, or twice.
    #[error("节次编号应为 1 至 12 且不能重复,第 {number} 节不符合,请修改")]
    NumberUnusable {
        /// The number.
        number: u8,
    },
    /// No name, or a long one.
    #[error("节次名称应为 1 至 20 个字,第 {number} 节不符合,请修改")]
    NameUnusable {
        /// Its number.
        number: u8,
    },
    /// It ends before it begins, or after the day.
    #[error("「{name}」的结束时间应晚于开始时间,且不晚于 24:00")]
    TimesUnusable {
        /// Its name.
        name: String,
    },
    /// It begins before the one before it ends.
    #[error("「{name}」应在「{before}」结束之后开始,请调整时间或编号")]
    OutOfOrder {
        /// Its name.
        name: String,
        /// The one before.
        before: String,
    },
    /// An offering is taught in a period that would vanish.
    #[error("「{offering}」安排在第 {number} 节,不能删除该节,请先调整开课")]
    PeriodInUse {
        /// Its number.
        number: u8,
        /// The title of the offering.
        offering: String,
    },
}

impl Fault for BellsError {
    fn kind(&self) -> Kind {
        match self {
            Self::CountOutOfRange
            | Self::NumberUnusable { .. }
            | Self::NameUnusable { .. }
            | Self::TimesUnusable { .. }
            | Self::OutOfOrder { .. } => Kind::Invalid,
            Self::PeriodInUse { .. } => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        if self.kind() == Kind::Invalid {
            return vec![Pointed { pointer: "/periods".to_owned(), detail: self.to_string() }];
        }
        Vec::new()
    }
}

/// The periods by their numbers, if a day can be divided so and none vanishes in which an offering is taught.
pub fn divide(mut periods: Vec<Period>, offerings: &[Offering]) -> Result<Vec<Period>, BellsError> {
    if !(usize::from(*PERIODS.start())..=usize::from(*PERIODS.end())).contains(&periods.len()) {
        return Err(BellsError::CountOutOfRange);
    }
    periods.sort_by_key(|period| period.number);
    let mut before: Option<&Period> = None;
    for period in &periods {
        follows(period, before)?;
        before = Some(period);
    }
    let gone = |number: u8| periods.iter().all(|period| period.number != number);
    // One that is cancelled may be opened again: it keeps its periods, too.
    for offering in offerings {
        if let Some(slot) = offering.slots.iter().find(|slot| gone(slot.period)) {
            return Err(BellsError::PeriodInUse { number: slot.period, offering: offering.title.clone() });
        }
    }
    Ok(periods)
}

/// Whether a period can be so, after the one before it.
fn follows(period: &Period, before: Option<&Period>) -> Result<(), BellsError> {
    let Period { number, ref name, from_minute, until_minute } = *period;
    if !PERIODS.contains(&number) || before.is_some_and(|before| before.number == number) {
        return Err(BellsError::NumberUnusable { number });
    }
    if !(1..=NAME_CHARACTERS).contains(&name.trim().chars().count()) {
        return Err(BellsError::NameUnusable { number });
    }
    if until_minute <= from_minute || until_minute > DAY_MINUTES {
        return Err(BellsError::TimesUnusable { name: name.clone() });
    }
    match before {
        Some(before) if from_minute < before.until_minute => {
            Err(BellsError::OutOfOrder { name: name.clone(), before: before.name.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{Category, OfferingState, Origin, Slot, Weekday, Weeks};
    use crate::money::Money;

    fn period(number: u8, from_minute: u16, until_minute: u16) -> Period {
        Period { number, name: format!("第{number}节"), from_minute, until_minute }
    }

    fn offering(period: u8, state: OfferingState) -> Offering {
        Offering {
            id: "3144200101.2026-2027-1.K1".parse().unwrap(),
            title: "书法".to_owned(),
            origin: Origin::InHouse,
            category: Category::Enrichment,
            provider: None,
            summary: String::new(),
            specification: "G-CALLIGRAPHY-30".parse().unwrap(),
            capacity: 40,
            lessons: 18,
            unit_price: Money::ZERO,
            materials: None,
            sundry: None,
            grades: BTreeSet::new(),
            exclusive: None,
            slots: vec![Slot { weekday: Weekday::Monday, period, weeks: Weeks::Every }],
            teacher: String::new(),
            room: String::new(),
            state,
        }
    }

    #[test]
    fn s7_2_a_day_is_divided_in_order_and_without_overlap() {
        let divided = divide(vec![period(2, 1035, 1080), period(1, 990, 1035)], &[]).unwrap();
        assert_eq!(divided.iter().map(|period| period.number).collect::<Vec<_>>(), [1, 2]);
        let wrong = |periods: Vec<Period>| divide(periods, &[]).unwrap_err();
        assert_eq!(wrong(vec![]), BellsError::CountOutOfRange);
        assert_eq!(wrong(vec![period(13, 990, 1035)]), BellsError::NumberUnusable { number: 13 });
        assert_eq!(wrong(vec![period(1, 900, 940), period(1, 990, 1035)]), BellsError::NumberUnusable { number: 1 });
        let nameless = Period { name: " ".to_owned(), ..period(1, 990, 1035) };
        assert_eq!(wrong(vec![nameless]), BellsError::NameUnusable { number: 1 });
        for (from, until) in [(990, 990), (990, 900), (1400, 1441)] {
            assert!(matches!(wrong(vec![period(1, from, until)]), BellsError::TimesUnusable { .. }), "{from}–{until}");
        }
        let overlapping = wrong(vec![period(1, 990, 1035), period(2, 1030, 1080)]);
        assert_eq!(overlapping.to_string(), "「第2节」应在「第1节」结束之后开始,请调整时间或编号");
        assert!(matches!(wrong(vec![period(1, 1040, 1080), period(2, 990, 1035)]), BellsError::OutOfOrder { .. }));
    }

    #[test]
    fn s7_1_a_period_in_which_an_offering_is_taught_stays() {
        let only_first = || vec![period(1, 960, 1000)];
        for state in [OfferingState::Draft, OfferingState::Open, OfferingState::Cancelled] {
            let refused = divide(only_first(), &[offering(2, state)]).unwrap_err();
            assert_eq!(refused.to_string(), "「书法」安排在第 2 节,不能删除该节,请先调整开课");
        }
        assert!(divide(only_first(), &[offering(1, OfferingState::Open)]).is_ok(), "other times for the same period");
    }

    proptest! {
        #[test]
        fn s7_2_what_is_accepted_never_overlaps(days in prop::collection::vec((0u8..14, 0u16..1500, 0u16..1500), 0..14)) {
            let periods = days.into_iter().map(|(number, from, until)| period(number, from, until)).collect();
            if let Ok(divided) = divide(periods, &[]) {
                for pair in divided.windows(2) {
                    prop_assert!(pair[0].number < pair[1].number && pair[0].until_minute <= pair[1].from_minute);
                }
            }
        }
    }
}
