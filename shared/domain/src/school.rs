//! Base data of a school (学校基本信息): stages, grades, campuses and how it is reached. S1.1.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::directory::{Grade, Organization, OrganizationKind, School, Stage};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::SchoolCode;
use crate::identifier::{self, LandlineError, SchoolCodeError};

/// Characters of a school's name.
const NAME_CHARACTERS: usize = 60;

/// Characters of an address.
const ADDRESS_CHARACTERS: usize = 100;

/// Most campuses of a school.
const CAMPUSES: usize = 20;

/// A campus (校区).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campus {
    /// Its number within the school, from 1.
    pub number: u8,
    /// Its name, as 本部.
    pub name: String,
    /// Where it is.
    #[serde(default)]
    pub address: String,
}

/// Where a school is, how it is reached, and what it teaches at present.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Premises {
    /// The address; empty: not on file.
    #[serde(default)]
    pub address: String,
    /// The telephone of its office: never a person's mobile phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Its campuses by number; empty: one, which needs no name.
    #[serde(default)]
    pub campuses: Vec<Campus>,
    /// The grades it teaches at present; empty: all of its stages.
    #[serde(default)]
    pub grades: BTreeSet<Grade>,
}

/// Why a school cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "school/")]
pub enum SchoolError {
    /// A code no school has.
    #[error("{0},请核对")]
    CodeUnusable(SchoolCodeError),
    /// No name, or a long one.
    #[error("学校名称应为 2 至 60 个字")]
    NameUnusable,
    /// No stage, or not those of the code.
    #[error("学段与学校标识码不符:21 开头为小学,其他为初中或九年一贯制,请核对")]
    StagesUnfit,
    /// Its township is none.
    #[error("没有该编码的镇街,请先新增镇街")]
    TownshipUnknown,
    /// A long address.
    #[error("地址不超过 100 个字")]
    AddressTooLong,
    /// No telephone of an office.
    #[error("联系电话{0}")]
    PhoneUnusable(LandlineError),
    /// Too many campuses, a number twice, or a campus without a name.
    #[error("校区最多 20 个,编号从 1 起且不能重复,名称为 1 至 40 个字")]
    CampusesUnusable,
    /// A grade that none of its stages has.
    #[error("年级应在学校的学段之内,请核对年级或学段")]
    GradesOutside,
    /// There is a school of this code.
    #[error("该学校标识码已存在,请核对")]
    Exists,
    /// The school changes what only the platform does.
    #[error("学校所属镇街和学段由平台管理员变更,请联系平台")]
    PlatformOnly,
}

impl Fault for SchoolError {
    fn kind(&self) -> Kind {
        match self {
            Self::CodeUnusable(_)
            | Self::NameUnusable
            | Self::StagesUnfit
            | Self::TownshipUnknown
            | Self::AddressTooLong
            | Self::PhoneUnusable(_)
            | Self::CampusesUnusable
            | Self::GradesOutside => Kind::Invalid,
            Self::Exists | Self::PlatformOnly => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let field = self.field().into_iter();
        field.map(|field| Pointed { pointer: format!("/{field}"), detail: self.to_string() }).collect()
    }
}

impl SchoolError {
    /// The field at fault; none: the school as it stands.
    const fn field(self) -> Option<&'static str> {
        match self {
            Self::CodeUnusable(_) => Some("code"),
            Self::NameUnusable => Some("name"),
            Self::StagesUnfit => Some("stages"),
            Self::TownshipUnknown => Some("township"),
            Self::AddressTooLong => Some("address"),
            Self::PhoneUnusable(_) => Some("phone"),
            Self::CampusesUnusable => Some("campuses"),
            Self::GradesOutside => Some("grades"),
            Self::Exists | Self::PlatformOnly => None,
        }
    }
}

/// The grades of some stages.
pub fn grades(stages: &[Stage]) -> RangeInclusive<Grade> {
    match (stages.contains(&Stage::Primary), stages.contains(&Stage::Junior)) {
        (true, true) => 1..=9,
        (false, true) => 7..=9,
        (true | false, false) => 1..=6,
    }
}

/// Whether a school of this code teaches these stages: a code of 21 is a primary school, and no other is only that.
pub fn stages_fit(code: &SchoolCode, stages: &[Stage]) -> bool {
    code.as_str().starts_with("21") == (stages == [Stage::Primary])
}

impl Premises {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn checked(&mut self, stages: &[Stage]) -> Result<(), SchoolError> {
        let long = |address: &str| address.trim().chars().count() > ADDRESS_CHARACTERS;
        if long(&self.address) || self.campuses.iter().any(|campus| long(&campus.address)) {
            return Err(SchoolError::AddressTooLong);
        }
        self.phone.as_deref().map_or(Ok(()), identifier::landline).map_err(SchoolError::PhoneUnusable)?;
        let numbers: BTreeSet<u8> = self.campuses.iter().map(|campus| campus.number).collect();
        let named = |campus: &Campus| (1..=40).contains(&campus.name.trim().chars().count());
        let usable = self.campuses.len() <= CAMPUSES
            && numbers.len() == self.campuses.len()
            && !numbers.contains(&0)
            && self.campuses.iter().all(named);
        if !usable {
            return Err(SchoolError::CampusesUnusable);
        }
        self.campuses.sort_by_key(|campus| campus.number);
        let taught = grades(stages);
        if self.grades.iter().all(|grade| taught.contains(grade)) { Ok(()) } else { Err(SchoolError::GradesOutside) }
    }
}

