//! Settlement rules (结算规则) as data of a school: over how many months it settles, what it wants to see, and what is due to
//! providers and teachers. A version that was used is never changed. S36.1.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::figures::{Dues, Figures, add};
use crate::catalog::Origin;
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{CourseCode, PersonId, SchoolCode};
use crate::money::Money;

/// Months a period may have.
pub const PERIOD_MONTHS: std::ops::RangeInclusive<u8> = 1..=6;

/// Courses that may have shares of their own.
pub const COURSES: usize = 200;

/// Most that is due for a lesson.
pub const LESSON: Money = Money::from_fen(1_000_000);

/// All of it, in thousandths.
const WHOLE: u16 = 1_000;

/// What a school wants to see of a batch (数据字段).
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
pub enum Field {
    /// Orders, and what was sold (订单缴费).
    Orders,
    /// What of it went back (退费).
    Refunds,
    /// Lessons given and lessons paid for (课时).
    Lessons,
    /// Lessons attended (考勤).
    Attendance,
    /// Price, tuition, fees (课程价格).
    Prices,
    /// To whom it is due (应付与留存).
    Dues,
}

/// For what something is due. A share is rounded half to even to whole fen, line by line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "of")]
pub enum Basis {
    /// For nothing.
    #[default]
    Nothing,
    /// So many thousandths of the tuition kept (按学费比例).
    Tuition(u16),
    /// So many fen for each lesson given (按授课课时).
    Lesson(Money),
    /// So many fen for each lesson of a pupil that is paid for (按学生课时).
    PupilLesson(Money),
    /// So many fen for each lesson of a pupil that was attended (按出勤人次).
    AttendedLesson(Money),
}

impl Basis {
    fn permille(self) -> u16 {
        if let Self::Tuition(permille) = self { permille } else { 0 }
    }

    fn check(self) -> Result<(), RulesError> {
        match self {
            Self::Tuition(permille) if permille > WHOLE => Err(RulesError::ShareUnusable),
            Self::Nothing | Self::Tuition(_) => Ok(()),
            Self::Lesson(amount) | Self::PupilLesson(amount) | Self::AttendedLesson(amount) => {
                if (Money::ZERO..=LESSON).contains(&amount) { Ok(()) } else { Err(RulesError::AmountUnusable) }
            }
        }
    }

    fn amount(self, taught: i64, figures: &Figures) -> Money {
        let each = |amount: Money, count: i64| Money::from_fen(amount.fen().saturating_mul(count));
        match self {
            Self::Nothing => Money::ZERO,
            Self::Tuition(permille) => share(figures.tuition, permille),
            Self::Lesson(amount) => each(amount, taught),
            Self::PupilLesson(amount) => each(amount, figures.lessons),
            Self::AttendedLesson(amount) => each(amount, figures.attended),
        }
    }
}

/// What is due to somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// For the lessons.
    #[serde(default)]
    pub lessons: Basis,
    /// So many thousandths of materials and sundry fees (代收费).
    #[serde(default)]
    pub fees_permille: u16,
}

/// To whom the money of a course is due. What is due to neither rests with the school.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// To the provider.
    #[serde(default)]
    pub provider: Due,
    /// To the teachers.
    #[serde(default)]
    pub teachers: Due,
}

impl Shares {
    fn check(&self) -> Result<(), RulesError> {
        let Self { provider, teachers } = self;
        provider.lessons.check()?;
        teachers.lessons.check()?;
        let within = |one: u16, other: u16| one.saturating_add(other) <= WHOLE;
        let fits = within(provider.lessons.permille(), teachers.lessons.permille())
            && within(provider.fees_permille, teachers.fees_permille);
        if fits { Ok(()) } else { Err(RulesError::ShareUnusable) }
    }
}

/// How a school settles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlementRules {
    /// Months of a period (结算周期).
    pub months: u8,
    /// What it wants to see.
    pub fields: BTreeSet<Field>,
    /// Of courses by the school's own teachers.
    pub in_house: Shares,
    /// Of courses by providers.
    pub external: Shares,
    /// Of single courses, instead.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub courses: BTreeMap<CourseCode, Shares>,
}

