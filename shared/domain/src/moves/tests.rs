//! Laws and examples of moves.

use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;

use super::difference::{divide, rest};
use super::exchange::{carry_out, check, mark, may_ask, parts, place, stands, unmark};
use super::transfer::{from_class, transfer};
use super::*;
use crate::catalog::{
    Category, Fee, Mode, Offering, OfferingState, Origin, Slot, Term, TermCatalog, Weekday, Weeks, Windows,
};
use crate::directory::{Pupil, Sex, Waiver};
use crate::enroll::{EnrollError, EnrollFacts};
use crate::fault::Fault as _;
use crate::id::{HomeroomId, PaymentNo};
use crate::instalment::PaymentMode;
use crate::money::Money;
use crate::order::{end, expire};
use crate::record::{Leaving, Order, OrderState, RequestMark, TermRecord};
use crate::refund::facts::{Facts, Lesson, LessonState, Taken, Trigger};
use crate::refund::quote::{Quote, quote};
use crate::refund::rules::{Payout, RefundRules};
use crate::refund::sets::RulesRef;
use crate::seat::{Seat, Stamp};
use crate::settlement::split::{Lessons, figures};
use crate::teaching::class::TeachingClass;
use crate::teaching::class::tests::class as empty_class;
use crate::teaching::lesson::Lesson as ClassLesson;
use crate::teaching::membership::{Company, Seated};
use crate::teaching::timetable::Timetable;
use crate::time::Span;

const NOW: Moment = Moment::from_seconds(1_788_220_800);
const ON: Date = date(2026, 9, 1);
const SEAT: Seat = Seat { ledger: 0, stamp: Stamp::CONFIRMED };

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn offering(course: &str, weekday: Weekday, lesson_fen: i64) -> Offering {
    Offering {
        id: id(&format!("3144200101.2026-2027-1.{course}")),
        title: course.to_owned(),
        origin: Origin::InHouse,
        category: Category::Enrichment,
        provider: None,
        summary: String::new(),
        specification: id("SP1"),
        capacity: 40,
        lessons: 16,
        unit_price: Money::from_fen(lesson_fen),
        materials: Some(Fee { amount: Money::from_fen(1_230), optional: true }),
        sundry: Some(Fee { amount: Money::from_fen(500), optional: false }),
        grades: [3].into(),
        exclusive: None,
        slots: vec![Slot { weekday, period: 1, weeks: Weeks::Every }],
        teacher: String::new(),
        room: String::new(),
        state: OfferingState::Open,
    }
}

/// `K1` and `K3` are taught at the same time, `K2` at another.
fn catalog(lesson_fen: i64) -> TermCatalog {
    let term = Term {
        school: id("3144200101"),
        code: id("2026-2027-1"),
        starts_on: ON,
        ends_on: date(2027, 1, 20),
        mode: Mode::Immediate,
        windows: Windows::default(),
        limit: 1,
        hold_minutes: 15,
        payment: PaymentMode::Whole,
        remind_hours: None,
        periods: Vec::new(),
    };
    let all = [("K1", Weekday::Monday), ("K2", Weekday::Tuesday), ("K3", Weekday::Monday)];
    let offerings: BTreeMap<_, _> =
        all.map(|(course, day)| (id(course), offering(course, day, lesson_fen))).into_iter().collect();
    TermCatalog { term, offerings, rules: RulesRef::default() }
}

fn pupil() -> Pupil {
    Pupil {
        id: id("S000000000"),
        school: id("3144200101"),
        homeroom: HomeroomId::new(&id("3144200101"), 2024, 1),
        grade: 3,
        sex: Sex::Unstated,
        waivers: Vec::new(),
        guardians: vec![id("G000000000")],
        graduated: None,
    }
}

