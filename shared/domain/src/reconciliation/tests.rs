//! A provider and our books in a model: faults of every kind are put in, found, healed, and not found again. S35.1.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use proptest::prelude::*;
use strum::VariantArray;

use super::bill::{BillRow, FeeRate, RowKind, RowStatus, ServiceFee};
use super::book::{Book, LedgerRow, Standing};
use super::difference::{Difference, DifferenceError, DifferenceKind, DifferenceState, Remedy, Said};
use super::matching::{Finding, Local, Matching, judge, settled};
use crate::id::PersonId;
use crate::money::Money;
use crate::payment::Channel;
use crate::tenant::Tenant;
use crate::time::Moment;

const DAY: Date = date(2026, 9, 1);
const RATE: FeeRate = FeeRate::from_millionths(6_000);
const SCHOOLS: usize = 200;
const FACTS: usize = 100_000;
const EACH: usize = 100;

/// 2026-09-01T12:00:00+08:00.
const NOON: Moment = Moment::from_seconds(1_788_235_200);
const MINUTE_TO_MIDNIGHT: Moment = NOON.plus_seconds(12 * 3600 - 30);
const YESTERDAY: Moment = NOON.plus_seconds(-12 * 3600 - 30);

/// A row of the provider's.
#[derive(Debug, Clone)]
struct Theirs {
    kind: RowKind,
    school: usize,
    transaction: String,
    payment: String,
    number: String,
    provider_no: String,
    amount: i64,
    fee: i64,
    status: RowStatus,
    at: Moment,
}

/// A fact of ours.
#[derive(Debug, Clone)]
struct Ours {
    kind: RowKind,
    school: usize,
    transaction: String,
    amount: i64,
    standing: Standing,
    at: Moment,
}

/// Both sides of a day.
#[derive(Debug, Clone, Default)]
struct World {
    ours: BTreeMap<String, Ours>,
    theirs: Vec<Theirs>,
    /// What the bill of the next day has.
    next: BTreeSet<String>,
    /// What the provider answers when it is asked, though its bill has left it out.
    answers: BTreeSet<String>,
    /// How much more than the bill says was paid out.
    paid_out: BTreeMap<usize, i64>,
}

fn school(at: usize) -> Tenant {
    Tenant::School(format!("31442{at:05}").parse().unwrap())
}

fn merchant(at: usize) -> String {
    format!("19{at:08}")
}

fn name_of(at: usize) -> String {
    format!("20261-{at:010}-01-1")
}

/// Numbers in no order, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

impl World {
    /// Both sides agree: nine payments and a refund of every ten.
    fn agreeing(facts: usize) -> Self {
        let mut world = Self::default();
        for at in 0..facts {
            let refund = at % 10 == 9;
            let amount = 10_000 + i64::try_from(at % 977).unwrap() * 100;
            let payment = name_of(at);
            let number = if refund { format!("{payment}-R1") } else { payment.clone() };
            let kind = if refund { RowKind::Refund } else { RowKind::Payment };
            let transaction = format!("42000{at:020}");
            let (school, at_time) = (at % SCHOOLS, NOON.plus_seconds(i64::try_from(at % 3600).unwrap()));
            let fee = if refund { 0 } else { RATE.of(Money::from_fen(amount)).rounded().fen() * 1000 };
            world.theirs.push(Theirs {
                kind,
                school,
                transaction: transaction.clone(),
                payment,
                number: if refund { number.clone() } else { String::new() },
                provider_no: if refund { format!("50000{at:020}") } else { String::new() },
                amount,
                fee,
                status: if at % 20 == 9 { RowStatus::Processing } else { RowStatus::Done },
                at: at_time,
            });
            let ours = Ours { kind, school, transaction, amount, standing: Standing::Settled, at: at_time };
            world.ours.insert(number, ours);
        }
        world
    }

