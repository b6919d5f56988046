//! Bills that are read, and statements that are drawn up, wrongly.

use serde_json::Value;

use super::{drop_puts, has_put, puts};

fn of_kind<'v>(request: &'v mut Value, kind: &'static str) -> impl Iterator<Item = &'v mut Value> {
    puts(request).map(|put| &mut put["Item"]).filter(move |item| item["kind"]["S"] == kind)
}

fn number(item: &Value, name: &str) -> i64 {
    item[name]["N"].as_str().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn set(item: &mut Value, name: &str, number: i64) {
    item[name]["N"] = Value::from(number.to_string());
}

/// It is found, and called settled at once: nobody asks the provider, and no person sees it.
pub(super) fn difference_settled(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for item in of_kind(request, "difference") {
            item["state"]["S"] = Value::from("healed");
        }
    }
}

/// Whatever comes late is in no reading.
pub(super) fn read_once(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for item in of_kind(request, "bill_run").filter(|item| item["state"]["S"] == "matched") {
            item["state"]["S"] = Value::from("reread");
        }
    }
}

pub(super) fn statement_without_opening(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for item in of_kind(request, "statement") {
            let opening = number(item, "opening");
            let closing = number(item, "closing").saturating_sub(opening);
            set(item, "opening", 0);
            set(item, "closing", closing);
        }
    }
}

pub(super) fn statement_without_refunds(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for item in of_kind(request, "statement") {
            let closing = number(item, "closing").saturating_add(number(item, "refunded"));
            set(item, "refunded", 0);
            set(item, "closing", closing);
        }
    }
}

/// What comes to be known is left out, and what was known with it.
pub(super) fn statement_redrawn_empty(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for item in of_kind(request, "statement").filter(|item| number(item, "ver") > 1) {
            let closing = number(item, "opening");
            set(item, "received", 0);
            set(item, "refunded", 0);
            set(item, "closing", closing);
        }
    }
}

pub(super) fn adopted_without_reserve(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "difference") {
        drop_puts(request, "payment");
    }
}
