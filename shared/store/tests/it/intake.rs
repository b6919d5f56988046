//! What the city tells, in its table: written on conditions, found by school, term and what it waits for. B5.1 S5.1.

use domain::Pii;
use domain::audit::Actor;
use domain::catalog::Specification;
use domain::money::Money;
use domain::supervision::body::{CourseTeacherPart, ExternalCourseBody, ProviderBody, SpecificationBody};
use domain::supervision::intake::{Concern, Entry, Follow, IntakeBook, IntakePlace, Pull, Reception};
use domain::supervision::{Inbound, InboundBody, Received, SourceId};
use jiff::civil::date;
use store::import::Imported;
use store::{Commit, Store, StoreError, Versioned};
use testkit::town::{SCHOOL, TERM, id};
use testkit::{World, plain, simulate};

use crate::{change, now, tables};

fn course(teacher: &str) -> InboundBody {
    InboundBody::ExternalCourse(ExternalCourseBody {
        school: id(SCHOOL),
        term: id(TERM),
        code: id("SF01"),
        title: "书法入门".to_owned(),
        category: domain::catalog::Category::Enrichment,
        specification: id("SP1"),
        grades: [3].into(),
        lessons: 16,
        summary: None,
        provider: id("JG0001"),
        teachers: vec![CourseTeacherPart { name: Pii::new(teacher.to_owned()), phone: None, certificate: None }],
    })
}

fn provider(name: &str) -> InboundBody {
    InboundBody::Provider(ProviderBody {
        code: id("JG0001"),
        name: name.to_owned(),
        credit_code: "91350100M000100Y43".to_owned(),
        township: None,
        representative: Some(Pii::new("样例法人".to_owned())),
        address: None,
        phone: None,
        scope: None,
        licence: "教民144200070000001号".to_owned(),
        valid_from: date(2025, 1, 1),
        valid_until: date(2027, 12, 31),
        blacklisted: false,
        blacklist_reason: None,
        blacklisted_since: None,
    })
}

fn price() -> InboundBody {
    InboundBody::Specification(SpecificationBody {
        code: id("SP1"),
        subject: "书法".to_owned(),
        smallest: 10,
        largest: 40,
        lesson_minutes: 45,
        unit_price: Money::from_fen(2_600),
        from_term: id(TERM),
        until_term: None,
    })
}

/// A record as it is received now, for a term if that is not told.
fn reception(world: &World, source: &str, version: u64, body: &InboundBody) -> Reception {
    let source_id: SourceId = id(source);
    let inbound = body.inbound();
    let received = Received { inbound, source_id, version, changed_at: now(world), body: Some(body.clone()) };
    let place = IntakePlace::of(body, now(world));
    Reception { entry: Entry::received(&received, Some(body), place, now(world)), body: Some(body.clone()) }
}

fn book(reception: &Reception) -> IntakeBook {
    IntakeBook { version: reception.entry.version, place: reception.entry.place.clone() }
}

async fn keep(world: &World, store: &Store, reception: &Reception) -> Result<(), StoreError> {
    let mut commit = change(world);
    commit.save_intake(&Versioned::absent(book(reception)), &Versioned::absent(reception.clone())).expect("a record");
    store.commit(commit).await
}

#[test]
fn b5_1_a_record_is_kept_once_and_its_persons_are_sealed() {
    simulate(1, async |world| {
        let store = tables(&world);
        let told = reception(&world, "C1", 1, &course("欧阳外聘"));
        keep(&world, &store, &told).await.expect("written");
        assert!(matches!(keep(&world, &store, &told).await, Err(StoreError::Stale)), "it is there");
        let source: SourceId = id("C1");
        let kept = store.intake(Inbound::ExternalCourse, &source).await.expect("read").expect("kept");
        assert_eq!((&kept.record.value, kept.book.ver), (&told.entry, 1));
        let opened = store.open_intake(Inbound::ExternalCourse, &source).await.expect("read").expect("kept");
        assert_eq!(opened.record.unguarded().value, told);
        let books = store.intake_books(Inbound::ExternalCourse, &[source, id("C2")]).await.expect("read");
        assert_eq!(books.values().map(|book| book.version).collect::<Vec<_>>(), [1]);
        let lying = world.scan("t-exchange").iter().map(|item| plain(item).to_string()).collect::<String>();
        assert!(!lying.contains("欧阳外聘"), "{lying}");
    });
}

#[test]
fn b5_1_two_decisions_about_a_record_do_not_both_count() {
    simulate(1, async |world| {
        let store = tables(&world);
        keep(&world, &store, &reception(&world, "C1", 1, &course("外聘"))).await.expect("written");
        let kept = store.open_intake(Inbound::ExternalCourse, &id("C1")).await.expect("read").expect("kept");
        let record = kept.record.unguarded();
        let decide = async || {
            let mut commit = change(&world);
            commit.save_intake(&kept.book, &record).expect("a record");
            store.commit(commit).await
        };
        decide().await.expect("the first");
        assert!(matches!(decide().await, Err(StoreError::Stale)), "the second has not seen it");
    });
}

