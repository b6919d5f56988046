//! Teaching: what is locked stays as it was, what was said of a lesson stands in its roll, leave marks rolls, and pupils
//! are in the classes of the courses they have, whatever was moved.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::stage::Stage;

use super::tables::{Broken, Tables, ensure, items, list, of_kind, text};

/// A roll call, and what was answered.
#[derive(Debug, Clone)]
pub(crate) struct SaidCall {
    pub(crate) lesson: String,
    pub(crate) call: Value,
    pub(crate) told: Value,
}

/// What was locked when it was looked at last, for as long as no lock is begun or lifted.
#[derive(Debug, Default)]
pub(crate) struct Locked {
    turns: u64,
    /// Rolls and lessons by name; none: nothing was looked at since the last turn.
    seen: Option<BTreeMap<String, Value>>,
}

/// What marks an item, and says nothing of what it holds. Telling families of what is locked changes nothing of it.
const MARKS: [&str; 7] = ["ver", "created_at", "updated_at", "due", "due_shard", "tr", "un"];

/// The name of a lesson.
fn name_of(class: &str, no: &Value) -> String {
    format!("{class}.{:03}", no.as_u64().unwrap_or_default())
}

/// The pupils of a class on a day.
pub(super) fn members_on<'v>(class: &'v Value, day: &str) -> BTreeSet<&'v str> {
    let on = |member: &&Value| text(member, "f") <= day && (member["u"].is_null() || day < text(member, "u"));
    list(class, "members").iter().filter(on).map(|member| text(member, "s")).collect()
}

/// What lies in the days that are locked: rolls that are sealed, lessons with who is in them.
fn locked_now(teaching: &[Value]) -> Result<BTreeMap<String, Value>, String> {
    let locks: Vec<&Value> = of_kind(teaching, "timetable").flat_map(|timetable| list(timetable, "locks")).collect();
    let covered = |day: &str| {
        locks
            .iter()
            .any(|lock| text(lock, "state") == "locked" && (text(lock, "from")..=text(lock, "until")).contains(&day))
    };
    let mut found = BTreeMap::new();
    for roll in of_kind(teaching, "roll").filter(|roll| covered(text(roll, "d"))) {
        let name = name_of(text(roll, "class"), &roll["no"]);
        ensure(roll["lk"] == true, || format!("P11: {name} lies in a lock that holds, and is not sealed"))?;
        let mut content = roll.clone();
        if let Some(fields) = content.as_object_mut() {
            fields.retain(|field, _| !MARKS.contains(&field.as_str()));
        }
        found.insert(format!("roll {name}"), content);
    }
    for class in of_kind(teaching, "class") {
        for lesson in list(class, "lessons").iter().filter(|lesson| covered(text(lesson, "d"))) {
            let members: Vec<&str> = members_on(class, text(lesson, "d")).into_iter().collect();
            let name = name_of(text(class, "id"), &lesson["n"]);
            found.insert(format!("lesson {name}"), json!({"lesson": lesson, "members": members}));
        }
    }
    Ok(found)
}

/// Nothing in days that are locked is another thing than before. A lock that is just being begun or lifted, as odd turns
/// tell, is not looked at.
pub(crate) fn locked_stays(stage: &Stage, locked: &mut Locked, turns: u64) -> Broken {
    if !turns.is_multiple_of(2) || locked.turns != turns {
        *locked = Locked { turns, seen: None };
    }
    if !turns.is_multiple_of(2) {
        return Ok(());
    }
    let now = locked_now(&items(stage, "teaching"))?;
    if let Some(before) = locked.seen.replace(now.clone()) {
        let differs = before.keys().chain(now.keys()).find(|name| before.get(*name) != now.get(*name));
        if let Some(name) = differs {
            return Err(format!("P11: {name} was {:?} and is {:?}, though locked", before.get(name), now.get(name)));
        }
    }
    Ok(())
}

/// Everything that is true of teaching once nobody teaches any more.
pub(super) fn agrees(stage: &Stage, tables: &Tables, calls: &[SaidCall]) -> Broken {
    let teaching = items(stage, "teaching");
    for roll in of_kind(&teaching, "roll") {
        let name = name_of(text(roll, "class"), &roll["no"]);
        ensure(roll["un"].is_null(), || format!("P8: nobody tells families of {name}"))?;
    }
    calls_kept(&teaching, calls)?;
    leave_marks(&teaching)?;
    memberships_agree(&teaching, tables)?;
    nobody_is_needed_twice(&teaching)?;
    exchanges_end(tables)
}

fn roll_of<'v>(teaching: &'v [Value], lesson: &str) -> Option<&'v Value> {
    of_kind(teaching, "roll").find(|roll| name_of(text(roll, "class"), &roll["no"]) == lesson)
}

