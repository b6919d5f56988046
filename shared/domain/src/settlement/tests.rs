//! What must hold of settlement: examples, and the laws over any sequence of payments, refunds, batches and reversals.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::Month;
use super::batch::{Batch, BatchError, BatchState, Brief, Word};
use super::docket::{Cover, Docket};
use super::draw::{Facts, Sale, Taught, draw};
use super::figures::Figures;
use super::line::{BatchLine, OrderParts, Totals, sheets};
use super::rules::{Basis, Due, SettlementRules, Shares};
use crate::Fault as _;
use crate::attendance::{Attendance, Known};
use crate::catalog::{Mode, Origin, Term, Windows};
use crate::id::{CourseCode, OrderNo};
use crate::money::Money;
use crate::record::{self, Leaving};
use crate::refund::facts::{GivenBack, LessonState};
use crate::seat::{Seat, Stamp};
use crate::teaching::{fixture, lesson};
use crate::time::Moment;

const FIRST: Date = date(2026, 9, 7);
const LAST: Date = date(2027, 1, 20);
const NOW: Moment = Moment::from_seconds(1_790_000_000);

fn word(by: &str, role: &str) -> Word {
    Word { by: by.parse().unwrap(), role: role.parse().unwrap(), at: NOW }
}

fn finance() -> Word {
    word("F000000001", "school_finance")
}

fn admin() -> Word {
    word("A000000001", "school_admin")
}

fn term() -> Term {
    Term {
        school: "3144200101".parse().unwrap(),
        code: "2026-2027-1".parse().unwrap(),
        starts_on: date(2026, 9, 1),
        ends_on: LAST,
        mode: Mode::Immediate,
        windows: Windows::default(),
        limit: 5,
        hold_minutes: 15,
        payment: crate::instalment::PaymentMode::Whole,
        remind_hours: None,
        periods: Vec::new(),
    }
}

fn rules() -> SettlementRules {
    let due = |lessons, fees_permille| Due { lessons, fees_permille };
    let external = Shares { provider: due(Basis::Tuition(667), 1_000), teachers: due(Basis::Tuition(111), 0) };
    let in_house = Shares { teachers: due(Basis::Lesson(Money::from_fen(8_000)), 0), ..Shares::default() };
    SettlementRules { in_house, external, ..SettlementRules::standard() }.checked().unwrap()
}

/// A school: courses once a week, twice a week, and without a day in the calendar.
struct School {
    courses: BTreeMap<CourseCode, Taught>,
    orders: Vec<(OrderNo, record::Line)>,
    docket: Docket,
    batches: Vec<(Batch, Vec<BatchLine>)>,
}

impl School {
    fn new() -> Self {
        let taught = |origin, planned: Vec<Date>| Taught {
            title: "课程".to_owned(),
            origin,
            provider: (origin == Origin::External).then(|| "P001".parse().unwrap()),
            unit_price: Money::from_fen(2_500),
            planned,
        };
        let weekly = |lessons: i64| (0..lessons).map(|week| FIRST.checked_add(week.weeks()).unwrap());
        let twice = weekly(16).flat_map(|day| [day, day]).collect();
        let courses = [
            (course(0), taught(Origin::InHouse, weekly(16).collect())),
            (course(1), taught(Origin::External, twice)),
            (course(2), taught(Origin::External, Vec::new())),
        ];
        let term = term();
        let docket = Docket::new(term.school, term.code);
        Self { courses: courses.into(), orders: Vec::new(), docket, batches: Vec::new() }
    }

    fn pay(&mut self, at: usize, lessons: u16, unit_price: i64, fees: i64) {
        let number = self.orders.len();
        let no = OrderNo::new(&self.docket.term, &format!("S{number:09}").parse().unwrap(), 1);
        let (unit_price, materials) = (Money::from_fen(unit_price), Money::from_fen(fees));
        let line = record::Line {
            course: course(at),
            title: "课程".to_owned(),
            lessons,
            unit_price,
            waived: None,
            materials,
            sundry: Money::ZERO,
            amount: unit_price.times(u32::from(lessons)).unwrap().plus(materials).unwrap(),
            seat: Seat { ledger: 0, stamp: Stamp::CONFIRMED },
            given_back: GivenBack::default(),
            leaving: None,
            instalment: None,
        };
        self.orders.push((no, line));
    }

    /// The lines of the settled batches that count.
    fn counted(&self) -> Vec<BatchLine> {
        let counts = |batch: &Batch| batch.state == BatchState::Settled && self.docket.counts(batch.number());
        self.batches.iter().filter(|(batch, _)| counts(batch)).flat_map(|(_, lines)| lines.clone()).collect()
    }

