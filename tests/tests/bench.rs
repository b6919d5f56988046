//! What operations cost (成本): capacity units and calls, measured in the simulated world, one JSON line for each figure.
//! They are exact and the same on every machine. `make bench` prints them beside the figures of the release binaries.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "figures are printed, and a bench that meets the unexpected should stop"
)]

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use axum::Router;
use domain::Moment;
use domain::audit::Actor;
use domain::teaching::roll::{Call, Presence, Roll};
use edge::start;
use http::StatusCode;
use jiff::civil::{Date, Weekday, date};
use serde_json::{Value, json};
use store::{Commit, Versioned};
use testkit::class::{TEACHER, class_of, open_class};
use testkit::stage::{PREFIX, Stage, Who, event, send};
use testkit::town::{TERM, Town};
use testkit::{Counts, World, simulate};

/// Refused attempts that share the reads of one environment's boards.
const REFUSED: usize = 2_000;

/// Prints a figure in thousandths of its unit.
fn figure(name: &str, thousandths: u64, unit: &str, target: &str) {
    let value: Value =
        serde_json::from_str(&format!("{}.{:03}", thousandths / 1000, thousandths % 1000)).expect("a number");
    println!("{}", json!({"name": name, "value": value, "unit": unit, "target": target}));
}

fn table_use(used: &Counts, table: &str) -> (u64, u64) {
    let used = used.capacity.get(&format!("{PREFIX}-{table}")).cloned().unwrap_or_default();
    let indexes = used.indexes.values().map(|index| index.write_units).sum();
    (used.table.write_units, indexes)
}

fn enroll(town: &Town, pupil: usize, offering: usize, key: &str) -> Value {
    let choices = json!([{"offering_id": town.offerings[offering].id.as_str()}]);
    let body = json!({"student_id": town.pupil(pupil).as_str(), "term": TERM, "choices": choices}).to_string();
    let who = Who::Guardian(town.guardian_of(pupil).to_string());
    event("POST", "/enrollments", &who, &[("Idempotency-Key", key)], Some(&body))
}

async fn answered(router: &Router, event: &Value, status: StatusCode) -> Value {
    let answered = send(router, event).await;
    assert_eq!(answered.status, status, "{}", answered.text);
    answered.json()
}

/// The cost of one enrollment in a warm environment, in a class that is being filled.
async fn enrollment(world: &World) -> u64 {
    let town = Town::rush(1, 40, 60);
    let stage = Stage::with(world, &town).await;
    let router = start::router(stage.app(), enrollment::routes());
    answered(&router, &enroll(&town, 0, 0, "first"), StatusCode::CREATED).await;
    let before = world.counts();
    for pupil in 1..31 {
        answered(&router, &enroll(&town, pupil, 0, &format!("k{pupil}")), StatusCode::CREATED).await;
    }
    let used = world.counts().since(&before);
    let each = |units: u64| units * 1000 / 30;
    let (claim, armed) = table_use(&used, "seats");
    let (record, due) = table_use(&used, "enrollments");
    figure("enrollment.write_units.seat_claim", each(claim), "WRU", "<= 1");
    figure("enrollment.write_units.ledger_index", each(armed), "WRU", "amortised");
    figure("enrollment.write_units.record_with_order_audit_key", each(record), "WRU", "part of <= 6");
    figure("enrollment.write_units.due_index", each(due), "WRU", "part of <= 6");
    figure("enrollment.write_units.all", each(used.total().write_units), "WRU", "<= 6");
    figure("enrollment.read_units.all", each(used.total().read_halves) / 2, "RRU", "reported");
    figure("enrollment.sdk_calls", each(used.calls_total()), "calls", "reported");
    used.total().write_units * 1000 / 30
}

/// What the audit of enrollments costs later, when nobody is waiting: the archive drains the trail with the write it
/// makes anyway, and the sealer takes the change off its list.
async fn audit(world: &World) {
    let town = Town::rush(1, 40, 60);
    let stage = Stage::with(world, &town).await;
    let router = start::router(stage.app(), enrollment::routes());
    for pupil in 0..30 {
        answered(&router, &enroll(&town, pupil, 0, "own"), StatusCode::CREATED).await;
    }
    // What settling in has left for the sealer is no cost of enrolling.
    audit_seal::seal(stage.app()).await.expect("sealed");
    let before = world.counts();
    for pupil in 0..30 {
        archive::look(stage.app(), format!("{}/{TERM}", town.pupil(pupil))).await.expect("archived");
    }
    let used = world.counts().since(&before);
    let each = |units: u64| units * 1000 / 30;
    let (record, due) = table_use(&used, "enrollments");
    figure("archive.write_units.record_and_index", each(record + due), "WRU", "reported");
    figure("archive.write_units.audit_of_two_versions", each(table_use(&used, "audit").0), "WRU", "reported");
    let before = world.counts();
    let report = audit_seal::seal(stage.app()).await.expect("sealed");
    let used = world.counts().since(&before);
    assert_eq!(report.entries, 60, "enrolled and archived");
    let entries = u64::try_from(report.entries).expect("a count");
    figure("audit_seal.write_units.each_entry", used.total().write_units * 1000 / entries, "WRU", "<= 1");
    figure("audit_seal.read_units.each_entry", used.total().read_halves * 500 / entries, "RRU", "reported");
    figure(
        "audit_seal.sdk_calls.each_segment",
        used.calls_total() * 1000 / u64::from(report.segments),
        "calls",
        "reported",
    );
}

