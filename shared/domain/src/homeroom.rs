//! Homerooms (行政班): what one may be called, and which grade it may be in. S3.1.

use jiff::civil::Date;

use crate::directory::{Grade, Homeroom, School};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::HomeroomId;
use crate::school_year::SchoolYear;

/// Characters of a homeroom's name.
pub const NAME_CHARACTERS: usize = 60;

/// Why a homeroom cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "homeroom/")]
pub enum HomeroomError {
    /// No name, or a long one.
    #[error("班级名称应为 1 至 60 个字")]
    NameUnusable,
    /// Another homeroom of the school is called so.
    #[error("本校已有名为「{name}」的行政班,请使用不同的名称")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// No school year, or not one that is prepared now.
    #[error("学年应为当前学年,或在 7、8 月为下一学年,如 2026-2027")]
    SchoolYearClosed,
    /// The grade is not the one that follows from the year of entry.
    #[error("{entry_year} 年入学的班级在 {school_year} 学年应为 {expected} 年级,请核对入学年份和年级")]
    GradeDisagrees {
        /// The year of entry, out of the identifier.
        entry_year: u16,
        /// The school year that was named.
        school_year: SchoolYear,
        /// The grade that follows.
        expected: Grade,
    },
    /// The school teaches no such grade, or those who entered then have not come or have left.
    #[error("本校只有 {lowest} 至 {highest} 年级,请核对入学年份和年级")]
    GradeOutOfRange {
        /// The school's lowest grade.
        lowest: Grade,
        /// The school's highest grade.
        highest: Grade,
    },
    /// The grade of a homeroom that is there changes by promotion, with all its pupils.
    #[error("行政班的年级随升级变更,不能直接修改,请使用学年升级")]
    GradeFixed,
    /// There is a homeroom of this identifier.
    #[error("该编号的行政班已存在,请使用其他班号")]
    Exists,
    /// It has left as graduates.
    #[error("该行政班已毕业,资料不再变更")]
    Graduated,
}

impl Fault for HomeroomError {
    fn kind(&self) -> Kind {
        match self {
            Self::NameUnusable
            | Self::SchoolYearClosed
            | Self::GradeDisagrees { .. }
            | Self::GradeOutOfRange { .. } => Kind::Invalid,
            Self::NameTaken { .. } | Self::GradeFixed | Self::Exists | Self::Graduated => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = match self {
            Self::NameUnusable => "name",
            Self::SchoolYearClosed => "school_year",
            Self::GradeDisagrees { .. } | Self::GradeOutOfRange { .. } => "grade",
            Self::NameTaken { .. } | Self::GradeFixed | Self::Exists | Self::Graduated => return Vec::new(),
        };
        vec![Pointed { pointer: format!("/{field}"), detail: self.to_string() }]
    }
}

/// What a homeroom is to be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The school year in which it is in the grade.
    pub school_year: SchoolYear,
    /// The grade.
    pub grade: Grade,
}

/// What a homeroom is judged by.
#[derive(Debug, Clone, Copy)]
pub struct HomeroomFacts<'a> {
    /// Its school.
    pub school: &'a School,
    /// As it is now; none: it is new.
    pub held: Option<&'a Homeroom>,
    /// The homerooms of the school.
    pub homerooms: &'a [Homeroom],
}

/// The homeroom `id` as wanted, if it can be so.
pub fn keep(facts: HomeroomFacts<'_>, id: &HomeroomId, wanted: Wanted, today: Date) -> Result<Homeroom, HomeroomError> {
    let Wanted { name, school_year, grade } = wanted;
    let name = name.trim().to_owned();
    if !(1..=NAME_CHARACTERS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(HomeroomError::NameUnusable);
    }
    if facts.held.is_some_and(|held| held.graduated.is_some()) {
        return Err(HomeroomError::Graduated);
    }
    if facts.held.is_some_and(|held| held.grade != grade) {
        return Err(HomeroomError::GradeFixed);
    }
    if facts.held.is_none() {
        check_grade(facts.school, id, school_year, grade, today)?;
    }
    let mut others = facts.homerooms.iter().filter(|other| other.id != *id && other.graduated.is_none());
    if others.any(|other| other.name == name) {
        return Err(HomeroomError::NameTaken { name });
    }
    Ok(Homeroom { id: id.clone(), grade, name, graduated: None })
}

