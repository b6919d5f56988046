//! What of an order's courses will still be asked for (待缴分期): seen before the morning on which it is. P6.1.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use cashier::Cashier;
use domain::access::may;
use domain::id::OrderNo;
use domain::instalment::{Coming, PaymentMode, coming};
use domain::money::MoneyError;
use domain::record::TermRecord;
use domain::{Fault, Kind};
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::reach;
use edge::{App, Caller, Problem};
use serde::Serialize;
use utoipa::ToSchema;

/// A part of a course that will be asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComingInstalment {
    /// The offering.
    #[schema(example = "3144200101.2026-2027-1.K012")]
    pub offering_id: String,
    /// Its title as it was sold.
    #[schema(example = "书法入门")]
    pub title: String,
    /// Lessons of the part.
    #[schema(example = 5)]
    pub lessons: u16,
    /// What it will cost, in fen.
    #[schema(example = 12500)]
    pub amount_fen: i64,
    /// Whether that is the most it can be: it is by the lessons that are given to the pupil.
    pub at_most: bool,
    /// The morning on which it is asked for.
    #[schema(format = Date)]
    pub asked_on: String,
    /// The day by whose beginning it is to be paid.
    #[schema(format = Date)]
    pub until: String,
}

/// What will be asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ComingInstalments {
    /// The order that comes first, which the seats belong to.
    #[schema(example = "20261-7K3M9Q2XAB-01")]
    pub order_no: String,
    /// By the day; none of courses that are paid at once.
    pub items: Vec<ComingInstalment>,
}

/// A sum that cannot be.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SumUnusable(#[from] MoneyError);

impl Fault for SumUnusable {
    fn kind(&self) -> Kind {
        Kind::Internal
    }

    fn slug(&self) -> &'static str {
        "order/sum-unusable"
    }
}

/// 查看待缴分期
///
/// As far as it is known today: by lessons that are planned, each of them given to the pupil.
#[utoipa::path(
    get, path = "/orders/{order_no}/instalments", operation_id = "list_instalments", tag = "订单",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "以后各期的课程、课时、金额、通知日与截止日", body = ComingInstalments),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
    ),
)]
pub async fn list_instalments(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
) -> Outcome<Answer<ComingInstalments>> {
    let no: OrderNo = parse("order_no", &order_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no).await?;
    let record = reached.record.value;
    let first = reached.order.continues.unwrap_or(no);
    let first = record.order(&first).ok_or(AccessError::NotFound)?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&reached.granted));
    let mut lessons = BTreeMap::new();
    for line in first.lines.iter().filter(|line| line.instalment.is_some()) {
        lessons.insert(line.course.clone(), Box::pin(cashier.lessons_of(&record, &line.course)).await?);
    }
    let of = |course: &_| lessons.get(course).cloned().unwrap_or_default();
    let pupil = app.store().pupil(&record.student).await?.and_then(|found| found.within(&reached.granted));
    let waivers = pupil.map(|pupil| pupil.value.waivers).unwrap_or_default();
    let coming = coming(&record, first, of, &waivers, app.now().day()).map_err(SumUnusable)?;
    let items = coming.iter().map(|coming| view(&record, coming)).collect();
    Ok(Answer::ok(ComingInstalments { order_no: first.no.to_string(), items }))
}

fn view(record: &TermRecord, Coming { line, asked_on, until }: &Coming) -> ComingInstalment {
    let by_lessons = |mode| matches!(mode, PaymentMode::Lessons { .. });
    ComingInstalment {
        offering_id: record.offering_of(line).to_string(),
        title: line.title.clone(),
        lessons: line.lessons,
        amount_fen: line.amount.fen(),
        at_most: line.instalment.is_some_and(|part| by_lessons(part.mode)),
        asked_on: asked_on.to_string(),
        until: until.to_string(),
    }
}
