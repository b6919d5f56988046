//! Links: every page leads somewhere, and the glossary names what is there.

use std::path::Path;

use crate::house;

/// Pages people read.
fn pages() -> Vec<String> {
    let mut pages = house::files(&["docs", "infra"], &[".md"]);
    pages.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned));
    pages
}

fn complaints(page: &str, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    let broken = inside.filter(|target| {
        let path = target.split('#').next().unwrap_or_default();
        !exists(&folder.join(path))
    });
    broken.map(|target| format!("{page}: leads to {target}, which is not there")).collect()
}

/// Paths in code marks, `shared/store/src/key.rs`: they must be there too.
fn mentioned(page: &str, text: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let roots = ["shared/", "functions/", "infra/", "tests/", "docs/", "events/"];
    let marked = text.split('`').skip(1).step_by(2);
    let paths = marked.filter(|word| {
        roots.iter().any(|root| word.starts_with(root)) && !word.contains(['<', '*', ' ', '{', '…', '\n'])
    });
    let gone = paths.filter(|path| !exists(Path::new(path)));
    gone.map(|path| format!("{page}: names {path}, which is not there")).collect()
}

#[test]
fn a_broken_link_is_found() {
    let there = |path: &Path| path == Path::new("docs/keys.md");
    house::none(&complaints("docs/a.md", "[keys](keys.md#x), [web](https://example.com), [up](#top)", there));
    assert_eq!(complaints("docs/a.md", "[gone](lost.md)", there).len(), 1);
    house::none(&mentioned("README.md", "`docs/keys.md` and `functions/<name>/src` and `make demo`", there));
    assert_eq!(mentioned("README.md", "see `shared/lost.rs`", there).len(), 1);
}

#[test]
fn every_link_leads_somewhere() {
    let root = house::root();
    let exists = |path: &Path| root.join(path).exists();
    let mut found = Vec::new();
    for page in pages() {
        let text = house::text(&page);
        found.extend(complaints(&page, &text, exists));
        found.extend(mentioned(&page, &text, exists));
    }
    house::none(&found);
}

/// Names of the glossary that no source has any more.
fn forgotten(glossary: &str, sources: &str) -> Vec<String> {
    let names = glossary.split('`').skip(1).step_by(2);
    let gone = names.filter(|name| !sources.contains(*name));
    gone.map(|name| format!("docs/glossary.md: no code has {name}")).collect()
}

#[test]
fn a_forgotten_word_is_found() {
    house::none(&forgotten("| 订单 | `Order` | |", "pub struct Order {"));
    assert_eq!(forgotten("| 订单 | `Order` | |", "pub struct Bill {").len(), 1);
}

#[test]
fn the_glossary_names_what_is_there() {
    let sources: String = house::sources(&["shared", "functions"]).iter().map(|source| source.text.as_str()).collect();
    house::none(&forgotten(&house::text("docs/glossary.md"), &sources));
}
