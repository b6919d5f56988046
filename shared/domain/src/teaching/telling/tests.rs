//! Every fact is told once, whatever comes twice, late or out of order.

use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::id::{PersonId, TeachingRequestId};
use crate::teaching::leave::Missed;
use crate::teaching::request::{Handling, Party};
use crate::teaching::roll::{Call, Said};

const NOW: Moment = Moment::from_seconds(1_788_339_600);

fn pupil(n: usize) -> StudentId {
    format!("S00000000{n}").parse().unwrap()
}

fn guardian(n: usize) -> GuardianId {
    format!("G00000000{n}").parse().unwrap()
}

fn leave_id(n: u8) -> TeachingRequestId {
    format!("3144200101.2026-2027-1.0000000000000000000{n}").parse().unwrap()
}

fn roll() -> Roll {
    let day = NOW.day();
    Roll::new(&"3144200101.2026-2027-1.K1.01".parse().unwrap(), 1, (day, 1))
}

/// The event of one roll: 0, 1 and 2 are its pupils.
fn call(roll: &mut Roll, minute: i64, named: &[(usize, Presence)]) {
    let named = named.iter().map(|(n, presence)| (pupil(*n), *presence)).collect();
    let call = Call { at: NOW.plus_minutes(minute), named, only_named: false };
    let by: PersonId = "T000000001".parse().unwrap();
    roll.enter(&call, vec![pupil(0), pupil(1), pupil(2)], &by, NOW.plus_minutes(60)).unwrap();
}

fn correct(roll: &mut Roll, n: usize, minute: i64, presence: Presence) {
    roll.correct(&pupil(n), Said { at: NOW.plus_minutes(minute), presence }, NOW.plus_minutes(60)).unwrap();
}

/// What is to be said, and everybody is told it.
fn heard(telling: &mut Telling) -> Vec<(StudentId, Fact)> {
    std::mem::take(&mut telling.waiting).into_iter().map(|word| (word.student, word.fact)).collect()
}

fn plain(n: usize, is: Presence) -> (StudentId, Fact) {
    (pupil(n), Fact::Attended { was: None, is })
}

fn corrected(n: usize, was: Presence, is: Presence) -> (StudentId, Fact) {
    (pupil(n), Fact::Attended { was: Some(was), is })
}

#[test]
fn p9_1_each_family_is_told_once_what_became_of_its_child() {
    let (mut roll, mut telling) = (roll(), Telling::default());
    call(&mut roll, 5, &[(1, Presence::Absent), (2, Presence::Late)]);
    telling.follow_roll(&roll, NOW);
    let expected = [plain(0, Presence::Present), plain(1, Presence::Absent), plain(2, Presence::Late)];
    assert_eq!(heard(&mut telling), expected);
    telling.follow_roll(&roll, NOW);
    call(&mut roll, 9, &[(1, Presence::Absent), (2, Presence::Late)]);
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [], "a call that says the same is no news");
}

#[test]
fn p9_1_what_became_otherwise_is_told_as_a_correction_and_so_is_its_way_back() {
    let (mut roll, mut telling) = (roll(), Telling::default());
    call(&mut roll, 5, &[(1, Presence::Absent)]);
    telling.follow_roll(&roll, NOW);
    heard(&mut telling);
    correct(&mut roll, 1, 20, Presence::Present);
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [corrected(1, Presence::Absent, Presence::Present)]);
    correct(&mut roll, 1, 30, Presence::Absent);
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [corrected(1, Presence::Present, Presence::Absent)]);
}

#[test]
fn p9_2_who_is_away_with_leave_is_not_told_of_and_who_came_is() {
    let (mut roll, mut telling) = (roll(), Telling::default());
    roll.grant_leave(&pupil(0), &leave_id(1), NOW).unwrap();
    call(&mut roll, 5, &[(0, Presence::Absent), (1, Presence::Absent)]);
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [plain(1, Presence::Absent), plain(2, Presence::Present)]);
    call(&mut roll, 6, &[(0, Presence::Present), (1, Presence::Absent)]);
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [plain(0, Presence::Present)]);
    roll.grant_leave(&pupil(1), &leave_id(2), NOW).unwrap();
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [corrected(1, Presence::Absent, Presence::OnLeave)], "leave for what was missed");
}