/// The textbook way in the same tables: counter, enrollment and order in one transaction, with the same index and an
/// audit entry.
async fn textbook(world: &World) -> u64 {
    let stage = Stage::new(world);
    let client = world.dynamodb();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let name = |table: &str| format!("{PREFIX}-{table}");
    let item = |pk: String, due: bool| {
        let mut item = HashMap::from([("pk".to_owned(), text(&pk)), ("sk".to_owned(), text("X"))]);
        item.insert("content".to_owned(), text(&"x".repeat(500)));
        if due {
            item.insert("due".to_owned(), AttributeValue::N("1".to_owned()));
            item.insert("due_shard".to_owned(), text("00"));
        }
        item
    };
    let put = |table: &str, pk: String, due: bool| {
        let put = Put::builder().table_name(name(table)).set_item(Some(item(pk, due))).build().expect("a put");
        TransactWriteItem::builder().put(put).build()
    };
    let before = world.counts();
    for pupil in 0..30 {
        let counter = Update::builder()
            .table_name(name("seats"))
            .key("pk", text("COURSE"))
            .key("sk", text("X"))
            .update_expression("ADD n :one")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .build()
            .expect("an update");
        client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(counter).build())
            .transact_items(put("enrollments", format!("ENROLLMENT#{pupil}"), true))
            .transact_items(put("money", format!("ORDER#{pupil}"), true))
            .transact_items(put("audit", format!("AUDIT#{pupil}"), false))
            .send()
            .await
            .expect("written");
    }
    let units = stage.world.counts().since(&before).total().write_units * 1000 / 30;
    figure("textbook.write_units.all", units, "WRU", "for comparison");
    units
}

/// Attempts at a class that is full, from one environment, while they keep coming.
async fn refused(world: &World) {
    let town = Town::rush(1, 2, 60);
    let stage = Stage::with(world, &town).await;
    let router = start::router(stage.app(), enrollment::routes());
    for pupil in 0..2 {
        answered(&router, &enroll(&town, pupil, 0, "own"), StatusCode::CREATED).await;
    }
    world.advance(Duration::from_secs(1)).await;
    let before = world.counts();
    for attempt in 0..REFUSED {
        let pupil = 2 + attempt % 58;
        answered(&router, &enroll(&town, pupil, 0, &format!("a{attempt}")), StatusCode::CONFLICT).await;
        // An environment is busy with an attempt for some 8 ms.
        world.advance(Duration::from_millis(8)).await;
    }
    let used = world.counts().since(&before);
    let count = u64::try_from(REFUSED).expect("a count");
    figure("refused.write_units", used.total().write_units * 1000 / count, "WRU", "<= 0.02");
    figure("refused.read_units", used.total().read_halves * 500 / count, "RRU", "<= 0.02");
}

/// One callback that pays an order of one line.
async fn callback(world: &World) {
    let town = Town::rush(1, 40, 4);
    let stage = Stage::with(world, &town).await;
    let enrolling = start::router(stage.app(), enrollment::routes());
    let paying = start::router(stage.app(), order::routes());
    let calling = start::router(stage.app(), payment_callback::routes());
    let mut calls = 0;
    let mut units = 0;
    for pupil in 0..2 {
        let order = answered(&enrolling, &enroll(&town, pupil, 0, "own"), StatusCode::CREATED).await;
        let path = format!("/orders/{}/payments", order["order_no"].as_str().expect("a number"));
        let who = Who::Guardian(town.guardian_of(pupil).to_string());
        let body = json!({"channel": "wechat", "method": "native"}).to_string();
        let pay = event("POST", &path, &who, &[("Idempotency-Key", "pay")], Some(&body));
        let begun = answered(&paying, &pay, StatusCode::CREATED).await;
        let now = world.now();
        let no = begun["payment_no"].as_str().expect("a number").to_owned();
        stage.provider().pay(&no, now).expect("paid");
        let due = stage.provider().take_callbacks(now);
        for callback in due {
            let headers: Vec<(&str, &str)> = callback
                .request
                .headers()
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
                .collect();
            let body = std::str::from_utf8(callback.request.body()).expect("text");
            let event = event("POST", "/callbacks/wechat", &Who::Nobody, &headers, Some(body));
            let before = world.counts();
            answered(&calling, &event, StatusCode::OK).await;
            let used = world.counts().since(&before);
            (calls, units) = (used.calls_total(), used.total().write_units);
        }
    }
    figure("callback.sdk_calls", calls * 1000, "calls", "reported");
    figure("callback.write_units", units * 1000, "WRU", "reported");
}