    fn draw(&self, cover: &Cover) -> Result<Vec<BatchLine>, BatchError> {
        let settled = self.counted();
        let known = Known::default();
        let sales = self.orders.iter().map(|(order, line)| Sale { order, line, known: &known }).collect();
        let facts = Facts { sales, courses: &self.courses, ends_on: LAST, attendance: false, settled: &settled };
        draw(&facts, cover, &rules())
    }

    fn draw_up(&mut self, cover: &Cover) -> Result<usize, BatchError> {
        let lines = self.draw(cover)?;
        let brief = Brief { cover: cover.clone(), fields: rules().fields, rules: 1 };
        let batch = Batch::draw_up(&mut self.docket, brief, &lines, finance())?;
        self.batches.push((batch, lines));
        Ok(self.batches.len() - 1)
    }

    fn approve(&mut self, at: usize) -> Result<(), BatchError> {
        let (batch, lines) = &mut self.batches[at];
        let hash = batch.hash.clone();
        if batch.state == BatchState::Drawn {
            batch.confirm(&hash, finance())?;
        }
        batch.approve(&mut self.docket, lines, (&hash, admin()))
    }

    fn reverse(&mut self, at: usize) -> Result<usize, BatchError> {
        let (batch, lines) = &self.batches[at];
        let reversed = batch.reverse(&mut self.docket, lines, ("金额有误", finance()))?;
        self.batches.push(reversed);
        Ok(self.batches.len() - 1)
    }
}

fn course(at: usize) -> CourseCode {
    format!("K{at}").parse().unwrap()
}

fn cover(months: &[Month], courses: &[usize]) -> Cover {
    Cover { months: months.iter().copied().collect(), courses: courses.iter().map(|at| course(*at)).collect() }
}

/// All months of the term, all courses.
fn everything() -> Cover {
    cover(&Month::between(term().starts_on, LAST), &[])
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn totals(lines: &[BatchLine]) -> (i64, i64, i64, i64) {
    let Totals { figures, due, .. } = Totals::of(lines);
    (figures.kept().fen(), figures.refunded().fen(), due.provider.fen(), due.teachers.fen())
}

#[test]
fn s36_1_a_month_is_settled_course_by_course() {
    let mut school = School::new();
    school.pay(0, 16, 2_500, 0);
    school.pay(0, 16, 2_500, 0);
    school.pay(1, 32, 1_000, 600);
    let lines = school.draw(&cover(&[month("2026-09")], &[])).unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let (figures, due) = (line.figures, line.due);
            let money = (figures.tuition.fen(), figures.fees.fen(), due.provider.fen(), due.teachers.fen());
            (line.course.as_str(), line.taught, figures.lessons, line.parts.0.len(), money, line.rest().fen())
        })
        .collect();
    // Four Mondays; two pupils of 25 yuan a lesson, one of 10 yuan with materials for 6 that go to the provider.
    assert_eq!(
        told,
        [("K0", 4, 8, 2, (20_000, 0, 0, 32_000), -12_000), ("K1", 8, 8, 1, (8_000, 600, 5_936, 888), 1_776)]
    );
}

#[test]
fn s36_4_what_goes_back_after_settling_is_corrected_in_the_next_batch() {
    let mut school = School::new();
    school.pay(0, 16, 2_500, 0);
    let september = cover(&[month("2026-09")], &[]);
    let at = school.draw_up(&september).unwrap();
    school.approve(at).unwrap();
    assert_eq!(school.draw(&september), Err(BatchError::NothingToSettle));
    let line = &mut school.orders[0].1;
    line.given_back.tuition = Money::from_fen(16_000);
    let lines = school.draw(&september).unwrap();
    // 240 yuan for 16 lessons are left, 60 of them for the four of September, where 100 were settled.
    assert_eq!((totals(&lines).0, totals(&lines).1, lines[0].taught), (-4_000, 4_000, 0));
    let at = school.draw_up(&everything()).unwrap();
    school.approve(at).unwrap();
    assert_eq!(school.docket.settled_by(month("2026-09"), &course(0)), [1, 2]);
    assert_eq!(totals(&school.counted()).0, 24_000);
}

