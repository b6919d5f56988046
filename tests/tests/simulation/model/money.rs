//! Money: the providers' books and ours tell the same, payment by payment and refund by refund, and every fact is posted
//! once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use testkit::stage::Stage;

use super::glimpse::given_back;
use super::tables::{Broken, Tables, count, ensure, items, list, of_kind, text};
use super::theirs::{Theirs, payments};

/// Whether what is set aside for a refund stays so.
fn holds(refund: &Value) -> bool {
    !matches!(text(refund, "state"), "closed" | "rejected")
}

/// Whatever is paid at a provider is known, long before anything comes to its end by its time.
pub(crate) fn nothing_unnoticed(stage: &Stage) -> Broken {
    let money = items(stage, "money");
    for theirs in payments(stage).iter().filter(|theirs| theirs.transaction.is_some()) {
        let known = of_kind(&money, "payment").find(|payment| text(payment, "no") == theirs.no);
        let noticed = known.is_some_and(|payment| !payment["paid"].is_null());
        ensure(noticed, || format!("P6: {} is paid at the provider, and nobody has noticed", theirs.no))?;
    }
    Ok(())
}

/// The providers' books and ours tell the same.
pub(super) fn agrees(stage: &Stage, tables: &Tables) -> Broken {
    let ours: BTreeMap<&str, &Value> = tables.money("payment").map(|payment| (text(payment, "no"), payment)).collect();
    let refunds: Vec<&Value> = tables.money("refund").collect();
    let journal: Vec<&Value> = tables.money("journal").collect();
    let theirs = payments(stage);
    let mut paid_orders: BTreeMap<String, u32> = BTreeMap::new();
    let mut kept = 0;
    for theirs in &theirs {
        let no = &theirs.no;
        let payment = ours.get(no.as_str()).ok_or_else(|| format!("P2: the provider has {no}, we have not"))?;
        let Some(transaction) = &theirs.transaction else {
            ensure(text(payment, "state") == "closed", || {
                format!("P5: {no} is not paid, we call it {}", payment["state"])
            })?;
            continue;
        };
        let paid = &payment["paid"];
        ensure(text(paid, "transaction") == transaction, || format!("P2: {no} is paid, we have {paid}"))?;
        posted_once(&journal, &format!("pay:{}:{transaction}", theirs.channel))?;
        let of_payment: Vec<&Value> = refunds.iter().copied().filter(|refund| text(refund, "payment") == no).collect();
        let returned = returned_of(payment, &of_payment)?;
        if paid["counted"] == true {
            *paid_orders.entry(no.rsplit_once('-').unwrap_or_default().0.to_owned()).or_default() += 1;
        } else {
            ensure(returned == count(payment, "amount"), || {
                format!("P6: {no} counts for nothing, {returned} goes back")
            })?;
        }
        refunded_there(theirs, &journal, &of_payment)?;
        let there = theirs.refunded();
        ensure(there == returned, || format!("P5: {no} gives back {there} at the provider, {returned} here"))?;
        ensure(there <= theirs.amount, || format!("P5: {no} of {} gives back {there}", theirs.amount))?;
        kept += theirs.amount - returned;
    }
    for (no, payment) in &ours {
        let known = theirs.iter().any(|theirs| theirs.no == **no && theirs.transaction.is_some());
        ensure(known || payment["paid"].is_null(), || format!("P2: {no} is paid here, and not at the provider"))?;
    }
    conserved(&journal, kept)?;
    given_back_agrees(tables, &refunds)?;
    orders_agree(tables, &ours, &paid_orders)
}

/// What goes back of a payment by refunds is what is set aside on it.
fn returned_of(payment: &Value, refunds: &[&Value]) -> Result<i64, String> {
    let returned: i64 = refunds.iter().filter(|refund| holds(refund)).map(|refund| count(refund, "amount")).sum();
    let reserved = count(payment, "refund_reserved");
    ensure(reserved == returned, || format!("P5: {} reserves {reserved} for {returned}", payment["no"]))?;
    Ok(returned)
}

/// What the books say lies at the providers lies there, nothing is owed for ever, and each entry balances.
fn conserved(journal: &[&Value], kept: i64) -> Broken {
    let balance = |account: &str| -> i64 {
        let postings = journal.iter().flat_map(|entry| list(entry, "postings"));
        postings.filter(|posting| text(posting, "account") == account).map(|posting| count(posting, "amount")).sum()
    };
    ensure(balance("refund_payable") == 0, || format!("P5: {} is owed for ever", balance("refund_payable")))?;
    let clearing = balance("channel_clearing");
    ensure(clearing == kept, || format!("P5: the books have {clearing} at the providers, who keep {kept}"))?;
    ensure(balance("order_prepaid") == -kept, || "P5: what is kept is not what is prepaid".to_owned())?;
    for entry in journal {
        let sum: i64 = list(entry, "postings").iter().map(|posting| count(posting, "amount")).sum();
        ensure(sum == 0, || format!("P5: {} does not balance", entry["fact"]))?;
    }
    Ok(())
}

