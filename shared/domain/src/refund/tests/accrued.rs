//! What accrues for missed lessons: by which rules, when it is paid out, and that it is neither more nor less than what
//! the rules give.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::accrued::{Accrued, falls_due};
use super::super::facts::{Facts, GivenBack, LessonState, Trigger};
use super::super::quote::{Item, QuoteError, quote};
use super::super::rules::{Payout, RefundRules, RulesError};
use super::rules::{START, after, facts, rules, states};
use crate::id::RefundRequestId;
use crate::money::Money;

use LessonState::{Absent, Attended, NotGiven, OnLeave};
use Trigger::{Accrued as Accrual, Leave, Withdrawal};

/// By lessons, paid out like this.
fn by_lessons(accrued: &Value, rounding: &str) -> RefundRules {
    rules(json!({
        "clauses": [{"back": {"by": "lessons"}, "words": "按未上课时退还"}],
        "missed": ["on_leave", "not_given"], "rounding": rounding, "accrued": accrued,
    }))
}

/// Sixteen lessons of 25 yuan.
fn missed(states: &[LessonState]) -> Facts {
    Facts { ends_on: date(2026, 12, 21), ..after(facts(Accrual, START, 16, 40_000), states) }
}

/// Paid out: what went back of the line rises by it.
fn paid_out(facts: &mut Facts, accrued: &Accrued) {
    let quote = accrued.quote();
    let GivenBack { lessons, tuition, .. } = &mut facts.given_back;
    *lessons = lessons.saturating_add(quote.lessons);
    *tuition = tuition.plus(quote.of(Item::Tuition)).unwrap();
}

fn fen(accrued: &Accrued) -> i64 {
    accrued.total.fen()
}

#[test]
fn s34_2_lessons_on_leave_and_not_given_accrue_line_by_line() {
    let rules = by_lessons(&json!({"by": "monthly"}), "fen");
    let accrued = Accrued::of(&rules, &missed(&[Attended, OnLeave, Absent, NotGiven])).unwrap();
    let told: Vec<(i8, LessonState, i64)> =
        accrued.lessons.iter().map(|one| (one.date.day(), one.state, one.amount.fen())).collect();
    assert_eq!(told, [(14, OnLeave, 2_500), (28, NotGiven, 2_500)]);
    let quote = accrued.quote();
    assert_eq!((quote.total.fen(), quote.lessons, quote.payout), (5_000, 2, Payout::Original));
    assert_eq!(
        quote.lines[0].words,
        "学费 400.00 元 ÷ 16 课时,每课时 25.00 元;请假 1 课时(9月14日),停课 1 课时(9月28日),应退 2 课时"
    );
    assert_eq!(super::super::quote::quote(&rules, &missed(&[Attended, OnLeave, Absent, NotGiven])), Ok(quote));
}

#[test]
fn s34_2_each_cause_goes_by_the_rule_for_it() {
    let two = |leave: Value, suspension: Value| {
        rules(json!({
            "clauses": [
                {"triggers": ["leave"], "back": leave, "words": "请假规则", "approval": true},
                {"triggers": ["suspension"], "back": suspension, "words": "停课规则", "payout": "next_term"},
            ],
            "missed": ["on_leave", "absent", "not_given"],
        }))
    };
    let (lessons, nothing) = (json!({"by": "lessons"}), json!({"by": "nothing"}));
    let facts = missed(&[OnLeave, Absent, NotGiven]);
    let of = |rules: &RefundRules| Accrued::of(rules, &facts).map(|one| (one.lessons.len(), one.approval, one.payout));
    assert_eq!(of(&two(lessons.clone(), lessons.clone())), Ok((3, true, Payout::Original)));
    assert_eq!(of(&two(lessons.clone(), nothing.clone())), Ok((2, true, Payout::Original)));
    assert_eq!(of(&two(nothing.clone(), lessons)), Ok((1, false, Payout::NextTerm)));
    assert_eq!(of(&two(nothing.clone(), nothing)), Err(QuoteError::NoRule));
    // A share of the tuition is for who leaves, and says nothing of single lessons.
    let share = json!({"by": "share", "of": {"num": 1, "den": 2}});
    assert_eq!(of(&two(share.clone(), share)), Err(QuoteError::NoRule));
}

