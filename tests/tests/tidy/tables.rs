//! Tables: what the tests run on has the keys and indexes of the template, and `store` names the same.

use std::collections::BTreeMap;

use testkit::{KeyType, TABLES, Table};

use crate::house;
use crate::template::{LITTLE, Template};

fn shape(table: &Table) -> String {
    let kind = |kind: KeyType| match kind {
        KeyType::S => "S",
        KeyType::N => "N",
    };
    let key = |key: &testkit::Key| {
        format!("{}:{} {}:{}", key.partition.0, kind(key.partition.1), key.sort.0, kind(key.sort.1))
    };
    let indexes = table.indexes.iter().map(|index| format!(" {}({} KEYS_ONLY)", index.name, key(&index.key)));
    std::iter::once(key(&table.key)).chain(indexes).collect()
}

fn complaints(template: &BTreeMap<String, String>, tables: &[Table]) -> Vec<String> {
    let ours: BTreeMap<String, String> = tables.iter().map(|table| (table.name.to_owned(), shape(table))).collect();
    let mut found = Vec::new();
    for name in ours.keys().chain(template.keys().filter(|name| !ours.contains_key(*name))) {
        let (here, there) = (ours.get(name), template.get(name));
        if here != there {
            found.push(format!("table {name}: {here:?} in the tests, {there:?} in the template"));
        }
    }
    found
}

#[test]
fn a_table_that_differs_is_found() {
    // The little template has one table, whose index differs from ours.
    let template = Template::of(LITTLE).tables;
    let tasks: Vec<Table> = TABLES.iter().copied().filter(|table| table.name == "tasks").collect();
    assert_eq!(complaints(&template, &tasks).len(), 1);
    assert_eq!(complaints(&template, &[]).len(), 1);
}

#[test]
fn tests_and_template_have_the_same_tables() {
    house::none(&complaints(&Template::read().tables, &TABLES));
}
