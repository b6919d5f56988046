//! Planted defects: each spoils one kind of request on its way to the tables, as if the platform had been written so.

use serde_json::Value;
use testkit::Defect;

/// What each is, and how it is done.
pub(crate) const ALL: [(&str, Defect); 17] = [
    ("a claim does not look whether a seat is left", claim_without_limit),
    ("a claim does not look whether the pupil sits there already", claim_without_look),
    ("a claim does not arm the ledger for the sweeper", claim_without_due),
    ("a seat is given back whoever has it", release_without_stamp),
    ("a record is written over whatever is there", record_without_version),
    ("a transaction is written without any condition", transaction_without_conditions),
    ("a payment is written without its journal", transaction_without_journal),
    ("an order is written without its due date", record_without_due),
    ("an act leaves no trace in the audit", transaction_without_traces),
    ("a task is not written with its change", transaction_without_tasks),
    ("an audit entry is not handed to the sealer", transaction_unheard_of),
    ("a trail is lost when it is drained", trail_lost),
    ("the sealer leaves on its list what it has sealed", sealed_and_left),
    ("a refund is not set aside on its payment", refund_without_reserve),
    ("a seat stays taken when its course is given up", withdrawal_without_seat),
    ("a refund is sent, and nobody asks what became of it", refund_without_due),
    ("a refund is not posted when it is done", refund_without_entry),
];

fn mentions(request: &Value, name: &str, part: &str) -> bool {
    request[name].as_str().is_some_and(|text| text.contains(part))
}

fn is_claim(operation: &str, request: &Value) -> bool {
    operation == "UpdateItem" && mentions(request, "ConditionExpression", "n < cap")
}

fn replace(request: &mut Value, name: &str, from: &str, to: &str) {
    let changed = request[name].as_str().unwrap_or_default().replace(from, to);
    request[name] = Value::from(changed);
}

fn forget_condition(request: &mut Value, values: &[&str]) {
    if let Some(fields) = request.as_object_mut() {
        fields.remove("ConditionExpression");
    }
    forget_values(request, values);
}

fn forget_values(request: &mut Value, values: &[&str]) {
    let Some(known) = request["ExpressionAttributeValues"].as_object_mut() else { return };
    for value in values {
        known.remove(*value);
    }
    if known.is_empty()
        && let Some(fields) = request.as_object_mut()
    {
        fields.remove("ExpressionAttributeValues");
    }
}

fn claim_without_limit(operation: &str, request: &mut Value) {
    if is_claim(operation, request) {
        replace(request, "ConditionExpression", "n < cap AND ", "");
    }
}

fn claim_without_look(operation: &str, request: &mut Value) {
    if is_claim(operation, request) {
        replace(request, "ConditionExpression", " AND attribute_not_exists(m.#s)", "");
    }
}

fn claim_without_due(operation: &str, request: &mut Value) {
    if is_claim(operation, request) {
        let armed = ", due = if_not_exists(due, :due), due_shard = if_not_exists(due_shard, :shard)";
        replace(request, "UpdateExpression", armed, "");
        forget_values(request, &[":due", ":shard"]);
    }
}

fn release_without_stamp(operation: &str, request: &mut Value) {
    if operation == "UpdateItem" && mentions(request, "UpdateExpression", "REMOVE m.#s") {
        replace(request, "ConditionExpression", "m.#s = :stamp", "attribute_exists(m.#s)");
        forget_values(request, &[":stamp"]);
    }
}

fn is_record(put: &Value) -> bool {
    put["Item"]["kind"]["S"] == "record"
}

fn record_without_version(operation: &str, request: &mut Value) {
    if operation == "PutItem" && is_record(request) {
        forget_condition(request, &[":expected"]);
    }
}

fn transaction_without_conditions(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for put in puts(request) {
            forget_condition(put, &[":expected"]);
        }
    }
}

fn puts(request: &mut Value) -> impl Iterator<Item = &mut Value> {
    let items = request["TransactItems"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
    items.iter_mut().filter_map(|item| item.get_mut("Put"))
}

fn drop_puts(request: &mut Value, kind: &str) {
    if let Some(items) = request["TransactItems"].as_array_mut() {
        items.retain(|item| item["Put"]["Item"]["kind"]["S"] != kind);
    }
}

fn transaction_without_journal(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "journal");
    }
}

fn transaction_without_tasks(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "task");
    }
}

fn transaction_without_traces(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "trace");
    }
}

fn transaction_unheard_of(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        drop_puts(request, "unsealed");
    }
}

/// The enrolling itself is what a record carries.
fn trail_lost(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        items.retain(|item| item["Put"]["Item"]["a"]["S"] != "enrollment.enroll");
    }
}

fn sealed_and_left(operation: &str, request: &mut Value) {
    let tables = request["RequestItems"].as_object_mut().filter(|_| operation == "BatchWriteItem");
    for delete in tables.into_iter().flat_map(|tables| tables.values_mut()).filter_map(Value::as_array_mut).flatten() {
        let name = delete["DeleteRequest"]["Key"]["sk"]["S"].as_str().unwrap_or_default().to_owned();
        delete["DeleteRequest"]["Key"]["sk"]["S"] = Value::from(format!("{name}-"));
    }
}

fn has_put(request: &Value, kind: &str) -> bool {
    let items = request["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().any(|item| item["Put"]["Item"]["kind"]["S"] == kind)
}

fn refund_without_reserve(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "refund-request") {
        drop_puts(request, "payment");
    }
}

fn withdrawal_without_seat(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        items.retain(|item| !mentions(&item["Update"], "UpdateExpression", "REMOVE m.#s"));
    }
}

fn refund_without_due(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" {
        for put in puts(request).filter(|put| put["Item"]["kind"]["S"] == "refund") {
            if let Some(item) = put["Item"].as_object_mut() {
                item.remove("due");
                item.remove("due_shard");
            }
        }
    }
}

fn refund_without_entry(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems"
        && let Some(items) = request["TransactItems"].as_array_mut()
    {
        let of_refund = |item: &Value| mentions(&item["Put"]["Item"]["fact"], "S", "refund:");
        items.retain(|item| !of_refund(item));
    }
}

fn record_without_due(operation: &str, request: &mut Value) {
    if operation == "PutItem"
        && is_record(request)
        && let Some(item) = request["Item"].as_object_mut()
    {
        item.remove("due");
        item.remove("due_shard");
    }
}
