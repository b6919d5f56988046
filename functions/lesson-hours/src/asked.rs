//! What is to be counted, as it is asked for: days, conditions, and how it is put together.

use std::collections::BTreeSet;

use domain::id::HomeroomId;
use domain::teaching::counted::{Of, Wanted, days_of};
use domain::teaching::grouped::By;
use edge::app::Outcome;
use edge::export::ExportFormat;
use edge::http::{RequestError, parse};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

/// What of a school is counted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichOfSchool {
    /// Of whom: `pupils` or `teachers`; of lesson hours also `lessons`.
    #[param(example = "pupils")]
    pub of: Option<String>,
    /// Put together by `all`, `person`, `class`, `course`, `homeroom`, `lesson`, `day`, `week` or `month`.
    #[param(example = "person")]
    pub by: Option<String>,
    /// The first day, with the last one: at most 200 days. Without days and month: this month.
    #[param(example = "2026-09-01", format = Date)]
    pub from: Option<String>,
    /// The last day.
    #[param(example = "2026-09-30", format = Date)]
    pub until: Option<String>,
    /// A month instead of days.
    #[param(example = "2026-09")]
    pub month: Option<String>,
    /// Only of this class.
    #[param(example = "3144200101.2026-2027-1.K012.01")]
    pub class: Option<String>,
    /// Only of this course.
    #[param(example = "K012")]
    pub course: Option<String>,
    /// Only `care` or `enrichment`.
    #[param(example = "care")]
    pub category: Option<String>,
    /// Only `in_house` or `external`.
    #[param(example = "in_house")]
    pub origin: Option<String>,
    /// Only lessons of this teacher.
    pub teacher: Option<String>,
    /// Only of this pupil.
    pub student: Option<String>,
    /// Only of the pupils of this homeroom.
    #[param(example = "3144200101.2024.01")]
    pub homeroom: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// What of a school is taken out, and how.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HowToExportCount {
    /// `xlsx` or `csv`.
    #[serde(default)]
    pub format: ExportFormat,
    /// Of whom: `pupils` or `teachers`; of lesson hours also `lessons`.
    #[param(example = "pupils")]
    pub of: Option<String>,
    /// Put together by `all`, `person`, `class`, `course`, `homeroom`, `lesson`, `day`, `week` or `month`.
    #[param(example = "person")]
    pub by: Option<String>,
    /// The first day, with the last one: at most 200 days. Without days and month: this month.
    #[param(example = "2026-09-01", format = Date)]
    pub from: Option<String>,
    /// The last day.
    #[param(example = "2026-09-30", format = Date)]
    pub until: Option<String>,
    /// A month instead of days.
    #[param(example = "2026-09")]
    pub month: Option<String>,
    /// Only of this class.
    #[param(example = "3144200101.2026-2027-1.K012.01")]
    pub class: Option<String>,
    /// Only of this course.
    #[param(example = "K012")]
    pub course: Option<String>,
    /// Only `care` or `enrichment`.
    #[param(example = "care")]
    pub category: Option<String>,
    /// Only `in_house` or `external`.
    #[param(example = "in_house")]
    pub origin: Option<String>,
    /// Only lessons of this teacher.
    pub teacher: Option<String>,
    /// Only of this pupil.
    pub student: Option<String>,
    /// Only of the pupils of this homeroom.
    #[param(example = "3144200101.2024.01")]
    pub homeroom: Option<String>,
}

/// What of a teacher or a pupil is counted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichOfPerson {
    /// Put together by `all`, `class`, `course`, `lesson`, `day`, `week` or `month`.
    #[param(example = "month")]
    pub by: Option<String>,
    /// The first day, with the last one: at most 200 days. Without days and month: this month.
    #[param(example = "2026-09-01", format = Date)]
    pub from: Option<String>,
    /// The last day.
    #[param(example = "2026-09-30", format = Date)]
    pub until: Option<String>,
    /// A month instead of days.
    #[param(example = "2026-09")]
    pub month: Option<String>,
    /// Only of this class.
    #[param(example = "3144200101.2026-2027-1.K012.01")]
    pub class: Option<String>,
    /// Only of this course.
    #[param(example = "K012")]
    pub course: Option<String>,
    /// Only `care` or `enrichment`.
    #[param(example = "care")]
    pub category: Option<String>,
    /// Only `in_house` or `external`.
    #[param(example = "in_house")]
    pub origin: Option<String>,
}

impl From<HowToExportCount> for WhichOfSchool {
    fn from(how: HowToExportCount) -> Self {
        let HowToExportCount { format: _, of, by, from, until, month, class, course, category, origin, .. } = how;
        let HowToExportCount { teacher, student, homeroom, .. } = how;
        let cursor = None;
        Self { of, by, from, until, month, class, course, category, origin, teacher, student, homeroom, cursor }
    }
}

impl From<WhichOfPerson> for WhichOfSchool {
    fn from(which: WhichOfPerson) -> Self {
        let WhichOfPerson { by, from, until, month, class, course, category, origin } = which;
        Self { by, from, until, month, class, course, category, origin, ..Self::default() }
    }
}

/// What is counted, of whom, and how it is put together.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) of: Of,
    pub(crate) by: By,
    pub(crate) homeroom: Option<HomeroomId>,
    pub(crate) wanted: Wanted,
}

impl Asked {
    /// As it is asked for, on a day.
    pub(crate) fn read(which: &WhichOfSchool, (of, by): (Of, By), today: Date) -> Outcome<Self> {
        let of = which.of.as_deref().map_or(Ok(of), |text| parse("of", text))?;
        let by: By = which.by.as_deref().map_or(Ok(by), |text| parse("by", text))?;
        let day = |name, text: &Option<String>| text.as_deref().map(|text| parse::<Date>(name, text)).transpose();
        let month = which.month.as_deref().map(|text| parse("month", text)).transpose()?;
        let days = (day("from", &which.from)?, day("until", &which.until)?, month);
        let (from, until) = days_of(days, today)?;
        let student = which.student.as_deref().map(|text| parse("student", text)).transpose()?;
        let wanted = Wanted {
            class: which.class.as_deref().map(|text| parse("class", text)).transpose()?,
            course: which.course.as_deref().map(|text| parse("course", text)).transpose()?,
            category: which.category.as_deref().map(|text| parse("category", text)).transpose()?,
            origin: which.origin.as_deref().map(|text| parse("origin", text)).transpose()?,
            teacher: which.teacher.as_deref().map(|text| parse("teacher", text)).transpose()?,
            pupils: student.map(|student| BTreeSet::from([student])),
            ..Wanted::of_days(from, until)?
        };
        let homeroom = which.homeroom.as_deref().map(|text| parse("homeroom", text)).transpose()?;
        Ok(Self { of, by: by.checked(of)?, homeroom, wanted })
    }

    /// The same for a sheet, which is of people.
    pub(crate) fn of_people(self) -> Result<Self, RequestError> {
        if self.of == Of::Lessons { Err(RequestError::ParameterUnusable { name: "of" }) } else { Ok(self) }
    }
}
