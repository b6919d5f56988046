//! The city is told nothing, or believed before it has answered. What takes two who act in the same moment is found by the
//! model of the design (`push_design`), which plays every order of them.

use serde_json::{Value, json};

use super::{forget_values, mentions, replace};

/// The part of a task's key that says it is for the city.
const MUNICIPAL: &str = "TASK#municipal#";

fn is_for_city(operation: &str, request: &Value, wanted: &str) -> bool {
    operation == wanted && mentions(&request["Key"]["pk"], "S", MUNICIPAL)
}

/// What was sealed is due, and no sweeper finds it.
pub(super) fn report_without_due(operation: &str, request: &mut Value) {
    if is_for_city(operation, request, "UpdateItem") && mentions(request, "UpdateExpression", "if_not_exists(wanted") {
        replace(request, "UpdateExpression", ", due_shard = if_not_exists(due_shard, :shard)", "");
        forget_values(request, &[":shard"]);
    }
}

/// Of what waits for the city, a part is never looked for.
pub(super) fn report_without_sweeper(operation: &str, request: &mut Value) {
    if operation == "Query"
        && request["IndexName"] == "by_due"
        && let Some(values) = request["ExpressionAttributeValues"].as_object_mut()
    {
        for value in values.values_mut().filter(|value| value["S"].as_str().is_some_and(|shard| shard.starts_with('M')))
        {
            value["S"] = Value::from("nowhere");
        }
    }
}

/// What is about to be sent counts as taken.
pub(super) fn sent_is_acknowledged(operation: &str, request: &mut Value) {
    let item = if operation == "PutItem" { &mut request["Item"] } else { return };
    if item["kind"]["S"] != "holding" {
        return;
    }
    let at = item["updated_at"].clone();
    for record in item["rs"]["L"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = record["M"].as_object_mut()
            && let Some(said) = fields.remove("s")
        {
            fields.insert("a".to_owned(), json!({"M": {"s": said, "n": {"S": "-"}, "t": at}}));
        }
    }
}
