//! Courses of schools (校内课程、校外课程). B5.1 S5.1.

use super::{Compared, Concern, Judged};
use crate::catalog::{Category, Course, Offering, OfferingState, Origin};
use crate::id::{CourseCode, OrganizationId, SchoolCode, SpecificationCode};
use crate::supervision::body::{ExternalCourseBody, InHouseCourseBody, InboundBody};

/// What the two data sets of courses have in common.
struct Told<'a> {
    school: &'a SchoolCode,
    code: &'a CourseCode,
    title: &'a str,
    category: Category,
    specification: &'a SpecificationCode,
    summary: Option<&'a str>,
    provider: Option<&'a OrganizationId>,
}

impl<'a> Told<'a> {
    fn of(body: &'a InboundBody) -> Option<Self> {
        match body {
            InboundBody::InHouseCourse(told) => {
                let InHouseCourseBody { school, code, title, category, specification, summary, .. } = told;
                let (category, summary) = (*category, summary.as_deref());
                Some(Self { school, code, title, category, specification, summary, provider: None })
            }
            InboundBody::ExternalCourse(told) => {
                let ExternalCourseBody { school, code, title, category, specification, summary, provider, .. } = told;
                let (category, summary, provider) = (*category, summary.as_deref(), Some(provider));
                Some(Self { school, code, title, category, specification, summary, provider })
            }
            InboundBody::School(_) | InboundBody::Provider(_) | InboundBody::Specification(_) => None,
        }
    }
}

/// What is here of a course that the city tells of.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'a> {
    /// The course.
    pub course: Option<&'a Course>,
    /// Its offering of the term.
    pub offering: Option<&'a Offering>,
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
        origin: if told.provider.is_some() { Origin::External } else { Origin::InHouse },
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
    let mut concerns = Vec::new();
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