/// A call that was answered stands in its roll, or a later word does; what could not be entered is kept.
fn calls_kept(teaching: &[Value], calls: &[SaidCall]) -> Broken {
    for SaidCall { lesson, call, told } in calls {
        if let Some(kept) = told["parked_call_id"].as_str() {
            let found = of_kind(teaching, "parked-call").any(|parked| text(parked, "id") == kept);
            ensure(found, || format!("P4: a call of {lesson} was to be kept as {kept}, and is not"))?;
        }
        if text(told, "state") == "parked" {
            continue;
        }
        let strangers = list(told, "not_members");
        let known: Vec<&str> = list(call, "named")
            .iter()
            .filter(|named| !strangers.contains(&named["student_id"]))
            .map(|named| text(named, "student_id"))
            .collect();
        let whole = call["only_named"] != true;
        if known.is_empty() && !whole {
            continue;
        }
        let at = moment(&call["at"]);
        let roll = roll_of(teaching, lesson).ok_or_else(|| format!("P4: {lesson} was called, and has no roll"))?;
        let called = moment(&roll["ca"]);
        ensure(!whole || called >= at, || format!("P4: {lesson} was called at {at:?}, its roll says {called:?}"))?;
        for student in known {
            let said = moment(&roll["sa"][student]["t"]);
            ensure(said.max(called) >= at, || format!("P4: {lesson} has lost what was called of {student}: {call}"))?;
        }
    }
    Ok(())
}

/// A moment as seconds, however it is written.
fn moment(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| Some(value.as_str()?.parse::<jiff::Timestamp>().ok()?.as_second()))
}

/// Leave that is granted marks the rolls of its lessons, and no other leave does.
fn leave_marks(teaching: &[Value]) -> Broken {
    let mut granted: BTreeSet<(String, String, String)> = BTreeSet::new();
    for leave in of_kind(teaching, "leave").filter(|leave| text(&leave["handling"], "state") == "granted") {
        let who = leave["who"]["pupil"].as_str().or_else(|| leave["who"]["teacher"].as_str()).unwrap_or_default();
        let held = |missed: &&Value| missed["o"] != true && missed["r"].is_null();
        for missed in list(leave, "lessons").iter().filter(held) {
            granted.insert((text(missed, "l").to_owned(), who.to_owned(), text(leave, "id").to_owned()));
        }
    }
    let mut marked = BTreeSet::new();
    for roll in of_kind(teaching, "roll") {
        let name = name_of(text(roll, "class"), &roll["no"]);
        let marks = ["le", "tl"].map(|of| roll[of].as_object().into_iter().flatten());
        for (who, leaves) in marks.into_iter().flatten() {
            let leaves = leaves.as_array().into_iter().flatten().filter_map(Value::as_str);
            marked.extend(leaves.map(|leave| (name.clone(), who.clone(), leave.to_owned())));
        }
    }
    let (lost, strange) = (granted.difference(&marked).next(), marked.difference(&granted).next());
    ensure(lost.is_none(), || format!("P9.2: leave that was granted marks no roll: {lost:?}"))?;
    ensure(strange.is_none(), || format!("P9.2: a roll is marked by leave that is not granted: {strange:?}"))
}

/// The course of a class or an offering.
fn course_of(id: &str) -> &str {
    id.split('.').nth(2).unwrap_or_default()
}

/// Who is in a class has the seat, in one class of a course; who was in one has left the course, or come into another.
fn memberships_agree(teaching: &[Value], tables: &Tables) -> Broken {
    let (mut seats, mut left) = (BTreeSet::new(), BTreeSet::new());
    for (record, order) in tables.orders().filter(|(_, order)| order["co"].is_null() && text(order, "st") == "paid") {
        for line in list(order, "ls") {
            let place = (text(record, "student"), text(line, "c"));
            if line["x"]["left"].is_null() {
                seats.insert(place)
            } else {
                left.insert(place)
            };
        }
    }
    let mut open: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let classes: Vec<&Value> = of_kind(teaching, "class").collect();
    for class in &classes {
        let (id, course) = (text(class, "id"), course_of(text(class, "id")));
        for member in list(class, "members") {
            let place = (text(member, "s"), course);
            let empty = member["u"] == member["f"];
            if member["u"].is_null() {
                ensure(seats.contains(&place), || format!("S17.2: {} is in {id} without a seat", place.0))?;
                let other = open.insert(place, id);
                ensure(other.is_none(), || format!("S28: {} is in {id} and in {other:?}", place.0))?;
            } else if !empty {
                let goes_on = |other: &&Value| {
                    let same = |next: &Value| text(next, "s") == place.0 && next["f"] == member["u"];
                    course_of(text(other, "id")) == course && list(other, "members").iter().any(same)
                };
                let moved = classes.iter().any(goes_on);
                ensure(moved || left.contains(&place), || format!("S28: {} is gone from {id}: {member}", place.0))?;
            }
        }
    }
    Ok(())
}

