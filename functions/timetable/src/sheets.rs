//! Changes of lessons as a sheet, with who checked in and how many pupils were there. S23.4 S23.5.

use std::collections::BTreeMap;

use domain::id::LessonId;
use domain::import::Cell;
use domain::teaching::change::{Change, LessonChange};
use domain::teaching::lesson::Lesson;
use domain::teaching::roll::Roll;
use jiff::civil::Date;
use sheet::Sheet;
use store::Versioned;
use store::teaching::TermClasses;

use crate::view::ChangeAttendanceView;

const HEADINGS: [&str; 18] = [
    "类型",
    "状态",
    "教学班",
    "课次",
    "原日期",
    "原节次",
    "现日期",
    "现节次",
    "代课教师",
    "原因",
    "申请人",
    "申请时间",
    "审核人",
    "审核时间",
    "费用差额(元)",
    "费用说明",
    "教师签到",
    "学生出勤",
];

/// The changes with the attendance of their lessons as these stand now.
pub(crate) fn of_changes(
    changes: &[LessonChange],
    classes: &TermClasses,
    rolls: &BTreeMap<LessonId, Versioned<Roll>>,
    day: Date,
) -> Sheet {
    let row = |change: &LessonChange| {
        let class = classes.class(&change.class);
        let lesson = class.and_then(|class| Some((class, class.lesson(change.lesson)?)));
        let roll = rolls.get(&change.lesson_id()).map(|roll| &roll.value);
        let attendance = lesson.map(|(class, lesson)| ChangeAttendanceView::of(class, lesson, roll));
        let mut row = told(change);
        row.push(attendance.as_ref().map_or(Cell::Empty, |told| Cell::text(check_ins(told))));
        row.push(attendance.as_ref().map_or(Cell::Empty, pupils));
        row
    };
    Sheet::list("调课代课", day, &HEADINGS, changes.iter().map(row).collect())
}

/// What was asked and decided.
fn told(change: &LessonChange) -> Vec<Cell> {
    let LessonChange { was, decision, fee, .. } = change;
    let (now, word) = (change.stands(), decision.as_ref());
    let place = |lesson: &Lesson| [Cell::text(lesson.date.to_string()), Cell::count(lesson.period)];
    let present = match &change.change {
        Change::Substitute { present, .. } => Cell::text(present.called.clone()),
        Change::Reschedule { .. } | Change::Off => Cell::Empty,
    };
    let mut row = vec![
        Cell::text(change.change.kind().chinese()),
        Cell::text(change.state.chinese()),
        Cell::text(change.title.clone()),
        Cell::count(change.lesson),
    ];
    row.extend(place(was).into_iter().chain(place(now)));
    row.extend([
        present,
        Cell::text(change.reason.clone()),
        Cell::text(change.asked_by.to_string()),
        Cell::text(change.asked_at.to_string()),
        word.and_then(|word| word.by.as_ref()).map_or(Cell::Empty, |by| Cell::text(by.to_string())),
        word.map_or(Cell::Empty, |word| Cell::text(word.at.to_string())),
        fee.as_ref().map_or(Cell::Empty, |fee| Cell::Number(fee.amount.to_string())),
        fee.as_ref().map_or(Cell::Empty, |fee| Cell::text(fee.note.clone())),
    ]);
    row
}

/// 李老师 16:25 签到、王老师 未签到.
fn check_ins(told: &ChangeAttendanceView) -> String {
    let one = |teacher: &crate::view::TeacherCheckInView| match (&teacher.checked_in_at, teacher.late_minutes) {
        (Some(at), Some(late)) => format!("{} {at} 签到(迟到 {late} 分钟)", teacher.called),
        (Some(at), None) => format!("{} {at} 签到", teacher.called),
        (None, _) => format!("{} 未签到", teacher.called),
    };
    told.teachers.iter().map(one).collect::<Vec<_>>().join("、")
}

/// How many were there of those who were to be.
fn pupils(told: &ChangeAttendanceView) -> Cell {
    match (told.present, told.expected) {
        (Some(present), Some(expected)) => Cell::text(format!("{present}/{expected}")),
        _ => Cell::text("未点名"),
    }
}
