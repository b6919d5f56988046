//! Words: what no lint of the compiler finds. Swallowed results, notes to oneself, names nobody can type, files that
//! have grown too long, modules that do not say what they are.

use syn::visit::{self, Visit};

use crate::house::{self, Source};

/// Lines a file of a function may have, its tests not counted: past it, look for the rule that belongs in `domain`.
const FUNCTION_LINES: usize = 200;

/// Lines a module of rules may have, its tests not counted.
const DOMAIN_LINES: usize = 600;

/// Calls that write to a table, and the files that may make them.
const WRITES: [&str; 5] = ["put_item", "update_item", "delete_item", "transact_write_items", "batch_write_item"];
const WRITERS: [&str; 7] = ["commit.rs", "seat.rs", "board.rs", "task.rs", "visit.rs", "seal.rs", "review.rs"];

/// Where something that belongs to somebody is opened without a proof: the platform's own work, where no person asks.
/// Signing in is there because it finds out who asks; privacy, because what lies under the caller's own name is the
/// caller's, a guardian is reached through a child, and a deletion changes both sides of a link.
const OPENERS: [&str; 55] = [
    "functions/accrual/src/term.rs",
    "functions/archive/src/order.rs",
    "functions/archive/src/payment.rs",
    "functions/archive/src/refund.rs",
    "functions/archive/src/register.rs",
    "functions/attendance/src/names.rs",
    "functions/bill-run/src/alert.rs",
    "functions/bill-run/src/heal.rs",
    "functions/bill-run/src/ledger.rs",
    "functions/bill-run/src/night.rs",
    "functions/bill-run/src/read.rs",
    "functions/bill-run/src/remit.rs",
    "functions/bill-run/src/statement.rs",
    "functions/identity/src/show_me.rs",
    "functions/identity/src/standing.rs",
    "functions/import/src/lib.rs",
    "functions/instalment/src/lib.rs",
    "functions/lesson-hours/src/labels.rs",
    "functions/people/src/edit_guardian.rs",
    "functions/people/src/link_guardian.rs",
    "functions/people/src/show_student.rs",
    "functions/people/src/unlink_guardian.rs",
    "functions/privacy/src/ask_privacy_request.rs",
    "functions/privacy/src/decide_privacy_request.rs",
    "functions/privacy/src/show_privacy.rs",
    "functions/privacy/src/subject.rs",
    "functions/receipt/src/verify_receipt.rs",
    "functions/receipt/src/verify_refund_receipt.rs",
    "functions/notify/src/family.rs",
    "functions/notify/src/leave.rs",
    "functions/notify/src/lesson.rs",
    "functions/sweep/src/ledger.rs",
    "functions/sweep/src/record.rs",
    "functions/sweep/src/roll.rs",
    "functions/timetable/src/serve_feed.rs",
    "shared/cashier/src/close.rs",
    "shared/cashier/src/moves/effect.rs",
    "shared/cashier/src/moves/ground.rs",
    "shared/cashier/src/moves/mod.rs",
    "shared/cashier/src/moves/paid.rs",
    "shared/cashier/src/moves/transfer.rs",
    "shared/cashier/src/refund/accrued.rs",
    "shared/cashier/src/refund/adopt.rs",
    "shared/cashier/src/refund/ask.rs",
    "shared/cashier/src/refund/carry.rs",
    "shared/cashier/src/refund/freeze.rs",
    "shared/cashier/src/refund/grant.rs",
    "shared/cashier/src/refund/learn.rs",
    "shared/cashier/src/refund/quote.rs",
    "shared/cashier/src/refund/suspend.rs",
    "shared/cashier/src/refund/unreturned.rs",
    "shared/cashier/src/settle.rs",
    "shared/report/src/build.rs",
    "shared/report/src/intake/mod.rs",
    "shared/report/src/things.rs",
];

/// Notes to oneself, in two halves, so that this file has none.
const NOTES: [(&str, &str); 4] = [("TO", "DO"), ("FIX", "ME"), ("XX", "X:"), ("HA", "CK:")];

/// `let _ = …`, `let _name = ….await`: a result nobody looks at.
#[derive(Default)]
struct Swallowed(Vec<String>);

impl Visit<'_> for Swallowed {
    fn visit_local(&mut self, local: &syn::Local) {
        let ignored = match unwrapped(&local.pat) {
            syn::Pat::Wild(_) => Some("_".to_owned()),
            syn::Pat::Ident(name) if name.ident.to_string().starts_with('_') && awaited(local) => {
                Some(name.ident.to_string())
            }
            _ => None,
        };
        self.0.extend(ignored.map(|name| format!("let {name} swallows a result")));
        visit::visit_local(self, local);
    }
}

