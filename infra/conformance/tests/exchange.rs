//! The table against the simulated supervision system: green as it is, red for each entry of the field map that is
//! broken. B5.1 B6.1.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "every function of this target is a test or serves one"
)]

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use conformance::{RECEIVED, REPORTED, Report};
use domain::Moment;
use domain::supervision::map::Holds;
use domain::supervision::{Dataset, FieldMap, Inbound};
use gateway::ambient::Ambient;
use gateway::http::Http;
use gateway::supervision::Supervision;
use serde_json::{Value, json};
use simulator::supervision::{HOST, SupervisionFaults};
use strum::VariantArray as _;

/// 2026-09-01 08:00 in China.
const START: i64 = 1_788_220_800;

#[derive(Default)]
struct Clock(AtomicU64);

impl Ambient for Clock {
    fn now(&self) -> Moment {
        Moment::from_seconds(START)
    }

    fn random(&self) -> u64 {
        self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst)
    }
}

#[derive(Clone)]
struct Wire(Arc<Mutex<simulator::Supervision>>);

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap();
        let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap()));
        let answer = self.0.lock().unwrap().call(&request, Moment::from_seconds(START).timestamp());
        let (parts, body) = answer.into_parts();
        let mut told = HttpResponse::new(parts.status.as_u16().try_into().unwrap(), SdkBody::from(body));
        for (name, value) in &parts.headers {
            told.headers_mut().insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
        }
        HttpConnectorFuture::ready(Ok(told))
    }
}

async fn run_on(city: &Wire, map: FieldMap, version: u64) -> Report {
    let settings = serde_json::from_value(simulator::supervision_secret("hmac-sha256")).unwrap();
    let http = Http::new(SharedHttpConnector::new(city.clone()));
    let base = format!("https://{HOST}");
    let line = Supervision::new(&settings, &base, Arc::new(map), http, Arc::new(Clock::default())).unwrap();
    conformance::run(&line, version).await
}

fn city() -> Wire {
    Wire(Arc::new(Mutex::new(simulator::Supervision::new())))
}

async fn run(map: FieldMap) -> Report {
    run_on(&city(), map, 10).await
}

fn whole() -> Value {
    serde_json::to_value(FieldMap::current()).unwrap()
}