/// One lesson of forty pupils: the roll is called, and a guardian looks at the child's day.
async fn attendance(world: &World) {
    let town = Town::rush(1, 40, 40);
    let stage = Stage::with(world, &town).await;
    let days = [date(2026, 9, 1), date(2026, 9, 2)];
    open_class(stage.app().store(), &class_of(&town, 0, &days, 0..40), stage.now()).await;
    world.advance(Duration::from_hours(9)).await;
    let router = start::router(stage.app(), attendance::routes());
    let teacher = Who::Person(TEACHER.to_owned(), "teacher@classes:3144200101".to_owned());
    let named: Vec<Value> =
        (0..3).map(|pupil| json!({"student_id": town.pupil(pupil).as_str(), "presence": "absent"})).collect();
    let body = json!({"at": "2026-09-01T16:35:00+08:00", "named": named}).to_string();
    let call = |lesson: u16| {
        let path = format!("/lessons/3144200101.{TERM}.R0.01.{lesson:03}/roll");
        event("PUT", &path, &teacher, &[], Some(&body))
    };
    // The environment is warm: roles are known.
    let missing = send(&router, &call(9)).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let before = world.counts();
    answered(&router, &call(1), StatusCode::OK).await;
    let used = world.counts().since(&before);
    let (roll, due) = table_use(&used, "teaching");
    figure("roll_call.of_40.write_units.roll", roll * 1000, "WRU", "part of <= 6");
    figure("roll_call.of_40.write_units.due_index", due * 1000, "WRU", "part of <= 6");
    figure("roll_call.of_40.write_units.all", used.total().write_units * 1000, "WRU", "<= 6");
    figure("roll_call.of_40.read_units.all", used.total().read_halves * 500, "RRU", "reported");
    figure("roll_call.of_40.sdk_calls", used.calls_total() * 1000, "calls", "<= 4");
    assert!(used.total().write_units <= 6, "{}", used.total().write_units);
    assert_eq!(used.calls_total(), 4, "class, roll, one write, one wake-up for whoever tells families");
    let guardian = Who::Guardian(town.guardian_of(0).to_string());
    let day = event("GET", &format!("/students/{}/days/2026-09-01", town.pupil(0)), &guardian, &[], None);
    answered(&router, &day, StatusCode::OK).await;
    let before = world.counts();
    let seen = answered(&router, &day, StatusCode::OK).await;
    assert_eq!(seen["lessons"][0]["presence"], "absent");
    let used = world.counts().since(&before);
    figure("child_day.sdk_calls", used.calls_total() * 1000, "calls", "pupil and rolls: 2");
    figure("child_day.read_units", used.total().read_halves * 500, "RRU", "reported");
    assert_eq!(used.calls_total(), 2, "pupil, rolls");
}

#[test]
fn what_operations_cost() {
    let ours = simulate(1, async |world| enrollment(&world).await);
    let textbook = simulate(1, async |world| textbook(&world).await);
    figure("enrollment.write_units.of_textbook", ours * 1000 / textbook, "ratio", "<= 0.5");
    simulate(1, async |world| refused(&world).await);
    simulate(1, async |world| callback(&world).await);
    simulate(1, async |world| audit(&world).await);
    simulate(1, async |world| attendance(&world).await);
}

/// Pupils of a large school, with those of a class, and its classes of each kind.
const PUPILS: usize = 3_000;
const OF_A_CLASS: usize = 40;
const CLASSES: usize = PUPILS / OF_A_CLASS;

/// The school days of September, and of them those of a weekly class.
fn september() -> Vec<Date> {
    let all = date(2026, 9, 1).series(jiff::Span::new().days(1)).take(30);
    all.filter(|day| day.weekday().to_monday_zero_offset() < 5).collect()
}

