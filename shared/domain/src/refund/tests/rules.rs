//! The rules as schools and cities have them, each as data alone; and the laws no rule may break.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::facts::{Facts, GivenBack, Lesson, LessonState, Sold, Taken, Trigger};
use super::super::quote::{Item, Quote, QuoteError, quote};
use super::super::rules::{RefundRules, RulesError};
use crate::directory;
use crate::money::Money;

pub(super) const START: Date = date(2026, 9, 7);
const END: Date = date(2027, 1, 15);

pub(super) fn rules(value: Value) -> RefundRules {
    serde_json::from_value::<RefundRules>(value).expect("rules").checked().expect("usable rules")
}

/// A term of so many weekly lessons, nothing taken yet.
pub(super) fn facts(trigger: Trigger, on: Date, lessons: u16, tuition: i64) -> Facts {
    let day = |week: u16| START.checked_add(i64::from(week).weeks()).unwrap();
    Facts {
        trigger,
        on,
        starts_on: START,
        ends_on: END,
        sold: Sold {
            lessons,
            tuition: Money::from_fen(tuition),
            waived: Money::ZERO,
            materials: Money::ZERO,
            sundry: Money::ZERO,
        },
        given_back: GivenBack::default(),
        lessons: (0..lessons).map(|week| Lesson { date: day(week), state: LessonState::Due }).collect(),
        materials_received: false,
        sundry_used: false,
        waiver: Taken::default(),
    }
}

/// The same after some lessons.
pub(super) fn after(mut facts: Facts, states: &[LessonState]) -> Facts {
    for (lesson, state) in facts.lessons.iter_mut().zip(states) {
        lesson.state = *state;
    }
    facts.on = facts.lessons.get(states.len()).map_or(END, |lesson| lesson.date);
    facts
}

fn fen(rules: &RefundRules, facts: &Facts) -> i64 {
    told(rules, facts).total.fen()
}

fn told(rules: &RefundRules, facts: &Facts) -> Quote {
    quote(rules, facts).expect("a rule")
}

use LessonState::{Absent, Attended, NotGiven, OnLeave};
use Trigger::{ClassCancelled, Leave, Suspension, Waiver, Withdrawal};

#[test]
fn s34_2_a_school_that_gives_no_lessons_takes_them_off_the_next_term() {
    // 都昌: 40 lessons of 2.95 元, against the next term.
    let rules = rules(json!({
        "clauses": [{
            "triggers": ["suspension"], "back": {"by": "lessons"}, "payout": "next_term",
            "words": "停课课时抵扣下学期费用",
        }],
        "missed": ["not_given"],
    }));
    let stopped = after(facts(Suspension, START, 100, 29_500), &[NotGiven; 40]);
    let quote = told(&rules, &stopped);
    assert_eq!((quote.total.fen(), quote.lessons, quote.payout.to_string().as_str()), (11_800, 40, "next_term"));
    assert_eq!(super::super::quote::quote(&rules, &Facts { trigger: Withdrawal, ..stopped }), Err(QuoteError::NoRule));
}

#[test]
fn s34_2_half_within_three_months_then_nothing() {
    // 南京: 300 元 a term; left within three months half, later nothing.
    let rules = rules(json!({
        "clauses": [
            {"when": {"days_since_start": 90}, "back": {"by": "share", "of": {"num": 1, "den": 2}},
             "words": "三个月内退课退 50%"},
            {"back": {"by": "nothing"}, "words": "三个月后退课不退"},
        ],
        "missed": [],
    }));
    let on = |days: i64| facts(Withdrawal, START.checked_add(days.days()).unwrap(), 16, 30_000);
    assert_eq!([0, 90, 91].map(|days| fen(&rules, &on(days))), [15_000, 15_000, 0]);
}

#[test]
fn s34_2_a_month_attended_less_than_half_goes_back_by_half() {
    // 梧州: at most 120 元 a month; who was there on less than half of its days gets half of it.
    let rules = rules(json!({
        "clauses": [{
            "back": {"by": "months", "of": [
                {"attended_below": {"num": 1, "den": 2}, "back": {"num": 1, "den": 2}},
            ]},
            "words": "未开始的月份全退,出勤不足一半的月份退 50%",
        }],
        "missed": [],
    }));
    // Five months; September has four lessons. One was attended, and the pupil leaves on 1 October.
    let mut left = after(facts(Withdrawal, START, 19, 60_000), &[Attended, Absent, Absent, Absent]);
    left.on = date(2026, 10, 1);
    assert_eq!(fen(&rules, &left), 6_000 + 4 * 12_000);
    let mut left = after(facts(Withdrawal, START, 19, 60_000), &[Attended, Attended, Absent, Absent]);
    left.on = date(2026, 10, 1);
    assert_eq!(fen(&rules, &left), 4 * 12_000, "half is not less than half");
}

