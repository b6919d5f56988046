//! Seats that are claimed, kept or given back wrongly.

use serde_json::Value;

use super::{forget_values, has_put, is_claim, mentions, replace};

pub(super) fn claim_without_limit(operation: &str, request: &mut Value) {
    if is_claim(operation, request) {
        replace(request, "ConditionExpression", "n < cap AND ", "");
    }
}

pub(super) fn claim_without_look(operation: &str, request: &mut Value) {
    if is_claim(operation, request) {
        replace(request, "ConditionExpression", " AND attribute_not_exists(m.#s)", "");
    }
}

pub(super) fn claim_without_due(operation: &str, request: &mut Value) {
    if is_claim(operation, request) {
        let armed = ", due = if_not_exists(due, :due), due_shard = if_not_exists(due_shard, :shard)";
        replace(request, "UpdateExpression", armed, "");
        forget_values(request, &[":due", ":shard"]);
    }
}

pub(super) fn release_without_stamp(operation: &str, request: &mut Value) {
    if operation == "UpdateItem" && mentions(request, "UpdateExpression", "REMOVE m.#s") {
        replace(request, "ConditionExpression", "m.#s = :stamp", "attribute_exists(m.#s)");
        forget_values(request, &[":stamp"]);
    }
}

pub(super) fn withdrawal_without_seat(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        items.retain(|item| !mentions(&item["Update"], "UpdateExpression", "REMOVE m.#s"));
    }
}

/// Only who asks for a course back frees its seat; a part that is not paid in time does not.
pub(super) fn forfeit_without_seat(operation: &str, request: &mut Value) {
    if !has_put(request, "refund-request") {
        withdrawal_without_seat(operation, request);
    }
}
