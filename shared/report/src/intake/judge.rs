//! Judging (核对接收内容): a record held against what is here as it is now. B5.1 S5.1 S5.3.

use domain::catalog::OfferingState;
use domain::directory::OrganizationKind;
use domain::id::{CourseCode, OfferingId, OrganizationId, PersonId, SchoolCode, SpecificationCode, TermCode};
use domain::supervision::InboundBody;
use domain::supervision::body::{ProviderBody, SchoolBody, SpecificationBody};
use domain::supervision::intake::{self, Concern, Difference, Judged, Offered, Reception, Use};
use futures::try_join;
use store::StoreError;

use super::effect::{Effect, next};
use super::{Receiver, told};

/// What a record comes to.
#[derive(Debug)]
pub(super) struct Judgement {
    /// In what it differs.
    pub(super) differences: Vec<Difference>,
    /// What somebody has to think about first.
    pub(super) concerns: Vec<Concern>,
    /// What would be written.
    pub(super) effect: Effect,
}

impl Judgement {
    /// The judgement of a thing, and what writing it means.
    fn of<T>(judged: Judged<T>, effect: impl FnOnce(T) -> Effect) -> Self {
        let Judged { value, differences, concerns } = judged;
        Self { differences, concerns, effect: effect(value) }
    }

    const fn nothing(concerns: Vec<Concern>) -> Self {
        Self { differences: Vec::new(), concerns, effect: Effect::Nothing }
    }
}

impl Receiver<'_> {
    /// What a record comes to now; `by` acts for the city.
    pub(super) async fn judge(&self, reception: &Reception, by: &PersonId) -> Result<Judgement, StoreError> {
        match (told(reception), &reception.body) {
            (Some(InboundBody::School(told)), _) => self.judge_school(told).await,
            (Some(InboundBody::Provider(told)), _) => self.judge_provider(told, by).await,
            (Some(InboundBody::Specification(told)), _) => self.judge_specification(told).await,
            (Some(told @ (InboundBody::InHouseCourse(_) | InboundBody::ExternalCourse(_))), _) => {
                Box::pin(self.judge_course(told)).await
            }
            (None, Some(said)) => Ok(Judgement::nothing(intake::gone(self.uses_of(said).await?))),
            (None, None) => Ok(Judgement::nothing(Vec::new())),
        }
    }

    async fn judge_school(&self, told: &SchoolBody) -> Result<Judgement, StoreError> {
        let held = self.store.kept_school(&told.code).await?;
        let judged = intake::school(told, held.as_ref().map(|held| &held.value.value));
        Ok(Judgement::of(judged, |school| Effect::School(next(held.as_ref(), school))))
    }

    async fn judge_provider(&self, told: &ProviderBody, by: &PersonId) -> Result<Judgement, StoreError> {
        let (held, now) = (self.store.organization(&told.code).await?, self.ambient.now());
        let before = held.as_ref().map(|held| &held.value.value);
        let mut judged = intake::provider(told, before, 0, (by, now));
        // Who gives courses is looked up only for whom it matters.
        if before.is_some() && judged.value.usable_on(now.day()).is_err() {
            let courses = self.given_by(&told.code).await?;
            judged = intake::provider(told, before, courses, (by, now));
        }
        Ok(Judgement::of(judged, |provider| Effect::Provider(next(held.as_ref(), provider))))
    }

    async fn judge_specification(&self, told: &SpecificationBody) -> Result<Judgement, StoreError> {
        let (held, now) = (self.store.specification(&told.code).await?, self.ambient.now());
        let before = held.as_ref().map(|held| &held.value.value);
        let mut judged = intake::specification(told, before, &[], now);
        // What is sold by it is looked up only if something would change for it.
        if before.is_some() && !judged.is_known() {
            let offered = self.offered_by(&told.code).await?;
            let uses: Vec<Use<'_>> =
                offered.iter().map(|one| Use { offering: &one.offering.value, term: &one.term }).collect();
            judged = intake::specification(told, before, &uses, now);
        }
        let was = before.cloned();
        Ok(Judgement::of(judged, |specification| Effect::Specification {
            next: next(held.as_ref(), specification),
            told: Box::new(told.clone()),
            before: was,
        }))
    }

    async fn judge_course(&self, body: &InboundBody) -> Result<Judgement, StoreError> {
        let Some((school, term, code, specification, provider)) = named(body) else {
            return Ok(Judgement::nothing(Vec::new()));
        };
        let id = OfferingId::new(school, term, code);
        let store = self.store;
        let (at, of_term, held, offering, specification, knows_provider) = try_join!(
            store.school(school),
            store.term(school, term),
            store.course(school, code),
            store.offering(&id),
            store.specification(specification),
            self.knows_provider(provider),
        )?;
        let here = Offered {
            course: held.as_ref().map(|held| &held.value.value),
            offering: offering.as_ref().map(|offering| &offering.value),
            knows_school: at.is_some(),
            knows_term: of_term.is_some(),
            knows_provider,
            knows_specification: specification.is_some(),
        };
        let Some(judged) = intake::course(body, here) else { return Ok(Judgement::nothing(Vec::new())) };
        let effect = |course| match specification {
            Some(specification) => {
                let wanted = offering.is_none();
                let draft = intake::draft(body, &specification.value.value).filter(|_| wanted).map(Box::new);
                Effect::Course { next: next(held.as_ref(), course), draft, specification }
            }
            None => Effect::Nothing,
        };
        Ok(Judgement::of(judged, effect))
    }

    async fn knows_provider(&self, provider: Option<&OrganizationId>) -> Result<bool, StoreError> {
        let Some(provider) = provider else { return Ok(true) };
        let found = self.store.organization(provider).await?;
        Ok(found.is_some_and(|found| found.value.value.kind == OrganizationKind::Provider))
    }

    /// In how many places something is in use that the city has done away with.
    async fn uses_of(&self, said: &InboundBody) -> Result<usize, StoreError> {
        match said {
            InboundBody::School(school) => Ok(usize::from(self.store.school(&school.code).await?.is_some())),
            InboundBody::Provider(provider) => self.given_by(&provider.code).await,
            InboundBody::Specification(specification) => Ok(self.offered_by(&specification.code).await?.len()),
            InboundBody::InHouseCourse(_) | InboundBody::ExternalCourse(_) => {
                let Some((school, term, code, ..)) = named(said) else { return Ok(0) };
                let offering = self.store.offering(&OfferingId::new(school, term, code)).await?;
                Ok(usize::from(offering.is_some_and(|offering| offering.value.state == OfferingState::Open)))
            }
        }
    }
}

/// What a course is named by, and what it names.
type Named<'a> = (&'a SchoolCode, &'a TermCode, &'a CourseCode, &'a SpecificationCode, Option<&'a OrganizationId>);

fn named(body: &InboundBody) -> Option<Named<'_>> {
    match body {
        InboundBody::InHouseCourse(told) => Some((&told.school, &told.term, &told.code, &told.specification, None)),
        InboundBody::ExternalCourse(told) => {
            Some((&told.school, &told.term, &told.code, &told.specification, Some(&told.provider)))
        }
        InboundBody::School(_) | InboundBody::Provider(_) | InboundBody::Specification(_) => None,
    }
}