#[test]
fn s34_2_a_waiver_granted_late_gives_back_what_it_takes() {
    // 徐闻: 280 元 a term, waived for families in need.
    let rules = rules(json!({
        "clauses": [{"triggers": ["waiver"], "back": {"by": "waived"}, "words": "减免对象退还减免部分"}],
        "missed": [],
    }));
    let waived = |percent| granted(percent, facts(Waiver, START, 16, 28_000));
    assert_eq!([100, 50].map(|percent| fen(&rules, &waived(percent))), [28_000, 14_000]);
    // What was waived at the sale, and what went back by a waiver before, is no part of it.
    let mut again = waived(50);
    again.given_back =
        GivenBack { tuition: Money::from_fen(14_000), waived: Money::from_fen(14_000), ..again.given_back };
    let quote = told(&rules, &again);
    assert_eq!(
        (quote.total.fen(), quote.lines[0].words.as_str()),
        (0, "学费 280.00 元,减免 50% 为 140.00 元,此前已减免 140.00 元")
    );
    again.waiver = granted(80, again.clone()).waiver;
    assert_eq!(fen(&rules, &again), 8_400, "a greater one takes the rest");
    let sold = Sold { tuition: Money::from_fen(14_000), waived: Money::from_fen(14_000), ..waived(0).sold };
    assert_eq!(fen(&rules, &granted(50, Facts { sold, ..waived(0) })), 0);
    assert_eq!(fen(&rules, &granted(30, Facts { sold, ..waived(0) })), 0, "a smaller one takes nothing back");
}

/// The pupil has a waiver of so many percent.
fn granted(percent: u8, facts: Facts) -> Facts {
    let waiver = waiver(percent);
    let gross = facts.sold.tuition.plus(facts.sold.waived).unwrap();
    Facts { waiver: Taken { percent, amount: waiver.of(gross) }, ..facts }
}

fn waiver(percent: u8) -> directory::Waiver {
    directory::Waiver { reason: "低保家庭".to_owned(), percent }
}

#[test]
fn s34_2_actual_lessons_are_paid_for() {
    // 四川: 3.5 元 a lesson, by what was attended.
    let rules = rules(json!({
        "clauses": [{"back": {"by": "lessons"}, "words": "按实际上课课时结算"}],
        "missed": ["on_leave", "absent", "not_given"],
    }));
    let states = [Attended, OnLeave, Absent, NotGiven, Attended];
    assert_eq!(fen(&rules, &after(facts(Leave, START, 20, 7_000), &states)), 3 * 350);
    assert_eq!(fen(&rules, &after(facts(Withdrawal, START, 20, 7_000), &states)), 18 * 350);
}

#[test]
fn s34_2_before_the_start_almost_all_and_then_by_lessons() {
    // 杭州: five days before the start all of it, later 5 % less, after the start the lessons not yet given; other fees
    // by what was used.
    let rules = rules(json!({
        "clauses": [
            {"when": {"days_before_start": 5}, "back": {"by": "share", "of": {"num": 1, "den": 1}},
             "words": "开课 5 天前全额退"},
            {"when": {"days_before_start": 1}, "back": {"by": "share", "of": {"num": 95, "den": 100}},
             "words": "开课前 5 天内扣 5%"},
            {"back": {"by": "lessons"}, "words": "开课后按未上课时退"},
        ],
        "missed": ["not_given"],
        "materials": "unused",
        "sundry": "never",
    }));
    let before = |days: i64| facts(Withdrawal, START.checked_sub(days.days()).unwrap(), 16, 32_000);
    assert_eq!([5, 4, 0].map(|days| fen(&rules, &before(days))), [32_000, 30_400, 32_000]);
    let mut begun = after(facts(Withdrawal, START, 16, 32_000), &[Attended; 4]);
    begun.sold.materials = Money::from_fen(2_000);
    begun.sold.sundry = Money::from_fen(500);
    let quote = told(&rules, &begun);
    assert_eq!([Item::Tuition, Item::Materials, Item::Sundry].map(|item| quote.of(item).fen()), [24_000, 2_000, 0]);
    begun.materials_received = true;
    assert_eq!(fen(&rules, &begun), 24_000);
}

