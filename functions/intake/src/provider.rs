//! Which providers work at a school in a term, with their courses and teachers (入校机构): by what is offered, what the
//! city has told, and who teaches. S6.1.

use std::collections::BTreeMap;

use domain::access::Granted;
use domain::catalog::{Offering, OfferingState};
use domain::directory::School;
use domain::id::{CourseCode, OrganizationId, TermCode};
use domain::supervision::intake::Reception;
use domain::supervision::{Inbound, InboundBody};
use edge::App;
use edge::app::Outcome;
use futures::try_join;

use crate::provider_view::{ProviderTeacherView, TermCourseView, TermProviderView};

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sought {
    /// Only this provider.
    pub(crate) provider: Option<OrganizationId>,
    /// Only what has this in the name of the provider or the title of a course.
    pub(crate) keyword: Option<String>,
}

impl Sought {
    fn finds(&self, found: &TermProviderView) -> bool {
        let Some(keyword) = self.keyword.as_deref().map(str::trim).filter(|keyword| !keyword.is_empty()) else {
            return true;
        };
        let named = found.name.as_deref().is_some_and(|name| name.contains(keyword));
        named || found.courses.iter().any(|course| course.title.contains(keyword))
    }
}

/// The providers of a school's term, by their codes.
pub(crate) async fn providers<P>(
    app: &App,
    granted: &Granted<P>,
    (school, term): (&School, &TermCode),
    sought: &Sought,
) -> Outcome<Vec<TermProviderView>> {
    let offerings = app.store().offerings(&school.code, term).await?;
    let mut given: BTreeMap<OrganizationId, Vec<Offering>> = BTreeMap::new();
    for offering in offerings.into_iter().filter(|offering| offering.state != OfferingState::Cancelled) {
        if let Some(provider) =
            offering.provider.clone().filter(|one| sought.provider.as_ref().is_none_or(|it| it == one))
        {
            given.entry(provider).or_default().push(offering);
        }
    }
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let at = (&school.code, term);
    let (told, classes) = try_join!(
        app.store().open_intakes_of_term(at, Inbound::ExternalCourse),
        app.store().classes_in(&school.code, term)
    )?;
    let told = told.into_iter().filter_map(|found| found.within(granted)).map(|found| found.value);
    let teachers: BTreeMap<CourseCode, Vec<ProviderTeacherView>> = told.filter_map(|one| taught(&one)).collect();
    let mut called: BTreeMap<CourseCode, Vec<String>> = BTreeMap::new();
    for class in &classes {
        called.entry(class.id.course()).or_default().extend(class.teachers.iter().map(|one| one.called.clone()));
    }
    let mut found = Vec::new();
    for (provider, offerings) in given {
        let courses = offerings.iter().map(|offering| course(offering, &teachers, &called)).collect();
        found.push(view(app, school, provider, courses).await?);
    }
    found.retain(|one| sought.finds(one));
    Ok(found)
}

/// The teachers that the city tells of a course.
fn taught(told: &Reception) -> Option<(CourseCode, Vec<ProviderTeacherView>)> {
    match told.body.as_ref()? {
        InboundBody::ExternalCourse(body) => {
            Some((body.code.clone(), body.teachers.iter().map(ProviderTeacherView::from).collect()))
        }
        InboundBody::School(_)
        | InboundBody::Provider(_)
        | InboundBody::Specification(_)
        | InboundBody::InHouseCourse(_) => None,
    }
}

fn course(
    offering: &Offering,
    teachers: &BTreeMap<CourseCode, Vec<ProviderTeacherView>>,
    called: &BTreeMap<CourseCode, Vec<String>>,
) -> TermCourseView {
    let code = offering.id.course();
    let mut in_class = called.get(&code).cloned().unwrap_or_default();
    in_class.sort();
    in_class.dedup();
    TermCourseView {
        title: offering.title.clone(),
        category: offering.category.to_string(),
        lessons: offering.lessons,
        capacity: offering.capacity,
        state: offering.state.to_string(),
        teachers: teachers.get(&code).cloned().unwrap_or_default(),
        in_class,
        course: code.to_string(),
    }
}

async fn view(
    app: &App,
    school: &School,
    provider: OrganizationId,
    courses: Vec<TermCourseView>,
) -> Outcome<TermProviderView> {
    let found = app.store().organization(&provider).await?.map(|found| found.value.value);
    let licence = found.as_ref().and_then(|found| found.standing.licence.clone());
    Ok(TermProviderView {
        school: school.code.to_string(),
        school_name: school.name.clone(),
        provider_id: provider.to_string(),
        credit_code: found.as_ref().and_then(|found| found.credit_code.clone()),
        licence_until: licence.as_ref().map(|licence| licence.valid_until.to_string()),
        licence: licence.map(|licence| licence.number),
        phone: found.as_ref().and_then(|found| found.standing.phone.clone()),
        unusable: found.as_ref().and_then(|found| found.usable_on(app.now().day()).err()).map(|why| why.to_string()),
        name: found.map(|found| found.name),
        courses,
    })
}
