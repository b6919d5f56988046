//! The supervision system over the wire: batches and receipts, agreement, what the city tells, and everything that a
//! line or a city may do wrong. B5.1 B6.1 P7.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use domain::fault::{Fault, Kind};
use domain::id::SchoolCode;
use domain::supervision::agreement::{Agreement, Descent, Discrepancy, Held, Node, Question, Row, Shelf};
use domain::supervision::{Dataset, FieldMap, Inbound, Outcome, Receipt, Record, RefusalKind, Rendered, sample};
use gateway::ambient::Ambient;
use gateway::http::Http;
use gateway::supervision::signer::SignSettings;
use gateway::supervision::{
    BATCH_RECORDS, IncomingError, Intake, Message, Supervision, SupervisionError, SupervisionSettings, batches,
    read_each,
};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use simulator::supervision::{HOST, SupervisionFaults};

use crate::world::Clock;

const METHODS: [&str; 3] = ["hmac-sha256", "hmac-sm3", "sm2"];

/// What the line does to an answer.
type Meddler = fn(Response<Bytes>) -> Response<Bytes>;

/// The city behind the wire.
#[derive(Clone)]
struct Wire(Arc<Mutex<simulator::Supervision>>, Arc<Clock>, Option<Meddler>);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap();
        let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap()));
        let answer = self.0.lock().unwrap().call(&request, self.1.now().timestamp());
        let answer = self.2.map_or_else(|| answer.clone(), |meddle| meddle(answer.clone()));
        let (parts, body) = answer.into_parts();
        let mut told = HttpResponse::new(parts.status.as_u16().try_into().unwrap(), SdkBody::from(body));
        for (name, value) in &parts.headers {
            told.headers_mut().insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
        }
        HttpConnectorFuture::ready(Ok(told))
    }
}

struct Ground {
    city: Arc<Mutex<simulator::Supervision>>,
    clock: Arc<Clock>,
    line: Supervision,
}

fn settings(method: &str) -> SupervisionSettings {
    serde_json::from_value(simulator::supervision_secret(method)).unwrap()
}

fn line(wire: Wire, settings: &SupervisionSettings) -> Supervision {
    let (clock, map) = (Arc::clone(&wire.1), Arc::new(FieldMap::current().clone()));
    let http = Http::new(SharedHttpConnector::new(wire));
    Supervision::new(settings, &format!("https://{HOST}"), map, http, clock).unwrap()
}

impl Ground {
    fn new(method: &str) -> Self {
        Self::with(method, None)
    }

    fn with(method: &str, meddler: Option<Meddler>) -> Self {
        let (city, clock) = (Arc::new(Mutex::new(simulator::Supervision::new())), Clock::new());
        let line = line(Wire(Arc::clone(&city), Arc::clone(&clock), meddler), &settings(method));
        Self { city, clock, line }
    }

    fn city(&self) -> MutexGuard<'_, simulator::Supervision> {
        self.city.lock().unwrap()
    }

    fn fails(&self, faults: SupervisionFaults) {
        self.city().set_faults(faults);
    }

    async fn push(&self, records: &[Record]) -> Result<Vec<Receipt>, SupervisionError> {
        self.line.push(&rendered(records)).await
    }
}

fn rendered(records: &[Record]) -> Vec<Rendered> {
    records.iter().map(|record| FieldMap::current().render(record).unwrap()).collect()
}

fn of(dataset: Dataset, version: u64) -> Record {
    sample::records(version).into_iter().find(|record| record.dataset == dataset).unwrap()
}

fn school() -> SchoolCode {
    sample::SCHOOL.parse().unwrap()
}

fn accepted(receipts: &[Receipt]) -> usize {
    receipts.iter().filter(|receipt| matches!(receipt.outcome, Outcome::Accepted { .. })).count()
}