#[test]
fn s34_2_steps_by_how_much_was_taught() {
    // 台湾: before the class forms all; less than a third taught two thirds, less than two thirds one third, later
    // nothing; own leave nothing, what the school could not give goes back.
    let rules = rules(json!({
        "clauses": [
            {"triggers": ["leave"], "back": {"by": "nothing"}, "words": "个人请假不退"},
            {"triggers": ["suspension", "class_cancelled"], "back": {"by": "lessons"}, "words": "不可抗力按课时退"},
            {"when": {"days_before_start": 1}, "back": {"by": "share", "of": {"num": 1, "den": 1}}, "words": "开课前全退"},
            {"when": {"passed_below": {"num": 1, "den": 3}}, "back": {"by": "share", "of": {"num": 2, "den": 3}},
             "words": "未满三分之一退三分之二"},
            {"when": {"passed_below": {"num": 2, "den": 3}}, "back": {"by": "share", "of": {"num": 1, "den": 3}},
             "words": "未满三分之二退三分之一"},
            {"back": {"by": "nothing"}, "words": "超过三分之二不退"},
        ],
        "missed": ["not_given"],
    }));
    let taught = |lessons: usize| after(facts(Withdrawal, START, 18, 36_000), &vec![Attended; lessons]);
    assert_eq!([5, 6, 11, 12].map(|lessons| fen(&rules, &taught(lessons))), [24_000, 12_000, 12_000, 0]);
    assert_eq!(fen(&rules, &facts(Withdrawal, date(2026, 9, 6), 18, 36_000)), 36_000);
    assert_eq!(fen(&rules, &after(facts(Leave, START, 18, 36_000), &[OnLeave; 3])), 0);
    assert_eq!(fen(&rules, &after(facts(Suspension, START, 18, 36_000), &[NotGiven; 3])), 6_000);
    assert_eq!(fen(&rules, &after(facts(ClassCancelled, START, 18, 36_000), &[Attended; 9])), 18_000);
}

#[test]
fn s34_2_absence_without_leave_is_paid_for_and_late_claims_are_not_taken() {
    // 凯锐: fee ÷ lessons × lessons not taken; absence does not go back; up to a month after the end.
    let rules = rules(json!({
        "clauses": [{"when": {"days_after_end": 30}, "back": {"by": "lessons"}, "words": "按未上课时退,缺勤不退",
                     "approval": true}],
        "missed": ["on_leave", "not_given"],
    }));
    let states = [Attended, Absent, OnLeave, Attended];
    let left = told(&rules, &after(facts(Withdrawal, START, 10, 20_000), &states));
    assert_eq!((left.total.fen(), left.lessons, left.approval), (14_000, 7, true));
    let on = |days: i64| facts(Leave, END.checked_add(days.days()).unwrap(), 10, 20_000);
    assert!(quote(&rules, &on(30)).is_ok());
    assert_eq!(quote(&rules, &on(31)), Err(QuoteError::NoRule));
}

#[test]
fn s34_2_months_charged_ahead_go_back_as_long_as_they_have_not_begun() {
    // 厦门: 60 元 a month, four months charged at once.
    let rules = rules(json!({
        "clauses": [{"back": {"by": "months", "of": []}, "words": "未开始的月份全退"}],
        "missed": [],
    }));
    let mut four = facts(Withdrawal, date(2026, 10, 15), 16, 24_000);
    four.ends_on = date(2026, 12, 31);
    assert_eq!(fen(&rules, &four), 12_000);
    four.on = date(2026, 11, 1);
    assert_eq!(fen(&rules, &four), 12_000, "a month begins with its first day");
}

#[test]
fn s34_2_days_go_back_and_the_school_may_keep_a_fee() {
    let rules = rules(json!({
        "clauses": [{"back": {"by": "days"}, "words": "按剩余天数退"}],
        "missed": ["on_leave"],
        "handling": 500,
        "rounding": "down_to_yuan",
    }));
    // 100 元 ÷ 16 days: 6.25 元 a day. Three days are used, one was spent on leave.
    let left = after(facts(Withdrawal, START, 16, 10_000), &[Attended, OnLeave, Attended, Attended]);
    let quote = told(&rules, &left);
    assert_eq!(
        (quote.of(Item::Tuition).fen(), quote.of(Item::Handling).fen(), quote.total.fen()),
        (8_100, -500, 7_600)
    );
    assert!(quote.lines[0].words.contains("每天 6.25 元;可退 13 天"), "{}", quote.lines[0].words);
    assert_eq!(told(&rules, &Facts { trigger: Leave, ..left }).total.fen(), 600);
}