#[test]
fn s34_2_what_was_paid_out_is_settled_with_what_is_known_later() {
    let rules = by_lessons(&json!({"by": "monthly"}), "fen");
    let mut facts = missed(&[OnLeave, Attended, NotGiven]);
    let first = Accrued::of(&rules, &facts).unwrap();
    paid_out(&mut facts, &first);
    assert_eq!(fen(&Accrued::of(&rules, &facts).unwrap()), 0, "once");
    facts.lessons[1].state = OnLeave;
    let more = Accrued::of(&rules, &facts).unwrap();
    assert_eq!((fen(&more), more.open().count()), (2_500, 1), "a correction adds what it says");
    // The leave was ended, and the change revoked: more went back than was missed.
    for lesson in &mut facts.lessons[..3] {
        lesson.state = Attended;
    }
    facts.lessons[3].state = OnLeave;
    facts.on = date(2026, 10, 5);
    let less = Accrued::of(&rules, &facts).unwrap();
    assert_eq!((fen(&less), less.ahead, less.open().count()), (0, 1, 0));
}

#[test]
fn s34_2_no_more_accrues_than_is_left_of_the_tuition() {
    let rules = by_lessons(&json!({"by": "monthly"}), "fen");
    let mut facts = missed(&[OnLeave; 4]);
    facts.given_back.tuition = Money::from_fen(34_000);
    let accrued = Accrued::of(&rules, &facts).unwrap();
    let each: Vec<i64> = accrued.lessons.iter().map(|lesson| lesson.amount.fen()).collect();
    assert_eq!((fen(&accrued), each), (6_000, vec![2_500, 2_500, 1_000, 0]));
}

#[test]
fn p7_1_it_is_paid_out_when_the_rules_say() {
    let facts = missed(&[OnLeave, Attended, OnLeave, Attended, NotGiven]);
    let due = |accrued: Value, today: Date| {
        let facts = Facts { on: today, ..facts.clone() };
        falls_due(&by_lessons(&accrued, "fen"), &facts, today).map(|(on, due)| (on, fen(&due)))
    };
    let (october, after_it) = (date(2026, 10, 6), date(2026, 12, 22));
    assert_eq!(due(json!({"by": "asked"}), after_it), None);
    assert_eq!(due(json!({"by": "monthly"}), date(2026, 9, 30)), None);
    assert_eq!(due(json!({"by": "monthly"}), october), Some((date(2026, 10, 1), 5_000)));
    assert_eq!(due(json!({"by": "at_end"}), date(2026, 12, 21)), None, "the last lesson is today");
    assert_eq!(due(json!({"by": "at_end"}), after_it), Some((after_it, 7_500)));
    assert_eq!(due(json!({"by": "above", "of": 7_500}), date(2026, 10, 5)), None);
    assert_eq!(due(json!({"by": "above", "of": 7_500}), october), Some((october, 7_500)));
    assert_eq!(due(json!({"by": "above", "of": 7_501}), october), None);
    assert_eq!(due(json!({"by": "above", "of": 7_501}), after_it), Some((after_it, 7_500)), "the rest at the end");
}

#[test]
fn s34_2_rules_about_what_has_accrued_are_checked() {
    let read = |triggers: Value, accrued: Value| {
        let clause = json!({"triggers": triggers, "back": {"by": "lessons"}, "words": "按课时"});
        let rules = json!({"clauses": [clause], "missed": [], "accrued": accrued});
        serde_json::from_value::<RefundRules>(rules).expect("rules").checked().map(|_| ())
    };
    assert_eq!(read(json!(["leave"]), json!({"by": "above", "of": 1})), Ok(()));
    assert_eq!(read(json!(["leave"]), json!({"by": "above", "of": 0})), Err(RulesError::AccruedUnusable));
    assert_eq!(read(json!(["accrued"]), json!({"by": "at_end"})), Err(RulesError::TriggerUnusable));
}

#[test]
fn p7_1_a_payment_out_is_named_by_the_lessons_it_is_for() {
    let rules = by_lessons(&json!({"by": "monthly"}), "fen");
    let id = |facts: &Facts| {
        let accrued = Accrued::of(&rules, facts).unwrap();
        let order = "20261-7K3M9Q2XAB-01".parse().unwrap();
        RefundRequestId::of_accrued(&"3144200101".parse().unwrap(), &order, &"K1".parse().unwrap(), &accrued)
    };
    let facts = missed(&[OnLeave, Attended]);
    assert_eq!(id(&facts), id(&missed(&[OnLeave, Attended, Attended])), "time changes nothing");
    assert_ne!(id(&facts), id(&missed(&[OnLeave, OnLeave])));
    assert_ne!(id(&facts), id(&missed(&[Attended, OnLeave])));
}