/// A version of a school's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolRules {
    /// The school.
    pub school: SchoolCode,
    /// The rules.
    pub rules: SettlementRules,
    /// Who wrote them down.
    pub by: PersonId,
}

/// Why rules cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "settlement-rules/")]
pub enum RulesError {
    /// No month, or too many.
    #[error("结算周期应为 1 至 6 个月")]
    PeriodOutOfRange,
    /// Nothing to see.
    #[error("请至少选择一类结算数据字段")]
    NoField,
    /// A share above the whole, alone or together.
    #[error("机构与教师的分成比例应在 0 至 1000 千分点之间,且合计不超过 1000 千分点")]
    ShareUnusable,
    /// Negative, or too much.
    #[error("每课时金额应在 0 至 {LESSON} 元之间")]
    AmountUnusable,
    /// Something is due to the provider of a course that has none.
    #[error("校内课程没有机构,不能设置机构应付,请改在教师应付中设置")]
    NoProvider,
    /// Too many courses.
    #[error("单独设置的课程最多 {COURSES} 门")]
    TooManyCourses,
}

impl Fault for RulesError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::PeriodOutOfRange => "months",
            Self::NoField => "fields",
            Self::ShareUnusable | Self::AmountUnusable => "external",
            Self::NoProvider => "in_house",
            Self::TooManyCourses => "courses",
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

impl SettlementRules {
    /// The rules of a school that has none: month by month, everything to see but attendance, and all of the money rests
    /// with the school.
    pub fn standard() -> Self {
        let fields = [Field::Orders, Field::Refunds, Field::Lessons, Field::Prices, Field::Dues];
        Self {
            months: 1,
            fields: fields.into(),
            in_house: Shares::default(),
            external: Shares::default(),
            courses: BTreeMap::new(),
        }
    }

    /// The same, if they can be used.
    pub fn checked(self) -> Result<Self, RulesError> {
        if !PERIOD_MONTHS.contains(&self.months) {
            return Err(RulesError::PeriodOutOfRange);
        }
        if self.fields.is_empty() {
            return Err(RulesError::NoField);
        }
        if self.courses.len() > COURSES {
            return Err(RulesError::TooManyCourses);
        }
        if self.in_house.provider != Due::default() {
            return Err(RulesError::NoProvider);
        }
        for shares in [&self.in_house, &self.external].into_iter().chain(self.courses.values()) {
            shares.check()?;
        }
        Ok(self)
    }

    /// Whether attendance has to be read: it is to be seen, or something is due by it.
    pub fn need_attendance(&self, fields: &BTreeSet<Field>) -> bool {
        let by_it = |shares: &Shares| {
            [shares.provider, shares.teachers].iter().any(|due| matches!(due.lessons, Basis::AttendedLesson(_)))
        };
        fields.contains(&Field::Attendance)
            || [&self.in_house, &self.external].into_iter().chain(self.courses.values()).any(by_it)
    }

    /// What of a line is due to whom. Where there is no provider, nothing is due to one.
    pub fn dues(&self, (course, origin): (&CourseCode, Origin), taught: i64, figures: &Figures) -> Dues {
        let common = match origin {
            Origin::InHouse => &self.in_house,
            Origin::External => &self.external,
        };
        let Shares { provider, teachers } = self.courses.get(course).unwrap_or(common);
        let amount = |due: &Due| add(due.lessons.amount(taught, figures), share(figures.fees, due.fees_permille));
        let provider = match origin {
            Origin::InHouse => Money::ZERO,
            Origin::External => amount(provider),
        };
        Dues { provider, teachers: amount(teachers) }
    }
}

