//! Sample events: each file of `events/` is sent to the real router of its function, over a world with a small town in
//! it, and what it leaves behind is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use axum::Router;
use edge::App;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::stage::{ARCHIVE_QUEUE, Answered, PREFIX, Stage, send};
use crate::town::Town;
use crate::{TABLES, plain, simulate, table_name};

/// Where the samples lie.
const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");

/// Pupils of the town: two families of two.
const PUPILS: usize = 4;

/// The functions that a test needs, by the folders of their events.
pub type Functions = &'static [(&'static str, fn() -> OpenApiRouter<App>)];

/// Something that takes time.
pub type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// One event and what it leads to.
pub struct Case {
    /// The event, as `enrollment/enroll`.
    pub file: &'static str,
    /// How the town differs from the usual one.
    pub town: fn(&mut Town),
    /// What happened before.
    pub before: for<'a> fn(&'a Scene) -> Work<'a>,
    /// The status of the answer.
    pub status: u16,
    /// The problem; empty when it is none.
    pub slug: &'static str,
    /// What must hold afterwards.
    pub after: for<'a> fn(&'a Scene, &'a Answered) -> Work<'a>,
}

impl Case {
    /// An event that is done.
    pub const fn done(file: &'static str, status: u16) -> Self {
        Self { file, town: |_| {}, before: |_| Box::pin(async {}), status, slug: "", after: |_, _| Box::pin(async {}) }
    }

    /// An event that is refused: nothing may have changed.
    pub const fn refused(file: &'static str, status: u16, slug: &'static str) -> Self {
        Self { slug, ..Self::done(file, status) }
    }

    /// The same in another town.
    #[must_use]
    pub const fn town(mut self, town: fn(&mut Town)) -> Self {
        self.town = town;
        self
    }

    /// The same after something else.
    #[must_use]
    pub const fn before(mut self, before: for<'a> fn(&'a Scene) -> Work<'a>) -> Self {
        self.before = before;
        self
    }

    /// The same with a look at what it left.
    #[must_use]
    pub const fn after(mut self, after: for<'a> fn(&'a Scene, &'a Answered) -> Work<'a>) -> Self {
        self.after = after;
        self
    }

    /// Sends the event.
    pub fn run(&self, functions: Functions) {
        let mut town = Town::small(PUPILS);
        (self.town)(&mut town);
        simulate(1, async |world| {
            let scene = Scene::new(Stage::with(&world, &town).await, functions);
            (self.before)(&scene).await;
            let before = scene.everything();
            let answered = scene.send(self.file).await;
            let Self { file, status, slug, .. } = self;
            assert_eq!(
                (answered.status.as_u16(), answered.slug().as_str()),
                (*status, *slug),
                "{file}: {}",
                answered.text
            );
            if !slug.is_empty() {
                let after = scene.everything();
                assert!(
                    before == after,
                    "{file} is refused and yet has changed something: {}",
                    difference(&before, &after)
                );
            }
            (self.after)(&scene, &answered).await;
        });
    }
}

/// A town with its functions.
pub struct Scene {
    /// The stage.
    pub stage: Stage,
    /// An app of the test itself.
    pub app: App,
    routers: BTreeMap<&'static str, Router>,
}

impl Scene {
    /// The stage with the functions on it.
    pub fn new(stage: Stage, functions: Functions) -> Self {
        let router = |routes: fn() -> OpenApiRouter<App>| edge::start::router(stage.app(), routes());
        let routers = functions.iter().map(|(name, routes)| (*name, router(*routes))).collect();
        Self { app: stage.app(), stage, routers }
    }

    /// Sends an event, as `enrollment/enroll`, to its function. Whatever comes, the answer is well formed.
    pub async fn send(&self, file: &str) -> Answered {
        let (function, _) = file.split_once('/').expect("function/case");
        let answered = self.request(function, &event(file)).await;
        check_form(file, &answered);
        answered
    }

    /// Sends another event to the same environment of a function.
    pub async fn request(&self, function: &str, event: &Value) -> Answered {
        send(&self.routers[function], event).await
    }

