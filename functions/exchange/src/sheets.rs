//! Moves as a sheet: who, from what to what, what it costs, who asked and decided. S27.2.

use domain::Money;
use domain::import::Cell;
use domain::moves::{MoveRequest, Moving};
use jiff::civil::Date;
use sheet::Sheet;

const HEADINGS: [&str; 16] = [
    "类型",
    "状态",
    "学生",
    "原课程或教学班",
    "调入课程或教学班",
    "生效日期",
    "原因",
    "可退金额(元)",
    "调入费用(元)",
    "应补缴(元)",
    "应退还(元)",
    "差额说明",
    "申请人",
    "申请时间",
    "审核人",
    "审核时间",
];

/// The moves, in the order they are given.
pub(crate) fn of_moves(moves: &[MoveRequest], day: Date) -> Sheet {
    Sheet::list("调课调班", day, &HEADINGS, moves.iter().map(row).collect())
}

fn row(request: &MoveRequest) -> Vec<Cell> {
    let MoveRequest { handling, .. } = request;
    let (from, to) = match &request.moving {
        Moving::Exchange(exchange) => (&exchange.title, &exchange.line.title),
        Moving::Transfer(transfer) => (&transfer.title, &transfer.to_title),
    };
    let difference = request.exchange().map(|exchange| &exchange.difference);
    let money = |amount: Option<Money>| amount.map_or(Cell::Empty, |amount| Cell::Number(amount.to_string()));
    let explained = request.exchange().and_then(|exchange| exchange.explained.clone());
    let words = explained.or_else(|| difference.map(domain::moves::difference::Difference::words));
    let decision = handling.decision.as_ref();
    vec![
        Cell::text(request.kind().chinese()),
        Cell::text(request.state().chinese()),
        Cell::text(request.student.to_string()),
        Cell::text(from.clone()),
        Cell::text(to.clone()),
        Cell::text(request.on.to_string()),
        Cell::text(request.reason.clone()),
        money(difference.map(domain::moves::difference::Difference::back_total)),
        money(difference.map(|difference| difference.price_total)),
        money(difference.map(|difference| difference.to_pay)),
        money(difference.map(|difference| difference.to_return)),
        words.map_or(Cell::Empty, Cell::text),
        Cell::text(handling.asked_by.to_string()),
        Cell::text(handling.asked_at.to_string()),
        decision.and_then(|decision| decision.by.as_ref()).map_or(Cell::Empty, |by| Cell::text(by.to_string())),
        decision.map_or(Cell::Empty, |decision| Cell::text(decision.at.to_string())),
    ]
}
