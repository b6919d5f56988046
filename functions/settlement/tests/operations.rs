//! Rules, batches and months, event by event. S36, promises P10 P11.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "a test stops at the unexpected"
)]

use std::time::Duration;

use cashier::{Cashier, Settled};
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{BatchId, ClassId, PaymentNo};
use domain::settlement::batch::Batch;
use domain::settlement::line::BatchLine;
use domain::teaching::roll::Roll;
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::sample::{self, Case, Functions, Scene};
use testkit::simulate;
use testkit::stage::Stage;
use testkit::town::{SCHOOL, TERM, Town, id};

const FUNCTIONS: Functions = &[
    ("enrollment", enrollment::routes),
    ("order", order::routes),
    ("refund", refund::routes),
    ("settlement", settlement::routes),
];

const FIRST: &str = "3144200101.2026-2027-1.001";

/// A pupil has paid 400 yuan for the sixteen Mondays of `K1`, and the register says so.
async fn paid(scene: &Scene) {
    for file in ["enrollment/enroll", "order/pay-native"] {
        assert_eq!(scene.send(file).await.status, 201, "{file}");
    }
    let (now, no) = (scene.stage.world.now(), "20261-S000000000-01-1");
    scene.stage.provider().pay(no, now).expect("paid");
    let cashier = Cashier::new(scene.app.store(), scene.app.ambient(), Actor::system("test"));
    let channels = scene.app.channels().await.expect("channels");
    let settled = Box::pin(cashier.ask(channels, &id::<PaymentNo>(no))).await.expect("asked");
    assert_eq!(settled, Some(Settled::Counted));
    Box::pin(archive::look(scene.app.clone(), format!("S000000000/{TERM}"))).await.expect("listed");
}

/// And is taught in a class, on the Mondays of the plan but for the first.
async fn taught(scene: &Scene) {
    paid(scene).await;
    let town = Town::small(2);
    let first = jiff::civil::date(2026, 9, 7);
    let mondays: Vec<_> = (0..16).map(|week| first.saturating_add(jiff::Span::new().weeks(week))).collect();
    let mut class = testkit::class::class_of(&town, 0, &mondays, [0]);
    class.lessons[0].moved_from = Some(class.lessons[0].at());
    class.lessons[0].date = jiff::civil::date(2026, 10, 8);
    testkit::class::open_class(scene.app.store(), &class, scene.app.now()).await;
}

async fn done(scene: &Scene, files: &[&str]) {
    for file in files {
        let answered = scene.send(&format!("settlement/{file}")).await;
        assert!(answered.status.is_success(), "{file}: {}", answered.text);
    }
}

/// September is drawn up by the school's rules.
async fn drawn(scene: &Scene) {
    paid(scene).await;
    done(scene, &["edit-rules", "draft"]).await;
}

async fn confirmed(scene: &Scene) {
    drawn(scene).await;
    done(scene, &["confirm"]).await;
}

async fn settled(scene: &Scene) {
    confirmed(scene).await;
    done(scene, &["approve"]).await;
}

/// And afterwards school and guardian have agreed on 100 yuan that go back.
async fn refunded(scene: &Scene) {
    settled(scene).await;
    assert_eq!(scene.send("refund/ask-agreed-by-school").await.status, 201);
    assert_eq!(scene.send("refund/confirm").await.status, 200);
}

/// The mirror of the first batch waits.
async fn reversed(scene: &Scene) {
    settled(scene).await;
    done(scene, &["reverse"]).await;
}

/// A batch with its lines, past every operation.
async fn batch(scene: &Scene, of: &str) -> (Batch, Vec<BatchLine>) {
    let read = scene.app.store().settlement_batch(&id::<BatchId>(of)).await.expect("read");
    let batch = read.map(Guarded::unguarded).expect("a batch").value;
    let lines = scene.app.store().batch_lines(&batch).await.expect("read");
    (batch, lines)
}

fn run(cases: &[Case]) {
    for case in cases {
        case.run(FUNCTIONS);
    }
}

const fn after_paying(case: Case) -> Case {
    case.before(|scene| Box::pin(paid(scene)))
}

const fn on_draft(case: Case) -> Case {
    case.before(|scene| Box::pin(drawn(scene)))
}

