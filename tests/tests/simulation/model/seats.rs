//! Seats: none sold twice, none lost, none forgotten; and no pupil has what the school's rules exclude.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use testkit::town::Town;

use super::tables::{Broken, Tables, count, ensure, list, of_kind, text};

/// A seat as a pupil's record has it.
struct Sitting {
    student: String,
    ledger: String,
    course: String,
    paid: bool,
}

fn sittings(enrollments: &[Value]) -> Vec<Sitting> {
    let mut found = Vec::new();
    for record in of_kind(enrollments, "record") {
        for order in list(record, "orders") {
            let continues = !order["co"].is_null();
            if continues || !matches!(text(order, "st"), "pending" | "closing" | "paid") {
                continue;
            }
            for line in list(order, "ls").iter().filter(|line| line["x"]["left"].is_null()) {
                let course = format!("{}.{}.{}", text(record, "school"), text(record, "term"), text(line, "c"));
                found.push(Sitting {
                    student: text(record, "student").to_owned(),
                    ledger: format!("OFFERING#{course}|LEDGER#{:02}", count(&line["s"], "h")),
                    course,
                    paid: text(order, "st") == "paid",
                });
            }
        }
    }
    found
}

/// No ledger holds more than it has, and no offering is sold beyond its seats.
pub(super) fn never_oversold(seats: &[Value], enrollments: &[Value], town: &Town) -> Broken {
    for ledger in of_kind(seats, "ledger") {
        let seats = ledger["m"].as_object().map_or(0, serde_json::Map::len) as i64;
        let place = text(ledger, "pk");
        ensure(count(ledger, "n") == seats, || format!("P1: {place} counts {} of {seats} seats", ledger["n"]))?;
        ensure(seats <= count(ledger, "cap"), || format!("P1: {place} has {seats} seats of {}", ledger["cap"]))?;
    }
    let mut taken: BTreeMap<String, u16> = BTreeMap::new();
    for sitting in sittings(enrollments) {
        *taken.entry(sitting.course).or_default() += 1;
    }
    for offering in &town.offerings {
        let sold = taken.get(offering.id.as_str()).copied().unwrap_or_default();
        ensure(sold <= offering.capacity, || format!("P1: {} sold {sold} of {}", offering.id, offering.capacity))?;
    }
    Ok(())
}

/// Ledgers hold exactly what the records say, all of it confirmed, and the boards tell which are full.
pub(super) fn agree(tables: &Tables) -> Broken {
    let mut wanted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sitting in sittings(&tables.enrollments) {
        ensure(sitting.paid, || format!("P6: {} sits unpaid in {}", sitting.student, sitting.course))?;
        let fresh = wanted.entry(sitting.ledger.clone()).or_default().insert(sitting.student.clone());
        ensure(fresh, || format!("P1: {} sits twice in {}", sitting.student, sitting.course))?;
    }
    let boards: Vec<&Value> = of_kind(&tables.seats, "board").collect();
    for ledger in of_kind(&tables.seats, "ledger") {
        let place = format!("{}|{}", text(ledger, "pk"), text(ledger, "sk"));
        let seats = ledger["m"].as_object().cloned().unwrap_or_default();
        let there: BTreeSet<String> = seats.keys().cloned().collect();
        let wanted = wanted.remove(&place).unwrap_or_default();
        ensure(there == wanted, || format!("P1: {place} has {there:?}, records say {wanted:?}"))?;
        let confirmed = seats.values().all(|stamp| stamp.as_i64() == Some(0));
        ensure(confirmed, || format!("P1: {place} has unconfirmed seats: {seats:?}"))?;
        ensure(ledger["due"].is_null(), || format!("P8: ledger {place} stays due"))?;
        let full = count(ledger, "n") >= count(ledger, "cap");
        let name = place.split('.').next_back().unwrap_or_default().replace("|LEDGER#0", ".");
        let post = boards.iter().find_map(|board| board[&name].as_i64());
        let posted_full = post.is_some_and(|post| post & 1 == 1);
        ensure(!posted_full || full, || format!("P1: the board calls {place} full, and it is not"))?;
    }
    ensure(wanted.is_empty(), || format!("P1: seats without a ledger: {wanted:?}"))
}

/// No pupil has what the school's rules exclude.
pub(super) fn rules_hold(tables: &Tables, town: &Town) -> Broken {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sitting in sittings(&tables.enrollments) {
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
