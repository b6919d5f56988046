//! What an exchange would cost more or less: line by line, before anybody asks for it. S27.2 P11.1.

use axum::extract::State;
use cashier::Cashier;
use domain::access::may;
use domain::id::{StudentId, TermCode};
use domain::moves::Wanted;
use edge::app::Outcome;
use edge::http::{Answer, Query, parse};
use edge::{App, Caller, Problem};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::scope;
use crate::view::ExchangeView;

/// Of what.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichExchange {
    /// The pupil.
    #[param(example = "7K3M9Q2XAB")]
    pub student_id: String,
    /// The term.
    #[param(example = "2026-2027-1")]
    pub term: String,
    /// The course that is given up.
    #[param(example = "K012")]
    pub from_course: String,
    /// What is taken instead.
    #[param(example = "3144200101.2026-2027-1.K013")]
    pub offering_id: String,
    /// Whether its optional materials are wanted.
    #[serde(default)]
    pub materials: bool,
    /// Whether its optional sundries are wanted.
    #[serde(default)]
    pub sundry: bool,
    /// From which day on; today without it.
    #[param(value_type = Option<String>, format = Date, example = "2026-10-12")]
    pub on: Option<Date>,
}

/// What it comes to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExchangeQuote {
    /// From which day on.
    #[schema(format = Date)]
    pub on: String,
    /// Whether the school has to approve it.
    pub approval: bool,
    /// The exchange.
    #[serde(flatten)]
    pub exchange: ExchangeView,
}

/// 调课费用测算
///
/// Asks for nothing and holds no seat. It is refused where the exchange itself would be.
#[utoipa::path(
    get, path = "/moves/quote", operation_id = "quote_exchange", tag = "调课调班",
    responses(
        (status = 200, description = "逐项测算,含应补缴或应退还", body = ExchangeQuote),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "不符合调课规则", body = Problem),
        (status = 422, description = "填写内容有误", body = Problem),
    ),
)]
pub async fn quote_exchange(
    State(app): State<App>,
    caller: Caller,
    Query(which): Query<WhichExchange>,
) -> Outcome<Answer<ExchangeQuote>> {
    let student: StudentId = parse("student_id", &which.student_id)?;
    let term: TermCode = parse("term", &which.term)?;
    let wanted = Wanted::Exchange {
        from: parse("from_course", &which.from_course)?,
        to: parse("offering_id", &which.offering_id)?,
        class: None,
        materials: which.materials,
        sundry: which.sundry,
    };
    let on = which.on.unwrap_or_else(|| app.now().day());
    let (granted, school) = scope::pupil::<may::ViewEnrollments>(&app, &caller, &student).await?;
    let cashier = Cashier::new(app.store(), app.ambient(), caller.actor(&granted));
    let exchange = cashier.quote_exchange(&student, &term, &wanted, on).await?;
    let approval = scope::approval(&app, &school, wanted.kind()).await?;
    Ok(Answer::ok(ExchangeQuote { on: on.to_string(), approval, exchange: ExchangeView::from(&exchange) }))
}
