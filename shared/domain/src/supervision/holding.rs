//! Holding (已报): what the city has acknowledged of a thing, what is on its way, and what it has refused. B6.1 K7.1,
//! promise P7.
//!
//! Before a record is sent it is written down at which version it is sent and what it says. So a version says the same
//! whenever it arrives: what is sent again after a crash is sent under the same version if it says the same, and under a
//! higher one if not. The city takes a record by its number and ignores what is not above the version it has.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::digest::RecordHash;
use super::receipt::{Outcome, Refusal, RefusalKind};
use super::record::{Op, Place, Record};
use super::source::SourceId;
use crate::time::Moment;

/// Why the city has not taken a record, and will not before something changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The city's code, or `field-map` if the record does not fit its form.
    #[serde(rename = "c")]
    pub code: String,
    /// The reason as the city gave it.
    #[serde(rename = "r")]
    pub reason: String,
    /// What was refused.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<RecordHash>,
    /// Since when.
    #[serde(rename = "t")]
    pub at: Moment,
}

/// What a version of a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The version.
    #[serde(rename = "v")]
    pub version: u64,
    /// What it says.
    #[serde(rename = "h")]
    pub hash: RecordHash,
    /// Whether it is there, or gone.
    #[serde(rename = "o")]
    pub op: Op,
}

/// The city's word that it has a version of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// What it has.
    #[serde(rename = "s")]
    pub said: Said,
    /// The number of its receipt (回执).
    #[serde(rename = "n")]
    pub receipt: String,
    /// When it came.
    #[serde(rename = "t")]
    pub at: Moment,
}

/// A record, as far as the city is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The data set.
    #[serde(rename = "d")]
    pub dataset: Dataset,
    /// The record.
    #[serde(rename = "id")]
    pub source_id: SourceId,
    /// Where it is counted.
    #[serde(rename = "at")]
    pub place: Place,
    /// The highest version it was ever sent under, or the city was found to have.
    #[serde(rename = "l", default)]
    pub last: u64,
    /// What the city has.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledged>,
    /// What is on its way: it was sent, or was to be, and no answer is known.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Said>,
    /// What was refused.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// Whether it is to be sent whatever the city has acknowledged (重报).
    #[serde(rename = "again", default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

impl Held {
    const fn new(dataset: Dataset, source_id: SourceId, place: Place) -> Self {
        Self { dataset, source_id, place, last: 0, acknowledged: None, sent: None, parked: None, again: false }
    }

    /// Whether the city has the record, as far as it said.
    pub fn is_there(&self) -> bool {
        self.acknowledged.as_ref().is_some_and(|has| has.said.op == Op::Upsert)
    }

    /// Where it stands.
    pub const fn standing(&self) -> Standing {
        if self.parked.is_some() {
            Standing::Parked
        } else if self.sent.is_some() || self.again || self.acknowledged.is_none() {
            Standing::Pending
        } else {
            Standing::Acknowledged
        }
    }

    /// Whether it says already what it is to say, and nothing else is on its way.
    fn is_settled(&self, hash: RecordHash, op: Op) -> bool {
        let said = self.acknowledged.as_ref().map(|has| (has.said.hash, has.said.op));
        !self.again && self.sent.is_none() && said == Some((hash, op))
    }

    fn is_refused(&self, hash: RecordHash) -> bool {
        !self.again && self.parked.as_ref().is_some_and(|parked| parked.hash == Some(hash))
    }

    fn intend(&mut self, hash: RecordHash, op: Op) -> u64 {
        if let Some(said) = self.sent.filter(|said| said.hash == hash && said.op == op && said.version == self.last) {
            return said.version;
        }
        self.last = self.last.saturating_add(1);
        self.sent = Some(Said { version: self.last, hash, op });
        self.parked = None;
        self.last
    }
}

/// Where a record stands with the city.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// On its way, or to be sent (待报).
    Pending,
    /// The city has it (已报).
    Acknowledged,
    /// The city has refused it (挂起).
    Parked,
}

/// What the city holds of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Its records.
    #[serde(rename = "rs", default)]
    pub records: Vec<Held>,
}

/// What a record is to say, or why it cannot be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The record, without a version.
    pub record: Record,
    /// What it says; else what of it does not fit the city's form.
    pub hash: Result<RecordHash, String>,
}

impl Holding {
    /// The record of that name.
    pub fn held(&self, dataset: Dataset, source_id: &SourceId) -> Option<&Held> {
        self.records.iter().find(|held| held.dataset == dataset && held.source_id == *source_id)
    }

