//! Changes of lessons, refused one by one and in any order. S23 T5.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::access::RoleBook;
use crate::catalog::{Period, Term};
use crate::fault::Fault as _;
use crate::room::Room;
use crate::teaching::class::TeacherRole;
use crate::teaching::class::tests::{class, teacher};
use crate::teaching::roll::{CheckIn, Roll};
use crate::teaching::timetable::{LockedBy, Timetable};

const FIRST: &str = "3144200101.2026-2027-1.K1.01";
const SECOND: &str = "3144200101.2026-2027-1.K2.01";
const ADMIN: &str = "A000000001";
const PRINCIPAL: &str = "A000000002";

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

fn term() -> Term {
    let period = |number: u8, from_minute: u16| Period {
        number,
        name: format!("第{number}节"),
        from_minute,
        until_minute: from_minute + 45,
    };
    Term { periods: vec![period(1, 990), period(2, 1040), period(3, 1090)], ..crate::teaching::fixture::term() }
}

fn room(id: &str) -> Room {
    Room {
        id: id.parse().unwrap(),
        school: "3144200101".parse().unwrap(),
        name: "书法室".to_owned(),
        place: String::new(),
        purpose: String::new(),
        capacity: 2,
        retired: false,
    }
}

/// A school with two classes, what it shares, and the time.
#[derive(Clone)]
struct School {
    classes: Vec<TeachingClass>,
    timetable: Timetable,
    rolls: Vec<Option<Roll>>,
    room: Option<Room>,
    may_teach: bool,
    now: Moment,
    term: Term,
}

impl School {
    /// Two classes with a pupil in common, by different teachers in different rooms, one on Wednesdays and one on
    /// Thursdays.
    fn new() -> Self {
        let mut one = class(FIRST);
        let mut other = class(SECOND);
        other.teachers = vec![teacher("T000000002", TeacherRole::Main)];
        other.room = Some("3144200101.R302".parse().unwrap());
        for (class, first) in [(&mut one, date(2026, 9, 2)), (&mut other, date(2026, 9, 3))] {
            let week = |no: u16| first + jiff::Span::new().days(7 * (i32::from(no) - 1));
            class.lessons = (1..=3).map(|no| Lesson::planned(no, week(no), 1)).collect();
            class.admit(&"S000000001".parse().unwrap(), date(2026, 9, 1)).unwrap();
            class.admit_staff();
        }
        let timetable = Timetable::new("3144200101".parse().unwrap(), "2026-2027-1".parse().unwrap());
        Self {
            classes: vec![one, other],
            timetable,
            rolls: vec![None; 6],
            room: Some(room("3144200101.R303")),
            may_teach: true,
            now: at("2026-09-01T08:00:00+08:00"),
            term: term(),
        }
    }