fn parsed(map: &Value) -> FieldMap {
    FieldMap::parse(&map.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test]
async fn b6_1_the_table_is_green_and_can_be_made_again() {
    let city = city();
    for version in [10, 20] {
        let report = run_on(&city, FieldMap::current().clone(), version).await;
        assert!(report.passes(), "{report}");
        assert_eq!(report.len(), Dataset::VARIANTS.len() + Inbound::VARIANTS.len());
        let page = report.to_string();
        assert_eq!(page.lines().filter(|line| line.starts_with("通过")).count(), 16, "{page}");
        assert_eq!(page.matches('✓').count(), REPORTED.len() * 11 - 3 + RECEIVED.len() * 5, "{page}");
    }
    assert!(city.0.lock().unwrap().store().counts().is_empty(), "nothing is left behind");
}

/// Where each field of the map lies, with nested ones.
fn entries(fields: &Value, at: &str, found: &mut Vec<String>) {
    for (i, field) in fields.as_array().into_iter().flatten().enumerate() {
        let here = format!("{at}/{i}");
        entries(&field["holds"]["fields"], &format!("{here}/holds/fields"), found);
        found.push(here);
    }
}

#[tokio::test]
async fn b6_1_each_entry_that_is_broken_turns_its_data_set_red() {
    let mut broken = 0;
    for dataset in Dataset::VARIANTS {
        let mut places = Vec::new();
        let fields = format!("/outbound/{dataset}/fields");
        entries(whole().pointer(&fields).unwrap(), &fields, &mut places);
        for place in places {
            for side in ["theirs", "ours"] {
                let mut map = whole();
                let name = map.pointer_mut(&format!("{place}/{side}")).unwrap();
                *name = json!(format!("{}X", name.as_str().unwrap()));
                let report = run(parsed(&map)).await;
                assert!(!report.passes_for(dataset.chinese()), "{place}/{side}\n{report}");
                broken += 1;
            }
        }
    }
    assert!(broken > 200, "{broken}");
}

#[tokio::test]
async fn b5_1_each_entry_of_what_is_received_that_is_broken_turns_its_data_set_red() {
    for inbound in Inbound::VARIANTS {
        let mut places = Vec::new();
        let fields = format!("/inbound/{inbound}/fields");
        entries(whole().pointer(&fields).unwrap(), &fields, &mut places);
        for place in places {
            let mut map = whole();
            let theirs = map.pointer_mut(&format!("{place}/theirs")).unwrap();
            *theirs = json!(format!("{}X", theirs.as_str().unwrap()));
            let report = run(parsed(&map)).await;
            assert!(!report.passes_for(inbound.chinese()), "{place}\n{report}");
            let others = Inbound::VARIANTS.iter().filter(|other| *other != inbound);
            assert!(others.map(|other| other.chinese()).all(|other| report.passes_for(other)), "{place}\n{report}");
        }
    }
}

#[tokio::test]
async fn b6_1_codes_formats_names_and_references_that_are_broken_turn_it_red() {
    let mut maps: Vec<(String, Value)> = Vec::new();
    for name in FieldMap::current().tables.keys() {
        let mut map = whole();
        for code in map["tables"][name]["codes"].as_object_mut().unwrap().values_mut() {
            *code = json!(format!("9{}", code.as_str().unwrap()));
        }
        maps.push((format!("table {name}"), map));
    }
    for name in ["dataset", "source_id", "school", "term", "day", "version", "op", "changed_at", "hash", "body"] {
        let mut map = whole();
        map["envelope"][name] = json!("X");
        maps.push((format!("envelope {name}"), map));
    }
    for (name, value) in
        [("money", json!("fen")), ("day", json!("compact")), ("moment", json!("rfc3339")), ("flags", json!(["N", "Y"]))]
    {
        let mut map = whole();
        map["formats"][name] = value;
        maps.push((format!("format {name}"), map));
    }
    for name in Dataset::VARIANTS {
        let mut map = whole();
        map["outbound"][name.to_string()]["name"] = json!("XXSJ");
        maps.push((format!("name {name}"), map));
    }
    let mut map = whole();
    map["refusals"]["1002"] = json!("permanent");
    maps.push(("refusals".to_owned(), map));
    for (what, map) in maps {
        assert!(!run(parsed(&map)).await.passes(), "{what}");
    }
}

#[tokio::test]
async fn b6_1_a_city_that_keeps_less_than_it_says_turns_the_table_red() {
    let faults = SupervisionFaults::default;
    for (what, faults) in [
        ("lose", SupervisionFaults { lose: 1, ..faults() }),
        ("mute", SupervisionFaults { mute: 1, ..faults() }),
        ("down", SupervisionFaults { down: true, ..faults() }),
        ("unsigned", SupervisionFaults { unsigned: true, ..faults() }),
        (
            "refuse",
            SupervisionFaults {
                refuse: [("KHXSDD".to_owned(), ("1004".to_owned(), "不予接收".to_owned()))].into(),
                ..faults()
            },
        ),
    ] {
        let city = city();
        city.0.lock().unwrap().set_faults(faults);
        let report = run_on(&city, FieldMap::current().clone(), 10).await;
        assert!(!report.passes(), "{what}\n{report}");
        assert!(report.failures().all(|(_, _, reason)| !reason.contains("样例")), "{what}: nothing personal is told");
    }
}

#[test]
fn b6_1_what_refers_to_another_record_is_told_as_such() {
    let refers = |dataset: &Dataset| {
        FieldMap::current().outbound[dataset].fields.iter().any(|field| matches!(field.holds, Holds::Reference { .. }))
    };
    let without: Vec<&Dataset> = Dataset::VARIANTS.iter().filter(|dataset| !refers(dataset)).collect();
    assert_eq!(without, [&Dataset::Class, &Dataset::Teacher, &Dataset::TeachingClass], "their 依赖 is not looked at");
}
