use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use strum::VariantArray as _;

use super::descent::{AT_ONCE, DescentError};
use super::wire::{Asked, DigestsTold, ListingsTold};
use super::*;
use crate::fault::{Fault as _, Kind};
use crate::supervision::digest::Brief;

/// The other side as a shelf of its own, with what went over the wire.
struct City {
    shelf: Shelf,
    bytes: usize,
    trips: usize,
}

impl City {
    fn of(rows: Vec<Row>) -> Self {
        Self { shelf: Shelf::of(rows), bytes: 0, trips: 0 }
    }

    fn counts(&mut self, question: &[Node], answer: &impl Serialize) {
        let school = "2144209999".parse().unwrap();
        self.bytes += serde_json::to_string(&Asked { school: &school, nodes: question }).unwrap().len();
        self.bytes += serde_json::to_string(answer).unwrap().len();
        self.trips += 1;
    }

    /// Everything that differs, asked for as it is over the wire.
    fn agree(&mut self, ours: &Shelf, acked: &Acked) -> Agreement {
        let mut descent = Descent::begin(ours);
        loop {
            match descent.question() {
                Question::Done => break,
                Question::Digests(nodes) => {
                    let told = DigestsTold { nodes: nodes.iter().map(|node| self.shelf.digests(node)).collect() };
                    self.counts(&nodes, &told);
                    descent.take_digests(&told.nodes).unwrap();
                }
                Question::Listings(nodes) => {
                    let told = ListingsTold { nodes: nodes.iter().map(|node| self.shelf.listing(node)).collect() };
                    self.counts(&nodes, &told);
                    descent.take_listings(told.nodes).unwrap();
                }
            }
        }
        descent.agreement(|dataset, source_id| acked.contains(&(dataset, source_id.clone())))
    }
}

fn hash_of(dice: &mut fastrand::Rng) -> RecordHash {
    RecordHash::of_hash(&dice.u128(..).to_be_bytes())
}

/// Records as a school of 1,500 pupils has them in a term: mostly attendance, day by day.
fn school(records: usize, dice: &mut fastrand::Rng) -> Vec<Row> {
    let start = jiff::civil::date(2026, 9, 1);
    let row = |at: usize, dice: &mut fastrand::Rng| {
        let dataset = match at % 100 {
            0..86 => Dataset::StudentAttendance,
            86..89 => Dataset::TeacherAttendance,
            89 => Dataset::Student,
            90..92 => Dataset::Order,
            92..94 => Dataset::Payment,
            94 => Dataset::Refund,
            95 => Dataset::Class,
            96 => Dataset::TeachingClass,
            97 => Dataset::ClassTeacher,
            _ => Dataset::ClassStudent,
        };
        let lesson = at / 40;
        let day = start.checked_add(jiff::Span::new().days(i64::try_from(lesson % 90).unwrap())).unwrap();
        let dated =
            !matches!(dataset, Dataset::Student | Dataset::Class | Dataset::TeachingClass | Dataset::ClassTeacher);
        let termed = !matches!(dataset, Dataset::Student | Dataset::Class);
        Row {
            term: termed.then(|| "2026-2027-1".parse().unwrap()),
            dataset,
            day: dated.then_some(day),
            source_id: format!("2144209999.2026-2027-1.K{:03}.01.{:03}:{at:010}", lesson % 200, lesson % 90)
                .parse()
                .unwrap(),
            held: Held { version: 1_788_251_400 + u64::from(dice.u32(0..9_000_000)), hash: hash_of(dice) },
        }
    };
    (0..records).map(|at| row(at, dice)).collect()
}

/// What the city has ever acknowledged.
type Acked = BTreeSet<(Dataset, SourceId)>;

/// What was done to a record, and what has to be found.
type Planted = BTreeMap<(Dataset, SourceId), Discrepancy>;