const fn on_confirmed(case: Case) -> Case {
    case.before(|scene| Box::pin(confirmed(scene)))
}

const fn on_settled(case: Case) -> Case {
    case.before(|scene| Box::pin(settled(scene)))
}

const RULES: &[Case] = &[
    Case::done("settlement/show-rules", 200).after(|_, answered| {
        Box::pin(async {
            let rules = answered.json();
            assert_eq!((&rules["version"], &rules["rules"]["months"]), (&0.into(), &1.into()));
        })
    }),
    Case::done("settlement/show-rules-of-version", 200),
    Case::refused("settlement/show-rules-unknown-version", 404, "access/not-found"),
    Case::refused("settlement/show-rules-by-other-school", 404, "access/not-found"),
    Case::done("settlement/edit-rules", 200).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["version"], 1);
            assert_eq!(answered.headers["etag"], "\"1\"");
            let shown = scene.send("settlement/show-rules").await.json();
            assert_eq!(shown["rules"]["external"]["teachers"]["lessons"], json!({"by": "lesson", "of": 5_000}));
            let first = scene.app.store().settlement_rules_at(&id(SCHOOL), 1).await.expect("read");
            assert_eq!(serde_json::to_value(first).unwrap(), shown["rules"], "and stays under its version");
        })
    }),
    Case::refused("settlement/edit-rules-by-finance", 404, "access/not-found"),
    Case::refused("settlement/edit-rules-no-match", 428, "request/if-match-missing"),
    Case::refused("settlement/edit-rules-old-match", 412, "request/if-match-outdated"),
    Case::refused("settlement/edit-rules-share-too-large", 422, "settlement-rules/share-unusable"),
    Case::refused("settlement/edit-rules-unknown-field", 422, "request/field-unusable"),
];

#[test]
fn s36_1_a_school_decides_how_it_settles() {
    run(RULES);
}

const DRAFTS: &[Case] = &[
    // Four Mondays of September at 25 yuan; of the tuition 70 percent are due to the teachers.
    Case::done("settlement/draft", 201)
        .before(|scene| {
            Box::pin(async {
                paid(scene).await;
                done(scene, &["edit-rules"]).await;
            })
        })
        .after(|scene, answered| {
            Box::pin(async move {
                let drawn = answered.json();
                assert_eq!((&drawn["batch_id"], &drawn["state"]), (&FIRST.into(), &"drawn".into()));
                assert_eq!((&drawn["taught"], &drawn["lessons"]), (&4.into(), &4.into()));
                assert_eq!((&drawn["sold_fen"], &drawn["tuition_fen"]), (&10_000.into(), &10_000.into()));
                assert_eq!((&drawn["teachers_fen"], &drawn["school_fen"]), (&7_000.into(), &3_000.into()));
                assert_eq!((&drawn["rules_version"], &drawn["provider_fen"]), (&1.into(), &0.into()));
                let again = scene.send("settlement/draft").await;
                assert_eq!((again.status.as_u16(), again.text.as_str()), (201, answered.text.as_str()));
            })
        }),
    // A batch of the whole of what is left, month by month, for one course; attendance is told as far as it is known.
    after_paying(Case::done("settlement/draft-by-admin", 201)).after(|scene, _| {
        Box::pin(async move {
            let (batch, lines) = batch(scene, FIRST).await;
            let months: Vec<_> =
                lines.iter().map(|line| (line.month.to_string(), line.figures.tuition.fen())).collect();
            assert_eq!(months, [("2026-09".to_owned(), 10_000), ("2026-10".to_owned(), 10_000)]);
            assert_eq!((batch.rules, batch.totals.due.teachers.fen()), (0, 0), "nothing is due without rules");
            assert_eq!(scene.send("settlement/draft-overlapping").await.slug(), "settlement/already-open");
        })
    }),
    Case::done("settlement/draft-next-period", 201)
        .before(|scene| {
            Box::pin(async {
                paid(scene).await;
                let early = scene.send("settlement/draft-next-period").await;
                assert_eq!(early.slug(), "settlement/no-period-left");
                scene.stage.world.advance(Duration::from_hours(30 * 24)).await;
            })
        })
        .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["months"], json!(["2026-09"])) })),
    on_draft(Case::refused("settlement/draft-overlapping", 409, "settlement/already-open")),
    on_draft(Case::refused("settlement/draft-key-reused", 422, "request/idempotency-key-reused")),
    Case::refused("settlement/draft-no-key", 400, "request/idempotency-key-missing"),
    after_paying(Case::refused("settlement/draft-nothing", 409, "settlement/nothing-to-settle")),
    Case::refused("settlement/draft-unknown-course", 422, "settlement/unknown-course"),
    Case::refused("settlement/draft-month-outside", 422, "settlement/month-out-of-range"),
    Case::refused("settlement/draft-unreadable-month", 422, "request/field-unusable"),
    Case::refused("settlement/draft-unknown-term", 404, "access/not-found"),
    after_paying(Case::refused("settlement/draft-by-steward", 404, "access/not-found")),
    after_paying(Case::refused("settlement/draft-by-other-school", 404, "access/not-found")),
    after_paying(Case::refused("settlement/draft-by-township", 404, "access/not-found")),
];

