//! What is reported (上报自检): the sample records out and back, each data set on its own row. B6.1.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::SchoolCode;
use domain::supervision::agreement::{Descent, Held, Question, Row, Shelf};
use domain::supervision::map::{Field, Holds};
use domain::supervision::{Dataset, Outcome, Receipt, Record, RefusalKind, Rendered, sample};
use gateway::supervision::{Supervision, batches};
use serde_json::Value;

use crate::table::Cell;
use crate::words;

/// The steps, in their order.
pub(crate) const STEPS: [Step; 8] =
    [Step::Write, Step::Need, Step::Send, Step::Repeat, Step::Outdated, Step::Show, Step::Agree, Step::Delete];

/// A step of the run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// All records can be written.
    Write,
    /// What names a record that is not there is refused for that.
    Need,
    /// All are taken.
    Send,
    /// Again they have the same receipts.
    Repeat,
    /// Of an older version they are left alone.
    Outdated,
    /// They are held as they were sent.
    Show,
    /// Both sides come to the same digests.
    Agree,
    /// They are gone when they are told to be.
    Delete,
}

/// What is the matter with each data set, and which there was something to look at of.
#[derive(Default)]
pub(crate) struct Found {
    complaints: BTreeMap<Dataset, String>,
    looked_at: BTreeSet<Dataset>,
    everywhere: Option<String>,
}

impl Found {
    pub(crate) fn of(&self, dataset: Dataset) -> Cell {
        if self.everywhere.is_none() && !self.looked_at.contains(&dataset) {
            return Cell::Nothing;
        }
        Cell::of(self.complaints.get(&dataset).or(self.everywhere.as_ref()).cloned())
    }

    fn look(&mut self, dataset: Dataset, complaint: Option<String>) {
        self.looked_at.insert(dataset);
        if let Some(complaint) = complaint {
            self.complaints.entry(dataset).or_insert(complaint);
        }
    }
}

/// A run under way.
pub(crate) struct Reported<'a> {
    line: &'a Supervision,
    version: u64,
    sent: Vec<Rendered>,
    receipts: Vec<Receipt>,
}

impl<'a> Reported<'a> {
    pub(crate) const fn new(line: &'a Supervision, version: u64) -> Self {
        Self { line, version, sent: Vec::new(), receipts: Vec::new() }
    }

    pub(crate) async fn step(&mut self, step: Step) -> Found {
        match step {
            Step::Write => self.write(),
            Step::Need => self.need().await,
            Step::Send => self.send().await,
            Step::Repeat => self.repeat().await,
            Step::Outdated => self.outdated().await,
            Step::Show => self.show().await,
            Step::Agree => self.agree().await,
            Step::Delete => self.delete().await,
        }
    }

    fn write(&mut self) -> Found {
        let mut found = Found::default();
        for record in sample::records(self.version) {
            match self.line.map().render(&record) {
                Ok(rendered) => {
                    found.look(record.dataset, None);
                    self.sent.push(rendered);
                }
                Err(error) => found.look(record.dataset, Some(error.to_string())),
            }
        }
        for (dataset, set) in &self.line.map().outbound {
            let bodies: Vec<&Value> =
                self.sent.iter().filter(|sent| sent.dataset == *dataset).filter_map(|sent| self.body(sent)).collect();
            let mut unfilled = Vec::new();
            unwritten(&set.fields, &bodies, &mut unfilled);
            found.look(*dataset, (!unfilled.is_empty()).then(|| format!("没有取到值的字段:{}", unfilled.join("、"))));
        }
        found
    }

