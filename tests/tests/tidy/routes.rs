//! Routes: what the template lets in is what the routers answer is what the document describes, and what is public
//! there is public here.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::{LITTLE, Template};
use crate::{house, routers};

type Routes = BTreeMap<String, bool>;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// `GET /orders/{order_no}` with whether it is public, of each operation of a document.
fn described(document: &Value) -> Routes {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods
                .filter(|(method, _)| METHODS.contains(&method.as_str()))
                .map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), is_public(operation)))
        })
        .collect()
}

/// An operation is public when it says that it needs no scheme.
fn is_public(operation: &Value) -> bool {
    let needs = operation.get("security").and_then(Value::as_array);
    needs.is_some_and(|needs| needs.iter().all(|scheme| scheme.as_object().is_some_and(serde_json::Map::is_empty)))
}

fn complaints(template: &Template, routers: &BTreeMap<String, Routes>, document: &Routes) -> Vec<String> {
    let mut found = Vec::new();
    let none = Routes::new();
    let mut all = Routes::new();
    for (name, function) in &template.functions {
        let answered = routers.get(name).unwrap_or(&none);
        differences(
            &format!("template of {name}"),
            &function.routes,
            &format!("router of {name}"),
            answered,
            &mut found,
        );
        all.extend(answered.clone());
    }
    for name in routers.keys().filter(|name| !template.functions.contains_key(*name)) {
        found.push(format!("router of {name}: the template has no such function"));
    }
    differences("the routers", &all, "docs/openapi.json", document, &mut found);
    found
}

fn differences(here: &str, ours: &Routes, there: &str, theirs: &Routes, found: &mut Vec<String>) {
    for (route, public) in ours {
        match theirs.get(route) {
            None => found.push(format!("{route}: in {here}, not in {there}")),
            Some(other) if other != public => found.push(format!("{route}: public in one of {here} and {there}")),
            Some(_) => {}
        }
    }
    for route in theirs.keys().filter(|route| !ours.contains_key(*route)) {
        found.push(format!("{route}: in {there}, not in {here}"));
    }
}

#[test]
fn a_route_that_differs_is_found() {
    let template = Template::of(LITTLE);
    let right: Routes = [("GET /health".to_owned(), true), ("GET /orders/{order_no}".to_owned(), false)].into();
    let routers = |routes: &Routes| BTreeMap::from([("order".to_owned(), routes.clone())]);
    house::none(&complaints(&template, &routers(&right), &right));
    let mut missing = right.clone();
    missing.remove("GET /health");
    assert_eq!(complaints(&template, &routers(&missing), &missing).len(), 1);
    assert_eq!(complaints(&template, &routers(&right), &missing).len(), 1);
    let mut open = right.clone();
    open.insert("GET /orders/{order_no}".to_owned(), true);
    assert_eq!(complaints(&template, &routers(&open), &open).len(), 1);
    let stranger = BTreeMap::from([("order".to_owned(), right.clone()), ("ghost".to_owned(), Routes::new())]);
    assert_eq!(complaints(&template, &stranger, &right).len(), 1);
}

#[test]
fn template_routers_and_document_say_the_same() {
    let value = |document| serde_json::to_value(document).expect("a document");
    let routers =
        routers::documents().into_iter().map(|(name, document)| (name.to_owned(), described(&value(document))));
    let document = serde_json::from_str(&house::text("docs/openapi.json")).expect("docs/openapi.json is JSON");
    house::none(&complaints(&Template::read(), &routers.collect(), &described(&document)));
}