    fn ours(&mut self, at: usize) -> (String, &mut Ours) {
        let name = self.theirs[at].row().ours().to_owned();
        let ours = self.ours.get_mut(&name).unwrap();
        (name, ours)
    }

    /// One reading of the bill: what is found, once what our tables know is looked up.
    fn read(&self) -> Vec<Finding> {
        let mut book = Book::new(Channel::Wechat);
        let merchants: Vec<_> =
            (0..SCHOOLS).map(|at| book.merchant(&merchant(at), school(at), Some(RATE)).unwrap()).collect();
        for (number, ours) in &self.ours {
            // The journal of the day, and the refunds that were taken on; a payment that is open has no entry.
            let posted = matches!(ours.standing, Standing::Settled | Standing::Unreturned);
            if ours.at.day() == DAY && (posted || ours.kind == RowKind::Refund && ours.standing == Standing::Open) {
                let row = LedgerRow {
                    kind: ours.kind,
                    number,
                    transaction: &ours.transaction,
                    merchant: merchants[ours.school],
                    amount: Money::from_fen(ours.amount),
                    standing: ours.standing,
                };
                assert_eq!(book.enter(&row), Ok(()));
            }
        }
        let mut matching = Matching::new(book, None);
        let mut found: Vec<Finding> = self.theirs.iter().flat_map(|row| matching.meet(&row.row())).collect();
        found.extend(matching.finish());
        let judged = found.into_iter().filter_map(|finding| {
            let local = self.local(&finding);
            judge(finding, local.as_ref(), DAY)
        });
        let mut judged: Vec<Finding> = judged.collect();
        for (of, totals) in matching.by_merchant() {
            let at = (0..SCHOOLS).find(|at| school(*at) == *of).unwrap();
            let more = self.paid_out.get(&at).copied().unwrap_or_default();
            let paid_out = Money::from_fen(totals.payable().fen() + more);
            judged.extend(settled(of, Channel::Wechat, totals, paid_out));
        }
        judged
    }

    fn local(&self, finding: &Finding) -> Option<Local> {
        self.ours.get(&finding.number).map(|ours| Local {
            amount: Money::from_fen(ours.amount),
            sub_merchant: merchant(ours.school),
            transaction: Some(ours.transaction.clone()),
            at: Some(ours.at),
            standing: ours.standing,
            billed_elsewhere: self.next.contains(&finding.number),
        })
    }

    /// What the platform does about a difference by itself, as far as that goes.
    fn heal(&mut self, difference: &mut Difference) -> bool {
        let number = difference.id.number().to_owned();
        let agrees = match difference.kind.remedy() {
            Remedy::Ask => {
                let row = self.theirs.iter().find(|row| row.row().ours() == number).cloned().unwrap();
                let ours = Ours {
                    kind: row.kind,
                    school: row.school,
                    transaction: row.transaction.clone(),
                    amount: row.amount,
                    standing: Standing::Settled,
                    at: row.at,
                };
                self.ours.insert(number, ours);
                true
            }
            Remedy::AskThenPerson => self.answers.contains(&number),
            Remedy::Carry => {
                self.next.contains(&number) || self.ours.contains_key(&number) && difference.theirs.is_some()
            }
            Remedy::GiveBack => {
                let name = number.split('@').next().unwrap();
                let ours = self.ours.get_mut(name).filter(|ours| ours.standing == Standing::Unreturned);
                ours.map(|ours| ours.standing = Standing::Settled).is_some()
            }
            Remedy::Adopt => {
                let row = self.theirs.iter().find(|row| row.row().ours() == number).cloned().unwrap();
                let ours = Ours {
                    kind: RowKind::Refund,
                    school: row.school,
                    transaction: row.transaction.clone(),
                    amount: row.amount,
                    standing: Standing::Settled,
                    at: row.at,
                };
                self.ours.insert(number, ours);
                true
            }
            Remedy::Person | Remedy::Report => false,
        };
        agrees && difference.heal("model", NOON)
    }
}

