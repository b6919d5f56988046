//! Courses of schools (校内课程、校外课程). B5.1 S5.1.

use std::collections::BTreeSet;

use super::{Compared, Concern, Judged};
use crate::catalog::{Category, Course, Offering, OfferingState, Origin, Specification};
use crate::directory::Grade;
use crate::id::{CourseCode, OfferingId, OrganizationId, SchoolCode, SpecificationCode, TermCode};
use crate::supervision::body::{ExternalCourseBody, InHouseCourseBody, InboundBody};

/// What the two data sets of courses have in common.
struct Told<'a> {
    school: &'a SchoolCode,
    term: &'a TermCode,
    code: &'a CourseCode,
    title: &'a str,
    category: Category,
    specification: &'a SpecificationCode,
    grades: &'a BTreeSet<Grade>,
    lessons: u16,
    summary: Option<&'a str>,
    provider: Option<&'a OrganizationId>,
}

impl<'a> Told<'a> {
    fn of(body: &'a InboundBody) -> Option<Self> {
        match body {
            InboundBody::InHouseCourse(told) => {
                let InHouseCourseBody { school, term, code, title, specification, grades, .. } = told;
                let (category, lessons, summary) = (told.category, told.lessons, told.summary.as_deref());
                let provider = None;
                Some(Self { school, term, code, title, category, specification, grades, lessons, summary, provider })
            }
            InboundBody::ExternalCourse(told) => {
                let ExternalCourseBody { school, term, code, title, specification, grades, .. } = told;
                let (category, lessons, summary) = (told.category, told.lessons, told.summary.as_deref());
                let provider = Some(&told.provider);
                Some(Self { school, term, code, title, category, specification, grades, lessons, summary, provider })
            }
            InboundBody::School(_) | InboundBody::Provider(_) | InboundBody::Specification(_) => None,
        }
    }
}

impl Told<'_> {
    const fn origin(&self) -> Origin {
        if self.provider.is_some() { Origin::External } else { Origin::InHouse }
    }
}

/// What is here of a course that the city tells of.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Offered<'a> {
    /// The course.
    pub course: Option<&'a Course>,
    /// Its offering of the term.
    pub offering: Option<&'a Offering>,
    /// Whether its school is here.
    pub knows_school: bool,
    /// Whether the school has set up its term.
    pub knows_term: bool,
    /// Whether its provider is here, if it has one.
    pub knows_provider: bool,
    /// Whether its specification is here.
    pub knows_specification: bool,
}

/// A course as the city tells it; none: the record is of no course.
pub fn course(told: &InboundBody, held: Offered<'_>) -> Option<Judged<Course>> {
    let told = Told::of(told)?;
    let here = held.course;
    let value = Course {
        school: told.school.clone(),
        code: told.code.clone(),
        title: told.title.to_owned(),
        origin: told.origin(),
        category: told.category,
        provider: told.provider.cloned(),
        summary: told.summary.map(str::to_owned).or_else(|| here.map(|here| here.summary.clone())).unwrap_or_default(),
    };
    let mut compared = Compared::default();
    compared.both("课程名称", here.map(|here| &here.title), &value.title);
    compared.both("课程来源", here.map(|here| &here.origin), &value.origin);
    compared.both("课程类别", here.map(|here| &here.category), &value.category);
    let provider = |one: &Course| one.provider.as_ref().map(ToString::to_string);
    compared.field("机构", here.and_then(provider), provider(&value));
    compared.field("课程简介", here.map(|here| here.summary.clone()), Some(value.summary.clone()));
    // What is given in a term follows from the course once; from then on it is the school's.
    if held.offering.is_none() {
        compared.field("本学期开课", None, Some(format!("{} 课时", told.lessons)));
    }
    let mut concerns = Vec::new();
    if !held.knows_school {
        concerns.push(Concern::SchoolUnknown { school: told.school.clone() });
    } else if !held.knows_term {
        concerns.push(Concern::TermUnknown { term: told.term.clone() });
    }
    let given = held.offering.is_some_and(|offering| offering.state == OfferingState::Open);
    if given && here.is_some_and(|here| (here.origin, &here.provider) != (value.origin, &value.provider)) {
        concerns.push(Concern::GivenByAnother);
    }
    if let Some(provider) = told.provider.filter(|_| !held.knows_provider) {
        concerns.push(Concern::ProviderUnknown { provider: provider.clone() });
    }
    if !held.knows_specification {
        concerns.push(Concern::SpecificationUnknown { specification: told.specification.clone() });
    }
    Some(Judged { value, differences: compared.0, concerns })
}

/// What is offered of a course that was not offered in its term: with the seats and the price of its specification. The
/// school completes it with times, teachers and fees, and opens it. None: the record is of no course.
pub fn draft(told: &InboundBody, specification: &Specification) -> Option<Offering> {
    let told = Told::of(told)?;
    Some(Offering {
        id: OfferingId::new(told.school, told.term, told.code),
        title: told.title.to_owned(),
        origin: told.origin(),
        category: told.category,
        provider: told.provider.cloned(),
        summary: told.summary.map(str::to_owned).unwrap_or_default(),
        specification: specification.code.clone(),
        capacity: specification.largest,
        lessons: told.lessons,
        unit_price: specification.unit_price,
        materials: None,
        sundry: None,
        grades: told.grades.clone(),
        exclusive: None,
        slots: Vec::new(),
        teacher: String::new(),
        room: String::new(),
        state: OfferingState::Draft,
    })
}
