//! Variables: what a function's `main.rs` names is what the template declares for it and what its code reads.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};

use crate::house::{self, Source};
use crate::template::Template;

/// Variables of the platform that no code of ours asks for by name.
const PLATFORM: [&str; 3] = ["STAGE", "RUST_LOG", "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH"];

/// What a call of `edge` reads for whoever calls it.
const BEHIND: [(&str, &[&str]); 21] = [
    (
        "channels",
        &[
            "WECHAT_SECRET",
            "WECHAT_BASE_URL",
            "ALIPAY_SECRET",
            "ALIPAY_BASE_URL",
            "CHINAUMS_SECRET",
            "CHINAUMS_BASE_URL",
        ],
    ),
    ("identity_provider", &["IDENTITY_SECRET", "IDENTITY_BASE_URL", "SIGN_IN_RETURN_URL"]),
    ("messages", &["MESSAGE_SECRET", "MESSAGE_BASE_URL"]),
    ("supervision", &["SUPERVISION_SECRET", "SUPERVISION_BASE_URL"]),
    // Whoever builds what is reported reads names.
    ("agree", &["PERSONAL_KEY_ARN"]),
    ("look", &["PERSONAL_KEY_ARN"]),
    ("report", &["PERSONAL_KEY_ARN"]),
    ("judge_again", &["PERSONAL_KEY_ARN"]),
    ("open_intake_at", &["PERSONAL_KEY_ARN"]),
    ("open_intakes_of_term", &["PERSONAL_KEY_ARN"]),
    ("open_subscription", &["PERSONAL_KEY_ARN"]),
    ("open_subscriptions", &["PERSONAL_KEY_ARN"]),
    ("Blind", &["BLIND_SECRET"]),
    ("open_student", &["PERSONAL_KEY_ARN"]),
    ("open_students_of", &["PERSONAL_KEY_ARN"]),
    ("open_guardian", &["PERSONAL_KEY_ARN"]),
    ("credential", &["PERSONAL_KEY_ARN"]),
    ("user", &["PERSONAL_KEY_ARN"]),
    ("save_user", &["PERSONAL_KEY_ARN"]),
    ("apply_row", &["PERSONAL_KEY_ARN"]),
    ("expect_rows", &["PERSONAL_KEY_ARN"]),
];

/// Finds `Variable::X`, and calls behind which a variable is read.
#[derive(Default)]
struct Named(BTreeSet<String>);

impl Visit<'_> for Named {
    fn visit_path(&mut self, path: &syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        for pair in words.windows(2) {
            match pair {
                [family, name] if family == "Variable" => {
                    self.0.insert(screaming(name));
                }
                [kind, _] => self.behind(kind),
                _ => {}
            }
        }
        visit::visit_path(self, path);
    }

    /// What stands inside `format!(…)` is read too.
    fn visit_macro(&mut self, invocation: &syn::Macro) {
        let list = Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        if let Ok(arguments) = invocation.parse_body_with(list) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        self.behind(&call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }
}

impl Named {
    fn behind(&mut self, call: &str) {
        let known = BEHIND.iter().find(|(name, _)| *name == call).into_iter().flat_map(|(_, variables)| *variables);
        self.0.extend(known.map(|name| (*name).to_owned()));
    }

    fn of(sources: &[&Source]) -> BTreeSet<String> {
        let mut named = Self::default();
        for source in sources {
            named.visit_file(&source.file);
        }
        named.0
    }
}

/// `WechatSecret` as `WECHAT_SECRET`.
fn screaming(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}

fn complaints(template: &Template, sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    let common: BTreeSet<&str> = edge::config::COMMON.iter().map(<&str>::from).chain(PLATFORM).collect();
    if !template.common.iter().map(String::as_str).eq(common.iter().copied()) {
        found.push(format!("Globals declare {:?}, all functions read {common:?}", template.common));
    }
    for (name, function) in &template.functions {
        let folder = format!("functions/{name}/src/");
        let (start, rest): (Vec<&Source>, Vec<&Source>) = sources
            .iter()
            .filter(|source| source.path.starts_with(&folder) && !source.is_test())
            .partition(|source| source.path.ends_with("/main.rs"));
        let (named, read) = (Named::of(&start), Named::of(&rest));
        let mut tell = |these: &BTreeSet<String>, those: &BTreeSet<String>, what: &str| {
            found.extend(these.difference(those).map(|variable| format!("{name}: {variable} {what}")));
        };
        tell(&named, &function.variables, "is named in main.rs, not declared in the template");
        tell(&function.variables, &named, "is declared in the template, not named in main.rs");
        tell(&read, &named, "is read, not named in main.rs");
        tell(&named, &read, "is named in main.rs, never read");
    }
    found
}

#[test]
fn a_variable_that_differs_is_found() {
    let template = |main: &str, lib: &str| {
        let sources = [Source::of("functions/order/src/main.rs", main), Source::of("functions/order/src/lib.rs", lib)];
        let mut template = Template::of(crate::template::LITTLE);
        template.common = PLATFORM.iter().chain(&["TABLE_PREFIX"]).map(|name| (*name).to_owned()).collect();
        complaints(&template, &sources)
    };
    let both = "const V: [Variable; 2] = [Variable::PublicUrl, Variable::WechatSecret];";
    let reads = "fn read(app: App) { app.variable(Variable::PublicUrl); app.variable(edge::Variable::WechatSecret); }";
    house::none(&template(both, reads));
    assert_eq!(template("const V: Variable = Variable::PublicUrl;", reads).len(), 2, "declared and read, not named");
    assert_eq!(template(both, "fn read(app: App) { app.variable(Variable::PublicUrl); }").len(), 1, "never read");
    let by_call = r#"fn read(app: App) { format!("{}", app.variable(Variable::PublicUrl)?); app.channels(); }"#;
    assert_eq!(template(both, by_call).len(), 5, "five more are read behind the call");
    let more = "const V: [Variable; 3] = [Variable::PublicUrl, Variable::WechatSecret, Variable::ImportsBucket];";
    assert_eq!(template(more, reads).len(), 2, "not declared, never read");
}

#[test]
fn template_and_functions_name_the_same_variables() {
    house::none(&complaints(&Template::read(), &house::sources(&["functions"])));
}
