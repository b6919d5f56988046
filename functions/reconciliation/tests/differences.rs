//! Differences, statements and what they are made of, event by event. S35.1 S35.2 S36.2, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::collections::BTreeMap;

use domain::alert::{Alert, Change};
use domain::audit::Actor;
use domain::id::SchoolCode;
use domain::journal::Entry;
use domain::payment::{Channel, Evidence, Source};
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::difference::{Difference, DifferenceKind, Proof};
use domain::reconciliation::matching::Finding;
use domain::reconciliation::statement::{Day, Statement};
use domain::{Money, Tenant};
use jiff::civil::{Date, date};
use store::{Commit, Versioned};
use testkit::sample::{Case, Functions, Scene};
use testkit::town::{SCHOOL, id};

const FUNCTIONS: Functions = &[("reconciliation", reconciliation::routes), ("enrollment", enrollment::routes)];
const DAY: Date = date(2026, 9, 1);

/// An order of 400 yuan that is paid, a difference, and the statement of the day.
async fn begun(scene: &Scene) {
    paid(scene, true).await;
}

/// The same, before the day is drawn up. `drawn`: after that.
async fn paid(scene: &Scene, drawn: bool) {
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
    let (school, now): (SchoolCode, _) = (id(SCHOOL), scene.app.now());
    let record = scene.app.store().record(&id("S000000000"), &id(testkit::town::TERM)).await.expect("read");
    let record = record.map(domain::access::Guarded::unguarded).expect("a record").value;
    let evidence = Evidence {
        source: Source::Bill,
        channel: Channel::Wechat,
        event: None,
        payment: domain::id::PaymentNo::new(&record.orders[0].no, 1),
        transaction: "4200000001".to_owned(),
        merchant: "1900000100".to_owned(),
        app: "wx01".to_owned(),
        sub_merchant: "1900000201".to_owned(),
        total: record.orders[0].total,
        currency: "CNY".to_owned(),
        paid_at: now,
    };
    let entry = Entry::paid(&evidence, &school, true);
    let entries = std::slice::from_ref(&entry);
    let facts = Day { school: &school, day: DAY, entries, fees: BTreeMap::new(), receivable: evidence.total };
    let finding = Finding {
        kind: DifferenceKind::MissingLocal,
        of: Tenant::School(school.clone()),
        channel: Channel::Wechat,
        side: RowKind::Payment,
        number: "20261-S000000000-01-1".to_owned(),
        ours: None,
        theirs: Some(Money::from_fen(40_000)),
        proof: Proof { transaction: "=1+1".to_owned(), ..Proof::default() },
    };
    let mut commit = Commit::new(Actor::system("test"), "test.begin", now);
    commit.save_difference(&Versioned::absent(Difference::found(finding, DAY, "b111", now))).expect("an item");
    if drawn {
        commit.save_statement(&Versioned::absent(Statement::draw(&facts, None, now).expect("sums"))).expect("an item");
    }
    commit.post_journal(&entry).expect("an item");
    scene.app.store().commit(commit).await.expect("written");
}

const fn with_difference(case: Case) -> Case {
    case.before(|scene| Box::pin(begun(scene)))
}

/// Before the day is drawn up.
const fn with_journal(case: Case) -> Case {
    case.before(|scene| Box::pin(paid(scene, false)))
}

/// After the school's finance would let it go.
const fn with_waiver(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            begun(scene).await;
            assert_eq!(scene.send("reconciliation/waive-difference").await.status, 200);
        })
    })
}

/// Two alerts of the school: a refund that the provider refused, and one that is over.
async fn alerted(scene: &Scene) {
    let now = scene.app.now();
    let alert = |kind: &str| {
        let name = id(&format!("{SCHOOL}.{kind}.20261-S000000000-01-1-R1"));
        Alert::after(None, &name, Change::Raised, now).expect("raised")
    };
    let short = alert("balance_short");
    let over = Alert::after(Some(&short), &short.id, Change::Gone, now).expect("gone");
    let mut commit = Commit::new(Actor::system("test"), "test.begin", now);
    commit.save_alert(&Versioned::absent(alert("refund_refused"))).expect("an item");
    commit
        .save_alert(&Versioned::absent(Alert {
            id: id(&format!("{SCHOOL}.balance_short.20261-S000000000-01-1-R2")),
            ..over
        }))
        .expect("an item");
    scene.app.store().commit(commit).await.expect("written");
}

const fn with_alerts(case: Case) -> Case {
    case.before(|scene| Box::pin(alerted(scene)))
}

