//! What everybody may read, event by event.
#![expect(clippy::expect_used, clippy::tests_outside_test_module, reason = "a test stops at the unexpected")]

use serde_json::Value;
use testkit::simulate;
use testkit::stage::{Answered, Stage, send};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/portal");

/// The event, the status, and how its answer is recognized.
const CASES: [(&str, u16, &str, &str); 6] = [
    ("health", 200, "application/json", r#""status":"ok""#),
    ("openapi", 200, "application/json", r#""openapi""#),
    ("problems", 200, "text/markdown; charset=utf-8", "enrollment/class-full"),
    ("docs", 200, "text/html; charset=utf-8", "<html"),
    ("wrong-path", 404, "application/problem+json", "request/no-such-path"),
    ("wrong-method", 404, "application/problem+json", "request/no-such-method"),
];

fn answer(file: &str) -> Answered {
    let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file of events/");
    let event: Value = serde_json::from_str(&text).expect("JSON");
    simulate(1, async |world| send(&edge::start::router(Stage::new(&world).app(), portal::routes()), &event).await)
}

#[test]
fn k5_1_what_is_public_needs_nobody_signed_in() {
    for (file, status, kind, sign) in CASES {
        let answered = answer(file);
        assert_eq!(answered.status, status, "{file}");
        assert_eq!(answered.headers["content-type"], kind, "{file}");
        assert!(answered.text.contains(sign), "{file}: {}", answered.text);
    }
}

#[test]
fn k5_1_the_page_loads_nothing_from_elsewhere() {
    let page = answer("docs");
    let policy = page.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.starts_with("default-src 'none'"));
    for elsewhere in ["src=\"http", "href=\"http", "//cdn", "@import"] {
        assert!(!page.text.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn every_event_is_run() {
    let mut stored: Vec<String> = std::fs::read_dir(EVENTS)
        .expect("a folder of events/")
        .map(|file| file.expect("a file").file_name().into_string().expect("text"))
        .collect();
    let mut named: Vec<String> = CASES.iter().map(|(file, ..)| format!("{file}.json")).collect();
    stored.sort();
    named.sort();
    assert_eq!(named, stored);
}