fn unwrapped(pattern: &syn::Pat) -> &syn::Pat {
    match pattern {
        syn::Pat::Type(typed) => unwrapped(&typed.pat),
        other => other,
    }
}

/// Whether something is awaited that may fail; a lock that is waited for and held by its name is no result.
fn awaited(local: &syn::Local) -> bool {
    struct Awaits(bool);
    impl Visit<'_> for Awaits {
        fn visit_expr_await(&mut self, awaited: &syn::ExprAwait) {
            self.0 |= !matches!(awaited.base.as_ref(), syn::Expr::MethodCall(call) if is_lock(call));
        }
    }
    fn is_lock(call: &syn::ExprMethodCall) -> bool {
        let taken = ["lock", "read", "write"].iter().any(|name| call.method == name);
        taken && call.args.is_empty() && matches!(call.receiver.as_ref(), syn::Expr::Path(_))
    }
    let mut awaits = Awaits(false);
    if let Some(init) = &local.init {
        awaits.visit_expr(&init.expr);
    }
    awaits.0
}

/// Calls of [`WRITES`].
#[derive(Default)]
struct Writes(Vec<String>);

impl Visit<'_> for Writes {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        let name = call.method.to_string();
        if WRITES.contains(&name.as_str()) {
            self.0.push(format!("{name} outside of the writers of `store`"));
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Whether a file may write to a table; the emulated cloud of the tests is no table.
fn is_writer(path: &str) -> bool {
    let writer = path.strip_prefix("shared/store/src/").is_some_and(|name| WRITERS.contains(&name));
    writer || path.starts_with("shared/testkit/") || path.starts_with("tests/")
}

/// Uses of `Guarded::unguarded`.
#[derive(Default)]
struct Openings(Vec<String>);

impl Visit<'_> for Openings {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        if call.method == "unguarded" {
            self.0.push("opened without a proof that the caller may see it".to_owned());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if words.ends_with(&["Guarded".to_owned(), "unguarded".to_owned()]) {
            self.0.push("opened without a proof that the caller may see it".to_owned());
        }
        visit::visit_path(self, path);
    }
}

/// Whether a file may open what belongs to somebody without a proof.
fn is_opener(path: &str) -> bool {
    OPENERS.contains(&path) || path.starts_with("shared/store/") || path.starts_with("shared/testkit/")
}

/// Names with letters that are not on every keyboard, full-width punctuation first of all.
#[derive(Default)]
struct Foreign(Vec<String>);

impl Visit<'_> for Foreign {
    fn visit_ident(&mut self, name: &syn::Ident) {
        if !name.to_string().is_ascii() {
            self.0.push(format!("the name {name} is not ASCII"));
        }
    }
}

fn complaints(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let mut swallowed = Swallowed::default();
    swallowed.visit_file(&source.file);
    found.append(&mut swallowed.0);
    let mut foreign = Foreign::default();
    foreign.visit_file(&source.file);
    found.append(&mut foreign.0);
    if !is_writer(&source.path) && !source.is_test() {
        let mut writes = Writes::default();
        writes.visit_file(&source.file);
        found.append(&mut writes.0);
    }
    if !is_opener(&source.path) && !source.is_test() && source.path.contains("/src/") {
        let mut openings = Openings::default();
        openings.visit_file(&source.file);
        found.append(&mut openings.0);
    }
    found.extend(too_long(source));
    found.extend(unsaid(source));
    found.into_iter().map(|complaint| format!("{}: {complaint}", source.path)).collect()
}

fn too_long(source: &Source) -> Option<String> {
    let most = match source.path.as_str() {
        path if source.is_test() || !path.contains("/src/") => return None,
        path if path.starts_with("functions/") => FUNCTION_LINES,
        path if path.starts_with("shared/domain/") => DOMAIN_LINES,
        _ => return None,
    };
    let lines = source.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
    (lines > most).then(|| format!("{lines} lines, at most {most}"))
}

/// A module's first line says what it is; in the shared crates with its Chinese term in parentheses.
fn unsaid(source: &Source) -> Option<String> {
    if source.is_test() || !source.path.contains("/src/") {
        return None;
    }
    let said: Vec<&str> = source.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
    let Some(first) = said.first().filter(|first| !first.trim().is_empty()) else {
        return Some("does not begin with what it is".to_owned());
    };
    let with_term = source.path.starts_with("shared/") && !source.path.starts_with("shared/testkit/");
    (with_term && !has_term(first)).then(|| "its first line has no Chinese term in parentheses".to_owned())
}

