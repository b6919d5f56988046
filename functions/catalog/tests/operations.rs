//! Terms and offerings, event by event. P1.1 S5.2 S12.1 S12.3, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use domain::Moment;
use domain::audit::Actor;
use domain::catalog::{Mode, OfferingState, Term};
use domain::directory::{Organization, OrganizationKind};
use domain::id::{OfferingId, StudentId};
use domain::instalment::PaymentMode;
use domain::organization::{Blacklisting, Standing};
use domain::seat::Stamp;
use domain::time::Span;
use store::import::Imported;
use store::seat::Claim;
use store::{Commit, Versioned};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::stage::Stage;
use testkit::town::{SCHOOL, TERM, Town, id};
use testkit::{Faults, simulate};

const FUNCTIONS: Functions = &[("enrollment", enrollment::routes), ("catalog", catalog::routes)];

const K1: &str = "3144200101.2026-2027-1.K1";

async fn term(scene: &Scene) -> Versioned<Term> {
    scene.app.store().term(&id(SCHOOL), &id(TERM)).await.expect("read").expect("a term")
}

/// Seats of an offering's ledgers: all, and those taken.
async fn seats(scene: &Scene) -> (u16, u16) {
    let mut sum = (0, 0);
    for index in 0.. {
        let Some(ledger) = scene.app.store().ledger(&id(K1), index, true).await.expect("read") else { break };
        sum = (sum.0 + ledger.capacity, sum.1 + ledger.taken);
    }
    sum
}

/// So many pupils sit in `K1`, of so many seats.
async fn sit(scene: &Scene, pupils: usize, capacity: u16) {
    let offering: OfferingId = id(K1);
    for number in 0..pupils {
        let pupil: StudentId = id(&format!("T{number:09}"));
        let stamp = Stamp::claim(scene.stage.now().plus_minutes(15), number.try_into().unwrap());
        let claim = scene.app.store().claim(&offering, capacity, &pupil, stamp).await.expect("claimed");
        assert!(matches!(claim, Claim::Won { fresh: true, .. }));
    }
}

/// Nobody can enroll yet.
fn opens_later(town: &mut Town) {
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let (from, until) = (moment("2026-09-20T09:00:00+08:00"), moment("2026-09-30T18:00:00+08:00"));
    town.term.windows.opening = Some(Span { from, until });
}

/// With a draft of a provider's instead of the first offering.
const fn of_provider(case: Case) -> Case {
    case.town(|town| {
        town.offerings[0].provider = Some(id("P001"));
        town.offerings[0].state = OfferingState::Draft;
    })
}

