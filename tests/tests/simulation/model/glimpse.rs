//! What the play has to know of the tables to go on, and what it came to.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::stage::Stage;

use super::tables::{count, items, list, of_kind, text};
use crate::sum::Figures;

/// A line that is paid for and was not left.
pub(crate) struct PaidLine {
    pub(crate) order: String,
    pub(crate) course: String,
    pub(crate) payment: String,
    pub(crate) channel: String,
    /// What did not go back of it.
    pub(crate) left: i64,
}

/// The lines that are paid for, and that nobody has left or is about to leave.
pub(crate) fn lines_paid(stage: &Stage) -> Vec<PaidLine> {
    let (enrollments, money) = (items(stage, "enrollments"), items(stage, "money"));
    let mut found = Vec::new();
    for order in of_kind(&enrollments, "record").flat_map(|record| list(record, "orders")) {
        let Some(payment) = order["pd"][0].as_str().filter(|_| text(order, "st") == "paid") else { continue };
        let channel = of_kind(&money, "payment").find(|known| text(known, "no") == payment);
        let channel = channel.map(|payment| text(payment, "channel").to_owned()).unwrap_or_default();
        for line in list(order, "ls").iter().filter(|line| line["x"].is_null()) {
            let left = count(line, "a") - given_back(line);
            if left > 0 {
                let (order, course) = (text(order, "no").to_owned(), text(line, "c").to_owned());
                found.push(PaidLine { order, course, payment: payment.to_owned(), channel: channel.clone(), left });
            }
        }
    }
    found
}

/// What went back of a line.
pub(super) fn given_back(line: &Value) -> i64 {
    let back = &line["g"];
    count(back, "tuition") + count(back, "materials") + count(back, "sundry")
}

/// Requests that wait for somebody's word.
pub(crate) fn requests_waiting(stage: &Stage) -> Vec<Value> {
    let money = items(stage, "money");
    let waiting = of_kind(&money, "refund-request").filter(|request| request["waits_for"].is_string());
    waiting.filter(|request| text(request, "state") == "asked").cloned().collect()
}

/// The orders that ask a pupil's family for a later part.
pub(crate) fn parts_asked_for(stage: &Stage, student: &str) -> Vec<String> {
    let enrollments = items(stage, "enrollments");
    let records = of_kind(&enrollments, "record").filter(|record| text(record, "student") == student);
    let orders = records.flat_map(|record| list(record, "orders"));
    let asking = orders.filter(|order| !order["co"].is_null() && text(order, "st") == "pending");
    asking.map(|order| text(order, "no").to_owned()).collect()
}

/// Whether some refund has not ended.
pub(crate) fn refunds_under_way(stage: &Stage) -> bool {
    !of_kind(&items(stage, "money"), "refund").all(ended)
}

/// Whether nothing becomes of a refund any more.
pub(super) fn ended(refund: &Value) -> bool {
    matches!(text(refund, "state"), "done" | "closed" | "rejected" | "returned")
}

/// The numbers of all orders that have seats.
pub(crate) fn orders(stage: &Stage) -> BTreeSet<String> {
    let enrollments = items(stage, "enrollments");
    let orders = of_kind(&enrollments, "record").flat_map(|record| list(record, "orders"));
    orders.filter(|order| text(order, "st") == "pending").map(|order| text(order, "no").to_owned()).collect()
}

/// Counts what became of teaching.
pub(crate) fn count_teaching(stage: &Stage, figures: &mut Figures) {
    let teaching = items(stage, "teaching");
    let enrollments = items(stage, "enrollments");
    let done = of_kind(&enrollments, "move").filter(|request| !request["outcome"]["done"].is_null());
    figures.add("moves in effect", done.count() as u64);
    figures.add("rolls", of_kind(&teaching, "roll").count() as u64);
    let accrued = items(stage, "money");
    let accrued = of_kind(&accrued, "refund").filter(|refund| refund["reason"]["by_rule"] == "accrued");
    figures.add("payments of what was missed", accrued.count() as u64);
}

/// Counts what became of money.
pub(crate) fn count_money(stage: &Stage, figures: &mut Figures) {
    let (money, enrollments) = (items(stage, "money"), items(stage, "enrollments"));
    for payment in of_kind(&money, "payment").filter(|payment| !payment["paid"].is_null()) {
        let counted = payment["paid"]["counted"] == true;
        figures.add(if counted { "paid" } else { "returned" }, 1);
        if text(payment, "channel") == "alipay" {
            figures.add("of them at Alipay", 1);
        }
    }
    let asked = of_kind(&money, "refund").filter(|refund| !refund["request"].is_null());
    figures.add("withdrawn and refunded", asked.count() as u64);
    let healed = of_kind(&money, "difference").filter(|difference| text(difference, "state") == "healed");
    figures.add("healed by a bill", healed.count() as u64);
    figures.add("daily statements", of_kind(&money, "statement").count() as u64);
    let orders = of_kind(&enrollments, "record").flat_map(|record| list(record, "orders"));
    let parts = orders.filter(|order| !order["co"].is_null() && order["xc"].is_null() && text(order, "st") == "paid");
    figures.add("paid in later parts", parts.count() as u64);
}