#[tokio::test]
async fn b6_1_all_data_sets_arrive_by_each_method_of_signing() {
    for method in METHODS {
        let ground = Ground::new(method);
        let receipts = ground.push(&sample::records(1)).await.unwrap();
        assert_eq!(accepted(&receipts), sample::records(1).len(), "{method}: {receipts:?}");
        let again = ground.push(&sample::records(1)).await.unwrap();
        assert_eq!(again, receipts, "{method}: the same record again has the same receipt");
        let sets: BTreeSet<Dataset> = receipts.iter().map(|receipt| receipt.dataset).collect();
        assert_eq!(sets.len(), 11);
    }
}

#[tokio::test]
async fn b6_1_a_version_that_is_not_higher_is_left_alone_and_the_city_says_what_it_holds() {
    let ground = Ground::new("hmac-sm3");
    ground.push(&sample::records(5)).await.unwrap();
    let held = rendered(&[of(Dataset::Teacher, 5)]).remove(0);
    let receipts = ground.push(&[of(Dataset::Teacher, 4)]).await.unwrap();
    assert_eq!(receipts[0].outcome, Outcome::Stale { held: Held { version: 5, hash: held.hash } });
    let mut gone = of(Dataset::Teacher, 6);
    gone.body = None;
    assert_eq!(accepted(&ground.push(&[gone]).await.unwrap()), 1);
    assert_eq!(ground.line.show(Dataset::Teacher, &held.source_id).await.unwrap(), None);
    let receipts = ground.push(&[of(Dataset::Teacher, 5)]).await.unwrap();
    assert!(matches!(receipts[0].outcome, Outcome::Stale { .. }), "what is gone does not come back by an old version");
}

#[tokio::test]
async fn b6_1_a_refusal_says_what_follows_from_it_and_spares_its_neighbours() {
    let ground = Ground::new("hmac-sm3");
    let receipts = ground.push(&[of(Dataset::Payment, 1), of(Dataset::Class, 1)]).await.unwrap();
    let Outcome::Refused(refusal) = &receipts[0].outcome else { panic!("{receipts:?}") };
    assert_eq!((refusal.kind, refusal.code.as_str()), (RefusalKind::Dependency, "1002"));
    assert!(refusal.reason.contains("KHXSDD"), "{}", refusal.reason);
    assert!(matches!(receipts[1].outcome, Outcome::Accepted { .. }));
    for (code, kind) in
        [("1003", RefusalKind::Later), ("1004", RefusalKind::Permanent), ("9999", RefusalKind::Permanent)]
    {
        let refuse = [("BJSJ".to_owned(), (code.to_owned(), "暂不受理".to_owned()))].into();
        ground.fails(SupervisionFaults { refuse, ..SupervisionFaults::default() });
        let receipts = ground.push(&[of(Dataset::Class, 2)]).await.unwrap();
        let Outcome::Refused(refusal) = &receipts[0].outcome else { panic!("{receipts:?}") };
        assert_eq!(refusal.kind, kind, "{code}");
    }
}

#[tokio::test]
async fn k3_a_reason_that_repeats_personal_data_arrives_without_it() {
    let ground = Ground::new("hmac-sm3");
    let pupil = of(Dataset::Student, 1);
    let name = FieldMap::current().render(&pupil).unwrap().json()["NR"]["XM"].as_str().unwrap().to_owned();
    let refuse = [("XSJBSJ".to_owned(), ("1004".to_owned(), format!("姓名不符:{name}")))].into();
    ground.fails(SupervisionFaults { refuse, ..SupervisionFaults::default() });
    let receipts = ground.push(&[pupil]).await.unwrap();
    let Outcome::Refused(refusal) = &receipts[0].outcome else { panic!("{receipts:?}") };
    assert!(refusal.reason.starts_with("姓名不符:") && !refusal.reason.contains(&name), "{}", refusal.reason);
}

