//! Revealing: every place of the product that reads personal data in the clear is named here.

use syn::visit::{self, Visit};

use crate::house::{self, Source};

/// Files that may call `reveal`, with what for.
const REVEALS: [(&str, &str); 23] = [
    ("shared/domain/src/account.rs", "whether an account number can be one"),
    ("shared/domain/src/pupil.rs", "whether a name, a number and a phone can be such"),
    ("shared/domain/src/user.rs", "whether a name and a phone can be such"),
    ("shared/domain/src/supervision/map/render.rs", "what is reported is written for the city"),
    ("shared/gateway/src/message.rs", "whom WeChat sends a message is told to WeChat"),
    ("shared/edge/src/password.rs", "a password is compared with its hash"),
    ("shared/edge/src/totp.rs", "codes are made of the secret, which its owner's app takes in"),
    ("functions/directory/src/add_user.rs", "the phone goes into a keyed hash"),
    (
        "functions/directory/src/find_users.rs",
        "a phone goes into a keyed hash, a part of a name is looked for in names",
    ),
    ("functions/identity/src/change_password.rs", "a password must not hold the own name or phone"),
    ("functions/identity/src/finish_province.rs", "the phone goes into a keyed hash, and is looked for in a list"),
    ("functions/identity/src/set_password.rs", "a password must not hold the own name or phone"),
    ("functions/identity/src/set_up.rs", "a person is shown the own secret, once"),
    ("shared/domain/src/import/mod.rs", "one guardian has one name within a file"),
    ("shared/domain/src/import/merge.rs", "goes into a keyed hash"),
    ("shared/domain/src/privacy.rs", "whether what a guardian has written is long enough"),
    ("functions/privacy/src/show_reveal.rs", "who was granted to see it in full, with an entry for each look"),
    ("functions/privacy/src/desk.rs", "a guardian's own data and that of the own children"),
    ("functions/privacy/src/request_view.rs", "what a guardian has written, for the guardian and who decides it"),
    ("functions/people/src/add_student.rs", "the student number goes into a keyed hash"),
    ("functions/people/src/link_guardian.rs", "the phone goes into a keyed hash"),
    ("functions/refund/src/mend.rs", "the card a refund is sent to instead goes to the provider, encrypted"),
    ("functions/school/src/list_children.rs", "a guardian's own children"),
];

/// Finds calls of `reveal`, and where it is handed on. With arguments it is something else: a request to see data.
#[derive(Default)]
struct Reveals(usize);

impl Visit<'_> for Reveals {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        self.0 += usize::from(call.method == "reveal" && call.args.is_empty());
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0 += usize::from(names.ends_with(&["Pii".to_owned(), "reveal".to_owned()]));
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, module: &syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    /// What stands inside a macro counts too.
    fn visit_macro(&mut self, invocation: &syn::Macro) {
        self.0 += usize::from(invocation.tokens.to_string().contains(". reveal ()"));
    }
}

fn complaints(source: &Source) -> Vec<String> {
    let named = REVEALS.iter().any(|(path, _)| *path == source.path);
    if source.is_test() || named || source.path.starts_with("tests/") {
        return Vec::new();
    }
    let mut reveals = Reveals::default();
    reveals.visit_file(&source.file);
    let once = (reveals.0 > 0).then(|| format!("{}: reveals personal data, and is not named for it", source.path));
    once.into_iter().collect()
}

#[test]
fn k3_a_place_that_reveals_is_found() {
    let told = |body: &str| complaints(&Source::of("functions/x/src/a.rs", &format!("//! A.\nfn f() {{ {body} }}")));
    assert_eq!(told("let name = child.name.reveal();").len(), 1);
    assert_eq!(told("tracing::info!(name = child.name.reveal().as_str(), \"seen\");").len(), 1);
    assert_eq!(told("let name = names.iter().map(Pii::reveal);").len(), 1);
    house::none(&told("let name = child.name.masked_name(); let asked = store.reveal(&id);"));
}

#[test]
fn k3_personal_data_is_revealed_where_it_is_named() {
    let found: Vec<String> = house::sources(&["shared", "functions", "infra"]).iter().flat_map(complaints).collect();
    house::none(&found);
}