/// The pupil has paid 405 yuan for `K1`.
fn record() -> TermRecord {
    let mut record = TermRecord::new(id("S000000000"), id("2026-2027-1"), id("3144200101"));
    let line = Line::of(&offering("K1", Weekday::Monday, 2_500), false, false, &[], SEAT).unwrap();
    let (total, request) = (line.amount, RequestMark { key: "k".to_owned(), body: String::new() });
    let order = record.next_order(id("G000000000"), (vec![line], total), request, NOW);
    let paid = Some((PaymentNo::new(&order.no, 1), NOW));
    record.orders.push(Order { state: OrderState::Paid, paid, archived: true, attempts: 1, ..order });
    record
}

fn quoted(fen: i64) -> Quote {
    let amount = Money::from_fen(fen);
    Quote {
        rule: "按未上课时退还".to_owned(),
        lines: vec![crate::refund::quote::QuoteLine {
            item: crate::refund::quote::Item::Tuition,
            amount,
            words: String::new(),
        }],
        total: amount,
        lessons: 3,
        payout: Payout::Original,
        approval: false,
    }
}

fn asked(party: Party, on: Date) -> Asked {
    Asked {
        id: id("3144200101.2026-2027-1.592dd78d80daef5a9478"),
        request: "h".to_owned(),
        student: id("S000000000"),
        wanted: Wanted::Exchange {
            from: id("K1"),
            to: id("3144200101.2026-2027-1.K2"),
            class: None,
            materials: false,
            sundry: false,
        },
        on,
        reason: "时间冲突".to_owned(),
        by: id("G000000000"),
        party,
    }
}

/// `K1`, of which so much goes back, for `K2` at so much a lesson.
fn request(record: &TermRecord, back: i64, lesson_fen: i64) -> MoveRequest {
    let line = rest(&offering("K2", Weekday::Tuesday, lesson_fen), &[], ON, (false, false), &[], SEAT).unwrap();
    let parts = parts(record, &id("K1"), None).unwrap();
    let difference = Difference::of(vec![(parts[0].clone(), quoted(back))], &line).unwrap();
    let exchange = Exchange {
        order: parts[0].clone(),
        course: id("K1"),
        title: "K1".to_owned(),
        to: id("3144200101.2026-2027-1.K2"),
        class: None,
        line,
        difference,
        explained: None,
        placed: None,
        refunds: Vec::new(),
        unplaced: None,
    };
    MoveRequest::ask(&asked(Party::Guardian, ON), Moving::Exchange(Box::new(exchange)), NOW).unwrap()
}

fn marked(record: &mut TermRecord, request: &MoveRequest) {
    let parts = parts(record, &id("K1"), None).unwrap();
    mark(record, &parts, &id("K1"), &request.id);
}

#[test]
fn s27_2_the_rest_of_a_course_is_sold_by_the_lessons_that_are_left() {
    let days: Vec<Date> = (0..16).map(|week| date(2026, 9, 1).saturating_add(jiff::Span::new().weeks(week))).collect();
    let of = |on| rest(&offering("K2", Weekday::Tuesday, 2_500), &days, on, (false, false), &[], SEAT);
    let whole = of(ON).unwrap();
    assert_eq!((whole.lessons, whole.amount.fen(), whole.instalment), (16, 40_500, None));
    let later = of(date(2026, 10, 7)).unwrap();
    assert_eq!((later.lessons, later.amount.fen()), (10, 25_500), "six Tuesdays have passed");
    let lessons: Vec<Lesson> = days.iter().map(|date| Lesson { date: *date, state: LessonState::Due }).collect();
    assert_eq!(later.lessons_of(&lessons), lessons[6..], "its lessons begin on the day");
    let over = of(date(2027, 1, 1)).unwrap_err();
    assert_eq!(over.slug(), "move/nothing-left");
    let waiver = Waiver { reason: "家庭困难".to_owned(), percent: 50 };
    let spared = rest(&offering("K2", Weekday::Tuesday, 2_500), &days, ON, (true, false), &[waiver], SEAT).unwrap();
    assert_eq!((spared.amount.fen(), spared.waived.unwrap().amount.fen()), (21_730, 20_000));
}

