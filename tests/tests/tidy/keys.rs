//! Keys: `docs/keys.md` is the page of all keys, made from `store::key`.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{Expr, Item};

use crate::house::{self, Source};

/// A key: its table, its parts, what it leads to.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    table: String,
    name: String,
    pk: String,
    sk: String,
    what: String,
}

fn rows(source: &Source) -> Vec<Row> {
    let functions: Vec<&syn::ItemFn> = source
        .file
        .items
        .iter()
        .filter_map(|item| if let Item::Fn(function) = item { Some(function) } else { None })
        .collect();
    let none = BTreeMap::new();
    let texts = source.file.items.iter().filter_map(|item| match item {
        Item::Fn(function) => Some((function.sig.ident.to_string(), pattern(last(function)?, &none)?)),
        Item::Const(constant) => Some((constant.ident.to_string(), pattern(&constant.expr, &none)?)),
        _ => None,
    });
    let texts: BTreeMap<String, String> = texts.collect();
    functions.iter().filter_map(|function| row(function, &texts)).collect()
}

fn row(function: &syn::ItemFn, texts: &BTreeMap<String, String>) -> Option<Row> {
    let Expr::Call(call) = last(function)? else { return None };
    let arguments: Vec<&Expr> = call.args.iter().collect();
    let [table, pk, sk] = arguments.as_slice() else { return None };
    let table = words(table).rsplit("::").next()?.trim().to_lowercase();
    Some(Row {
        table,
        name: function.sig.ident.to_string(),
        pk: pattern(pk, texts)?,
        sk: pattern(sk, texts)?,
        what: doc(&function.attrs),
    })
}

fn last(function: &syn::ItemFn) -> Option<&Expr> {
    match function.block.stmts.last()? {
        syn::Stmt::Expr(expression, None) => Some(expression),
        _ => None,
    }
}

/// The pattern an expression makes: `"ORG#{id}"`, a call of another function of the page, or a value.
fn pattern(expression: &Expr, texts: &BTreeMap<String, String>) -> Option<String> {
    match expression {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        Expr::Macro(made) => Some(filled(&made.mac.tokens.to_string())),
        Expr::Reference(to) => Some(format!("{{{}}}", words(&to.expr))),
        Expr::Call(call) => texts.get(&words(&call.func)).cloned(),
        Expr::Path(path) => texts.get(&words(path)).cloned(),
        // Of `of.map_or_else(|| …, |of| …)`, what there is when there is something.
        Expr::MethodCall(call) => match call.args.last()? {
            Expr::Closure(closure) => pattern(&closure.body, texts),
            _ => None,
        },
        _ => None,
    }
}

/// `"A#{}#{b}" , x . y ()` as `A#{x.y()}#{b}`, with what stands behind a colon left out.
fn filled(tokens: &str) -> String {
    let mut parts = tokens.splitn(3, '"');
    let text = parts.nth(1).unwrap_or_default();
    let rest = parts.next().unwrap_or_default().replace(' ', "");
    let mut arguments = rest.split(',').filter(|argument| !argument.is_empty());
    let mut made = String::new();
    for (index, part) in text.split('{').enumerate() {
        if index == 0 {
            made.push_str(part);
            continue;
        }
        let (inside, behind) = part.split_once('}').unwrap_or((part, ""));
        let name = inside.split(':').next().unwrap_or_default();
        let name = if name.is_empty() { arguments.next().unwrap_or_default() } else { name };
        made.push_str(&format!("{{{}}}{behind}", name.replace("()", "")));
    }
    made
}

fn words(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

/// The first line of a doc comment.
pub(crate) fn doc(attributes: &[syn::Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute
            .meta
        {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
                ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        });
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn page(rows: &[Row]) -> String {
    let mut page = String::from(
        "# Keys\n\nEvery key of every table, as `shared/store/src/key.rs` builds them; made by `make snapshots`.\n\n\
         | table | `pk` | `sk` | what lies there | `store::key` |\n|---|---|---|---|---|\n",
    );
    for Row { table, name, pk, sk, what } in rows {
        page.push_str(&format!("| {table} | `{pk}` | `{sk}` | {what} | `{name}` |\n"));
    }
    page.push_str(
        "\nItems carry `kind`, `ver`, `created_at`, `updated_at` beside their value. What must be looked at again \
         carries `due` and `due_shard`, the key of the sparse index `by_due` of the tables seats, enrollments, money, \
         teaching and tasks.\n",
    );
    page
}

/// Two functions of the page must not lead to the same place.
fn complaints(rows: &[Row]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let shape = |text: &str| {
        let names = text.split('{').enumerate();
        names
            .map(|(i, part)| if i == 0 { part } else { part.split_once('}').map_or("", |(_, behind)| behind) })
            .collect::<Vec<_>>()
            .join("*")
    };
    let mut found = Vec::new();
    for row in rows {
        if !seen.insert((row.table.clone(), shape(&row.pk), shape(&row.sk))) {
            found.push(format!("{}: another key of {} looks the same", row.name, row.table));
        }
    }
    found
}

#[test]
fn keys_that_look_the_same_are_found() {
    let source = r#"
        /// One.
        pub fn one(id: &Id) -> Key { key(Table::Money, format_args!("A#{id}"), "A") }
        /// Two.
        pub fn two(id: &Id) -> Key { key(Table::Money, format_args!("A#{}", id.school()), "A") }
        /// Three.
        pub fn three(id: &Id) -> Key { key(Table::Money, shared(id), &id.fact) }
        fn shared(id: &Id) -> String { format!("B#{id:02}") }
    "#;
    let rows = rows(&Source::of("key.rs", source));
    let three = rows.last().expect("three rows");
    assert_eq!((rows.len(), three.pk.as_str(), three.sk.as_str()), (3, "B#{id}", "{id.fact}"));
    assert_eq!(complaints(&rows).len(), 1);
}

#[test]
fn the_page_of_keys_is_what_the_code_builds() {
    let path = "shared/store/src/key.rs";
    let source = Source::of(path, &house::text(path));
    let rows = rows(&source);
    let public = source.text.matches(") -> Key {").count();
    // `key` itself is the only function of the page that is no row.
    assert_eq!(rows.len(), public.saturating_sub(1), "a key is not understood by the test");
    house::none(&complaints(&rows));
    house::hold("docs/keys.md", &page(&rows));
}
