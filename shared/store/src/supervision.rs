//! Supervision (数据上报) in the tables: what of all that changes the city is told of. B6 D5 K7, promise P7.

use std::collections::BTreeMap;

use domain::Moment;
use domain::id::{ClassId, LessonId, OfferingId, SchoolCode};
use domain::settlement::Month;
use domain::supervision::comparison::Comparison;
use domain::supervision::findings::Findings;
use domain::supervision::gate::Gate;
use domain::supervision::holding::{Held, Holding, Standing};
use domain::supervision::monthly::SignedReport;
use domain::supervision::statement::Statement;
use domain::supervision::thing::Thing;
use domain::supervision::{Dataset, Receipt, SourceId};
use domain::time::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::{Versioned, decode};
use crate::key::{self, Table};
use crate::table::Store;

/// What of the supervision system's concern a thing of the audit is, or is a part of; none: it is nothing to the city.
///
/// One page for all that is written: whoever writes a thing need not think of the city, and cannot forget it. `thing` is
/// what audit entries call it: its table and key.
pub fn reportable(thing: &str) -> Option<Thing> {
    let parts: Vec<&str> = thing.split('#').collect();
    match parts.as_slice() {
        ["directory", "SCHOOL", _, "HOMEROOM", homeroom] => homeroom.parse().ok().map(Thing::Homeroom),
        ["directory", "STUDENT", student, "STUDENT"] => student.parse().ok().map(Thing::Pupil),
        ["directory", "GUARDIAN", guardian, "GUARDIAN"] => guardian.parse().ok().map(Thing::Guardian),
        ["directory", "USER", person, "USER"] => person.parse().ok().map(Thing::Staff),
        ["enrollments", "STUDENT", student, "TERM", term] => {
            Some(Thing::Record(student.parse().ok()?, term.parse().ok()?))
        }
        // A refund lies beside its payment.
        ["money", "PAYMENT", payment, "PAYMENT"] | ["money", "PAYMENT", payment, "REFUND", _] => {
            payment.parse().ok().map(Thing::Payment)
        }
        ["teaching", "CLASSES", school, term, "CLASS", class] => {
            let (course, number) = class.rsplit_once('.')?;
            let offering = OfferingId::new(&school.parse().ok()?, &term.parse().ok()?, &course.parse().ok()?);
            Some(Thing::Class(ClassId::new(&offering, number.parse().ok()?)))
        }
        ["teaching", "ROLLS", class, "LESSON", number] => {
            Some(Thing::Roll(LessonId::new(&class.parse().ok()?, number.parse().ok()?)))
        }
        _ => None,
    }
}

/// A batch that was sent, with what the city said of each record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When it was sent.
    pub at: Moment,
    /// The receipts, in the order of the records.
    pub receipts: Vec<Receipt>,
}

/// The partition of the index in which a school's holdings stand of which something is parked.
fn parked_at(school: &SchoolCode) -> String {
    format!("PARKED#{school}")
}

/// Since when something of a holding is parked, and at which school.
fn parked_since(holding: &Holding) -> Option<(Moment, &SchoolCode)> {
    let parked = holding.records.iter().filter(|held| held.standing() == Standing::Parked);
    parked.filter_map(|held| Some((held.parked.as_ref()?.at, &held.place.school))).min()
}

impl Store {
    /// What the city has of a thing; nothing at version 0.
    pub async fn holding(&self, thing: &Thing) -> Result<Versioned<Holding>, StoreError> {
        let found = self.get("holding", &key::holding(thing)).await?;
        Ok(found.unwrap_or_else(|| Versioned::absent(Holding::default())))
    }

    /// What the city has of many things, as it is now, a hundred in a call.
    pub async fn holdings(&self, things: &[Thing]) -> Result<BTreeMap<Thing, Versioned<Holding>>, StoreError> {
        let mut images = self.images(things.iter().map(key::holding).collect()).await?;
        let found = things.iter().filter_map(|thing| {
            let key = key::holding(thing);
            let image = images.remove(&(key.pk, key.sk))?;
            Some(decode("holding", image).map(|holding| (thing.clone(), holding)))
        });
        found.collect()
    }

    /// Things of a school of which something is parked, those that wait longest first.
    pub async fn parked_things(&self, school: &SchoolCode, now: Moment, limit: i32) -> Result<Vec<Thing>, StoreError> {
        let keys = self.due_in(Table::Exchange, [parked_at(school)].into_iter(), now, limit).await?;
        Ok(keys.iter().filter_map(|key| key.pk.strip_prefix("HOLDING#")?.parse().ok()).collect())
    }

    /// Whether the city can be told anything.
    pub async fn gate(&self) -> Result<Versioned<Gate>, StoreError> {
        Ok(self.get("gate", &key::gate()).await?.unwrap_or_else(|| Versioned::absent(Gate::default())))
    }

    /// What came of comparing a school's records with the city's on a day.
    pub async fn statement_of_agreement(
        &self,
        school: &SchoolCode,
        day: Date,
    ) -> Result<Option<Versioned<Statement>>, StoreError> {
        self.get("agreement", &key::agreement(school, day)).await
    }

    /// What came of comparing a school the last time, whenever that was.
    pub async fn last_statement(&self, school: &SchoolCode) -> Result<Option<Versioned<Statement>>, StoreError> {
        self.newest("agreement", (Table::Exchange, &key::agreements(school), "DAY#")).await
    }

    /// What came of it the first time.
    pub async fn first_statement(&self, school: &SchoolCode) -> Result<Option<Versioned<Statement>>, StoreError> {
        Ok(self.page("agreement", (Table::Exchange, &key::agreements(school), "DAY#"), None, 1).await?.items.pop())
    }

