//! Orders as a sheet: a row for each, pupils' names masked, payers by their numbers alone: the names of guardians are not
//! the school's to open. S32.1 S35.1.

use std::collections::BTreeMap;

use domain::Money;
use domain::access::Granted;
use domain::id::StudentId;
use domain::import::Cell;
use domain::record::OrderState;
use domain::register::{PaidBy, Row, RowLine};
use edge::App;
use edge::app::Outcome;
use sheet::Sheet;

/// Pupils whose names are opened at once.
const NAMES: usize = 500;

/// Its columns; amounts in yuan.
const HEADINGS: [&str; 23] = [
    "订单号",
    "学期",
    "行政班编号",
    "年级",
    "学生编号",
    "学生姓名",
    "下单家长编号",
    "课程",
    "课时",
    "学费",
    "减免",
    "教材费",
    "杂费",
    "订单金额",
    "订单状态",
    "下单时间",
    "缴费截止",
    "是否延期",
    "支付时间",
    "支付方式",
    "支付单号",
    "已退金额",
    "退费中金额",
];

/// The rows as a sheet.
pub(crate) async fn orders<P>(app: &App, granted: &Granted<P>, rows: &[Row]) -> Outcome<Sheet> {
    let names = names(app, granted, rows).await?;
    let cells = rows.iter().map(|row| cells(row, names.get(&row.student()).cloned().unwrap_or_default())).collect();
    Ok(Sheet::list("订单", app.now().day(), &HEADINGS, cells))
}

/// The pupils' names, masked.
async fn names<P>(app: &App, granted: &Granted<P>, rows: &[Row]) -> Outcome<BTreeMap<StudentId, String>> {
    let mut ids: Vec<StudentId> = rows.iter().map(Row::student).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = BTreeMap::new();
    for some in ids.chunks(NAMES) {
        let students = app.store().open_students_of(some.to_vec()).await?;
        let within = students.into_iter().filter_map(|student| student.within(granted));
        names.extend(within.map(|student| (student.value.pupil.id.clone(), student.value.name.masked_name())));
    }
    Ok(names)
}

fn cells(row: &Row, name: String) -> Vec<Cell> {
    let sum = |of: fn(&RowLine) -> Money| {
        yuan(Money::from_fen(row.lines.iter().map(|line| of(line).fen()).fold(0, i64::saturating_add)))
    };
    let left = |line: &RowLine| if line.left.is_some() { "(已退课)" } else { "" };
    let titles: Vec<String> = row.lines.iter().map(|line| format!("{}{}", line.title, left(line))).collect();
    let lessons = row.lines.iter().map(|line| u64::from(line.lessons)).fold(0, u64::saturating_add);
    let (place, paid) = (row.place.as_ref(), row.paid.as_ref());
    vec![
        Cell::text(row.no.to_string()),
        Cell::text(row.term().to_string()),
        place.map_or(Cell::Empty, |place| Cell::text(place.homeroom.to_string())),
        place.map_or(Cell::Empty, |place| Cell::count(place.grade)),
        Cell::text(row.student().to_string()),
        Cell::text(name),
        Cell::text(row.guardian.to_string()),
        Cell::text(titles.join("、")),
        Cell::count(lessons),
        sum(|line| line.tuition),
        sum(|line| line.waived),
        sum(|line| line.materials),
        sum(|line| line.sundry),
        yuan(row.total),
        Cell::text(state(row.state)),
        Cell::text(row.placed_at.to_string()),
        Cell::text(row.deadline.to_string()),
        Cell::text(if row.extended { "是" } else { "否" }),
        paid.map_or(Cell::Empty, |paid| Cell::text(paid.at.to_string())),
        paid.map_or(Cell::Empty, |paid| Cell::text(method(paid))),
        paid.map_or(Cell::Empty, |paid| Cell::text(paid.payment.to_string())),
        yuan(row.refunded()),
        yuan(row.refunding()),
    ]
}

fn yuan(amount: Money) -> Cell {
    Cell::Number(amount.to_string())
}

const fn state(state: OrderState) -> &'static str {
    match state {
        OrderState::Pending => "待支付",
        OrderState::Closing => "关闭中",
        OrderState::Expired => "已过期",
        OrderState::Cancelled => "已取消",
        OrderState::Paid => "已支付",
    }
}

fn method(paid: &PaidBy) -> String {
    format!("{}({})", paid.channel.chinese(), paid.method.chinese())
}
