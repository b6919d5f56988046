//! Refund quote (退费测算): what goes back by the rules the line was sold under, item by item with the numbers, to the
//! fen. The same facts give the same quote, whoever asks and when. S34.2 P7.1.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::accrued::Accrued;
use super::facts::{Counted, Facts, LessonState, Taken, Trigger};
use super::rules::{Back, FeeBack, MonthStep, Payout, RefundRules};
use crate::fault::{Fault, Kind};
use crate::money::Money;

/// What an amount of a quote is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Item {
    /// Tuition (学费).
    Tuition,
    /// Materials fee (教材费).
    Materials,
    /// Sundry fee (杂费).
    Sundry,
    /// What the school keeps (手续费); negative.
    Handling,
    /// What comes over to the course that is taken instead (调课转入); negative.
    Exchanged,
}

/// An amount of a quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// What for.
    pub item: Item,
    /// How much; what is kept is negative.
    pub amount: Money,
    /// How it comes about, with the numbers.
    pub words: String,
}

/// What goes back of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The rule that holds, in its words.
    pub rule: String,
    /// Its amounts.
    pub lines: Vec<QuoteLine>,
    /// Their sum, never below zero and never above what is left of the line.
    pub total: Money,
    /// Lessons that go back by it.
    pub lessons: u16,
    /// How it goes back.
    pub payout: Payout,
    /// Whether the school has to approve it.
    pub approval: bool,
}

impl Quote {
    /// What goes back of one item.
    pub fn of(&self, item: Item) -> Money {
        self.lines.iter().find(|line| line.item == item).map_or(Money::ZERO, |line| line.amount)
    }
}

/// Why there is no quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "refund/")]
pub enum QuoteError {
    /// No clause fits.
    #[error("本校的退费规则没有规定这种情形,请联系学校")]
    NoRule,
}

impl Fault for QuoteError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// What goes back, by rules and facts.
pub fn quote(rules: &RefundRules, facts: &Facts) -> Result<Quote, QuoteError> {
    if facts.trigger == Trigger::Accrued {
        return Accrued::of(rules, facts).map(|accrued| accrued.quote());
    }
    let facts = &facts.as_waived();
    let clause = rules.clause(facts).ok_or(QuoteError::NoRule)?;
    let left = facts.sold.tuition.without(facts.given_back.tuition);
    let share = Tuition { rules, facts, left }.by(&clause.back);
    let tuition = rules.rounding.apply(share.amount.min(left), left);
    let mut lines = vec![QuoteLine { item: Item::Tuition, amount: tuition, words: share.words }];
    if facts.trigger.leaves() {
        let Facts { sold, given_back, .. } = facts;
        let fees = [
            (
                Item::Materials,
                "教材费",
                sold.materials,
                given_back.materials,
                rules.materials,
                facts.materials_received,
            ),
            (Item::Sundry, "杂费", sold.sundry, given_back.sundry, rules.sundry, facts.sundry_used),
        ];
        lines.extend(fees.into_iter().filter(|(_, _, paid, ..)| !paid.is_zero()).map(
            |(item, name, paid, given, back, used)| {
                let (amount, words) = fee(name, paid.without(given), back, used);
                QuoteLine { item, amount, words }
            },
        ));
    }
    let sum = lines.iter().fold(Money::ZERO, |sum, line| sum.plus(line.amount).unwrap_or(sum));
    let kept = rules.handling.min(sum);
    if facts.trigger == Trigger::Withdrawal && !kept.is_zero() {
        let words = format!("退课手续费 {kept} 元");
        lines.push(QuoteLine { item: Item::Handling, amount: Money::from_fen(kept.fen().saturating_neg()), words });
    }
    let total = lines.iter().fold(Money::ZERO, |sum, line| sum.plus(line.amount).unwrap_or(sum));
    Ok(Quote {
        rule: clause.words.clone(),
        lines,
        total,
        lessons: share.lessons,
        payout: clause.payout,
        approval: clause.approval,
    })
}