    fn with<T>(&self, class: usize, no: u16, judged: impl FnOnce(EffectFacts<'_>) -> T) -> T {
        let others: Vec<&TeachingClass> =
            self.classes.iter().enumerate().filter(|(index, _)| *index != class).map(|(_, class)| class).collect();
        judged(EffectFacts {
            class: &self.classes[class],
            others: &others,
            timetable: &self.timetable,
            term: &self.term,
            roll: self.rolls[class * 3 + usize::from(no) - 1].as_ref(),
            room: self.room.as_ref(),
            may_teach: self.may_teach,
            now: self.now,
        })
    }

    fn asked(&self, change: Change, party: Party, by: &str) -> Result<LessonChange, ChangeError> {
        self.asked_of(0, 2, change, party, by)
    }

    fn asked_of(
        &self,
        class: usize,
        no: u16,
        change: Change,
        party: Party,
        by: &str,
    ) -> Result<LessonChange, ChangeError> {
        let asked = Asked {
            id: "3144200101.2026-2027-1.0f3b6c1d2e4a59788f10".parse().unwrap(),
            request: "hash".to_owned(),
            change,
            reason: "外出培训".to_owned(),
            fee: None,
            by: by.parse().unwrap(),
            party,
        };
        LessonChange::ask(asked, &self.classes[class], no, self.now)
    }

    /// Asks by the school and lets another person approve.
    fn approved(&mut self, class: usize, no: u16, change: Change) -> Result<LessonChange, ChangeError> {
        let mut asked = self.asked_of(class, no, change, Party::School, ADMIN)?;
        let effect = self.with(class, no, |facts| asked.approve(&PRINCIPAL.parse().unwrap(), None, facts))?;
        self.write(class, effect);
        Ok(asked)
    }

    fn revoked(&mut self, class: usize, change: &mut LessonChange) -> Result<(), ChangeError> {
        let by = ADMIN.parse().unwrap();
        let effect = self.with(class, change.lesson, |facts| change.revoke(&by, "培训取消", facts))?;
        self.write(class, effect);
        Ok(())
    }

    fn write(&mut self, class: usize, effect: Effect) {
        self.rolls[class * 3 + usize::from(effect.became.no) - 1] = Some(effect.roll);
        self.classes[class] = effect.class;
    }

    fn lesson(&self, class: usize, no: u16) -> &Lesson {
        self.classes[class].lesson(no).unwrap()
    }

    fn refused(&self, change: Change) -> ChangeError {
        self.clone().approved(0, 2, change).unwrap_err()
    }

    fn needs_nobody_twice(&self) -> bool {
        let from = self.term.starts_on;
        let clash = |class: &TeachingClass| {
            let others = self.classes.iter().filter(|other| other.id != class.id);
            crate::teaching::clash::Occupied::by(others, from).admits(class, from).is_err()
        };
        let doubled = |class: &TeachingClass| {
            let given: Vec<_> = class.lessons.iter().filter(|lesson| lesson.is_given()).map(Lesson::at).collect();
            given.iter().enumerate().any(|(index, place)| given[..index].contains(place))
        };
        !self.classes.iter().any(|class| clash(class) || doubled(class))
    }
}

fn to(day: i8, period: u8) -> Change {
    Change::Reschedule { date: date(2026, 9, day), period, room: None }
}

fn stand_in(absent: &str, present: &str) -> Change {
    let present = Teacher { called: "王老师".to_owned(), ..teacher(present, TeacherRole::Main) };
    Change::Substitute { absent: absent.parse().unwrap(), present }
}

#[test]
fn s23_1_a_lesson_is_moved_and_moved_back() {
    let mut school = School::new();
    let before = school.classes.clone();
    let mut change = school.approved(0, 2, to(11, 2)).unwrap();
    let moved = school.lesson(0, 2);
    assert_eq!((moved.at(), moved.moved_from), ((date(2026, 9, 11), 2), Some((date(2026, 9, 9), 1))));
    assert_eq!((&change.was, change.stands()), (before[0].lesson(2).unwrap(), moved));
    let roll = school.rolls[1].as_ref().unwrap();
    assert_eq!((roll.date, roll.period), moved.at(), "its roll goes with it");
    school.revoked(0, &mut change).unwrap();
    assert_eq!(school.classes, before);
    assert_eq!(
        (change.state, change.effects(), change.stands()),
        (ChangeState::Revoked, 2, before[0].lesson(2).unwrap())
    );
    assert_eq!(school.revoked(0, &mut change), Err(ChangeError::NotInEffect));
}

#[test]
fn s23_3_a_move_into_what_is_taken_says_who_when_and_where() {
    let mut school = School::new();
    let refused = school.refused(to(10, 1));
    assert!(matches!(refused, ChangeError::Clash(_)));
    assert_eq!(refused.slug(), "timetable/clashes");
    assert!(
        refused.to_string().contains("S000000001在") || refused.to_string().contains("2026-09-10 第1节"),
        "{refused}"
    );
    assert_eq!(school.refused(to(2, 1)), ChangeError::OwnLesson { date: date(2026, 9, 2), period: 1 });
    school.approved(1, 2, Change::Off).unwrap();
    assert!(school.approved(0, 2, to(10, 1)).is_ok(), "a lesson that is off needs nobody");
}

#[test]
fn s23_1_a_move_stays_in_the_term_and_in_the_future() {
    let mut school = School::new();
    let from_until = ChangeError::DayOutOfTerm { from: date(2026, 9, 1), until: date(2027, 1, 22) };
    let after = Change::Reschedule { date: date(2027, 1, 23), period: 1, room: None };
    assert_eq!(school.refused(after), from_until);
    assert_eq!(school.refused(to(11, 4)), ChangeError::PeriodUnknown { period: 4 });
    assert_eq!(school.refused(to(9, 1)), ChangeError::NothingChanges);
    school.now = at("2026-09-09T16:00:00+08:00");
    assert_eq!(school.refused(to(8, 1)), ChangeError::TimePassed { date: date(2026, 9, 8), period: 1 });
}

#[test]
fn s23_1_a_room_is_the_schools_and_large_enough() {
    let mut school = School::new();
    let into = |id: &str| Change::Reschedule { date: date(2026, 9, 9), period: 1, room: Some(id.parse().unwrap()) };
    assert_eq!(school.refused(into("3144200101.R399")), ChangeError::RoomUnknown);
    school.room = Some(Room { retired: true, ..room("3144200101.R303") });
    assert_eq!(school.refused(into("3144200101.R303")), ChangeError::RoomUnknown);
    school.room = Some(Room { capacity: 0, ..room("3144200101.R303") });
    assert_eq!(school.refused(into("3144200101.R303")), ChangeError::RoomTooSmall { capacity: 0, pupils: 1 });
    school.room = Some(room("3144200101.R303"));
    school.approved(0, 2, into("3144200101.R303")).unwrap();
    assert_eq!(school.lesson(0, 2).room.as_ref().unwrap().as_str(), "3144200101.R303");
    school.room = Some(room("3144200101.R301"));
    school.approved(0, 2, into("3144200101.R301")).unwrap();
    assert_eq!(school.lesson(0, 2).room, None, "the room of the class is no other room");
}

#[test]
fn t5_1_a_teacher_asks_for_the_own_place() {
    let school = School::new();
    let ask = |change: Change, by: &str| school.asked(change, Party::Teacher, by);
    assert!(ask(stand_in("T000000001", "T000000003"), "T000000001").is_ok());
    assert_eq!(ask(stand_in("T000000001", "T000000003"), "T000000002").unwrap_err(), ChangeError::OthersPlace);
    assert_eq!(ask(Change::Off, "T000000001").unwrap_err(), ChangeError::BySchoolOnly);
    let nameless = Change::Substitute {
        absent: "T000000001".parse().unwrap(),
        present: Teacher { called: " ".to_owned(), ..teacher("T000000003", TeacherRole::Main) },
    };
    assert_eq!(ask(nameless, "T000000001").unwrap_err(), ChangeError::CalledUnusable);
}

#[test]
fn s23_1_who_stands_in_gets_the_lesson_and_gives_it_back() {
    let mut school = School::new();
    let third: PersonId = "T000000003".parse().unwrap();
    let mut change = school.approved(0, 2, stand_in("T000000001", "T000000003")).unwrap();
    assert!(school.classes[0].staff.contains(&third), "the class opens to who stands in");
    assert_eq!(place_of(&school.classes[0], school.lesson(0, 2), &third).unwrap().person.as_str(), "T000000001");
    let again = school.approved(0, 2, stand_in("T000000001", "T000000004"));
    assert_eq!(school.revoked(0, &mut change), Err(ChangeError::ChangedSince));
    school.revoked(0, &mut again.unwrap()).unwrap();
    school.revoked(0, &mut change).unwrap();
    assert!(school.lesson(0, 2).stand_ins.is_empty() && !school.classes[0].staff.contains(&third));
}

#[test]
fn s23_1_who_cannot_stand_in_does_not() {
    let mut school = School::new();
    assert_eq!(school.refused(stand_in("T000000009", "T000000003")), ChangeError::NotTheTeacher);
    assert_eq!(school.refused(stand_in("T000000001", "T000000001")), ChangeError::AlreadyTeaches);
    school.may_teach = false;
    assert_eq!(school.refused(stand_in("T000000001", "T000000003")), ChangeError::TeacherUnknown);
    school.may_teach = true;
    school.classes[1].members.clear();
    school.approved(1, 2, to(9, 1)).unwrap();
    assert!(matches!(school.refused(stand_in("T000000001", "T000000002")), ChangeError::Clash(_)));
}

#[test]
fn s23_1_a_lesson_that_is_off_is_made_up_for_by_a_move() {
    let mut school = School::new();
    let mut off = school.approved(0, 2, Change::Off).unwrap();
    assert_eq!(school.lesson(0, 2).off.as_deref(), Some("外出培训"));
    assert_eq!(school.refused(Change::Off), ChangeError::AlreadyOff);
    assert_eq!(school.refused(stand_in("T000000001", "T000000003")), ChangeError::AlreadyOff);
    school.now = at("2026-09-14T08:00:00+08:00");
    let mut made_up = school.approved(0, 2, to(18, 2)).unwrap();
    assert!(school.lesson(0, 2).is_given());
    assert_eq!(school.revoked(0, &mut off), Err(ChangeError::ChangedSince));
    school.revoked(0, &mut made_up).unwrap();
    assert_eq!((school.lesson(0, 2).at(), school.lesson(0, 2).is_given()), ((date(2026, 9, 9), 1), false));
}

#[test]
fn s23_1_what_was_given_is_not_changed() {
    let mut school = School::new();
    let teacher = "T000000001";
    school.now = at("2026-09-09T16:30:00+08:00");
    let late = school.asked(to(11, 2), Party::Teacher, teacher).unwrap();
    assert_eq!(school.with(0, 2, |facts| late.check(facts)), Err(ChangeError::HasBegun));
    assert!(school.clone().approved(0, 2, to(11, 2)).is_ok(), "the school may until the day is over");
    let mut roll = Roll::new(&FIRST.parse().unwrap(), 2, (date(2026, 9, 9), 1));
    let check_in = CheckIn { at: school.now, late_minutes: 0, metres: None, correction: None };
    roll.check_in(&teacher.parse().unwrap(), check_in).unwrap();
    school.rolls[1] = Some(roll);
    assert_eq!(school.refused(to(11, 2)), ChangeError::RollCalled);
    school.rolls[1] = None;
    school.now = at("2026-09-10T00:00:00+08:00");
    assert_eq!(school.refused(to(11, 2)), ChangeError::HasBegun);
    school.now = at("2026-09-01T08:00:00+08:00");
    assert_eq!(school.asked_of(0, 9, to(11, 2), Party::School, ADMIN).unwrap_err(), ChangeError::NoSuchLesson);
}

#[test]
fn s23_1_a_change_is_revoked_before_the_lesson_and_to_a_time_that_comes() {
    let mut school = School::new();
    let mut change = school.approved(0, 2, to(11, 2)).unwrap();
    school.now = at("2026-09-10T08:00:00+08:00");
    let mut late = school.clone();
    let passed = ChangeError::TimePassed { date: date(2026, 9, 9), period: 1 };
    assert_eq!(late.revoked(0, &mut change.clone()), Err(passed));
    late.now = at("2026-09-11T17:20:00+08:00");
    assert_eq!(late.revoked(0, &mut change.clone()), Err(ChangeError::HasBegun));
    school.now = at("2026-09-08T08:00:00+08:00");
    school.classes[1].members.clear();
    school.classes[1].room = school.classes[0].room.clone();
    school.approved(1, 2, to(9, 1)).unwrap();
    assert!(matches!(school.revoked(0, &mut change), Err(ChangeError::Clash(_))), "the place is taken");
    assert_eq!(change.state, ChangeState::Approved);
}

#[test]
fn s25_5_a_locked_day_lets_no_lesson_come_or_go() {
    let mut school = School::new();
    school.approved(0, 2, Change::Off).unwrap();
    school.now = at("2026-09-14T08:00:00+08:00");
    let days = (date(2026, 9, 7), date(2026, 9, 11));
    let whole = (date(2026, 9, 1), date(2027, 1, 22));
    school.timetable.begin_lock(days, (LockedBy::School, &ADMIN.parse().unwrap()), whole, school.now).unwrap();
    let refused = school.refused(to(18, 2));
    assert_eq!(refused.slug(), "lock/day-locked");
    school.timetable.locks.clear();
    school.rolls[1].as_mut().unwrap().seal();
    assert_eq!(school.refused(to(18, 2)).slug(), "lock/day-locked", "a sealed roll refuses by itself");
}

#[test]
fn s23_2_who_asked_does_not_decide_and_nothing_is_decided_twice() {
    let school = School::new();
    let (admin, principal): (PersonId, PersonId) = (ADMIN.parse().unwrap(), PRINCIPAL.parse().unwrap());
    let mut change = school.asked(to(11, 2), Party::School, ADMIN).unwrap();
    let approve = |change: &mut LessonChange, by: &PersonId, note: Option<&str>| {
        school.with(0, 2, |facts| change.approve(by, note, facts)).map(drop)
    };
    assert_eq!(approve(&mut change, &admin, None), Err(ChangeError::SecondPersonNeeded));
    assert_eq!(change.refuse(&principal, " ", school.now), Err(ChangeError::ReasonUnusable));
    assert_eq!(approve(&mut change, &principal, Some("好")), Err(ChangeError::ReasonUnusable));
    assert_eq!(change.take_back(&principal, school.now), Err(ChangeError::NotTheAsker));
    let mut refused = change.clone();
    refused.refuse(&principal, "当天有公开课", school.now).unwrap();
    assert_eq!((refused.state, refused.effects()), (ChangeState::Refused, 0));
    assert_eq!(approve(&mut refused, &principal, None), Err(ChangeError::AlreadyDecided));
    assert_eq!(refused.take_back(&admin, school.now), Err(ChangeError::AlreadyDecided));
    assert_eq!(refused.record_fee(None), Err(ChangeError::NotInEffect));
    change.take_back(&admin, school.now).unwrap();
    assert_eq!((change.state, change.effective_at()), (ChangeState::TakenBack, None));
}

#[test]
fn s23_5_what_a_change_costs_is_recorded() {
    let mut school = School::new();
    let mut change = school.approved(0, 2, stand_in("T000000001", "T000000003")).unwrap();
    let fee =
        |yuan: i64, note: &str| Some(FeeDifference { amount: Money::from_fen(yuan * 100), note: note.to_owned() });
    assert_eq!(change.record_fee(fee(10_001, "代课补贴")), Err(ChangeError::FeeUnusable));
    assert_eq!(change.record_fee(fee(60, " ")), Err(ChangeError::FeeUnusable));
    assert_eq!(change.record_fee(fee(-60, "原教师课时费扣减")), Ok(()));
    assert_eq!(change.fee.unwrap().amount.fen(), -6_000);
}

#[test]
fn s23_2_a_school_says_what_wants_approval() {
    let mut approvals = crate::teaching::rules::TeachingRules::built_in().approvals;
    approvals.substitute = false;
    assert!(to(11, 2).wants_approval(&approvals));
    assert!(!stand_in("T000000001", "T000000003").wants_approval(&approvals));
    assert!(!Change::Off.wants_approval(&approvals));
    let mut school = School::new();
    let mut change = school.asked(Change::Off, Party::School, ADMIN).unwrap();
    let effect = school.with(0, 2, |facts| change.take_effect(facts)).unwrap();
    school.write(0, effect);
    assert_eq!(change.decision.unwrap().by, None);
}

#[test]
fn s23_1_who_may_teach_holds_such_a_role_at_the_school() {
    let (book, school) = (RoleBook::of([]), "3144200101".parse().unwrap());
    let may = |grant: &str| may_teach(&[grant.parse().unwrap()], &book, &school);
    assert!(may("teacher@classes:3144200101") && may("steward@school:3144200101"));
    assert!(
        !may("teacher@classes:3144200102") && !may("school_finance@school:3144200101") && !may("guardian@children")
    );
    assert!(!may_teach(&[], &book, &school));
}

#[test]
fn s23_1_a_class_that_is_over_is_not_changed() {
    let mut school = School::new();
    let closed = crate::teaching::class::Closed { at: school.now, by: ADMIN.parse().unwrap(), reason: None };
    school.classes[0].closed = Some(closed);
    assert_eq!(school.refused(to(11, 2)), ChangeError::ClassClosed);
}

fn any_change() -> impl Strategy<Value = Change> {
    let day = (8i8..20, 1u8..4).prop_map(|(day, period)| to(day, period));
    let place = (1u8..3, 1u8..5)
        .prop_map(|(absent, present)| stand_in(&format!("T00000000{absent}"), &format!("T00000000{present}")));
    prop_oneof![4 => day, 3 => place, 1 => Just(Change::Off)]
}

proptest! {
    #[test]
    fn s23_3_after_any_changes_nobody_is_needed_twice_and_revoking_undoes(
        acts in prop::collection::vec((0usize..2, 1u16..4, any_change(), any::<bool>(), 0usize..4), 1..40),
    ) {
        let mut school = School::new();
        let mut in_effect: Vec<(usize, LessonChange)> = Vec::new();
        for (class, no, change, revokes, which) in acts {
            let before = school.classes.clone();
            if revokes && which < in_effect.len() {
                let (class, mut change) = in_effect[which].clone();
                let same = |(other, changed): &(usize, LessonChange)| *other == class && changed.lesson == change.lesson;
                let is_last = in_effect.iter().rposition(same) == Some(which);
                let revoked = school.revoked(class, &mut change);
                prop_assert_eq!(revoked == Err(ChangeError::ChangedSince), !is_last, "the last one first");
                if revoked.is_ok() {
                    in_effect.remove(which);
                } else {
                    prop_assert_eq!(&school.classes, &before);
                }
            } else if let Ok(change) = school.approved(class, no, change) {
                let mut back = school.clone();
                prop_assert_eq!(back.revoked(class, &mut change.clone()), Ok(()));
                prop_assert_eq!(&back.classes, &before, "revoking undoes");
                in_effect.push((class, change));
            }
            prop_assert!(school.needs_nobody_twice());
            for (now, then) in school.classes.iter().zip(&before) {
                let numbers = |class: &TeachingClass| {
                    let mut numbers: Vec<u16> = class.lessons.iter().map(|lesson| lesson.no).collect();
                    numbers.sort_unstable();
                    numbers
                };
                prop_assert_eq!(numbers(now), numbers(then), "no lesson comes or goes");
            }
        }
    }
}
