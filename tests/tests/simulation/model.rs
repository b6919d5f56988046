//! The independent model: what must be true of the tables, judged from their raw items and from the provider's own
//! books, with nothing of the platform's code.

use std::collections::{BTreeMap, BTreeSet};

use audit::Source;
use gateway::signer::VerifyingKey;
use serde_json::Value;
use simulator::WechatPay;
use simulator::wechat::{PaymentState, RefundState};
use testkit::plain;
use testkit::stage::{AUDIT, PREFIX, SNAPSHOTS, Stage};
use testkit::town::Town;

use crate::play::Promised;

type Broken = Result<(), String>;

fn rows(stage: &Stage, table: &str, kind: &str) -> Vec<Value> {
    let items = stage.world.scan(&format!("{PREFIX}-{table}"));
    items.iter().map(plain).filter(|item| item["kind"] == kind).collect()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn count(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_default()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Broken {
    if holds { Ok(()) } else { Err(broken()) }
}

/// A seat as a pupil's record has it.
struct Sitting {
    student: String,
    ledger: String,
    course: String,
    paid: bool,
}

fn sittings(stage: &Stage) -> Vec<Sitting> {
    let mut found = Vec::new();
    for record in rows(stage, "enrollments", "record") {
        for order in list(&record, "orders") {
            let continues = !order["co"].is_null();
            if continues || !matches!(text(order, "st"), "pending" | "closing" | "paid") {
                continue;
            }
            for line in list(order, "ls").iter().filter(|line| line["x"]["left"].is_null()) {
                let course = format!("{}.{}.{}", text(&record, "school"), text(&record, "term"), text(line, "c"));
                found.push(Sitting {
                    student: text(&record, "student").to_owned(),
                    ledger: format!("OFFERING#{course}|LEDGER#{:02}", count(&line["s"], "h")),
                    course,
                    paid: text(order, "st") == "paid",
                });
            }
        }
    }
    found
}

/// True at every moment, whatever is going on.
pub(crate) fn at_any_time(stage: &Stage, town: &Town) -> Broken {
    for ledger in rows(stage, "seats", "ledger") {
        let seats = ledger["m"].as_object().map_or(0, serde_json::Map::len) as i64;
        let place = text(&ledger, "pk");
        ensure(count(&ledger, "n") == seats, || format!("P1: {place} counts {} of {seats} seats", ledger["n"]))?;
        ensure(seats <= count(&ledger, "cap"), || format!("P1: {place} has {seats} seats of {}", ledger["cap"]))?;
    }
    let mut taken: BTreeMap<String, u16> = BTreeMap::new();
    for sitting in sittings(stage) {
        *taken.entry(sitting.course).or_default() += 1;
    }
    for offering in &town.offerings {
        let sold = taken.get(offering.id.as_str()).copied().unwrap_or_default();
        ensure(sold <= offering.capacity, || format!("P1: {} sold {sold} of {}", offering.id, offering.capacity))?;
    }
    for payment in rows(stage, "money", "payment") {
        let (reserved, amount) = (count(&payment, "refund_reserved"), count(&payment, "amount"));
        ensure((0..=amount).contains(&reserved), || format!("P5: {} reserved {reserved} of {amount}", payment["no"]))?;
    }
    Ok(())
}

/// True when everybody has gone home and the platform has had its time.
pub(crate) fn at_rest(stage: &Stage, town: &Town, promised: &Promised) -> Broken {
    at_any_time(stage, town)?;
    nothing_waits(stage)?;
    seats_agree(stage)?;
    rules_hold(stage, town)?;
    money_agrees(stage)?;
    bills_agree(stage)?;
    promises_kept(stage, promised)?;
    snapshots_kept(stage)?;
    audited(stage)
}

fn nothing_waits(stage: &Stage) -> Broken {
    for record in rows(stage, "enrollments", "record") {
        for order in list(&record, "orders") {
            let state = text(order, "st");
            ensure(!matches!(state, "pending" | "closing"), || {
                format!("P6: order {} is {state} for ever", order["no"])
            })?;
        }
        ensure(record["due"].is_null(), || format!("P8: record {} stays due", record["student"]))?;
    }
    for payment in rows(stage, "money", "payment") {
        let state = text(&payment, "state");
        ensure(matches!(state, "closed" | "succeeded"), || {
            format!("P6: payment {} is {state} for ever", payment["no"])
        })?;
    }
    for task in rows(stage, "tasks", "task") {
        ensure(false, || format!("P8: task {} was never done", task["pk"]))?;
    }
    for request in rows(stage, "money", "refund-request") {
        let waits = text(&request, "state") == "asked" && request["waits_for"].is_null();
        ensure(!waits, || format!("P8: request {} waits for nobody, for ever", request["id"]))?;
    }
    ensure(!refunds_under_way(stage), || "P6: a refund is under way for ever".to_owned())
}

/// Where bills were read, nothing is open, and what the last statement says lies at the provider lies there.
fn bills_agree(stage: &Stage) -> Broken {
    for difference in rows(stage, "money", "difference") {
        ensure(text(&difference, "state") != "open", || format!("P5: {} is open: {difference}", difference["id"]))?;
    }
    let statements = rows(stage, "money", "statement");
    let Some(last) = statements.iter().max_by_key(|statement| text(statement, "day").to_owned()) else { return Ok(()) };
    let provider = stage.provider();
    let paid = provider.payments().values().filter(|payment| matches!(payment.state, PaymentState::Paid { .. }));
    let paid: i64 = paid.map(|payment| payment.total_fen).sum();
    let back = provider.refunds().values().filter(|refund| matches!(refund.state, RefundState::Success { .. }));
    let back: i64 = back.map(|refund| refund.refund_fen).sum();
    ensure(count(last, "closing") == paid - back, || {
        format!("P5: {} closes with {}, the provider has {paid} less {back}", last["day"], last["closing"])
    })
}

/// Whether some refund has not ended.
pub(crate) fn refunds_under_way(stage: &Stage) -> bool {
    let ended = |refund: &Value| matches!(text(refund, "state"), "done" | "closed" | "rejected" | "returned");
    !rows(stage, "money", "refund").iter().all(ended)
}

/// Ledgers hold exactly what the records say, all of it confirmed, and the boards tell which are full.
fn seats_agree(stage: &Stage) -> Broken {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sitting in sittings(stage) {
        ensure(sitting.paid, || format!("P6: {} sits unpaid in {}", sitting.student, sitting.course))?;
        let fresh = wanted.entry(sitting.ledger.clone()).or_default().insert(sitting.student.clone());
        ensure(fresh, || format!("P1: {} sits twice in {}", sitting.student, sitting.course))?;
    }
    let boards: Vec<Value> = rows(stage, "seats", "board");
    for ledger in rows(stage, "seats", "ledger") {
        let place = format!("{}|{}", text(&ledger, "pk"), text(&ledger, "sk"));
        let seats = ledger["m"].as_object().cloned().unwrap_or_default();
        let there: BTreeSet<String> = seats.keys().cloned().collect();
        let wanted = wanted.remove(&place).unwrap_or_default();
        ensure(there == wanted, || format!("P1: {place} has {there:?}, records say {wanted:?}"))?;
        let confirmed = seats.values().all(|stamp| stamp.as_i64() == Some(0));
        ensure(confirmed, || format!("P1: {place} has unconfirmed seats: {seats:?}"))?;
        ensure(ledger["due"].is_null(), || format!("P8: ledger {place} stays due"))?;
        let full = count(&ledger, "n") >= count(&ledger, "cap");
        let name = place.split('.').next_back().unwrap_or_default().replace("|LEDGER#0", ".");
        let post = boards.iter().find_map(|board| board[&name].as_i64());
        let posted_full = post.is_some_and(|post| post & 1 == 1);
        ensure(!posted_full || full, || format!("P1: the board calls {place} full, and it is not"))?;
    }
    ensure(wanted.is_empty(), || format!("P1: seats without a ledger: {wanted:?}"))
}

/// No pupil has what the school's rules exclude.
fn rules_hold(stage: &Stage, town: &Town) -> Broken {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sitting in sittings(stage) {
        taken.entry(sitting.student).or_default().push(sitting.course);
    }
    for (student, courses) in taken {
        ensure(courses.len() <= usize::from(town.term.limit), || format!("{student} has {} courses", courses.len()))?;
        let offerings: Vec<_> =
            town.offerings.iter().filter(|offering| courses.contains(&offering.id.to_string())).collect();
        for (i, one) in offerings.iter().enumerate() {
            for other in &offerings[i + 1..] {
                let exclusive = one.exclusive.is_some() && one.exclusive == other.exclusive;
                let clash = one.slots.iter().any(|slot| other.slots.contains(slot));
                ensure(!exclusive && !clash, || format!("{student} has both {} and {}", one.id, other.id))?;
            }
        }
    }
    Ok(())
}

/// The provider's books and ours tell the same, payment by payment, and every fact is posted once.
fn money_agrees(stage: &Stage) -> Broken {
    let ours: BTreeMap<String, Value> =
        rows(stage, "money", "payment").into_iter().map(|payment| (text(&payment, "no").to_owned(), payment)).collect();
    let refunds = rows(stage, "money", "refund");
    let journal = rows(stage, "money", "journal");
    let mut paid_orders: BTreeMap<String, u32> = BTreeMap::new();
    let mut kept = 0;
    let provider = stage.provider();
    for theirs in provider.payments().values() {
        let no = &theirs.out_trade_no;
        let payment = ours.get(no).ok_or_else(|| format!("P2: the provider has {no}, we have not"))?;
        let PaymentState::Paid { transaction_id, .. } = &theirs.state else {
            ensure(text(payment, "state") == "closed", || {
                format!("P5: {no} is not paid, we call it {}", payment["state"])
            })?;
            continue;
        };
        let paid = &payment["paid"];
        ensure(text(paid, "transaction") == transaction_id, || format!("P2: {no} is paid, we have {paid}"))?;
        posted_once(&journal, &format!("pay:wechat:{transaction_id}"))?;
        let of_payment: Vec<&Value> = refunds.iter().filter(|refund| text(refund, "payment") == no).collect();
        let holds = |refund: &&&Value| !matches!(text(refund, "state"), "closed" | "rejected");
        let returned: i64 = of_payment.iter().filter(holds).map(|refund| count(refund, "amount")).sum();
        let reserved = count(payment, "refund_reserved");
        ensure(reserved == returned, || format!("P5: {no} reserves {reserved} for {returned}"))?;
        if paid["counted"] == true {
            *paid_orders.entry(no.rsplit_once('-').unwrap_or_default().0.to_owned()).or_default() += 1;
        } else {
            ensure(returned == count(payment, "amount"), || {
                format!("P6: {no} counts for nothing, {returned} goes back")
            })?;
        }
        for refund in &of_payment {
            refunded_there(&provider, &journal, refund)?;
        }
        let there = provider.refunded_fen(no);
        ensure(there == returned, || format!("P5: {no} gives back {there} at the provider, {returned} here"))?;
        kept += count(payment, "amount") - returned;
    }
    let balance = |account: &str| -> i64 {
        let postings = journal.iter().flat_map(|entry| list(entry, "postings"));
        postings.filter(|posting| text(posting, "account") == account).map(|posting| count(posting, "amount")).sum()
    };
    ensure(balance("refund_payable") == 0, || format!("P5: {} is owed for ever", balance("refund_payable")))?;
    let clearing = balance("channel_clearing");
    ensure(clearing == kept, || format!("P5: the books have {clearing} at the provider, who keeps {kept}"))?;
    ensure(balance("order_prepaid") == -kept, || "P5: what is kept is not what is prepaid".to_owned())?;
    given_back_agrees(stage, &refunds)?;
    orders_agree(stage, &ours, &paid_orders)
}

/// A fact stands in the books once, and balances.
fn posted_once(journal: &[Value], fact: &str) -> Broken {
    let entries: Vec<&Value> = journal.iter().filter(|entry| text(entry, "fact") == fact).collect();
    ensure(entries.len() == 1, || format!("P2: {fact} is posted {} times", entries.len()))?;
    let balance: i64 = list(entries[0], "postings").iter().map(|posting| count(posting, "amount")).sum();
    ensure(balance == 0, || format!("P5: {fact} does not balance"))
}

/// A refund that is done is done at the provider, for the same amount, and posted once; no other is.
fn refunded_there(provider: &WechatPay, journal: &[Value], refund: &Value) -> Broken {
    let no = format!("{}-R{}", text(refund, "payment"), count(refund, "seq"));
    let theirs = provider.refunds().get(&no);
    let done = theirs.is_some_and(|theirs| matches!(theirs.state, RefundState::Success { .. }));
    let state = text(refund, "state");
    ensure(done == (state == "done"), || format!("P5: {no} is {state} here, at the provider {theirs:?}"))?;
    if done {
        let amount = theirs.map(|theirs| theirs.refund_fen).unwrap_or_default();
        ensure(amount == count(refund, "amount"), || format!("P5: {no} of {} gives back {amount}", refund["amount"]))?;
        posted_once(journal, &format!("refund:wechat:{no}"))?;
    }
    Ok(())
}

/// Of each line exactly that went back which refunds of it hold.
fn given_back_agrees(stage: &Stage, refunds: &[Value]) -> Broken {
    for record in rows(stage, "enrollments", "record") {
        for order in list(&record, "orders") {
            for line in list(order, "ls") {
                let back = &line["g"];
                let noted = count(back, "tuition") + count(back, "materials") + count(back, "sundry");
                let of_line = |refund: &&Value| {
                    text(refund, "payment").starts_with(text(order, "no"))
                        && !matches!(text(refund, "state"), "closed" | "rejected")
                };
                let parts = refunds.iter().filter(of_line).flat_map(|refund| list(refund, "parts"));
                let held: i64 =
                    parts.filter(|part| part["course"] == line["c"]).map(|part| count(part, "amount")).sum();
                ensure(noted == held, || {
                    format!("P5: {} {} notes {noted}, refunds hold {held}", order["no"], line["c"])
                })?;
                ensure(noted <= count(line, "a"), || format!("P5: {} gives back more than it cost", order["no"]))?;
            }
        }
    }
    Ok(())
}

fn orders_agree(stage: &Stage, payments: &BTreeMap<String, Value>, paid: &BTreeMap<String, u32>) -> Broken {
    for record in rows(stage, "enrollments", "record") {
        for order in list(&record, "orders") {
            let (no, total) = (text(order, "no"), count(order, "sum"));
            let times = paid.get(no).copied().unwrap_or_default();
            ensure(times <= 1, || format!("P2: order {no} is paid {times} times"))?;
            let lines: i64 = list(order, "ls").iter().map(|line| count(line, "a")).sum();
            ensure(lines == total, || format!("P5: order {no} has lines of {lines}, total {total}"))?;
            let is_paid = text(order, "st") == "paid";
            ensure(is_paid == (times == 1 || total == 0), || {
                format!("P5: order {no} is {}, paid {times} times", order["st"])
            })?;
            let counted = order["pd"].get(0).and_then(Value::as_str).map(|payment| count(&payments[payment], "amount"));
            ensure(counted.is_none_or(|amount| amount == total), || {
                format!("P5: order {no} of {total} paid by {counted:?}")
            })?;
        }
    }
    Ok(())
}

/// Every order a guardian was told of is there.
fn promises_kept(stage: &Stage, promised: &Promised) -> Broken {
    let records = rows(stage, "enrollments", "record");
    let mut there: BTreeMap<&str, &str> = BTreeMap::new();
    for order in records.iter().flat_map(|record| list(record, "orders")) {
        let twice = there.insert(text(&order["rq"], "k"), text(order, "no"));
        ensure(twice.is_none(), || format!("P4: request {} made two orders", order["rq"]))?;
    }
    for (key, (order, _)) in promised {
        let found = there.get(key.as_str());
        ensure(found == Some(&order.as_str()), || format!("P4: {key} was promised {order}, there is {found:?}"))?;
    }
    Ok(())
}

/// Every order and every success lies in the archive under its hash.
fn snapshots_kept(stage: &Stage) -> Broken {
    let objects = stage.world.objects(SNAPSHOTS);
    for record in rows(stage, "enrollments", "record") {
        for order in list(&record, "orders") {
            let key = format!("order/{}.json", text(order, "sh"));
            ensure(objects.contains_key(&key), || format!("P2.5: no snapshot of order {}", order["no"]))?;
        }
    }
    for payment in rows(stage, "money", "payment").iter().filter(|payment| !payment["paid"].is_null()) {
        let key = format!("payment/{}.json", text(&payment["paid"], "snapshot"));
        ensure(objects.contains_key(&key), || format!("P6.5: no snapshot of payment {}", payment["no"]))?;
    }
    for refund in rows(stage, "money", "refund") {
        let key = format!("refund/{}.json", text(&refund, "snapshot"));
        ensure(objects.contains_key(&key), || format!("P7.1: no snapshot of a refund of {}", refund["payment"]))?;
    }
    Ok(())
}

/// Each version of each thing has exactly one audit entry, and each entry lies in exactly one segment.
fn audited(stage: &Stage) -> Broken {
    let traces = rows(stage, "audit", "trace");
    let mut told: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for trace in &traces {
        told.entry(text(trace, "pk").to_owned()).or_default().push(count(trace, "v"));
    }
    for table in ["directory", "catalog", "enrollments", "money"] {
        for item in stage.world.scan(&format!("{PREFIX}-{table}")).iter().map(plain) {
            let no_act = ["member", "used", "journal", "event", "row", "refund-place", "turn", "rules-version"];
            if no_act.contains(&text(&item, "kind")) {
                continue;
            }
            let thing = format!("{table}#{}#{}", text(&item, "pk"), text(&item, "sk"));
            let mut versions = told.remove(&thing).unwrap_or_default();
            versions.sort_unstable();
            let wanted: Vec<i64> = (1..=count(&item, "ver")).collect();
            ensure(versions == wanted, || {
                format!("P9: {thing} of version {} has traces of {versions:?}", item["ver"])
            })?;
            ensure(item["tr"].is_null(), || format!("P9: {thing} still carries its trail"))?;
        }
    }
    ensure(told.is_empty(), || format!("P9: traces of nothing: {told:?}"))?;
    sealed(stage, &traces)
}

fn sealed(stage: &Stage, traces: &[Value]) -> Broken {
    let mut found: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (place, (name, object)) in stage.world.objects(AUDIT).iter().enumerate() {
        ensure(*name == format!("segment/{:010}.jsonl", place + 1), || format!("P9: segment {} is {name}", place + 1))?;
        for line in object.body.split(|byte| *byte == b'\n') {
            let line: Value = serde_json::from_slice(line).unwrap_or_default();
            if let Some(entry) = line.get("entry") {
                *found.entry((text(entry, "thing").to_owned(), text(entry, "place").to_owned())).or_default() += 1;
            }
        }
    }
    for trace in traces {
        let times = found.remove(&(text(trace, "pk").to_owned(), text(trace, "sk").to_owned())).unwrap_or_default();
        ensure(times == 1, || format!("P9: {} {} is sealed {times} times", trace["pk"], trace["sk"]))?;
    }
    ensure(found.is_empty(), || format!("P9: sealed, and not there: {found:?}"))?;
    let waiting = rows(stage, "audit", "unsealed").len();
    ensure(waiting == 0, || format!("P9: {waiting} changes wait for the sealer for ever"))
}

/// Audit entries there are.
pub(crate) fn entries(stage: &Stage) -> u64 {
    rows(stage, "audit", "trace").len() as u64
}

/// What the auditor's own tool says of the segments and the tables; how many versions have their entry.
pub(crate) async fn verified(stage: &Stage) -> Result<u64, String> {
    let key = VerifyingKey::from_der(&stage.world.public_key()).map_err(|error| error.to_string())?;
    let app = stage.app();
    let told = audit::verify(Some(&app), &Source::Bucket(AUDIT.to_owned()), &key, true).await;
    let told = told.map_err(|error| format!("P9: {error}"))?;
    Ok(told.counted.map_or(0, |counted| counted.versions))
}

/// The numbers of all orders that have seats.
pub(crate) fn orders(stage: &Stage) -> BTreeSet<String> {
    let records = rows(stage, "enrollments", "record");
    let orders = records.iter().flat_map(|record| list(record, "orders"));
    orders.filter(|order| text(order, "st") == "pending").map(|order| text(order, "no").to_owned()).collect()
}

/// Payments that count, payments that go back, and refunds of what was withdrawn.
pub(crate) fn money(stage: &Stage) -> (u64, u64, u64) {
    let payments = rows(stage, "money", "payment");
    let with = |counted: bool| payments.iter().filter(|payment| payment["paid"]["counted"] == counted).count() as u64;
    let asked = rows(stage, "money", "refund").iter().filter(|refund| !refund["request"].is_null()).count() as u64;
    (with(true), with(false), asked)
}