/// No teacher, room or pupil is needed by two lessons at the same time.
fn nobody_is_needed_twice(teaching: &[Value]) -> Broken {
    let mut needed: BTreeMap<(&str, u64, &str), &str> = BTreeMap::new();
    for class in of_kind(teaching, "class") {
        let id = text(class, "id");
        for lesson in list(class, "lessons").iter().filter(|lesson| lesson["o"].is_null()) {
            let (day, period) = (text(lesson, "d"), lesson["p"].as_u64().unwrap_or_default());
            let own = list(class, "teachers").iter().map(|teacher| text(teacher, "id"));
            let stand_in = |own: &str| {
                let found = list(lesson, "s").iter().find(|one| text(one, "a") == own);
                found.map(|one| text(&one["b"], "id"))
            };
            let teachers = own.map(|own| stand_in(own).unwrap_or(own));
            let room = lesson["r"].as_str().or_else(|| class["room"].as_str());
            for whom in teachers.chain(room).chain(members_on(class, day)) {
                let other = needed.insert((day, period, whom), id);
                ensure(other.is_none(), || format!("S23.3: {whom} is in {id} and in {other:?}, {day} {period}"))?;
            }
        }
    }
    Ok(())
}

/// An exchange is in effect with both its seats, or nothing has happened; no course stays marked by one that has ended.
fn exchanges_end(tables: &Tables) -> Broken {
    let mut waiting = BTreeSet::new();
    for request in of_kind(&tables.enrollments, "move") {
        let state = text(&request["handling"], "state");
        ensure(request["outcome"]["held"].is_null(), || format!("P6: exchange {} waits for ever", request["id"]))?;
        if state == "asked" {
            waiting.insert(text(request, "id"));
        }
        let exchange = &request["moving"]["exchange"];
        if exchange.is_null() || request["outcome"]["done"].is_null() {
            continue;
        }
        let line_of = |no: &Value, course: &str| {
            let order = tables.orders().find(|(_, order)| order["no"] == *no).map(|(_, order)| order)?;
            list(order, "ls").iter().find(|line| text(line, "c") == course).map(|line| (order, line))
        };
        let old = line_of(&exchange["order"], text(exchange, "course"));
        ensure(old.is_some_and(|(_, line)| !line["x"]["left"].is_null()), || {
            format!("S27.1: {} is in effect, and the course is not left", request["id"])
        })?;
        let new = line_of(&exchange["placed"], course_of(text(exchange, "to")));
        ensure(new.is_some_and(|(order, _)| text(order, "st") == "paid"), || {
            format!("S27.1: {} is in effect, and the new seat is not paid", request["id"])
        })?;
    }
    for (record, order) in tables.orders() {
        for line in list(order, "ls") {
            let marked = line["x"]["exchanging"].as_str();
            ensure(marked.is_none_or(|by| waiting.contains(by)), || {
                let by = of_kind(&tables.enrollments, "move").find(|request| request["id"].as_str() == marked);
                format!("S27.1: {} stays marked by what has ended: {by:?}", record["student"])
            })?;
        }
    }
    Ok(())
}

/// What waits for the school's word: where it is decided.
pub(crate) fn teaching_requests_waiting(stage: &Stage) -> Vec<String> {
    let requests = [items(stage, "teaching"), items(stage, "enrollments")].concat();
    let asked = |item: &&Value| text(item, "state") == "asked" || text(&item["handling"], "state") == "asked";
    let path = |item: &Value| {
        let kind = match text(item, "kind") {
            "leave" => "leaves",
            "correction" => "corrections",
            "lesson-change" => "lesson-changes",
            "move" => "moves",
            _ => return None,
        };
        Some(format!("/{kind}/{}", text(item, "id")))
    };
    requests.iter().filter(asked).filter_map(path).collect()
}

/// Roll calls that wait for the school's word.
pub(crate) fn parked_calls_waiting(stage: &Stage) -> Vec<String> {
    let teaching = items(stage, "teaching");
    let waiting = of_kind(&teaching, "parked-call").filter(|parked| text(&parked["state"], "is") == "waiting");
    waiting.map(|parked| text(parked, "id").to_owned()).collect()
}

/// The classes a pupil is in.
pub(crate) fn classes_of(stage: &Stage, student: &str) -> BTreeSet<String> {
    let teaching = items(stage, "teaching");
    let is_in = |member: &Value| text(member, "s") == student && member["u"].is_null();
    let classes = of_kind(&teaching, "class").filter(|class| list(class, "members").iter().any(is_in));
    classes.map(|class| text(class, "id").to_owned()).collect()
}

/// The orders by which a pupil's family pays for what another course costs more.
pub(crate) fn exchanges_to_pay(stage: &Stage, student: &str) -> Vec<String> {
    let enrollments = items(stage, "enrollments");
    let of_pupil = of_kind(&enrollments, "move").filter(|request| text(request, "student") == student);
    of_pupil.filter_map(|request| Some(request["outcome"]["held"]["order"].as_str()?.to_owned())).collect()
}
