//! Schools, providers, specifications and courses (学校、机构、科目规格及定价、校内课程、校外课程) as the city tells them. B5.1 S5 S6.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalog::Category;
use crate::directory::{Grade, Stage};
use crate::id::{CourseCode, OrganizationId, SchoolCode, SpecificationCode, TermCode};
use crate::money::Money;
use crate::pii::Pii;

/// A school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolBody {
    /// Its ten-digit code.
    pub code: SchoolCode,
    /// Its name.
    pub name: String,
    /// The township it belongs to.
    pub township: OrganizationId,
    /// The stages it teaches.
    pub stages: Vec<Stage>,
    /// Its address.
    pub address: Option<String>,
    /// The telephone of its office.
    pub phone: Option<String>,
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderBody {
    /// Its code.
    pub code: OrganizationId,
    /// Its name.
    pub name: String,
    /// Unified social credit code (统一社会信用代码).
    pub credit_code: String,
    /// The township it belongs to; none: the city.
    pub township: Option<OrganizationId>,
    /// Who represents it by law (法定代表人).
    pub representative: Option<Pii<String>>,
    /// Its address.
    pub address: Option<String>,
    /// The telephone of its office.
    pub phone: Option<String>,
    /// What it may teach (服务范围).
    pub scope: Option<String>,
    /// The number of its licence (办学许可证号).
    pub licence: String,
    /// The first day the licence is good.
    pub valid_from: Date,
    /// The last day.
    pub valid_until: Date,
    /// Whether it is blacklisted.
    pub blacklisted: bool,
    /// Why.
    pub blacklist_reason: Option<String>,
    /// Since when.
    pub blacklisted_since: Option<Date>,
}

/// A specification with its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecificationBody {
    /// Its code.
    pub code: SpecificationCode,
    /// The subject.
    pub subject: String,
    /// Fewest pupils of a class.
    pub smallest: u16,
    /// Most pupils of a class.
    pub largest: u16,
    /// Minutes of a lesson.
    pub lesson_minutes: u16,
    /// Price of a lesson.
    pub unit_price: Money,
    /// The first term it is good for.
    pub from_term: TermCode,
    /// The last one; none: until it is changed.
    pub until_term: Option<TermCode>,
}

/// A course that a school gives itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InHouseCourseBody {
    /// The school.
    pub school: SchoolCode,
    /// The term.
    pub term: TermCode,
    /// Its code within the school.
    pub code: CourseCode,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub category: Category,
    /// Its specification.
    pub specification: SpecificationCode,
    /// The grades it is for.
    pub grades: BTreeSet<Grade>,
    /// Lessons of the term.
    pub lessons: u16,
    /// What is taught.
    pub summary: Option<String>,
}

/// A course that a provider gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalCourseBody {
    /// The school.
    pub school: SchoolCode,
    /// The term.
    pub term: TermCode,
    /// Its code within the school.
    pub code: CourseCode,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub category: Category,
    /// Its specification.
    pub specification: SpecificationCode,
    /// The grades it is for.
    pub grades: BTreeSet<Grade>,
    /// Lessons of the term.
    pub lessons: u16,
    /// What is taught.
    pub summary: Option<String>,
    /// The provider.
    pub provider: OrganizationId,
    /// Who teaches it.
    pub teachers: Vec<CourseTeacherPart>,
}

/// A provider's teacher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseTeacherPart {
    /// The name.
    pub name: Pii<String>,
    /// The mobile phone.
    pub phone: Option<Pii<String>>,
    /// The number of the certificate by which the teacher may teach (资格证书编号).
    pub certificate: Option<String>,
}
