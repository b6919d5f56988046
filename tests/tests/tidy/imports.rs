//! Imports: which crate may know which. Everything points inwards, to `domain`, which knows nothing of the house.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::house;

/// A dependency of one crate of the house.
#[derive(Clone)]
struct Arrow {
    /// Folder of the crate, as `functions/order`.
    from: String,
    /// Name of the crate it uses.
    to: String,
    /// Folder of that crate, if it is of the house.
    house: Option<String>,
    /// Only for its tests.
    dev: bool,
}

/// What each shared or tool crate may use of the house.
const INWARDS: [(&str, &[&str]); 16] = [
    ("shared/domain", &[]),
    ("shared/store", &["domain"]),
    ("shared/gateway", &["domain"]),
    ("shared/sheet", &["domain"]),
    ("shared/paper", &["domain"]),
    ("shared/bill", &["domain"]),
    ("shared/cashier", &["store", "gateway", "domain"]),
    ("shared/report", &["store", "gateway", "domain"]),
    ("shared/edge", &["store", "gateway", "sheet", "domain"]),
    ("shared/testkit", &["edge", "store", "gateway", "domain", "simulator"]),
    ("infra/simulator", &[]),
    ("infra/dataset", &["sheet", "domain"]),
    ("infra/audit", &["edge", "store", "gateway", "domain"]),
    ("infra/bench", &["bill", "domain"]),
    ("infra/books", &["edge", "store", "domain"]),
    ("infra/conformance", &["edge", "gateway", "domain"]),
];

/// What a function may use.
const FUNCTION: &[&str] = &["edge", "cashier", "report", "store", "gateway", "sheet", "paper", "bill", "domain"];

/// What any crate's tests may use beside; those of a function may call another one to come to where they begin.
const TESTS_TOO: &[&str] = &["testkit", "simulator"];

/// Who may speak to AWS.
const AWS: &[&str] = &["shared/store", "shared/gateway", "shared/edge", "shared/testkit", "tests"];

/// What a rule never needs: time that passes, a network, a runtime, a log.
const NOT_IN_DOMAIN: &[&str] =
    &["tokio", "futures", "async", "aws", "axum", "lambda", "reqwest", "http", "hyper", "tower", "tracing", "fastrand"];

fn complaints(arrows: &[Arrow]) -> Vec<String> {
    let mut found = Vec::new();
    for arrow in arrows {
        let Arrow { from, to, house, dev } = arrow;
        if let Some(house) = house {
            let tests = *dev && (TESTS_TOO.contains(&to.as_str()) || house.starts_with("functions/"));
            if !tests && !may_use(from, to) {
                found.push(format!("{from} must not know {to} ({house})"));
            }
        } else if to.starts_with("aws-sdk-") && !dev && !AWS.contains(&from.as_str()) {
            found.push(format!("{from} must not speak to AWS: {to}"));
        } else if from == "shared/domain" && !dev && NOT_IN_DOMAIN.iter().any(|banned| to.starts_with(banned)) {
            found.push(format!("rules are pure, {to} is not"));
        }
    }
    found
}

fn may_use(from: &str, to: &str) -> bool {
    if from == "tests" {
        return true;
    }
    if from.starts_with("functions/") {
        return FUNCTION.contains(&to);
    }
    INWARDS.iter().find(|(name, _)| *name == from).is_some_and(|(_, allowed)| allowed.contains(&to))
}

fn arrows() -> Vec<Arrow> {
    let manifest = house::root().join("Cargo.toml");
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest).no_deps().other_options(["--offline".to_owned()]);
    let metadata = command.exec().expect("cargo metadata");
    let root = metadata.workspace_root.clone();
    let folder = |path: &cargo_metadata::camino::Utf8Path| path.strip_prefix(&root).expect("inside").to_string();
    let mut arrows = Vec::new();
    for package in &metadata.packages {
        let from = folder(package.manifest_path.parent().expect("a folder"));
        for dependency in &package.dependencies {
            arrows.push(Arrow {
                from: from.clone(),
                to: dependency.name.clone(),
                house: dependency.path.as_ref().map(|path| folder(path)),
                dev: dependency.kind == DependencyKind::Development,
            });
        }
    }
    arrows
}

#[test]
fn a_wrong_arrow_is_found() {
    let arrow = |from: &str, to: &str, house: Option<&str>, dev| Arrow {
        from: from.to_owned(),
        to: to.to_owned(),
        house: house.map(str::to_owned),
        dev,
    };
    for wrong in [
        arrow("functions/order", "sweep", Some("functions/sweep"), false),
        arrow("functions/order", "dataset", Some("infra/dataset"), true),
        arrow("functions/order", "simulator", Some("infra/simulator"), false),
        arrow("functions/order", "testkit", Some("shared/testkit"), false),
        arrow("shared/store", "edge", Some("shared/edge"), false),
        arrow("shared/domain", "store", Some("shared/store"), false),
        arrow("shared/new", "domain", Some("shared/domain"), false),
        arrow("functions/order", "aws-sdk-dynamodb", None, false),
        arrow("shared/domain", "tokio", None, false),
    ] {
        let told = complaints(std::slice::from_ref(&wrong));
        assert_eq!(told.len(), 1, "{} → {}", wrong.from, wrong.to);
    }
    for right in [
        arrow("functions/order", "cashier", Some("shared/cashier"), false),
        arrow("functions/order", "testkit", Some("shared/testkit"), true),
        arrow("functions/order", "enrollment", Some("functions/enrollment"), true),
        arrow("shared/edge", "aws-sdk-sqs", None, false),
        arrow("shared/domain", "serde", None, false),
    ] {
        house::none(&complaints(&[right]));
    }
}

#[test]
fn every_arrow_points_inwards() {
    let arrows = arrows();
    let crates: BTreeSet<&str> = arrows.iter().map(|arrow| arrow.from.as_str()).collect();
    assert!(crates.len() > 15, "cargo metadata names {} crates", crates.len());
    house::none(&complaints(&arrows));
}