/// A large school whose pupils are in care every day and in a course once a week, with every roll of a month.
async fn large_school(world: &World) -> (Town, Stage) {
    let town = Town::rush(2 * CLASSES, 40, PUPILS);
    let (stage, days) = (Stage::with(world, &town).await, september());
    let weekly: Vec<Date> = days.iter().copied().filter(|day| day.weekday() == Weekday::Wednesday).collect();
    let app = stage.app();
    let timetable = app.store().timetable(&town.school.code, &town.term.code).await.expect("read");
    for offering in 0..2 * CLASSES {
        let first = offering % CLASSES * OF_A_CLASS;
        let lessons = if offering < CLASSES { &days } else { &weekly };
        let class = class_of(&town, offering, lessons, first..first + OF_A_CLASS);
        let mut commit = Commit::new(Actor::system("bench"), "bench.teach", app.now());
        commit.save_class(&Versioned::absent(class.clone())).expect("a class");
        app.store().commit(commit).await.expect("written");
        for lesson in &class.lessons {
            let begins = Moment::parse(&format!("{}T16:30:00+08:00", lesson.date)).expect("a moment");
            let named = (0..3).map(|pupil| (town.pupil(first + pupil), Presence::Absent)).collect();
            let mut roll = Roll::new(&class.id, lesson.no, lesson.at());
            let call = Call { at: begins, named, only_named: false };
            let later = begins.plus_minutes(45);
            roll.enter(&call, class.roster(lesson.date), &TEACHER.parse().expect("a teacher"), later).expect("called");
            let mut commit = Commit::new(Actor::system("bench"), "bench.call", begins);
            commit.save_roll(&Versioned::absent(roll)).expect("a roll");
            app.store().commit(commit).await.expect("written");
        }
    }
    let mut commit = Commit::new(Actor::system("bench"), "bench.teach", app.now());
    commit.save_timetable(&timetable).expect("a timetable");
    app.store().commit(commit).await.expect("written");
    world.advance(Duration::from_hours(24 * 30)).await;
    (town, stage)
}

/// The attendance sheet of a large school's month, and a guardian's look at a child's day.
async fn counting(world: &World) {
    let (town, stage) = large_school(world).await;
    let router = start::router(stage.app(), lesson_hours::routes());
    let school = Who::Person("A000000001".to_owned(), "school_admin@school:3144200101".to_owned());
    let sheet = |by: &str| {
        let path = format!("/schools/3144200101/terms/{TERM}/attendance-sheet?month=2026-09&by={by}");
        event("GET", &path, &school, &[], None)
    };
    let rolls = CLASSES * (september().len() + 5);
    // A page of people has five hundred names.
    for (by, names, most_units) in [("class", 0, 200), ("person", 5, 700)] {
        // The environment is warm: roles, the school's key and its classes are known.
        answered(&router, &sheet(by), StatusCode::OK).await;
        let before = world.counts();
        let began = real_now();
        let seen = answered(&router, &sheet(by), StatusCode::OK).await;
        let took = began.elapsed();
        let used = world.counts().since(&before);
        assert_eq!(seen["total"]["due"], rolls * OF_A_CLASS);
        let calls = u64::try_from(2 * CLASSES + names).expect("a count");
        let name = |what: &str| format!("month_sheet.of_3000.by_{by}.{what}");
        figure(&name("sdk_calls"), used.calls_total() * 1000, "calls", "one for each class, and for 100 names");
        figure(&name("read_units"), used.total().read_halves * 500, "RRU", &format!("<= {most_units}"));
        let millis = u64::try_from(took.as_millis()).expect("a while");
        figure(&name("cpu_with_emulator"), millis * 1000, "ms", "reported");
        assert_eq!(used.calls_total(), calls, "rolls of each class, names");
        assert!(used.total().read_halves <= 2 * most_units, "{}", used.total().read_halves);
        assert_eq!(used.total().write_units, 0);
    }
    let guardian = Who::Guardian(town.guardian_of(0).to_string());
    let path = format!("/students/{}/lesson-hours?from=2026-09-02&until=2026-09-02&by=day", town.pupil(0));
    let day = event("GET", &path, &guardian, &[], None);
    answered(&router, &day, StatusCode::OK).await;
    let before = world.counts();
    let seen = answered(&router, &day, StatusCode::OK).await;
    assert_eq!((&seen["total"]["held"], &seen["total"]["absent"]), (&2.into(), &2.into()));
    let used = world.counts().since(&before);
    figure("child_hours_of_a_day.sdk_calls", used.calls_total() * 1000, "calls", "pupil and rolls: 2");
    figure("child_hours_of_a_day.read_units", used.total().read_halves * 500, "RRU", "reported");
    assert_eq!(used.calls_total(), 2, "pupil, rolls");
}

#[expect(clippy::disallowed_methods, reason = "how long it takes outside of the simulated world")]
fn real_now() -> std::time::Instant {
    std::time::Instant::now()
}

#[test]
fn what_counting_costs() {
    simulate(1, async |world| counting(&world).await);
}