#[test]
fn s27_2_the_difference_is_told_line_by_line() {
    let record = record();
    let words = |back, lesson| request(&record, back, lesson).exchange().unwrap().difference.words();
    assert_eq!(words(40_500, 2_500), "原课程可退 405.00 元,调入课程费用 405.00 元,费用相抵,无需补缴或退还");
    assert_eq!(words(30_500, 2_500), "原课程可退 305.00 元,调入课程费用 405.00 元,应补缴 100.00 元");
    assert_eq!(words(40_500, 2_000), "原课程可退 405.00 元,调入课程费用 325.00 元,应退还 80.00 元");
    let (one, other) = (request(&record, 40_500, 2_500), request(&record, 30_500, 2_500));
    let (one, other) = (&one.exchange().unwrap().difference, &other.exchange().unwrap().difference);
    assert_eq!(one.explained(one), None);
    assert!(other.explained(one).unwrap().contains("应补缴 100.00 元"));
    assert_eq!(one.price[0].words, "学费每课时 25.00 元 × 剩余 16 课时,计 400.00 元");
}

#[test]
fn p11_1_a_guardian_asks_while_the_window_is_open_and_a_school_at_any_time() {
    let mut term = catalog(2_500).term;
    assert_eq!(may_ask(&term, &asked(Party::Guardian, ON), NOW), Err(MoveError::WindowClosed));
    assert_eq!(may_ask(&term, &asked(Party::School, ON), NOW), Ok(()));
    term.windows.withdraw = Some(Span { from: NOW, until: NOW.plus_minutes(1) });
    assert_eq!(may_ask(&term, &asked(Party::Guardian, ON), NOW), Ok(()));
    for day in [date(2026, 8, 31), date(2027, 1, 21)] {
        assert_eq!(may_ask(&term, &asked(Party::School, day), NOW).unwrap_err().slug(), "move/day-out-of-range");
    }
}

#[test]
fn s27_1_the_other_course_is_judged_as_if_the_seat_was_free() {
    let (catalog, pupil, record) = (catalog(2_500), pupil(), record());
    let facts = EnrollFacts { catalog: &catalog, student: &pupil, record: &record };
    let to = |course: &str| check(facts, &id("K1"), &id(&format!("3144200101.2026-2027-1.{course}")), 1);
    assert_eq!(to("K2").map(|offering| offering.title.clone()), Ok("K2".to_owned()), "the limit of one is kept");
    assert!(to("K3").is_ok(), "a clash with what is given up is none");
    assert_eq!(to("K1").unwrap_err(), MoveError::SameCourse);
    assert_eq!(to("K9").unwrap_err(), MoveError::OfferingNotAvailable);
    let older = Pupil { grade: 4, ..pupil.clone() };
    let refused = check(EnrollFacts { student: &older, ..facts }, &id("K1"), &id("3144200101.2026-2027-1.K2"), 1);
    assert!(matches!(refused.unwrap_err(), MoveError::Enroll(EnrollError::GradeNotEligible { .. })));
    let mut long = record.clone();
    long.orders.resize(58, record.orders[0].clone());
    let facts = EnrollFacts { record: &long, ..facts };
    let two = check(facts, &id("K1"), &id("3144200101.2026-2027-1.K2"), 2);
    assert_eq!(two.unwrap_err(), EnrollError::TooManyOrders.into(), "each part may bring an order");
}

#[test]
fn s27_1_a_course_is_given_up_in_one_way_at_a_time() {
    let mut record = record();
    let request = request(&record, 40_500, 2_500);
    marked(&mut record, &request);
    assert_eq!(parts(&record, &id("K1"), None).unwrap_err(), MoveError::UnderWay { title: "K1".to_owned() });
    assert!(parts(&record, &id("K1"), Some(&request.id)).is_ok());
    assert!(record.seat_in(&id("K1")).is_some(), "the seat is the pupil's meanwhile");
    let before = {
        unmark(&mut record, &request.id);
        record.clone()
    };
    assert_eq!(before.orders[0].lines[0].leaving, None);
    assert_eq!(parts(&record, &id("K2"), None), Err(MoveError::NotSeated));
}