    fn body<'r>(&self, sent: &'r Rendered) -> Option<&'r Value> {
        sent.json().get(&self.line.map().envelope.body)
    }

    /// Sends what names others before anything of the school is there.
    async fn need(&self) -> Found {
        let mut found = Found::default();
        let needy: Vec<Rendered> = sample::records(self.version)
            .iter()
            .filter(|record| !self.line.map().needs(record).is_empty())
            .filter_map(|record| self.line.map().render(record).ok())
            .collect();
        // From the last on, so that none of them is there when another one asks for it.
        for rendered in needy.iter().rev() {
            let told = self.line.push(std::slice::from_ref(rendered)).await;
            let complaint = match told.as_deref() {
                Ok([Receipt { outcome: Outcome::Refused(refusal), .. }]) if refusal.kind == RefusalKind::Dependency => {
                    None
                }
                Ok(receipts) => Some(format!("引用的记录不存在时应答:{}", outcomes(receipts))),
                Err(error) => Some(words(error)),
            };
            found.look(rendered.dataset, complaint);
        }
        found
    }

    async fn push(&self, records: &[Rendered], found: &mut Found) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for batch in batches(records) {
            match self.line.push(batch).await {
                Ok(told) => receipts.extend(told),
                Err(error) => found.everywhere = Some(words(&error)),
            }
        }
        receipts
    }

    async fn send(&mut self) -> Found {
        let mut found = Found::default();
        self.receipts = self.push(&self.sent, &mut found).await;
        for receipt in &self.receipts {
            let taken = matches!(receipt.outcome, Outcome::Accepted { .. });
            found.look(receipt.dataset, (!taken).then(|| outcomes(std::slice::from_ref(receipt))));
        }
        found
    }

    async fn repeat(&self) -> Found {
        let mut found = Found::default();
        let again = self.push(&self.sent, &mut found).await;
        for (first, second) in self.receipts.iter().zip(&again) {
            let same = first == second;
            found.look(
                first.dataset,
                (!same).then(|| format!("重复上报应答:{}", outcomes(std::slice::from_ref(second)))),
            );
        }
        found
    }

    async fn outdated(&self) -> Found {
        let mut found = Found::default();
        let older = sample::records(self.version.saturating_sub(1));
        let older: Vec<Rendered> = older.iter().filter_map(|record| self.line.map().render(record).ok()).collect();
        let receipts = self.push(&older, &mut found).await;
        for (receipt, sent) in receipts.iter().zip(&older) {
            let left = Outcome::Stale { held: Held { version: self.version, hash: sent.hash } };
            let complaint = (receipt.outcome != left).then(|| outcomes(std::slice::from_ref(receipt)));
            found.look(receipt.dataset, complaint.map(|told| format!("旧版本应答:{told}")));
        }
        found
    }

    async fn show(&self) -> Found {
        let mut found = Found::default();
        for sent in &self.sent {
            let complaint = match self.line.show(sent.dataset, &sent.source_id).await {
                Ok(Some(held)) if held == *sent.json() => None,
                Ok(Some(_)) => Some("监管系统保存的内容与上报的不一致".to_owned()),
                Ok(None) => Some("监管系统查不到已上报的记录".to_owned()),
                Err(error) => Some(words(&error)),
            };
            found.look(sent.dataset, complaint);
        }
        found
    }

    /// Whatever differs of the school now, against what is thought to be there.
    async fn differences(&self, ours: &Shelf) -> Result<Vec<(Dataset, String)>, String> {
        let school: SchoolCode = sample::SCHOOL.parse().map_err(|error| format!("{error}"))?;
        let mut descent = Descent::begin(ours);
        loop {
            match descent.question() {
                Question::Done => break,
                Question::Digests(nodes) => {
                    let told = self.line.digests(&school, &nodes).await.map_err(|error| words(&error))?;
                    descent.take_digests(&told).map_err(|error| words(&error))?;
                }
                Question::Listings(nodes) => {
                    let told = self.line.listings(&school, &nodes).await.map_err(|error| words(&error))?;
                    descent.take_listings(told).map_err(|error| words(&error))?;
                }
            }
        }
        let agreement = descent.agreement(|_, _| true);
        let unsound =
            agreement.unsound.iter().filter_map(|node| Some((node.dataset()?, format!("摘要与明细不符:{node}"))));
        let found = agreement
            .findings
            .into_iter()
            .map(|finding| (finding.dataset, format!("{}:{}", finding.discrepancy.chinese(), finding.source_id)));
        Ok(unsound.chain(found).collect())
    }

    async fn agree(&self) -> Found {
        let mut found = Found::default();
        let records = sample::records(self.version);
        let row = |record: &Record| {
            let sent =
                self.sent.iter().find(|sent| sent.dataset == record.dataset && sent.source_id == record.source_id)?;
            let Record { term, dataset, day, source_id, version, .. } = record.clone();
            Some(Row { term, dataset, day, source_id, held: Held { version, hash: sent.hash } })
        };
        let ours = Shelf::of(records.iter().filter_map(row));
        for sent in &self.sent {
            found.look(sent.dataset, None);
        }
        match self.differences(&ours).await {
            Ok(differences) => differences.into_iter().for_each(|(dataset, told)| found.look(dataset, Some(told))),
            Err(error) => found.everywhere = Some(error),
        }
        found
    }

    async fn delete(&self) -> Found {
        let mut found = Found::default();
        let mut tombstones = Vec::new();
        for record in sample::records(self.version.saturating_add(1)).into_iter().rev() {
            let gone = Record { body: None, ..record };
            tombstones.extend(self.line.map().render(&gone).ok());
        }
        for receipt in self.push(&tombstones, &mut found).await {
            let taken = matches!(receipt.outcome, Outcome::Accepted { .. });
            found.look(receipt.dataset, (!taken).then(|| outcomes(std::slice::from_ref(&receipt))));
        }
        match self.differences(&Shelf::default()).await {
            Ok(left) => left.into_iter().for_each(|(dataset, told)| found.look(dataset, Some(told))),
            Err(error) => found.everywhere = Some(error),
        }
        found
    }
}

/// The fields of the map that no sample fills, though between them the samples have all there are: our name of it is wrong.
fn unwritten(fields: &[Field], objects: &[&Value], found: &mut Vec<String>) {
    for field in fields {
        let values: Vec<&Value> = objects.iter().filter_map(|object| object.get(&field.theirs)).collect();
        if values.is_empty() {
            found.push(field.label.clone());
        } else if let Holds::Rows { fields, .. } = &field.holds {
            let rows: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
            unwritten(fields, &rows, found);
        }
    }
}

fn outcomes(receipts: &[Receipt]) -> String {
    let word = |receipt: &Receipt| match &receipt.outcome {
        Outcome::Accepted { receipt } => format!("已接收 {receipt}"),
        Outcome::Stale { held } => format!("已有版本 {}", held.version),
        Outcome::Refused(refusal) => format!("拒绝 {} {}", refusal.code, refusal.reason),
        Outcome::Unanswered => "没有回执".to_owned(),
    };
    let told: Vec<String> = receipts.iter().map(|receipt| format!("{} {}", receipt.source_id, word(receipt))).collect();
    told.join(";")
}
