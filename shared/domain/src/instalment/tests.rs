//! Parts add up, fall due in their time, and never ask twice.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::seat::{Seat, Stamp};

const PERIODS: PaymentMode = PaymentMode::Periods { count: 3, days: 7 };
const LESSONS: PaymentMode = PaymentMode::Lessons { days: 10 };

fn noon(day: Date) -> Moment {
    Moment::parse(&format!("{day}T12:00:00+08:00")).unwrap()
}

/// A course of so many lessons at 25 yuan, of which a part may be waived; materials cost 12.30 yuan.
fn course(lessons: u16, waived: i64) -> Line {
    let tuition = Money::from_fen(2_500).times(u32::from(lessons)).unwrap();
    let materials = Money::from_fen(1_230);
    let waived = Money::from_fen(waived).min(tuition);
    Line {
        course: "K1".parse().unwrap(),
        title: "书法入门".to_owned(),
        lessons,
        unit_price: Money::from_fen(2_500),
        waived: (!waived.is_zero()).then(|| Waived { reason: "低保家庭".to_owned(), amount: waived }),
        materials,
        sundry: Money::ZERO,
        amount: tuition.minus(waived).unwrap().plus(materials).unwrap(),
        seat: Seat { ledger: 0, stamp: Stamp::CONFIRMED },
        given_back: GivenBack::default(),
        leaving: None,
        instalment: None,
    }
}