/// The numbers of the alerts that are listed.
fn listed(answered: &testkit::stage::Answered) -> Vec<String> {
    let items = answered.json()["items"].as_array().cloned().expect("items");
    items.iter().map(|item| item["kind"].as_str().expect("a kind").to_owned()).collect()
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

#[test]
fn s35_1_differences_are_listed_and_shown_with_their_proof() {
    run(&[
        with_difference(Case::done("reconciliation/list-differences", 200)).after(|_, answered| {
            Box::pin(async {
                let view = answered.json();
                assert_eq!(
                    (&view["items"][0]["kind"], &view["items"][0]["theirs_fen"]),
                    (&"missing_local".into(), &40_000.into())
                );
            })
        }),
        with_difference(Case::done("reconciliation/list-differences-settled", 200))
            .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"], serde_json::json!([])) })),
        with_difference(Case::done("reconciliation/list-differences-by-township", 200)),
        with_difference(Case::done("reconciliation/show-difference", 200)).after(|_, answered| {
            Box::pin(async {
                assert_eq!(answered.json()["proof"]["bill_sha256"], "b111");
                assert_eq!(answered.headers["etag"], "\"1\"");
            })
        }),
        Case::refused("reconciliation/show-difference", 404, "access/not-found"),
        with_difference(Case::refused("reconciliation/show-difference-by-other-school", 404, "access/not-found")),
        Case::refused("reconciliation/show-difference-unreadable", 400, "request/parameter-unusable"),
        Case::refused("reconciliation/list-differences-by-other-school", 404, "access/not-found"),
        Case::refused("reconciliation/list-differences-by-steward", 404, "access/not-found"),
        Case::refused("reconciliation/list-differences-bad-kind", 400, "request/parameter-unusable"),
    ]);
}

const ALERTS: &[Case] = &[
    with_alerts(Case::done("reconciliation/list-alerts", 200)).after(|_, answered| {
        Box::pin(async {
            assert_eq!(listed(answered), ["refund_refused"]);
            let item = &answered.json()["items"][0];
            assert_eq!((&item["title"], &item["number"]), (&"退款未成功".into(), &"20261-S000000000-01-1-R1".into()));
            assert_eq!(
                (&item["ver"], &item["times"], &item["ended"]),
                (&1.into(), &1.into(), &serde_json::Value::Null)
            );
        })
    }),
    with_alerts(Case::done("reconciliation/list-alerts-settled", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(listed(answered), ["balance_short"]) })),
    with_alerts(Case::done("reconciliation/list-alerts-of-kind", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(listed(answered), ["refund_refused"]) })),
    with_alerts(Case::done("reconciliation/list-alerts-by-township", 200))
        .after(|_, answered| Box::pin(async { assert_eq!(listed(answered), ["balance_short", "refund_refused"]) })),
    Case::refused("reconciliation/list-alerts-bad-kind", 400, "request/parameter-unusable"),
    Case::refused("reconciliation/list-alerts-bad-open", 400, "request/parameter-unusable"),
    with_alerts(Case::refused("reconciliation/list-alerts-by-other-school", 404, "access/not-found")),
    with_alerts(Case::refused("reconciliation/list-alerts-by-steward", 404, "access/not-found")),
    with_alerts(Case::done("reconciliation/settle-alert", 200)).after(|scene, answered| {
        Box::pin(async move {
            let ended = &answered.json()["ended"];
            assert_eq!((&ended["by"], &ended["words"]), (&"A000000003".into(), &"已由学校线下退还".into()));
            assert_eq!(listed(&scene.send("reconciliation/list-alerts").await), Vec::<String>::new());
            let again = scene.send("reconciliation/settle-alert-again").await;
            assert_eq!((again.status.as_u16(), again.slug().as_str()), (409, "alert/already-settled"));
        })
    }),
    with_alerts(Case::refused("reconciliation/settle-alert-no-words", 422, "alert/words-unusable")),
    with_alerts(Case::refused("reconciliation/settle-alert-unknown-field", 422, "request/field-unusable")),
    with_alerts(Case::refused("reconciliation/settle-alert-old-match", 412, "request/if-match-outdated")),
    with_alerts(Case::refused("reconciliation/settle-alert-no-match", 428, "request/if-match-missing")),
    with_alerts(Case::refused("reconciliation/settle-alert-by-township", 404, "access/not-found")),
    with_alerts(Case::refused("reconciliation/settle-alert-by-other-school", 404, "access/not-found")),
    with_alerts(Case::refused("reconciliation/settle-alert-unknown", 404, "access/not-found")),
    with_alerts(Case::refused("reconciliation/settle-alert-unreadable", 400, "request/parameter-unusable")),
];