#[test]
fn s36_1_s36_4_months_are_drawn_up_by_the_rules_of_the_school() {
    run(DRAFTS);
}

const CORRECTIONS: &[Case] = &[
    // 300 yuan are left for sixteen lessons: 75 for September, where 100 were settled.
    Case::done("settlement/draft-again", 201).before(|scene| Box::pin(refunded(scene))).after(|scene, answered| {
        Box::pin(async move {
            let drawn = answered.json();
            assert_eq!((&drawn["number"], &drawn["sold_fen"]), (&2.into(), &0.into()));
            assert_eq!((&drawn["tuition_fen"], &drawn["refunded_fen"]), (&(-2_500).into(), &2_500.into()));
            assert_eq!((&drawn["teachers_fen"], &drawn["school_fen"]), (&(-1_750).into(), &(-750).into()));
            let months = scene.send("settlement/order-months").await.json();
            assert_eq!(months["lines"][0]["kept_fen"], 30_000);
        })
    }),
];

#[test]
fn s36_4_what_goes_back_later_is_a_correction_of_the_next_batch() {
    run(CORRECTIONS);
}

#[test]
fn s36_1_s36_5_a_batch_counts_what_a_class_gave_and_who_was_there() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(2)).await, FUNCTIONS);
        taught(&scene).await;
        let class: ClassId = id("3144200101.2026-2027-1.K1.01");
        let mut roll = Roll::new(&class, 2, (jiff::civil::date(2026, 9, 14), 1));
        roll.called_at = Some(scene.app.now());
        let mut commit = Commit::new(Actor::system("test"), "test.begin", scene.app.now());
        commit.save_roll(&Versioned::absent(roll)).expect("a roll");
        scene.app.store().commit(commit).await.expect("written");
        done(&scene, &["edit-rules", "draft"]).await;
        let (_, lines) = batch(&scene, FIRST).await;
        let september: Vec<_> =
            lines.iter().map(|line| (line.taught, line.figures.lessons, line.figures.attended)).collect();
        assert_eq!(september, [(3, 3, 1)]);
    });
}