impl Theirs {
    fn row(&self) -> BillRow<'_> {
        BillRow {
            line: 2,
            kind: self.kind,
            sub_merchant: merchant_ref(self.school),
            transaction: &self.transaction,
            number: &self.payment,
            refund_number: &self.number,
            provider_refund_no: &self.provider_no,
            amount: Money::from_fen(self.amount),
            settled: Money::from_fen(self.amount),
            fee: ServiceFee::from_thousandths(self.fee),
            fee_rate: None,
            at: self.at,
            status: self.status,
        }
    }
}

fn merchant_ref(at: usize) -> &'static str {
    static NAMES: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    &NAMES.get_or_init(|| (0..SCHOOLS).map(merchant).collect())[at]
}

type Named = BTreeSet<(DifferenceKind, String)>;

/// Puts in a fault; where it must be found.
fn break_one(world: &mut World, kind: DifferenceKind, at: usize, turn: usize) -> String {
    let even = turn.is_multiple_of(2);
    let name = world.theirs[at].row().ours().to_owned();
    match kind {
        DifferenceKind::MissingLocal if even => drop(world.ours.remove(&name)),
        DifferenceKind::MissingLocal => world.ours(at).1.standing = Standing::Ended,
        DifferenceKind::StateLag => world.ours(at).1.standing = Standing::Open,
        DifferenceKind::MissingProvider => {
            world.theirs[at].status = RowStatus::Failed;
            if even {
                world.answers.insert(name.clone());
            }
        }
        DifferenceKind::AmountMismatch => world.ours(at).1.amount += if even { 1 } else { -1 },
        DifferenceKind::AccountMismatch => world.ours(at).1.school = (world.theirs[at].school + 1) % SCHOOLS,
        DifferenceKind::RefundExternal => {
            let provider_no = format!("50999{at:020}");
            let number = if even { "0".to_owned() } else { format!("console-{at}") };
            let name = if even { provider_no.clone() } else { number.clone() };
            let row =
                Theirs { kind: RowKind::Refund, number, provider_no, amount: 700, fee: 0, ..world.theirs[at].clone() };
            world.theirs.push(row);
            return name;
        }
        DifferenceKind::DuplicatePaid if even => {
            world.ours(at).1.standing = Standing::Unreturned;
            return format!("{name}@{}", world.theirs[at].transaction);
        }
        DifferenceKind::DuplicatePaid => {
            let transaction =
                if turn % 4 == 1 { format!("42999{at:020}") } else { world.theirs[at].transaction.clone() };
            let row = Theirs { transaction: transaction.clone(), ..world.theirs[at].clone() };
            world.theirs.push(row);
            return format!("{name}@{transaction}");
        }
        DifferenceKind::FeeDiff => world.theirs[at].fee += if even { 1_000 } else { -1_000 },
        DifferenceKind::SettlementDiff => {
            world.paid_out.insert(turn, if even { 1 } else { -1 });
            return format!("{}|{}", Channel::Wechat, turn);
        }
        DifferenceKind::Timing if even => {
            world.ours(at).1.at = MINUTE_TO_MIDNIGHT;
            world.theirs[at].status = RowStatus::Failed;
            // The bill of the next day comes a day later.
        }
        DifferenceKind::Timing => world.ours(at).1.at = YESTERDAY,
    }
    name
}

/// Rows that the bill is to leave out are marked as failed payments, which no bill has.
fn leave_out(world: &mut World) {
    world.theirs.retain(|row| row.status != RowStatus::Failed);
}

