//! A file of pupils with one planted fault of each kind, between good rows.

use domain::import::{Cell, ImportKind};
use sheet::Sheet;

use crate::file::{number, sheet, text};
use crate::person::{Pupil, cells};

/// The cell that is wrong in each faulty row.
fn faults() -> Vec<(&'static str, Cell)> {
    vec![
        ("学校标识码", text("2244200601")),
        ("学校标识码", text("2144200699")),
        ("学校标识码", Cell::Empty),
        ("学籍号", number("449999201809012")),
        ("学籍号", text("G449999201809010019")),
        ("学籍号", text("A449999201809010019")),
        ("学籍号", text("G449999201813010010")),
        ("学籍号", text("L449999201809010")),
        ("姓名", Cell::Empty),
        ("姓名", text("示例学生13800000000")),
        ("性别", text("M")),
        ("年级", text("1")),
        ("年级", text("八年级")),
        ("年级", text("六年级")),
        ("行政班", text("一年级(99)班")),
        ("减免原因", text("低保家庭")),
        ("减免比例(%)", number(120)),
    ]
}

pub(crate) fn student_sheet(pupils: &[Pupil]) -> Sheet {
    let mut rows = Vec::new();
    let mut good = pupils.iter().filter(|pupil| pupil.homeroom.grade == 1 && cells(pupil).len() == 6);
    for (column, cell) in faults() {
        let (Some(kept), Some(spoiled)) = (good.next(), good.next()) else { break };
        rows.push(cells(kept));
        let mut row: Vec<_> = cells(spoiled).into_iter().filter(|(title, _)| *title != column).collect();
        row.push((column, cell));
        rows.push(row);
    }
    // The same pupil once more.
    rows.extend(rows.first().cloned());
    sheet(ImportKind::Students, rows)
}