const SHOWN: &[Case] = &[
    on_settled(Case::done("settlement/list", 200)).after(|_, answered| {
        Box::pin(async {
            let listed = answered.json();
            assert_eq!(
                (&listed["items"][0]["state"], &listed["items"][0]["counts"]),
                (&"settled".into(), &true.into())
            );
            assert_eq!(listed["settled"], json!([{"month": "2026-09", "course": "K1", "batches": [1]}]));
        })
    }),
    on_draft(Case::done("settlement/list-settled", 200)).after(|_, answered| {
        Box::pin(async {
            let listed = answered.json();
            assert_eq!((&listed["items"], &listed["settled"]), (&json!([]), &json!([])));
        })
    }),
    Case::refused("settlement/list-bad-state", 400, "request/parameter-unusable"),
    Case::refused("settlement/list-no-term", 400, "request/parameter-unusable"),
    Case::refused("settlement/list-by-other-school", 404, "access/not-found"),
    on_draft(Case::done("settlement/show", 200)).after(|_, answered| {
        Box::pin(async {
            let shown = answered.json();
            assert_eq!(shown["counts"], false);
            assert_eq!(answered.headers["etag"], "\"1\"");
            let line = &shown["lines"][0];
            assert_eq!(
                (&line["course"], &line["month"], &line["orders"]),
                (&"K1".into(), &"2026-09".into(), &1.into())
            );
            assert_eq!((&line["unit_price_fen"], &line["school_fen"]), (&2_500.into(), &3_000.into()));
        })
    }),
    on_draft(Case::done("settlement/show-by-township", 200)),
    on_draft(Case::refused("settlement/show-by-other-school", 404, "access/not-found")),
    on_draft(Case::refused("settlement/show-by-guardian", 404, "access/not-found")),
    Case::refused("settlement/show", 404, "access/not-found"),
    Case::refused("settlement/show-unreadable", 400, "request/parameter-unusable"),
    on_draft(Case::done("settlement/show-line", 200)).after(|_, answered| {
        Box::pin(async {
            let part = &answered.json()["parts"][0];
            assert_eq!((&part["order_no"], &part["lessons"]), (&"20261-S000000000-01".into(), &4.into()));
        })
    }),
    on_draft(Case::refused("settlement/show-line-unknown", 404, "access/not-found")),
    on_draft(Case::refused("settlement/show-line-by-other-school", 404, "access/not-found")),
];

#[test]
fn s36_3_what_is_settled_is_marked() {
    run(SHOWN);
}

const AGREED: &[Case] = &[
    on_draft(Case::done("settlement/redraw", 200)).after(|scene, answered| {
        Box::pin(async move {
            let drawn = answered.json();
            assert_eq!(drawn["revision"], 2);
            assert_eq!(answered.headers["etag"], "\"2\"");
            let (batch, lines) = batch(scene, FIRST).await;
            assert_eq!((batch.verify(&lines), batch.revision), (Ok(()), 2));
        })
    }),
    on_draft(Case::refused("settlement/redraw-old-match", 412, "request/if-match-outdated")),
    on_confirmed(Case::refused("settlement/redraw-confirmed", 409, "settlement/not-waiting")),
    on_draft(Case::refused("settlement/redraw-by-other-school", 404, "access/not-found")),
    on_draft(Case::done("settlement/confirm", 200)).after(|_, answered| {
        Box::pin(async {
            let confirmed = answered.json();
            assert_eq!(
                (&confirmed["state"], &confirmed["confirmed"]["role"]),
                (&"confirmed".into(), &"school_finance".into())
            );
        })
    }),
    on_draft(Case::refused("settlement/confirm-changed", 409, "settlement/changed")),
    // Between looking and confirming somebody has given money back, and the batch was drawn up anew.
    on_draft(Case::refused("settlement/confirm", 409, "settlement/changed")).before(|scene| {
        Box::pin(async {
            drawn(scene).await;
            assert_eq!(scene.send("refund/ask-agreed-by-school").await.status, 201);
            assert_eq!(scene.send("refund/confirm").await.status, 200);
            done(scene, &["redraw"]).await;
        })
    }),
    on_confirmed(Case::refused("settlement/confirm", 409, "settlement/not-waiting")),
    on_draft(Case::refused("settlement/confirm-by-admin", 404, "access/not-found")),
    on_draft(Case::refused("settlement/confirm-no-hash", 422, "request/field-unusable")),
    on_confirmed(Case::done("settlement/approve", 200)).after(|_, answered| {
        Box::pin(async {
            let settled = answered.json();
            assert_eq!((&settled["state"], &settled["approved"]["by"]), (&"settled".into(), &"A000000001".into()));
        })
    }),
    on_draft(Case::refused("settlement/approve", 409, "settlement/not-waiting")),
    on_settled(Case::refused("settlement/approve", 409, "settlement/not-waiting")),
    on_confirmed(Case::refused("settlement/approve-by-confirmer", 409, "settlement/second-person-needed")),
    on_confirmed(Case::refused("settlement/approve-changed", 409, "settlement/changed")),
    on_confirmed(Case::refused("settlement/approve-by-finance", 404, "access/not-found")),
];

#[test]
fn s36_2_finance_confirms_and_another_role_approves_what_was_shown() {
    run(AGREED);
}

