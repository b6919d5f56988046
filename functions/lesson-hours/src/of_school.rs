//! What a school counts, or a teacher of the own classes there. Who may count sees the groups and what they are called.

use std::collections::BTreeMap;

use domain::access::{Allows, Granted};
use domain::directory::Homeroom;
use domain::id::{SchoolCode, TermCode};
use domain::teaching::grouped::{By, Group, Homerooms};
use domain::teaching::hours::Hours;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::parse;
use edge::{App, Caller};

use crate::asked::Asked;
use crate::counting::{Counting, Ground};
use crate::labels::{Label, labels};

/// Groups of a page.
const PAGE: usize = 500;

/// A school's term that the caller reaches, with the proof.
pub(crate) struct Place<P> {
    pub(crate) granted: Granted<P>,
    pub(crate) school: SchoolCode,
    pub(crate) ground: Ground,
}

impl<P: Allows> Place<P> {
    /// By the names of both.
    pub(crate) async fn reach(app: &App, caller: &Caller, (school, term): (&str, &str)) -> Outcome<Self> {
        let granted = caller.ask::<P>(app).await?;
        let (school, term): (SchoolCode, TermCode) = (parse("school", school)?, parse("term", term)?);
        if !granted.covers_school(&school) {
            return Err(AccessError::NotFound.into());
        }
        let ground = Ground::of(app, &school, &term).await?;
        Ok(Self { granted, school, ground })
    }

    /// What is asked for, counted in the classes that the caller reaches.
    pub(crate) async fn count(&self, app: &App, asked: &mut Asked) -> Outcome<Counted> {
        self.choose_pupils(app, asked).await?;
        let members = match asked.by {
            By::Homeroom => app.store().homerooms_with_members(&self.school).await?,
            By::All | By::Person | By::Class | By::Course | By::Lesson | By::Day | By::Week | By::Month => Vec::new(),
        };
        let of = |(homeroom, pupils): &(Homeroom, Vec<_>)| {
            let id = homeroom.id.clone();
            pupils.clone().into_iter().map(move |pupil| (pupil, id.clone())).collect::<Vec<_>>()
        };
        let of_pupils: Homerooms = members.iter().flat_map(of).collect();
        let classes = self.ground.classes.open_to(&self.granted);
        let counting = Counting::read(app, &self.ground.term, classes, &asked.wanted).await?;
        let groups = counting.hours(asked.of, asked.by, &of_pupils);
        let total = groups.values().fold(Hours::default(), |sum, hours| sum.plus(*hours));
        Ok(Counted { groups, total, homerooms: members.into_iter().map(|(homeroom, _)| homeroom).collect() })
    }

    /// The pupils of the homeroom, if one is asked for.
    async fn choose_pupils(&self, app: &App, asked: &mut Asked) -> Outcome<()> {
        let Some(homeroom) = &asked.homeroom else { return Ok(()) };
        if homeroom.school() != self.school {
            return Err(AccessError::NotFound.into());
        }
        let members = app.store().members(homeroom).await?.into_iter();
        let chosen = asked.wanted.pupils.take();
        let both = members.filter(|pupil| chosen.as_ref().is_none_or(|chosen| chosen.contains(pupil)));
        asked.wanted.pupils = Some(both.collect());
        Ok(())
    }
}

/// What was counted.
pub(crate) struct Counted {
    pub(crate) groups: BTreeMap<Group, Hours>,
    pub(crate) total: Hours,
    homerooms: Vec<Homeroom>,
}

impl Counted {
    /// The groups after a cursor, as many as a page has, with what they are called, and the cursor of the next page.
    pub(crate) async fn page<T>(
        &self,
        app: &App,
        ground: &Ground,
        cursor: Option<&str>,
        row: impl Fn((&Group, &Hours), Label) -> T,
    ) -> Outcome<(Vec<T>, Option<String>)> {
        let after = |group: &Group| cursor.is_none_or(|cursor| group.to_string().as_str() > cursor);
        let mut left = self.groups.iter().filter(|(group, _)| after(group));
        let page: Vec<_> = left.by_ref().take(PAGE).collect();
        let next = left.next().and(page.last()).map(|(group, _)| group.to_string());
        Ok((self.called(app, ground, &page, row).await?, next))
    }

    /// All groups with what they are called.
    pub(crate) async fn all<T>(
        &self,
        app: &App,
        ground: &Ground,
        row: impl Fn((&Group, &Hours), Label) -> T,
    ) -> Outcome<Vec<T>> {
        self.called(app, ground, &self.groups.iter().collect::<Vec<_>>(), row).await
    }

    async fn called<T>(
        &self,
        app: &App,
        ground: &Ground,
        groups: &[(&Group, &Hours)],
        row: impl Fn((&Group, &Hours), Label) -> T,
    ) -> Outcome<Vec<T>> {
        let mut labels = labels(app, ground, &self.homerooms, groups.iter().map(|(group, _)| *group)).await?;
        Ok(groups.iter().map(|one| row(*one, labels.remove(one.0).unwrap_or_default())).collect())
    }
}
