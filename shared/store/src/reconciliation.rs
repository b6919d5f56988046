//! Reconciliation (对账) in its table: the journal of a day, bills that were read, differences, daily statements. S35.

use std::collections::HashMap;

use domain::access::Guarded;
use domain::directory::Pupil;
use domain::id::{DifferenceId, OrderNo, PaymentNo, RefundNo, SchoolCode, StudentId, TermCode};
use domain::journal::Entry;
use domain::payment::{Channel, Payment};
use domain::reconciliation::difference::Difference;
use domain::reconciliation::remittance::Remittance;
use domain::reconciliation::run::BillRun;
use domain::reconciliation::statement::Statement;
use domain::record::TermRecord;
use domain::refund::Refund;
use domain::register::Row;
use domain::{Moment, Tenant};
use jiff::civil::Date;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::{Versioned, decode};
use crate::key::{self, Table};
use crate::table::Store;

/// What the sort key of a day begins with.
const DAY: &str = "DAY#";

/// A page of differences, and where the next one begins.
pub type Differences = (Vec<Guarded<Versioned<Difference>>>, Option<String>);

impl Store {
    /// The money facts of a school's day, guarded as the school's own.
    pub async fn journal_of(&self, school: &SchoolCode, day: Date) -> Result<Vec<Entry>, StoreError> {
        let facts = self.all("journal", (Table::Money, &key::journal_of(school, day), "")).await?;
        Ok(facts.into_iter().map(|fact| fact.value).collect())
    }

    /// The refunds of a school that the provider took on on a day, with the payments they come from.
    pub async fn refunds_taken_on(
        &self,
        school: &SchoolCode,
        day: Date,
    ) -> Result<Vec<(Guarded<Versioned<Payment>>, Refund)>, StoreError> {
        let numbers = self.refunds_of_day(school, day).await?;
        let refunds = numbers.iter().map(key::refund).collect();
        let mut payments = self.payments_of(numbers.iter().map(RefundNo::payment)).await?;
        let mut found = Vec::new();
        for image in self.images(refunds).await?.into_values() {
            let refund = decode::<Refund>("refund", image)?.value;
            if let Some(payment) = payments.remove(&refund.payment) {
                payments.insert(refund.payment.clone(), payment.clone());
                found.push((Guarded::new(payment), refund));
            }
        }
        Ok(found)
    }

    /// Many payments at once, by their numbers.
    pub async fn payments(
        &self,
        numbers: impl IntoIterator<Item = PaymentNo>,
    ) -> Result<Vec<Guarded<Versioned<Payment>>>, StoreError> {
        Ok(self.payments_of(numbers).await?.into_values().map(Guarded::new).collect())
    }

    async fn payments_of(
        &self,
        numbers: impl IntoIterator<Item = PaymentNo>,
    ) -> Result<HashMap<PaymentNo, Versioned<Payment>>, StoreError> {
        let images = self.images(numbers.into_iter().map(|no| key::payment(&no)).collect()).await?;
        let payment = |image| decode::<Payment>("payment", image).map(|payment| (payment.value.no.clone(), payment));
        images.into_values().map(payment).collect()
    }

    /// The records of many orders at once.
    pub async fn records_of(
        &self,
        orders: impl IntoIterator<Item = OrderNo>,
    ) -> Result<Vec<Guarded<Versioned<TermRecord>>>, StoreError> {
        self.records_in(orders.into_iter().map(|no| (no.student(), no.term()))).await
    }

    /// Many records at once: of these pupils, in these terms.
    pub async fn records_in(
        &self,
        places: impl IntoIterator<Item = (StudentId, TermCode)>,
    ) -> Result<Vec<Guarded<Versioned<TermRecord>>>, StoreError> {
        let keys = places.into_iter().map(|(student, term)| key::record(&student, &term)).collect();
        let images = self.images(keys).await?;
        images.into_values().map(|image| decode("record", image).map(Guarded::new)).collect()
    }

    /// Many pupils at once, without what says who they are.
    pub async fn pupils(
        &self,
        students: impl IntoIterator<Item = StudentId>,
    ) -> Result<Vec<Guarded<Versioned<Pupil>>>, StoreError> {
        let images = self.images(students.into_iter().map(|id| key::student(&id)).collect()).await?;
        images.into_values().map(|image| decode("student", image).map(Guarded::new)).collect()
    }

