//! Who may do what: each operation as each role in each relation, asked over its router; `docs/authorization.md` holds
//! the answers. K5.1, promise P10.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::tests_outside_test_module,
    reason = "a test that meets the unexpected should stop at once; which relation is meant is told by its place"
)]

mod bodies;
mod callers;
mod operations;
mod place;
#[path = "../routers/mod.rs"]
mod routers;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::thread;

use testkit::simulate;
use testkit::stage::{Answered, Stage, Who};
use testkit::town::Town;

use crate::callers::{Caller, RELATIONS, callers};
use crate::operations::{Operation, PUBLIC, operations};
use crate::place::Place;

/// For an operation and a role, the relations in which it is done.
type Cells = BTreeMap<(&'static str, String), BTreeSet<usize>>;

/// What one caller is answered, in a town of its own.
fn answer(operation: &Operation, who: &Who) -> Answered {
    simulate(1, async |world| {
        let stage = Stage::with(&world, &Town::small(4)).await;
        (operation.ask)(&Place::new(&stage), who).await
    })
}

/// In which relations the operation is done; in all others the answer is, byte by byte, what is told of nothing.
fn done(operation: &Operation, caller: &Caller, nothing: &str) -> BTreeSet<usize> {
    let mut done = BTreeSet::new();
    for (relation, who) in caller.relations.iter().enumerate() {
        let Some(who) = who else { continue };
        let answered = answer(operation, who);
        let cell = || format!("{} as {}, {}", operation.id, caller.role, RELATIONS[relation]);
        // A staff member's password: guardians come in by the province alone.
        let by_province = operation.id == "set_password" && matches!(answered.status.as_u16(), 401 | 403);
        if answered.status.is_success() {
            done.insert(relation);
        } else if !by_province {
            assert_eq!((answered.status.as_u16(), answered.text.as_str()), (404, nothing), "{}", cell());
        }
    }
    done
}

/// Every cell, the operations dealt out to as many threads as there are cores.
fn cells(operations: &[Operation], callers: &[Caller], nothing: &str) -> Cells {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let dealt = |first: usize| operations.iter().skip(first).step_by(threads);
        let of = |operation: &Operation| {
            let one = |caller: &Caller| ((operation.id, caller.role.clone()), done(operation, caller, nothing));
            callers.iter().map(one).collect::<Vec<_>>()
        };
        let work: Vec<_> =
            (0..threads).map(|first| scope.spawn(move || dealt(first).flat_map(of).collect::<Vec<_>>())).collect();
        work.into_iter().flat_map(|thread| thread.join().expect("every cell is answered")).collect()
    })
}

/// The cells as a page, with how many there are.
fn page(cells: &Cells, callers: &[Caller]) -> String {
    let names: BTreeSet<&str> = cells.keys().map(|(name, _)| *name).collect();
    let stands = callers.iter().flat_map(|caller| &caller.relations).flatten().count();
    let mut page = format!(
        "# Who may do what\n\nEach operation was asked for as each role in each relation ({}) to a school, a pupil and \
         what belongs to them; what stands here was done, everything else answered 404 as if nothing was there. A test \
         makes this page: {} operations × {} roles, {} cells. {} more operations need no session.\n\n",
        RELATIONS.join(", "),
        names.len(),
        callers.len(),
        names.len() * stands,
        PUBLIC.len(),
    );
    let mut line = |cells: Vec<String>| writeln!(page, "| {} |", cells.join(" | ")).expect("text");
    let heading = callers.iter().map(|caller| format!("`{}`", caller.role));
    line(std::iter::once("operation".to_owned()).chain(heading).collect());
    line(vec!["---".to_owned(); callers.len() + 1]);
    for name in names {
        let of_role = |caller: &Caller| {
            let done = &cells[&(name, caller.role.clone())];
            done.iter().map(|relation| RELATIONS[*relation]).collect::<Vec<_>>().join(", ")
        };
        line(std::iter::once(format!("`{name}`")).chain(callers.iter().map(of_role)).collect());
    }
    page
}

#[test]
fn p10_each_role_does_in_each_relation_what_the_page_says_and_nothing_else() {
    let (operations, callers) = (operations(), callers());
    let of_users = operations.iter().find(|operation| operation.id == "list_users").expect("an operation");
    let nothing = answer(of_users, &Who::Person("N000000001".to_owned(), String::new()));
    assert_eq!(nothing.slug(), "access/not-found");
    let page = page(&cells(&operations, &callers, &nothing.text), &callers);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/authorization.md");
    #[expect(clippy::disallowed_methods, reason = "how the test is asked to accept what it finds")]
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, &page).expect("written");
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert!(held == page, "docs/authorization.md differs: read the difference after UPDATE=1\n{page}");
}

#[test]
fn k5_1_no_operation_is_missing_from_the_page() {
    let mut known: BTreeSet<String> = operations().iter().map(|operation| operation.id.to_owned()).collect();
    known.extend(PUBLIC.map(str::to_owned));
    let mut all = BTreeSet::new();
    for (_, document) in routers::documents() {
        let document = serde_json::to_value(document).expect("JSON");
        for methods in document["paths"].as_object().expect("paths").values() {
            let ids = methods.as_object().expect("methods").values().filter_map(|one| one["operationId"].as_str());
            all.extend(ids.map(str::to_owned));
        }
    }
    assert_eq!(known, all);
}