/// Faults in so many records of the city's side and ours.
fn injure(rows: &[Row], faults: usize, dice: &mut fastrand::Rng) -> (Vec<Row>, Vec<Row>, Acked, Planted) {
    let chosen: BTreeSet<usize> = {
        let mut chosen = BTreeSet::new();
        while chosen.len() < faults {
            chosen.insert(dice.usize(..rows.len()));
        }
        chosen
    };
    let (mut ours, mut theirs, mut acked, mut planted) = (Vec::new(), Vec::new(), BTreeSet::new(), Planted::new());
    for (at, row) in rows.iter().enumerate() {
        let name = (row.dataset, row.source_id.clone());
        let mut city = Some(row.clone());
        let mut held = Some(row.clone());
        let mut known = true;
        if chosen.contains(&at) {
            let found = match dice.u8(..5) {
                0 => {
                    (city, known) = (None, false);
                    Discrepancy::Unreported
                }
                1 => {
                    city = None;
                    Discrepancy::Missing
                }
                2 => {
                    city.as_mut().unwrap().held.hash = hash_of(dice);
                    Discrepancy::Wrong
                }
                // It was moved to another day, and the city has not been told.
                3 if row.day.is_some() => {
                    let moved = held.as_mut().unwrap();
                    moved.day = moved.day.map(|day| day.tomorrow().unwrap());
                    moved.held.hash = hash_of(dice);
                    Discrepancy::Wrong
                }
                _ => {
                    held = None;
                    Discrepancy::Surplus
                }
            };
            planted.insert(name.clone(), found);
        }
        if known {
            acked.insert(name);
        }
        ours.extend(held);
        theirs.extend(city);
    }
    (ours, theirs, acked, planted)
}

fn found(agreement: &Agreement) -> Planted {
    agreement
        .findings
        .iter()
        .map(|finding| ((finding.dataset, finding.source_id.clone()), finding.discrepancy))
        .collect()
}

/// The city takes what is found, as pushes and tombstones would have it.
fn repair(theirs: &[Row], ours: &Shelf, agreement: &Agreement) -> Vec<Row> {
    let wanted: BTreeMap<(Dataset, &SourceId), &Row> =
        ours.records(&Node::whole()).map(|row| ((row.dataset, &row.source_id), row)).collect();
    let touched: BTreeSet<(Dataset, &SourceId)> =
        agreement.findings.iter().map(|finding| (finding.dataset, &finding.source_id)).collect();
    let kept = theirs.iter().filter(|row| !touched.contains(&(row.dataset, &row.source_id))).cloned();
    kept.chain(touched.iter().filter_map(|name| wanted.get(name)).map(|row| (*row).clone())).collect()
}

#[test]
fn p7_a_thousand_faults_in_a_hundred_thousand_records_are_all_found_and_nothing_else() {
    let mut dice = fastrand::Rng::with_seed(29);
    let rows = school(100_000, &mut dice);
    let (ours, theirs, acked, planted) = injure(&rows, 1_000, &mut dice);
    let ours = Shelf::of(ours);
    let agreement = City::of(theirs.clone()).agree(&ours, &acked);
    assert_eq!(planted.len(), 1_000);
    assert_eq!(found(&agreement), planted);
    for discrepancy in Discrepancy::VARIANTS {
        assert!(planted.values().any(|found| found == discrepancy), "{discrepancy} was planted");
    }
    let mut repaired = City::of(repair(&theirs, &ours, &agreement));
    assert_eq!(repaired.agree(&ours, &acked), Agreement::default(), "one repair is enough");
    assert_eq!(repaired.trips, 1, "and where all is well, one question tells");
}

#[test]
fn p7_agreement_costs_little_where_little_differs() {
    let mut dice = fastrand::Rng::with_seed(6);
    let rows = school(100_000, &mut dice);
    let (ours, theirs, acked, planted) = injure(&rows, 100, &mut dice);
    let (ours, mut city) = (Shelf::of(ours), City::of(theirs));
    let agreement = city.agree(&ours, &acked);
    assert_eq!(found(&agreement), planted);
    let whole = serde_json::to_string(&ListingsTold { nodes: vec![city.shelf.listing(&Node::whole())] }).unwrap().len();
    let permille = city.bytes * 1_000 / whole;
    assert!(permille <= 20, "{} of {whole} bytes are {permille} ‰", city.bytes);
    assert!(city.trips <= 12, "{} questions", city.trips);
}

#[test]
fn p7_where_a_day_is_lost_only_that_day_is_gone_into() {
    let mut dice = fastrand::Rng::with_seed(7);
    let rows = school(20_000, &mut dice);
    let lost = jiff::civil::date(2026, 9, 14);
    let (gone, kept): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(|row| row.day == Some(lost));
    let (ours, mut city) = (Shelf::of(rows), City::of(kept));
    let agreement = city.agree(&ours, &BTreeSet::new());
    assert_eq!(agreement.findings.len(), gone.len());
    assert!(agreement.findings.iter().all(|finding| finding.discrepancy == Discrepancy::Unreported));
}