fn fee(name: &str, left: Money, back: FeeBack, used: bool) -> (Money, String) {
    match (back, used) {
        (FeeBack::Always, _) => (left, format!("{name} {left} 元,退还")),
        (FeeBack::Unused, false) => (left, format!("{name} {left} 元,未领取或未使用,退还")),
        (FeeBack::Unused, true) => (Money::ZERO, format!("{name}已领取或已使用,不退")),
        (FeeBack::Never, _) => (Money::ZERO, format!("{name}按规定不退")),
    }
}

/// A part of the tuition, and how it came about.
struct Part {
    amount: Money,
    lessons: u16,
    words: String,
}

/// The tuition of a line, and what is left of it.
struct Tuition<'a> {
    rules: &'a RefundRules,
    facts: &'a Facts,
    left: Money,
}

impl Tuition<'_> {
    fn by(&self, back: &Back) -> Part {
        let Facts { sold, given_back, .. } = self.facts;
        match back {
            Back::Nothing => Part { amount: Money::ZERO, lessons: 0, words: "学费按规定不退".to_owned() },
            Back::Share(share) => {
                let whole = share.of(sold.tuition);
                let words = format!(
                    "学费 {} 元的 {}/{} 为 {whole} 元{}",
                    sold.tuition,
                    share.num,
                    share.den,
                    before(given_back.tuition)
                );
                Part { amount: whole.without(given_back.tuition), lessons: 0, words }
            }
            Back::Waived => {
                let Taken { percent, amount: taken } = self.facts.waiver;
                let amount = taken.without(sold.waived);
                let gross = sold.tuition.plus(sold.waived).unwrap_or(sold.tuition);
                let words = format!("学费 {gross} 元,减免 {percent}% 为 {taken} 元{}", already(sold.waived));
                Part { amount, lessons: 0, words }
            }
            Back::Lessons => self.lessons(),
            Back::Days => self.days(),
            Back::Months(steps) => self.months(steps),
        }
    }

    /// Lessons that went by without the pupil, and go back all the same.
    fn missed(&self, counted: Counted) -> u16 {
        let of = |state: LessonState, count: u16| if self.rules.missed.contains(&state) { count } else { 0 };
        of(LessonState::OnLeave, counted.on_leave)
            .saturating_add(of(LessonState::Absent, counted.absent))
            .saturating_add(of(LessonState::NotGiven, counted.not_given))
    }

    /// Who leaves pays for what was used, and gets the rest; who stays gets what was missed.
    fn lessons(&self) -> Part {
        let Facts { sold, given_back, trigger, .. } = self.facts;
        let counted = self.facts.counted();
        let missed = self.missed(counted);
        let price = each(sold.tuition, sold.lessons);
        let about = format!("学费 {} 元 ÷ {} 课时,每课时 {price} 元", sold.tuition, sold.lessons);
        let paid_back = before(given_back.tuition);
        if trigger.leaves() {
            let used = counted.passed().saturating_sub(missed).min(sold.lessons);
            let back = sold.lessons.saturating_sub(used).saturating_sub(given_back.lessons);
            let due = if used == sold.lessons { sold.tuition } else { times(price, used) };
            let amount = sold.tuition.without(due).without(given_back.tuition);
            let words = format!("{about};已用 {used} 课时,可退 {back} 课时{}{paid_back}", of_missed(missed));
            return Part { amount, lessons: back, words };
        }
        let back = missed.min(sold.lessons).saturating_sub(given_back.lessons);
        let all = back.saturating_add(given_back.lessons) >= sold.lessons;
        let amount = if all { self.left } else { times(price, back) };
        let words = format!("{about};未上且可退 {back} 课时{paid_back}");
        Part { amount, lessons: back, words }
    }

    fn days(&self) -> Part {
        let Facts { sold, given_back, trigger, lessons, .. } = self.facts;
        let dates: BTreeSet<Date> = lessons.iter().map(|lesson| lesson.date).collect();
        let all = u16::try_from(dates.len()).unwrap_or(u16::MAX).max(1);
        let spared = |state: LessonState| self.rules.missed.contains(&state);
        let before_that = |date: &&Date| **date < self.facts.on;
        let used: BTreeSet<Date> = lessons
            .iter()
            .filter(|lesson| lesson.date < self.facts.on && !spared(lesson.state))
            .map(|lesson| lesson.date)
            .collect();
        let price = each(sold.tuition, all);
        let count = |days: usize| u16::try_from(days).unwrap_or(u16::MAX);
        let (used, passed) = (count(used.len()), count(dates.iter().filter(before_that).count()));
        let back = if trigger.leaves() { all.saturating_sub(used) } else { passed.saturating_sub(used) };
        let whole = if back == all {
            sold.tuition
        } else if trigger.leaves() {
            sold.tuition.without(times(price, used))
        } else {
            times(price, back)
        };
        let words =
            format!("学费 {} 元 ÷ {all} 天,每天 {price} 元;可退 {back} 天{}", sold.tuition, before(given_back.tuition));
        Part { amount: whole.without(given_back.tuition), lessons: 0, words }
    }

    fn months(&self, steps: &[MonthStep]) -> Part {
        let Facts { sold, given_back, trigger, on, .. } = self.facts;
        let months = months(self.facts.starts_on, self.facts.ends_on);
        let amounts = sold.tuition.split(&vec![1; months.len()]);
        let (mut whole, mut free, mut partly) = (Money::ZERO, 0_u16, 0_u16);
        for ((from, until), amount) in months.iter().zip(amounts) {
            let begun = *from < *on;
            let over = *until <= *on;
            let share = if !begun {
                trigger.leaves().then_some(amount)
            } else if over || trigger.leaves() {
                self.step(steps, (*from, *until)).map(|step| step.back.of(amount))
            } else {
                None
            };
            if let Some(share) = share.filter(|share| !share.is_zero()) {
                let counted = if begun { &mut partly } else { &mut free };
                *counted = counted.saturating_add(1);
                whole = whole.plus(share).unwrap_or(whole);
            }
        }
        let words = format!(
            "学费 {} 元,共 {} 个月;未开始 {free} 个月全退,出勤不足 {partly} 个月按比例退,共 {whole} 元{}",
            sold.tuition,
            months.len(),
            before(given_back.tuition)
        );
        Part { amount: whole.without(given_back.tuition), lessons: 0, words }
    }

    /// The first step that fits a month.
    fn step<'a>(&self, steps: &'a [MonthStep], (from, until): (Date, Date)) -> Option<&'a MonthStep> {
        let in_month = self.facts.lessons.iter().filter(|lesson| (from..until).contains(&lesson.date)).count();
        let in_month = u16::try_from(in_month).unwrap_or(u16::MAX);
        let attended = self.facts.counted_in(from, until).taken;
        steps.iter().find(|step| step.attended_below.is_above(attended, in_month))
    }
}

fn of_missed(missed: u16) -> String {
    if missed == 0 { String::new() } else { format!("(含请假、停课等未上 {missed} 课时)") }
}

fn already(waived: Money) -> String {
    if waived.is_zero() { String::new() } else { format!(",此前已减免 {waived} 元") }
}

fn before(given: Money) -> String {
    if given.is_zero() { String::new() } else { format!(",扣除此前已退 {given} 元") }
}

/// Whole fen of one of `count` parts; what is left over stays with the last.
pub(super) fn each(amount: Money, count: u16) -> Money {
    Money::from_fen(amount.fen().checked_div_euclid(i64::from(count)).unwrap_or_default())
}

pub(super) fn times(price: Money, count: u16) -> Money {
    price.times(u32::from(count)).unwrap_or(price)
}

/// The calendar months of a stretch of days: each from its first day, clipped, to the day after its last.
fn months(starts_on: Date, ends_on: Date) -> Vec<(Date, Date)> {
    let mut months = Vec::new();
    let mut from = starts_on;
    while from <= ends_on {
        let next = from.last_of_month().tomorrow().unwrap_or(Date::MAX);
        months.push((from, next));
        if next == Date::MAX {
            break;
        }
        from = next;
    }
    months
}
