//! Hours and sheets as files. S21.3 S22.1 S25.3 S26.1.

use domain::import::Cell;
use domain::teaching::counted::{Of, Wanted};
use domain::teaching::grouped::Group;
use domain::teaching::hours::Hours;
use domain::teaching::sheet::Tally;
use jiff::civil::Date;
use sheet::Sheet;

use crate::labels::Label;

const GROUP: [&str; 3] = ["编号", "名称", "行政班编号"];
const HOURS: [&str; 11] =
    ["计划课时", "停课", "未开课时", "已开课时", "实际课时", "请假", "缺勤", "异常", "被代课", "其中代课", "未记录"];
const TALLY: [&str; 11] =
    ["应出勤", "正常出勤", "迟到", "请假", "缺勤", "异常", "被代课", "未记录", "其中调课", "其中代课", "出勤率(%)"];

/// A row of hours.
pub(crate) fn hours_row((group, hours): (&Group, &Hours), label: Label) -> Vec<Cell> {
    let Tally { on_leave, absent, abnormal, replaced, stood_in, unknown, .. } = hours.tally;
    let Hours { planned, off, held, done, .. } = *hours;
    let counts = [planned, off, hours.to_come(), held, done, on_leave, absent, abnormal, replaced, stood_in, unknown];
    begun(group, label).into_iter().chain(counts.map(Cell::count)).collect()
}

/// A row of a sheet.
pub(crate) fn tally_row((group, hours): (&Group, &Hours), label: Label) -> Vec<Cell> {
    let Tally { due, normal, late, on_leave, absent, abnormal, replaced, unknown, moved, stood_in } = hours.tally;
    let counts = [due, normal, late, on_leave, absent, abnormal, replaced, unknown, moved, stood_in];
    let rate = hours.tally.rate().map_or(Cell::Empty, |rate| Cell::Number(rate.to_string()));
    begun(group, label).into_iter().chain(counts.map(Cell::count)).chain([rate]).collect()
}

fn begun(group: &Group, label: Label) -> [Cell; 3] {
    [Cell::text(group.to_string()), Cell::text(label.name), label.homeroom.map_or(Cell::Empty, Cell::text)]
}

/// Hours as a file.
pub(crate) fn hours(of: Of, day: Date, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet::list(named(of, ["课次统计", "教师课时", "学生课时"]), day, &[&GROUP[..], &HOURS[..]].concat(), rows)
}

/// A sheet as a file.
pub(crate) fn tally(of: Of, day: Date, rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet::list(named(of, ["考勤", "教师考勤", "学生考勤"]), day, &[&GROUP[..], &TALLY[..]].concat(), rows)
}

fn named(of: Of, [lessons, teachers, pupils]: [&'static str; 3]) -> &'static str {
    match of {
        Of::Lessons => lessons,
        Of::Teachers => teachers,
        Of::Pupils => pupils,
    }
}

/// How the name of a file of some days begins.
pub(crate) fn begins(school: &str, wanted: &Wanted) -> String {
    format!("{school}-{}至{}", wanted.from, wanted.until)
}
