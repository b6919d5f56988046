//! Sample events: each is JSON, belongs to a function, and is run by that function's tests.

use crate::house;

/// A sample with its text.
struct Sample {
    path: String,
    text: String,
}

fn complaints(samples: &[Sample], functions: &[&str], tests: &str) -> Vec<String> {
    let mut found = Vec::new();
    for Sample { path, text } in samples {
        let parts: Vec<&str> = path.split('/').collect();
        let [_, function, name] = parts.as_slice() else {
            found.push(format!("{path}: not events/<function>/<case>.json"));
            continue;
        };
        if !functions.contains(function) {
            found.push(format!("{path}: no function {function}"));
        }
        if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
            found.push(format!("{path}: {error}"));
        }
        let called = format!("{function}/{name}");
        if !tests.contains(&called) {
            found.push(format!("{path}: no test of {function} names {called}"));
        }
    }
    found
}

#[test]
fn a_bad_sample_is_found() {
    let sample = |path: &str, text: &str| [Sample { path: path.to_owned(), text: text.to_owned() }];
    let tests = r#"include_str!("../../../events/order/pay.json")"#;
    house::none(&complaints(&sample("events/order/pay.json", "{}"), &["order"], tests));
    assert_eq!(complaints(&sample("events/order/pay.json", "{"), &["order"], tests).len(), 1, "no JSON");
    assert_eq!(complaints(&sample("events/order/pay.json", "{}"), &["sweep"], tests).len(), 1, "no function");
    assert_eq!(complaints(&sample("events/order/other.json", "{}"), &["order"], tests).len(), 1, "no test");
    assert_eq!(complaints(&sample("events/order/a/b.json", "{}"), &["order"], tests).len(), 1, "too deep");
}

#[test]
fn every_sample_is_run() {
    let main = house::files(&["functions"], &["/src/main.rs"]);
    let functions: Vec<&str> = main.iter().filter_map(|path| path.split('/').nth(1)).collect();
    let samples = house::files(&["events"], &[".json"]).into_iter();
    let samples: Vec<Sample> = samples.map(|path| Sample { text: house::text(&path), path }).collect();
    let mut found = Vec::new();
    for function in &functions {
        let folder = format!("functions/{function}");
        let tests: String = house::files(&[&folder], &[".rs"]).iter().map(|path| house::text(path)).collect();
        let own: Vec<Sample> = samples
            .iter()
            .filter(|sample| sample.path.split('/').nth(1) == Some(function))
            .map(|sample| Sample { path: sample.path.clone(), text: sample.text.clone() })
            .collect();
        found.extend(complaints(&own, &functions, &tests));
    }
    let strangers = samples.iter().filter(|sample| !functions.iter().any(|name| sample.path.split('/').nth(1) == Some(name)));
    found.extend(strangers.map(|sample| format!("{}: no such function", sample.path)));
    house::none(&found);
}