/// A fact stands in the books once.
fn posted_once(journal: &[&Value], fact: &str) -> Broken {
    let times = journal.iter().filter(|entry| text(entry, "fact") == fact).count();
    ensure(times == 1, || format!("P2: {fact} is posted {times} times"))
}

/// A refund that is done is done at the provider, for the same amount, and posted once; no other is. What went back past
/// the platform is entered as such.
fn refunded_there(theirs: &Theirs, journal: &[&Value], refunds: &[&Value]) -> Broken {
    let (outside, own): (Vec<&Value>, Vec<&Value>) =
        refunds.iter().copied().partition(|refund| text(refund, "reason") == "outside");
    for refund in own {
        let no = format!("{}-R{}", text(refund, "payment"), count(refund, "seq"));
        let there = theirs.refunds.iter().find(|there| there.no == no);
        let (done, state) = (there.is_some_and(|there| there.done), text(refund, "state"));
        ensure(done == (state == "done"), || format!("P5: {no} is {state} here, at the provider {there:?}"))?;
        if let Some(there) = there.filter(|there| there.done) {
            let amount = count(refund, "amount");
            ensure(there.amount == amount, || format!("P5: {no} of {amount} gives back {}", there.amount))?;
            posted_once(journal, &format!("refund:{}:{no}", theirs.channel))?;
        }
    }
    for refund in &outside {
        let no = format!("{}-R{}", text(refund, "payment"), count(refund, "seq"));
        posted_once(journal, &format!("refund:{}:{no}", theirs.channel))?;
    }
    let entered: i64 = outside.iter().map(|refund| count(refund, "amount")).sum();
    let there: i64 = theirs.refunds.iter().filter(|there| there.outside).map(|there| there.amount).sum();
    ensure(entered == there, || format!("P5: {there} of {} went back in the console, {entered} here", theirs.no))
}

/// The payment out of which what an order holds came over, when it belongs to an exchange.
fn came_over(order: &Value) -> Option<&str> {
    order["xc"]["py"].as_str()
}

/// Of each course of each payment exactly that went back which refunds of it hold, and what came over to another course.
fn given_back_agrees(tables: &Tables, refunds: &[&Value]) -> Broken {
    let exchanged: BTreeSet<&str> = tables.orders().filter_map(|(_, order)| came_over(order)).collect();
    let mut of_payment: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, order) in tables.orders() {
        let payment = came_over(order).or_else(|| order["pd"][0].as_str());
        if came_over(order).is_some()
            && let Some(payment) = payment
        {
            *of_payment.entry(payment).or_default() -= count(order, "sum");
        }
        for line in list(order, "ls") {
            let noted = given_back(line);
            ensure(noted <= count(line, "a"), || format!("P5: {} gives back more than it cost", order["no"]))?;
            if let Some(payment) = payment.filter(|payment| exchanged.contains(payment)) {
                *of_payment.entry(payment).or_default() += noted;
                continue;
            }
            let of_order = |refund: &&&Value| text(refund, "payment").starts_with(text(order, "no")) && holds(refund);
            let parts = refunds.iter().filter(of_order).flat_map(|refund| list(refund, "parts"));
            let held: i64 = parts.filter(|part| part["course"] == line["c"]).map(|part| count(part, "amount")).sum();
            ensure(noted == held, || format!("P5: {} {} notes {noted}, refunds hold {held}", order["no"], line["c"]))?;
        }
    }
    for (payment, noted) in of_payment {
        let of_it = refunds.iter().filter(|refund| text(refund, "payment") == payment && holds(refund));
        let held: i64 = of_it.map(|refund| count(refund, "amount")).sum();
        ensure(noted == held, || {
            format!("P5: {payment} was exchanged: its lines note {noted} beside what came over, refunds hold {held}")
        })?;
    }
    Ok(())
}

fn orders_agree(tables: &Tables, payments: &BTreeMap<&str, &Value>, paid: &BTreeMap<String, u32>) -> Broken {
    for (_, order) in tables.orders() {
        let (no, total) = (text(order, "no"), count(order, "sum"));
        let times = paid.get(no).copied().unwrap_or_default();
        ensure(times <= 1, || format!("P2: order {no} is paid {times} times"))?;
        let lines: i64 = list(order, "ls").iter().map(|line| count(line, "a")).sum();
        ensure(lines == total, || format!("P5: order {no} has lines of {lines}, total {total}"))?;
        if came_over(order).is_some() {
            ensure(times == 0 && order["pd"].is_null(), || format!("P5: {no} came over, and was paid {times} times"))?;
            continue;
        }
        let is_paid = text(order, "st") == "paid";
        ensure(is_paid == (times == 1 || total == 0), || {
            format!("P5: order {no} is {}, paid {times} times", order["st"])
        })?;
        let payment = order["pd"].get(0).and_then(Value::as_str);
        let counted = payment.map(|payment| payments.get(payment).map_or(0, |payment| count(payment, "amount")));
        ensure(counted.is_none_or(|amount| amount == total), || {
            format!("P5: order {no} of {total} paid by {counted:?}")
        })?;
    }
    Ok(())
}