const ENDED: &[Case] = &[
    on_draft(Case::done("settlement/reject", 200)).after(|scene, answered| {
        Box::pin(async move {
            let ended = answered.json();
            assert_eq!(
                (&ended["state"], &ended["ended"]["reason"]),
                (&"rejected".into(), &"九月考勤尚未核对完毕".into())
            );
            done(scene, &["draft-again"]).await;
        })
    }),
    on_draft(Case::refused("settlement/reject-no-reason", 422, "settlement/reason-unusable")),
    on_settled(Case::refused("settlement/reject-settled", 409, "settlement/not-waiting")),
    on_draft(Case::done("settlement/discard", 200)).after(|scene, answered| {
        Box::pin(async move {
            assert_eq!(answered.json()["state"], "discarded");
            done(scene, &["draft-again"]).await;
        })
    }),
    on_draft(Case::refused("settlement/discard-old-match", 412, "request/if-match-outdated")),
    on_settled(Case::refused("settlement/discard-settled", 409, "settlement/not-waiting")),
    on_draft(Case::refused("settlement/discard-by-principal", 404, "access/not-found")),
];

#[test]
fn s36_2_a_batch_that_is_not_settled_is_sent_back_or_given_up() {
    run(ENDED);
}

const REVERSED: &[Case] = &[
    on_settled(Case::done("settlement/reverse", 201)).after(|scene, answered| {
        Box::pin(async move {
            let mirror = answered.json();
            assert_eq!((&mirror["reverses"], &mirror["tuition_fen"]), (&1.into(), &(-10_000).into()));
            assert_eq!((&mirror["school_fen"], &mirror["state"]), (&(-3_000).into(), &"drawn".into()));
            assert_eq!(scene.send("settlement/reverse").await.text, answered.text);
            let again = scene.send("settlement/draft-again").await;
            assert_eq!(again.slug(), "settlement/already-open", "until the mirror is settled nothing is free");
        })
    }),
    Case::done("settlement/confirm-second", 200).before(|scene| Box::pin(reversed(scene))).after(|scene, _| {
        Box::pin(async move {
            let before = batch(scene, FIRST).await;
            done(scene, &["approve-second"]).await;
            assert_eq!(batch(scene, FIRST).await, before, "what is settled stays as it is");
            let listed = scene.send("settlement/list").await.json();
            assert_eq!((&listed["items"][0]["counts"], &listed["settled"]), (&false.into(), &json!([])));
            let again = scene.send("settlement/reverse-by-principal").await;
            assert_eq!(again.slug(), "access/not-found");
            done(scene, &["draft-again"]).await;
            let (_, lines) = batch(scene, "3144200101.2026-2027-1.003").await;
            assert_eq!(lines, before.1, "and is settled anew");
        })
    }),
    Case::refused("settlement/approve-second", 409, "settlement/not-waiting").before(|scene| Box::pin(reversed(scene))),
    on_draft(Case::refused("settlement/reverse", 409, "settlement/not-reversible")),
    on_settled(Case::refused("settlement/reverse-no-reason", 422, "settlement/reason-unusable")),
    on_settled(Case::refused("settlement/reverse-by-principal", 404, "access/not-found")),
    Case::refused("settlement/reverse-no-key", 400, "request/idempotency-key-missing"),
];

#[test]
fn s36_3_p11_a_settled_batch_is_taken_back_by_its_mirror() {
    run(REVERSED);
}

const FILES: &[Case] = &[
    on_settled(Case::done("settlement/export-lines", 200)).after(|_, answered| {
        Box::pin(async {
            let file = answered.json();
            let name = file["file_name"].as_str().expect("a name");
            assert_eq!(name, "3144200101-2026-2027-1-第1批课程明细-2026-09-01.xlsx");
            assert_eq!(file["rows"], 1);
        })
    }),
    on_settled(Case::done("settlement/export-lines-csv", 200)).after(|_, answered| {
        Box::pin(async {
            let text = answered.file();
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[0].contains("授课课时,学生课时,课时单价(元)") && !lines[0].contains("出勤"), "{text}");
            assert!(lines[1].contains("2026-09,K1,课程K1,校内课程") && lines[1].contains("100.00"), "{text}");
            assert!(lines[1].ends_with("0.00,70.00,30.00"), "{text}");
        })
    }),
    on_settled(Case::done("settlement/export-orders-csv", 200)).after(|_, answered| {
        Box::pin(async {
            let text = answered.file();
            assert!(text.contains("2026-09,K1,课程K1,20261-S000000000-01,S000000000,100.00,0.00,4"), "{text}");
        })
    }),
    on_draft(Case::refused("settlement/export-lines", 409, "settlement/not-settled")),
    on_confirmed(Case::refused("settlement/export-orders-csv", 409, "settlement/not-settled")),
    on_settled(Case::refused("settlement/export-unknown-list", 400, "request/parameter-unusable")),
    on_settled(Case::refused("settlement/export-bad-month", 400, "request/parameter-unusable")),
    on_settled(Case::refused("settlement/export-by-other-school", 404, "access/not-found")),
];

