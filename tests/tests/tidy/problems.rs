//! Problems: `docs/problems.md` lists every slug of the house, with its status and its sentence, made from the code.
//! A slug belongs to one fault only.

use std::collections::BTreeMap;

use domain::Kind;
use edge::Problem;
use syn::visit::{self, Visit};
use syn::{Expr, ImplItem, Item, Pat};

use crate::house::{self, Source};

/// What the reasons mean that are given by hand.
const REASONS: [(&str, &str); 3] = [
    ("payment/unknown", "没有通知所指的支付单"),
    ("payment/foreign", "签名有效,但不是本平台的支付单"),
    ("payment/no-rule", "通知类型没有处理规则"),
];

/// A slug with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    slug: String,
    /// Name of its kind; none when it is that of a cause.
    kind: Option<String>,
    sentence: String,
    /// File and type it comes from.
    from: String,
}

/// A variant of a fault; a struct has one, without a name.
#[derive(Debug, Default, Clone)]
struct Variant {
    name: String,
    sentence: String,
}

/// A fault as its type is declared.
#[derive(Debug, Default, Clone)]
struct Declared {
    prefix: Option<String>,
    variants: Vec<Variant>,
}

fn rows(source: &Source) -> Vec<Row> {
    let mut declared = BTreeMap::new();
    for item in &source.file.items {
        match item {
            Item::Enum(item) => {
                let variants = item.variants.iter();
                let variants =
                    variants.map(|one| Variant { name: one.ident.to_string(), sentence: sentence(&one.attrs) });
                let prefix = prefix(&item.attrs);
                declared.insert(item.ident.to_string(), Declared { prefix, variants: variants.collect() });
            }
            Item::Struct(item) => {
                let only = Variant { name: String::new(), sentence: sentence(&item.attrs) };
                declared.insert(item.ident.to_string(), Declared { prefix: None, variants: vec![only] });
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for item in &source.file.items {
        let Item::Impl(item) = item else { continue };
        let Some((_, of, _)) = &item.trait_ else { continue };
        if of.segments.last().is_some_and(|segment| segment.ident == "Fault") {
            let name = last_word(&item.self_ty);
            let fault = declared.get(&name).cloned().unwrap_or_default();
            found.extend(rows_of(&format!("{} {name}", source.path), &fault, item));
        }
    }
    found.extend(reasons(source));
    found
}

fn rows_of(from: &str, fault: &Declared, item: &syn::ItemImpl) -> Vec<Row> {
    let names: Vec<&str> = fault.variants.iter().map(|variant| variant.name.as_str()).collect();
    let body = |name: &str| {
        item.items.iter().find_map(|item| match item {
            ImplItem::Fn(function) if function.sig.ident == name => function.block.stmts.last(),
            _ => None,
        })
    };
    let kinds = match body("kind") {
        Some(syn::Stmt::Expr(body, None)) => decided(body, &names, &kind_of),
        _ => BTreeMap::new(),
    };
    let kind = |variant: &str| kinds.get(variant).cloned();
    let row = |slug: String, variant: &Variant, kind: Option<String>| Row {
        slug,
        kind,
        sentence: variant.sentence.clone(),
        from: from.to_owned(),
    };
    let Some(syn::Stmt::Expr(body, None)) = body("slug") else { return Vec::new() };
    if let (Some(prefix), Expr::MethodCall(_)) = (&fault.prefix, body) {
        let made = fault.variants.iter().map(|one| row(format!("{prefix}{}", kebab(&one.name)), one, kind(&one.name)));
        return made.collect();
    }
    let slugs = decided(body, &names, &text_of);
    let mut found: Vec<Row> = Vec::new();
    for variant in &fault.variants {
        let Some(slug) = slugs.get(&variant.name) else { continue };
        // One slug may stand for several causes that the caller need not tell apart.
        if !found.iter().any(|row| row.slug == *slug) {
            found.push(row(slug.clone(), variant, kind(&variant.name)));
        }
    }
    // What is decided by more than the variant: the slugs alone.
    let mut literals = Literals::default();
    literals.visit_expr(body);
    for slug in literals.0.into_iter().filter(|text| is_slug(text)) {
        if !found.iter().any(|row| row.slug == slug) {
            found.push(row(slug, &Variant::default(), None));
        }
    }
    found
}

/// Reasons given by hand to what is kept for a person to look at: `quarantine(event, "payment/unknown")`.
fn reasons(source: &Source) -> Vec<Row> {
    struct Reasons(Vec<String>);
    impl Visit<'_> for Reasons {
        fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
            if call.method == "quarantine" {
                self.0.extend(call.args.last().and_then(text_of));
            }
            visit::visit_expr_method_call(self, call);
        }
    }
    let mut reasons = Reasons(Vec::new());
    reasons.visit_file(&source.file);
    let sentence = |slug: &str| REASONS.iter().find(|(known, _)| *known == slug).map_or("", |(_, sentence)| sentence);
    let row = |slug: String| Row { sentence: sentence(&slug).to_owned(), slug, kind: None, from: source.path.clone() };
    reasons.0.into_iter().map(row).collect()
}

#[derive(Default)]
struct Literals(Vec<String>);

impl Visit<'_> for Literals {
    fn visit_lit_str(&mut self, text: &syn::LitStr) {
        self.0.push(text.value());
    }
}