#[test]
fn s36_2_two_people_in_two_roles_agree_to_what_was_shown() {
    let mut school = School::new();
    school.pay(0, 16, 2_500, 0);
    let at = school.draw_up(&everything()).unwrap();
    let School { docket, batches, .. } = &mut school;
    let (batch, lines) = &mut batches[at];
    let hash = batch.hash.clone();
    let waiting = |state| Err(BatchError::NotWaiting { state });
    assert_eq!(batch.approve(docket, lines, (&hash, admin())), waiting(BatchState::Drawn));
    assert_eq!(batch.confirm("another", finance()), Err(BatchError::Changed));
    assert_eq!(batch.confirm(&hash, finance()), Ok(()));
    assert_eq!(batch.confirm(&hash, finance()), waiting(BatchState::Confirmed));
    assert_eq!(batch.redraw(1, lines, finance()), waiting(BatchState::Confirmed));
    let same = word("F000000001", "school_admin");
    assert_eq!(batch.approve(docket, lines, (&hash, same)), Err(BatchError::SecondPersonNeeded));
    let colleague = word("F000000002", "school_finance");
    assert_eq!(batch.approve(docket, lines, (&hash, colleague)), Err(BatchError::SecondRoleNeeded));
    assert_eq!(batch.approve(docket, lines, ("another", admin())), Err(BatchError::Changed));
    let mut altered = lines.clone();
    altered[0].due.teachers = Money::from_fen(1);
    assert_eq!(batch.approve(docket, &altered, (&hash, admin())), Err(BatchError::Altered));
    assert_eq!(batch.check_settled(), Err(BatchError::NotSettled));
    assert_eq!(batch.approve(docket, lines, (&hash, admin())), Ok(()));
    assert_eq!((batch.check_settled(), batch.verify(lines)), (Ok(()), Ok(())));
    let settled = batch.clone();
    assert_eq!(batch.approve(docket, lines, (&hash, admin())), waiting(BatchState::Settled));
    assert_eq!(batch.reject(docket, ("金额有误", admin())), waiting(BatchState::Settled));
    assert_eq!(batch.discard(docket, ("金额有误", finance())), waiting(BatchState::Settled));
    assert_eq!(batch.redraw(1, lines, finance()), waiting(BatchState::Settled));
    assert_eq!(*batch, settled, "what is settled stays as it is");
}

#[test]
fn s36_3_nobody_settles_what_another_batch_covers() {
    let mut school = School::new();
    school.pay(0, 16, 2_500, 0);
    school.pay(1, 16, 2_500, 0);
    let (september, october) = (month("2026-09"), month("2026-10"));
    let first = school.draw_up(&cover(&[september, october], &[0])).unwrap();
    assert_eq!(school.draw_up(&cover(&[october], &[])), Err(BatchError::AlreadyOpen { number: 1 }));
    assert!(school.draw_up(&cover(&[october], &[1])).is_ok(), "another course");
    let School { docket, batches, .. } = &mut school;
    assert_eq!(batches[first].0.reject(docket, ("x", admin())), Err(BatchError::ReasonUnusable));
    assert_eq!(batches[first].0.reject(docket, ("课时有误", admin())), Ok(()));
    assert_eq!(batches[first].0.state, BatchState::Rejected);
    let again = school.draw_up(&cover(&[september], &[0])).unwrap();
    assert_eq!(school.batches[again].0.id.as_str(), "3144200101.2026-2027-1.003");
    school.docket.drawn = super::docket::BATCHES;
    assert_eq!(school.draw_up(&cover(&[month("2026-12")], &[0])), Err(BatchError::TooMany));
    assert!(BatchError::ReasonUnusable.pointed()[0].pointer.ends_with("reason"));
}

#[test]
fn s36_3_a_settled_batch_is_taken_back_by_its_mirror_alone() {
    let mut school = School::new();
    school.pay(1, 32, 1_001, 599);
    let at = school.draw_up(&everything()).unwrap();
    assert_eq!(school.reverse(at), Err(BatchError::NotReversible), "it is not settled yet");
    school.approve(at).unwrap();
    let before = school.batches[at].clone();
    let mirror = school.reverse(at).unwrap();
    assert_eq!(school.draw_up(&everything()).err(), Some(BatchError::NothingToSettle));
    let (batch, lines) = &mut school.batches[mirror];
    assert!(batch.redraw(1, lines, finance()).is_err());
    assert_eq!(totals(lines).0, -totals(&before.1).0);
    school.approve(mirror).unwrap();
    assert_eq!(school.batches[at], before, "what is settled stays as it is");
    assert_eq!(school.reverse(at), Err(BatchError::NotReversible), "it was taken back");
    assert_eq!(school.reverse(mirror), Err(BatchError::NotReversible));
    let again = school.draw_up(&everything()).unwrap();
    assert_eq!(school.batches[again].1, before.1, "and can be settled anew");
}

