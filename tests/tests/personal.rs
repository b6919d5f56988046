//! Promise P13: no personal datum lies in the clear outside its place. A town with known names, phones and numbers is
//! brought in on the importer's way; families enroll, pay, cancel and fail; then everything that was kept, sent or told
//! is searched for them. K3.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::tests_outside_test_module,
    reason = "figures are printed, and a test stops at the unexpected"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::audit::Actor;
use domain::import::{Cell, Table};
use domain::{Moment, Tenant};
use edge::App;
use serde_json::{Value, json};
use sheet::{Heading, Limits, Sheet};
use store::{Commit, Versioned};
use testkit::stage::{ARCHIVE_QUEUE, Answered, IMPORT_QUEUE, IMPORTS, PREFIX, SNAPSHOTS, Stage, Who, event, send};
use testkit::town::Town;
use testkit::{Faults, TABLES, World, plain, simulate, table_name};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;
use utoipa_axum::router::OpenApiRouter;

const SCHOOL: &str = "2144200601";
const TERM: &str = "2026-2027-1";

/// Pupils that are brought in, all in one homeroom.
const PUPILS: usize = 6;

/// What the house logs, more of it than in the cloud; and what the libraries log there.
const LOGGED: &str = "info,edge=trace,store=trace,gateway=trace,cashier=trace,school=trace,import=trace,catalog=trace,\
                      enrollment=trace,order=trace,payment_callback=trace,privacy=trace,sweep=trace,archive=trace";

/// Lines of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects what is logged from now on.
    fn listen(&self) -> DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().json().with_env_filter(EnvFilter::new(LOGGED)).without_time();
        tracing::subscriber::set_default(lines.with_writer(move || log.clone()).finish())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that was kept, sent or told: where, and what.
#[derive(Default)]
struct Found(Vec<(String, String)>);

impl Found {
    fn of(world: &World, log: &Log, problems: &[String]) -> Self {
        let mut found = Self::default();
        for table in TABLES.map(|table| table_name(PREFIX, table.name)) {
            found.0.extend(world.scan(&table).iter().map(|item| (format!("table {table}"), plain(item).to_string())));
        }
        let queues: BTreeSet<String> =
            world.queues().into_iter().chain([IMPORT_QUEUE, ARCHIVE_QUEUE].map(str::to_owned)).collect();
        for queue in queues {
            found.0.extend(world.sent(&queue).into_iter().map(|message| (format!("queue {queue}"), message.body)));
        }
        for bucket in [SNAPSHOTS, IMPORTS] {
            for (key, object) in world.objects(bucket) {
                // The file as the clerk gave it is the place of personal data, for thirty days.
                let text =
                    if is_source(&key) { String::new() } else { String::from_utf8_lossy(&object.body).into_owned() };
                found.0.push((format!("object {bucket}"), format!("{key} {text}")));
            }
        }
        for sent in
            world.requests().into_iter().filter(|sent| !is_source(sent.uri.split('?').next().unwrap_or_default()))
        {
            found.0.push(("request".to_owned(), format!("{} {}", sent.uri, String::from_utf8_lossy(&sent.body))));
        }
        found.0.extend(world.trace().into_iter().map(|line| ("trace".to_owned(), line)));
        found.0.extend(log.text().lines().map(|line| ("log".to_owned(), line.to_owned())));
        found.0.extend(problems.iter().map(|body| ("problem".to_owned(), body.clone())));
        found
    }

    /// Where canaries lie in the clear, as they are or as a URL writes them.
    fn hits(&self, canaries: &BTreeSet<String>) -> Vec<&str> {
        let spelt: Vec<String> = canaries.iter().flat_map(|canary| [canary.clone(), in_url(canary)]).collect();
        let sings = |text: &str| spelt.iter().any(|canary| text.contains(canary.as_str()));
        self.0.iter().filter(|(_, text)| sings(text)).map(|(place, _)| place.as_str()).collect()
    }