#[test]
fn s34_4_a_school_sees_what_of_its_money_needs_a_person_and_says_what_was_done() {
    run(ALERTS);
}

#[test]
fn s36_2_a_difference_is_settled_by_a_person_and_money_let_go_by_two() {
    run(&[
        with_difference(Case::done("reconciliation/confirm-difference", 200))
            .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "confirmed") })),
        with_difference(Case::refused(
            "reconciliation/confirm-difference-no-reason",
            422,
            "difference/reason-unusable",
        )),
        with_difference(Case::refused("reconciliation/confirm-difference-old-match", 412, "request/if-match-outdated")),
        with_difference(Case::refused("reconciliation/confirm-difference-by-township", 404, "access/not-found")),
        with_difference(Case::done("reconciliation/waive-difference", 200)).after(|_, answered| {
            Box::pin(async {
                assert_eq!(
                    (&answered.json()["state"], &answered.json()["waiver"]["by"]),
                    (&"open".into(), &"A000000003".into())
                );
            })
        }),
        with_waiver(Case::refused("reconciliation/waive-difference-again", 409, "difference/waiver-waiting")),
        with_waiver(Case::refused("reconciliation/approve-waiver-own", 409, "difference/second-person-needed")),
        with_difference(Case::refused("reconciliation/approve-waiver-none", 409, "difference/no-waiver-waiting")),
        with_waiver(Case::done("reconciliation/approve-waiver", 200))
            .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "waived") })),
        with_waiver(Case::done("reconciliation/reject-waiver", 200))
            .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["state"], "open") })),
    ]);
}

#[test]
fn s35_1_a_schools_day_is_told_in_sums_and_facts() {
    run(&[
        with_difference(Case::done("reconciliation/show-statement", 200)).after(|_, answered| {
            Box::pin(async {
                let day = answered.json();
                assert_eq!((&day["received_fen"], &day["opening_fen"]), (&day["closing_fen"], &0.into()));
                assert_eq!((&day["receivable_fen"], &day["final"]), (&day["received_fen"], &true.into()));
            })
        }),
        Case::refused("reconciliation/show-statement-not-drawn", 404, "access/not-found"),
        with_journal(Case::done("reconciliation/show-statement", 200)).after(|_, answered| {
            Box::pin(async {
                let day = answered.json();
                assert_eq!((&day["received_fen"], &day["closing_fen"]), (&40_000.into(), &40_000.into()));
                assert_eq!((&day["final"], &day["fees_fen"]), (&false.into(), &0.into()));
            })
        }),
        with_difference(Case::done("reconciliation/list-facts", 200))
            .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["items"][0]["kind"], "pay") })),
        Case::refused("reconciliation/list-facts-bad-cursor", 400, "request/parameter-unusable"),
        with_difference(Case::done("reconciliation/export-money", 200)).after(|_, answered| {
            Box::pin(async {
                let file = answered.file();
                assert!(file.contains("平台漏单") && !file.contains(",=1+1"), "{file}");
            })
        }),
        with_difference(Case::done("reconciliation/export-money-facts", 200))
            .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["rows"], 1) })),
        Case::refused("reconciliation/export-money-unknown", 400, "request/parameter-unusable"),
    ]);
}

/// The parts of a day add up to it, whatever it is broken down by.
const fn adds_up(case: Case) -> Case {
    with_difference(case).after(|scene, answered| {
        Box::pin(async {
            let parts = answered.json();
            let parts = parts["items"].as_array().expect("parts");
            let sum: i64 = parts.iter().filter_map(|part| part["received_fen"].as_i64()).sum();
            let day = scene.send("reconciliation/show-statement").await.json();
            assert_eq!((Some(sum), parts.is_empty()), (day["received_fen"].as_i64(), false));
        })
    })
}

#[test]
fn s35_2_a_day_is_broken_down_by_course_item_and_homeroom() {
    run(&[
        adds_up(Case::done("reconciliation/break-down-day", 200)),
        adds_up(Case::done("reconciliation/break-down-day-by-item", 200)),
        adds_up(Case::done("reconciliation/break-down-day-by-homeroom", 200)),
        Case::refused("reconciliation/break-down-day-unknown", 400, "request/parameter-unusable"),
    ]);
}