fn share(amount: Money, permille: u16) -> Money {
    let ratio = Decimal::from(permille).checked_div(Decimal::from(WHOLE)).unwrap_or_default();
    amount.scaled(ratio).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(lessons: Basis) -> Due {
        Due { lessons, fees_permille: 0 }
    }

    fn rules() -> SettlementRules {
        let external = Shares { provider: due(Basis::Tuition(700)), teachers: due(Basis::Tuition(100)) };
        let in_house = Shares { teachers: due(Basis::Lesson(Money::from_fen(8_000))), ..Shares::default() };
        SettlementRules { in_house, external, ..SettlementRules::standard() }
    }

    fn figures(lessons: i64, tuition: i64, fees: i64) -> Figures {
        let (tuition, fees) = (Money::from_fen(tuition), Money::from_fen(fees));
        Figures { lessons, attended: lessons - 1, sold: tuition, tuition, fees }
    }

    #[test]
    fn s36_1_what_is_due_follows_the_rules_of_the_school() {
        let (course, figures) = ("K1".parse().unwrap(), figures(80, 100_005, 3_000));
        let of = |rules: &SettlementRules, origin| rules.dues((&course, origin), 4, &figures);
        let dues = of(&rules(), Origin::External);
        // Half to even: 70 003.5 fen and 10 000.5 fen.
        assert_eq!((dues.provider.fen(), dues.teachers.fen()), (70_004, 10_000));
        assert_eq!(dues.rest(&figures).fen(), 103_005 - 80_004);
        let dues = of(&rules(), Origin::InHouse);
        assert_eq!((dues.provider.fen(), dues.teachers.fen()), (0, 32_000));
        let own = |lessons, fees_permille| {
            let shares = Shares { provider: Due { lessons, fees_permille }, ..Shares::default() };
            SettlementRules { courses: [(course.clone(), shares)].into(), ..rules() }
        };
        let fen = Money::from_fen;
        for (lessons, fees_permille, provider) in [
            (Basis::PupilLesson(fen(500)), 0, 40_000),
            (Basis::AttendedLesson(fen(500)), 0, 39_500),
            (Basis::Nothing, 1_000, 3_000),
            (Basis::Lesson(fen(500)), 500, 3_500),
        ] {
            let dues = of(&own(lessons, fees_permille).checked().unwrap(), Origin::External);
            assert_eq!((dues.provider.fen(), dues.teachers.fen()), (provider, 0), "{lessons:?}");
        }
    }

    #[test]
    fn s36_1_rules_that_cannot_be_used_are_refused() {
        assert_eq!(rules().checked(), Ok(rules()));
        assert_eq!(SettlementRules::standard().checked(), Ok(SettlementRules::standard()));
        let external = |provider: Basis, teachers: Basis| {
            let shares = Shares { provider: due(provider), teachers: due(teachers) };
            SettlementRules { external: shares, ..rules() }.checked()
        };
        assert_eq!(SettlementRules { months: 0, ..rules() }.checked(), Err(RulesError::PeriodOutOfRange));
        assert_eq!(SettlementRules { fields: BTreeSet::new(), ..rules() }.checked(), Err(RulesError::NoField));
        assert_eq!(external(Basis::Tuition(901), Basis::Tuition(100)), Err(RulesError::ShareUnusable));
        assert_eq!(external(Basis::Tuition(u16::MAX), Basis::Nothing), Err(RulesError::ShareUnusable));
        assert_eq!(external(Basis::Lesson(Money::from_fen(-1)), Basis::Nothing), Err(RulesError::AmountUnusable));
        let of_nobody = Shares { provider: due(Basis::Tuition(1)), ..Shares::default() };
        assert_eq!(SettlementRules { in_house: of_nobody, ..rules() }.checked(), Err(RulesError::NoProvider));
        let many = (0..=COURSES).map(|n| (format!("K{n}").parse().unwrap(), Shares::default())).collect();
        assert_eq!(SettlementRules { courses: many, ..rules() }.checked(), Err(RulesError::TooManyCourses));
        for error in [RulesError::NoProvider, RulesError::AmountUnusable] {
            assert!(!error.pointed().is_empty());
        }
    }

    #[test]
    fn s36_1_attendance_is_read_when_somebody_wants_it() {
        let standard = SettlementRules::standard();
        assert!(!standard.need_attendance(&standard.fields));
        assert!(standard.need_attendance(&[Field::Attendance].into()));
        let by_it = Shares { teachers: due(Basis::AttendedLesson(Money::from_fen(100))), ..Shares::default() };
        assert!(SettlementRules { in_house: by_it, ..standard }.need_attendance(&BTreeSet::new()));
    }
}
