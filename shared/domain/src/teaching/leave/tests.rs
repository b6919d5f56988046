//! Leave by example, and that its marks do not get into each other's way.

use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::catalog::Weekday;
use crate::teaching::fixture::{class, periods};
use crate::teaching::roll::{CheckIn, Presence, Said};
use crate::teaching::timetable::LockedBy;

const PUPIL: &str = "S000000001";
const TEACHER: &str = "T000000001";

fn id<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

fn now(text: &str) -> Moment {
    Moment::parse(&format!("{text}:00+08:00")).unwrap()
}

/// Two lessons a week for two weeks, Monday and Wednesday, in two periods on Wednesdays.
fn calligraphy() -> TeachingClass {
    let days = [(7, 1), (9, 2), (14, 1), (16, 2)].map(|(day, period)| (date(2026, 9, day), period));
    class("K1", &[TEACHER, "T000000002"], &[PUPIL, "S000000002"], &days)
}

fn chess() -> TeachingClass {
    class("K2", &["T000000003"], &[PUPIL], &[(date(2026, 9, 9), 1), (date(2026, 9, 16), 1)])
}

struct Term {
    classes: Vec<TeachingClass>,
    timetable: Timetable,
    now: Moment,
}

impl Term {
    fn at(moment: &str) -> Self {
        let timetable = Timetable::new(id("3144200101"), id("2026-2027-1"));
        Self { classes: vec![calligraphy(), chess()], timetable, now: now(moment) }
    }

    fn locked(mut self, day: Date) -> Self {
        let term = (date(2026, 9, 1), date(2027, 1, 20));
        self.timetable.begin_lock((day, day), (LockedBy::School, &id("A000000001")), term, self.now).unwrap();
        self
    }