#[test]
fn s36_1_the_next_period_is_the_first_that_is_over_and_untouched() {
    let mut docket = Docket::new(term().school, term().code);
    let next = |docket: &Docket, months, today: Date| {
        let cover = docket.cover(&term(), months, (BTreeSet::new(), BTreeSet::new()), today);
        cover.map(|cover| cover.months.iter().map(Month::to_string).collect::<Vec<_>>())
    };
    assert_eq!(next(&docket, 1, date(2026, 9, 30)), Err(BatchError::NoPeriodLeft));
    assert_eq!(next(&docket, 1, date(2026, 10, 1)), Ok(vec!["2026-09".to_owned()]));
    assert_eq!(next(&docket, 2, date(2026, 12, 1)), Ok(vec!["2026-09".to_owned(), "2026-10".to_owned()]));
    docket.settle(1, [(month("2026-09"), &course(0))]);
    assert_eq!(next(&docket, 1, date(2026, 11, 2)), Ok(vec!["2026-10".to_owned()]));
    assert_eq!(next(&docket, 2, date(2026, 12, 1)), Err(BatchError::NoPeriodLeft));
    let named = |month| docket.cover(&term(), 1, ([month].into(), BTreeSet::new()), FIRST);
    assert!(named(month("2027-01")).is_ok(), "a month may be settled before it is over");
    let march = month("2027-03");
    assert_eq!(named(march), Err(BatchError::MonthOutOfRange { month: march }));
}

#[test]
fn s36_5_lessons_of_classes_lie_where_they_are_given_and_each_class_is_taught_by_itself() {
    let mut school = School::new();
    school.pay(0, 16, 2_500, 0);
    school.pay(0, 16, 2_500, 0);
    // Two classes on the Mondays of the plan; the second one gives its first lesson in October.
    let mondays: Vec<(Date, u8)> = school.courses[&course(0)].planned.iter().map(|day| (*day, 1)).collect();
    let pupils = [0, 1].map(|number| school.orders[number].0.student());
    let mut classes = [0, 1].map(|at| fixture::class("K0", &["T000000001"], &[pupils[at].as_str()], &mondays));
    classes[1].id = "3144200101.2026-2027-1.K0.02".parse().unwrap();
    classes[1].lessons[0].moved_from = Some(classes[1].lessons[0].at());
    classes[1].lessons[0].date = date(2026, 10, 8);
    classes[1].lessons.sort_by_key(lesson::Lesson::at);
    let known = |at: usize| Known::in_classes(&pupils[at], [], &classes, |_| None);
    let known = [known(0), known(1)];
    let sales = school.orders.iter().zip(&known);
    let sales = sales.map(|((order, line), known)| Sale { order, line, known }).collect();
    let facts = Facts { sales, courses: &school.courses, ends_on: LAST, attendance: false, settled: &[] };
    let lines = draw(&facts, &cover(&Month::between(FIRST, LAST), &[]), &rules()).unwrap();
    let told: Vec<_> =
        lines.iter().map(|line| (line.taught, line.figures.lessons, line.figures.tuition.fen())).collect();
    assert_eq!(told, [(7, 7, 17_500), (9, 9, 22_500), (10, 10, 25_000), (6, 6, 15_000)]);
}

#[test]
fn s36_5_what_went_back_is_taken_from_the_lessons_that_were_not_had() {
    let mut school = School::new();
    school.pay(0, 16, 2_500, 0);
    let (no, line) = &mut school.orders[0];
    line.given_back.lessons = 2;
    line.given_back.tuition = Money::from_fen(5_000);
    let told = |day: i8, state| Attendance {
        student: no.student(),
        school: "3144200101".parse().unwrap(),
        term: no.term(),
        course: course(0),
        date: date(2026, 9, day),
        period: 1,
        state,
        materials_received: false,
        sundry_used: false,
    };
    let known =
        Known::of([told(7, LessonState::Attended), told(14, LessonState::NotGiven), told(21, LessonState::OnLeave)]);
    let facts = |line: &record::Line| {
        let sales = vec![Sale { order: no, line, known: &known }];
        let facts = Facts { sales, courses: &school.courses, ends_on: LAST, attendance: true, settled: &[] };
        let lines = draw(&facts, &cover(&Month::between(FIRST, LAST), &[]), &rules()).unwrap();
        lines.iter().map(|line| (line.figures.lessons, line.taught, line.figures.attended)).collect::<Vec<_>>()
    };
    assert_eq!(facts(line), [(2, 2, 1), (4, 4, 0), (5, 5, 0), (3, 3, 0)]);
    line.leaving = Some(Leaving::Left(date(2026, 12, 1)));
    assert_eq!(facts(line)[3], (1, 1, 0), "who left has no lessons afterwards");
}

