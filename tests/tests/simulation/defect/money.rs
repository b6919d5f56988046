//! Money that is not asked about, not set aside, not posted or not given back.

use serde_json::Value;

use super::{drop_puts, has_put, mentions, puts};

pub(super) fn refund_without_reserve(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "refund-request") {
        drop_puts(request, "payment");
    }
}

pub(super) fn refund_without_due(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for put in puts(request).filter(|put| put["Item"]["kind"]["S"] == "refund") {
            if let Some(item) = put["Item"].as_object_mut() {
                item.remove("due");
                item.remove("due_shard");
            }
        }
    }
}

pub(super) fn refund_without_entry(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        let of_refund = |item: &Value| mentions(&item["Put"]["Item"]["fact"], "S", "refund:");
        items.retain(|item| !of_refund(item));
    }
}

fn forget_due(request: &mut Value, kind: &str) {
    for put in puts(request).filter(|put| put["Item"]["kind"]["S"] == kind) {
        if let Some(item) = put["Item"].as_object_mut() {
            item.remove("due");
            item.remove("due_shard");
        }
    }
}

pub(super) fn payment_without_due(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        forget_due(request, "payment");
    }
}

/// The promise to give it back is neither written nor looked after.
pub(super) fn return_without_refund(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && has_put(request, "event")
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        items.retain(|item| item["Put"]["Item"]["kind"]["S"] != "refund");
    }
}

pub(super) fn refund_without_debt(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        items.retain(|item| !mentions(&item["Put"]["Item"]["fact"], "S", "owe:"));
    }
}

pub(super) fn grant_without_line(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "refund") {
        for put in puts(request).filter(|put| put["Item"]["kind"]["S"] == "record") {
            for order in put["Item"]["orders"]["L"].as_array_mut().into_iter().flatten() {
                for line in order["M"]["ls"]["L"].as_array_mut().into_iter().flatten() {
                    if let Some(line) = line["M"].as_object_mut() {
                        line.remove("g");
                    }
                }
            }
        }
    }
}

/// Whoever stops between asking and granting leaves a request that nobody looks at.
pub(super) fn request_without_task(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "refund-request") && !has_put(request, "refund") {
        drop_puts(request, "task");
    }
}