#[tokio::test]
async fn p7_what_has_no_receipt_is_unanswered_and_one_given_twice_counts_once() {
    let ground = Ground::new("hmac-sm3");
    ground.fails(SupervisionFaults { mute: 1, ..SupervisionFaults::default() });
    let receipts = ground.push(&sample::records(1)).await.unwrap();
    assert_eq!((&receipts[0].outcome, accepted(&receipts)), (&Outcome::Unanswered, receipts.len() - 1));
    ground.fails(SupervisionFaults { duplicate: true, ..SupervisionFaults::default() });
    let receipts = ground.push(&sample::records(1)).await.unwrap();
    assert_eq!(accepted(&receipts), sample::records(1).len());
    assert_eq!(ground.push(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn b6_1_a_busy_or_closed_city_says_when_to_come_again() {
    let ground = Ground::new("hmac-sm3");
    let told = |error: &SupervisionError| (error.kind(), error.slug(), error.retry_after_seconds());
    // It is 8 in the morning.
    ground.fails(SupervisionFaults { window: Some((22 * 60, 24 * 60)), ..SupervisionFaults::default() });
    let error = ground.push(&[of(Dataset::Class, 1)]).await.unwrap_err();
    assert_eq!(told(&error), (Kind::Unavailable, "gateway/supervision-later", Some(14 * 3600)));
    assert!(matches!(error, SupervisionError::Later { closed: true, .. }));
    ground.clock.set(crate::world::START + 14 * 3600);
    assert_eq!(accepted(&ground.push(&[of(Dataset::Class, 1)]).await.unwrap()), 1);
    ground.fails(SupervisionFaults { per_minute: Some(1), ..SupervisionFaults::default() });
    assert_eq!(accepted(&ground.push(&[of(Dataset::Class, 2)]).await.unwrap()), 1);
    let error = ground.push(&[of(Dataset::Class, 3)]).await.unwrap_err();
    assert_eq!(told(&error), (Kind::Unavailable, "gateway/supervision-later", Some(60)));
    assert!(matches!(error, SupervisionError::Later { closed: false, .. }));
}

#[tokio::test]
async fn b6_1_what_is_not_the_citys_own_word_is_not_believed() {
    let ground = Ground::new("hmac-sm3");
    let faults = SupervisionFaults::default;
    for (faults, slug) in [
        (SupervisionFaults { unsigned: true, ..faults() }, "gateway/supervision-unsigned"),
        (SupervisionFaults { broken: true, ..faults() }, "gateway/supervision-malformed"),
        (SupervisionFaults { down: true, ..faults() }, "gateway/supervision-down"),
        (SupervisionFaults { silent: true, ..faults() }, "gateway/supervision-down"),
    ] {
        ground.fails(faults);
        let error = ground.push(&[of(Dataset::Class, 1)]).await.unwrap_err();
        assert_eq!((error.kind(), error.slug()), (Kind::Unavailable, slug));
        assert!(!format!("{error} {error:?}").contains("三年级"), "nothing of a record is told");
    }
    let meddlers: [(Meddler, &str); 5] = [
        (
            |mut answer| {
                answer.headers_mut().remove("x-sign");
                answer
            },
            "gateway/supervision-unsigned",
        ),
        (
            |mut answer| {
                answer.headers_mut().insert("x-timestamp", "1".parse().unwrap());
                answer
            },
            "gateway/supervision-unsigned",
        ),
        (|answer| answer.map(|body| [body.as_ref(), b" "].concat().into()), "gateway/supervision-unsigned"),
        (
            |mut answer| {
                *answer.status_mut() = StatusCode::FOUND;
                answer
            },
            "gateway/supervision-down",
        ),
        (
            |mut answer| {
                *answer.status_mut() = StatusCode::BAD_REQUEST;
                answer
            },
            "gateway/supervision-refused",
        ),
    ];
    for (meddler, slug) in meddlers {
        let error = Ground::with("hmac-sm3", Some(meddler)).push(&[of(Dataset::Class, 1)]).await.unwrap_err();
        assert_eq!(error.slug(), slug);
    }
}

#[tokio::test]
async fn b6_1_who_has_another_key_is_nobody_to_the_city() {
    let ground = Ground::new("hmac-sm3");
    let other = json!({"app_id": "P4420000001", "sign": {"method": "hmac-sm3", "key": "00".repeat(32)}});
    let wire = Wire(Arc::clone(&ground.city), Arc::clone(&ground.clock), None);
    let stranger = line(wire, &serde_json::from_value(other).unwrap());
    let error = stranger.push(&rendered(&[of(Dataset::Class, 1)])).await.unwrap_err();
    assert_eq!((error.kind(), error.slug()), (Kind::Internal, "gateway/supervision-unauthorized"));
    assert_eq!(ground.city().store().all().count(), 0);
}

fn shelf(records: &[Record]) -> Shelf {
    Shelf::of(records.iter().zip(rendered(records)).map(|(record, rendered)| Row {
        term: record.term.clone(),
        dataset: record.dataset,
        day: record.day,
        source_id: record.source_id.clone(),
        held: Held { version: record.version, hash: rendered.hash },
    }))
}

async fn agree(line: &Supervision, shelf: &Shelf) -> Agreement {
    let mut descent = Descent::begin(shelf);
    loop {
        match descent.question() {
            Question::Done => return descent.agreement(|_, _| true),
            Question::Digests(nodes) => {
                descent.take_digests(&line.digests(&school(), &nodes).await.unwrap()).unwrap();
            }
            Question::Listings(nodes) => {
                descent.take_listings(line.listings(&school(), &nodes).await.unwrap()).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn p7_both_sides_come_to_the_same_digest_of_every_node() {
    let ground = Ground::new("hmac-sm3");
    ground.push(&sample::records(1)).await.unwrap();
    let shelf = shelf(&sample::records(1));
    let mut nodes = vec![Node::whole()];
    let mut seen = 0;
    while let Some(node) = nodes.pop() {
        let theirs = ground.line.digests(&school(), std::slice::from_ref(&node)).await.unwrap().remove(0);
        assert_eq!(theirs, shelf.digests(&node), "{node}");
        if node.can_be_listed() {
            let listed = ground.line.listings(&school(), std::slice::from_ref(&node)).await.unwrap().remove(0);
            assert_eq!(listed, shelf.listing(&node), "{node}");
        }
        seen += 1;
        if node.depth() < 6 {
            nodes.extend(theirs.keys().map(|label| node.child(label).unwrap()));
        }
    }
    assert!(seen > 40, "{seen}");
}

#[tokio::test]
async fn p7_what_the_city_forgets_alters_loses_and_invents_is_found_over_the_wire() {
    let ground = Ground::new("sm2");
    let records = sample::records(1);
    ground.push(&records).await.unwrap();
    let shelf = shelf(&records);
    assert_eq!(agree(&ground.line, &shelf).await, Agreement::default());
    {
        let mut city = ground.city();
        let store = city.store_mut();
        assert!(store.forget("KHZFD", "20261-7K3M9Q2XAB-01-1"));
        assert!(store.alter("XSJBSJ", "7K3M9Q2XAB", "XM", json!("他人")));
        assert!(store.invent("KHXSDD", "20261-7K3M9Q2XAB-01", "20261-7K3M9Q2XAB-09"));
    }
    let found = agree(&ground.line, &shelf).await;
    let told: Vec<(&str, Discrepancy)> =
        found.findings.iter().map(|finding| (finding.source_id.as_str(), finding.discrepancy)).collect();
    assert_eq!(
        told,
        [
            ("7K3M9Q2XAB", Discrepancy::Wrong),
            ("20261-7K3M9Q2XAB-09", Discrepancy::Surplus),
            ("20261-7K3M9Q2XAB-01-1", Discrepancy::Missing),
        ]
    );
    let shown = ground.line.show(Dataset::Student, &found.findings[0].source_id).await.unwrap().unwrap();
    assert_eq!(FieldMap::current().masked(Dataset::Student, &shown)["NR"]["XM"], json!("他*"));
}

#[tokio::test]
async fn b5_1_what_the_city_tells_is_pulled_page_by_page_and_reads() {
    let ground = Ground::new("hmac-sha256");
    let extra = ground.city().decided().find(|record| record["SJJ"] == "KHKMGG").unwrap().clone();
    for at in 0..450 {
        let mut record = extra.clone();
        record["YWBH"] = json!(format!("X{at}"));
        record["NR"]["GGBH"] = json!(format!("X{at}"));
        ground.city().decide(record).unwrap();
    }
    for (inbound, expected) in [
        (Inbound::School, 1),
        (Inbound::Provider, 2),
        (Inbound::Specification, 452),
        (Inbound::InHouseCourse, 1),
        (Inbound::ExternalCourse, 1),
    ] {
        let (mut records, mut cursor) = (Vec::new(), None);
        loop {
            let page = ground.line.pull(inbound, cursor.as_deref()).await.unwrap();
            records.extend(page.records);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(records.len(), expected, "{inbound}");
        assert!(read_each(FieldMap::current(), &records).iter().all(Result::is_ok), "{inbound}");
    }
    assert_eq!(
        ground.line.pull(Inbound::School, Some("a&b")).await.unwrap_err().slug(),
        "gateway/supervision-unsendable"
    );
    assert!(ground.city().decide(json!({"SJJ": "KHKMGG"})).is_err(), "the city keeps to its own schemas");
}

fn opened(line: &Supervision, request: &Request<Bytes>, target: &str) -> Result<Vec<Value>, IncomingError> {
    let (headers, body) = (request.headers(), request.body().as_ref());
    line.open(Message { method: "POST", target, headers, body })
}

#[tokio::test]
async fn b5_1_a_message_of_the_city_is_opened_if_it_is_its_own_and_of_now() {
    const TARGET: &str = "/v1/municipal/records";
    for method in METHODS {
        let ground = Ground::new(method);
        let (records, now) = (vec![json!({"SJJ": "XXJBSJ", "YWBH": "1"}), json!({"YWBH": "2"})], ground.clock.now());
        let mut request = ground.city().message(TARGET, &records, method, now.timestamp());
        let told = opened(&ground.line, &request, TARGET).unwrap();
        let read = read_each(FieldMap::current(), &told);
        assert!(matches!(&read[0], Err(Intake::Refused { source_id, .. }) if source_id == "1"), "{read:?}");
        assert!(matches!(&read[1], Err(Intake::Refused { reason, .. }) if reason == "数据集名称不能识别"), "{read:?}");
        let answer =
            ground.line.answer(request.headers(), &[Intake::Accepted { source_id: "1".into(), version: 1 }]).unwrap();
        assert_eq!(answer.body, r#"{"receipts":[{"result":"accepted","source_id":"1","version":1}]}"#);
        assert_eq!(answer.headers.len(), 3);
        assert_eq!(opened(&ground.line, &request, "/v1/elsewhere"), Err(IncomingError::Unsigned));
        ground.clock.set(crate::world::START + 301);
        assert_eq!(opened(&ground.line, &request, TARGET), Err(IncomingError::Unsigned), "five minutes late");
        ground.clock.set(crate::world::START);
        *request.body_mut() = Bytes::from_static(b"{\"records\":[]}");
        assert_eq!(opened(&ground.line, &request, TARGET), Err(IncomingError::Unsigned));
        assert_eq!(IncomingError::Unsigned.kind(), Kind::UnknownCaller);
        let many: Vec<Value> = vec![json!({}); 501];
        let request = ground.city().message(TARGET, &many, method, now.timestamp());
        assert_eq!(opened(&ground.line, &request, TARGET), Err(IncomingError::Malformed));
    }
}

#[test]
fn b6_1_batches_keep_the_order_and_the_limit() {
    let one = of(Dataset::Class, 1);
    let many = rendered(&vec![one; BATCH_RECORDS * 2 + 1]);
    let cut = batches(&many);
    assert_eq!(cut.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [BATCH_RECORDS, BATCH_RECORDS, 1]);
    assert_eq!(cut.concat(), many);
    assert!(batches(&[]).is_empty());
}

#[test]
fn b6_1_signatures_are_those_that_others_make() {
    let signer = |value: Value| serde_json::from_value::<SignSettings>(value).unwrap().signer();
    let key = simulator::supervision::SHARED_KEY;
    // By OpenSSL.
    for (method, expected) in [
        ("hmac-sha256", "d3472d7095209bfcf905433d6469db33e37e8e81da13ae8fc497df2eb2bf47e9"),
        ("hmac-sm3", "f114e8ddb464ca8d00721a36ba15d27f49037063fabb554901e8cd6ed457fc93"),
    ] {
        let signer = signer(json!({"method": method, "key": key})).unwrap();
        assert_eq!(hex::encode(signer.sign(b"abc").unwrap()), expected);
        assert!(
            signer.verifies(b"abc", &hex::decode(expected).unwrap())
                && !signer.verifies(b"abd", &hex::decode(expected).unwrap())
        );
    }
    // By OpenSSL, as RustCrypto publishes it.
    let sm2 = json!({
        "method": "sm2", "id": "example@rustcrypto.org", "private_key": simulator::supervision::PLATFORM_SM2_KEY,
        "city_public_key": "0408d77ae04c01cc4c1104360dd8af6b6f7df334283d7c1a6afd5652407b87bee5014e2a57c36c150d16324dc664e31e6432359609c4e79847a5b161c8c7364c8a",
    });
    let signature = hex::decode(
        "d1dcccedd9fb785e0f67c16b7c52901625c0b69de9bca2144acc7be713cad2fcf7d1eae6e3a157b36c65f672f738ca8b46298bf149a6510072c431b49cd88b1c",
    )
    .unwrap();
    let city = signer(sm2.clone()).unwrap();
    assert!(
        city.verifies(b"testing", &signature)
            && !city.verifies(b"tested", &signature)
            && !city.verifies(b"testing", &signature[..63])
    );
    for (field, value) in
        [("private_key", "00".repeat(32)), ("city_public_key", "04".repeat(65)), ("id", String::new())]
    {
        let mut wrong = sm2.clone();
        wrong[field] = json!(value);
        assert!(signer(wrong).is_err(), "{field}");
    }
    assert!(signer(json!({"method": "hmac-sm3", "key": "00"})).is_err(), "a short key");
    assert!(!format!("{:?}", settings("hmac-sm3")).contains("6669"), "keys do not print");
}

#[test]
fn b6_1_settings_that_cannot_work_are_refused_at_the_start() {
    let at = |app: &str, base: &str| {
        let mut secret = simulator::supervision_secret("hmac-sm3");
        secret["app_id"] = json!(app);
        let (clock, map) = (Clock::new(), Arc::new(FieldMap::current().clone()));
        let wire = Wire(Arc::default(), Arc::clone(&clock), None);
        let http = Http::new(SharedHttpConnector::new(wire));
        Supervision::new(&serde_json::from_value(secret).unwrap(), base, map, http, clock)
            .map(|_| ())
            .map_err(|error| error.0)
    };
    assert_eq!(at("P1", "https://city.example"), Ok(()));
    assert_eq!(at("P1", "http://127.0.0.1:9100"), Ok(()));
    assert_eq!(at("P1", "http://city.example"), Err("base address"));
    assert_eq!(at("", "https://city.example"), Err("app_id"));
}
