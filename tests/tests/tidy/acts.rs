//! Acts: what is written without an audit entry is known to the auditor, who would otherwise miss it. K4.2 P9.

use syn::visit::{self, Visit};

use crate::house::{self, Source};

/// Kinds that lie in tables without an audit, or whose entries are written behind them.
const ELSEWHERE: [&str; 9] =
    ["trace", "unsealed", "reply", "session", "pending", "ticket", "attempts", "record", "roll"];

/// Collects the kinds that are written without an entry.
#[derive(Default)]
struct Untraced(Vec<String>);

impl Visit<'_> for Untraced {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        if call.method == "put_untraced"
            && let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(kind), .. })) = call.args.first()
        {
            self.0.push(kind.value());
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// The kinds that a source names in its constants.
fn known(source: &Source) -> Vec<String> {
    let mut known = Vec::new();
    for item in &source.file.items {
        if let syn::Item::Const(constant) = item
            && let syn::Expr::Array(list) = constant.expr.as_ref()
        {
            known.extend(list.elems.iter().filter_map(|element| match element {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(kind), .. }) => Some(kind.value()),
                _ => None,
            }));
        }
    }
    known
}

fn complaints(auditor: &Source, sources: &[Source]) -> Vec<String> {
    let mut untraced = Untraced::default();
    for source in sources {
        untraced.visit_file(&source.file);
    }
    let known = known(auditor);
    let strange = untraced.0.into_iter().filter(|kind| !known.contains(kind) && !ELSEWHERE.contains(&kind.as_str()));
    strange.map(|kind| format!("{kind} is written without an entry, and {} does not know it", auditor.path)).collect()
}

#[test]
fn a_kind_without_entries_that_nobody_knows_is_found() {
    let auditor = Source::of("audit.rs", r#"const NO_ACT: [&str; 1] = ["member"];"#);
    let writer = |kind: &str| Source::of("a.rs", &format!("fn save() {{ commit.put_untraced({kind:?}, key); }}"));
    assert_eq!(complaints(&auditor, &[writer("member"), writer("session"), writer("book")]).len(), 1);
}

#[test]
fn k4_2_p9_what_is_written_without_an_entry_is_known_to_the_auditor() {
    let sources = house::sources(&["shared/store/src"]);
    let auditor = Source::of("shared/store/src/audit.rs", &house::text("shared/store/src/audit.rs"));
    house::none(&complaints(&auditor, &sources));
}
