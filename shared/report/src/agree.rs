//! Agreeing (核对): where a school's records differ from the city's, and what is done about it. K7.2, promise P7.

use std::collections::BTreeSet;

use domain::audit::Actor;
use domain::id::SchoolCode;
use domain::supervision::Record;
use domain::supervision::agreement::{Descent, DescentError, Discrepancy, Finding, Question, Shelf};
use domain::supervision::comparison::{Comparison, ComparisonError};
use domain::supervision::findings::{Findings, Found, Handling};
use domain::supervision::record::Place;
use domain::supervision::resend::Name;
use domain::supervision::statement::{Known, Statement};
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
    /// Somebody else compares it.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
}

impl Fault for AgreeError {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Supervision(error) => error.kind(),
            Self::Descent(error) => error.kind(),
            Self::Comparison(error) => error.kind(),
        }
    }

    fn slug(&self) -> &'static str {
        match self {
            Self::Store(error) => error.slug(),
            Self::Supervision(error) => error.slug(),
            Self::Descent(error) => error.slug(),
            Self::Comparison(error) => error.slug(),
        }
    }
}

impl Reporter<'_> {
    /// Compares all records of a school with the city's, has what differs told again, and keeps what came of it. While
    /// somebody else is at it, nothing is done.
    pub async fn agree(&self, school: &SchoolCode) -> Result<Statement, AgreeError> {
        let mut comparison = self.store.comparison(school).await?;
        comparison.value.begin(self.ambient.now())?;
        let mut commit = self.commit("supervision.compare");
        commit.save_comparison(school, &comparison)?;
        match self.store.commit(commit).await {
            Err(StoreError::Stale) => return Err(ComparisonError::UnderWay.into()),
            begun => begun?,
        }
        comparison.ver = comparison.ver.saturating_add(1);
        comparison.value.end();
        let agreed = self.compare_and_repair(school, &comparison).await;
        if agreed.is_err() {
            // Whoever asks next need not wait until it has died; if this fails as well, it does.
            let mut commit = self.commit("supervision.compare");
            commit.save_comparison(school, &comparison)?;
            if let Err(error) = self.store.commit(commit).await {
                tracing::warn!(slug = error.slug(), %school, "comparison is given up once its time is over");
            }
        }
        agreed
    }

    async fn compare_and_repair(
        &self,
        school: &SchoolCode,
        ended: &Versioned<Comparison>,
    ) -> Result<Statement, AgreeError> {
        let began = self.ambient.now();
        let Ours { shelf, acknowledged, known, mut lines } =
            Box::pin(ours(self.store, self.supervision.map(), school, began)).await?;
        let findings = self.compare(school, &shelf, &acknowledged).await?;
        let mut found = Vec::with_capacity(findings.len());
        for finding in &findings {
            let known = known.get(&(finding.dataset, finding.source_id.clone()));
            let line = lines.entry(finding.dataset).or_default();
            if known.is_none() && self.is_over(school, finding).await? {
                line.settle(finding.discrepancy);
                continue;
            }
            line.count(finding.discrepancy, known.is_some());
            let handling = match known {
                Some(Known::UnderWay(_)) => Handling::UnderWay,
                Some(Known::Parked) => Handling::Parked,
                None => self.repair(school, finding).await?,
            };
            found.push(Found::of(finding, handling));
        }
        let at = self.ambient.now();
        let statement = Statement { school: school.clone(), at, lines };
        let before = self.store.statement_of_agreement(school, began.day()).await?;
        let mut commit = self.commit("supervision.agree");
        commit.save_agreement(&Versioned::next(before.as_ref(), statement.clone()), began.day())?;
        commit.keep_findings(&Findings::of(school.clone(), at, found))?;
        commit.save_comparison(school, ended)?;
        self.store.commit(commit).await?;
        Ok(statement)
    }

    fn commit(&self, action: &'static str) -> Commit {
        Commit::new(Actor::system("municipal-agreement"), action, self.ambient.now())
    }

    async fn compare(
        &self,
        school: &SchoolCode,
        ours: &Shelf,
        acknowledged: &BTreeSet<Name>,
    ) -> Result<Vec<Finding>, AgreeError> {
        let mut descent = Descent::begin(ours);
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
        let acked = |dataset, id: &_| acknowledged.contains(&(dataset, Clone::clone(id)));
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

    /// Has a record told again, above whatever the city has. What names nothing of ours stays in the statement.
    async fn repair(&self, school: &SchoolCode, finding: &Finding) -> Result<Handling, StoreError> {
        let Some(thing) = Thing::of(finding.dataset, &finding.source_id) else { return Ok(Handling::Foreign) };
        let mut holding = self.store.holding(&thing).await?;
        let theirs = finding.theirs.map_or(0, |theirs| theirs.version);
        let held = holding.value.held(finding.dataset, &finding.source_id);
        let elsewhere = || Place { school: school.clone(), term: None, day: None };
        let place = held.map_or_else(elsewhere, |held| held.place.clone());
        if finding.discrepancy == Discrepancy::Unreported && held.is_none() {
            self.store.raise_report(&thing, self.ambient.now()).await?;
            return Ok(Handling::SentAgain);
        }
        holding.value.correct((finding.dataset, &finding.source_id), &place, theirs);
        self.tell_again("supervision.repair", &thing, &holding).await?;
        Ok(Handling::SentAgain)
    }
}