    /// What came of it on each day of a month that there is something of, in their order.
    pub async fn statements_of_month(&self, school: &SchoolCode, month: Month) -> Result<Vec<Statement>, StoreError> {
        let (first, last) = (key::agreement(school, month.first()), key::agreement(school, month.last()));
        Ok(self.between("agreement", (&first, &last)).await?.into_iter().map(|found| found.value).collect())
    }

    /// Which records differed the last time a school was compared.
    pub async fn last_findings(&self, school: &SchoolCode) -> Result<Option<Versioned<Findings>>, StoreError> {
        self.newest("findings", (Table::Exchange, &key::agreements(school), "FOUND#")).await
    }

    /// Which records differed each time it was compared in a month, in their order.
    pub async fn findings_of_month(&self, school: &SchoolCode, month: Month) -> Result<Vec<Findings>, StoreError> {
        let (first, after) = (Span::of(month.first()).from, Span::of(month.last()).until);
        let (first, last) = (key::findings(school, first), key::findings(school, after.plus_seconds(-1)));
        Ok(self.between("findings", (&first, &last)).await?.into_iter().map(|found| found.value).collect())
    }

    /// Who compares a school now; nobody at version 0.
    pub async fn comparison(&self, school: &SchoolCode) -> Result<Versioned<Comparison>, StoreError> {
        let found = self.get("comparison", &key::comparison(school)).await?;
        Ok(found.unwrap_or_else(|| Versioned::absent(Comparison::default())))
    }

    /// The signed report of a school's month.
    pub async fn agreement_report(
        &self,
        school: &SchoolCode,
        month: Month,
    ) -> Result<Option<Versioned<SignedReport>>, StoreError> {
        self.get("agreement-report", &key::agreement_report(school, month)).await
    }

    /// All signed reports of a school, by month.
    pub async fn agreement_reports(&self, school: &SchoolCode) -> Result<Vec<Versioned<SignedReport>>, StoreError> {
        self.all("agreement-report", (Table::Exchange, &key::agreements(school), "MONTH#")).await
    }

    /// Which of some records the city is known to have.
    pub async fn acknowledged(&self, records: &[(Dataset, SourceId)]) -> Result<Vec<bool>, StoreError> {
        let things: Vec<Thing> = records.iter().filter_map(|(dataset, id)| Thing::of(*dataset, id)).collect();
        let holdings = self.holdings(&things).await?;
        let has = |(dataset, id): &(Dataset, SourceId)| {
            let holding = Thing::of(*dataset, id).and_then(|thing| holdings.get(&thing));
            holding.and_then(|holding| holding.value.held(*dataset, id)).is_some_and(Held::is_there)
        };
        Ok(records.iter().map(has).collect())
    }
}

impl Commit {
    /// Writes what the city has of a thing. It follows from the thing and from the city's word, and is no act of anybody.
    pub fn save_holding(&mut self, thing: &Thing, holding: &Versioned<Holding>) -> Result<(), StoreError> {
        let parked = parked_since(&holding.value);
        self.put_untraced("holding", key::holding(thing), holding, parked.map(|(since, _)| since))?;
        if let Some((_, school)) = parked {
            self.list_last_in(&parked_at(school));
        }
        Ok(())
    }

    /// Writes what somebody has decided about records of a thing, and has it looked at.
    pub fn decide_holding(&mut self, thing: &Thing, holding: &Versioned<Holding>) -> Result<(), StoreError> {
        let parked = parked_since(&holding.value);
        self.put("holding", key::holding(thing), holding, parked.map(|(since, _)| since))?;
        if let Some((_, school)) = parked {
            self.list_last_in(&parked_at(school));
        }
        self.report(thing.clone());
        Ok(())
    }

    /// Writes whether the city can be told anything, as it was found.
    pub fn save_gate(&mut self, gate: &Versioned<Gate>) -> Result<(), StoreError> {
        self.put_untraced("gate", key::gate(), gate, None)
    }

    /// Writes when somebody says the city takes records.
    pub fn decide_gate(&mut self, gate: &Versioned<Gate>) -> Result<(), StoreError> {
        self.put("gate", key::gate(), gate, None)
    }

    /// Writes what came of comparing a school's records with the city's: of a day that is compared twice, the later.
    pub fn save_agreement(&mut self, statement: &Versioned<Statement>, day: Date) -> Result<(), StoreError> {
        self.put_untraced("agreement", key::agreement(&statement.value.school, day), statement, None)
    }

    /// Writes which records differed when a school was compared.
    pub fn keep_findings(&mut self, findings: &Findings) -> Result<(), StoreError> {
        let key = key::findings(&findings.school, findings.at);
        self.put_untraced("findings", key, &Versioned::absent(findings), None)
    }

    /// Writes who compares a school now.
    pub fn save_comparison(
        &mut self,
        school: &SchoolCode,
        comparison: &Versioned<Comparison>,
    ) -> Result<(), StoreError> {
        self.put_untraced("comparison", key::comparison(school), comparison, None)
    }

    /// Keeps the signed report of a month. One that is there is never written again: then the change is stale.
    pub fn keep_agreement_report(&mut self, report: &SignedReport) -> Result<(), StoreError> {
        let key = key::agreement_report(&report.school, report.month);
        self.put_untraced("agreement-report", key, &Versioned::absent(report), None)
    }

    /// Keeps a batch that was sent; `mark` tells it from others of the same second.
    pub fn keep_delivery(&mut self, delivery: Delivery, mark: u64) -> Result<(), StoreError> {
        let key = key::delivery(delivery.at, mark);
        self.put_untraced("delivery", key, &Versioned::absent(delivery), None)
    }
}
