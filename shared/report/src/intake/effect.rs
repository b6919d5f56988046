//! What follows from a record that takes effect (生效): the thing that it is of, at the version that was read. B5.1 S5.3.

use domain::catalog::{Course, Offering, Specification};
use domain::directory::{Organization, School};
use domain::supervision::body::SpecificationBody;
use domain::supervision::intake::Follow;
use store::import::Imported;
use store::{Commit, StoreError, Versioned};

/// What would be written.
#[derive(Debug)]
pub(super) enum Effect {
    /// Nothing: the city has done away with it, and nothing of ours goes.
    Nothing,
    /// A school.
    School(Versioned<Imported<School>>),
    /// A provider.
    Provider(Versioned<Imported<Organization>>),
    /// A specification as it was told, and what it was.
    Specification {
        next: Versioned<Imported<Specification>>,
        told: Box<SpecificationBody>,
        before: Option<Specification>,
    },
    /// A course, with what is offered of it if nothing is, by the price of a specification.
    Course {
        next: Versioned<Imported<Course>>,
        draft: Option<Box<Offering>>,
        specification: Versioned<Imported<Specification>>,
    },
}

/// The next version of a thing; its origin goes on, so that a later file still tells what it brought itself.
pub(super) fn next<T>(held: Option<&Versioned<Imported<T>>>, value: T) -> Versioned<Imported<T>> {
    match held {
        Some(held) => held.with(held.value.with(value)),
        None => Versioned::absent(Imported::by_hand(value)),
    }
}

impl Effect {
    /// Writes it.
    pub(super) fn write(&self, commit: &mut Commit) -> Result<(), StoreError> {
        match self {
            Self::Nothing => Ok(()),
            Self::School(school) => commit.save_kept_school(school),
            Self::Provider(provider) => commit.save_organization(provider),
            Self::Specification { next, .. } => commit.save_specification(next),
            Self::Course { next, draft, specification } => {
                commit.save_course(next)?;
                if let Some(draft) = draft {
                    commit.rest_on_specification(specification);
                    commit.save_offering(&Versioned::absent(draft.as_ref().clone()))?;
                }
                Ok(())
            }
        }
    }

    /// What offerings have to follow once it is written, beside what they have not followed yet.
    pub(super) fn follow(&self, pending: Option<Follow>) -> Option<Follow> {
        match self {
            Self::Specification { told, before, .. } => Follow::after(pending, told, before.as_ref()),
            Self::Nothing | Self::School(_) | Self::Provider(_) | Self::Course { .. } => pending,
        }
    }

    /// What would be offered.
    pub(super) fn draft(&self) -> Option<&Offering> {
        match self {
            Self::Course { draft, .. } => draft.as_deref(),
            Self::Nothing | Self::School(_) | Self::Provider(_) | Self::Specification { .. } => None,
        }
    }
}