/// Adds the provider.
async fn provider(scene: &Scene, blacklisted: Option<Blacklisting>) {
    let provider = Organization {
        id: id("P001"),
        kind: OrganizationKind::Provider,
        name: "示例艺术中心".to_owned(),
        parent: None,
        credit_code: None,
        standing: Standing { blacklisted, ..Standing::default() },
    };
    let mut commit = Commit::new(Actor::system("test"), "school.keep_organization", scene.app.now());
    commit.save_organization(&Versioned::absent(Imported::by_hand(provider))).expect("a provider");
    scene.app.store().commit(commit).await.expect("written");
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

const TERMS: &[Case] = &[
    Case::done("catalog/terms", 200).after(|_, answered| {
        Box::pin(async {
            let items = &answered.json()["items"];
            assert_eq!(items.as_array().map(Vec::len), Some(1));
            assert_eq!((&items[0]["term_id"], &items[0]["ver"]), (&"3144200101.2026-2027-1".into(), &1.into()));
            assert_eq!(items[0]["opening"]["from"], "2026-01-01T00:00:00+08:00");
        })
    }),
    Case::done("catalog/terms-by-school", 200),
    Case::done("catalog/terms-by-platform", 200),
    Case::done("catalog/terms-unknown-school", 200)
        .after(|_, answered| Box::pin(async { assert_eq!(answered.text, r#"{"items":[]}"#) })),
    Case::refused("catalog/terms-no-pupil", 400, "request/parameter-unusable"),
    Case::refused("catalog/terms-unreadable-pupil", 400, "request/parameter-unusable"),
    Case::refused("catalog/terms-unreadable-school", 400, "request/parameter-unusable"),
    Case::refused("catalog/terms-unknown-parameter", 400, "request/parameter-unusable"),
];

#[test]
fn s12_1_a_schools_terms_are_listed_with_their_windows() {
    run(TERMS);
}

const OFFERINGS: &[Case] = &[
    Case::done("catalog/offerings", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|_, answered| {
            Box::pin(async {
                let items = &answered.json()["items"];
                assert_eq!(items.as_array().map(Vec::len), Some(6));
                assert_eq!((&items[0]["offering_id"], &items[0]["seats_left"]), (&K1.into(), &1.into()));
                assert_eq!(items[0]["slots"][0]["when"], "周一 16:30–17:15");
                assert_eq!((&items[0]["tuition_fen"], &items[5]["tuition_fen"]), (&40_000.into(), &0.into()));
            })
        }),
    // A guardian sees what the child can take.
    Case::done("catalog/offerings", 200)
        .town(|town| {
            town.offerings[0].state = OfferingState::Draft;
            town.offerings[1].state = OfferingState::Cancelled;
            town.offerings[2].grades = [6].into();
        })
        .after(|_, answered| {
            Box::pin(async { assert_eq!(answered.json()["items"].as_array().map(Vec::len), Some(3)) })
        }),
    // The school sees everything.
    Case::done("catalog/offerings-by-school", 200).town(|town| town.offerings[0].state = OfferingState::Draft).after(
        |_, answered| Box::pin(async { assert_eq!(answered.json()["items"].as_array().map(Vec::len), Some(6)) }),
    ),
    Case::done("catalog/offerings-by-platform", 200),
    Case::done("catalog/offering", 200).after(|_, answered| {
        Box::pin(async {
            assert_eq!((&answered.json()["offering_id"], &answered.json()["seats_left"]), (&K1.into(), &2.into()));
            assert_eq!(answered.headers["etag"], "\"1\"");
        })
    }),
    Case::done("catalog/offering-by-school", 200).town(|town| town.offerings[0].state = OfferingState::Draft),
    Case::done("catalog/offering-by-platform", 200),
    Case::refused("catalog/offering", 404, "access/not-found")
        .town(|town| town.offerings[0].state = OfferingState::Draft),
    Case::refused("catalog/offering", 404, "access/not-found").town(|town| town.offerings[0].grades = [1].into()),
    Case::refused("catalog/offerings-no-term", 400, "request/parameter-unusable"),
    Case::refused("catalog/offerings-unreadable-term", 400, "request/parameter-unusable"),
    Case::refused("catalog/offerings-no-pupil", 400, "request/parameter-unusable"),
    Case::refused("catalog/offerings-unknown-parameter", 400, "request/parameter-unusable"),
    Case::refused("catalog/offering-no-pupil", 400, "request/parameter-unusable"),
    Case::refused("catalog/offering-unreadable", 400, "request/parameter-unusable"),
    Case::refused("catalog/offering-odd-letters", 400, "request/parameter-unusable"),
    Case::refused("catalog/offering-unknown-parameter", 400, "request/parameter-unusable"),
];

#[test]
fn p1_1_p5_2_a_child_sees_what_it_can_take_and_how_many_seats_are_left() {
    run(OFFERINGS);
}

const STRANGERS: &[Case] = &[
    Case::refused("catalog/terms-other-family", 404, "access/not-found"),
    Case::refused("catalog/terms-unknown-pupil", 404, "access/not-found"),
    Case::refused("catalog/terms-other-school", 404, "access/not-found"),
    Case::refused("catalog/terms-platform-without-school", 404, "access/not-found"),
    Case::refused("catalog/terms-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("catalog/offerings-unknown-term", 404, "access/not-found"),
    Case::refused("catalog/offerings-other-family", 404, "access/not-found"),
    Case::refused("catalog/offerings-unknown-pupil", 404, "access/not-found"),
    Case::refused("catalog/offerings-other-school", 404, "access/not-found"),
    Case::refused("catalog/offerings-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("catalog/offering-other-family", 404, "access/not-found"),
    Case::refused("catalog/offering-unknown", 404, "access/not-found"),
    Case::refused("catalog/offering-of-other-school", 404, "access/not-found"),
    Case::refused("catalog/offering-by-other-school", 404, "access/not-found"),
    Case::refused("catalog/offering-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("catalog/edit-term-by-guardian", 404, "access/not-found"),
    Case::refused("catalog/edit-term-by-other-school", 404, "access/not-found"),
    Case::refused("catalog/edit-term-unknown", 404, "access/not-found"),
    Case::refused("catalog/edit-term-unknown-school", 404, "access/not-found"),
    Case::refused("catalog/edit-term-not-signed-in", 401, "access/not-signed-in"),
    Case::refused("catalog/edit-offering-by-guardian", 404, "access/not-found"),
    Case::refused("catalog/edit-offering-by-other-school", 404, "access/not-found"),
    Case::refused("catalog/edit-offering-unknown", 404, "access/not-found"),
    Case::refused("catalog/edit-offering-not-signed-in", 401, "access/not-signed-in"),
];

#[test]
fn k5_1_nobody_sees_or_changes_the_catalog_of_others() {
    run(STRANGERS);
}

const TERM_EDITED: &[Case] = &[
    Case::done("catalog/edit-term", 200).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!((&answered.headers["etag"], &answered.json()["ver"]), (&"\"2\"".parse().unwrap(), &2.into()));
            let term = term(scene).await;
            assert_eq!((term.ver, term.value.limit, term.value.hold_minutes), (2, 3, 30));
            let opening = term.value.windows.opening.expect("a window");
            assert_eq!(opening.from, Moment::parse("2026-09-01T12:00:00+08:00").unwrap());
            assert!(term.value.windows.supplement.is_some());
            let audit = scene.stage.world.scan("test-audit");
            assert!(audit.iter().any(|entry| testkit::plain(entry)["a"] == "catalog.edit_term"));
        })
    }),
    Case::done("catalog/edit-term-payment", 200).town(opens_later).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["payment"]["count"], 3);
            assert_eq!(term(scene).await.value.payment, PaymentMode::Periods { count: 3, days: 7 });
        })
    }),
    Case::done("catalog/edit-term-payment-by-lessons", 200).town(opens_later).after(|scene, _| {
        Box::pin(async move { assert_eq!(term(scene).await.value.payment, PaymentMode::Lessons { days: 10 }) })
    }),
    Case::done("catalog/edit-term-remind", 200).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["remind_hours"], 24);
            assert_eq!(term(scene).await.value.remind_hours, Some(24));
        })
    }),
    Case::done("catalog/edit-term-remind-no-more", 200)
        .town(|town| town.term.remind_hours = Some(24))
        .after(|scene, _| Box::pin(async { assert_eq!(term(scene).await.value.remind_hours, None) })),
    Case::done("catalog/edit-term-close", 200).after(|scene, _| {
        Box::pin(async { assert_eq!(term(scene).await.value.windows.opening, None, "null never opens") })
    }),
    Case::done("catalog/edit-term-pre-enroll", 200)
        .after(|scene, _| Box::pin(async { assert_eq!(term(scene).await.value.mode, Mode::PreEnroll) })),
    Case::done("catalog/edit-term-nothing", 200).after(|scene, _| {
        Box::pin(async { assert!(term(scene).await.value.windows.opening.is_some(), "what is not named stays") })
    }),
    Case::done("catalog/edit-term-by-platform", 200),
    Case::done("catalog/edit-term-unquoted-match", 200),
];

