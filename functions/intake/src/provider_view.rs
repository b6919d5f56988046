//! How a provider of a school's term is shown (入校机构), with its courses and teachers. S6.1.

use domain::Pii;
use domain::supervision::body::CourseTeacherPart;
use serde::Serialize;
use utoipa::ToSchema;

/// A provider at a school in a term.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TermProviderView {
    /// The school.
    #[schema(example = "3144200101")]
    pub school: String,
    /// Its name.
    #[schema(example = "五桂山第一示例小学")]
    pub school_name: String,
    /// The provider.
    #[schema(example = "P001")]
    pub provider_id: String,
    /// Its name; none: it is not kept here any more.
    #[schema(example = "中山示例艺术培训有限公司")]
    pub name: Option<String>,
    /// Unified social credit code.
    #[schema(example = "91350100M000100Y43")]
    pub credit_code: Option<String>,
    /// The number of its licence.
    #[schema(example = "教民 144200070000001 号")]
    pub licence: Option<String>,
    /// The last day its licence is good.
    #[schema(example = "2028-12-31")]
    pub licence_until: Option<String>,
    /// The telephone of its office.
    #[schema(example = "0760-88881234")]
    pub phone: Option<String>,
    /// Why it may not be used today; none: it may.
    pub unusable: Option<String>,
    /// What it gives there in the term.
    pub courses: Vec<TermCourseView>,
}

/// A course of a provider.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TermCourseView {
    /// Its code within the school.
    #[schema(example = "SF01")]
    pub course: String,
    /// Its title.
    #[schema(example = "书法入门")]
    pub title: String,
    /// `care` or `enrichment`.
    #[schema(example = "enrichment")]
    pub category: String,
    /// Lessons of the term.
    #[schema(example = 16)]
    pub lessons: u16,
    /// Seats.
    #[schema(example = 40)]
    pub capacity: u16,
    /// `draft` or `open`.
    #[schema(example = "open")]
    pub state: String,
    /// Who teaches it, as the city tells; names and phones masked.
    pub teachers: Vec<ProviderTeacherView>,
    /// Who teaches its classes, as families read it.
    #[schema(example = json!(["李老师"]))]
    pub in_class: Vec<String>,
}

/// A provider's teacher.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProviderTeacherView {
    /// The name, masked.
    #[schema(example = "样***")]
    pub name: String,
    /// The phone, masked.
    #[schema(example = "137****0000")]
    pub phone: Option<String>,
    /// The number of the certificate by which the teacher may teach.
    #[schema(example = "SF2026001")]
    pub certificate: Option<String>,
}

impl From<&CourseTeacherPart> for ProviderTeacherView {
    fn from(teacher: &CourseTeacherPart) -> Self {
        Self {
            name: teacher.name.masked_name(),
            phone: teacher.phone.as_ref().map(Pii::masked_number),
            certificate: teacher.certificate.clone(),
        }
    }
}
