//! Differences, statements and what they are made of, event by event. S35.1 S35.2 S36.2, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test stops at the unexpected"
)]

use std::collections::BTreeMap;
use std::io::Write as _;

use bill::Spool;
use bytes::Bytes;
use domain::access::Guarded;
use domain::alert::{Alert, Change};
use domain::audit::Actor;
use domain::id::{HomeroomId, OrderNo, SchoolCode};
use domain::journal::Entry;
use domain::payment::{Channel, Evidence, Payment, Source};
use domain::reconciliation::bill::{BillTotals, RowKind, ServiceFee};
use domain::reconciliation::difference::{Difference, DifferenceKind, DifferenceState, Proof};
use domain::reconciliation::matching::Finding;
use domain::reconciliation::remittance::Remittance;
use domain::reconciliation::run::{BillFile, BillRun, Turn};
use domain::reconciliation::statement::{Day, Statement};
use domain::register::Place;
use domain::{Money, Tenant};
use jiff::civil::{Date, date};
use store::money::RawEvent;
use store::{Commit, Versioned};
use testkit::sample::{Case, Functions, Scene};
use testkit::stage::BILLS;
use testkit::town::{SCHOOL, id};

const FUNCTIONS: Functions = &[("reconciliation", reconciliation::routes), ("enrollment", enrollment::routes)];
const DAY: Date = date(2026, 9, 1);

/// The course of the order, as a day that is broken down names it.
const COURSE: &str = "K1 课程K1";

/// An order of 400 yuan that is paid, a difference, and the statement of the day.
async fn begun(scene: &Scene) {
    paid(scene, true).await;
}