#[test]
fn s36_4_a_batch_is_taken_out_once_it_is_confirmed() {
    run(FILES);
}

const MONTHS: &[Case] = &[
    // A class gives the first lesson in October, on the day to which it was moved.
    Case::done("settlement/order-months", 200).before(|scene| Box::pin(taught(scene))).after(|_, answered| {
        Box::pin(async {
            let split = answered.json();
            let months = split["lines"][0]["months"].as_array().expect("months").clone();
            let told: Vec<(Value, Value)> =
                months.iter().map(|month| (month["lessons"].clone(), month["tuition_fen"].clone())).collect();
            let expected = [(3, 7_500), (5, 12_500), (5, 12_500), (3, 7_500)];
            assert_eq!(told, expected.map(|(lessons, fen)| (Value::from(lessons), Value::from(fen))));
        })
    }),
    on_settled(Case::done("settlement/order-months", 200)).after(|_, answered| {
        Box::pin(async {
            let split = answered.json();
            let line = &split["lines"][0];
            let months = line["months"].as_array().expect("months");
            let told: Vec<(&Value, &Value)> =
                months.iter().map(|month| (&month["lessons"], &month["tuition_fen"])).collect();
            let expected =
                [(4, 10_000), (4, 10_000), (5, 12_500), (3, 7_500)].map(|(l, t)| (Value::from(l), Value::from(t)));
            assert_eq!(told, expected.iter().map(|(l, t)| (l, t)).collect::<Vec<_>>());
            assert_eq!((&line["kept_fen"], &split["state"]), (&40_000.into(), &"paid".into()));
            assert_eq!((&months[0]["batches"], &months[1]["batches"]), (&json!([1]), &json!([])));
        })
    }),
    on_settled(Case::done("settlement/order-months-by-guardian", 200)).after(|_, answered| {
        Box::pin(async { assert_eq!(answered.json()["lines"][0]["months"][0]["batches"], json!([])) })
    }),
    after_paying(Case::refused("settlement/order-months-other-family", 404, "access/not-found")),
    Case::refused("settlement/order-months-unreadable", 400, "request/parameter-unusable"),
];

#[test]
fn s36_5_an_order_is_split_by_calendar_months() {
    run(MONTHS);
}

/// Finance and administrator draw overlapping months up at once: both have read a docket in which nothing waits.
#[test]
fn s36_3_two_batches_at_once_never_cover_the_same() {
    simulate(1, async |world| {
        let scene = Scene::new(Stage::with(&world, &Town::small(2)).await, FUNCTIONS);
        paid(&scene).await;
        let (one, other) = futures::join!(scene.send("settlement/draft"), scene.send("settlement/draft-overlapping"));
        let mut answers = [one, other].map(|answered| (answered.status.as_u16(), answered.slug()));
        answers.sort();
        assert_eq!(answers[0].0, 201);
        assert!(matches!(answers[1].0, 409 | 412), "{answers:?}");
        let docket = scene.app.store().settlement_docket(&id(SCHOOL), &id(TERM)).await.expect("read").unguarded().value;
        assert_eq!((docket.drawn, docket.open.len()), (1, 1));
    });
}

#[test]
fn every_event_is_run() {
    sample::every_event_is_named(
        "settlement",
        &[RULES, DRAFTS, CORRECTIONS, SHOWN, AGREED, ENDED, REVERSED, FILES, MONTHS],
    );
}
