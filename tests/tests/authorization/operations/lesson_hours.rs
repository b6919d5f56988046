//! Lesson hours and attendance sheets, of a school, a teacher, a child.

use std::time::Duration;

use super::Operation;
use crate::bodies::{PUPIL, SCHOOL};
use crate::place::Place;
use testkit::stage::{Answered, Who};

/// Asks for something that is counted, two days after the class's first lesson.
async fn counted(place: &Place, who: &Who, path: &str) -> Answered {
    place.taught(Duration::from_hours(48)).await;
    place.ask(who, "lesson-hours", ("GET", &format!("{path}?month=2026-09")), &[], None).await
}

/// The same of the school's term.
async fn of_term(place: &Place, who: &Who, what: &str) -> Answered {
    counted(place, who, &format!("/schools/{SCHOOL}/terms/2026-2027-1/{what}")).await
}

pub(crate) fn of_lesson_hours() -> Vec<Operation> {
    vec![
        operation!("show_lesson_hours", |place, who| of_term(place, who, "lesson-hours").await),
        operation!("export_lesson_hours", |place, who| of_term(place, who, "lesson-hours/export").await),
        operation!("show_own_lesson_hours", |place, who| counted(place, who, "/me/lesson-hours").await),
        operation!("show_student_lesson_hours", |place, who| {
            counted(place, who, &format!("/students/{PUPIL}/lesson-hours")).await
        }),
        operation!("show_attendance_sheet", |place, who| of_term(place, who, "attendance-sheet").await),
        operation!("export_attendance_sheet", |place, who| of_term(place, who, "attendance-sheet/export").await),
        operation!("show_own_attendance_sheet", |place, who| counted(place, who, "/me/attendance-sheet").await),
        operation!("show_student_attendance_sheet", |place, who| {
            counted(place, who, &format!("/students/{PUPIL}/attendance-sheet")).await
        }),
        operation!("list_teacher_attendance", |place, who| of_term(place, who, "teacher-attendance").await),
        operation!("list_own_attendance", |place, who| counted(place, who, "/me/attendance").await),
    ]
}