/// A pupil who has taken and paid the first part.
fn record(mode: PaymentMode, course: Line) -> TermRecord {
    let (student, term) = ("7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap());
    let mut record = TermRecord::new(student, term, "3144200101".parse().unwrap());
    let line = course.first_part(mode).unwrap();
    let total = line.amount;
    record.orders.push(Order {
        state: OrderState::Paid,
        deadline: noon(date(2026, 8, 31)),
        archived: true,
        attempts: 1,
        ..record.next_order(
            "0000000001".parse().unwrap(),
            (vec![line], total),
            RequestMark { key: "k".to_owned(), body: "b".to_owned() },
            noon(date(2026, 8, 30)),
        )
    });
    record
}

/// A lesson each Monday from 7 September 2026.
fn mondays(states: &[LessonState]) -> Vec<Lesson> {
    let first = date(2026, 9, 7);
    let day = |week: usize| first.saturating_add(jiff::Span::new().weeks(i64::try_from(week).unwrap()));
    states.iter().enumerate().map(|(week, state)| Lesson { date: day(week), state: *state }).collect()
}

fn ask(record: &mut TermRecord, lessons: &[Lesson], day: Date) -> Option<Order> {
    let first = record.orders[0].clone();
    let order = follow(record, &first, |_| lessons.to_vec(), &[], noon(day)).unwrap()?;
    record.orders.push(order.clone());
    Some(order)
}

fn pay(record: &mut TermRecord, no: &OrderNo) {
    record.order_mut(no).unwrap().state = OrderState::Paid;
}

#[test]
fn p6_1_an_order_is_paid_at_once_unless_the_school_says_otherwise() {
    let line = course(16, 0);
    assert_eq!(line.clone().first_part(PaymentMode::default()).unwrap(), line);
    let mut record = record(PaymentMode::Whole, line);
    assert_eq!(ask(&mut record, &mondays(&[LessonState::Due; 16]), date(2027, 1, 1)), None);
}

/// What will be asked for: the morning, the day it is due, lessons, fen.
fn seen(record: &TermRecord, lessons: &[Lesson], today: Date) -> Vec<(Date, Date, u16, i64)> {
    let coming = coming(record, &record.orders[0], |_| lessons.to_vec(), &[], today).unwrap();
    let told = |coming: &Coming| (coming.asked_on, coming.until, coming.line.lessons, coming.line.amount.fen());
    coming.iter().map(told).collect()
}

#[test]
fn p6_1_what_will_be_asked_for_is_seen_before() {
    let lessons = mondays(&[LessonState::Due; 16]);
    let mut record = record(PERIODS, course(16, 0));
    record.orders[0].state = OrderState::Pending;
    let second = (date(2026, 10, 12), date(2026, 10, 19), 5, 5 * 2_500);
    let third = (date(2026, 11, 16), date(2026, 11, 23), 5, 5 * 2_500);
    assert_eq!(seen(&record, &lessons, date(2026, 8, 31)), [second, third], "also by who has not paid the first yet");
    record.orders[0].state = OrderState::Paid;
    assert_eq!(ask(&mut record, &lessons, date(2026, 10, 12)).unwrap().total.fen(), second.3);
    assert_eq!(seen(&record, &lessons, date(2026, 10, 13)), [third]);
    let late = date(2026, 12, 1);
    assert_eq!(seen(&record, &lessons, late), [(late, date(2026, 12, 4), 5, 5 * 2_500)], "the next morning asks");
    leave(&mut record, &"20261-7K3M9Q2XAB-01".parse().unwrap(), &"K1".parse().unwrap(), date(2026, 10, 13));
    assert_eq!(seen(&record, &lessons, date(2026, 10, 13)), [], "who leaves pays nothing more");
    for state in [OrderState::Expired, OrderState::Cancelled] {
        let mut ended = self::record(PERIODS, course(16, 0));
        ended.orders[0].state = state;
        assert_eq!(seen(&ended, &lessons, date(2026, 8, 31)), []);
    }
    assert_eq!(seen(&self::record(PaymentMode::Whole, course(16, 0)), &lessons, date(2026, 8, 31)), []);
}

#[test]
fn p6_1_by_lessons_each_month_is_seen_with_all_its_lessons() {
    let mut states = [LessonState::Due; 16];
    // Four Mondays in September, four in October, five in November, three in December.
    let record = record(LESSONS, course(16, 0));
    let months = seen(&record, &mondays(&states), date(2026, 9, 1));
    let told: Vec<_> = months.iter().map(|(asked_on, _, lessons, _)| (asked_on.to_string(), *lessons)).collect();
    let wanted = [("2026-10-01", 4), ("2026-11-01", 4), ("2026-12-01", 5), ("2027-01-01", 3)];
    assert_eq!(told, wanted.map(|(day, lessons)| (day.to_owned(), lessons)));
    assert_eq!(months.iter().map(|(_, _, _, fen)| fen).sum::<i64>(), 40_000, "the parts are the course");
    states[..4].fill(LessonState::NotGiven);
    let months = seen(&record, &mondays(&states), date(2026, 9, 1));
    assert_eq!(months.first().map(|(asked_on, _, lessons, _)| (*asked_on, *lessons)), Some((date(2026, 11, 1), 4)));
    assert_eq!(seen(&record, &[], date(2026, 9, 1)), [], "nobody knows when the lessons are");
}

#[test]
fn p6_1_by_periods_each_part_is_asked_for_before_its_first_lesson() {
    let lessons = mondays(&[LessonState::Due; 16]);
    let mut record = record(PERIODS, course(16, 0));
    let first = &record.orders[0].lines[0];
    assert_eq!((first.lessons, first.amount.fen()), (6, 6 * 2_500 + 1_230), "with the things");
    // The seventh lesson is on 19 October.
    assert_eq!(ask(&mut record, &lessons, date(2026, 10, 11)), None);
    let second = ask(&mut record, &lessons, date(2026, 10, 12)).unwrap();
    assert_eq!((second.lines[0].lessons, second.total.fen()), (5, 5 * 2_500));
    assert_eq!((second.state, second.deadline.to_string()), (OrderState::Pending, "2026-10-19T00:00:00+08:00".into()));
    assert_eq!(second.continues.as_ref(), Some(&record.orders[0].no));
    assert_eq!(record.seats().count(), 1, "the seat is that of the first");
    assert_eq!(ask(&mut record, &lessons, date(2026, 10, 13)), None, "once");
    pay(&mut record, &second.no);
    let third = ask(&mut record, &lessons, date(2026, 11, 25)).unwrap();
    assert_eq!((third.lines[0].lessons, third.deadline.day()), (5, date(2026, 11, 28)), "three days at least");
    assert_eq!(ask(&mut record, &lessons, date(2027, 3, 1)), None, "all of it is asked for");
}

#[test]
fn p6_1_by_lessons_each_month_pays_for_what_was_given_to_the_pupil() {
    use LessonState::{Absent, Attended, Due, NotGiven, OnLeave};
    // Four Mondays in September, four in October.
    let lessons = mondays(&[Attended, OnLeave, Absent, NotGiven, Attended, Attended, Due, Attended]);
    let mut record = record(LESSONS, course(8, 0));
    assert_eq!((record.orders[0].lines[0].lessons, record.orders[0].total.fen()), (0, 1_230), "things only");
    assert_eq!(ask(&mut record, &lessons, date(2026, 9, 30)), None, "the month is not over");
    let september = ask(&mut record, &lessons, date(2026, 10, 1)).unwrap();
    assert_eq!((september.total.fen(), september.deadline.day()), (2 * 2_500, date(2026, 10, 11)));
    let october = ask(&mut record, &lessons, date(2026, 11, 2)).unwrap();
    assert_eq!(october.total.fen(), 4 * 2_500, "one of which nothing is known was given");
    assert_eq!(ask(&mut record, &lessons, date(2026, 12, 1)), None);
}

#[test]
fn p6_1_what_is_not_paid_in_time_lets_the_course_go() {
    let lessons = mondays(&[LessonState::Due; 16]);
    let mut record = record(PERIODS, course(16, 0));
    let second = ask(&mut record, &lessons, date(2026, 10, 12)).unwrap();
    let on = date(2026, 10, 19);
    assert!(forfeit(&mut record.clone(), &second.no, on).is_empty(), "it waits yet");
    record.order_mut(&second.no).unwrap().state = OrderState::Expired;
    let free = forfeit(&mut record, &second.no, on);
    assert_eq!((free.len(), record.seats().count()), (1, 0));
    assert_eq!(record.orders[0].lines[0].leaving, Some(Leaving::Left(on)));
    assert!(forfeit(&mut record, &second.no, on).is_empty(), "once");
    assert_eq!(ask(&mut record, &lessons, date(2026, 11, 28)), None, "nothing more is asked for");
    let first = record.orders[0].no.clone();
    assert!(forfeit(&mut record, &first, on).is_empty(), "the first order has its own way to end");
}

#[test]
fn p6_1_who_leaves_is_asked_for_nothing_more() {
    let lessons = mondays(&[LessonState::Due; 16]);
    let mut record = record(PERIODS, course(16, 0));
    let second = ask(&mut record, &lessons, date(2026, 10, 12)).unwrap();
    assert!(sits(&record, record.order(&second.no).unwrap()));
    let (first, course) = (record.orders[0].no.clone(), record.orders[0].lines[0].course.clone());
    leave(&mut record, &first, &course, date(2026, 10, 13));
    let second = record.order(&second.no).unwrap();
    assert_eq!((second.state, second.ending), (OrderState::Closing, Some(Ending::Cancelled)));
    assert!(!sits(&record, second), "what is paid for it now goes back");
    assert_eq!(ask(&mut record, &lessons, date(2026, 11, 28)), None);
}

#[test]
fn p6_1_a_part_has_lessons_of_its_own() {
    let lessons = mondays(&[LessonState::Due; 17]);
    let mut record = record(PERIODS, course(16, 0));
    let mut days = Vec::new();
    for day in [date(2026, 10, 12), date(2026, 11, 16)] {
        let order = ask(&mut record, &lessons, day).unwrap();
        pay(&mut record, &order.no);
    }
    for order in &record.orders {
        days.extend(order.lines[0].lessons_of(&lessons).iter().map(|lesson| lesson.date));
    }
    assert_eq!(
        days,
        lessons.iter().map(|lesson| lesson.date).collect::<Vec<_>>(),
        "one beyond what was sold is the last's"
    );
}

#[test]
fn p6_1_a_mode_is_set_within_bounds() {
    let periods = |count, days| PaymentMode::Periods { count, days }.check();
    assert_eq!((periods(2, 3), periods(6, 28)), (Ok(()), Ok(())));
    assert_eq!((periods(1, 7), periods(7, 7)), (Err(ModeError::CountUnusable), Err(ModeError::CountUnusable)));
    assert_eq!((periods(2, 2), periods(2, 29)), (Err(ModeError::DaysUnusable), Err(ModeError::DaysUnusable)));
    let lessons = |days| PaymentMode::Lessons { days }.check();
    assert_eq!((lessons(3), lessons(28), lessons(0)), (Ok(()), Ok(()), Err(ModeError::DaysUnusable)));
    assert_eq!(PaymentMode::Whole.check(), Ok(()));
    assert_eq!(ModeError::CountUnusable.pointed()[0].pointer, "/payment/count");
}

fn any_mode() -> impl Strategy<Value = PaymentMode> {
    prop_oneof![
        (2..=MOST_PARTS, LEAST_DAYS..=MOST_DAYS).prop_map(|(count, days)| PaymentMode::Periods { count, days }),
        (LEAST_DAYS..=MOST_DAYS).prop_map(|days| PaymentMode::Lessons { days }),
    ]
}

fn any_lessons() -> impl Strategy<Value = Vec<Lesson>> {
    let states = prop::sample::select(<LessonState as strum::VariantArray>::VARIANTS.to_vec());
    prop::collection::vec(states, 1..40).prop_map(|states| mondays(&states))
}

proptest! {
    #[test]
    fn p6_1_what_is_seen_before_is_what_is_asked_for(
        mode in any_mode(), lessons in any_lessons(), waived in 0i64..60_000,
    ) {
        let mut record = record(mode, course(u16::try_from(lessons.len()).unwrap(), waived));
        let first = date(2026, 8, 31);
        let seen = seen(&record, &lessons, first);
        let mut asked = Vec::new();
        for days in 0..400 {
            let day = first.saturating_add(jiff::Span::new().days(days));
            // It is asked several times in a morning.
            while let Some(order) = ask(&mut record, &lessons, day) {
                asked.push((day, order.deadline.day(), order.lines[0].lessons, order.total.fen()));
                pay(&mut record, &order.no);
            }
        }
        prop_assert_eq!(seen, asked);
    }

    #[test]
    fn p6_1_parts_add_up_to_the_course_and_follow_each_other(
        mode in any_mode(), lessons in any_lessons(), waived in 0i64..60_000, pauses in prop::collection::vec(1i64..40, 60),
    ) {
        let sold = u16::try_from(lessons.len()).unwrap();
        let whole = course(sold, waived);
        let tuition = whole.sold().tuition;
        let mut record = record(mode, whole);
        let mut day = date(2026, 8, 31);
        for pause in pauses {
            day = day.saturating_add(jiff::Span::new().days(pause));
            if let Some(order) = ask(&mut record, &lessons, day) {
                prop_assert!(order.deadline >= noon(day));
                pay(&mut record, &order.no);
            }
        }
        while let Some(order) = ask(&mut record, &lessons, date(2029, 1, 1)) {
            pay(&mut record, &order.no);
        }
        let lines: Vec<&Line> = record.orders.iter().map(|order| &order.lines[0]).collect();
        let paid = Money::sum(lines.iter().map(|line| line.sold().tuition)).unwrap();
        let given = lessons.iter().filter(|lesson| is_paid_for(lesson.state)).count();
        match mode {
            PaymentMode::Periods { .. } => prop_assert_eq!(paid, tuition),
            PaymentMode::Whole | PaymentMode::Lessons { .. } if given == lessons.len() => {
                prop_assert_eq!(paid, tuition);
            }
            PaymentMode::Whole | PaymentMode::Lessons { .. } => prop_assert!(paid <= tuition),
        }
        let mut next = 0;
        for line in lines {
            let part = line.instalment.unwrap();
            prop_assert_eq!(part.from, next, "no lesson twice, and none left out");
            prop_assert!(line.amount >= Money::ZERO && part.until >= part.from);
            let spared = line.waived.as_ref().map_or(Money::ZERO, |waived| waived.amount);
            let gross = line.unit_price.times(u32::from(line.lessons)).unwrap();
            prop_assert_eq!(line.sold().tuition.plus(spared).unwrap(), gross, "what is waived is told of each part");
            next = part.until;
        }
    }
}

#[test]
fn p6_1_a_waiver_granted_later_is_followed_by_the_parts_to_come() {
    let waiver = |percent| Waiver { reason: "低保家庭".to_owned(), percent };
    let lessons: Vec<Lesson> = (0..9)
        .map(|week| Lesson {
            date: date(2026, 9, 7).saturating_add(jiff::Span::new().weeks(week)),
            state: LessonState::Due,
        })
        .collect();
    let mut record = record(PERIODS, course(9, 0));
    let first = record.orders[0].clone();
    let next = |record: &TermRecord, waivers: &[Waiver]| {
        follow(record, &first, |_| lessons.clone(), waivers, noon(lessons[8].date)).unwrap().unwrap()
    };
    let part = &next(&record, &[]).lines[0];
    assert_eq!((part.amount.fen(), part.waived.clone()), (7_500, None));
    let mut second = next(&record, &[waiver(30), waiver(50)]);
    let spared = second.lines[0].waived.clone().unwrap();
    assert_eq!((second.total.fen(), spared.amount.fen(), spared.reason.as_str()), (3_750, 3_750, "低保家庭"));
    let nothing = second.lines[0].taken_by(&waiver(50)).amount.without(spared.amount);
    assert_eq!(nothing, Money::ZERO, "what is waived is asked for by nobody");
    second.state = OrderState::Paid;
    record.orders.push(second);
    assert_eq!(next(&record, &[]).total.fen(), 3_750, "what was waived stays waived");
    let free = next(&record, &[waiver(100)]);
    assert_eq!((free.total, free.state), (Money::ZERO, OrderState::Paid));
}

proptest! {
    /// What a waiver that was granted late gives back of the parts paid before, and what the parts after it cost, is what
    /// the course costs with it, to the fen.
    #[test]
    fn p6_1_a_waiver_granted_later_comes_to_the_same(
        count in 2u8..=6, lessons in 6u16..40, price in 1i64..3_000, percent in 0u8..=100, paid in 1usize..=6,
    ) {
        let unit_price = Money::from_fen(price);
        let tuition = unit_price.times(u32::from(lessons)).unwrap();
        let line = Line { unit_price, amount: tuition, materials: Money::ZERO, ..course(lessons, 0) };
        let waiver = Waiver { reason: "低保家庭".to_owned(), percent };
        let mut parts = vec![line.first_part(PaymentMode::Periods { count, days: 7 }).unwrap()];
        let mut cost = 0;
        while let Some(due) = {
            let late = (parts.len() >= paid).then_some(&waiver);
            next(&parts.iter().collect::<Vec<_>>(), &[], late, date(2027, 1, 1)).unwrap()
        } {
            parts.push(due.line);
        }
        for part in &parts {
            let sold = part.sold();
            cost += part.amount.fen() - part.taken_by(&waiver).amount.without(sold.waived).fen();
        }
        prop_assert_eq!(cost, tuition.without(waiver.of(tuition)).fen());
    }
}

#[test]
fn p6_1_nothing_goes_back_of_a_lesson_that_was_not_charged() {
    let day = |day: i8, state| Lesson { date: date(2026, 9, day), state };
    let lessons = [day(2, LessonState::NotGiven), day(9, LessonState::Attended), day(16, LessonState::OnLeave)];
    let part = Instalment {
        mode: LESSONS,
        from: 0,
        until: 3,
        before: 0,
        lessons: 16,
        tuition: Money::from_fen(40_000),
        beside: false,
    };
    let line = |charged| Line { lessons: charged, instalment: Some(part), ..course(16, 0) };
    assert_eq!(line(3).lessons_of(&lessons), lessons, "what was said of them after they were charged");
    assert_eq!(line(2).lessons_of(&lessons), lessons[1..]);
    assert_eq!(line(1).lessons_of(&lessons), lessons[1..2]);
}