#[test]
fn s12_1_a_school_sets_its_windows() {
    run(TERM_EDITED);
}

const TERM_REFUSED: &[Case] = &[
    Case::refused("catalog/edit-term-span-reversed", 422, "catalog/span-unusable")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/opening") })),
    Case::refused("catalog/edit-term-span-empty", 422, "catalog/span-unusable")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/withdraw") })),
    Case::refused("catalog/edit-term-span-unreadable", 422, "catalog/span-unusable"),
    Case::refused("catalog/edit-term-span-without-zone", 422, "catalog/span-unusable"),
    Case::refused("catalog/edit-term-limit-zero", 422, "catalog/limit-out-of-range"),
    Case::refused("catalog/edit-term-limit-21", 422, "catalog/limit-out-of-range"),
    Case::refused("catalog/edit-term-limit-300", 422, "request/field-unusable"),
    // Families have enrolled, or could have.
    Case::refused("catalog/edit-term-payment", 409, "catalog/payment-fixed"),
    Case::refused("catalog/edit-term-payment-nine-parts", 422, "instalment/count-unusable").town(opens_later),
    Case::refused("catalog/edit-term-payment-one-day", 422, "instalment/days-unusable").town(opens_later),
    Case::refused("catalog/edit-term-payment-unknown", 422, "request/field-unusable").town(opens_later),
    Case::refused("catalog/edit-term-payment-field-too-many", 422, "request/field-unusable").town(opens_later),
    Case::refused("catalog/edit-term-hold-4", 422, "catalog/hold-out-of-range"),
    Case::refused("catalog/edit-term-hold-1441", 422, "catalog/hold-out-of-range"),
    Case::refused("catalog/edit-term-remind-0", 422, "catalog/remind-out-of-range"),
    Case::refused("catalog/edit-term-remind-169", 422, "catalog/remind-out-of-range")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/remind_hours") })),
    Case::refused("catalog/edit-term-second-field-wrong", 422, "catalog/hold-out-of-range"),
    Case::refused("catalog/edit-term-unknown-field", 422, "request/field-unusable"),
    Case::refused("catalog/edit-term-unknown-field-in-span", 422, "request/field-unusable")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/opening/zone") })),
    Case::refused("catalog/edit-term-wrong-type", 422, "request/field-unusable"),
    Case::refused("catalog/edit-term-unknown-mode", 422, "request/field-unusable"),
    Case::refused("catalog/edit-term-not-json", 400, "request/not-json"),
    Case::refused("catalog/edit-term-oversized", 400, "request/body-too-large"),
    Case::refused("catalog/edit-term-no-match", 428, "request/if-match-missing"),
    Case::refused("catalog/edit-term-old-match", 412, "request/if-match-outdated"),
    Case::refused("catalog/edit-term-unreadable-match", 412, "request/if-match-outdated"),
    Case::refused("catalog/edit-term-any-match", 412, "request/if-match-outdated"),
    Case::refused("catalog/edit-term", 412, "request/if-match-outdated")
        .before(|scene| Box::pin(async { drop(scene.send("catalog/edit-term-close").await) })),
    Case::refused("catalog/edit-term-unreadable", 400, "request/parameter-unusable"),
    Case::refused("catalog/edit-term-is-offering", 400, "request/parameter-unusable"),
];