#[test]
fn s34_2_each_amount_is_told_with_its_numbers() {
    let rules = lessons(&["on_leave", "not_given"]);
    let quote = told(&rules, &after(facts(Withdrawal, START, 16, 32_000), &[Attended, Attended, OnLeave]));
    let expected = "学费 320.00 元 ÷ 16 课时,每课时 20.00 元;已用 2 课时,可退 14 课时(含请假、停课等未上 1 课时)";
    assert_eq!((quote.lines[0].words.as_str(), quote.rule.as_str()), (expected, "按课时"));
}

#[test]
fn s34_2_rules_that_make_no_sense_are_not_kept() {
    let read = |value: Value| serde_json::from_value::<RefundRules>(value).expect("rules").checked().map(|_| ());
    let clause = |back: Value| json!({"clauses": [{"back": back, "words": "说明"}], "missed": []});
    assert_eq!(read(json!({"clauses": [], "missed": []})), Err(RulesError::ClausesOutOfRange));
    assert_eq!(read(clause(json!({"by": "share", "of": {"num": 3, "den": 2}}))), Err(RulesError::ShareUnusable));
    assert_eq!(read(clause(json!({"by": "share", "of": {"num": 0, "den": 0}}))), Err(RulesError::ShareUnusable));
    let wordless = json!({"clauses": [{"back": {"by": "lessons"}, "words": " "}], "missed": []});
    assert_eq!(read(wordless), Err(RulesError::WordsUnusable));
    let attended = json!({"clauses": [{"back": {"by": "lessons"}, "words": "说明"}], "missed": ["attended"]});
    assert_eq!(read(attended), Err(RulesError::MissedUnusable));
    let negative = json!({"clauses": [{"back": {"by": "lessons"}, "words": "说明"}], "missed": [], "handling": -1});
    assert_eq!(read(negative), Err(RulesError::HandlingUnusable));
    let step = |num: u16| json!({"attended_below": {"num": num, "den": 4}, "back": {"num": 1, "den": 2}});
    assert_eq!(read(clause(json!({"by": "months", "of": [step(2), step(1)]}))), Err(RulesError::StepsUnordered));
}

/// Rules by lessons.
fn lessons(missed: &[&str]) -> RefundRules {
    rules(json!({"clauses": [{"back": {"by": "lessons"}, "words": "按课时"}], "missed": missed}))
}

pub(super) fn states() -> impl Strategy<Value = Vec<LessonState>> {
    prop::collection::vec(prop::sample::select(vec![Attended, OnLeave, Absent, NotGiven]), 0..=19)
}

fn backs() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"by": "lessons"}),
        json!({"by": "days"}),
        json!({"by": "months", "of": [{"attended_below": {"num": 1, "den": 2}, "back": {"num": 1, "den": 2}}]}),
        json!({"by": "share", "of": {"num": 2, "den": 3}}),
        json!({"by": "waived"}),
        json!({"by": "nothing"}),
    ])
}

