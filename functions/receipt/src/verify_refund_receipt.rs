//! Whether the receipt of a refund is one: for whoever is shown it, without a session and without a word about who got the
//! money back. P5.3 P7.1.

use axum::extract::{Path, State};
use domain::access::Guarded;
use domain::id::RefundNo;
use domain::refund::RefundState;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::Answer;
use edge::{App, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::proof::archived;

/// What is known of the receipt of a refund.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerifiedRefundReceipt {
    /// The school that gave the money back.
    #[schema(example = "3144200101")]
    pub school: String,
    /// Its name.
    #[schema(example = "五桂山第一小学")]
    pub school_name: String,
    /// How much went back, in fen.
    pub amount_fen: i64,
    /// The day on which it arrived.
    #[schema(format = Date)]
    pub refunded_on: String,
    /// `done`: the payer has it, by the way it was paid; `returned`: the school has paid it out by hand.
    #[schema(example = "done")]
    pub state: String,
}

/// What the snapshot of a refund says.
#[derive(Deserialize)]
struct Promised {
    refund_no: RefundNo,
    amount_fen: i64,
}

/// 查验退费凭证
///
/// Nobody guesses a hash: whoever has one was shown a receipt.
#[utoipa::path(
    get, path = "/refund-receipts/{hash}", operation_id = "verify_refund_receipt", tag = "退费", security(()),
    params(("hash" = String, Path, description = "凭证上的快照凭证 SHA-256")),
    responses(
        (status = 200, description = "凭证有效", body = VerifiedRefundReceipt),
        (status = 404, description = "没有这样的凭证", body = Problem),
        (status = 503, description = "系统繁忙,请稍后重试", body = Problem),
    ),
)]
pub async fn verify_refund_receipt(
    State(app): State<App>,
    Path(sha256): Path<String>,
) -> Outcome<Answer<VerifiedRefundReceipt>> {
    let promised: Promised = archived(&app, "refund", &sha256).await?.ok_or(AccessError::NotFound)?;
    let refund = app.store().refund(&promised.refund_no).await?.map(Guarded::unguarded);
    let refund = refund.ok_or(AccessError::NotFound)?.value;
    let has_it = matches!(refund.state, RefundState::Done | RefundState::Returned);
    let genuine = has_it && refund.snapshot.as_ref() == Some(&sha256);
    let ended_at = refund.ended_at.filter(|_| genuine).ok_or(AccessError::NotFound)?;
    let school = app.store().school(&refund.school).await?.ok_or(AccessError::NotFound)?.value;
    Ok(Answer::ok(VerifiedRefundReceipt {
        school: school.code.to_string(),
        school_name: school.name,
        amount_fen: promised.amount_fen,
        refunded_on: ended_at.day().to_string(),
        state: refund.state.to_string(),
    }))
}
