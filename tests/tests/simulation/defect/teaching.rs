//! What is said of lessons, leave, locks and moves, written wrongly or not at all.

use serde_json::Value;

use super::{drop_puts, forget_condition, has_put, puts};

fn is_roll(put: &Value) -> bool {
    put["Item"]["kind"]["S"] == "roll"
}

pub(super) fn roll_without_version(operation: &str, request: &mut Value) {
    if operation == "PutItem" && is_roll(request) {
        forget_condition(request, &[":expected"]);
    }
}

/// What seals rolls writes the timetable beside them.
pub(super) fn lock_without_seals(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "timetable") && !has_put(request, "lesson-change") {
        drop_puts(request, "roll");
    }
}

pub(super) fn leave_without_mark(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "leave") {
        drop_puts(request, "roll");
    }
}

pub(super) fn call_not_kept(operation: &str, request: &mut Value) {
    for put in
        puts(request).filter(|put| operation == "TransactWriteItems" && put["Item"]["kind"]["S"] == "parked-call")
    {
        let name = put["Item"]["sk"]["S"].as_str().unwrap_or_default().to_owned();
        put["Item"]["kind"]["S"] = Value::from("lost-call");
        put["Item"]["sk"]["S"] = Value::from(format!("{name}-lost"));
    }
}

/// Whoever leaves a course, by whatever way, is let go by the writes of its class.
pub(super) fn member_without_seat(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && (has_put(request, "move") || has_put(request, "refund-request")) {
        drop_puts(request, "class");
    }
}

/// Two changes of lessons do not see each other when the timetable does not rise.
pub(super) fn change_without_timetable(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && !has_put(request, "roll") {
        drop_puts(request, "timetable");
    }
}

pub(super) fn families_not_told(operation: &str, request: &mut Value) {
    if let Some(fields) =
        request["Item"].as_object_mut().filter(|item| operation == "PutItem" && item["kind"]["S"] == "roll")
    {
        fields.remove("due");
        fields.remove("due_shard");
    }
}
