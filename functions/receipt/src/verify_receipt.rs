//! Whether a receipt is one: for whoever is shown it, without a session and without a word about who paid. P5.3.

use axum::extract::{Path, State};
use domain::Money;
use domain::access::Guarded;
use domain::id::PaymentNo;
use domain::refund::RefundState;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::{App, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::proof::archived;

/// What is known of a receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerifiedReceipt {
    /// The school that got the money.
    #[schema(example = "3144200101")]
    pub school: String,
    /// Its name.
    #[schema(example = "五桂山第一小学")]
    pub school_name: String,
    /// How much was paid, in fen.
    pub amount_fen: i64,
    /// The day it was paid.
    #[schema(format = Date)]
    pub paid_on: String,
    /// `paid`, `partly_refunded` or `refunded`; `returned` when it paid for nothing and goes back.
    #[schema(example = "paid")]
    pub state: String,
    /// What has gone back, in fen.
    pub refunded_fen: i64,
}

/// What the snapshot of a payment says.
#[derive(Deserialize)]
struct Promised {
    payment_no: PaymentNo,
    amount_fen: i64,
    counted: bool,
}

/// 查验电子收据
///
/// Nobody guesses a hash: whoever has one was shown a receipt.
#[utoipa::path(
    get, path = "/receipts/{hash}", operation_id = "verify_receipt", tag = "订单", security(()),
    params(("hash" = String, Path, description = "收据上的快照凭证 SHA-256")),
    responses(
        (status = 200, description = "收据有效", body = VerifiedReceipt),
        (status = 404, description = "没有这样的收据", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn verify_receipt(State(app): State<App>, Path(sha256): Path<String>) -> Outcome<Answer<VerifiedReceipt>> {
    let promised: Promised = archived(&app, "payment", &sha256).await?.ok_or(AccessError::NotFound)?;
    let payment = app.store().payment(&promised.payment_no).await?.map(Guarded::unguarded);
    let payment = payment.ok_or(AccessError::NotFound)?.value;
    let paid = payment.paid.as_ref().filter(|paid| paid.snapshot == sha256).ok_or(AccessError::NotFound)?;
    let school = app.store().school(&payment.school).await?.ok_or(AccessError::NotFound)?.value;
    let refunds = app.store().refunds(&payment.no).await?;
    let arrived = refunds
        .into_iter()
        .map(|refund| refund.unguarded().value)
        .filter(|refund| matches!(refund.state, RefundState::Done | RefundState::Returned));
    let refunded = arrived.map(|refund| refund.amount.fen()).fold(0, i64::saturating_add);
    let state = match Money::from_fen(refunded) {
        _ if !promised.counted => "returned",
        Money::ZERO => "paid",
        all if all >= payment.amount => "refunded",
        _ => "partly_refunded",
    };
    Ok(Answer::ok(VerifiedReceipt {
        school: school.code.to_string(),
        school_name: school.name,
        amount_fen: promised.amount_fen,
        paid_on: paid.at.day().to_string(),
        state: state.to_owned(),
        refunded_fen: refunded,
    }))
}