#[test]
fn s12_1_a_term_is_not_changed_by_what_does_not_hold() {
    run(TERM_REFUSED);
}

const OFFERING_EDITED: &[Case] = &[
    Case::done("catalog/edit-offering", 200).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.headers["etag"], "\"2\"");
            assert_eq!((&answered.json()["seats_left"], &answered.json()["teacher"]), (&5.into(), &"王老师".into()));
            let found = scene.app.store().offering(&id(K1)).await.unwrap().unwrap();
            assert_eq!((found.ver, found.value.capacity, found.value.room.as_str()), (2, 5, "书法室"));
            assert_eq!(seats(scene).await, (5, 0));
        })
    }),
    Case::done("catalog/edit-offering-cancel", 200),
    of_provider(Case::done("catalog/edit-offering-open", 200))
        .before(|scene| Box::pin(async { provider(scene, None).await })),
    of_provider(Case::done("catalog/edit-offering-open", 200)),
    of_provider(Case::refused("catalog/edit-offering-open", 409, "provider/blacklisted")).before(|scene| {
        Box::pin(async {
            let by = id("P000000001");
            let blacklisted = Blacklisting { reason: "虚假宣传".to_owned(), since: scene.app.now().day(), by };
            provider(scene, Some(blacklisted)).await;
        })
    }),
    Case::done("catalog/edit-offering-nothing", 200),
    Case::done("catalog/edit-offering-by-platform", 200),
    // As few seats as are taken.
    Case::done("catalog/edit-offering-one-seat", 200)
        .before(|scene| Box::pin(async { drop(scene.send("enrollment/enroll").await) }))
        .after(|scene, _| {
            Box::pin(async {
                assert_eq!(seats(scene).await, (1, 1));
                assert_eq!(scene.seated("K1"), ["S000000000"]);
            })
        }),
    // A full class of one ledger becomes one of two.
    Case::done("catalog/edit-offering-60-seats", 200)
        .town(|town| town.offerings[0].capacity = 40)
        .before(|scene| Box::pin(sit(scene, 40, 40)))
        .after(|scene, answered| {
            Box::pin(async move {
                assert_eq!(seats(scene).await, (60, 40));
                assert_eq!(answered.json()["seats_left"], 20);
                assert_eq!(scene.send("enrollment/enroll").await.status, 201);
            })
        }),
    // And back, though pupils sit in both ledgers.
    Case::done("catalog/edit-offering-40-seats", 200)
        .town(|town| town.offerings[0].capacity = 60)
        .before(|scene| Box::pin(sit(scene, 35, 60)))
        .after(|scene, _| Box::pin(async { assert_eq!(seats(scene).await, (40, 35)) })),
];