impl School {
    /// The same, if it can be so after `before`. `township` is what its township is on file.
    pub fn checked(mut self, before: Option<&Self>, township: Option<&Organization>) -> Result<Self, SchoolError> {
        identifier::school_code(self.code.as_str()).map_err(SchoolError::CodeUnusable)?;
        if !(2..=NAME_CHARACTERS).contains(&self.name.trim().chars().count()) {
            return Err(SchoolError::NameUnusable);
        }
        self.stages.sort_by_key(|stage| *grades(&[*stage]).start());
        self.stages.dedup();
        // What stays as it was brought in is not judged anew.
        let (grows, moves) =
            before.map_or((true, true), |before| (before.stages != self.stages, before.township != self.township));
        if grows && (self.stages.is_empty() || !stages_fit(&self.code, &self.stages)) {
            return Err(SchoolError::StagesUnfit);
        }
        if moves && township.is_none_or(|township| township.kind != OrganizationKind::Township) {
            return Err(SchoolError::TownshipUnknown);
        }
        self.premises.checked(&self.stages)?;
        Ok(self)
    }

    /// The grades of its stages, whether or not it teaches all of them at present.
    pub fn grade_span(&self) -> RangeInclusive<Grade> {
        grades(&self.stages)
    }

    /// The grades it teaches at present.
    pub fn grades(&self) -> Vec<Grade> {
        if self.premises.grades.is_empty() {
            return grades(&self.stages).collect();
        }
        self.premises.grades.iter().copied().collect()
    }

    /// Whether the school itself may make `before` this: where it belongs and what it teaches is not for it to say.
    pub fn by_itself(&self, before: &Self) -> Result<(), SchoolError> {
        let same = self.township == before.township && self.stages == before.stages;
        if same { Ok(()) } else { Err(SchoolError::PlatformOnly) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Merchants;
    use crate::organization::Standing;

    fn township(kind: OrganizationKind) -> Organization {
        Organization {
            id: "442000006".parse().unwrap(),
            kind,
            name: "五桂山街道".to_owned(),
            parent: None,
            credit_code: None,
            standing: Standing::default(),
        }
    }

    fn school() -> School {
        let campus = |number: u8, name: &str| Campus { number, name: name.to_owned(), address: String::new() };
        School {
            code: "3144200604".parse().unwrap(),
            name: "五桂山示例学校".to_owned(),
            township: "442000006".parse().unwrap(),
            stages: vec![Stage::Junior, Stage::Primary],
            merchants: Merchants::default(),
            premises: Premises {
                address: "五桂山街道 1 号".to_owned(),
                phone: Some("0760-88881234".to_owned()),
                campuses: vec![campus(2, "南校区"), campus(1, "本部")],
                grades: [1, 2, 7].into(),
            },
        }
    }

    #[test]
    fn s1_1_a_school_has_stages_grades_and_campuses() {
        let above = township(OrganizationKind::Township);
        let kept = school().checked(None, Some(&above)).unwrap();
        assert_eq!(kept.stages, [Stage::Primary, Stage::Junior]);
        assert_eq!(kept.premises.campuses[0].name, "本部");
        assert_eq!(kept.grades(), [1, 2, 7]);
        assert_eq!(School { premises: Premises::default(), ..school() }.grades(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(school().checked(Some(&kept), None).is_ok(), "a school that stays where it is");
        let wrong = |change: fn(&mut School)| {
            let mut school = school();
            change(&mut school);
            school.checked(None, Some(&above)).unwrap_err()
        };
        assert_eq!(
            wrong(|it| it.code = "9944200604".parse().unwrap()),
            SchoolError::CodeUnusable(SchoolCodeError::Category)
        );
        assert_eq!(wrong(|it| it.name = "校".repeat(61)), SchoolError::NameUnusable);
        assert_eq!(wrong(|it| it.stages.clear()), SchoolError::StagesUnfit);
        assert_eq!(wrong(|it| it.code = "2144200604".parse().unwrap()), SchoolError::StagesUnfit);
        assert_eq!(wrong(|it| it.premises.address = "路".repeat(101)), SchoolError::AddressTooLong);
        assert_eq!(
            wrong(|it| it.premises.phone = Some("13800000001".to_owned())),
            SchoolError::PhoneUnusable(LandlineError)
        );
        assert_eq!(wrong(|it| it.premises.campuses[1].number = 2), SchoolError::CampusesUnusable);
        assert_eq!(wrong(|it| it.premises.campuses[1].name.clear()), SchoolError::CampusesUnusable);
        assert_eq!(wrong(|it| it.premises.grades = [10].into()), SchoolError::GradesOutside);
        assert_eq!(school().checked(None, None), Err(SchoolError::TownshipUnknown));
        assert_eq!(school().checked(None, Some(&township(OrganizationKind::City))), Err(SchoolError::TownshipUnknown));
    }

    #[test]
    fn s1_1_where_a_school_belongs_and_what_it_teaches_is_the_platforms_to_say() {
        let before = school();
        let moved = School { township: "442000007".parse().unwrap(), ..before.clone() };
        let grown = School { stages: vec![Stage::Junior], ..before.clone() };
        let renamed = School { name: "五桂山第一示例学校".to_owned(), ..before.clone() };
        assert_eq!(moved.by_itself(&before), Err(SchoolError::PlatformOnly));
        assert_eq!(grown.by_itself(&before), Err(SchoolError::PlatformOnly));
        assert_eq!(renamed.by_itself(&before), Ok(()));
    }

    #[test]
    fn s1_1_an_imported_school_reads_without_premises() {
        let before =
            r#"{"code":"3144200604","name":"示例","township":"442000006","stages":["primary"],"merchants":{}}"#;
        let read: School = serde_json::from_str(before).unwrap();
        assert!(read.premises.is_empty());
        assert_eq!(serde_json::to_string(&read).unwrap(), before, "its fingerprint stays what it was");
    }
}
