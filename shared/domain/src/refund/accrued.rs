//! What has accrued (应退累计): lessons that a pupil who stays has missed on leave, or that the school did not give, as
//! far as the rules give them back lesson by lesson. S34.2 P7.1.
//!
//! Nothing is counted up: it is worked out from the lessons as they are known whenever it is asked for, so that a
//! correction, a leave that ends early or a change that is revoked shows at once in what has not been paid out. What went
//! back of a line is known by its number of lessons; of so many missed lessons the earliest are the ones that went back.
//! The amount of so many lessons is rounded as one sum, and a payment out is the difference of two such sums: however
//! often something is paid out, in all it is what one payment of everything would have been.

use jiff::civil::Date;

use super::facts::{Facts, LessonState, Trigger};
use super::quote::{Item, Quote, QuoteError, QuoteLine, each, times};
use super::rules::{AccruedPayout, Back, Clause, Payout, RefundRules};
use crate::money::Money;

/// Days of lessons that the words of a quote name; the accrual itself names all.
const DAYS_NAMED: usize = 20;

/// A lesson that was missed, and goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// The day.
    pub date: Date,
    /// Why it was missed.
    pub state: LessonState,
    /// What goes back for it, or went back.
    pub amount: Money,
    /// Whether it went back before (已退).
    pub paid_out: bool,
}

/// What has accrued of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accrued {
    /// The lessons, by day.
    pub lessons: Vec<Missed>,
    /// What is to be paid out: what comes to the lessons that did not go back before.
    pub total: Money,
    /// How many lessons more went back than were missed, as it is known now: the next ones that are missed are among
    /// them.
    pub ahead: u16,
    /// The rules it goes by, in their words.
    pub rule: String,
    /// How it goes back.
    pub payout: Payout,
    /// Whether the school has to approve it.
    pub approval: bool,
    /// How an amount comes about.
    about: String,
}

/// What counts of a cause, and what for.
const CAUSES: [(Trigger, &[LessonState]); 2] =
    [(Trigger::Leave, &[LessonState::OnLeave, LessonState::Absent]), (Trigger::Suspension, &[LessonState::NotGiven])];

/// The clauses that give lessons back, and which lessons these are.
fn giving<'r>(rules: &'r RefundRules, facts: &Facts) -> (Vec<&'r Clause>, Vec<LessonState>) {
    let (mut clauses, mut states) = (Vec::new(), Vec::new());
    for (trigger, of_cause) in CAUSES {
        let counted: Vec<LessonState> = of_cause.iter().copied().filter(|state| rules.missed.contains(state)).collect();
        let clause = rules.clause_for(trigger, facts).filter(|clause| clause.back == Back::Lessons);
        if let Some(clause) = clause.filter(|_| !counted.is_empty()) {
            if !clauses.contains(&clause) {
                clauses.push(clause);
            }
            states.extend(counted);
        }
    }
    (clauses, states)
}

impl Accrued {
    /// What has accrued up to the day of the facts, that day not included.
    pub fn of(rules: &RefundRules, facts: &Facts) -> Result<Self, QuoteError> {
        let facts = &facts.as_waived();
        let (clauses, states) = giving(rules, facts);
        if clauses.is_empty() {
            return Err(QuoteError::NoRule);
        }
        let Facts { sold, given_back, .. } = facts;
        let price = each(sold.tuition, sold.lessons);
        // Of so many lessons, as one sum.
        let of = |count: u16| {
            let exact = if count >= sold.lessons { sold.tuition } else { times(price, count) };
            rules.rounding.apply(exact, sold.tuition)
        };
        let missed = facts.lessons.iter().filter(|lesson| lesson.date < facts.on && states.contains(&lesson.state));
        let mut left = sold.tuition.without(given_back.tuition);
        let (mut lessons, mut total) = (Vec::new(), Money::ZERO);
        for (before, lesson) in (0..sold.lessons).zip(missed) {
            let whole = of(before.saturating_add(1)).without(of(before));
            let paid_out = before < given_back.lessons;
            let amount = if paid_out { whole } else { whole.min(left) };
            if !paid_out {
                left = left.without(amount);
                total = total.plus(amount).unwrap_or(total);
            }
            lessons.push(Missed { date: lesson.date, state: lesson.state, amount, paid_out });
        }
        let count = u16::try_from(lessons.len()).unwrap_or(u16::MAX);
        let words: Vec<&str> = clauses.iter().map(|clause| clause.words.as_str()).collect();
        let kept = clauses.iter().all(|clause| clause.payout == Payout::NextTerm);
        Ok(Self {
            lessons,
            total,
            ahead: given_back.lessons.saturating_sub(count),
            rule: words.join(";"),
            payout: if kept { Payout::NextTerm } else { Payout::Original },
            approval: clauses.iter().any(|clause| clause.approval),
            about: format!("学费 {} 元 ÷ {} 课时,每课时 {price} 元", sold.tuition, sold.lessons),
        })
    }

    /// The lessons that are to be paid out.
    pub fn open(&self) -> impl Iterator<Item = &Missed> {
        self.lessons.iter().filter(|lesson| !lesson.paid_out)
    }

    /// Paying it out as a quote.
    pub fn quote(&self) -> Quote {
        let count = |lessons: usize| u16::try_from(lessons).unwrap_or(u16::MAX);
        let open = count(self.open().count());
        let of = |state: LessonState, name: &str| {
            let days: Vec<String> = self
                .open()
                .filter(|lesson| lesson.state == state)
                .map(|lesson| format!("{}月{}日", lesson.date.month(), lesson.date.day()))
                .collect();
            let more = if days.len() > DAYS_NAMED { "等" } else { "" };
            let named: Vec<&str> = days.iter().take(DAYS_NAMED).map(String::as_str).collect();
            (!days.is_empty()).then(|| format!("{name} {} 课时({}{more})", days.len(), named.join("、")))
        };
        let causes = [(LessonState::OnLeave, "请假"), (LessonState::Absent, "缺勤"), (LessonState::NotGiven, "停课")];
        let mut told: Vec<String> = causes.into_iter().filter_map(|(state, name)| of(state, name)).collect();
        told.push(format!("应退 {open} 课时"));
        let before = self.lessons.len().saturating_sub(usize::from(open));
        if before > 0 {
            told.push(format!("此前已退 {before} 课时"));
        }
        let words = format!("{};{}", self.about, told.join(","));
        Quote {
            rule: self.rule.clone(),
            lines: vec![QuoteLine { item: Item::Tuition, amount: self.total, words }],
            total: self.total,
            lessons: open,
            payout: self.payout,
            approval: self.approval,
        }
    }
}

/// What of a line falls due by itself today, and as of which day it has accrued; none: nothing, or not yet.
pub fn falls_due(rules: &RefundRules, facts: &Facts, today: Date) -> Option<(Date, Accrued)> {
    let ended = facts.ends_on < today;
    let as_of = |on: Date| {
        let accrued = Accrued::of(rules, &Facts { trigger: Trigger::Accrued, on, ..facts.clone() }).ok()?;
        (accrued.total > Money::ZERO).then_some((on, accrued))
    };
    match rules.accrued {
        AccruedPayout::Asked => None,
        AccruedPayout::Monthly => as_of(today.first_of_month()),
        AccruedPayout::AtEnd => as_of(today).filter(|_| ended),
        AccruedPayout::Above(least) => as_of(today).filter(|(_, accrued)| ended || accrued.total >= least),
    }
}