    fn held_mut(&mut self, dataset: Dataset, source_id: &SourceId) -> Option<&mut Held> {
        self.records.iter_mut().find(|held| held.dataset == dataset && held.source_id == *source_id)
    }

    /// Decides what is to be sent so that the city has what is wanted and nothing else; and writes down the versions.
    /// `gone` tells what a tombstone of a record says.
    pub fn intend(
        &mut self,
        wanted: Vec<Wanted>,
        now: Moment,
        gone: impl Fn(&Record) -> Option<RecordHash>,
    ) -> Vec<Record> {
        let names: BTreeSet<(Dataset, SourceId)> =
            wanted.iter().map(|one| (one.record.dataset, one.record.source_id.clone())).collect();
        let mut sending: Vec<Record> = wanted.into_iter().filter_map(|one| self.want(one, now)).collect();
        let is_wanted = |held: &Held| names.contains(&(held.dataset, held.source_id.clone()));
        // What never went out need not be taken back.
        self.records.retain(|held| is_wanted(held) || held.acknowledged.is_some() || held.last > 0);
        for held in self.records.iter_mut().filter(|held| !is_wanted(held)) {
            let Held { dataset, source_id, place, .. } = held.clone();
            let mut tombstone = Record::gone(dataset, place, source_id, 0, now);
            let Some(hash) = gone(&tombstone) else { continue };
            if !held.is_settled(hash, Op::Delete) && !held.is_refused(hash) {
                tombstone.version = held.intend(hash, Op::Delete);
                sending.push(tombstone);
            }
        }
        sending.sort_by(|one, other| (one.dataset, &one.source_id).cmp(&(other.dataset, &other.source_id)));
        sending
    }

    fn want(&mut self, wanted: Wanted, now: Moment) -> Option<Record> {
        let Wanted { mut record, hash } = wanted;
        let Record { dataset, source_id, school, term, day, .. } = record.clone();
        let place = Place { school, term, day };
        if self.held(dataset, &source_id).is_none() {
            self.records.push(Held::new(dataset, source_id.clone(), place.clone()));
        }
        let held = self.held_mut(dataset, &source_id)?;
        held.place = place;
        match hash {
            Err(reason) => {
                if held.parked.as_ref().is_none_or(|parked| parked.reason != reason) {
                    held.parked = Some(Parked { code: UNFIT.to_owned(), reason, hash: None, at: now });
                }
                held.again = false;
                None
            }
            Ok(hash) if held.is_settled(hash, Op::Upsert) => {
                held.parked = None;
                None
            }
            Ok(hash) if held.is_refused(hash) => None,
            Ok(hash) => {
                record.version = held.intend(hash, Op::Upsert);
                Some(record)
            }
        }
    }

    /// Writes down what became of a record that was sent under a version. An answer to what is no more on its way says
    /// nothing.
    pub fn settle(&mut self, (dataset, source_id): (Dataset, &SourceId), version: u64, outcome: Outcome, now: Moment) {
        let Some(held) = self.held_mut(dataset, source_id) else { return };
        let Some(said) = held.sent.filter(|said| said.version == version) else { return };
        let (said, receipt) = match outcome {
            Outcome::Unanswered
            | Outcome::Refused(Refusal { kind: RefusalKind::Later | RefusalKind::Dependency, .. }) => {
                return;
            }
            Outcome::Refused(Refusal { code, reason, kind: RefusalKind::Permanent }) => {
                held.parked = Some(Parked { code, reason, hash: Some(said.hash), at: now });
                held.sent = None;
                held.again = false;
                return;
            }
            Outcome::Stale { held: theirs } if theirs.hash != said.hash => {
                // The city was told something else under a version as high, or our books are older than its: they go on
                // from there.
                held.last = held.last.max(theirs.version);
                held.sent = None;
                held.again = true;
                return;
            }
            // It came twice, and had been taken the first time.
            Outcome::Stale { held: theirs } => {
                held.last = held.last.max(theirs.version);
                (Said { version: theirs.version, ..said }, format!("v{}", theirs.version))
            }
            Outcome::Accepted { receipt } => (said, receipt),
        };
        held.acknowledged = Some(Acknowledged { said, receipt, at: now });
        held.sent = None;
        held.parked = None;
        held.again = false;
    }