#[test]
fn p9_1_a_word_that_nobody_has_gives_way_to_what_is_right_by_now() {
    let (mut roll, mut telling) = (roll(), Telling::default());
    call(&mut roll, 5, &[(1, Presence::Absent)]);
    telling.follow_roll(&roll, NOW);
    correct(&mut roll, 1, 20, Presence::Late);
    telling.follow_roll(&roll, NOW);
    let expected = [plain(0, Presence::Present), plain(2, Presence::Present), plain(1, Presence::Late)];
    assert_eq!(heard(&mut telling), expected);
    correct(&mut roll, 1, 30, Presence::Absent);
    telling.follow_roll(&roll, NOW);
    correct(&mut roll, 1, 40, Presence::Late);
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [], "the family knows that");
    correct(&mut roll, 2, 50, Presence::OnLeave);
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), [corrected(2, Presence::Present, Presence::OnLeave)]);
}

#[test]
fn p9_1_what_one_guardian_has_is_corrected_for_both() {
    let (mut roll, mut telling) = (roll(), Telling::default());
    call(&mut roll, 5, &[(1, Presence::Absent)]);
    telling.follow_roll(&roll, NOW);
    let both = |_: &Word| BTreeSet::from([guardian(0), guardian(1)]);
    let absent = telling.waiting.iter().position(|word| word.student == pupil(1)).unwrap();
    telling.reached(absent, &guardian(0));
    telling.reached(9, &guardian(0));
    telling.settle(both, NOW);
    assert_eq!(telling.waiting.len(), 3);
    correct(&mut roll, 1, 20, Presence::Present);
    telling.follow_roll(&roll, NOW);
    let about: Vec<Fact> =
        telling.waiting.iter().filter(|word| word.student == pupil(1)).map(|word| word.fact).collect();
    assert_eq!(about, [plain(1, Presence::Absent).1, corrected(1, Presence::Absent, Presence::Present).1]);
    telling.settle(|_| BTreeSet::from([guardian(0)]), NOW);
    assert_eq!(telling.waiting.len(), 3, "the one that has reached everybody is gone");
    telling.settle(both, NOW.plus_minutes(FRESH_HOURS * 60));
    assert_eq!(telling.waiting, [], "what is a day old is no news");
}

#[test]
fn p9_1_a_pupil_who_left_the_class_is_there_by_nobodys_word() {
    let (mut roll, mut telling) = (roll(), Telling::default());
    call(&mut roll, 5, &[(2, Presence::Absent)]);
    telling.follow_roll(&roll, NOW);
    heard(&mut telling);
    let by: PersonId = "T000000001".parse().unwrap();
    let later = Call { at: NOW.plus_minutes(9), named: BTreeMap::new(), only_named: false };
    roll.enter(&later, vec![pupil(0), pupil(1)], &by, NOW.plus_minutes(60)).unwrap();
    telling.follow_roll(&roll, NOW);
    assert_eq!(heard(&mut telling), []);
}

fn leave(who: Absentee) -> LeaveRequest {
    let handling = Handling::asked(String::new(), (guardian(0), Party::Guardian), NOW);
    let missed = Missed {
        lesson: "3144200101.2026-2027-1.K1.01.001".parse().unwrap(),
        date: date(2026, 9, 2),
        period: 1,
        resumed_at: None,
        off: false,
    };
    let id = leave_id(1);
    LeaveRequest {
        school: id.school(),
        id,
        who,
        reason: "发烧".to_owned(),
        lessons: vec![missed],
        staff: Vec::new(),
        handling,
    }
}

#[test]
fn p9_2_how_leave_was_decided_is_told_once_for_all_its_lessons() {
    let mut telling = Telling::default();
    let mut asked = leave(Absentee::Pupil(pupil(0)));
    telling.follow_leave(&asked, NOW);
    assert_eq!(telling, Telling::default(), "nothing is decided");
    asked.handling.grant(None, NOW).unwrap();
    telling.follow_leave(&asked, NOW);
    telling.follow_leave(&asked, NOW);
    assert_eq!(heard(&mut telling), [(pupil(0), Fact::LeaveGranted)]);
    let mut refused = leave(Absentee::Pupil(pupil(0)));
    refused.handling.refuse(&"A000000001".parse().unwrap(), "请补充证明", NOW).unwrap();
    let mut other = Telling::default();
    other.follow_leave(&refused, NOW);
    assert_eq!(heard(&mut other), [(pupil(0), Fact::LeaveRefused)]);
    let mut of_teacher = leave(Absentee::Teacher("T000000001".parse().unwrap()));
    of_teacher.handling.grant(None, NOW).unwrap();
    telling = Telling::default();
    telling.follow_leave(&of_teacher, NOW);
    assert_eq!(telling, Telling::default(), "no news for families");
}