#[test]
fn s12_3_a_school_changes_its_seats_around_those_who_sit() {
    run(OFFERING_EDITED);
}

const OFFERING_REFUSED: &[Case] = &[
    Case::refused("catalog/edit-offering-capacity-0", 422, "catalog/capacity-out-of-range")
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["errors"][0]["pointer"], "/capacity") })),
    Case::refused("catalog/edit-offering-capacity-2001", 422, "catalog/capacity-out-of-range"),
    Case::refused("catalog/edit-offering-capacity-70000", 422, "request/field-unusable"),
    Case::refused("catalog/edit-offering-capacity-negative", 422, "request/field-unusable"),
    Case::refused("catalog/edit-offering-capacity-fraction", 422, "request/field-unusable"),
    Case::refused("catalog/edit-offering-one-seat", 409, "catalog/capacity-below-taken").before(|scene| {
        Box::pin(async {
            drop(scene.send("enrollment/enroll").await);
            drop(scene.send("enrollment/enroll-neighbour").await);
        })
    }),
    // Of two ledgers, neither is touched.
    Case::refused("catalog/edit-offering-50-seats", 409, "catalog/capacity-below-taken")
        .town(|town| town.offerings[0].capacity = 60)
        .before(|scene| Box::pin(sit(scene, 51, 60))),
    Case::refused("catalog/edit-offering-unknown-field", 422, "request/field-unusable"),
    Case::refused("catalog/edit-offering-unknown-state", 422, "request/field-unusable"),
    Case::refused("catalog/edit-offering-wrong-type", 422, "request/field-unusable"),
    Case::refused("catalog/edit-offering-not-json", 400, "request/not-json"),
    Case::refused("catalog/edit-offering-oversized", 400, "request/body-too-large"),
    Case::refused("catalog/edit-offering-no-match", 428, "request/if-match-missing"),
    Case::refused("catalog/edit-offering-old-match", 412, "request/if-match-outdated"),
    Case::refused("catalog/edit-offering-unreadable-match", 412, "request/if-match-outdated"),
    Case::refused("catalog/edit-offering-unreadable", 400, "request/parameter-unusable"),
    Case::refused("catalog/edit-offering-is-term", 400, "request/parameter-unusable"),
];

#[test]
fn s12_3_an_offering_is_not_changed_by_what_does_not_hold() {
    run(OFFERING_REFUSED);
}

const NOWHERE: &[Case] = &[
    Case::refused("catalog/wrong-path", 404, "request/no-such-path"),
    Case::refused("catalog/wrong-method-term", 404, "request/no-such-method"),
    Case::refused("catalog/wrong-method-offering", 404, "request/no-such-method"),
];

#[test]
fn p1_1_no_such_path_or_method_is_a_problem_too() {
    run(NOWHERE);
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named(
        "catalog",
        &[TERMS, OFFERINGS, STRANGERS, TERM_EDITED, TERM_REFUSED, OFFERING_EDITED, OFFERING_REFUSED, BELLS, NOWHERE],
    );
}

#[test]
fn k5_1_unknown_and_forbidden_offerings_look_the_same() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        for (unknown, forbidden) in [
            ("catalog/terms-unknown-pupil", "catalog/terms-other-family"),
            ("catalog/offerings-unknown-pupil", "catalog/offerings-other-family"),
            ("catalog/offering-unknown", "catalog/offering-other-family"),
            ("catalog/offering-unknown", "catalog/offering-by-other-school"),
            ("catalog/edit-term-unknown", "catalog/edit-term-by-other-school"),
            ("catalog/edit-term-unknown", "catalog/edit-term-by-guardian"),
            ("catalog/edit-offering-unknown", "catalog/edit-offering-by-other-school"),
            ("catalog/edit-offering-unknown", "catalog/edit-offering-by-guardian"),
        ] {
            let (unknown, forbidden) = (scene.send(unknown).await, scene.send(forbidden).await);
            assert_eq!((unknown.status, &unknown.text), (forbidden.status, &forbidden.text));
            assert_eq!(unknown.headers, forbidden.headers);
        }
    });
}

