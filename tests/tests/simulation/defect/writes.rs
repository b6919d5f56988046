//! Writes that forget their condition, their date, their trace or their task.

use serde_json::Value;

use super::{drop_puts, forget_condition, is_record, puts};

pub(super) fn record_without_version(operation: &str, request: &mut Value) {
    if operation == "PutItem" && is_record(request) {
        forget_condition(request, &[":expected"]);
    }
}

pub(super) fn record_without_due(operation: &str, request: &mut Value) {
    if operation == "PutItem"
        && is_record(request)
        && let Some(item) = request["Item"].as_object_mut()
    {
        item.remove("due");
        item.remove("due_shard");
    }
}

pub(super) fn transaction_without_conditions(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for put in puts(request) {
            forget_condition(put, &[":expected"]);
        }
    }
}

pub(super) fn transaction_without_journal(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "journal");
    }
}

pub(super) fn transaction_without_tasks(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "task");
    }
}

pub(super) fn transaction_without_traces(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "trace");
    }
}

pub(super) fn transaction_unheard_of(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "unsealed");
    }
}

/// The enrolling itself is what a record carries.
pub(super) fn trail_lost(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        items.retain(|item| item["Put"]["Item"]["a"]["S"] != "enrollment.enroll");
    }
}

pub(super) fn sealed_and_left(operation: &str, request: &mut Value) {
    let tables = request["RequestItems"].as_object_mut().filter(|_| operation == "BatchWriteItem");
    for delete in tables.into_iter().flat_map(|tables| tables.values_mut()).filter_map(Value::as_array_mut).flatten() {
        let name = delete["DeleteRequest"]["Key"]["sk"]["S"].as_str().unwrap_or_default().to_owned();
        delete["DeleteRequest"]["Key"]["sk"]["S"] = Value::from(format!("{name}-"));
    }
}

pub(super) fn sweep_without_shard(operation: &str, request: &mut Value) {
    if operation == "Query"
        && request["IndexName"] == "by_due"
        && let Some(values) = request["ExpressionAttributeValues"].as_object_mut()
    {
        for value in values.values_mut().filter(|value| value["S"].as_str().is_some_and(|shard| shard.ends_with('3'))) {
            value["S"] = Value::from("nowhere");
        }
    }
}