#[test]
fn s27_2_what_comes_over_has_the_money_of_the_course_that_was_left() {
    let mut record = record();
    let mut moved = request(&record, 30_500, 2_500);
    marked(&mut record, &moved);
    let no = place(&mut record, &mut moved, &catalog(2_500), NOW).unwrap();
    let held = record.order(&no).unwrap();
    assert_eq!((held.state, held.total.fen(), held.lines[0].lessons), (OrderState::Pending, 10_000, 16));
    assert_eq!(held.deadline, NOW.plus_minutes(24 * 60), "a family need not sit before a screen");
    assert_eq!((moved.handling.is_granted(), record.seats().count()), (false, 2), "both seats are the pupil's");
    let order = record.order_mut(&no).unwrap();
    order.state = OrderState::Paid;
    order.paid = Some((PaymentNo::new(&no, 1), NOW));
    let freed = carry_out(&mut record, &mut moved, NOW).unwrap();
    assert_eq!((freed.course.as_str(), record.seats().count()), ("K1", 1), "what came over is no second seat");
    assert_eq!(record.seat_in(&id("K2")).unwrap().0.no, no);
    let came_over = &record.orders[2];
    assert_eq!((came_over.total.fen(), came_over.continues.as_ref()), (30_500, Some(&no)));
    assert_eq!(came_over.payment(), Some(&PaymentNo::new(&record.orders[0].no, 1)));
    assert!(came_over.came_over() && came_over.paid.is_none() && !came_over.has_seats());
    assert_eq!(record.orders[0].lines[0].leaving, Some(Leaving::Left(ON)));
    assert_eq!(record.orders[0].lines[0].given_back.total().fen(), 30_500);
    assert_eq!(carry_out(&mut record, &mut moved, NOW), Err(MoveError::NotSeated), "once");
    let again = parts(&record, &id("K2"), None).unwrap();
    assert_eq!(again.len(), 2, "another exchange finds both parts");
}

#[test]
fn s27_2_what_went_back_elsewhere_does_not_come_over() {
    let mut record = record();
    let mut moved = request(&record, 40_500, 2_500);
    marked(&mut record, &moved);
    place(&mut record, &mut moved, &catalog(2_500), NOW).unwrap();
    record.orders[0].lines[0].given_back.tuition = Money::from_fen(1);
    let before = record.clone();
    assert_eq!(carry_out(&mut record, &mut moved, NOW), Err(MoveError::NotBacked));
    assert_eq!(record, before);
}

#[test]
fn s27_1_a_move_is_handled_once_and_one_that_waits_to_be_paid_ends_with_its_order() {
    let (mut record, other): (_, PersonId) = (record(), id("A000000001"));
    let mut moved = request(&record, 30_500, 2_500);
    assert_eq!(moved.state(), MoveState::Asked);
    moved.grant(Some(&other), NOW.plus_minutes(3 * 24 * 60)).unwrap();
    assert_eq!(moved.on, date(2026, 9, 4), "a day that has passed is today");
    marked(&mut record, &moved);
    place(&mut record, &mut moved, &catalog(2_500), NOW).unwrap();
    assert_eq!(moved.state(), MoveState::AwaitingPayment);
    assert!(matches!(moved.take_back(&id("G000000000"), NOW), Err(MoveError::AwaitsPayment { .. })));
    moved.lapse(NOW);
    assert_eq!(moved.state(), MoveState::Lapsed);
    let mut refused = request(&self::record(), 30_500, 2_500);
    assert_eq!(refused.refuse(&other, " ", NOW).unwrap_err().slug(), "teaching-request/reason-unusable");
    refused.refuse(&other, "即将结课", NOW).unwrap();
    assert_eq!(refused.state(), MoveState::Refused);
    refused.call_off(NOW);
    assert_eq!(refused.state(), MoveState::Refused, "what is decided stays");
}

fn class(number: u8, teacher: &str, period: u8) -> TeachingClass {
    let mut class = empty_class(&format!("3144200101.2026-2027-1.K1.{number:02}"));
    class.lessons = (1..=3u16)
        .map(|no| {
            ClassLesson::planned(
                no,
                date(2026, 9, 7).saturating_add(jiff::Span::new().weeks(i64::from(no) - 1)),
                period,
            )
        })
        .collect();
    class.teachers[0].person = id(teacher);
    class.room = None;
    class
}

