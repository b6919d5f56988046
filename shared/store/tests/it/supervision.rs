//! What the supervision system is told of, of all that is written; and that no change of it is taken for done. B6 K7.1,
//! promises P7 P8.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use domain::id::{HomeroomId, LessonId, PaymentNo, RefundNo};
use domain::supervision::thing::{Thing, ThingKind};
use domain::task::{Queue, Task};
use store::key::{self, Key};
use store::supervision::reportable;
use store::{Store, StoreError};
use testkit::town::{SCHOOL, TERM, id};
use testkit::{World, simulate};

use crate::{change, now, order_no, pupil, tables};

/// Kinds of items the city is told of, each with a place of one and the thing it makes due.
fn reported() -> Vec<(&'static str, Key, Thing)> {
    let payment = PaymentNo::new(&order_no(), 1);
    let lesson: LessonId = id(&format!("{SCHOOL}.{TERM}.K1.01.007"));
    let homeroom = HomeroomId::new(&id(SCHOOL), 2024, 1);
    vec![
        ("homeroom", key::homeroom(&homeroom), Thing::Homeroom(homeroom)),
        ("student", key::student(&pupil(0)), Thing::Pupil(pupil(0))),
        ("guardian", key::guardian(&id("G000000000")), Thing::Guardian(id("G000000000"))),
        ("user", key::user(&id("T000000001")), Thing::Staff(id("T000000001"))),
        ("record", key::record(&pupil(0), &id(TERM)), Thing::Record(pupil(0), id(TERM))),
        ("payment", key::payment(&payment), Thing::Payment(payment.clone())),
        ("refund", key::refund(&RefundNo::new(&payment, 2)), Thing::Payment(payment)),
        ("class", key::class(&lesson.class()), Thing::Class(lesson.class())),
        ("roll", key::roll(&lesson.class(), lesson.number()), Thing::Roll(lesson)),
    ]
}

/// Kinds of items the city is told nothing of: it has them from elsewhere, they repeat what stands in a thing that it is
/// told of, or they are ours alone.
const UNREPORTED: &str = "account accrual-run agreement agreement-report alert attempts attendance batch batch-sheet \
    bill_run calendar comparison consent correction course credential delivery difference event feed-owner feeds \
    findings gate holding holidays import intake intake-book journal key leave lesson-change member move note \
    offering organization parked-call pending privacy-place privacy-request pull refund-place refund-request \
    remittance reply reveal review role role-change room row rules rules-version school session settlement-docket \
    settlement-rules settlement-rules-version shredding specification statement subscription suspension \
    teaching-request-place teaching-rules telling term ticket timetable trace turn unsealed used user-place";

/// Kinds that the writers of the tables name: the first text of each `put`.
fn written() -> BTreeSet<String> {
    let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).expect("the sources");
    let sources = folder.map(|file| fs::read_to_string(file.expect("a file").path()).expect("a source"));
    let mut kinds = BTreeSet::new();
    for source in sources {
        for call in ["put(", "put_personal(", "put_untraced("] {
            for (at, _) in source.match_indices(call) {
                let behind = source.get(at + call.len()..).unwrap_or_default().trim_start();
                let kind = behind.strip_prefix('"').and_then(|text| text.split('"').next());
                kinds.extend(kind.map(str::to_owned));
            }
        }
    }
    kinds
}