fn broken() -> (World, Named) {
    let mut world = World::agreeing(FACTS);
    let (mut dice, mut taken, mut faults) = (Dice(20_260_901), BTreeSet::new(), Named::new());
    for kind in DifferenceKind::VARIANTS {
        for turn in 0..EACH {
            let at = loop {
                let at = dice.roll(FACTS);
                let refund = world.theirs[at].kind == RowKind::Refund;
                // A refund lags when the bill says it is done; fees, transactions and doubles are of payments.
                let fits = match kind {
                    DifferenceKind::StateLag => !refund || world.theirs[at].status == RowStatus::Done,
                    DifferenceKind::MissingProvider
                    | DifferenceKind::AmountMismatch
                    | DifferenceKind::AccountMismatch
                    | DifferenceKind::Timing => true,
                    DifferenceKind::MissingLocal
                    | DifferenceKind::RefundExternal
                    | DifferenceKind::DuplicatePaid
                    | DifferenceKind::FeeDiff
                    | DifferenceKind::SettlementDiff => !refund,
                };
                if fits && taken.insert(at) {
                    break at;
                }
            };
            let name = break_one(&mut world, *kind, at, turn);
            assert!(faults.insert((*kind, name)));
        }
    }
    leave_out(&mut world);
    (world, faults)
}

fn named(findings: &[Finding]) -> Named {
    let school_at = |of: &Tenant| (0..SCHOOLS).find(|at| school(*at) == *of).unwrap();
    let name = |finding: &Finding| {
        let settlement = finding.kind == DifferenceKind::SettlementDiff;
        if settlement { format!("{}|{}", finding.number, school_at(&finding.of)) } else { finding.number.clone() }
    };
    findings.iter().map(|finding| (finding.kind, name(finding))).collect()
}

/// Takes findings in as the platform does: a new one opens a difference, a known one is found again. How many changed.
fn take_in(known: &mut BTreeMap<String, Difference>, findings: Vec<Finding>) -> usize {
    let mut changed = 0;
    for finding in findings {
        let new = Difference::found(finding.clone(), DAY, "bill", NOON);
        if let Some(difference) = known.get_mut(new.id.as_str()) {
            changed += usize::from(difference.found_again(&finding, "bill", NOON));
        } else {
            known.insert(new.id.as_str().to_owned(), new);
            changed += 1;
        }
    }
    changed
}

fn person(name: &str) -> PersonId {
    name.parse().unwrap()
}

/// What a person of the school's does about what nothing heals.
fn decide(difference: &mut Difference, turn: usize) {
    let (one, other) = (person("F000000001"), person("F000000002"));
    let said = Said::read(&one, "已与通道核对", NOON).unwrap();
    if turn.is_multiple_of(2) {
        difference.confirm(said).unwrap();
    } else {
        difference.waive(said).unwrap();
        if difference.state == DifferenceState::Open {
            assert_eq!(difference.decide_waiver(&one, true, NOON), Err(DifferenceError::SecondPersonNeeded));
            difference.decide_waiver(&other, true, NOON).unwrap();
        }
    }
}

fn open(known: &BTreeMap<String, Difference>) -> usize {
    known.values().filter(|difference| difference.state == DifferenceState::Open).count()
}

#[test]
fn s35_1_a_thousand_faults_in_a_hundred_thousand_rows_are_found_and_healed_once() {
    let (mut world, faults) = broken();
    assert_eq!(faults.len(), DifferenceKind::VARIANTS.len() * EACH);
    let findings = world.read();
    let found = named(&findings);
    let (missed, false_ones): (Vec<_>, Vec<_>) =
        (faults.difference(&found).collect(), found.difference(&faults).collect());
    assert!(missed.is_empty() && false_ones.is_empty(), "missed {missed:?}, false {false_ones:?}");
    assert_eq!(findings.len(), faults.len(), "none twice");

    let mut known = BTreeMap::new();
    assert_eq!(take_in(&mut known, findings), 1_000);
    // The bill of the next day is there by now.
    let late = known.values().filter(|known| known.kind == DifferenceKind::Timing && known.theirs.is_none());
    world.next = late.map(|known| known.id.number().to_owned()).collect();
    let healed = known.values_mut().map(|difference| world.heal(difference)).filter(|healed| *healed).count();
    assert_eq!(healed, 100 + 100 + 50 + 100 + 50 + 100, "lost, lagging, left out, from outside, owed, of another day");
    let left = known.values_mut().filter(|difference| difference.state == DifferenceState::Open);
    for (turn, difference) in left.enumerate() {
        decide(difference, turn);
    }
    assert_eq!(open(&known), 0);
    take_in(&mut known, world.read());
    assert_eq!((known.len(), open(&known)), (1_000, 0), "nothing is found that is not settled");

    let (before, ours) = (known.clone(), format!("{:?}", world.ours));
    assert_eq!(take_in(&mut known, world.read()), 0);
    for difference in known.values_mut() {
        assert!(!difference.heal("again", NOON));
    }
    assert!(known == before && format!("{:?}", world.ours) == ours, "a second heal changes nothing");
}