#[test]
fn p9_1_what_was_told_reads_again() {
    let (mut roll, mut telling) = (roll(), Telling::default());
    call(&mut roll, 5, &[(1, Presence::Absent)]);
    telling.follow_roll(&roll, NOW);
    telling.reached(0, &guardian(0));
    let text = serde_json::to_string(&telling).unwrap();
    assert_eq!(serde_json::from_str::<Telling>(&text).unwrap(), telling);
}

/// Something that happens to a roll, or to what is told of it.
#[derive(Debug, Clone)]
enum Event {
    Call(i64, Vec<(usize, Presence)>),
    Leave(usize, u8),
    End(usize, u8),
    Correct(usize, i64, Presence),
    Follow,
    Send,
}

fn said() -> impl Strategy<Value = Presence> {
    prop::sample::select(vec![Presence::Present, Presence::Late, Presence::Absent, Presence::Abnormal])
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0i64..8, prop::collection::vec((0usize..3, said()), 0..3)).prop_map(|(at, named)| Event::Call(at, named)),
        (0usize..3, 1u8..3).prop_map(|(who, n)| Event::Leave(who, n)),
        (0usize..3, 1u8..3).prop_map(|(who, n)| Event::End(who, n)),
        (0usize..3, 0i64..8, said()).prop_map(|(who, at, presence)| Event::Correct(who, at, presence)),
        Just(Event::Follow),
        Just(Event::Send),
    ]
}

/// A family's ears: what it has heard about its child, checked as it hears it.
#[derive(Default)]
struct Ears(BTreeMap<StudentId, Presence>);

impl Ears {
    fn hear(&mut self, words: Vec<(StudentId, Fact)>) -> Result<(), TestCaseError> {
        for (student, fact) in words {
            let Fact::Attended { was, is } = fact else { continue };
            prop_assert_eq!(self.0.get(&student).copied(), was, "a correction says what was told before");
            prop_assert_ne!(was, Some(is), "nothing is told twice");
            self.0.insert(student, is);
        }
        Ok(())
    }
}

fn happen(event: &Event, (roll, telling, ears): (&mut Roll, &mut Telling, &mut Ears)) -> Result<(), TestCaseError> {
    match event {
        Event::Call(minute, named) => call(roll, *minute, named),
        Event::Leave(who, n) => drop(roll.grant_leave(&pupil(*who), &leave_id(*n), NOW).unwrap()),
        Event::End(who, n) => drop(roll.end_leave(&pupil(*who), &leave_id(*n), NOW).unwrap()),
        Event::Correct(who, minute, presence) => correct(roll, *who, *minute, *presence),
        Event::Follow => {
            // As the sweeper: only when the roll says that there is something to tell.
            if roll.untold_since.is_some() {
                telling.follow_roll(roll, NOW);
                roll.tell();
            }
        }
        Event::Send => ears.hear(heard(telling))?,
    }
    Ok(())
}

proptest! {
    #[test]
    fn p9_1_in_whatever_order_and_however_often_a_family_hears_each_fact_once_and_the_right_one_last(
        events in prop::collection::vec(event(), 1..20), again in prop::collection::vec(any::<Index>(), 0..10),
    ) {
        let (mut roll, mut telling, mut ears) = (roll(), Telling::default(), Ears::default());
        let repeated = again.iter().map(|index| index.get(&events));
        for event in events.iter().chain(repeated).chain([&Event::Follow, &Event::Send]) {
            happen(event, (&mut roll, &mut telling, &mut ears))?;
        }
        prop_assert_eq!(telling.waiting.len(), 0);
        for student in (0..3).map(pupil) {
            let is = roll.presence(&student);
            let known = ears.0.get(&student).copied();
            // Of leave a family knows by its request, unless it was told something else before.
            let is_quiet = is.is_none_or(|presence| presence == Presence::OnLeave) && known.is_none();
            prop_assert!(known == is || is_quiet, "{:?} is {:?}, the family knows {:?}", student, is, known);
        }
    }
}