proptest! {
    /// Nobody gets back more than was paid and is left, whatever the rule; the amounts add up.
    #[test]
    fn s34_2_what_goes_back_is_never_more_than_what_is_left(
        states in states(),
        back in backs(),
        trigger in prop::sample::select(vec![Withdrawal, Leave, Suspension, ClassCancelled, Waiver]),
        rounding in prop::sample::select(vec!["fen", "up_to_jiao", "down_to_jiao", "up_to_yuan", "down_to_yuan"]),
        (tuition, materials, handling, given) in (0i64..100_000, 0i64..5_000, 0i64..2_000, 0i64..100_000),
        percent in 0u8..=100,
    ) {
        let rules = rules(json!({
            "clauses": [{"back": back, "words": "说明"}], "missed": ["on_leave", "not_given"],
            "rounding": rounding, "handling": handling,
        }));
        let mut facts = after(facts(trigger, START, 19, tuition), &states);
        facts.sold.materials = Money::from_fen(materials);
        facts.given_back.tuition = Money::from_fen(given.min(tuition));
        facts.waiver = Taken { percent, amount: waiver(percent).of(facts.sold.tuition) };
        let quote = told(&rules, &facts);
        let left = tuition - given.min(tuition);
        prop_assert!((0..=left).contains(&quote.of(Item::Tuition).fen()));
        prop_assert!((0..=left + materials).contains(&quote.total.fen()));
        prop_assert_eq!(quote.lines.iter().map(|line| line.amount.fen()).sum::<i64>(), quote.total.fen());
    }

    /// Before anything was taken all of it goes back, to the fen.
    #[test]
    fn s34_2_who_leaves_before_the_first_lesson_pays_nothing(tuition in 0i64..1_000_000, count in 1u16..19) {
        prop_assert_eq!(fen(&lessons(&[]), &facts(Withdrawal, START, count, tuition)), tuition);
    }

    /// Who settles what was missed and then leaves gets what who leaves at once gets.
    #[test]
    fn p7_2_in_several_refunds_or_in_one_the_sum_is_the_same(states in states(), tuition in 0i64..100_000) {
        let rules = lessons(&["on_leave", "not_given"]);
        let at_once = after(facts(Withdrawal, START, 19, tuition), &states);
        let first = told(&rules, &Facts { trigger: Leave, ..at_once.clone() });
        let given_back = GivenBack { lessons: first.lessons, tuition: first.total, ..GivenBack::default() };
        let then = told(&rules, &Facts { given_back, ..at_once.clone() });
        prop_assert_eq!(first.total.fen() + then.total.fen(), fen(&rules, &at_once));
        prop_assert_eq!(first.lessons + then.lessons, told(&rules, &at_once).lessons);
        let given_back = GivenBack { lessons: first.lessons + then.lessons, tuition: first.total.plus(then.total).unwrap(), ..given_back };
        prop_assert_eq!(fen(&rules, &Facts { given_back, ..at_once }), 0, "asked again, nothing more goes back");
    }

    /// However often and in whatever order waivers are granted, the greatest of them counts, once.
    #[test]
    fn s34_2_waivers_come_to_the_greatest_of_them(
        tuition in 0i64..100_000,
        sold in prop::option::of(0u8..=100),
        late in prop::collection::vec(0u8..=100, 1..6),
    ) {
        let rules = rules(json!({"clauses": [{"back": {"by": "waived"}, "words": "按减免比例"}], "missed": []}));
        let gross = Money::from_fen(tuition);
        let mut facts = facts(Waiver, START, 16, tuition);
        facts.sold.waived = sold.map_or(Money::ZERO, |percent| waiver(percent).of(gross));
        facts.sold.tuition = gross.without(facts.sold.waived);
        for percent in late.iter().flat_map(|percent| [percent, percent]) {
            let back = told(&rules, &granted(*percent, facts.clone())).total;
            facts.given_back.tuition = facts.given_back.tuition.plus(back).unwrap();
            facts.given_back.waived = facts.given_back.waived.plus(back).unwrap();
        }
        let greatest = sold.into_iter().chain(late).max().unwrap();
        let waived = facts.sold.waived.plus(facts.given_back.waived).unwrap();
        prop_assert_eq!(waived, waiver(greatest).of(gross));
    }

    /// A waiver granted late comes to what it had come to at the sale, whenever the pupil leaves.
    #[test]
    fn s34_2_a_waiver_granted_late_is_as_good_as_one_at_the_sale(
        states in states(), tuition in 0i64..100_000, percent in 0u8..=100,
    ) {
        let (lessons, gross) = (lessons(&["on_leave", "not_given"]), Money::from_fen(tuition));
        let waived = waiver(percent).of(gross);
        let left = after(facts(Withdrawal, START, 19, tuition), &states);
        let sold = Sold { tuition: gross.without(waived), waived, ..left.sold };
        let at_once = fen(&lessons, &Facts { sold, ..left.clone() });
        let given_back = GivenBack { tuition: waived, waived, ..GivenBack::default() };
        prop_assert_eq!(fen(&lessons, &Facts { given_back, ..left }), at_once);
    }

    /// Waiting never pays.
    #[test]
    fn s34_2_who_leaves_later_gets_no_more(tuition in 0i64..100_000, one in 0usize..19, other in 0usize..19) {
        let at = |lessons: usize| fen(&self::lessons(&[]), &after(facts(Withdrawal, START, 19, tuition), &vec![Attended; lessons]));
        prop_assert!(at(one.min(other)) >= at(one.max(other)));
    }
}