fn has_term(line: &str) -> bool {
    let parts = line.split('(').skip(1).filter_map(|rest| rest.split(')').next());
    parts.into_iter().any(|inside| inside.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)))
}

fn notes(path: &str, text: &str) -> Vec<String> {
    let has = |line: &str| NOTES.iter().any(|(first, second)| line.contains(&format!("{first}{second}")));
    let lines = text.lines().enumerate().filter(|(_, line)| has(line));
    lines.map(|(number, line)| format!("{path}:{}: {}", number.saturating_add(1), line.trim())).collect()
}

#[test]
fn swallowed_results_are_found() {
    let told = |body: &str| complaints(&Source::of("infra/x/src/a.rs", &format!("//! A.\nasync fn f() {{ {body} }}")));
    assert_eq!(told("let _ = save();").len(), 1);
    assert_eq!(told("let _res = save().await;").len(), 1);
    assert_eq!(told("let _: Result<(), E> = save().await;").len(), 1);
    assert_eq!(told("if true { let _done = save().await.map(drop); }").len(), 1);
    house::none(&told("let _guard = lock(); let done = save().await; let _alone = SEATS.write().await;"));
}

#[test]
fn bad_names_long_files_and_silent_modules_are_found() {
    let told = |path: &str, text: &str| complaints(&Source::of(path, text)).len();
    assert_eq!(told("functions/x/src/a.rs", "//! A.\nfn f() { let 价格 = 1; }"), 1);
    let long = format!("//! A (甲).\n{}", "fn f() {}\n".repeat(700));
    assert_eq!(told("functions/x/src/a.rs", &long), 1);
    assert_eq!(told("shared/domain/src/a.rs", &long), 1);
    assert_eq!(told("functions/x/src/tests.rs", &long), 0);
    assert_eq!(
        told("functions/x/src/a.rs", &format!("//! A.\n#[cfg(test)]\nmod tests {{\n{}}}", "fn f() {}\n".repeat(700))),
        0
    );
    assert_eq!(told("shared/store/src/a.rs", "fn f() {}"), 1);
    assert_eq!(told("shared/store/src/a.rs", "//! Keys."), 1);
    assert_eq!(told("shared/store/src/a.rs", "//! Keys (主键)."), 0);
}

#[test]
fn writes_beside_the_writer_are_found() {
    let told = |path: &str| complaints(&Source::of(path, "//! A (甲).\nfn f() { client.put_item().send(); }")).len();
    assert_eq!(told("shared/store/src/record.rs"), 1);
    assert_eq!(told("functions/order/src/pay.rs"), 1);
    assert_eq!(told("shared/store/src/commit.rs"), 0);
}

#[test]
fn p10_what_belongs_to_somebody_is_not_opened_without_a_proof() {
    let told = |path: &str, body: &str| complaints(&Source::of(path, &format!("//! A.\nfn f() {{ {body} }}"))).len();
    assert_eq!(told("functions/order/src/pay.rs", "found.unguarded();"), 1);
    assert_eq!(told("functions/order/src/pay.rs", "found.map(Guarded::unguarded);"), 1);
    assert_eq!(told("functions/order/src/pay.rs", "found.map(domain::access::Guarded::unguarded);"), 1);
    assert_eq!(told("functions/sweep/src/ledger.rs", "found.unguarded();"), 0);
}

#[test]
fn notes_to_oneself_are_found() {
    let (first, second) = ("TO", "DO");
    assert_eq!(notes("a.rs", &format!("fine\n// {first}{second} later")).len(), 1);
}

#[test]
fn the_house_keeps_its_words() {
    let found: Vec<String> =
        house::sources(&["shared", "functions", "infra", "tests"]).iter().flat_map(complaints).collect();
    house::none(&found);
}

#[test]
fn nobody_left_a_note() {
    let endings = [".rs", ".py", ".yaml", ".yml", ".toml", ".md", ".html", "Makefile"];
    let folders = ["shared", "functions", "infra", "tests", "docs"];
    let mut paths = house::files(&folders, &endings);
    paths.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "template.yaml", "Makefile"].map(str::to_owned));
    let found: Vec<String> = paths.iter().flat_map(|path| notes(path, &house::text(path))).collect();
    house::none(&found);
}