/// A night: what becomes of the next lesson, what is said anew of an earlier one, and whether it is paid out.
type Night = (LessonState, Option<(usize, LessonState)>, bool);

fn nights() -> impl Strategy<Value = Vec<Night>> {
    let state = || prop::sample::select(vec![Attended, OnLeave, Absent, NotGiven]);
    prop::collection::vec((state(), prop::option::weighted(0.3, (0usize..19, state())), any::<bool>()), 1..=19)
}

fn roundings() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["fen", "up_to_jiao", "down_to_jiao", "up_to_yuan", "down_to_yuan"])
}

proptest! {
    /// Night after night, with corrections in between: what was paid out and what has accrued is never more than what the
    /// rules give for the most lessons that were ever known to be missed; and it is that, once nothing is taken back.
    #[test]
    fn s34_2_what_was_paid_out_and_has_accrued_is_what_the_rules_give(
        nights in nights(), rounding in roundings(), tuition in 0i64..100_000,
    ) {
        let rules = by_lessons(&json!({"by": "above", "of": 1}), rounding);
        let mut facts = facts(Accrual, START, 19, tuition);
        let (mut most, mut paid, mut was_taken_back) = (0i64, 0i64, false);
        for (night, (state, corrected, pays)) in nights.into_iter().enumerate() {
            facts.lessons[night].state = state;
            if let Some((at, anew)) = corrected.filter(|(at, _)| *at < night) {
                was_taken_back |= matches!(anew, Attended | Absent);
                facts.lessons[at].state = anew;
            }
            facts.on = facts.lessons[night].date.tomorrow().unwrap();
            let alone = Accrued::of(&rules, &Facts { given_back: GivenBack::default(), ..facts.clone() }).unwrap();
            most = most.max(fen(&alone));
            let accrued = Accrued::of(&rules, &facts).unwrap();
            let open: i64 = accrued.open().map(|lesson| lesson.amount.fen()).sum();
            prop_assert_eq!(open, fen(&accrued), "line by line");
            prop_assert!(paid + fen(&accrued) <= most);
            if !was_taken_back {
                prop_assert_eq!(paid + fen(&accrued), fen(&alone));
            }
            if pays && let Some((_, due)) = falls_due(&rules, &facts, facts.on) {
                paid += fen(&due);
                paid_out(&mut facts, &due);
                prop_assert_eq!(falls_due(&rules, &facts, facts.on), None, "a second run pays nothing");
            }
            prop_assert_eq!(paid, facts.given_back.tuition.fen());
        }
    }

    /// Who gets what has accrued and leaves then gets in all what leaving alone would have given, whatever the rounding;
    /// and what was paid out stays where leaving gives less.
    #[test]
    fn p7_2_what_has_accrued_is_no_more_and_no_less_for_who_leaves(
        states in states(), pays in prop::collection::vec(any::<bool>(), 19), rounding in roundings(),
        tuition in 0i64..100_000, back in prop::sample::select(vec![json!({"by": "lessons"}), json!({"by": "nothing"})]),
    ) {
        let rules = rules(json!({
            "clauses": [
                {"triggers": ["withdrawal"], "back": back, "words": "退课"},
                {"back": {"by": "lessons"}, "words": "按课时"},
            ],
            "missed": ["on_leave", "not_given"], "rounding": rounding, "accrued": {"by": "above", "of": 1},
        }));
        let left = after(facts(Withdrawal, START, 19, tuition), &states);
        let alone = quote(&rules, &left).unwrap().total.fen();
        let (mut night, mut paid) = (left.clone(), 0i64);
        for (lesson, pays) in left.lessons.iter().zip(pays).filter(|(lesson, _)| lesson.date < left.on) {
            night.on = lesson.date.tomorrow().unwrap();
            if pays && let Some((_, due)) = falls_due(&rules, &night, night.on) {
                paid += fen(&due);
                paid_out(&mut night, &due);
            }
        }
        let then = quote(&rules, &Facts { trigger: Withdrawal, on: left.on, ..night.clone() }).unwrap();
        prop_assert_eq!(paid + then.total.fen(), alone.max(paid));
        if back == json!({"by": "lessons"}) {
            prop_assert_eq!(paid + then.total.fen(), alone);
        }
        // Asked for in one, it is the same as night by night, to the fen.
        if rounding == "fen" {
            let rest = quote(&rules, &Facts { trigger: Leave, on: left.on, ..night }).unwrap();
            let at_once = quote(&rules, &Facts { trigger: Leave, ..left }).unwrap();
            prop_assert_eq!(paid + rest.total.fen(), at_once.total.fen());
        }
    }
}