#[test]
fn s35_1_books_that_agree_differ_nowhere() {
    assert_eq!(World::agreeing(3_000).read(), Vec::new());
}

fn difference(kind: DifferenceKind, theirs: i64) -> Difference {
    let row = World::agreeing(1).theirs.remove(0);
    let finding = Finding {
        kind,
        of: school(0),
        channel: Channel::Wechat,
        side: RowKind::Payment,
        number: name_of(0),
        ours: Some(Money::from_fen(10_000)),
        theirs: Some(Money::from_fen(theirs)),
        proof: super::difference::Proof::of(&row.row()),
    };
    Difference::found(finding, DAY, "bill", NOON)
}

#[test]
fn s36_2_money_is_let_go_by_two_persons() {
    let mut money = difference(DifferenceKind::AmountMismatch, 9_000);
    let said = || Said::read(&person("F000000001"), "通道已确认", NOON).unwrap();
    assert_eq!(money.decide_waiver(&person("F000000002"), true, NOON), Err(DifferenceError::NoWaiverWaiting));
    money.waive(said()).unwrap();
    assert_eq!(money.waive(said()), Err(DifferenceError::WaiverWaiting));
    assert_eq!(money.confirm(said()), Err(DifferenceError::WaiverWaiting));
    money.decide_waiver(&person("F000000002"), false, NOON).unwrap();
    assert_eq!((money.state, &money.proposed), (DifferenceState::Open, &None));
    money.waive(said()).unwrap();
    money.decide_waiver(&person("F000000002"), true, NOON).unwrap();
    assert_eq!(money.state, DifferenceState::Waived);
    assert_eq!(money.confirm(said()), Err(DifferenceError::AlreadySettled));
    let mut lag = difference(DifferenceKind::StateLag, 10_000);
    lag.waive(said()).unwrap();
    assert_eq!(lag.state, DifferenceState::Waived, "no money is let go");
    assert_eq!(Said::read(&person("F000000001"), "  ", NOON), Err(DifferenceError::ReasonUnusable));
}

#[test]
fn s35_1_the_name_of_a_difference_is_its_address() {
    let found = difference(DifferenceKind::AmountMismatch, 1);
    let id: crate::id::DifferenceId = found.id.as_str().parse().unwrap();
    assert_eq!((id.tenant(), id.day(), id.number()), (school(0), DAY, name_of(0).as_str()));
    assert_eq!(id.as_str(), "3144200000.2026-09-01.amount_mismatch.20261-0000000000-01-1");
    for bad in ["3144200000.2026-9-1.timing.a", "x.2026-09-01.timing.a", "3144200000.2026-09-01.timing.", "a"] {
        assert!(bad.parse::<crate::id::DifferenceId>().is_err(), "{bad}");
    }
}

#[derive(Debug, Clone)]
enum Move {
    Heal,
    FoundAgain(i64),
    Confirm(u8),
    Waive(u8),
    Decide(u8, bool),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        Just(Move::Heal),
        (0i64..3).prop_map(Move::FoundAgain),
        (1u8..4).prop_map(Move::Confirm),
        (1u8..4).prop_map(Move::Waive),
        (1u8..4, any::<bool>()).prop_map(|(by, approved)| Move::Decide(by, approved)),
    ];
    prop::collection::vec(one, 0..12)
}