/// The same, before the day is drawn up. `drawn`: after that.
async fn paid(scene: &Scene, drawn: bool) {
    assert_eq!(scene.send("enrollment/enroll").await.status, 201);
    let (school, now): (SchoolCode, _) = (id(SCHOOL), scene.app.now());
    let record = scene.app.store().record(&id("S000000000"), &id(testkit::town::TERM)).await.expect("read");
    let record = record.map(Guarded::unguarded).expect("a record").value;
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

/// The row of the bill that tells of the payment, at the fourth line.
const BILL: &str = "\u{feff}交易时间,特约商户号,微信订单号,商户订单号,交易状态,应结订单金额,微信退款单号,商户退款单号,退款金额,退款状态,\
用户标识,手续费,费率,订单金额,申请退款金额\r\n\
`2026-09-01 07:00:00,`1900000201,`4200000007,`20261-S000000007-01-1,`SUCCESS,`1.00,`0,`0,`0.00,`,`oPayer7,`0.01000,`0.60%,`1.00,`0.00\r\n\
`2026-09-01 07:30:00,`1900000201,`4200000008,`20261-S000000008-01-1,`SUCCESS,`1.00,`0,`0,`0.00,`,`oPayer8,`0.01000,`0.60%,`1.00,`0.00\r\n\
`2026-09-01 08:00:00,`1900000201,`4200000001,`20261-S000000000-01-1,`SUCCESS,`400.00,`0,`0,`0.00,`,`oPayer1,`2.40000,`0.60%,`400.00,`0.00\r\n\
总交易单数,应结订单总金额,退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n\
`3.0,`402.00,`0.00,`2.42000,`402.00,`0.00\r\n";

/// The payment with the message that told of it, and the day's bill as it was kept and read.
async fn proven(scene: &Scene) {
    paid(scene, false).await;
    let (app, school): (_, SchoolCode) = (&scene.app, id(SCHOOL));
    let body = r#"{"id":"EV-1","event_type":"TRANSACTION.SUCCESS","resource":{"ciphertext":"c2VhbGVk"}}"#;
    let headers = vec![("wechatpay-signature".to_owned(), "c2lnbmF0dXJl".to_owned())];
    let (channel, received_at) = (Channel::Wechat, app.now());
    let event =
        RawEvent { channel, event: "EV-1".to_owned(), body: body.to_owned(), headers, received_at, quarantined: None };
    let message = event.message();
    let paid = serde_json::json!({
        "transaction": "4200000001", "at": received_at, "counted": true, "source": "callback", "snapshot": "", "message": message,
    });
    let payment: Payment = serde_json::from_value(serde_json::json!({
        "no": "20261-S000000000-01-1", "school": SCHOOL, "channel": "wechat", "method": "native",
        "sub_merchant": "1900000201", "amount": 40_000, "state": "succeeded", "sent_at": received_at,
        "expires_at": received_at, "paid": paid,
    }))
    .expect("a payment");
    let mut spool = Spool::new().expect("a file");
    spool.write_all(BILL.as_bytes()).expect("room");
    let file = BillFile { hash: spool.sha256(), bytes: spool.bytes() };
    let bytes = Bytes::from_static(BILL.as_bytes());
    app.objects().put_once(BILLS, &file.place(channel, DAY), bytes, "text/plain").await.expect("kept");
    let mut bill = BillRun::new(channel, DAY, None);
    bill.read(Turn::Read, file, (BillTotals::default(), 0), received_at);
    let mut commit = Commit::new(Actor::system("test"), "test.begin", received_at);
    commit.save_payment(&Versioned::absent(payment)).expect("an item");
    commit.event(event).expect("an item");
    commit.save_bill_run(&Versioned::absent(bill)).expect("an item");
    // The bill leaves 397.60 yuan of the day to the school.
    let mut remittance = Remittance::new(school, channel, DAY);
    let fees = ServiceFee::from_thousandths(240_000);
    remittance.bill(BillTotals { payments: 1, paid: Money::from_fen(40_000), fees, ..BillTotals::default() });
    commit.save_remittance(&Versioned::absent(remittance)).expect("an item");
    app.store().commit(commit).await.expect("written");
}

const fn with_proof(case: Case) -> Case {
    case.before(|scene| Box::pin(proven(scene)))
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
        with_difference(Case::done("reconciliation/export-money-statement", 200)).after(|_, answered| {
            Box::pin(async {
                let file = answered.file();
                for line in
                    ["应收(元),400.00", "已收(元),400.00", "已退(元),0.00", "期初余额(元),0.00", "期末余额(元),400.00"]
                {
                    assert!(file.contains(line), "{line}: {file}");
                }
            })
        }),
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
fn s35_2_the_facts_of_one_course_come_to_what_the_day_says_of_it() {
    run(&[
        with_difference(Case::done("reconciliation/list-facts-of-course", 200)).after(|scene, answered| {
            Box::pin(async {
                let facts = answered.json();
                let facts = facts["items"].as_array().expect("facts");
                let day = scene.send("reconciliation/break-down-day").await.json();
                let parts = day["items"].as_array().expect("parts");
                let course = parts.iter().find(|part| part["name"] == COURSE).expect("the course");
                let sum: i64 = facts.iter().filter_map(|fact| fact["share_fen"].as_i64()).sum();
                assert_eq!((Some(sum), facts.len()), (course["received_fen"].as_i64(), 1), "{day}");
            })
        }),
        with_difference(Case::refused("reconciliation/list-facts-without-name", 400, "request/parameter-unusable")),
    ]);
}

#[test]
fn s35_2_a_day_is_broken_down_by_where_pupils_were_then() {
    run(&[with_difference(Case::done("reconciliation/break-down-day-by-homeroom", 200)).after(|scene, _| {
        Box::pin(async {
            let (app, no): (_, OrderNo) = (&scene.app, id("20261-S000000000-01"));
            archive::look(app.clone(), format!("S000000000/{}", testkit::town::TERM)).await.expect("listed");
            let record = app.store().record(&no.student(), &no.term()).await.expect("read");
            let placed_at = record.map(Guarded::unguarded).expect("a record").value.orders[0].placed_at;
            let row = app.store().row(&id(SCHOOL), &no, placed_at).await.expect("read");
            let mut row = row.map(Guarded::unguarded).expect("a row");
            row.value.place = Some(Place { homeroom: HomeroomId::new(&id(SCHOOL), 2019, 4), grade: 2 });
            let mut commit = Commit::new(Actor::system("test"), "test.move_up", app.now());
            commit.save_row(&row).expect("an item");
            app.store().commit(commit).await.expect("written");
            let then = scene.send("reconciliation/break-down-day-by-homeroom").await.json();
            assert_eq!(then["items"][0]["name"], "2年级(4)班", "as it was, not as it is");
            let grade = scene.send("reconciliation/break-down-day-by-grade").await.json();
            assert_eq!(grade["items"][0]["name"], "2年级");
        })
    })]);
}

#[test]
fn s35_1_a_fact_is_proven_by_its_message_and_its_row_of_the_bill() {
    run(&[
        with_proof(Case::done("reconciliation/show-evidence", 200)).after(|_, answered| {
            Box::pin(async {
                let proof = answered.json();
                let (message, row) = (&proof["message"], &proof["row"]);
                assert_eq!(
                    (&message["event"], &message["headers"][0]["name"]),
                    (&"EV-1".into(), &"wechatpay-signature".into())
                );
                assert_eq!((&row["line"], &row["transaction"]), (&4.into(), &"4200000001".into()));
                assert_eq!((&row["amount_fen"], &row["status"]), (&40_000.into(), &"done".into()));
                let text = proof.to_string();
                assert!(
                    !text.contains("oPayer") && !text.contains("c2VhbGVk"),
                    "nothing personal, nothing sealed: {text}"
                );
            })
        }),
        with_journal(Case::done("reconciliation/show-evidence", 200)).after(|_, answered| {
            Box::pin(async {
                let proof = answered.json();
                assert!(proof.get("message").is_none() && proof.get("row").is_none(), "{proof}");
            })
        }),
        with_proof(Case::refused("reconciliation/show-evidence-unknown", 404, "access/not-found")),
        with_proof(Case::refused("reconciliation/show-evidence-by-other-school", 404, "access/not-found")),
    ]);
}

#[test]
fn s35_1_what_arrived_at_the_bank_is_held_against_the_bill() {
    run(&[
        Case::done("reconciliation/show-remittance", 200)
            .after(|_, answered| Box::pin(async { assert_eq!(answered.json()["agrees"], false) })),
        Case::done("reconciliation/enter-remittance", 200).after(|_, answered| {
            Box::pin(async {
                let told = answered.json();
                assert_eq!((&told["arrived_fen"], &told["agrees"]), (&39_760.into(), &false.into()), "no bill yet");
            })
        }),
        with_remittance(Case::done("reconciliation/enter-remittance-right", 200)).after(|scene, answered| {
            Box::pin(async {
                assert_eq!(
                    (&answered.json()["agrees"], &answered.json()["payable_fen"]),
                    (&true.into(), &39_760.into())
                );
                let settlement = id(&format!("{SCHOOL}.{DAY}.settlement_diff.wechat"));
                let found = scene.app.store().difference(&settlement).await.expect("read");
                assert_eq!(found.map(Guarded::unguarded).expect("a difference").value.state, DifferenceState::Healed);
            })
        }),
        Case::refused("reconciliation/enter-remittance-too-much", 422, "remittance/amount-unusable"),
        Case::refused("reconciliation/enter-remittance-old-match", 412, "request/if-match-outdated"),
        Case::refused("reconciliation/enter-remittance-unknown-channel", 400, "request/parameter-unusable"),
        Case::refused("reconciliation/enter-remittance-by-township", 404, "access/not-found"),
    ]);
}

/// After the school has entered a fen more than the bill leaves.
const fn with_remittance(case: Case) -> Case {
    case.before(|scene| {
        Box::pin(async {
            proven(scene).await;
            assert_eq!(scene.send("reconciliation/enter-remittance-other").await.status, 200);
            let found = scene.send("reconciliation/list-differences").await.json();
            let open = found["items"].as_array().expect("items").iter().find(|one| one["kind"] == "settlement_diff");
            assert_eq!(open.expect("a difference")["theirs_fen"], 39_761);
        })
    })
}

#[test]
fn s35_2_a_day_is_broken_down_by_course_item_and_homeroom() {
    run(&[
        adds_up(Case::done("reconciliation/break-down-day", 200)),
        adds_up(Case::done("reconciliation/break-down-day-by-item", 200)),
        adds_up(Case::done("reconciliation/break-down-day-by-homeroom", 200)),
        adds_up(Case::done("reconciliation/break-down-day-by-grade", 200)),
        adds_up(Case::done("reconciliation/break-down-day-by-method", 200)),
        Case::refused("reconciliation/break-down-day-unknown", 400, "request/parameter-unusable"),
    ]);
}