#[test]
fn s36_1_parts_are_kept_as_text_and_lines_on_sheets() {
    let mut school = School::new();
    for _ in 0..3 {
        school.pay(0, 16, 2_500, 77);
    }
    let lines = school.draw(&everything()).unwrap();
    let text = String::from(lines[0].parts.clone());
    assert!(text.starts_with("20261-S000000000-01 4 0 10077 10000 77\n"), "{text}");
    assert_eq!(OrderParts::try_from(text), Ok(lines[0].parts.clone()));
    for text in ["20261-S000000000-01", "20261-S000000000-01 1 2 3 4", "x 1 2 3 4 5", "20261-S000000000-01 a 2 3 4 5"] {
        assert!(OrderParts::try_from(text.to_owned()).is_err(), "{text}");
    }
    let many: Vec<BatchLine> = std::iter::repeat_n(lines[0].clone(), 700).collect();
    let kept = sheets(many.clone());
    assert_eq!(kept.iter().map(Vec::len).collect::<Vec<_>>(), [300, 300, 100]);
    assert_eq!(kept.concat(), many);
    let parts = OrderParts(std::iter::repeat_n(lines[0].parts.0[0].clone(), 3_000).collect());
    let long = BatchLine { parts, ..lines[0].clone() };
    assert_eq!(sheets(vec![long.clone(), long]).len(), 2);
    assert!(sheets(Vec::new()).is_empty());
}

/// Something that happens at a school.
#[derive(Debug, Clone)]
enum Move {
    Pay { course: usize, lessons: u16, unit_price: i64, fees: i64 },
    Refund { order: prop::sample::Index, lessons: u16, percent: i64, fees: bool, left: Option<i64> },
    Draw { months: u8, courses: u8 },
    Redraw(prop::sample::Index),
    Approve(prop::sample::Index),
    Discard(prop::sample::Index),
    Reverse(prop::sample::Index),
}

fn moves() -> impl Strategy<Value = Move> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0usize..3, 0u16..20, 0i64..3_000, 0i64..500)
            .prop_map(|(course, lessons, unit_price, fees)| Move::Pay { course, lessons, unit_price, fees }),
        3 => (at(), 0u16..5, 0i64..=100, any::<bool>(), prop::option::of(0i64..130))
            .prop_map(|(order, lessons, percent, fees, left)| Move::Refund { order, lessons, percent, fees, left }),
        4 => (1u8..32, 0u8..8).prop_map(|(months, courses)| Move::Draw { months, courses }),
        1 => at().prop_map(Move::Redraw),
        4 => at().prop_map(Move::Approve),
        1 => at().prop_map(Move::Discard),
        2 => at().prop_map(Move::Reverse),
    ]
}

impl School {
    /// Makes a move, if it can be made.
    fn make(&mut self, next: &Move) {
        match *next {
            Move::Pay { course, lessons, unit_price, fees } => self.pay(course, lessons, unit_price, fees),
            Move::Refund { order, lessons, percent, fees, left } if !self.orders.is_empty() => {
                let line = &mut order.get_mut(&mut self.orders).1;
                let (sold, back) = (line.sold(), &mut line.given_back);
                back.lessons = (back.lessons + lessons).min(sold.lessons);
                let more = sold.tuition.without(back.tuition).fen() * percent / 100;
                back.tuition = Money::from_fen(back.tuition.fen() + more);
                back.materials = if fees { sold.materials } else { back.materials };
                line.leaving = left.map(|days| Leaving::Left(FIRST.checked_add(days.days()).unwrap()));
            }
            Move::Draw { months, courses } => {
                let all = Month::between(term().starts_on, LAST);
                let months: Vec<Month> =
                    all.iter().enumerate().filter(|(at, _)| (months >> at) & 1 == 1).map(|(_, month)| *month).collect();
                let courses: Vec<usize> = (0..3).filter(|at| (courses >> at) & 1 == 1).collect();
                drop(self.draw_up(&cover(&months, &courses)));
            }
            Move::Redraw(at) if !self.batches.is_empty() => {
                let at = at.index(self.batches.len());
                let cover = self.batches[at].0.cover.clone();
                if let Ok(lines) = self.draw(&cover)
                    && self.batches[at].0.redraw(2, &lines, finance()).is_ok()
                {
                    self.batches[at].1 = lines;
                }
            }
            Move::Approve(at) if !self.batches.is_empty() => drop(self.approve(at.index(self.batches.len()))),
            Move::Discard(at) if !self.batches.is_empty() => {
                let (batch, _) = at.get_mut(&mut self.batches);
                drop(batch.discard(&mut self.docket, ("重新编制", finance())));
            }
            Move::Reverse(at) if !self.batches.is_empty() => drop(self.reverse(at.index(self.batches.len()))),
            Move::Refund { .. } | Move::Redraw(_) | Move::Approve(_) | Move::Discard(_) | Move::Reverse(_) => {}
        }
    }