#[test]
fn s5_1_what_was_told_for_each_term_stays() {
    simulate(1, async |world| {
        let store = tables(&world);
        let early = reception(&world, "JG0001", 1, &provider("样例书法中心"));
        keep(&world, &store, &early).await.expect("written");
        let kept = store.open_intake(Inbound::Provider, &id("JG0001")).await.expect("read").expect("kept");
        let mut left = kept.record.unguarded();
        left.value.entry.superseded = true;
        let mut later = reception(&world, "JG0001", 2, &provider("样例书法学校"));
        later.entry.place.term = id("2026-2027-2");
        let mut commit = change(&world);
        commit.save_superseded_intake(&left).expect("a record");
        commit.save_intake(&kept.book.with(book(&later)), &Versioned::absent(later.clone())).expect("a record");
        store.commit(commit).await.expect("written");
        let last = store.intake(Inbound::Provider, &id("JG0001")).await.expect("read").expect("kept").record.value;
        assert_eq!((last.version, last.title.as_str()), (2, "样例书法学校"));
        let terms = store.intake_terms(&last).await.expect("read");
        let titles: Vec<(&str, bool)> = terms.iter().map(|one| (one.title.as_str(), one.superseded)).collect();
        assert_eq!(titles, [("样例书法中心", true), ("样例书法学校", false)]);
        assert_eq!(store.intakes_of_city(Inbound::Provider).await.expect("read").len(), 2);
        let at = &terms[0].place;
        let opened = store.open_intake_at(Inbound::Provider, &id("JG0001"), at).await.expect("read").expect("kept");
        assert_eq!(opened.unguarded().value.body, early.body);
    });
}

#[test]
fn b5_1_what_waits_is_found_at_its_school_and_what_is_followed_apart() {
    simulate(1, async |world| {
        let store = tables(&world);
        let mut waits = reception(&world, "C1", 1, &course("外聘"));
        waits.entry.judged(Vec::new(), vec![Concern::ProviderUnknown { provider: id("JG0001") }], now(&world));
        keep(&world, &store, &waits).await.expect("written");
        let mut follows = reception(&world, "SP1", 1, &price());
        follows.entry.follow = Some(Follow { code: id("SP1"), changes: Vec::new() });
        keep(&world, &store, &follows).await.expect("written");
        keep(&world, &store, &reception(&world, "JG0001", 1, &provider("样例书法中心"))).await.expect("written");
        let waiting = async |school: Option<&str>| {
            let school = school.map(id);
            let found = store.waiting_intakes(school.as_ref(), now(&world), 10).await.expect("read");
            found.into_iter().map(|entry| entry.value.source_id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(waiting(Some(SCHOOL)).await, ["C1"]);
        assert!(waiting(None).await.is_empty());
        let followed = store.followed_intakes(now(&world), 10).await.expect("read");
        assert_eq!(followed.iter().map(|entry| entry.value.source_id.as_str()).collect::<Vec<_>>(), ["SP1"]);
        let page = store.intakes_of_term((&id(SCHOOL), &id(TERM)), None, None, 10).await.expect("read");
        assert_eq!(page.items.len(), 1, "what belongs to no school is not among its term's");
        let in_house = store.intakes_of_term((&id(SCHOOL), &id(TERM)), Some(Inbound::InHouseCourse), None, 10).await;
        assert!(in_house.expect("read").items.is_empty());
        let (school, term) = (id(SCHOOL), id(TERM));
        let opened = store.open_intakes_of_term((&school, &term), Inbound::ExternalCourse).await.expect("read");
        assert_eq!(opened.into_iter().map(|one| one.unguarded().value).collect::<Vec<_>>(), [waits]);
    });
}

#[test]
fn b5_1_of_two_pulls_at_once_one_goes_on() {
    simulate(1, async |world| {
        let store = tables(&world);
        let write = async |pull: &Versioned<Pull>| {
            let mut commit = Commit::new(Actor::system("test"), "test.pull", now(&world));
            commit.save_pull(pull).expect("a pull");
            store.commit(commit).await
        };
        let begun = Versioned::absent(Pull::begin(Inbound::School, now(&world)));
        write(&begun).await.expect("written");
        assert!(matches!(write(&begun).await, Err(StoreError::Stale)));
        let held = store.pull(Inbound::School).await.expect("read").expect("begun");
        assert_eq!((held.value.clone(), held.ver), (begun.value, 1));
        assert!(store.pull(Inbound::Provider).await.expect("read").is_none());
    });
}

#[test]
fn s5_3_what_rests_on_a_price_is_not_written_once_that_is_another() {
    simulate(1, async |world| {
        let store = tables(&world);
        let specification = Specification {
            code: id("SP1"),
            subject: "书法".to_owned(),
            smallest: 10,
            largest: 40,
            lesson_minutes: 45,
            unit_price: Money::from_fen(2_500),
        };
        let write = async |one: &Versioned<Imported<Specification>>| {
            let mut commit = change(&world);
            commit.save_specification(one).expect("a specification");
            store.commit(commit).await
        };
        write(&Versioned::absent(Imported::by_hand(specification))).await.expect("written");
        let seen = store.specification(&id("SP1")).await.expect("read").expect("kept");
        let offering = testkit::town::offering("K9", 10, domain::catalog::Weekday::Monday);
        let resting = async || {
            let mut commit = change(&world);
            commit.rest_on_specification(&seen);
            commit.save_offering(&Versioned::absent(offering.clone())).expect("an offering");
            store.commit(commit).await
        };
        write(&seen).await.expect("another version");
        assert!(matches!(resting().await, Err(StoreError::Stale)));
        assert!(store.offering(&offering.id).await.expect("read").is_none());
    });
}
