//! Promotion (升级): at the turn of the school year every homeroom and pupil comes to the grade that follows from the
//! year of entry, one grade at a time, and the last one leaves (毕业). S3.1 S3.3.

use jiff::civil::Date;

use crate::directory::{Grade, Homeroom, Pupil, School};
use crate::fault::{Fault, Kind};
use crate::school_year::SchoolYear;

/// Digits of the grades in names of homerooms.
const DIGITS: [char; 9] = ['一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// What follows the digit of a grade in the name of a homeroom.
const AFTER_DIGIT: [char; 3] = ['年', '(', '\u{FF08}'];

/// Why nobody is promoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "promotion/")]
pub enum PromotionError {
    /// The school year neither runs nor comes next.
    #[error("只能为当前学年办理升级,下一学年须待 7、8 月,请核对学年")]
    SchoolYearClosed,
}

impl Fault for PromotionError {
    fn kind(&self) -> Kind {
        match self {
            Self::SchoolYearClosed => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What becomes of a homeroom or a pupil.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Step {
    /// It is at its grade, or has left (不变).
    Stays,
    /// It comes to the next grade (升级).
    Rises {
        /// The grade.
        to: Grade,
    },
    /// It leaves the last grade behind (毕业).
    Graduates,
    /// More than one grade behind: somebody has to look at it (年级不符).
    OutOfStep,
}

/// Whether a school is promoted for `year` on a day.
pub fn check_open(year: SchoolYear, today: Date) -> Result<(), PromotionError> {
    if year.is_open(today) { Ok(()) } else { Err(PromotionError::SchoolYearClosed) }
}

/// What becomes in `year` of those who entered `school` in `entry_year` and are in `grade`.
pub fn step(grade: Grade, entry_year: u16, school: &School, year: SchoolYear) -> Step {
    let highest = *school.grade_span().end();
    match year.grade_of(entry_year, school) {
        None => Step::Stays,
        Some(due) if due <= grade => Step::Stays,
        Some(due) if due != grade.saturating_add(1) => Step::OutOfStep,
        Some(due) if due <= highest => Step::Rises { to: due },
        Some(_) => Step::Graduates,
    }
}

/// What becomes of a homeroom.
pub fn step_of(homeroom: &Homeroom, school: &School, year: SchoolYear) -> Step {
    match homeroom.graduated {
        Some(_) => Step::Stays,
        None => step(homeroom.grade, homeroom.id.entry_year(), school, year),
    }
}

/// What becomes of a pupil: as of the homeroom.
pub fn step_of_pupil(pupil: &Pupil, school: &School, year: SchoolYear) -> Step {
    match pupil.graduated {
        Some(_) => Step::Stays,
        None => step(pupil.grade, pupil.homeroom.entry_year(), school, year),
    }
}

/// A homeroom after a step. One whose name begins with its grade is renamed with it.
pub fn stepped(homeroom: &Homeroom, step: Step, year: SchoolYear) -> Homeroom {
    match step {
        Step::Stays | Step::OutOfStep => homeroom.clone(),
        Step::Rises { to } => {
            Homeroom { grade: to, name: renamed(&homeroom.name, homeroom.grade, to), ..homeroom.clone() }
        }
        Step::Graduates => Homeroom { graduated: Some(year.first()), ..homeroom.clone() },
    }
}

/// A pupil after a step.
pub fn stepped_pupil(pupil: &Pupil, step: Step, year: SchoolYear) -> Pupil {
    match step {
        Step::Stays | Step::OutOfStep => pupil.clone(),
        Step::Rises { to } => Pupil { grade: to, ..pupil.clone() },
        Step::Graduates => Pupil { graduated: Some(year.first()), ..pupil.clone() },
    }
}

fn digit(grade: Grade) -> Option<char> {
    usize::from(grade).checked_sub(1).and_then(|place| DIGITS.get(place)).copied()
}

/// 四年级(2)班 for 三年级(2)班.
fn renamed(name: &str, from: Grade, to: Grade) -> String {
    let (Some(before), Some(after)) = (digit(from), digit(to)) else { return name.to_owned() };
    match name.strip_prefix(before) {
        Some(rest) if rest.starts_with(AFTER_DIGIT) => format!("{after}{rest}"),
        Some(_) | None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::directory::{Merchants, Stage};
    use crate::id::HomeroomId;

    fn school(stages: &[Stage]) -> School {
        School {
            code: "3144200601".parse().unwrap(),
            name: "示例学校".to_owned(),
            township: "442000006".parse().unwrap(),
            stages: stages.to_vec(),
            merchants: Merchants::default(),
            premises: crate::school::Premises::default(),
        }
    }

    fn homeroom(entry_year: u16, grade: Grade, name: &str) -> Homeroom {
        let id = HomeroomId::new(&"3144200601".parse().unwrap(), entry_year, 2);
        Homeroom { id, grade, name: name.to_owned(), graduated: None }
    }

    fn year(first: u16) -> SchoolYear {
        format!("{first}-{}", first + 1).parse().unwrap()
    }

    #[test]
    fn s3_1_a_homeroom_rises_with_its_name_and_leaves_after_the_last_grade() {
        let (primary, both) = (school(&[Stage::Primary]), school(&[Stage::Primary, Stage::Junior]));
        let third = homeroom(2024, 3, "三年级(2)班");
        let step = step_of(&third, &primary, year(2027));
        assert_eq!(step, Step::Rises { to: 4 });
        let fourth = stepped(&third, step, year(2027));
        assert_eq!((fourth.grade, fourth.name.as_str()), (4, "四年级(2)班"));
        let sixth = homeroom(2021, 6, "六(1)班");
        let step = step_of(&sixth, &primary, year(2027));
        assert_eq!((step, stepped(&sixth, step, year(2027)).graduated), (Step::Graduates, Some(2027)));
        let step = step_of(&sixth, &both, year(2027));
        assert_eq!(stepped(&sixth, step, year(2027)).name, "七(1)班");
        assert_eq!(renamed("七彩班", 7, 8), "七彩班", "a name that only looks like a grade");
        assert_eq!(renamed("启航班", 3, 4), "启航班");
    }

    #[test]
    fn s3_1_who_is_further_behind_is_told_and_left() {
        let late = homeroom(2024, 2, "二年级(2)班");
        assert_eq!(step_of(&late, &school(&[Stage::Primary]), year(2027)), Step::OutOfStep);
        assert_eq!(stepped(&late, Step::OutOfStep, year(2027)), late);
    }

    #[test]
    fn s3_1_promotion_waits_for_the_end_of_the_school_year() {
        assert_eq!(check_open(year(2027), date(2027, 6, 30)), Err(PromotionError::SchoolYearClosed));
        assert_eq!(check_open(year(2027), date(2027, 7, 1)), Ok(()));
        assert_eq!(check_open(year(2027), date(2027, 9, 1)), Ok(()));
        assert_eq!(check_open(year(2026), date(2027, 9, 1)), Err(PromotionError::SchoolYearClosed));
    }

    proptest! {
        /// Promotion twice is promotion once, and nobody skips a grade, whatever stands in the tables.
        #[test]
        fn s3_1_promotion_twice_is_once_and_nobody_skips_a_grade(
            entry_year in 2015u16..2030,
            grade in 1u8..=9,
            first in 2015u16..2035,
            stages in prop::sample::select(vec![
                vec![Stage::Primary], vec![Stage::Junior], vec![Stage::Primary, Stage::Junior],
            ]),
        ) {
            let (school, room) = (school(&stages), homeroom(entry_year, grade, "班"));
            let once = stepped(&room, step_of(&room, &school, year(first)), year(first));
            let twice = stepped(&once, step_of(&once, &school, year(first)), year(first));
            prop_assert_eq!(&once, &twice);
            prop_assert!(once.grade == grade || once.grade == grade + 1);
            prop_assert!(once.graduated.is_none() || once.grade == grade, "who leaves stays what they were");
            let highest = *school.grade_span().end();
            prop_assert!(once.grade <= highest.max(grade));
        }

        /// Year by year from the first day: at its grade each year, until it leaves after the last.
        #[test]
        fn s3_1_year_by_year_every_grade_is_gone_through(
            stages in prop::sample::select(vec![
                vec![Stage::Primary], vec![Stage::Junior], vec![Stage::Primary, Stage::Junior],
            ]),
        ) {
            let school = school(&stages);
            let (lowest, highest) = school.grade_span().into_inner();
            let mut room = homeroom(2020, lowest, "班");
            for grade in lowest + 1..=highest {
                let now = year(2020 + u16::from(grade - lowest));
                room = stepped(&room, step_of(&room, &school, now), now);
                prop_assert_eq!((room.grade, room.graduated), (grade, None));
            }
            let last = year(2021 + u16::from(highest - lowest));
            let left = stepped(&room, step_of(&room, &school, last), last);
            prop_assert_eq!(left.graduated, Some(last.first()));
        }
    }
}