/// What a `match self`, an `if` or a plain value decides for each variant.
fn decided(body: &Expr, names: &[&str], read: &impl Fn(&Expr) -> Option<String>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    match body {
        // A match over more than the variant decides nothing for it alone.
        Expr::Match(body) if !matches!(body.expr.as_ref(), Expr::Path(_)) => {}
        Expr::Match(body) => {
            for arm in &body.arms {
                let Some(value) = read(&arm.body) else {
                    // Decided by the cause: not to be filled by a later arm for all others.
                    continue;
                };
                for name in variants_of(&arm.pat, names) {
                    found.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
        Expr::If(body) => {
            let chosen = condition(&body.cond);
            let then = body.then_branch.stmts.last().and_then(value_of).and_then(read);
            let other = body.else_branch.as_ref().and_then(|(_, other)| match other.as_ref() {
                Expr::Block(block) => block.block.stmts.last().and_then(value_of).and_then(read),
                other => read(other),
            });
            if !chosen.is_empty() {
                for name in names {
                    let value = if chosen.iter().any(|one| one == name) { &then } else { &other };
                    found.extend(value.clone().map(|value| ((*name).to_owned(), value)));
                }
            }
        }
        plain => {
            let value = read(plain);
            found.extend(names.iter().filter_map(|name| Some(((*name).to_owned(), value.clone()?))));
        }
    }
    found
}

fn value_of(statement: &syn::Stmt) -> Option<&Expr> {
    match statement {
        syn::Stmt::Expr(expression, None) => Some(expression),
        _ => None,
    }
}

fn variants_of(pattern: &Pat, names: &[&str]) -> Vec<String> {
    let one = |path: &syn::Path| path.segments.last().map(|segment| segment.ident.to_string()).into_iter().collect();
    match pattern {
        Pat::Or(any) => any.cases.iter().flat_map(|case| variants_of(case, names)).collect(),
        Pat::Path(path) => one(&path.path),
        Pat::Struct(of) => one(&of.path),
        Pat::TupleStruct(of) => one(&of.path),
        Pat::Wild(_) => names.iter().map(|name| (*name).to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The variants that `*self == Self::A` or `matches!(self, Self::A | Self::B)` names.
fn condition(expression: &Expr) -> Vec<String> {
    let text = quote::ToTokens::to_token_stream(expression).to_string().replace(' ', "");
    let words = text.split("Self::").skip(1);
    words.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

fn kind_of(expression: &Expr) -> Option<String> {
    if let Expr::Block(block) = expression {
        return block.block.stmts.last().and_then(value_of).and_then(kind_of);
    }
    let Expr::Path(path) = expression else { return None };
    let words: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match words.as_slice() {
        [.., family, name] if family == "Kind" => Some(name.clone()),
        _ => None,
    }
}

fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn last_word(of: &syn::Type) -> String {
    match of {
        syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The text of `#[error("…")]`.
fn sentence(attributes: &[syn::Attribute]) -> String {
    let error = attributes.iter().find(|attribute| attribute.path().is_ident("error"));
    let Some(syn::Meta::List(list)) = error.map(|attribute| &attribute.meta) else { return String::new() };
    let mut literals = list.tokens.to_string();
    if literals == "transparent" {
        return String::new();
    }
    literals.retain(|letter| letter != '\n');
    let text = syn::parse_str::<First>(&literals).map(|First(text)| text).unwrap_or_default();
    text.replace("{}", "…")
}

/// The first literal of a list.
struct First(String);

impl syn::parse::Parse for First {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let text: syn::LitStr = input.parse()?;
        input.step(|cursor| {
            let mut rest = *cursor;
            while let Some((_, next)) = rest.token_tree() {
                rest = next;
            }
            Ok(((), rest))
        })?;
        Ok(Self(text.value()))
    }
}

/// The prefix of `#[strum(serialize_all = "kebab-case", prefix = "…/")]`.
fn prefix(attributes: &[syn::Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("strum")) {
        let read = attribute.parse_nested_meta(|meta| {
            let value: syn::LitStr = meta.value()?.parse()?;
            if meta.path.is_ident("prefix") {
                found = Some(value.value());
            }
            Ok(())
        });
        read.unwrap_or_else(|error| panic!("strum attribute: {error}"));
    }
    found
}

/// `ClassFull` as `class-full`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn is_slug(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    text.split_once('/').is_some_and(|(family, name)| word(family) && word(name))
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

/// Whether a caller reads it: it has a Chinese sentence, is not ours to mend, and is no part of the check of payments.
fn is_told(row: &Row) -> bool {
    let ours = matches!(row.kind.as_deref(), Some("Internal" | "Unavailable"));
    is_chinese(&row.sentence) && !ours && !is_check(row)
}

/// Why a statement of payment is kept for a person to look at.
fn is_check(row: &Row) -> bool {
    row.slug.starts_with("payment/")
}

fn complaints(rows: &[Row]) -> Vec<String> {
    let mut found = Vec::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows {
        let Row { slug, kind, sentence, from } = row;
        if let Some(owner) = owners.insert(slug, from).filter(|owner| owner != from) {
            found.push(format!("{slug}: of {owner} and of {from}"));
        }
        if !is_slug(slug) {
            found.push(format!("{slug}: no slug ({from})"));
        }
        if is_told(row) && kind.as_deref().and_then(status).is_none() {
            found.push(format!("{slug}: of what kind? ({from})"));
        }
        if is_check(row) && sentence.is_empty() {
            found.push(format!("{slug}: means what? ({from})"));
        }
        if sentence.ends_with(['。', '.', '!', '!']) {
            found.push(format!("{slug}: its sentence ends with a stop ({from})"));
        }
    }
    found
}

/// The HTTP status of a kind, by its name.
fn status(kind: &str) -> Option<u16> {
    let kinds = [
        Kind::Malformed,
        Kind::UnknownCaller,
        Kind::Forbidden,
        Kind::NotFound,
        Kind::Refused,
        Kind::Stale,
        Kind::Unconditional,
        Kind::Invalid,
        Kind::TooMany,
        Kind::Internal,
        Kind::Unavailable,
    ];
    kinds.into_iter().find(|one| format!("{one:?}") == kind).map(|kind| Problem::status_of(kind).as_u16())
}

fn page(rows: &[Row]) -> String {
    let mut page = String::from(
        "# 问题代码\n\n由代码生成(`make snapshots`),测试保证其完整。出错时接口返回 `application/problem+json`(RFC 9457):\n\
         `type` 为 `/problems/<代码>`,`detail` 为下列说明(花括号处为实际内容),`errors` 指出有问题的字段。\n\n",
    );
    page.push_str("## 通用\n\n| 代码 | 状态 | 说明 |\n|---|---|---|\n");
    page.push_str("| `busy` | 500、503 | 系统繁忙,请稍后再试。503 可直接重试;写操作重试时沿用原 Idempotency-Key |\n");
    for family in families(rows, is_told) {
        page.push_str(&format!("\n## {family}\n\n| 代码 | 状态 | 说明 |\n|---|---|---|\n"));
        for row in of_family(rows, &family, is_told) {
            let status = row.kind.as_deref().and_then(status).map(|status| status.to_string()).unwrap_or_default();
            page.push_str(&format!("| `{}` | {status} | {} |\n", row.slug, row.sentence));
        }
    }
    page.push_str(
        "\n## 支付核查\n\n支付通道的通知或账单与支付单不符时,原文保存待人工核查,不入账。以下代码仅见于核查记录与安全日志。\n\n\
         | 代码 | 说明 |\n|---|---|\n",
    );
    for row in rows.iter().filter(|row| is_check(row)) {
        page.push_str(&format!("| `{}` | {} |\n", row.slug, row.sentence));
    }
    page.push_str(
        "\n## 仅见于日志\n\n调用者看到的是 `busy`(支付通道回调看到的是通道约定的 `code` 与 `message`)。\n\n\
         | 代码 | 类别 | 日志内容 |\n|---|---|---|\n",
    );
    for row in rows.iter().filter(|row| !is_told(row) && !is_check(row)) {
        let kind = row.kind.as_deref().unwrap_or("随原因");
        page.push_str(&format!("| `{}` | {kind} | {} |\n", row.slug, row.sentence));
    }
    page
}

fn families(rows: &[Row], which: impl Fn(&Row) -> bool) -> Vec<String> {
    let mut found: Vec<String> =
        rows.iter().filter(|row| which(row)).filter_map(|row| Some(row.slug.split_once('/')?.0.to_owned())).collect();
    found.dedup();
    found
}

fn of_family<'a>(rows: &'a [Row], family: &'a str, which: impl Fn(&Row) -> bool) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| which(row) && row.slug.split_once('/').is_some_and(|(of, _)| of == family))
}

/// All slugs of the house, in order.
fn all() -> Vec<Row> {
    let sources = house::sources(&["shared", "functions"]);
    let mut rows: Vec<Row> = sources.iter().filter(|source| !source.is_test()).flat_map(rows).collect();
    rows.sort_by(|one, other| (&one.slug, &one.from).cmp(&(&other.slug, &other.from)));
    rows
}

#[cfg(test)]
const FAULTS: &str = r#"
    #[derive(strum::IntoStaticStr)]
    #[strum(serialize_all = "kebab-case", prefix = "seat/")]
    enum SeatError {
        #[error("名额已满{}", at.map(|at| format!("{at}")))]
        ClassFull { at: u8 },
        #[error("请选择课程")]
        NotChosen,
        #[error(transparent)]
        Store(#[from] StoreError),
    }
    impl Fault for SeatError {
        fn kind(&self) -> Kind {
            match self {
                Self::ClassFull { .. } => Kind::Refused,
                Self::NotChosen => Kind::Invalid,
                Self::Store(error) => error.kind(),
            }
        }
        fn slug(&self) -> &'static str { self.into() }
    }
    #[error("variable is not set")]
    struct Missing;
    impl domain::Fault for Missing {
        fn kind(&self) -> Kind { Kind::Internal }
        fn slug(&self) -> &'static str { "edge/missing" }
    }
    enum Away { #[error("away")] Away, #[error("other")] Other }
    impl Fault for Away {
        fn kind(&self) -> Kind { if *self == Self::Away { Kind::Unavailable } else { Kind::Internal } }
        fn slug(&self) -> &'static str { match (self.kind(), self) { (Kind::Unavailable, _) => "x/away", _ => "x/other" } }
    }
    fn keep(cashier: Cashier) { cashier.quarantine(event, "payment/unknown"); }
"#;

#[test]
fn faults_are_understood() {
    let rows = rows(&Source::of("shared/seat.rs", FAULTS));
    let told: Vec<(&str, Option<&str>, &str)> =
        rows.iter().map(|row| (row.slug.as_str(), row.kind.as_deref(), row.sentence.as_str())).collect();
    assert_eq!(
        told,
        [
            ("seat/class-full", Some("Refused"), "名额已满…"),
            ("seat/not-chosen", Some("Invalid"), "请选择课程"),
            ("seat/store", None, ""),
            ("edge/missing", Some("Internal"), "variable is not set"),
            ("x/away", None, ""),
            ("x/other", None, ""),
            ("payment/unknown", None, "没有通知所指的支付单"),
        ]
    );
    house::none(&complaints(&rows));
}

#[test]
fn slugs_that_collide_and_sentences_with_a_stop_are_found() {
    let mut twice = rows(&Source::of("shared/seat.rs", FAULTS));
    twice.extend(rows(&Source::of("shared/other.rs", FAULTS)));
    assert_eq!(complaints(&twice).len(), 7, "each of another file");
    let row = |kind: Option<&str>, slug: &str, sentence: &str| Row {
        slug: slug.to_owned(),
        kind: kind.map(str::to_owned),
        sentence: sentence.to_owned(),
        from: String::new(),
    };
    assert_eq!(complaints(&[row(Some("Refused"), "a/b", "名额已满。")]).len(), 1);
    assert_eq!(complaints(&[row(None, "a/b", "名额已满")]).len(), 1);
    assert_eq!(complaints(&[row(None, "payment/new", "")]).len(), 1);
    assert_eq!(complaints(&[row(Some("Refused"), "A_b", "名额已满")]).len(), 1);
}

#[test]
fn every_slug_is_on_the_page() {
    let rows = all();
    assert!(rows.len() > 40, "only {} slugs are understood", rows.len());
    house::none(&complaints(&rows));
    house::hold("docs/problems.md", &page(&rows));
}
