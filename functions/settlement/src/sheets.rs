//! A batch as sheets, with the columns that were chosen: its courses by month, or its orders by month. S36.1 S36.4 S36.5.

use std::collections::BTreeSet;

use domain::Money;
use domain::catalog::Origin;
use domain::import::Cell;
use domain::settlement::batch::Batch;
use domain::settlement::figures::Figures;
use domain::settlement::line::{BatchLine, OrderPart};
use domain::settlement::rules::Field;
use jiff::civil::Date;
use sheet::Sheet;

/// A column: its heading, for which field it is, what stands in it.
struct Column<T> {
    heading: &'static str,
    field: Option<Field>,
    cell: fn(&T) -> Cell,
}

const fn column<T>(heading: &'static str, field: Option<Field>, cell: fn(&T) -> Cell) -> Column<T> {
    Column { heading, field, cell }
}

/// A part with its line.
type PartOfLine<'a> = (&'a BatchLine, &'a OrderPart);

fn yuan(amount: Money) -> Cell {
    Cell::Number(amount.to_string())
}

fn count(count: i64) -> Cell {
    Cell::Number(count.to_string())
}

fn origin(line: &BatchLine) -> Cell {
    Cell::text(match line.origin {
        Origin::InHouse => "校内课程",
        Origin::External => "校外课程",
    })
}

fn provider(line: &BatchLine) -> Cell {
    line.provider.as_ref().map_or(Cell::Empty, |provider| Cell::text(provider.to_string()))
}

fn chosen<T>(columns: Vec<Column<T>>, fields: &BTreeSet<Field>) -> Vec<Column<T>> {
    columns.into_iter().filter(|column| column.field.is_none_or(|field| fields.contains(&field))).collect()
}

fn sheet<T>(name: &str, day: Date, columns: &[Column<T>], rows: impl Iterator<Item = T>) -> Sheet {
    let headings: Vec<&str> = columns.iter().map(|column| column.heading).collect();
    let cells = |row: T| columns.iter().map(|column| (column.cell)(&row)).collect();
    Sheet::list(name, day, &headings, rows.map(cells).collect())
}

/// The courses of a batch by month.
pub(crate) fn of_lines(batch: &Batch, lines: Vec<BatchLine>, day: Date) -> Sheet {
    use Field::{Attendance, Dues, Lessons, Orders, Prices, Refunds};
    let columns: Vec<Column<BatchLine>> = vec![
        column("自然月", None, |line| Cell::text(line.month.to_string())),
        column("课程编号", None, |line| Cell::text(line.course.to_string())),
        column("课程名称", None, |line| Cell::text(line.title.clone())),
        column("课程来源", None, origin),
        column("机构编号", None, provider),
        column("订单数", Some(Orders), |line| Cell::Number(line.parts.0.len().to_string())),
        column("缴费金额(元)", Some(Orders), |line| yuan(line.figures.sold)),
        column("退费金额(元)", Some(Refunds), |line| yuan(line.figures.refunded())),
        column("授课课时", Some(Lessons), |line| count(line.taught)),
        column("学生课时", Some(Lessons), |line| count(line.figures.lessons)),
        column("出勤人次", Some(Attendance), |line| count(line.figures.attended)),
        column("课时单价(元)", Some(Prices), |line| yuan(line.unit_price)),
        column("学费(元)", Some(Prices), |line| yuan(line.figures.tuition)),
        column("代收费(元)", Some(Prices), |line| yuan(line.figures.fees)),
        column("实收合计(元)", None, |line| yuan(line.figures.kept())),
        column("应付机构(元)", Some(Dues), |line| yuan(line.due.provider)),
        column("应付教师(元)", Some(Dues), |line| yuan(line.due.teachers)),
        column("学校留存(元)", Some(Dues), |line| yuan(line.rest())),
    ];
    sheet(&name(batch, "课程明细"), day, &chosen(columns, &batch.fields), lines.into_iter())
}

/// The orders of a batch by month. S36.5.
pub(crate) fn of_orders(batch: &Batch, lines: &[BatchLine], day: Date) -> Sheet {
    use Field::{Attendance, Lessons, Orders, Prices, Refunds};
    fn figures<'a>(part: &'a PartOfLine<'_>) -> &'a Figures {
        &part.1.figures
    }
    let columns: Vec<Column<PartOfLine<'_>>> = vec![
        column("自然月", None, |part| Cell::text(part.0.month.to_string())),
        column("课程编号", None, |part| Cell::text(part.0.course.to_string())),
        column("课程名称", None, |part| Cell::text(part.0.title.clone())),
        column("订单号", None, |part| Cell::text(part.1.order.to_string())),
        column("学生编号", None, |part| Cell::text(part.1.order.student().to_string())),
        column("缴费金额(元)", Some(Orders), |part| yuan(figures(part).sold)),
        column("退费金额(元)", Some(Refunds), |part| yuan(figures(part).refunded())),
        column("课时", Some(Lessons), |part| count(figures(part).lessons)),
        column("出勤课时", Some(Attendance), |part| count(figures(part).attended)),
        column("学费(元)", Some(Prices), |part| yuan(figures(part).tuition)),
        column("代收费(元)", Some(Prices), |part| yuan(figures(part).fees)),
        column("实收合计(元)", None, |part| yuan(figures(part).kept())),
    ];
    let parts = lines.iter().flat_map(|line| line.parts.0.iter().map(move |part| (line, part)));
    sheet(&name(batch, "订单明细"), day, &chosen(columns, &batch.fields), parts)
}

/// What its tab is called: the batch, and whether it takes another back.
fn name(batch: &Batch, list: &str) -> String {
    match batch.reverses {
        Some(reversed) => format!("第{}批冲销第{reversed}批{list}", batch.number()),
        None => format!("第{}批{list}", batch.number()),
    }
}
