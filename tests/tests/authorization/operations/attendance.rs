//! Attendance: checking in, rolls, locks, the calls that came too late, a pupil's days.

use std::time::Duration;

use serde_json::json;

use super::Operation;
use crate::bodies::{NEW, PUPIL, SCHOOL, roll_call, september_days};

/// The first lesson of the class.
const LESSON: &str = "/lessons/3144200101.2026-2027-1.K1.01.001";

/// Something of the school's term.
fn of_term(what: &str) -> String {
    format!("/schools/{SCHOOL}/terms/2026-2027-1/{what}")
}

pub(crate) fn of_attendance() -> Vec<Operation> {
    vec![
        operation!("check_in", |place, who| {
            place.taught(Duration::from_mins(1)).await;
            let path = format!("{LESSON}/check-in");
            place.ask(who, "attendance", ("POST", &path), &[], Some(json!({}))).await
        }),
        operation!("call_roll", |place, who| {
            place.taught(Duration::from_mins(30)).await;
            let path = format!("{LESSON}/roll");
            place.ask(who, "attendance", ("PUT", &path), &[], Some(roll_call())).await
        }),
        operation!("show_roll", |place, who| {
            place.taught(Duration::from_mins(30)).await;
            place.ask(who, "attendance", ("GET", &format!("{LESSON}/roll")), &[], None).await
        }),
        operation!("lock_days", |place, who| {
            place.taught(Duration::from_hours(48)).await;
            let path = of_term("attendance-locks");
            place.ask(who, "attendance", ("POST", &path), &[], Some(september_days())).await
        }),
        operation!("list_locks", |place, who| {
            place.locked().await;
            place.ask(who, "attendance", ("GET", &of_term("attendance-locks")), &[], None).await
        }),
        operation!("lift_lock", |place, who| {
            place.locked().await;
            let path = of_term("attendance-locks/1/lift");
            place.ask(who, "attendance", ("POST", &path), &[], Some(json!({"reason": "更正点名"}))).await
        }),
        operation!("list_parked_calls", |place, who| {
            place.parked_call().await;
            place.ask(who, "attendance", ("GET", &of_term("parked-calls")), &[], None).await
        }),
        operation!("apply_parked_call", |place, who| {
            let path = format!("/parked-calls/{}/apply", place.parked_call().await);
            place.ask(who, "attendance", ("POST", &path), &[], None).await
        }),
        operation!("discard_parked_call", |place, who| {
            let path = format!("/parked-calls/{}/discard", place.parked_call().await);
            place.ask(who, "attendance", ("POST", &path), &[], Some(json!({"reason": "误点"}))).await
        }),
        operation!("show_teaching_rules", |place, who| {
            place.ask(who, "attendance", ("GET", &format!("/schools/{SCHOOL}/teaching-rules")), &[], None).await
        }),
        operation!("edit_teaching_rules", |place, who| {
            let approvals = json!({
                "student_leave": true, "teacher_leave": true, "correction": true, "reschedule": true,
                "substitute": true,
            });
            let rules = json!({"early_minutes": 30, "late_minutes": 5, "approvals": approvals, "correction_day": 5});
            let path = format!("/schools/{SCHOOL}/teaching-rules");
            place.ask(who, "attendance", ("PUT", &path), &[NEW], Some(rules)).await
        }),
        operation!("show_day", |place, who| {
            place.taught(Duration::from_mins(30)).await;
            place.ask(who, "attendance", ("GET", &format!("/students/{PUPIL}/days/2026-09-01")), &[], None).await
        }),
        operation!("list_attendance", |place, who| {
            place.taught(Duration::from_mins(30)).await;
            let path = format!("/students/{PUPIL}/attendance?from=2026-09-01&until=2026-09-30");
            place.ask(who, "attendance", ("GET", &path), &[], None).await
        }),
    ]
}