    fn check(&self) {
        let settled = self.batches.iter().filter(|(batch, _)| batch.state == BatchState::Settled);
        let all: Vec<BatchLine> = settled.flat_map(|(_, lines)| lines.clone()).collect();
        let open = self.draw(&everything()).unwrap_or_default();
        assert_eq!(by_place(&all), by_place(&self.counted()), "what was taken back is nothing with its mirror");
        let together = by_order(all.iter().chain(&open));
        for (no, line) in &self.orders {
            let found = together.get(no).copied().unwrap_or_default();
            assert_eq!(found.kept().fen(), line.amount.fen() - line.given_back.total().fen(), "{no}");
            assert_eq!(found.sold, line.amount, "{no}");
            assert_eq!(found.lessons, i64::from(line.lessons - line.given_back.lessons), "{no}");
        }
        let paid: i64 = self.orders.iter().map(|(_, line)| line.amount.fen()).sum();
        let refunded: i64 = self.orders.iter().map(|(_, line)| line.given_back.total().fen()).sum();
        let (of_batches, of_open) = (Totals::of(&all), Totals::of(&open));
        assert_eq!(of_batches.figures.kept().fen() + of_open.figures.kept().fen(), paid - refunded);
        for (batch, lines) in &self.batches {
            let Totals { figures, due, .. } = batch.totals;
            assert_eq!(batch.verify(lines), Ok(()));
            assert_eq!(
                due.provider.fen() + due.teachers.fen() + batch.totals.rest().fen(),
                figures.tuition.fen() + figures.fees.fen()
            );
            for line in lines {
                assert!(batch.cover.holds(line.month, &line.course), "a batch settles what it covers");
                let parts = line.parts.0.iter().fold(Figures::default(), |sum, part| sum.plus(part.figures));
                assert_eq!(parts, line.figures, "the parts are the line");
            }
        }
        let waiting: Vec<&Cover> = self.docket.open.iter().map(|open| &open.cover).collect();
        for (at, one) in waiting.iter().enumerate() {
            assert!(waiting.iter().skip(at + 1).all(|other| !one.meets(other)), "no part waits in two batches");
        }
    }
}

type Place = (OrderNo, CourseCode, Month);

fn by_place(lines: &[BatchLine]) -> BTreeMap<Place, Figures> {
    let mut sums: BTreeMap<Place, Figures> = BTreeMap::new();
    for line in lines {
        for part in &line.parts.0 {
            let sum = sums.entry((part.order.clone(), line.course.clone(), line.month)).or_default();
            *sum = sum.plus(part.figures);
        }
    }
    sums.retain(|_, figures| !figures.is_nothing());
    sums
}

fn by_order<'a>(lines: impl Iterator<Item = &'a BatchLine>) -> BTreeMap<OrderNo, Figures> {
    let mut sums: BTreeMap<OrderNo, Figures> = BTreeMap::new();
    for part in lines.flat_map(|line| &line.parts.0) {
        let sum = sums.entry(part.order.clone()).or_default();
        *sum = sum.plus(part.figures);
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Whatever is paid, goes back, is settled and taken back, in whatever order: batches and what is open are the money
    /// kept, for each order and in all.
    #[test]
    fn s36_5_p11_batches_and_what_is_open_are_the_money_kept(moves in prop::collection::vec(moves(), 1..40)) {
        let mut school = School::new();
        for next in moves {
            let settled: Vec<_> =
                school.batches.iter().filter(|(batch, _)| batch.state == BatchState::Settled).cloned().collect();
            school.make(&next);
            for before in settled {
                assert!(school.batches.contains(&before), "what is settled stays as it is");
            }
            school.check();
        }
    }
}
