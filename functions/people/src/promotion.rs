//! What the turn of a school year means for each homeroom of a school. S3.1 S3.3.

use domain::access::Granted;
use domain::directory::{Homeroom, School};
use domain::id::SchoolCode;
use domain::promotion::{Step, check_open, step_of, step_of_pupil};
use domain::school_year::SchoolYear;
use edge::App;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::parse;
use store::Versioned;
use store::import::Imported;

/// A school at the turn of a school year.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// The school.
    pub(crate) school: School,
    /// The year that begins.
    pub(crate) year: SchoolYear,
}

/// A homeroom and what becomes of it.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// The homeroom as it is.
    pub(crate) homeroom: Versioned<Imported<Homeroom>>,
    /// What becomes of it.
    pub(crate) step: Step,
}

/// Pupils of a homeroom, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// All who are in it.
    pub(crate) all: usize,
    /// Those who rise or leave.
    pub(crate) behind: usize,
    /// Those further behind, whom somebody has to look at.
    pub(crate) out_of_step: usize,
}

impl Turn {
    /// The turn to a school year, if the caller reaches the school and the year can be turned to now.
    pub(crate) async fn of<P>(app: &App, granted: &Granted<P>, school: &str, year: &str) -> Outcome<Self> {
        let code: SchoolCode = parse("school", school)?;
        if !granted.covers_school(&code) {
            return Err(AccessError::NotFound.into());
        }
        let year: SchoolYear = parse("school_year", year)?;
        let school = app.store().school(&code).await?.ok_or(AccessError::NotFound)?.value;
        check_open(year, app.now().day())?;
        Ok(Self { school, year })
    }

    /// The homerooms, by grade and identifier. Of those that have left before, nobody is left to look at.
    pub(crate) async fn plan(&self, app: &App) -> Outcome<Vec<Planned>> {
        let mut homerooms = app.store().homerooms_kept(&self.school.code).await?;
        let year = self.year.first();
        homerooms.retain(|room| room.value.value.graduated.is_none_or(|left| left == year));
        homerooms.sort_by(|one, other| {
            let (one, other) = (&one.value.value, &other.value.value);
            (one.grade, &one.id).cmp(&(other.grade, &other.id))
        });
        let planned = homerooms.into_iter().map(|homeroom| {
            let step = step_of(&homeroom.value.value, &self.school, self.year);
            Planned { homeroom, step }
        });
        Ok(planned.collect())
    }

    /// The pupils of a homeroom, counted without opening their names.
    pub(crate) async fn count<P>(&self, app: &App, granted: &Granted<P>, homeroom: &Homeroom) -> Outcome<Counted> {
        let pupils = app.store().pupils_in(&homeroom.id).await?;
        let mut counted = Counted::default();
        for pupil in pupils.into_iter().filter_map(|pupil| pupil.within(granted)) {
            counted.all = counted.all.saturating_add(1);
            match step_of_pupil(&pupil.value, &self.school, self.year) {
                Step::Stays => {}
                Step::Rises { .. } | Step::Graduates => counted.behind = counted.behind.saturating_add(1),
                Step::OutOfStep => counted.out_of_step = counted.out_of_step.saturating_add(1),
            }
        }
        Ok(counted)
    }
}
