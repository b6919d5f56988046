//! Sample events: each is JSON, belongs to a function, and is run by that function's tests.

use crate::house;

/// A sample with its text.
struct Sample {
    path: String,
    text: String,
}

/// The function a folder of samples belongs to: `events/import` holds the files that are imported, so that what wakes
/// the function lies in `events/import-job`.
fn function_of(folder: &str) -> &str {
    folder.strip_suffix("-job").unwrap_or(folder)
}

fn complaints(samples: &[Sample], functions: &[&str], tests: &str) -> Vec<String> {
    let mut found = Vec::new();
    for Sample { path, text } in samples {
        let parts: Vec<&str> = path.split('/').collect();
        let [_, folder, name] = parts.as_slice() else {
            found.push(format!("{path}: not events/<function>/<case>.json"));
            continue;
        };
        if !functions.contains(&function_of(folder)) {
            found.push(format!("{path}: no function of that name"));
        }
        if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
            found.push(format!("{path}: {error}"));
        }
        let case = name.trim_end_matches(".json");
        if !tests.contains(&format!("{folder}/{case}")) && !tests.contains(&format!("/{name}\"")) && !named(tests, case)
        {
            found.push(format!("{path}: no test names it"));
        }
    }
    found
}

/// Whether `case` stands in the tests, whole or as `"<operation>"` with `"<who>"`, put together there.
fn named(tests: &str, case: &str) -> bool {
    let literal = |word: &str| tests.contains(&format!("\"{word}\""));
    let two = |(at, _): (usize, &str)| {
        let (operation, rest) = case.split_at(at);
        literal(operation) && (literal(rest.trim_start_matches('-')) || tests.contains(&format!("{rest}\"")))
    };
    literal(case) || case.match_indices('-').any(two)
}

#[test]
fn a_bad_sample_is_found() {
    let told = |path: &str, text: &str, functions: &[&str]| {
        let tests = r#"Case::done("order/pay", 201), case("apply"), case("import", "by-school"), include_str!("../events/order/show.json")"#;
        complaints(&[Sample { path: path.to_owned(), text: text.to_owned() }], functions, tests).len()
    };
    assert_eq!(told("events/order/pay.json", "{}", &["order"]), 0);
    assert_eq!(told("events/order/show.json", "{}", &["order"]), 0);
    assert_eq!(told("events/import-job/apply.json", "{}", &["import"]), 0);
    assert_eq!(told("events/order/import-by-school.json", "{}", &["order"]), 0, "put together");
    assert_eq!(told("events/order/pay.json", "{", &["order"]), 1, "no JSON");
    assert_eq!(told("events/order/pay.json", "{}", &["sweep"]), 1, "no function");
    assert_eq!(told("events/order/pay-twice.json", "{}", &["order"]), 1, "no test");
    assert_eq!(told("events/order/a/b.json", "{}", &["order"]), 1, "too deep");
}

#[test]
fn every_sample_is_run() {
    let main = house::files(&["functions"], &["/src/main.rs"]);
    let functions: Vec<&str> = main.iter().filter_map(|path| path.split('/').nth(1)).collect();
    let samples = house::files(&["events"], &[".json"]).into_iter();
    let samples: Vec<Sample> = samples.map(|path| Sample { text: house::text(&path), path }).collect();
    let tests: String = house::files(&["functions"], &[".rs"]).iter().map(|path| house::text(path)).collect();
    house::none(&complaints(&samples, &functions, &tests));
}