#[test]
fn b6_1_each_kind_that_is_written_is_told_to_the_city_or_is_not() {
    let unreported: BTreeSet<&str> = UNREPORTED.split_whitespace().collect();
    let reported: BTreeMap<&str, ThingKind> =
        reported().iter().map(|(kind, _, thing)| (*kind, ThingKind::from(thing))).collect();
    let undecided: Vec<String> = written()
        .into_iter()
        .filter(|kind| !reported.contains_key(kind.as_str()) && !unreported.contains(kind.as_str()))
        .collect();
    assert_eq!(undecided, Vec::<String>::new(), "is the city to be told of them? see store::supervision::reportable");
    assert!(written().len() > 60, "the writers are found: {:?}", written());
    let both: Vec<&&str> = reported.keys().filter(|kind| unreported.contains(**kind)).collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn b6_1_what_is_reported_is_found_by_its_place() {
    for (kind, place, thing) in reported() {
        assert_eq!(reportable(&key::thing(&place)), Some(thing), "{kind}");
    }
    let (lesson, person): (LessonId, _) = (id(&format!("{SCHOOL}.{TERM}.K1.01.007")), id("T000000001"));
    for place in [
        key::member(&HomeroomId::new(&id(SCHOOL), 2024, 1), &pupil(0)),
        key::user_place(None, &person),
        key::credential(&person),
        key::calendar(&id(SCHOOL), &id(TERM)),
        key::account(&id(SCHOOL)),
        key::refund_place(&id(SCHOOL), &RefundNo::new(&PaymentNo::new(&order_no(), 1), 1)),
        key::timetable(&id(SCHOOL), &id(TERM)),
        key::telling(&lesson.class(), lesson.number()),
        key::term(&id(SCHOOL), &id(TERM)),
    ] {
        assert_eq!(reportable(&key::thing(&place)), None, "{place:?}");
    }
    for odd in ["", "directory", "money#PAYMENT#x#PAYMENT", "person#guardian:G000000000", "operation#GET /x#y#z#w"] {
        assert_eq!(reportable(odd), None, "{odd}");
    }
}

fn thing() -> Thing {
    Thing::Pupil(pupil(0))
}

async fn waiting(store: &Store) -> Option<Task> {
    store.task(Queue::Municipal, &thing().to_string()).await.expect("read")
}

async fn raised(world: &World, store: &Store) -> Task {
    store.raise_report(&thing(), now(world)).await.expect("raised");
    waiting(store).await.expect("it waits")
}

#[test]
fn p7_a_report_that_is_raised_while_it_is_made_stays() {
    simulate(1, async |world| {
        let store = tables(&world);
        let seen = raised(&world, &store).await;
        world.advance(std::time::Duration::from_mins(5)).await;
        let again = raised(&world, &store).await;
        assert!(again.wanted > seen.wanted);
        assert_eq!((again.since, again.due), (seen.since, seen.due), "it waits on in its place");
        store.end_look(&seen, false, now(&world)).await.expect("asked");
        let stays = Task { due: now(&world), ..again.clone() };
        assert_eq!(waiting(&store).await, Some(stays), "whoever has looked before has not seen this");
        store.end_look(&again, false, now(&world)).await.expect("asked");
        assert_eq!(waiting(&store).await, None);
        store.end_look(&again, true, now(&world)).await.expect("asked");
        assert_eq!(waiting(&store).await, None, "what is done is not put off into life");
        let anew = raised(&world, &store).await;
        store.end_look(&again, false, now(&world)).await.expect("asked");
        assert_eq!(waiting(&store).await, Some(anew.clone()), "it is not taken for the one that was done");
        let mut commit = change(&world);
        commit.report(thing());
        commit.report(Thing::Pupil(pupil(1)));
        store.commit(commit).await.expect("written");
        assert!(waiting(&store).await.expect("it waits").wanted > anew.wanted);
    });
}

#[test]
fn p8_a_report_that_waits_rests_and_one_that_was_raised_meanwhile_does_not() {
    simulate(1, async |world| {
        let store = tables(&world);
        let seen = raised(&world, &store).await;
        store.put_off_task_until(&seen, now(&world).plus_minutes(5)).await.expect("woken");
        let woken = waiting(&store).await.expect("it waits");
        assert!((woken.due, woken.attempts) == (now(&world).plus_minutes(5), 0) && !woken.rests(now(&world)));
        let again = raised(&world, &store).await;
        store.end_look(&woken, true, now(&world)).await.expect("looked");
        let anew = waiting(&store).await.expect("it waits");
        assert!((anew.due, anew.attempts) == (now(&world), 0) && !anew.rests(now(&world)), "{anew:?}");
        store.end_look(&again, true, now(&world)).await.expect("looked");
        let rests = waiting(&store).await.expect("it waits");
        let minute = now(&world).plus_minutes(1);
        assert!((rests.due, rests.attempts) == (minute, 1) && rests.rests(now(&world)) && !rests.rests(minute));
    });
}

#[test]
fn p8_reports_wait_where_they_are_in_nobodys_way() {
    simulate(1, async |world| {
        let store = tables(&world);
        let first = raised(&world, &store).await;
        world.advance(std::time::Duration::from_secs(3)).await;
        store.raise_report(&Thing::Pupil(pupil(1)), now(&world)).await.expect("raised");
        let mut commit = change(&world);
        commit.task(Task::new(Queue::Archive, "20261-S000000000-01-1", 1, now(&world))).expect("a task");
        store.commit(commit).await.expect("written");
        let later = now(&world).plus_minutes(2);
        let due = store.due_reports(later, 10).await.expect("read");
        let entities: Vec<&str> = due.iter().map(|task| task.entity.as_str()).collect();
        assert_eq!(entities, ["pupil/S000000000", "pupil/S000000001"], "the one that waits longest first");
        let others = store.due_tasks(later, 10).await.expect("read");
        assert!(others.iter().all(|task| task.queue == Queue::Archive) && others.len() == 1, "{others:?}");
        store.put_off_task_until(&first, later.plus_minutes(60)).await.expect("asked");
        assert_eq!(store.due_reports(later, 10).await.expect("read").len(), 1);
        let raised = raised(&world, &store).await;
        assert_eq!(raised.due, later.plus_minutes(60), "a change does not press whoever asked for patience");
        store.put_back_task(&raised).await.expect("asked");
        let back = waiting(&store).await.expect("it waits");
        assert_eq!((back.due, back.attempts), (first.since.expect("a moment"), 0), "in its place, as if never woken");
        let stale: Result<(), StoreError> = store.put_off_task_until(&first, later).await;
        stale.expect("of what was seen before nothing is put off");
        assert_eq!(waiting(&store).await.expect("it waits").due, back.due);
    });
}