proptest! {
    /// Whatever order things come in, what is settled stays as it was settled, and money is let go by two.
    #[test]
    fn s36_2_what_is_settled_stays_settled(moves in moves(), theirs in 9_999i64..10_002) {
        let mut difference = difference(DifferenceKind::AmountMismatch, theirs);
        let who = |by: u8| person(&format!("F00000000{by}"));
        let mut settled: Option<(DifferenceState, Option<Said>)> = None;
        let mut proposed_by = None;
        for step in moves {
            let money = difference.is_money();
            match step {
                Move::Heal => drop(difference.heal("agrees", NOON)),
                Move::FoundAgain(more) => {
                    let finding = Finding {
                        kind: difference.kind,
                        of: school(0),
                        channel: Channel::Wechat,
                        side: RowKind::Payment,
                        number: name_of(0),
                        ours: difference.ours,
                        theirs: difference.theirs.map(|fen| Money::from_fen(fen.fen() + more)),
                        proof: difference.proof.clone(),
                    };
                    difference.found_again(&finding, "bill", NOON);
                }
                Move::Confirm(by) => drop(difference.confirm(Said::read(&who(by), "核实", NOON).unwrap())),
                Move::Waive(by) => {
                    if difference.waive(Said::read(&who(by), "核销", NOON).unwrap()).is_ok() && money {
                        proposed_by = Some(by);
                        prop_assert_eq!(difference.state, DifferenceState::Open);
                    }
                }
                Move::Decide(by, approved) => {
                    if difference.decide_waiver(&who(by), approved, NOON).is_ok() && approved {
                        prop_assert_ne!(proposed_by, Some(by));
                    }
                }
            }
            if let Some((state, ended)) = &settled {
                prop_assert_eq!((&difference.state, &difference.ended), (state, ended));
            } else if difference.state != DifferenceState::Open {
                settled = Some((difference.state, difference.ended.clone()));
            }
        }
    }

    /// What is found is what a full outer join of both sides finds, in whatever order the rows come.
    #[test]
    fn s35_1_matching_is_a_full_outer_join(
        ours in prop::collection::btree_map(0u32..60, 1i64..4, 0..50),
        theirs in prop::collection::btree_map(0u32..60, 1i64..4, 0..50),
        backwards in any::<bool>(),
    ) {
        let mut world = World::default();
        for (at, amount) in &ours {
            let at = usize::try_from(*at).unwrap();
            let fact = Ours {
                kind: RowKind::Payment,
                school: at % SCHOOLS,
                transaction: format!("T{at}"),
                amount: *amount,
                standing: Standing::Settled,
                at: NOON,
            };
            world.ours.insert(name_of(at), fact);
        }
        for (at, amount) in &theirs {
            let at = usize::try_from(*at).unwrap();
            let row = World::agreeing(1).theirs.remove(0);
            world.theirs.push(Theirs {
                school: at % SCHOOLS,
                transaction: format!("T{at}"),
                payment: name_of(at),
                amount: *amount,
                fee: 0,
                ..row
            });
        }
        if backwards {
            world.theirs.reverse();
        }
        let mut expected = Named::new();
        for at in 0..60u32 {
            let name = name_of(usize::try_from(at).unwrap());
            let kind = match (ours.get(&at), theirs.get(&at)) {
                (None, Some(_)) => DifferenceKind::MissingLocal,
                (Some(_), None) => DifferenceKind::MissingProvider,
                (Some(one), Some(other)) if one != other => DifferenceKind::AmountMismatch,
                (Some(_) | None, Some(_) | None) => continue,
            };
            expected.insert((kind, name));
        }
        prop_assert_eq!(named(&world.read()), expected);
    }
}
