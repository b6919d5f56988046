//! What the city tells is taken, and does not come to what it should.

use serde_json::Value;

use super::{drop_puts, forget_condition, has_put, puts};

/// It counts as in effect, and nothing is written of what it says.
pub(super) fn told_without_effect(operation: &str, request: &mut Value) {
    if operation == "TransactWriteItems" && has_put(request, "intake") {
        drop_puts(request, "specification");
    }
}

/// A price takes effect, and nobody is told that offerings have to follow.
pub(super) fn price_without_followers(operation: &str, request: &mut Value) {
    for put in puts(request).filter(|put| operation == "TransactWriteItems" && put["Item"]["kind"]["S"] == "intake") {
        if let Some(entry) = put["Item"]["entry"]["M"].as_object_mut() {
            entry.remove("follow");
        }
    }
}

/// Whoever writes last is right.
pub(super) fn decided_without_version(operation: &str, request: &mut Value) {
    let is_intake = |put: &Value| matches!(put["Item"]["kind"]["S"].as_str(), Some("intake" | "intake-book"));
    for put in puts(request).filter(|put| operation == "TransactWriteItems" && is_intake(put)) {
        forget_condition(put, &[":expected"]);
    }
}