    /// Everything that a refused request must leave as it was. A ledger may have been written and written back: its
    /// seats count, not its version; the board only repeats what ledgers say; who was refused is counted, and kept in
    /// the audit; what permission was asked for is noted.
    pub fn everything(&self) -> BTreeMap<String, Value> {
        let world = &self.stage.world;
        let mut all = BTreeMap::new();
        for table in TABLES {
            for item in world.scan(&table_name(PREFIX, table.name)) {
                let item = plain(&item);
                let place = format!("{} {} {}", table.name, item["pk"], item["sk"]);
                match item["kind"].as_str() {
                    Some("board" | "attempts" | "visits" | "used") => {}
                    Some("trace" | "unsealed") if is_of_an_act(&item) => {}
                    Some("ledger") => drop(all.insert(place, json!([item["cap"], item["n"], item["m"]]))),
                    _ => drop(all.insert(place, item)),
                }
            }
        }
        all.insert("messages".to_owned(), world.sent(ARCHIVE_QUEUE).len().into());
        all.insert("provider".to_owned(), format!("{:?}", self.stage.provider().payments()).into());
        all
    }

    /// Who sits in a course, by the ledgers.
    pub fn seated(&self, course: &str) -> Vec<String> {
        let ledgers = self.stage.world.scan(&table_name(PREFIX, "seats"));
        let of_course = |item: &Value| item["pk"].as_str().is_some_and(|pk| pk.ends_with(&format!(".{course}")));
        let ledgers = ledgers.iter().map(plain).filter(|item| item["kind"] == "ledger" && of_course(item));
        ledgers.flat_map(|item| item["m"].as_object().expect("seats").keys().cloned().collect::<Vec<_>>()).collect()
    }
}

/// Whether an audit item is of an act that changes nothing, or hands such a one on.
fn is_of_an_act(item: &Value) -> bool {
    let begins = |name: &str, text: &str| item[name].as_str().is_some_and(|value| value.starts_with(text));
    let concerns = item["es"][0][0].as_str().unwrap_or_default();
    begins("a", "access.") || concerns.starts_with("operation#") || concerns.starts_with("person#")
}

fn difference(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> String {
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = places.into_iter().filter(|place| before.get(*place) != after.get(*place));
    let told: Vec<String> =
        changed.map(|place| format!("{place}\n  {:?}\n  {:?}", before.get(place), after.get(place))).collect();
    told.join("\n")
}

/// Reads an event.
pub fn event(file: &str) -> Value {
    let text = std::fs::read_to_string(format!("{EVENTS}/{file}.json")).expect("a file of events/");
    serde_json::from_str(&text).expect("JSON")
}

/// What holds for every answer: it is never a failure of ours, and a refusal is a problem that says how to go on.
fn check_form(file: &str, answered: &Answered) {
    let status = answered.status.as_u16();
    assert_ne!(status, 500, "{file}: {}", answered.text);
    if status >= 400 {
        let problem = answered.json();
        assert_eq!(answered.headers["content-type"], "application/problem+json", "{file}");
        assert_eq!(problem["status"], status, "{file}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{file}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{file}");
        // Who filled in a form learns which field to look at; a key is no field.
        let pointed = problem["errors"].as_array().is_some_and(|errors| !errors.is_empty());
        let wanted = status == 422 && answered.slug() != "request/idempotency-key-reused";
        assert_eq!(pointed, wanted, "{file}: {}", answered.text);
    }
}

/// Every event of a function is in one of the tables, and every row of them has its event.
pub fn every_event_is_named(function: &str, cases: &[&[Case]]) {
    let named: BTreeSet<String> = cases.iter().copied().flatten().map(|case| case.file.to_owned()).collect();
    let files = std::fs::read_dir(format!("{EVENTS}/{function}")).expect("a folder of events/");
    let stored: BTreeSet<String> = files
        .map(|file| file.expect("a file").file_name().into_string().expect("text"))
        .map(|name| format!("{function}/{}", name.trim_end_matches(".json")))
        .collect();
    let own: BTreeSet<String> = named.into_iter().filter(|file| file.starts_with(&format!("{function}/"))).collect();
    assert_eq!(own, stored);
    for file in &stored {
        let event = event(file);
        let context = &event["requestContext"];
        assert_eq!(context["stage"], "v1", "{file}");
        assert_eq!(context["path"], format!("/v1{}", event["path"].as_str().expect("a path")), "{file}");
        assert_eq!(context["httpMethod"], event["httpMethod"], "{file}");
        assert_eq!(context["resourcePath"], event["resource"], "{file}");
    }
}
