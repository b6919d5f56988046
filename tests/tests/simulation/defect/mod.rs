//! Planted defects: each spoils one kind of request on its way to the tables, as if the platform had been written so.

mod bills;
mod city;
mod intake;
mod money;
mod seats;
mod teaching;
mod writes;

use serde_json::Value;
use testkit::Defect;

use crate::place::{Kind, city_meddles, tells_the_city};

/// Schedules in which each has to be found.
pub(crate) const SEEDS: u64 = 120;

/// A defect, and where it is looked for.
pub(crate) struct Planted {
    /// What it is.
    pub(crate) name: &'static str,
    /// Whether the schedule of a seed can show it.
    pub(crate) among: fn(u64) -> bool,
    /// How it is done.
    pub(crate) spoil: Defect,
}

const fn anywhere(name: &'static str, spoil: Defect) -> Planted {
    Planted { name, among: |_| true, spoil }
}

/// Where the city is told, everything waits for the sealer many times over: who never comes to an end would take minutes.
const fn past_the_city(name: &'static str, spoil: Defect) -> Planted {
    Planted { name, among: |seed| !tells_the_city(seed), spoil }
}

const fn with_bills(name: &'static str, spoil: Defect) -> Planted {
    Planted { name, among: |seed| Kind::of(seed) == Kind::Bills, spoil }
}

const fn with_parts(name: &'static str, spoil: Defect) -> Planted {
    Planted { name, among: |seed| Kind::of(seed) == Kind::Parts, spoil }
}

const fn with_teaching(name: &'static str, spoil: Defect) -> Planted {
    Planted { name, among: |seed| Kind::of(seed) == Kind::Teaching, spoil }
}

const fn to_the_city(name: &'static str, spoil: Defect) -> Planted {
    Planted { name, among: |seed| tells_the_city(seed) && !city_meddles(seed), spoil }
}

const fn from_the_city(name: &'static str, spoil: Defect) -> Planted {
    Planted { name, among: |seed| Kind::of(seed) == Kind::Intake, spoil }
}

/// All of them.
pub(crate) const ALL: [Planted; 43] = [
    anywhere("a claim does not look whether a seat is left", seats::claim_without_limit),
    anywhere("a claim does not look whether the pupil sits there already", seats::claim_without_look),
    anywhere("a claim does not arm the ledger for the sweeper", seats::claim_without_due),
    anywhere("a seat is given back whoever has it", seats::release_without_stamp),
    anywhere("a seat stays taken when its course is given up", seats::withdrawal_without_seat),
    with_parts("a seat stays taken when a later part is not paid", seats::forfeit_without_seat),
    anywhere("a record is written over whatever is there", writes::record_without_version),
    anywhere("a transaction is written without any condition", writes::transaction_without_conditions),
    anywhere("an order is written without its due date", writes::record_without_due),
    anywhere("an act leaves no trace in the audit", writes::transaction_without_traces),
    anywhere("a task is not written with its change", writes::transaction_without_tasks),
    anywhere("an audit entry is not handed to the sealer", writes::transaction_unheard_of),
    anywhere("a trail is lost when it is drained", writes::trail_lost),
    past_the_city("the sealer leaves on its list what it has sealed", writes::sealed_and_left),
    anywhere("the sweep passes over one part of what is due", writes::sweep_without_shard),
    anywhere("a payment is written without its journal", writes::transaction_without_journal),
    with_parts("a payment is not asked about by the sweep", money::payment_without_due),
    anywhere("what pays for nothing does not go back", money::return_without_refund),
    anywhere("a refund is not set aside on its payment", money::refund_without_reserve),
    anywhere("a refund is sent, and nobody asks what became of it", money::refund_without_due),
    anywhere("a refund is not posted when it is done", money::refund_without_entry),
    anywhere("what is promised back is not posted", money::refund_without_debt),
    anywhere("what goes back is not noted on its line", money::grant_without_line),
    anywhere("a request that waits for nobody is granted without its task", money::request_without_task),
    with_bills("a difference is called healed when it is found", bills::difference_settled),
    with_bills("a bill is never read again", bills::read_once),
    with_bills("a statement does not go on from the one before", bills::statement_without_opening),
    with_bills("a statement leaves out what went back", bills::statement_without_refunds),
    with_bills("a day that is drawn up again is drawn up empty", bills::statement_redrawn_empty),
    with_bills("what went back in a console is not set aside on its payment", bills::adopted_without_reserve),
    with_teaching("a roll is written over whatever is there", teaching::roll_without_version),
    with_teaching("a lock holds and seals nothing", teaching::lock_without_seals),
    with_teaching("leave is granted and marks no roll", teaching::leave_without_mark),
    with_teaching("a roll call that comes too late is not kept", teaching::call_not_kept),
    with_teaching("who leaves a course stays in its class", teaching::member_without_seat),
    with_teaching("pupils come into classes past the timetable", teaching::change_without_timetable),
    with_teaching("nobody is reminded of families to be told", teaching::families_not_told),
    to_the_city("what is sealed is due to the city, and no sweeper finds it", city::report_without_due),
    to_the_city("the sweep does not look for what the city is to be told", city::report_without_sweeper),
    to_the_city("what is about to be sent counts as taken", city::sent_is_acknowledged),
    from_the_city("what the city tells counts as in effect, and nothing is written", intake::told_without_effect),
    from_the_city("a price takes effect, and no offering follows it", intake::price_without_followers),
    from_the_city("of two who decide about a record both are right", intake::decided_without_version),
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

fn is_record(put: &Value) -> bool {
    put["Item"]["kind"]["S"] == "record"
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

fn has_put(request: &Value, kind: &str) -> bool {
    let items = request["TransactItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().any(|item| item["Put"]["Item"]["kind"]["S"] == kind)
}