    fn with<T>(&self, judged: impl FnOnce(LeaveFacts<'_>) -> T) -> T {
        let classes: Vec<&TeachingClass> = self.classes.iter().collect();
        let (periods, rules) = (periods(), TeachingRules::built_in());
        let (timetable, now) = (&self.timetable, self.now);
        judged(LeaveFacts { classes: &classes, periods: &periods, timetable, rules: &rules, now })
    }

    fn choose(&self, who: &Absentee, wish: &Wish, party: Party) -> Result<Vec<Missed>, LeaveError> {
        self.with(|facts| who.choose(wish, party, facts))
    }

    fn asked(&self, who: Absentee, wish: &Wish) -> LeaveRequest {
        let lessons = self.choose(&who, wish, Party::School).unwrap();
        let handling = Handling::asked(String::new(), (id("G000000001"), Party::Guardian), self.now);
        let classes: Vec<&TeachingClass> = self.classes.iter().collect();
        LeaveRequest::ask((name(1), who), "感冒发烧", lessons, &BTreeMap::new(), (handling, &classes)).unwrap()
    }

    fn granted(&self, who: Absentee, wish: &Wish) -> LeaveRequest {
        let mut request = self.asked(who, wish);
        self.with(|facts| request.grant(Some(&id("A000000001")), facts)).unwrap();
        request
    }
}

fn name(n: u8) -> TeachingRequestId {
    id(&format!("3144200101.2026-2027-1.0000000000000000000{n}"))
}

fn pupil() -> Absentee {
    Absentee::Pupil(id(PUPIL))
}

fn teacher() -> Absentee {
    Absentee::Teacher(id(TEACHER))
}

fn lesson(class: &str, no: u16) -> LessonId {
    LessonId::new(&id(&format!("3144200101.2026-2027-1.{class}.01")), no)
}

fn days(from: i8, until: i8) -> Wish {
    let (from, until) = (date(2026, 9, from), date(2026, 9, until));
    Wish::Days { from, until, weekday: None, period: None, class: None }
}

fn named(lessons: &[LessonId]) -> Wish {
    Wish::Lessons(lessons.iter().cloned().collect())
}

fn ids(missed: &[Missed]) -> Vec<LessonId> {
    missed.iter().map(|missed| missed.lesson.clone()).collect()
}

#[test]
fn p9_2_leave_is_for_lessons_for_days_or_for_the_same_lesson_of_each_week() {
    let term = Term::at("2026-09-01T08:00");
    let chosen = |wish| ids(&term.choose(&pupil(), &wish, Party::Guardian).unwrap());
    assert_eq!(chosen(named(&[lesson("K1", 3)])), [lesson("K1", 3)]);
    let week = [lesson("K1", 1), lesson("K2", 1), lesson("K1", 2)];
    assert_eq!(chosen(days(7, 13)), week, "by day and period");
    let wednesdays = |period, class: Option<&str>| Wish::Days {
        from: date(2026, 9, 1),
        until: date(2026, 9, 30),
        weekday: Some(Weekday::Wednesday),
        period,
        class: class.map(|class| id(&format!("3144200101.2026-2027-1.{class}.01"))),
    };
    assert_eq!(chosen(wednesdays(Some(2), None)), [lesson("K1", 2), lesson("K1", 4)]);
    assert_eq!(chosen(wednesdays(None, Some("K2"))), [lesson("K2", 1), lesson("K2", 2)]);
    assert_eq!(term.choose(&pupil(), &days(9, 7), Party::Guardian), Err(LeaveError::RangeUnusable));
    assert_eq!(term.choose(&pupil(), &days(1, 6), Party::Guardian), Err(LeaveError::NothingLeft));
    let of_others = LeaveError::LessonUnknown { lesson: lesson("K2", 1) };
    let other = Absentee::Pupil(id("S000000002"));
    assert_eq!(term.choose(&other, &named(&[lesson("K2", 1)]), Party::Guardian), Err(of_others));
}

#[test]
fn p9_2_a_family_asks_before_the_lesson_is_over_and_the_school_until_the_correction_day() {
    let lesson = lesson("K1", 1);
    let wish = named(std::slice::from_ref(&lesson));
    let during = Term::at("2026-09-07T17:14");
    assert!(during.choose(&pupil(), &wish, Party::Guardian).is_ok());
    let after = Term::at("2026-09-07T17:15");
    let over = Err(LeaveError::LessonOver { date: date(2026, 9, 7), period: 1 });
    assert_eq!(after.choose(&pupil(), &wish, Party::Guardian), over);
    assert_eq!(after.choose(&teacher(), &wish, Party::Teacher), over);
    assert!(
        after.choose(&pupil(), &wish, Party::Teacher).is_ok() && after.choose(&teacher(), &wish, Party::School).is_ok()
    );
    assert_eq!(
        ids(&after.choose(&pupil(), &days(7, 9), Party::Guardian).unwrap()).len(),
        2,
        "what is over is left out"
    );
    let last = Term::at("2026-10-05T23:59");
    assert!(last.choose(&pupil(), &wish, Party::School).is_ok());
    let late = Term::at("2026-10-06T00:00");
    let refused = late.choose(&pupil(), &wish, Party::School);
    assert_eq!(refused, Err(LeaveError::TooLate { date: date(2026, 9, 7) }));
}

#[test]
fn s25_5_no_leave_comes_into_locked_days_or_goes_from_them() {
    let day = date(2026, 9, 7);
    let locked = Term::at("2026-09-08T08:00").locked(day);
    let refused = Err(LeaveError::Lock(LockError::DayLocked { date: day }));
    assert_eq!(locked.choose(&pupil(), &days(7, 9), Party::School), refused);
    let open = Term::at("2026-09-01T08:00");
    let mut asked = open.asked(pupil(), &days(7, 9));
    let granted = locked.with(|facts| asked.grant(Some(&id("A000000001")), facts));
    assert_eq!(granted, Err(LockError::DayLocked { date: day }.into()));
    let mut known = open.granted(pupil(), &days(7, 9));
    let resumed = locked.with(|facts| known.resume(&Since::Day(day), Party::School, facts));
    assert_eq!(resumed, Err(LockError::DayLocked { date: day }.into()));
    let mut later = open.granted(pupil(), &days(7, 9));
    let resumed = locked.with(|facts| later.resume(&Since::Day(day), Party::Guardian, facts)).unwrap();
    assert_eq!(resumed.len(), 2, "a family ends what is left");
}

#[test]
fn p9_2_a_request_has_at_most_forty_lessons() {
    let from = date(2026, 9, 1);
    let daily: Vec<(Date, u8)> = (0..41).map(|n| (from.checked_add(jiff::Span::new().days(n)).unwrap(), 1)).collect();
    let mut term = Term::at("2026-09-01T08:00");
    term.classes = vec![class("K6", &[TEACHER], &[PUPIL], &daily)];
    let until = |days| {
        let until = from.checked_add(jiff::Span::new().days(days)).unwrap();
        Wish::Days { from, until, weekday: None, period: None, class: None }
    };
    assert_eq!(term.choose(&pupil(), &until(39), Party::Guardian).unwrap().len(), LESSONS);
    assert_eq!(term.choose(&pupil(), &until(40), Party::Guardian), Err(LeaveError::TooMany { count: 41 }));
}

#[test]
fn p9_2_there_is_one_leave_from_a_lesson_and_a_reason_for_it() {
    let term = Term::at("2026-09-01T08:00");
    let classes: Vec<&TeachingClass> = term.classes.iter().collect();
    let lessons = term.choose(&pupil(), &days(7, 9), Party::Guardian).unwrap();
    let mut away = Roll::new(&id("3144200101.2026-2027-1.K1.01"), 1, (date(2026, 9, 7), 1));
    away.grant_leave(&id(PUPIL), &name(2), term.now).unwrap();
    let rolls = BTreeMap::from([(lesson("K1", 1), &away)]);
    let handling = || Handling::asked(String::new(), (id("G000000001"), Party::Guardian), term.now);
    let ask = |lessons: Vec<Missed>, reason| {
        LeaveRequest::ask((name(1), pupil()), reason, lessons, &rolls, (handling(), &classes))
    };
    assert_eq!(ids(&ask(lessons.clone(), "感冒").unwrap().lessons), [lesson("K2", 1), lesson("K1", 2)]);
    let first = lessons[..1].to_vec();
    assert_eq!(ask(first, "感冒"), Err(LeaveError::NothingLeft));
    assert_eq!(ask(lessons, "病"), Err(HandlingError::ReasonUnusable.into()));
}

#[test]
fn p9_2_leave_follows_a_lesson_that_is_moved_and_leaves_one_that_falls_away() {
    let mut term = Term::at("2026-09-01T08:00");
    let mut request = term.asked(pupil(), &days(7, 9));
    term.classes[0].lessons[0].date = date(2026, 9, 21);
    term.classes[1].lessons[0].off = Some("教师培训".to_owned());
    term.with(|facts| request.grant(Some(&id("A000000001")), facts)).unwrap();
    let held: Vec<&Missed> = request.held().collect();
    assert_eq!(held.iter().map(|missed| missed.lesson.clone()).collect::<Vec<_>>(), [lesson("K1", 2), lesson("K1", 1)]);
    assert_eq!(held[1].at(), (date(2026, 9, 21), 1), "the same lesson on another day");
    let mut roll = Roll::new(&term.classes[0].id, 1, held[1].at());
    assert_eq!(request.mark(&mut roll, term.now), Ok(true));
    assert_eq!(roll.presence(&id(PUPIL)), Some(Presence::OnLeave));
    for class in &mut term.classes {
        class.lessons.iter_mut().for_each(|lesson| lesson.off = Some("台风".to_owned()));
    }
    let mut other = Term::at("2026-09-01T08:00").asked(pupil(), &days(7, 9));
    assert_eq!(term.with(|facts| other.grant(Some(&id("A000000001")), facts)), Err(LeaveError::NothingLeft));
}

#[test]
fn t4_2_a_leave_ends_from_a_day_or_a_lesson_on() {
    let term = Term::at("2026-09-08T08:00");
    let mut request = Term::at("2026-09-01T08:00").granted(pupil(), &days(7, 16));
    assert_eq!(request.lessons.len(), 6);
    let day = Since::Day(date(2026, 9, 14));
    let ended = term.with(|facts| request.resume(&day, Party::Guardian, facts)).unwrap();
    assert_eq!(ids(&ended), [lesson("K1", 3), lesson("K2", 2), lesson("K1", 4)]);
    assert!(request.has_resumed());
    let again = term.with(|facts| request.resume(&day, Party::Guardian, facts));
    assert_eq!(again, Err(LeaveError::NothingToResume));
    let since = Since::Lesson(lesson("K1", 2));
    assert_eq!(ids(&term.with(|facts| request.resume(&since, Party::Guardian, facts)).unwrap()), [lesson("K1", 2)]);
    let stranger = Since::Lesson(lesson("K3", 1));
    let refused = term.with(|facts| request.resume(&stranger, Party::Guardian, facts));
    assert_eq!(refused, Err(LeaveError::LessonUnknown { lesson: lesson("K3", 1) }));
    let first = Since::Day(date(2026, 9, 7));
    let by_school = term.with(|facts| request.resume(&first, Party::School, facts)).unwrap();
    assert_eq!(ids(&by_school), [lesson("K1", 1), lesson("K2", 1)], "a school also ends what is over");
    let mut waiting = term.asked(pupil(), &days(9, 9));
    assert_eq!(term.with(|facts| waiting.resume(&first, Party::School, facts)), Err(LeaveError::NotGranted));
    let late = Term::at("2026-10-06T08:00");
    let mut old = Term::at("2026-09-01T08:00").granted(pupil(), &days(7, 7));
    let refused = late.with(|facts| old.resume(&first, Party::School, facts));
    assert_eq!(refused, Err(LeaveError::TooLate { date: date(2026, 9, 7) }));
}

#[test]
fn s21_1_leave_of_a_teacher_tells_which_lessons_nobody_would_give() {
    let mut term = Term::at("2026-09-01T08:00");
    let request = term.asked(teacher(), &days(7, 9));
    assert_eq!(request.staff, [id::<PersonId>(TEACHER)]);
    let uncovered = |term: &Term, request: &LeaveRequest, rolls: &BTreeMap<LessonId, &Roll>| {
        let classes: Vec<&TeachingClass> = term.classes.iter().collect();
        request.uncovered(&classes, rolls)
    };
    let both = [lesson("K1", 1), lesson("K1", 2)];
    assert_eq!(uncovered(&term, &request, &BTreeMap::new()), both, "an assistant is no substitute");
    term.classes[0].teachers[1].role = TeacherRole::Main;
    assert!(uncovered(&term, &request, &BTreeMap::new()).is_empty());
    let mut roll = Roll::new(&term.classes[0].id, 1, (date(2026, 9, 7), 1));
    roll.grant_teacher_leave(&id("T000000002"), &name(2)).unwrap();
    let rolls = BTreeMap::from([(both[0].clone(), &roll)]);
    assert_eq!(uncovered(&term, &request, &rolls), both[..1], "the other one is away, too");
    let present = Teacher { person: id("T000000005"), called: "王老师".to_owned(), role: TeacherRole::Main };
    let stand_in = crate::teaching::lesson::StandIn { absent: id(TEACHER), present };
    term.classes[0].lessons[0].stand_ins.push(stand_in);
    assert!(uncovered(&term, &request, &rolls).is_empty());
    let mut found = request;
    term.with(|facts| found.grant(Some(&id("A000000001")), facts)).unwrap();
    assert_eq!(found.held().count(), 2, "who has found a substitute is on leave all the same");
}

#[test]
fn s25_1_a_pupils_leave_opens_to_who_teaches_the_lessons() {
    let request = Term::at("2026-09-01T08:00").asked(pupil(), &named(&[lesson("K1", 1)]));
    assert_eq!(request.staff, [id::<PersonId>(TEACHER), id("T000000002")]);
    assert_eq!(request.owner().student, Some(id(PUPIL)));
    assert_eq!(request.first_day(), date(2026, 9, 7));
}

/// Something that happens to a roll; leave is granted and then ended, if it is.
#[derive(Debug, Clone, Copy)]
enum Event {
    Grant(u8),
    End(u8),
    GrantTeacher(u8),
    EndTeacher(u8),
    Correct(i64, bool),
    CheckIn(i64),
}

fn apply(roll: &mut Roll, event: Event) {
    let at = |minute| now("2026-09-07T16:30").plus_minutes(minute);
    let (student, person): (StudentId, PersonId) = (id(PUPIL), id(TEACHER));
    let told = now("2026-09-07T20:00");
    let done = match event {
        Event::Grant(n) => roll.grant_leave(&student, &name(n), told),
        Event::End(n) => roll.end_leave(&student, &name(n), told),
        Event::GrantTeacher(n) => roll.grant_teacher_leave(&person, &name(n)),
        Event::EndTeacher(n) => roll.end_teacher_leave(&person, &name(n)),
        Event::Correct(minute, there) => {
            let presence = if there { Presence::Present } else { Presence::Absent };
            roll.correct(&student, Said { at: at(minute), presence }, told)
        }
        Event::CheckIn(minute) => {
            let correction = Some(name(u8::try_from(minute % 9).unwrap()));
            roll.check_in(&person, CheckIn { at: at(minute), late_minutes: 0, metres: None, correction })
        }
    };
    done.unwrap();
}

/// Requests, each with what happens to it in its own order.
fn requests() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let one = |n: u8| {
        prop_oneof![
            Just(vec![Event::Grant(n)]),
            Just(vec![Event::Grant(n), Event::End(n)]),
            Just(vec![Event::GrantTeacher(n)]),
            Just(vec![Event::GrantTeacher(n), Event::EndTeacher(n)]),
            (0i64..30, any::<bool>()).prop_map(|(minute, there)| vec![Event::Correct(minute, there)]),
            (0i64..30).prop_map(|minute| vec![Event::CheckIn(minute)]),
        ]
    };
    prop::collection::vec(any::<()>(), 1..8)
        .prop_flat_map(move |all| (0u8..).zip(all).map(|(n, ())| one(n)).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn p9_2_leave_and_corrections_come_to_the_same_roll_in_whatever_order_they_are_decided(
        requests in requests(), turns in prop::collection::vec(any::<Index>(), 16),
    ) {
        let empty = || Roll::new(&calligraphy().id, 1, (date(2026, 9, 7), 1));
        let (mut straight, mut mixed) = (empty(), empty());
        requests.iter().flatten().for_each(|event| apply(&mut straight, *event));
        let mut left: Vec<std::slice::Iter<'_, Event>> = requests.iter().map(|events| events.iter()).collect();
        let mut turns = turns.iter().cycle();
        while !left.is_empty() {
            let turn = turns.next().unwrap().index(left.len());
            match left[turn].next() {
                Some(event) => apply(&mut mixed, *event),
                None => drop(left.remove(turn)),
            }
        }
        prop_assert_eq!(straight, mixed);
    }
}
