//! The classes of the town in which schedules about teaching are played: two of one course at the same time, so that
//! pupils can be transferred, and one each of two others.

use domain::Moment;
use domain::Money;
use domain::audit::Actor;
use domain::refund::rules::{AccruedPayout, RefundRules};
use domain::refund::sets::{RuleSet, RulesOwner};
use domain::teaching::class::{Outline, Teacher, TeacherRole, TeachingClass};
use domain::teaching::lesson::{Lesson, Pattern};
use domain::teaching::rules::{SchoolRules, TeachingRules};
use jiff::civil::{Date, Weekday, date};
use store::{Commit, Store, Versioned};
use testkit::lessons::{staff, two_periods};
use testkit::stage::Who;
use testkit::town::{SCHOOL, TERM, Town, id};

/// Where the classes are taught.
pub(crate) const ROOMS: [&str; 3] = ["R301", "R302", "R303"];
/// Who teaches; whoever does not teach at a time may stand in.
pub(crate) const TEACHERS: [&str; 3] = ["T000000001", "T000000002", "T000000003"];

/// A class as it is opened: the place of its offering in the town, its number, its teacher and room, its period.
struct Opened(usize, u8, usize, u8);

/// `K1` twice in the first period, `K2` and what is free of charge in the second.
const OPENED: [Opened; 4] = [Opened(0, 1, 0, 1), Opened(0, 2, 1, 1), Opened(1, 1, 0, 2), Opened(5, 1, 2, 2)];

/// The classes.
pub(crate) const CLASSES: [&str; 4] = [
    "3144200101.2026-2027-1.K1.01",
    "3144200101.2026-2027-1.K1.02",
    "3144200101.2026-2027-1.K2.01",
    "3144200101.2026-2027-1.K6.01",
];

/// The place of a class's teacher among [`TEACHERS`].
pub(crate) fn teacher_of(class: usize) -> usize {
    OPENED.get(class).map_or(0, |opened| opened.2)
}

/// A lesson of a class on a day of teaching, counted from 0.
pub(crate) fn lesson(class: usize, day: usize) -> String {
    format!("{}.{:03}", CLASSES[class], day + 1)
}

/// What belongs to the school's term.
pub(crate) fn of_term(what: &str) -> String {
    format!("/schools/{SCHOOL}/terms/{TERM}/{what}")
}

/// Who runs the school.
pub(crate) fn admin() -> Who {
    Who::Person("A000000004".to_owned(), format!("school_admin@school:{SCHOOL}"))
}

/// A teacher of the town.
pub(crate) fn teacher(place: usize) -> Who {
    Who::Person(TEACHERS[place].to_owned(), format!("teacher@classes:{SCHOOL}"))
}

/// A town with two periods, in which more pupils find a seat.
pub(crate) fn town(mut town: Town) -> Town {
    two_periods(&mut town);
    for offering in &mut town.offerings {
        offering.capacity += 1;
    }
    town
}

/// Opens the classes, and sets the school's rules: some requests wait for somebody's word, some are granted at once;
/// what was missed goes back as soon as there is any.
pub(crate) async fn open(store: &Store, town: &Town, now: Moment) {
    staff(store, TEACHERS[0], now).await;
    let commit = || Commit::new(Actor::system("town"), "town.teach", now);
    let timetable = store.timetable(&id(SCHOOL), &id(TERM)).await.expect("read");
    let mut classes = commit();
    for opened in &OPENED {
        classes.save_class(&Versioned::absent(class(town, opened))).expect("a class");
    }
    classes.save_timetable(&timetable).expect("a timetable");
    store.commit(classes).await.expect("written");
    let mut rules = TeachingRules::built_in();
    (rules.approvals.correction, rules.approvals.substitute, rules.approvals.transfer) = (false, false, false);
    let mut decided = commit();
    let school = id(SCHOOL);
    decided.save_teaching_rules(&Versioned::absent(SchoolRules { school, rules })).expect("rules");
    store.commit(decided).await.expect("written");
    let mut rules = RefundRules { accrued: AccruedPayout::Above(Money::from_fen(1)), ..RefundRules::built_in() };
    rules.clauses.iter_mut().for_each(|clause| clause.approval = false);
    let owner = RulesOwner::School(id(SCHOOL), id(TERM));
    let mut decided = commit();
    decided.save_rules(&Versioned::absent(RuleSet { owner, rules, by: id("A000000001") })).expect("rules");
    store.commit(decided).await.expect("written");
}

/// Sixteen lessons on school days from the first day of the term on.
fn class(town: &Town, Opened(offering, number, teacher, period): &Opened) -> TeachingClass {
    let offering = &town.offerings[*offering];
    let days: Vec<Date> = school_days().take(16).collect();
    let main = Teacher { person: id(TEACHERS[*teacher]), called: "李老师".to_owned(), role: TeacherRole::Main };
    let outline = Outline {
        title: format!("{}{number}班", offering.title),
        capacity: 40,
        teachers: vec![main],
        stewards: Vec::new(),
        room: Some(id(&format!("{SCHOOL}.{}", ROOMS[*teacher]))),
        pattern: Pattern { slots: Vec::new(), singles: days.iter().map(|day| (*day, *period)).collect() },
    };
    let mut class = TeachingClass::of(offering, *number, outline);
    class.lessons = (1u16..).zip(&days).map(|(no, day)| Lesson::planned(no, *day, *period)).collect();
    class
}

/// The days on which lessons are given, from the first of September on.
pub(crate) fn school_days() -> impl Iterator<Item = Date> {
    let days = date(2026, 9, 1).series(jiff::Span::new().days(1));
    days.filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
}