#[test]
fn s28_1_p12_1_a_pupil_leaves_one_class_on_the_day_on_which_the_other_begins() {
    let pupil: StudentId = id("S000000000");
    let (mut from, mut to) = (class(1, "T000000001", 1), class(2, "T000000002", 2));
    from.admit(&pupil, ON).unwrap();
    from.members[0].materials = Some(ON);
    let seated = [Seated { since: NOW, student: pupil.clone() }].into();
    let timetable = Timetable::new(id("3144200101"), id("2026-2027-1"));
    let company = Company { seated: &seated, others: &[], timetable: &timetable };
    let day = date(2026, 9, 14);
    assert_eq!(from_class([&from, &to], &to.id, &pupil, day).map(|class| &class.id), Ok(&from.id));
    assert_eq!(from_class([&from, &to], &from.id, &pupil, day), Err(MoveError::SameClass));
    assert_eq!(from_class([&to], &to.id, &pupil, day), Err(MoveError::NotInClass));
    transfer((&mut from, &mut to), company, &pupil, day).unwrap();
    assert!(from.has(&pupil, date(2026, 9, 13)) && !from.has(&pupil, day), "what was given stays where it was");
    assert!(to.has(&pupil, day) && !to.has(&pupil, date(2026, 9, 13)));
    assert_eq!(to.members[0].materials, Some(ON), "the materials are had once");
}

#[test]
fn s28_1_a_transfer_keeps_to_room_clashes_and_seats() {
    let pupil: StudentId = id("S000000000");
    let (mut from, to) = (class(1, "T000000001", 1), class(2, "T000000002", 2));
    from.admit(&pupil, ON).unwrap();
    let timetable = Timetable::new(id("3144200101"), id("2026-2027-1"));
    let seated = [Seated { since: NOW, student: pupil.clone() }].into();
    let company = Company { seated: &seated, others: &[], timetable: &timetable };
    let mut full = to.clone();
    for other in ["S000000001", "S000000002", "S000000003"] {
        full.admit(&id(other), ON).unwrap();
    }
    let refused = transfer((&mut from.clone(), &mut full), company, &pupil, ON).unwrap_err();
    assert_eq!(refused.slug(), "class/full");
    let mut elsewhere = TeachingClass { id: id("3144200101.2026-2027-1.K2.01"), ..class(3, "T000000003", 2) };
    elsewhere.admit(&pupil, ON).unwrap();
    let beside = Company { others: &[&elsewhere], ..company };
    let refused = transfer((&mut from.clone(), &mut to.clone()), beside, &pupil, ON).unwrap_err();
    assert!(refused.to_string().contains("学生 S000000000在 2026-09-07 第2节已安排"), "{refused}");
    let nobody = [].into();
    let refused = transfer((&mut from, &mut to.clone()), Company { seated: &nobody, ..company }, &pupil, ON);
    assert_eq!(refused.unwrap_err().slug(), "class/not-enrolled");
}

#[test]
fn s27_2_s36_5_lessons_that_several_payments_pay_for_are_counted_once() {
    let days: Vec<Date> = (0..16).map(|week| date(2026, 9, 7).saturating_add(jiff::Span::new().weeks(week))).collect();
    let line =
        rest(&offering("K2", Weekday::Tuesday, 2_500), &days, date(2026, 10, 1), (true, false), &[], SEAT).unwrap();
    let lessons = Lessons { planned: &days, known: &[], ends_on: date(2027, 1, 20) };
    let (asked, came_over) = divide(&line, &[Money::from_fen(10_001)]);
    let of = |line: &Line| {
        let sum = |sum: crate::settlement::figures::Figures, one| sum.plus(one);
        let all = figures(line, &lessons).into_values().fold(crate::settlement::figures::Figures::default(), sum);
        (all.lessons, all.tuition.fen() + all.fees.fen())
    };
    let (asked, came_over) = (of(&asked), of(&came_over[0]));
    assert_eq!((asked.0, came_over.0), (12, 0), "four Mondays have passed");
    assert_eq!((asked.0 + came_over.0, asked.1 + came_over.1), of(&line));
}