    /// Many bills at once; of those nobody has asked for there is none.
    pub async fn bill_runs(
        &self,
        bills: impl IntoIterator<Item = (Channel, Option<SchoolCode>, Date)>,
    ) -> Result<HashMap<(Channel, Option<SchoolCode>, Date), Versioned<BillRun>>, StoreError> {
        let keys =
            bills.into_iter().map(|(channel, school, day)| key::bill_run(channel, &tenant(school.as_ref()), day));
        let images = self.images(keys.collect()).await?;
        let run = |image| {
            let run: Versioned<BillRun> = decode("bill_run", image)?;
            Ok(((run.value.channel, run.value.school.clone(), run.value.day), run))
        };
        images.into_values().map(run).collect()
    }

    /// A difference.
    pub async fn difference(&self, id: &DifferenceId) -> Result<Option<Guarded<Versioned<Difference>>>, StoreError> {
        self.guarded("difference", &key::difference(id)).await
    }

    /// A page of the differences of a school, or of the platform's own; of one day, or of all, by the day.
    pub async fn differences(
        &self,
        of: &Tenant,
        day: Option<Date>,
        after: Option<&str>,
        limit: i32,
    ) -> Result<Differences, StoreError> {
        let prefix = day.map_or_else(String::new, |day| format!("{day}."));
        let within = (Table::Money, &*key::differences(of), &*prefix);
        let page = self.page("difference", within, after, limit).await?;
        Ok((page.items.into_iter().map(Guarded::new).collect(), page.next))
    }

    /// The statement of a school's day.
    pub async fn statement(
        &self,
        school: &SchoolCode,
        day: Date,
    ) -> Result<Option<Guarded<Versioned<Statement>>>, StoreError> {
        self.guarded("statement", &key::statement(school, day)).await
    }

    /// What arrived of a school's day at a provider, as far as it is known.
    pub async fn remittance(
        &self,
        school: &SchoolCode,
        channel: Channel,
        day: Date,
    ) -> Result<Option<Guarded<Versioned<Remittance>>>, StoreError> {
        self.guarded("remittance", &key::remittance(school, channel, day)).await
    }

    /// The rows of many orders at once, of a school: by when each was placed.
    pub async fn rows_of(
        &self,
        school: &SchoolCode,
        orders: impl IntoIterator<Item = (OrderNo, Moment)>,
    ) -> Result<Vec<Guarded<Versioned<Row>>>, StoreError> {
        let keys = orders.into_iter().map(|(no, placed_at)| key::row(school, &no.term(), placed_at, &no)).collect();
        let images = self.images(keys).await?;
        images.into_values().map(|image| decode("row", image).map(Guarded::new)).collect()
    }

    /// All statements of a school, the oldest first.
    pub async fn statements(&self, school: &SchoolCode) -> Result<Vec<Guarded<Versioned<Statement>>>, StoreError> {
        let all = self.all("statement", (Table::Money, &key::statements(school), DAY)).await?;
        Ok(all.into_iter().map(Guarded::new).collect())
    }
}

impl Commit {
    /// Writes the next version of a bill run.
    pub fn save_bill_run(&mut self, run: &Versioned<BillRun>) -> Result<(), StoreError> {
        let key = key::bill_run(run.value.channel, &tenant(run.value.school.as_ref()), run.value.day);
        self.put("bill_run", key, run, None)
    }

    /// Writes the next version of a difference.
    pub fn save_difference(&mut self, difference: &Versioned<Difference>) -> Result<(), StoreError> {
        self.put("difference", key::difference(&difference.value.id), difference, None)
    }

    /// Writes the next version of a daily statement.
    pub fn save_statement(&mut self, statement: &Versioned<Statement>) -> Result<(), StoreError> {
        self.put("statement", key::statement(&statement.value.school, statement.value.day), statement, None)
    }
}

impl Commit {
    /// Writes the next version of what arrived of a day.
    pub fn save_remittance(&mut self, remittance: &Versioned<Remittance>) -> Result<(), StoreError> {
        let Remittance { school, channel, day, .. } = &remittance.value;
        self.put("remittance", key::remittance(school, *channel, *day), remittance, None)
    }
}

fn tenant(school: Option<&SchoolCode>) -> Tenant {
    school.map_or(Tenant::Platform, |school| Tenant::School(school.clone()))
}
