//! How many orders and how much money: to be paid, paid, gone back. S32.2 S35.1 S35.2.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::access::may;
use domain::id::TermCode;
use domain::register::statistics::{Dimension, Statistics, Sums};
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::RegisterError;
use crate::sought::{Register, optional, school, sought};

sought!(
    /// Of which orders, and by what.
    WhichStatistics {
        /// The term; all terms of the school without it.
        #[param(example = "2026-2027-1")]
        pub term: Option<String>,
        /// What they are counted by, separated by commas: `term`, `state`, `course`, `grade`, `homeroom`, `method`,
        /// `day`, `paid_day`, `item`.
        #[param(example = "state,course")]
        pub by: Option<String>,
    }
);

/// How many and how much.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SumsView {
    /// Orders; by course and by item, one counts at each of its own.
    pub orders: u32,
    /// Lines.
    pub lines: u32,
    /// What was ordered, whatever became of it, in fen.
    pub ordered_fen: i64,
    /// What is to be paid or was (应收), in fen.
    pub receivable_fen: i64,
    /// What was paid (已收), in fen.
    pub received_fen: i64,
    /// What has gone back (已退), in fen.
    pub refunded_fen: i64,
    /// What is set aside to go back (退费中), in fen.
    pub refunding_fen: i64,
}

impl From<Sums> for SumsView {
    fn from(sums: Sums) -> Self {
        Self {
            orders: sums.orders,
            lines: sums.lines,
            ordered_fen: sums.ordered.fen(),
            receivable_fen: sums.receivable.fen(),
            received_fen: sums.received.fen(),
            refunded_fen: sums.refunded.fen(),
            refunding_fen: sums.refunding.fen(),
        }
    }
}

/// Statistics of orders.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderStatistics {
    /// All of them.
    pub total: SumsView,
    /// By what was asked for, the sums of each value; what has no value there is `none`.
    pub by: BTreeMap<String, BTreeMap<String, SumsView>>,
}

/// 统计学校订单
///
/// Every breakdown adds up to the total. What was changed within the last minutes may be missing yet.
#[utoipa::path(
    get, path = "/schools/{school}/orders/statistics", operation_id = "order_statistics", tag = "订单",
    params(("school" = String, Path, description = "学校标识码")),
    responses(
        (status = 200, description = "订单统计", body = OrderStatistics),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn order_statistics(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
    Query(which): Query<WhichStatistics>,
) -> Outcome<Answer<OrderStatistics>> {
    let granted = caller.ask::<may::ViewEnrollments>(&app).await?;
    let (school, filter) = (school(&granted, &code)?, which.filter()?);
    let dimensions = which.by.as_deref().unwrap_or_default().split(',').filter(|name| !name.is_empty());
    let dimensions = dimensions.map(|name| parse("by", name)).collect::<Result<Vec<Dimension>, _>>()?;
    let terms: Vec<TermCode> = match optional("term", which.term.as_deref())? {
        Some(term) => vec![term],
        None => app.store().terms(&school).await?.into_iter().map(|term| term.value.code).collect(),
    };
    let mut statistics = Statistics::by(dimensions);
    for term in &terms {
        let register = Register { app: &app, granted: &granted, school: &school, term, filter: &filter };
        let count = |row| statistics.count(&row).map(|()| true).map_err(|_huge| RegisterError::OutOfRange.into());
        register.each(count).await?;
    }
    let values =
        |values: BTreeMap<String, Sums>| values.into_iter().map(|(value, sums)| (value, sums.into())).collect();
    let by = statistics.by.into_iter().map(|(dimension, sums)| (dimension.to_string(), values(sums))).collect();
    Ok(Answer::ok(OrderStatistics { total: statistics.total.into(), by }))
}