fn facts(line: &Line, on: Date, days: &[Date]) -> Facts {
    let lessons: Vec<Lesson> = days.iter().map(|date| Lesson { date: *date, state: LessonState::Due }).collect();
    Facts {
        trigger: Trigger::Withdrawal,
        on,
        starts_on: days[0],
        ends_on: days[15],
        sold: line.sold(),
        given_back: line.given_back,
        lessons,
        materials_received: false,
        sundry_used: false,
        waiver: Taken::default(),
    }
}

proptest! {
    /// No fen is made or lost, however what goes back and what is to be paid compare.
    #[test]
    fn s27_2_p5_what_comes_over_and_what_is_paid_are_the_price(
        back in prop::collection::vec(0i64..60_000, 1..4), lesson in 0i64..4_000, percent in 0u8..=100,
    ) {
        let waivers = [Waiver { reason: "减免".to_owned(), percent }];
        let line = rest(&offering("K2", Weekday::Tuesday, lesson), &[], ON, (true, false), &waivers, SEAT).unwrap();
        let no = record().orders[0].no.clone();
        let difference = Difference::of(back.iter().map(|fen| (no.clone(), quoted(*fen))).collect(), &line).unwrap();
        let sides = |one: Money, other: Money| one.fen() + other.fen();
        prop_assert_eq!(
            sides(difference.back_total(), difference.to_pay), sides(difference.price_total, difference.to_return)
        );
        prop_assert!(difference.to_pay.is_zero() || difference.to_return.is_zero());
        let carried: Vec<Money> = difference.back.iter().map(|part| part.carried).collect();
        let (asked, came_over) = divide(&line, &carried);
        prop_assert_eq!(asked.amount, difference.to_pay);
        for (line, carried) in came_over.iter().zip(&carried) {
            prop_assert_eq!(line.amount, *carried);
            prop_assert!(line.instalment.unwrap().beside);
        }
        let all = || std::iter::once(&asked).chain(&came_over);
        let sum = |of: fn(&Line) -> Money| all().map(|line| of(line).fen()).sum::<i64>();
        prop_assert_eq!(sum(|line| line.sold().tuition), line.sold().tuition.fen());
        prop_assert_eq!(sum(|line| line.materials), line.materials.fen());
        prop_assert_eq!(sum(|line| line.sundry), line.sundry.fen());
        prop_assert_eq!(sum(|line| line.sold().waived), line.sold().waived.fen());
    }

    /// Whoever leaves the other course later gets back what one undivided line would give, but for what rounding a price
    /// of a lesson in each part keeps.
    #[test]
    fn s27_2_a_course_that_came_over_goes_back_as_if_it_was_paid_at_once(back in 1i64..40_000, weeks in 0i64..16) {
        let days: Vec<Date> = (0..16).map(|week| date(2026, 9, 7).saturating_add(jiff::Span::new().weeks(week))).collect();
        let line = rest(&offering("K2", Weekday::Tuesday, 2_500), &days, ON, (false, false), &[], SEAT).unwrap();
        let (asked, came_over) = divide(&line, &[Money::from_fen(back)]);
        let on = days[0].saturating_add(jiff::Span::new().weeks(weeks));
        let of = |line: &Line| quote(&RefundRules::built_in(), &facts(line, on, &days)).unwrap().total.fen();
        let parts = of(&asked) + came_over.iter().map(of).sum::<i64>();
        prop_assert!((parts - of(&line)).abs() <= 2 * 16, "{} {}", parts, of(&line));
    }

    /// Whatever is asked, granted, paid, lapses or goes back in between, and in whatever order: the pupil is in exactly one
    /// of both courses until one is given up, and what was paid is what is held and what went back.
    #[test]
    fn s27_2_p1_p5_no_seat_and_no_fen_is_lost_or_doubled(acts in prop::collection::vec((0u8..6, 0i64..50_000), 0..30)) {
        let (mut record, catalog) = (record(), catalog(2_500));
        let (mut moved, mut paid, mut returned) = (None::<MoveRequest>, 40_500i64, 0i64);
        let mut given_up = false;
        for (act, fen) in acts {
            let waits = moved.as_ref().is_some_and(|moved| moved.outcome.is_none());
            match act {
                // Asked, if nothing stands in the way.
                0 if moved.is_none() && parts(&record, &id("K1"), None).is_ok() => {
                    let left = record.orders[0].lines[0].amount.without(record.orders[0].lines[0].given_back.total());
                    let new = request(&record, fen.min(left.fen()), 2_500);
                    marked(&mut record, &new);
                    moved = Some(new);
                }
                // Granted.
                1 if waits => if let Some(moved) = &mut moved {
                    let no = place(&mut record, moved, &catalog, NOW).unwrap();
                    if record.order(&no).unwrap().total.is_zero() {
                        let before = record.clone();
                        if carry_out(&mut record, moved, NOW).is_ok() {
                            returned += moved.exchange().unwrap().difference.to_return.fen();
                        } else {
                            // Refused: nothing of it is written.
                            record = before;
                            record.orders.pop();
                            moved.exchange_mut().unwrap().placed = None;
                        }
                    }
                },
                // Paid: at any time, also too late.
                2 => if let Some(now) = &mut moved && let Some(no) = now.exchange().unwrap().placed.clone() {
                    let order = record.order(&no).unwrap().clone();
                    let open = matches!(order.state, OrderState::Pending | OrderState::Closing);
                    if open && stands(&record, &order) {
                        let before = (record.clone(), now.clone());
                        let order = record.order_mut(&no).unwrap();
                        (order.state, order.paid) = (OrderState::Paid, Some((PaymentNo::new(&no, 1), NOW)));
                        let total = order.total.fen();
                        if carry_out(&mut record, now, NOW).is_ok() { paid += total } else { (record, *now) = before }
                    }
                },
                // Not paid in time.
                3 => if let Some(now) = &mut moved && let Some(no) = now.exchange().unwrap().placed.clone() {
                    let order = record.order_mut(&no).unwrap();
                    if expire(order, order.deadline) {
                        end(order);
                        unmark(&mut record, &now.id);
                        now.lapse(NOW);
                        moved = None;
                    }
                },
                // Taken back before it is granted.
                4 if waits && moved.as_ref().unwrap().exchange().unwrap().placed.is_none() => {
                    unmark(&mut record, &moved.take().unwrap().id);
                }
                // Given up, if nothing stands in the way; or something goes back past the platform.
                5 if record.orders[0].lines[0].leaving.is_none() && fen % 2 == 0 => {
                    let line = &mut record.orders[0].lines[0];
                    returned += line.amount.without(line.given_back.total()).fen();
                    line.given_back.tuition = line.amount.without(line.sundry).without(line.materials);
                    (line.given_back.materials, line.given_back.sundry) = (line.materials, line.sundry);
                    line.leaving = Some(Leaving::Left(ON));
                    given_up = true;
                }
                5 if !record.orders[0].lines[0].has_left() => {
                    let line = &mut record.orders[0].lines[0];
                    let more = fen.min(line.sold().tuition.without(line.given_back.tuition).fen());
                    line.given_back.tuition = line.given_back.tuition.plus(Money::from_fen(more)).unwrap();
                    returned += more;
                }
                _ => {}
            }
            let holds = |course: &str| record.seat_in(&id(course)).is_some_and(|(order, _)| order.state == OrderState::Paid);
            prop_assert_eq!(usize::from(holds("K1")) + usize::from(holds("K2")), usize::from(!given_up));
            let lines = record.orders.iter().filter(|order| order.state == OrderState::Paid).flat_map(|order| &order.lines);
            let kept: i64 = lines.map(|line| line.amount.fen() - line.given_back.total().fen()).sum();
            prop_assert_eq!(kept, paid - returned);
            prop_assert!(kept >= 0);
        }
    }
}
