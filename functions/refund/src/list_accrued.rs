//! What has accrued in a school's term, order by order: what the school will have to give back as it is known today.
//! S34.1 S34.2.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use cashier::{TermLessons, TermRules};
use domain::access::may;
use domain::id::{OrderNo, StudentId, TermCode};
use domain::record::{Line, OrderState, TermRecord};
use domain::refund::accrued::Accrued;
use domain::refund::facts::Trigger;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, Query, parse};
use edge::reach::reach_school;
use edge::{App, Caller, Problem};
use serde::{Deserialize, Serialize};
use store::register::{RowCursor, Stretch};
use utoipa::{IntoParams, ToSchema};

use crate::view::AccruedView;

/// Orders that are looked at for a page.
const PAGE: i32 = 50;

/// Which page.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichAccrued {
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// What has accrued in a term.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TermAccrued {
    /// Of lessons before this day.
    #[schema(format = Date, example = "2026-10-12")]
    pub as_of: String,
    /// What is to be paid out by this page, in fen.
    #[schema(example = 5000)]
    pub total_fen: i64,
    /// The courses of orders of which something is to be paid out, the newest order first.
    pub items: Vec<AccruedView>,
    /// For the next page, which may be empty; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// 学期应退累计
#[utoipa::path(
    get, path = "/schools/{school}/terms/{term}/accrued-refunds", operation_id = "list_accrued_refunds", tag = "退费",
    params(("school" = String, Path, description = "学校标识码"), ("term" = String, Path, description = "学期")),
    responses(
        (status = 200, description = "本校学生请假、停课应退未退的累计", body = TermAccrued),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_accrued_refunds(
    State(app): State<App>,
    caller: Caller,
    Path((school, term)): Path<(String, String)>,
    Query(which): Query<WhichAccrued>,
) -> Outcome<Answer<TermAccrued>> {
    let (granted, school) = reach_school::<may::ViewEnrollments>(&app, &caller, &school).await?;
    let code: TermCode = parse("term", &term)?;
    let after: Option<RowCursor> = which.cursor.as_deref().map(|text| parse("cursor", text)).transpose()?;
    let term = app.store().term(&school, &code).await?.ok_or(AccessError::NotFound)?.value;
    let stretch = Stretch { school: &school, term: &code, placed: None };
    let page = app.store().rows(stretch, after.as_ref(), PAGE).await?;
    let rows = page.rows.into_iter().filter_map(|row| row.within(&granted)).map(|row| row.value);
    let orders: Vec<OrderNo> = rows.filter(|row| row.state == OrderState::Paid).map(|row| row.no).collect();
    let pupils: BTreeSet<StudentId> = orders.iter().map(OrderNo::student).collect();
    let records = app.store().records_in(pupils.iter().map(|pupil| (pupil.clone(), code.clone()))).await?;
    let records = records.into_iter().filter_map(|found| found.within(&granted)).map(|found| found.value);
    let records: BTreeMap<StudentId, TermRecord> = records.map(|record| (record.student.clone(), record)).collect();
    let mut lessons = TermLessons::of(app.store(), &term).await?;
    lessons.read_rolls(app.store(), |class| pupils.iter().any(|pupil| class.knows(pupil))).await?;
    lessons.read_imported(app.store(), pupils.iter().cloned()).await?;
    let (mut rules, today, mut items) = (TermRules::of(school, code), app.now().day(), Vec::new());
    for no in &orders {
        let Some(order) = records.get(&no.student()).and_then(|record| record.order(no)) else { continue };
        let Some(rules) = rules.sold_under(app.store(), &order.rules).await? else { continue };
        let stays = |line: &&Line| order.state == OrderState::Paid && !line.has_left();
        for line in order.lines.iter().filter(stays) {
            let facts = lessons.facts(&no.student(), line, (Trigger::Accrued, today));
            let accrued = Accrued::of(&rules, &facts).ok().filter(|accrued| !accrued.total.is_zero());
            items.extend(accrued.map(|accrued| AccruedView::of((no, line), &accrued, rules.accrued)));
        }
    }
    let total_fen = items.iter().map(|item| item.total_fen).fold(0, i64::saturating_add);
    let cursor = page.next.map(|next| next.to_string());
    Ok(Answer::ok(TermAccrued { as_of: today.to_string(), total_fen, items, cursor }))
}