    fn count(&self, place: &str) -> usize {
        self.0.iter().filter(|(known, _)| known.starts_with(place)).count()
    }
}

fn is_source(key: &str) -> bool {
    key.ends_with("/file")
}

fn in_url(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../events/import/{name}.xlsx", env!("CARGO_MANIFEST_DIR"))).expect(name)
}

fn table(name: &str) -> Table {
    sheet::read(&file(name), &Limits::default()).expect("a sheet")
}

fn written(heading: &[Cell], rows: Vec<Vec<Cell>>) -> Vec<u8> {
    sheet::write_xlsx(&Sheet {
        name: "导入".into(),
        created: jiff::civil::date(2026, 8, 1),
        headings: heading.iter().map(|cell| Heading::plain(cell.to_string())).collect(),
        rows,
    })
    .expect("a sheet")
}

/// Sheets of pupils and guardians, with names that stand nowhere else, and all that must not be found.
struct People {
    students: Vec<u8>,
    guardians: Vec<u8>,
    faulty: [(&'static str, Vec<u8>); 2],
    canaries: BTreeSet<String>,
    names: BTreeSet<String>,
}

fn people() -> People {
    let (students, guardians) = (table("students"), table("guardians"));
    let (heading, rows) = students.split().expect("pupils");
    let mut canaries = BTreeSet::new();
    let mut names = BTreeSet::new();
    let family = ["罕", "翯", "龘", "靐", "齉", "爩"];
    let mut pupils: Vec<Vec<Cell>> = rows.iter().take(PUPILS).map(|row| row.cells.clone()).collect();
    for (pupil, family) in pupils.iter_mut().zip(family) {
        pupil[2] = Cell::Text(format!("{family}雀金丝"));
        names.insert(pupil[2].to_string());
        canaries.extend([pupil[1].to_string(), pupil[2].to_string()]);
    }
    let numbers: BTreeSet<String> = pupils.iter().map(|pupil| pupil[1].to_string()).collect();
    let (links, rows) = guardians.split().expect("guardians");
    let mut christened: BTreeMap<String, String> = BTreeMap::new();
    let mut linked: Vec<Vec<Cell>> =
        rows.iter().filter(|row| numbers.contains(&row.cell(2).to_string())).map(|row| row.cells.clone()).collect();
    for link in &mut linked {
        let next = format!(
            "罕见姓名{}",
            ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸", "子", "丑"][christened.len()]
        );
        let name = christened.entry(link[0].to_string()).or_insert(next);
        link[1] = Cell::Text(name.clone());
        canaries.extend([link[0].to_string(), name.clone()]);
    }
    assert!(linked.len() >= PUPILS, "every pupil has a guardian");
    // Whatever a clerk gets wrong: names with figures, numbers one figure too long, a row twice, a guardian by two names.
    let spoilt = |row: &[Cell], column: usize, with: &str| {
        let mut row = row.to_vec();
        row[column] = Cell::Text(format!("{}{with}", row[column]));
        row
    };
    let wrong_pupils =
        vec![spoilt(&pupils[0], 2, "7"), spoilt(&pupils[1], 1, "7"), pupils[2].clone(), pupils[2].clone()];
    let wrong_links =
        vec![linked[0].clone(), spoilt(&linked[0], 1, "氏"), spoilt(&linked[1], 0, "7"), spoilt(&linked[1], 2, "7")];
    People {
        faulty: [
            ("students", written(&heading.cells, wrong_pupils)),
            ("guardians", written(&links.cells, wrong_links)),
        ],
        students: written(&heading.cells, pupils),
        guardians: written(&links.cells, linked),
        canaries,
        names,
    }
}

/// A platform to which everything is sent, and what it told of what went wrong.
struct Platform {
    stage: Stage,
    problems: Vec<String>,
}

impl Platform {
    async fn ask(&mut self, routes: OpenApiRouter<App>, event: &Value) -> Answered {
        let function: Router = edge::start::router(self.stage.app(), routes);
        let answered = send(&function, event).await;
        if !answered.status.is_success() {
            self.problems.push(answered.text.clone());
        }
        answered
    }

    async fn done(&mut self, routes: OpenApiRouter<App>, event: &Value) -> Value {
        let answered = self.ask(routes, event).await;
        assert!(answered.status.is_success(), "{}", answered.text);
        answered.json()
    }

    /// A dry run of a file; its import.
    async fn submit(&mut self, kind: &str, bytes: &[u8]) -> Value {
        let body =
            json!({"kind": kind, "file_name": "名单.xlsx", "content_base64": STANDARD.encode(bytes)}).to_string();
        self.done(
            school::routes(),
            &event("POST", "/imports", &Who::Staff("system_admin@platform".to_owned()), &[], Some(&body)),
        )
        .await
    }

    /// A file from its upload to its last row.
    async fn bring(&mut self, kind: &str, bytes: &[u8]) {
        let checked = self.submit(kind, bytes).await;
        assert_eq!(checked["errors_total"], 0, "{kind}: {checked}");
        let path = format!("/imports/{}/apply", checked["import_id"].as_str().expect("an import"));
        let apply = event(
            "POST",
            &path,
            &Who::Staff("system_admin@platform".to_owned()),
            &[("Idempotency-Key", kind)],
            Some("{}"),
        );
        self.done(school::routes(), &apply).await;
        let messages = self.stage.world.take_messages(IMPORT_QUEUE, 1);
        let event = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
        assert!(import::consume(self.stage.app(), event).await.batch_item_failures.is_empty(), "{kind}");
        for message in &messages {
            self.stage.world.settle(message);
        }
    }

    async fn children(&mut self, guardian: &str) -> Answered {
        self.ask(school::routes(), &event("GET", "/children", &Who::Guardian(guardian.to_owned()), &[], None)).await
    }

    async fn enroll(&mut self, guardian: &str, pupil: &str, offering: &str) -> Answered {
        let choices = json!([{"offering_id": offering}]);
        let body = json!({"student_id": pupil, "term": TERM, "choices": choices}).to_string();
        let who = Who::Guardian(guardian.to_owned());
        let key = format!("{pupil}-{}", self.problems.len());
        self.ask(enrollment::routes(), &event("POST", "/enrollments", &who, &[("Idempotency-Key", &key)], Some(&body)))
            .await
    }

    async fn pay(&mut self, guardian: &str, order: &str) -> Answered {
        let body = json!({"channel": "wechat", "method": "native"}).to_string();
        let (path, who) = (format!("/orders/{order}/payments"), Who::Guardian(guardian.to_owned()));
        self.ask(order::routes(), &event("POST", &path, &who, &[("Idempotency-Key", order)], Some(&body))).await
    }

    async fn callbacks(&mut self) {
        let callbacks = self.stage.provider().take_callbacks(self.stage.world.now());
        for callback in callbacks {
            let headers = callback.request.headers().iter();
            let headers: Vec<_> =
                headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
            let body = std::str::from_utf8(callback.request.body()).expect("text");
            let event = event("POST", "/callbacks/wechat", &Who::Nobody, &headers, Some(body));
            let answered = self.ask(payment_callback::routes(), &event).await;
            self.stage.provider().answered(&callback.id, answered.status);
        }
    }

    /// Time passes; what is due is looked at, what is woken is archived.
    async fn later(&mut self, seconds: u64) {
        self.stage.world.advance(Duration::from_secs(seconds)).await;
        sweep::sweep(self.stage.app()).await;
        let messages = self.stage.world.take_messages(ARCHIVE_QUEUE, 10);
        if !messages.is_empty() {
            let event = serde_json::from_value(testkit::event(&messages)).expect("an event of a queue");
            assert!(archive::consume(self.stage.app(), event).await.batch_item_failures.is_empty());
            for message in &messages {
                self.stage.world.settle(message);
            }
        }
    }
}

/// Guardians with their children, as the directory has them.
fn families(world: &World) -> Vec<(String, Vec<String>)> {
    let items = world.scan(&table_name(PREFIX, "directory"));
    let guardians = items.iter().map(plain).filter(|item| item["sk"] == "GUARDIAN");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    guardians
        .map(|it| (text(&it["id"]), it["children"].as_array().expect("a list").iter().map(text).collect()))
        .collect()
}

fn calls_of_kms(world: &World) -> u64 {
    world.counts().calls.iter().filter(|(name, _)| name.starts_with("kms:")).map(|(_, count)| count).sum()
}

/// Every sheet is brought in, and those that hold faults are judged.
async fn bring_all(platform: &mut Platform, people: &People) {
    for kind in ["organizations", "schools", "homerooms", "specifications", "terms", "courses", "offerings"] {
        platform.bring(kind, &file(kind)).await;
    }
    platform.bring("students", &people.students).await;
    platform.bring("guardians", &people.guardians).await;
    for (kind, bytes) in &people.faulty {
        let judged = platform.submit(kind, bytes).await;
        assert!(judged["errors_total"].as_u64() >= Some(3), "{judged}");
    }
}

/// Everything from the first sheet to a school whose data is destroyed.
async fn live(platform: &mut Platform, people: &People) {
    let world = platform.stage.world.clone();
    bring_all(platform, people).await;
    let families = families(&world);
    let (guardian, child) = (families[0].0.clone(), families[0].1[0].clone());
    let (stranger, other) = {
        let other = families.iter().find(|(_, children)| !children.contains(&child)).expect("another family");
        (other.0.clone(), other.1[0].clone())
    };
    let seen = platform.children(&guardian).await;
    assert!(people.names.iter().any(|name| seen.text.contains(name.as_str())), "the names did come in: {}", seen.text);

    let before = calls_of_kms(&world);
    let who = Who::Guardian(guardian.clone());
    let path = format!("/offerings?term={TERM}&student_id={child}");
    let offered = platform.done(catalog::routes(), &event("GET", &path, &who, &[], None)).await;
    let offering = offered["items"][0]["offering_id"].as_str().expect("an offering").to_owned();
    let mut orders = Vec::new();
    for (guardian, child) in [(&guardian, &child), (&stranger, &other)] {
        let placed = platform.enroll(guardian, child, &offering).await;
        assert_eq!(placed.status, 201, "{}", placed.text);
        orders.push(placed.json()["order_no"].as_str().expect("a number").to_owned());
        let begun = platform.pay(guardian, &orders[orders.len() - 1]).await;
        assert_eq!(begun.status, 201, "{}", begun.text);
        if guardian == &families[0].0 {
            let (payment, now) = (begun.json()["payment_no"].as_str().expect("a number").to_owned(), world.now());
            platform.stage.provider().pay(&payment, now).expect("paid");
        }
    }
    platform.callbacks().await;
    // What goes wrong: another's child, a number or a name where an identifier should be, twice the same, too late.
    platform.enroll(&stranger, &child, &offering).await;
    platform.enroll(&guardian, &child, &offering).await;
    for canary in &people.canaries {
        platform.enroll(&guardian, canary, &offering).await;
        platform.enroll(&guardian, &child, canary).await;
    }
    platform.pay(&stranger, &orders[0]).await;
    let cancel = format!("/orders/{}/cancel", orders[1]);
    let cancel = event("POST", &cancel, &Who::Guardian(stranger.clone()), &[("Idempotency-Key", "c")], None);
    platform.done(order::routes(), &cancel).await;
    for seconds in [320, 1_000, 60, 60] {
        platform.later(seconds).await;
        platform.callbacks().await;
    }
    assert_eq!(calls_of_kms(&world), before, "no function that needs no names has asked for a key");

    look(platform, people, &guardian, &child).await;

    // Nothing answers; a name is in the clear where it must not be; the keys are destroyed.
    world.set_faults(Faults { connection_error: 1000, ..Faults::none() });
    assert_eq!(platform.children(&guardian).await.status, 503);
    world.set_faults(Faults::none());
    let key =
        |id: &str| world.peek(&table_name(PREFIX, "directory"), &format!("STUDENT#{id}"), "STUDENT").expect("a pupil");
    let (good, mut moved) = (key(&child), key(&child));
    moved.insert("name".into(), key(&other)["name"].clone());
    world.plant(&table_name(PREFIX, "directory"), moved);
    assert_eq!(platform.children(&guardian).await.status, 500);
    world.plant(&table_name(PREFIX, "directory"), good);
    assert_eq!(platform.children(&guardian).await.status, 200);
    let school = Tenant::School(SCHOOL.parse().expect("a school"));
    platform.stage.app().store().shred(&school, &Actor::system("test"), platform.stage.now()).await.expect("shredded");
    let gone = platform.children(&guardian).await;
    assert_eq!((gone.status.as_u16(), gone.slug().as_str()), (409, "store/shredded"));
    let desk = event("GET", "/me/privacy", &Who::Guardian(guardian), &[], None);
    let desk = platform.done(privacy::routes(), &desk).await;
    assert!(
        desk["children"].as_array().is_some_and(|children| children.iter().any(|child| child["destroyed"] == true))
    );
}

/// A clerk sees the child in full; the guardian sees the desk, and writes names where names may be written.
async fn look(platform: &mut Platform, people: &People, guardian: &str, child: &str) {
    let clerk = Who::Person("A000000001".to_owned(), format!("school_admin@school:{SCHOOL}"));
    let principal = Who::Person("A000000002".to_owned(), format!("principal@school:{SCHOOL}"));
    let guardian = Who::Guardian(guardian.to_owned());
    let key = [("Idempotency-Key", "look")];
    let body = json!({"kind": "student", "id": child, "purpose": "核对学籍变动"}).to_string();
    let asked = platform.done(privacy::routes(), &event("POST", "/reveals", &clerk, &key, Some(&body))).await;
    let path = format!("/reveals/{}", asked["reveal_id"].as_str().expect("an identifier"));
    platform.done(privacy::routes(), &event("POST", &format!("{path}/approve"), &principal, &[], None)).await;
    let shown = platform.done(privacy::routes(), &event("GET", &path, &clerk, &[], None)).await;
    let name = shown["in_full"]["name"].as_str().expect("a name").to_owned();
    assert!(people.names.contains(&name), "the name is shown: {shown}");
    let desk = platform.done(privacy::routes(), &event("GET", "/me/privacy", &guardian, &[], None)).await;
    assert!(desk["looks"].to_string().contains("核对学籍变动"), "{desk}");
    platform.done(privacy::routes(), &event("GET", "/me/privacy/export", &guardian, &[], None)).await;
    let body = json!({"kind": "correction", "student_id": child, "text": format!("姓名{name}写错了")}).to_string();
    platform.done(privacy::routes(), &event("POST", "/me/privacy-requests", &guardian, &key, Some(&body))).await;
    let listed = event("GET", &format!("/privacy-requests?school={SCHOOL}"), &principal, &[], None);
    let listed = platform.done(privacy::routes(), &listed).await;
    assert!(listed["items"].to_string().contains(&name), "whoever decides reads what was written: {listed}");
    // Names and numbers where identifiers should be.
    for canary in &people.canaries {
        let body = json!({"kind": "student", "id": canary, "purpose": "核对学籍变动"}).to_string();
        let refused = platform.ask(privacy::routes(), &event("POST", "/reveals", &clerk, &key, Some(&body))).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let body = json!({"document": canary, "version": 1}).to_string();
        let refused =
            platform.ask(privacy::routes(), &event("POST", "/me/consents", &guardian, &[], Some(&body))).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
    }
}

#[test]
fn p13_no_personal_datum_lies_in_the_clear() {
    let log = Log::default();
    let _listening = log.listen();
    let people = people();
    simulate(13, async |world| {
        world.keep_requests();
        world.keep_trace();
        let mut platform = Platform { stage: Stage::new(&world), problems: Vec::new() };
        live(&mut platform, &people).await;
        let found = Found::of(&world, &log, &platform.problems);
        for (place, least) in [("table", 300), ("queue", 9), ("object snapshots", 2), ("object imports", 20)] {
            assert!(found.count(place) >= least, "{place}: {}", found.count(place));
        }
        for (place, least) in
            [("request", 1_000), ("trace", 1_000), ("log", 10), ("problem", people.canaries.len() * 2)]
        {
            assert!(found.count(place) >= least, "{place}: {}", found.count(place));
        }
        let places: BTreeMap<&str, usize> = found.0.iter().fold(BTreeMap::new(), |mut places, (place, _)| {
            *places.entry(place.as_str()).or_default() += 1;
            places
        });
        println!("{} canaries sought in {places:?}", people.canaries.len());
        assert_eq!(found.hits(&people.canaries), Vec::<&str>::new());
    });
}

/// The search itself: whatever lets a canary out, it is heard.
#[test]
fn p13_a_datum_in_the_clear_is_found() {
    let log = Log::default();
    let _listening = log.listen();
    simulate(14, async |world| {
        world.keep_requests();
        let town = Town::small(1);
        let pupil = town.students[0].clone();
        let canaries: BTreeSet<String> = [pupil.name.reveal().clone(), pupil.number.reveal().clone()].into();
        let stage = Stage::with(&world, &town).await;
        assert_eq!(Found::of(&world, &log, &[]).hits(&canaries), Vec::<&str>::new());

        // A writer that does not seal.
        world.plant_defect(|operation, request| {
            if operation == "TransactWriteItems" {
                unseal(request);
            }
        });
        let now: Moment = stage.now();
        let mut commit = Commit::new(Actor::system("test"), "test.change", now);
        let read = stage.app().store().open_student(&pupil.pupil.id).await.expect("read").expect("a pupil").unguarded();
        commit.save_student(&Versioned { value: pupil.clone(), ..read }).expect("a pupil");
        stage.app().store().commit(commit).await.expect("written");
        assert_eq!(Found::of(&world, &log, &[]).hits(&canaries), ["table test-directory"]);

        // A line of the log, a problem, an object, a message, an address.
        tracing::warn!(pupil = pupil.name.reveal().as_str(), "not found");
        let told = [json!({"detail": format!("没有找到{}", pupil.number.reveal())}).to_string()];
        let bytes = bytes::Bytes::from(format!("{{\"name\": \"{}\"}}", pupil.name.reveal()));
        stage.app().objects().put_once(IMPORTS, "x/errors.json", bytes, "application/json").await.expect("stored");
        stage
            .app()
            .wakeups()
            .wake("https://sqs.cn-northwest-1.amazonaws.com.cn/1/x.fifo", "x", "x", pupil.number.reveal())
            .await;
        stage.app().objects().get(IMPORTS, pupil.name.reveal(), 9).await.expect("asked for");
        let found = Found::of(&world, &log, &told);
        let hits: BTreeSet<&str> = found.hits(&canaries).into_iter().collect();
        assert_eq!(
            hits,
            ["log", "object imports", "problem", "queue x.fifo", "request", "table test-directory"]
                .into_iter()
                .collect()
        );
    });
}

/// Puts the canaries' clear texts where envelopes were.
fn unseal(request: &mut Value) {
    match request {
        Value::Object(inside) => {
            if let Some(datum) = inside.get_mut("pii") {
                *datum = json!({"S": "学生0"});
            } else {
                inside.values_mut().for_each(unseal);
            }
        }
        Value::Array(inside) => inside.iter_mut().for_each(unseal),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