    /// The city was found to have a version of a record that our books do not know, or not to have one they know: it is
    /// sent again, above whatever is there.
    pub fn correct(&mut self, (dataset, source_id): (Dataset, &SourceId), place: &Place, theirs: u64) {
        if self.held(dataset, source_id).is_none() {
            self.records.push(Held::new(dataset, source_id.clone(), place.clone()));
        }
        if let Some(held) = self.held_mut(dataset, source_id) {
            held.last = held.last.max(theirs);
            held.again = true;
            held.parked = None;
        }
    }

    /// Whether something is to be sent, or was and is not known to have arrived.
    pub fn is_pending(&self) -> bool {
        self.records.iter().any(|held| held.standing() == Standing::Pending)
    }
}

/// The code of what does not fit the city's form.
pub const UNFIT: &str = "field-map";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::supervision::body::{Body, ClassBody};
    use crate::supervision::code::ClassState;
    use crate::supervision::resend::Selection;

    const NOW: Moment = Moment::from_seconds(1_788_220_800);

    fn place() -> Place {
        Place { school: "3144200101".parse().unwrap(), term: None, day: None }
    }

    fn id(number: u8) -> SourceId {
        format!("3144200101.2024.{number:02}").parse().unwrap()
    }

    fn hash(says: u8) -> RecordHash {
        RecordHash::of_hash(&[says; 16])
    }

    fn wanted(number: u8, says: u8) -> Wanted {
        let body = ClassBody {
            number,
            name: format!("{says}班"),
            stage: crate::directory::Stage::Primary,
            grade: 3,
            entry_year: 2024,
            state: ClassState::Active,
            graduated: None,
        };
        Wanted { record: Record::of(place(), id(number), 0, NOW, Body::Class(body)), hash: Ok(hash(says)) }
    }

    fn intend(holding: &mut Holding, wanted: Vec<Wanted>) -> Vec<(SourceId, u64, Op)> {
        let sending = holding.intend(wanted, NOW, |_| Some(hash(0)));
        sending.iter().map(|record| (record.source_id.clone(), record.version, record.op())).collect()
    }

    fn accept(holding: &mut Holding, number: u8, version: u64) {
        let accepted = Outcome::Accepted { receipt: "R1".to_owned() };
        holding.settle((Dataset::Class, &id(number)), version, accepted, NOW);
    }

    #[test]
    fn p7_what_is_sent_again_says_the_same_under_the_same_version() {
        let mut holding = Holding::default();
        assert_eq!(intend(&mut holding, vec![wanted(1, 1)]), [(id(1), 1, Op::Upsert)]);
        assert_eq!(intend(&mut holding, vec![wanted(1, 1)]), [(id(1), 1, Op::Upsert)], "the answer was lost");
        assert_eq!(intend(&mut holding, vec![wanted(1, 2)]), [(id(1), 2, Op::Upsert)], "it says something else by now");
        accept(&mut holding, 1, 1);
        assert!(holding.is_pending(), "an answer to what was sent before says nothing");
        accept(&mut holding, 1, 2);
        assert!(!holding.is_pending());
        assert_eq!(intend(&mut holding, vec![wanted(1, 2)]), []);
        assert_eq!(intend(&mut holding, vec![wanted(1, 3)]), [(id(1), 3, Op::Upsert)]);
        // Whether the third version has arrived is not known: that the first said the same is no reason to be silent.
        assert_eq!(intend(&mut holding, vec![wanted(1, 2)]), [(id(1), 4, Op::Upsert)]);
    }

    #[test]
    fn b6_1_what_is_gone_is_taken_back_once_and_may_return() {
        let mut holding = Holding::default();
        intend(&mut holding, vec![wanted(1, 1), wanted(2, 2)]);
        accept(&mut holding, 1, 1);
        accept(&mut holding, 2, 1);
        assert_eq!(intend(&mut holding, vec![wanted(1, 1)]), [(id(2), 2, Op::Delete)]);
        accept(&mut holding, 2, 2);
        assert_eq!(intend(&mut holding, vec![wanted(1, 1)]), []);
        assert!(!holding.held(Dataset::Class, &id(2)).unwrap().is_there());
        assert_eq!(intend(&mut holding, vec![wanted(1, 1), wanted(2, 2)]), [(id(2), 3, Op::Upsert)]);
    }

    #[test]
    fn b6_1_what_was_refused_waits_for_another_version_or_a_person() {
        let mut holding = Holding::default();
        intend(&mut holding, vec![wanted(1, 1), wanted(2, 2)]);
        let refusal =
            |kind| Outcome::Refused(Refusal { code: "E12".to_owned(), reason: "班级名称重复".to_owned(), kind });
        holding.settle((Dataset::Class, &id(1)), 1, refusal(RefusalKind::Later), NOW);
        assert_eq!(holding.held(Dataset::Class, &id(1)).unwrap().standing(), Standing::Pending);
        holding.settle((Dataset::Class, &id(1)), 1, refusal(RefusalKind::Permanent), NOW);
        accept(&mut holding, 2, 1);
        assert_eq!(holding.held(Dataset::Class, &id(1)).unwrap().standing(), Standing::Parked);
        assert_eq!(intend(&mut holding, vec![wanted(1, 1), wanted(2, 2)]), [], "its neighbour is not parked");
        let mut released = holding.clone();
        for (number, records) in [(9, 0), (1, 1)] {
            let one = Selection::one(place().school, (Dataset::Class, id(number)));
            assert_eq!(released.send_chosen_again(&one, &BTreeSet::new()).records, records);
        }
        assert_eq!(intend(&mut released, vec![wanted(1, 1), wanted(2, 2)]), [(id(1), 2, Op::Upsert)]);
        assert_eq!(intend(&mut holding, vec![wanted(1, 3), wanted(2, 2)]), [(id(1), 2, Op::Upsert)]);
        let unfit = Wanted { hash: Err("“班级名称”未填写,请补充".to_owned()), ..wanted(1, 4) };
        assert_eq!(intend(&mut holding, vec![unfit, wanted(2, 2)]), []);
        assert_eq!(holding.held(Dataset::Class, &id(1)).unwrap().parked.as_ref().unwrap().code, UNFIT);
    }

    fn stale(version: u64, says: u8) -> Outcome {
        Outcome::Stale { held: crate::supervision::agreement::Held { version, hash: hash(says) } }
    }

    #[test]
    fn p7_the_citys_version_is_gone_on_from() {
        let mut holding = Holding::default();
        intend(&mut holding, vec![wanted(1, 1)]);
        holding.settle((Dataset::Class, &id(1)), 1, stale(1, 1), NOW);
        assert!(!holding.is_pending(), "it had arrived before");
        intend(&mut holding, vec![wanted(1, 2)]);
        holding.settle((Dataset::Class, &id(1)), 2, stale(7, 9), NOW);
        assert_eq!(intend(&mut holding, vec![wanted(1, 2)]), [(id(1), 8, Op::Upsert)]);
        holding.settle((Dataset::Class, &id(1)), 8, Outcome::Unanswered, NOW);
        assert_eq!(intend(&mut holding, vec![wanted(1, 2)]), [(id(1), 8, Op::Upsert)]);
        accept(&mut holding, 1, 8);
        holding.correct((Dataset::Class, &id(1)), &place(), 9);
        holding.correct((Dataset::Class, &id(3)), &place(), 4);
        let repaired = intend(&mut holding, vec![wanted(1, 2)]);
        assert_eq!(repaired, [(id(1), 10, Op::Upsert), (id(3), 5, Op::Delete)]);
    }

    /// The city as it should be: it takes what is above what it has.
    #[derive(Default)]
    struct City {
        version: u64,
        has: Option<u8>,
    }

    proptest! {
        /// Whatever crashes between writing down, sending and learning, and however late a copy arrives: once nothing
        /// fails any more, the city has what we have.
        #[test]
        fn p7_the_city_ends_with_what_we_have(
            steps in prop::collection::vec((0u8..4, prop::option::of(1u8..4), any::<bool>()), 1..40),
            last in prop::option::of(1u8..4),
        ) {
            let (mut holding, mut city, mut sent) = (Holding::default(), City::default(), Vec::new());
            let all = steps.into_iter().chain([(9, last, false), (9, last, false)]);
            for (stops, now, late) in all {
                let mut next = holding.clone();
                let sending = next.intend(now.map(|says| wanted(1, says)).into_iter().collect(), NOW, |_| Some(hash(0)));
                if stops == 0 {
                    continue;
                }
                holding = next;
                if stops == 1 {
                    continue;
                }
                for record in sending {
                    let says = record.body.as_ref().and(now);
                    sent.push((record.version, says));
                    let verdict = if record.version > city.version {
                        city = City { version: record.version, has: says };
                        Outcome::Accepted { receipt: String::new() }
                    } else {
                        stale(city.version, city.has.unwrap_or_default())
                    };
                    if stops > 2 {
                        holding.settle((record.dataset, &record.source_id), record.version, verdict, NOW);
                    }
                }
                if late && let Some((version, says)) = sent.first().copied() && version > city.version {
                    city = City { version, has: says };
                }
            }
            prop_assert_eq!(city.has, last);
        }
    }
}
