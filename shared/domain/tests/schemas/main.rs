//! The schemas of all records under `docs/supervision`, held against the field map they are made from. `UPDATE=1` writes
//! them anew. B5.1 B6.1.
#![expect(
    clippy::disallowed_methods,
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "every function of this target is a test or serves one"
)]

use std::path::Path;

use domain::supervision::map::{Field, Holds};
use domain::supervision::{Dataset, FieldMap, Inbound, sample, schema};
use serde_json::Value;
use strum::VariantArray as _;

/// Holds a page of the documents that is made from the code.
fn hold(path: &str, text: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(path);
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&page, text).unwrap();
    }
    let held = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(held == text, "docs/{path} is behind the field map: UPDATE=1 cargo test -p domain --test schemas");
}

fn pretty(schema: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).unwrap())
}

#[test]
fn b6_1_each_data_set_that_is_reported_has_its_schema() {
    let map = FieldMap::current();
    for dataset in Dataset::VARIANTS {
        let of_set = sample::records(1).into_iter().filter(|record| record.dataset == *dataset);
        let examples: Vec<Value> = of_set.map(|record| map.render(&record).unwrap().json().clone()).collect();
        let schema = schema::of_outbound(map, *dataset, &examples).unwrap();
        hold(&format!("supervision/outbound/{dataset}.json"), &pretty(&schema));
    }
}

#[test]
fn b5_1_each_data_set_that_is_received_has_its_schema() {
    for inbound in Inbound::VARIANTS {
        let schema = schema::of_inbound(FieldMap::current(), *inbound).unwrap();
        hold(&format!("supervision/inbound/{inbound}.json"), &pretty(&schema));
    }
}

#[test]
fn b6_1_the_field_map_has_its_page() {
    let map = FieldMap::current();
    let mut page = format!(
        "# 字段对照 · Field map {}\n\nMade from `shared/domain/src/supervision/map/default.json`. Schemas: \
         [outbound](supervision/outbound), [inbound](supervision/inbound).\n",
        map.version
    );
    page.push_str("\n## 上报 · Reported\n");
    for dataset in Dataset::VARIANTS {
        let set = &map.outbound[dataset];
        write_set(&mut page, dataset.chinese(), &dataset.to_string(), &set.name, &set.fields);
    }
    page.push_str("\n## 接收 · Received\n");
    for inbound in Inbound::VARIANTS {
        let set = &map.inbound[inbound];
        write_set(&mut page, inbound.chinese(), &inbound.to_string(), &set.name, &set.fields);
    }
    page.push_str("\n## 代码表 · Code tables\n\n| table | 名称 | codes |\n|---|---|---|\n");
    for (name, table) in &map.tables {
        let codes: Vec<String> = table.codes.iter().map(|(word, code)| format!("{code} `{word}`")).collect();
        page.push_str(&["| `", name, "` | ", &table.label, " | ", &codes.join(", "), " |\n"].concat());
    }
    hold("supervision.md", &page);
}

fn write_set(page: &mut String, chinese: &str, ours: &str, theirs: &str, fields: &[Field]) {
    page.push_str(&["\n### ", chinese, " · `", ours, "` · ", theirs, "\n\n"].concat());
    page.push_str("| 字段 | theirs | ours | holds | required |\n|---|---|---|---|---|\n");
    write_fields(page, "", "", fields);
}

fn write_fields(page: &mut String, above_theirs: &str, above_ours: &str, fields: &[Field]) {
    for field in fields {
        let (theirs, ours) = ([above_theirs, &field.theirs].concat(), [above_ours, &field.ours].concat());
        let personal = if field.personal.is_some() { ", personal" } else { "" };
        let required = if field.required { "yes" } else { "" };
        let row = [
            "| ",
            &field.label,
            " | ",
            &theirs,
            " | `",
            &ours,
            "` | ",
            &told(&field.holds),
            personal,
            " | ",
            required,
            " |\n",
        ];
        page.push_str(&row.concat());
        if let Holds::Rows { fields, .. } = &field.holds {
            write_fields(page, &format!("{theirs}."), &format!("{ours}."), fields);
        }
    }
}

fn told(holds: &Holds) -> String {
    match holds {
        Holds::Text { longest, form: None } => format!("text ≤ {longest}"),
        Holds::Text { longest, form: Some(form) } => {
            format!("text ≤ {longest}, `{}`", form.pattern().replace('|', "\\|"))
        }
        Holds::Integer { least, most } => format!("{least} to {most}"),
        Holds::Money => "amount".to_owned(),
        Holds::Day => "day".to_owned(),
        Holds::Moment => "moment".to_owned(),
        Holds::Flag => "yes or no".to_owned(),
        Holds::Code { table } => format!("code `{table}`"),
        Holds::Reference { to } => format!("reference to `{to}`"),
        Holds::List { least, most, of } => format!("{least} to {most} of: {}", told(of)),
        Holds::Rows { least, most, .. } => format!("{least} to {most} rows"),
    }
}
