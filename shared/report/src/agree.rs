//! Agreeing (核对): where a school's records differ from the city's, and what is done about it. K7.2, promise P7.

use std::collections::BTreeMap;

use domain::audit::Actor;
use domain::id::SchoolCode;
use domain::supervision::Record;
use domain::supervision::agreement::{Descent, DescentError, Discrepancy, Finding, Question};
use domain::supervision::record::Place;
use domain::supervision::statement::{Line, Statement};
use domain::supervision::thing::Thing;
use domain::{Fault, Kind};
use gateway::supervision::SupervisionError;
use store::{Commit, StoreError, Versioned};

use crate::build::build;
use crate::send::Reporter;
use crate::shelf::{Ours, ours};

/// Why a school could not be compared; it is compared again.
#[derive(Debug, thiserror::Error)]
pub enum AgreeError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The city.
    #[error(transparent)]
    Supervision(#[from] SupervisionError),
    /// An answer of the city that cannot be one.
    #[error(transparent)]
    Descent(#[from] DescentError),
}

impl Fault for AgreeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Supervision(error) => error.kind(),
            Self::Descent(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Supervision(error) => error.slug(),
            Self::Descent(error) => error.slug(),
        }
    }
}

impl Reporter<'_> {
    /// Compares all records of a school with the city's, has what differs told again, and keeps what came of it.
    pub async fn agree(&self, school: &SchoolCode) -> Result<Statement, AgreeError> {
        let began = self.ambient.now();
        let ours = Box::pin(ours(self.store, self.supervision.map(), school, began)).await?;
        let findings = self.compare(school, &ours).await?;
        let mut lines: BTreeMap<_, Line> =
            ours.counts.iter().map(|(dataset, count)| (*dataset, Line::of(*count))).collect();
        for finding in &findings {
            let name = (finding.dataset, finding.source_id.clone());
            let under_way = ours.under_way.contains(&name);
            let line = lines.entry(finding.dataset).or_default();
            if !under_way && self.is_over(school, finding).await? {
                line.settle(finding.discrepancy);
                continue;
            }
            line.count(finding.discrepancy, under_way);
            if !under_way {
                self.repair(school, finding).await?;
            }
        }
        let statement = Statement { school: school.clone(), at: self.ambient.now(), lines };
        let found = self.store.statement_of_agreement(school, began.day()).await?;
        let mut commit = Commit::new(Actor::system("municipal-agreement"), "supervision.agree", self.ambient.now());
        commit.save_agreement(&Versioned::next(found.as_ref(), statement.clone()), began.day())?;
        self.store.commit(commit).await?;
        Ok(statement)
    }

    async fn compare(&self, school: &SchoolCode, ours: &Ours) -> Result<Vec<Finding>, AgreeError> {
        let mut descent = Descent::begin(&ours.shelf);
        loop {
            match descent.question() {
                Question::Digests(nodes) => {
                    let answers = self.supervision.digests(school, &nodes).await?;
                    descent.take_digests(&answers)?;
                }
                Question::Listings(nodes) => {
                    let answers = self.supervision.listings(school, &nodes).await?;
                    descent.take_listings(answers)?;
                }
                Question::Done => break,
            }
        }
        let acked = |dataset, id: &_| ours.acknowledged.contains(&(dataset, Clone::clone(id)));
        Ok(descent.agreement(acked).findings)
    }

    /// Whether the city has by now what we have by now: it changed and was told while the two were being compared.
    async fn is_over(&self, school: &SchoolCode, finding: &Finding) -> Result<bool, StoreError> {
        let Some(thing) = Thing::of(finding.dataset, &finding.source_id) else { return Ok(false) };
        let built = build(self.store, &thing, self.ambient.now()).await?;
        let is_it = |record: &&Record| {
            (record.dataset, &record.source_id, &record.school) == (finding.dataset, &finding.source_id, school)
        };
        let rendered = built.records.iter().find(is_it).and_then(|record| self.supervision.map().render(record).ok());
        Ok(rendered.map(|rendered| rendered.hash) == finding.theirs.map(|theirs| theirs.hash))
    }

    /// Has a record told again, above whatever the city has. What is none of ours stays in the statement.
    async fn repair(&self, school: &SchoolCode, finding: &Finding) -> Result<(), StoreError> {
        let Some(thing) = Thing::of(finding.dataset, &finding.source_id) else { return Ok(()) };
        let mut holding = self.store.holding(&thing).await?;
        let theirs = finding.theirs.map_or(0, |theirs| theirs.version);
        let held = holding.value.held(finding.dataset, &finding.source_id);
        let elsewhere = || Place { school: school.clone(), term: None, day: None };
        let place = held.map_or_else(elsewhere, |held| held.place.clone());
        if finding.discrepancy == Discrepancy::Unreported && held.is_none() {
            return self.store.raise_report(&thing, self.ambient.now()).await;
        }
        holding.value.correct((finding.dataset, &finding.source_id), &place, theirs);
        self.tell_again("supervision.repair", &thing, &holding).await
    }
}
