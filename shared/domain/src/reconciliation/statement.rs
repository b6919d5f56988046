//! Daily statement (资金日报): a school's day in sums, from what lay at the providers in the morning to what lies there at
//! night, and the same day by course, homeroom, item or way of paying. S35.1 S35.2.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::id::SchoolCode;
use crate::journal::{Account, Entry, FactKind};
use crate::money::Money;
use crate::payment::Channel;
use crate::reconciliation::bill::ServiceFee;
use crate::reconciliation::trial::{TrialError, trial};
use crate::record::{Line, Order};
use crate::refund::Part;
use crate::time::Moment;

/// A school's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The school.
    pub school: SchoolCode,
    /// The day.
    pub day: Date,
    /// What orders placed on the day ask for, ended ones not counted (应收).
    pub receivable: Money,
    /// What was at the providers when the day began.
    pub opening: Money,
    /// What came in (已收).
    pub received: Money,
    /// What reached payers again (已退).
    pub refunded: Money,
    /// What each provider kept of the day's rows, by its bill.
    pub fees: BTreeMap<Channel, ServiceFee>,
    /// What is at the providers when the day ends, fees not taken off.
    pub closing: Money,
    /// What is set aside to go back and has not, when the day ends (退款在途).
    pub in_flight: Money,
    /// What the school has from the providers and has not paid out to families, when the day ends (学校待付).
    #[serde(default)]
    pub owed_by_school: Money,
    /// What is paid for lessons and not set aside, when the day ends (预收).
    pub prepaid: Money,
    /// Money facts of the day.
    pub facts: u64,
    /// When it was drawn up.
    pub drawn_at: Moment,
}

impl Owned for Statement {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), ..Owner::default() }
    }
}

/// What a statement is drawn up from.
#[derive(Debug, Clone)]
pub struct Day<'a> {
    /// The school.
    pub school: &'a SchoolCode,
    /// The day.
    pub day: Date,
    /// Its journal.
    pub entries: &'a [Entry],
    /// What each provider kept.
    pub fees: BTreeMap<Channel, ServiceFee>,
    /// What orders placed on the day ask for.
    pub receivable: Money,
}

impl Statement {
    /// Draws a day up after the statement before it; none: it is the first.
    pub fn draw(day: &Day<'_>, before: Option<&Self>, now: Moment) -> Result<Self, TrialError> {
        let trial = trial(day.entries)?;
        let carried = |of: fn(&Self) -> Money| before.map_or(0, |before| of(before).fen());
        let opening = Money::from_fen(carried(|before| before.closing));
        let owed = |account, carried: i64| Money::from_fen(carried.saturating_sub(trial.balance(account).fen()));
        Ok(Self {
            school: day.school.clone(),
            day: day.day,
            receivable: day.receivable,
            opening,
            received: trial.paid,
            refunded: trial.refunded,
            fees: day.fees.clone(),
            closing: Money::from_fen(opening.fen().saturating_add(trial.balance(Account::ChannelClearing).fen())),
            in_flight: owed(Account::RefundPayable, carried(|before| before.in_flight)),
            owed_by_school: owed(Account::SchoolPayable, carried(|before| before.owed_by_school)),
            prepaid: owed(Account::OrderPrepaid, carried(|before| before.prepaid)),
            facts: trial.facts,
            drawn_at: now,
        })
    }

    /// What the providers kept together.
    pub fn kept(&self) -> ServiceFee {
        self.fees.values().fold(ServiceFee::ZERO, |sum, fee| sum.plus(*fee))
    }

    /// Whether another says the same, whenever it was drawn up.
    pub fn says(&self, other: &Self) -> bool {
        Self { drawn_at: other.drawn_at, ..self.clone() } == *other
    }
}

/// By what a day is broken down.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Dimension {
    /// Provider and way of paying (支付方式).
    Method,
    /// Course (课程).
    Course,
    /// Grade (年级).
    Grade,
    /// Homeroom (行政班).
    Homeroom,
    /// Tuition, materials, sundry (缴费项).
    Item,
}

/// A money fact with what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The order it concerns.
    pub order: Option<&'a Order>,
    /// How it was paid, as people say it.
    pub method: &'a str,
    /// The pupil's grade, as people say it.
    pub grade: &'a str,
    /// The pupil's homeroom, as people say it.
    pub homeroom: &'a str,
    /// Of a refund: of which lines.
    pub parts: &'a [Part],
}