#[test]
fn s12_1_a_closed_window_is_closed_everywhere_within_ten_seconds() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
        assert_eq!(scene.send("enrollment/enroll").await.status, 201);
        assert_eq!(scene.send("catalog/edit-term-close").await.status, 200);
        world.advance(Duration::from_secs(10)).await;
        let answered = scene.send("enrollment/enroll-neighbour").await;
        assert_eq!(answered.slug(), "enrollment/window-closed");
    });
}

#[test]
fn s12_3_of_two_edits_at_once_one_holds_with_its_seats() {
    for seed in 0..10 {
        simulate(seed, async |world| {
            let scene = Scene::new(Stage::with(&world, &Town::small(4)).await, FUNCTIONS);
            world.set_faults(Faults::latency(30));
            let files = ["catalog/edit-offering", "catalog/edit-offering-60-seats", "catalog/edit-offering-one-seat"];
            let sent = futures::future::join_all(files.map(|file| scene.send(file))).await;
            world.set_faults(Faults::none());
            let done = sent.iter().filter(|answered| answered.status == 200).count();
            assert_eq!(done, 1, "{sent:?}");
            let offering = scene.app.store().offering(&id(K1)).await.unwrap().unwrap();
            assert_eq!(offering.ver, 2);
            assert_eq!(seats(&scene).await.0, offering.value.capacity, "seed {seed}");
        });
    }
}

const BELLS: &[Case] = &[
    Case::done("catalog/show-bells", 200).after(|_, answered| {
        Box::pin(async {
            assert_eq!(answered.headers["etag"], "\"1\"");
            assert_eq!(answered.json()["periods"][0]["from_minute"], 990);
        })
    }),
    Case::done("catalog/show-bells-by-teacher", 200),
    Case::done("catalog/edit-bells", 200).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(
                (&answered.headers["etag"], answered.json()["periods"].as_array().map(Vec::len)),
                (&"\"2\"".parse().unwrap(), Some(3))
            );
            let listed = scene.send("catalog/offerings").await;
            let when = listed.json()["items"][0]["slots"][0]["when"].as_str().unwrap().to_owned();
            assert!(when.ends_with("16:40–17:20"), "lessons are at the new time: {when}");
        })
    }),
    Case::refused("catalog/edit-bells-in-use", 409, "bells/period-in-use"),
    Case::refused("catalog/edit-bells-none", 422, "bells/count-out-of-range"),
    Case::refused("catalog/edit-bells-overlapping", 422, "bells/out-of-order"),
    Case::refused("catalog/edit-bells-reversed", 422, "bells/times-unusable"),
    Case::refused("catalog/edit-bells-after-midnight", 422, "bells/times-unusable"),
    Case::refused("catalog/edit-bells-number-twice", 422, "bells/number-unusable"),
    Case::refused("catalog/edit-bells-no-name", 422, "bells/name-unusable"),
    Case::refused("catalog/edit-bells-unknown-field", 422, "request/field-unusable"),
    Case::refused("catalog/edit-bells-old-match", 412, "request/if-match-outdated"),
    Case::refused("catalog/edit-bells-no-match", 428, "request/if-match-missing"),
    Case::refused("catalog/edit-bells-by-other-school", 404, "access/not-found"),
    Case::refused("catalog/edit-bells-by-teacher", 404, "access/not-found"),
    Case::refused("catalog/edit-bells-unknown", 404, "access/not-found"),
    Case::refused("catalog/show-bells-by-guardian", 404, "access/not-found"),
    Case::refused("catalog/show-bells-by-other-school", 404, "access/not-found"),
    Case::refused("catalog/show-bells-unknown", 404, "access/not-found"),
    Case::refused("catalog/show-bells-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s7_1_s7_2_a_school_sets_its_periods_and_their_times() {
    run(BELLS);
}