#[test]
fn p7_an_answer_that_cannot_be_one_is_refused() {
    let shelf = Shelf::of(school(50, &mut fastrand::Rng::with_seed(1)));
    let mut descent = Descent::begin(&shelf);
    assert_eq!(descent.take_digests(&[]), Err(DescentError::AnswersMiscounted));
    let strange = BTreeMap::from([("a/b".to_owned(), "1.0000000000000001".parse::<Brief>().unwrap())]);
    assert_eq!(descent.take_digests(&[strange]), Err(DescentError::NodeUnknown));
    assert_eq!(DescentError::NodeUnknown.kind(), Kind::Unavailable);
    assert_eq!(descent.question(), Question::Digests(vec![Node::whole()]), "the question stays");
    // A data set that nobody here knows.
    let mut descent = Descent::below(&shelf, vec!["2026-2027-1/horses".parse().unwrap()]);
    descent.take_digests(&[BTreeMap::from([("-".to_owned(), "1.0000000000000001".parse().unwrap())])]).unwrap();
    let row = ("x".parse().unwrap(), 1, RecordHash::of_hash(&[1; 16]));
    assert_eq!(descent.take_listings(vec![vec![row]]), Err(DescentError::NodeUnknown));
}

#[test]
fn p7_a_city_whose_own_books_do_not_agree_is_told_so() {
    let shelf = Shelf::of(school(100, &mut fastrand::Rng::with_seed(2)));
    let mut descent = Descent::below(&shelf, vec!["-/class".parse().unwrap()]);
    let told = BTreeMap::from([("-".to_owned(), "1.0000000000000009".parse().unwrap())]);
    descent.take_digests(&[told]).unwrap();
    let Question::Listings(nodes) = descent.question() else { panic!("a listing") };
    let answer = nodes.iter().map(|node| shelf.listing(node)).collect();
    descent.take_listings(answer).unwrap();
    assert_eq!(descent.agreement(|_, _| true), Agreement { findings: Vec::new(), unsound: nodes });
}

#[test]
fn p7_nodes_are_named() {
    let node: Node = "2026-2027-1/order/-/017".parse().unwrap();
    assert_eq!(
        (node.to_string().as_str(), node.depth(), node.dataset()),
        ("2026-2027-1/order/-/017", 6, Some(Dataset::Order))
    );
    assert_eq!("".parse(), Ok(Node::whole()));
    for wrong in ["/", "a//b", "a/b/c/8", "a/b/c/", "a/b/c/0/1", "张/b", &format!("a/b/c/{}", "0".repeat(22))] {
        assert!(wrong.parse::<Node>().is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_differs_is_found_and_nothing_else(seed: u64, records in 1usize..700, faults in 0usize..60) {
        let mut dice = fastrand::Rng::with_seed(seed);
        let rows = school(records, &mut dice);
        let (ours, theirs, acked, planted) = injure(&rows, faults.min(records), &mut dice);
        let ours = Shelf::of(ours);
        let agreement = City::of(theirs.clone()).agree(&ours, &acked);
        prop_assert_eq!(found(&agreement), planted);
        prop_assert_eq!(&agreement.unsound, &Vec::new());
        prop_assert_eq!(City::of(repair(&theirs, &ours, &agreement)).agree(&ours, &acked), Agreement::default());
    }

    #[test]
    fn the_parts_of_a_node_come_to_the_whole(seed: u64, records in 1usize..400) {
        let shelf = Shelf::of(school(records, &mut fastrand::Rng::with_seed(seed)));
        let mut nodes = vec![Node::whole()];
        while let Some(node) = nodes.pop() {
            let parts: Vec<Node> = shelf.digests(&node).keys().map(|label| node.child(label).unwrap()).collect();
            let sum = parts.iter().fold(crate::supervision::Digest::default(), |sum, part| sum.plus(shelf.digest(part)));
            prop_assert_eq!(sum, shelf.digest(&node));
            let listed: crate::supervision::Digest = shelf.listing(&node).into_iter().map(|(_, _, hash)| hash).collect();
            prop_assert_eq!(listed, sum);
            nodes.extend(parts.into_iter().filter(|part| shelf.digest(part).count() > 1 && !part.is_deepest()));
        }
    }

    #[test]
    fn many_differences_are_asked_about_in_portions(seed: u64) {
        let mut dice = fastrand::Rng::with_seed(seed);
        let rows = school(6_000, &mut dice);
        let ours = Shelf::of(rows);
        let mut city = City::of(Vec::new());
        let agreement = city.agree(&ours, &BTreeSet::new());
        prop_assert_eq!(agreement.findings.len(), 6_000);
        prop_assert!(city.trips > 3 && AT_ONCE < 6_000);
    }
}