/// What came in and what went back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// What came in.
    pub received: Money,
    /// What went back.
    pub refunded: Money,
    /// Facts.
    pub facts: u32,
}

/// What is not of a line: paid for nothing, or given back of such.
pub const NOT_OF_A_LINE: &str = "非课程款(重复或逾期支付)";

/// The items of a line, as people say them, with what each costs.
fn items(line: &Line) -> [(&'static str, Money); 3] {
    let fees = line.materials.fen().saturating_add(line.sundry.fen());
    let tuition = Money::from_fen(line.amount.fen().saturating_sub(fees));
    [("课程费", tuition), ("教材费", line.materials), ("杂费", line.sundry)]
}

/// A day by one dimension. What a fact is of several, it is split over exactly.
pub fn break_down<'a>(facts: impl IntoIterator<Item = Fact<'a>>, by: Dimension) -> BTreeMap<String, Flow> {
    let mut flows: BTreeMap<String, Flow> = BTreeMap::new();
    for fact in facts {
        let Some((amount, back)) = moved(fact.entry) else { continue };
        for (name, part) in shares(&fact, amount, by) {
            let flow = flows.entry(name).or_default();
            let sum = if back { &mut flow.refunded } else { &mut flow.received };
            *sum = Money::from_fen(sum.fen().saturating_add(part.fen()));
            flow.facts = flow.facts.saturating_add(1);
        }
    }
    flows
}

/// What of a fact is of one value of a dimension; none: nothing.
pub fn share_of(fact: &Fact<'_>, by: Dimension, name: &str) -> Option<Money> {
    let (amount, _) = moved(fact.entry)?;
    let own = shares(fact, amount, by).into_iter().filter(|(value, _)| value == name);
    own.map(|(_, share)| share).reduce(|sum, share| Money::from_fen(sum.fen().saturating_add(share.fen())))
}

/// What a fact moved at the provider, and whether it went back; none: it moved nothing there.
fn moved(entry: &Entry) -> Option<(Money, bool)> {
    let back = match entry.kind()? {
        FactKind::Pay => false,
        FactKind::Refund => true,
        FactKind::Owe | FactKind::Hand => return None,
    };
    Some((Money::from_fen(entry.on(Account::ChannelClearing).fen().saturating_abs()), back))
}

fn shares(fact: &Fact<'_>, amount: Money, by: Dimension) -> Vec<(String, Money)> {
    let whole = |name: &str| vec![(name.to_owned(), amount)];
    match by {
        Dimension::Method => whole(fact.method),
        Dimension::Grade => whole(fact.grade),
        Dimension::Homeroom => whole(fact.homeroom),
        Dimension::Course | Dimension::Item => {
            let lines = lines_of(fact, amount);
            if lines.is_empty() {
                return whole(NOT_OF_A_LINE);
            }
            lines.into_iter().flat_map(|(line, amount)| named(line, amount, by)).collect()
        }
    }
}

/// The lines of a fact with what of it is theirs; none when it is of no line.
fn lines_of<'a>(fact: &Fact<'a>, amount: Money) -> Vec<(&'a Line, Money)> {
    let Some(order) = fact.order else { return Vec::new() };
    if fact.entry.kind() == Some(FactKind::Refund) {
        let line = |part: &Part| order.line(&part.course).map(|line| (line, part.amount));
        let lines: Vec<_> = fact.parts.iter().filter_map(line).collect();
        let whole = lines.iter().fold(0i64, |sum, (_, amount)| sum.saturating_add(amount.fen())) == amount.fen();
        return if whole { lines } else { Vec::new() };
    }
    let counts = fact.entry.counts() && order.total == amount;
    if counts { order.lines.iter().map(|line| (line, line.amount)).collect() } else { Vec::new() }
}

fn named(line: &Line, amount: Money, by: Dimension) -> Vec<(String, Money)> {
    if by == Dimension::Course {
        return vec![(format!("{} {}", line.course, line.title), amount)];
    }
    let items = items(line);
    let weights = items.map(|(_, cost)| u32::try_from(cost.fen()).unwrap_or_default());
    let parts = amount.split(&weights);
    items
        .iter()
        .zip(parts)
        .filter(|(_, part)| !part.is_zero())
        .map(|((name, _), part)| ((*name).to_owned(), part))
        .collect()
}