fn check_grade(
    school: &School,
    id: &HomeroomId,
    school_year: SchoolYear,
    grade: Grade,
    today: Date,
) -> Result<(), HomeroomError> {
    if !school_year.is_open(today) {
        return Err(HomeroomError::SchoolYearClosed);
    }
    let (lowest, highest) = school.grade_span().into_inner();
    let entry_year = id.entry_year();
    let expected = school_year.grade_of(entry_year, school).filter(|expected| (lowest..=highest).contains(expected));
    match expected {
        None => Err(HomeroomError::GradeOutOfRange { lowest, highest }),
        Some(expected) if expected != grade => Err(HomeroomError::GradeDisagrees { entry_year, school_year, expected }),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::directory::{Merchants, Stage};

    const TODAY: Date = date(2026, 9, 1);

    fn school() -> School {
        School {
            code: "2144200601".parse().unwrap(),
            name: "示例小学".to_owned(),
            township: "442000006".parse().unwrap(),
            stages: vec![Stage::Primary],
            merchants: Merchants::default(),
            premises: crate::school::Premises::default(),
        }
    }

    fn wanted(name: &str, school_year: &str, grade: Grade) -> Wanted {
        Wanted { name: name.to_owned(), school_year: school_year.parse().unwrap(), grade }
    }

    fn kept(held: Option<&Homeroom>, others: &[Homeroom], wanted: Wanted) -> Result<Homeroom, HomeroomError> {
        let school = school();
        let facts = HomeroomFacts { school: &school, held, homerooms: others };
        keep(facts, &HomeroomId::new(&school.code, 2024, 2), wanted, TODAY)
    }

    #[test]
    fn s3_1_the_grade_of_a_homeroom_agrees_with_the_year_of_entry() {
        let homeroom = kept(None, &[], wanted(" 三年级(2)班 ", "2026-2027", 3)).unwrap();
        assert_eq!((homeroom.grade, homeroom.name.as_str()), (3, "三年级(2)班"));
        let disagrees = kept(None, &[], wanted("三年级(2)班", "2026-2027", 4));
        assert!(matches!(disagrees, Err(HomeroomError::GradeDisagrees { expected: 3, .. })));
        let closed = kept(None, &[], wanted("四年级(2)班", "2027-2028", 4));
        assert_eq!(closed, Err(HomeroomError::SchoolYearClosed));
        let school = school();
        let facts = HomeroomFacts { school: &school, held: None, homerooms: &[] };
        for entry_year in [2019, 2027] {
            let id = HomeroomId::new(&school.code, entry_year, 1);
            let refused = keep(facts, &id, wanted("班", "2026-2027", 6), TODAY);
            assert_eq!(refused, Err(HomeroomError::GradeOutOfRange { lowest: 1, highest: 6 }));
        }
    }

    #[test]
    fn s3_1_a_homeroom_is_renamed_but_promoted_only_with_its_pupils() {
        let held = kept(None, &[], wanted("三年级(2)班", "2026-2027", 3)).unwrap();
        let renamed = kept(Some(&held), std::slice::from_ref(&held), wanted("三年级(二)班", "2026-2027", 3));
        assert_eq!(renamed.unwrap().name, "三年级(二)班");
        let raised = kept(Some(&held), &[], wanted("四年级(2)班", "2026-2027", 4));
        assert_eq!(raised, Err(HomeroomError::GradeFixed));
        let left = Homeroom { graduated: Some(2026), ..held.clone() };
        assert_eq!(kept(Some(&left), &[], wanted("三年级(2)班", "2026-2027", 3)), Err(HomeroomError::Graduated));
    }

    #[test]
    fn s3_1_two_homerooms_of_a_school_have_two_names() {
        let mut other = kept(None, &[], wanted("三年级(1)班", "2026-2027", 3)).unwrap();
        other.id = HomeroomId::new(&school().code, 2024, 1);
        let taken = kept(None, std::slice::from_ref(&other), wanted("三年级(1)班", "2026-2027", 3));
        assert!(matches!(taken, Err(HomeroomError::NameTaken { .. })));
        other.graduated = Some(2026);
        assert!(kept(None, &[other], wanted("三年级(1)班", "2026-2027", 3)).is_ok(), "who has left needs no name");
        for name in ["", "  ", &"班".repeat(61), "三\u{0}班"] {
            assert_eq!(kept(None, &[], wanted(name, "2026-2027", 3)), Err(HomeroomError::NameUnusable));
        }
    }
}
