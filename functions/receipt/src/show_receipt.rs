//! The receipt of a paid order, as PDF: the same order gives the same bytes. P5.3.

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::{Granted, may};
use domain::id::OrderNo;
use domain::record::OrderState;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::{App, Caller, Problem, Variable};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ReceiptError;
use crate::layout::{PaymentFacts, Proof, lay_out_payment};

/// A receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiptFile {
    /// Its name.
    #[schema(example = "电子收据-20261-7K3M9Q2XAB-01-1.pdf")]
    pub file_name: String,
    /// SHA-256 of the snapshot of the payment or refund, which the code on the receipt leads to.
    pub snapshot_sha256: String,
    /// Where anybody can have it verified.
    pub verify_url: String,
    /// The PDF in base 64.
    pub content_base64: String,
}

/// 查看电子收据
///
/// It is no fiscal bill. The pupil's name is masked: whoever finds the paper learns little.
#[utoipa::path(
    get, path = "/orders/{order_no}/receipt", operation_id = "show_receipt", tag = "订单",
    params(("order_no" = String, Path, description = "订单号")),
    responses(
        (status = 200, description = "电子收据", body = ReceiptFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "尚未支付、无需缴费,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn show_receipt(
    State(app): State<App>,
    caller: Caller,
    Path(order_no): Path<String>,
) -> Outcome<Answer<ReceiptFile>> {
    let granted = caller.ask::<may::ViewEnrollments>(&app).await?;
    let no: OrderNo = parse("order_no", &order_no)?;
    let facts = facts(&app, granted, &no).await?;
    let content = lay_out_payment(&facts)?.write()?;
    Ok(Answer::ok(ReceiptFile {
        file_name: format!("电子收据-{}.pdf", facts.payment.no),
        snapshot_sha256: facts.proof.hash,
        verify_url: facts.proof.verify_url,
        content_base64: STANDARD.encode(content),
    }))
}

/// What stands on the receipt.
async fn facts(app: &App, granted: Granted<may::ViewEnrollments>, no: &OrderNo) -> Result<PaymentFacts, Problem> {
    let store = app.store();
    // Who the guardians are stands at the pupil.
    let pupil = store.pupil(&no.student()).await?.and_then(|found| found.within(&granted));
    let granted = pupil.and_then(|pupil| granted.narrowed(&pupil)).unwrap_or(granted);
    let record = store.record(&no.student(), &no.term()).await?.and_then(|found| found.within(&granted));
    let record = record.ok_or(AccessError::NotFound)?.value;
    let order = record.order(no).cloned().ok_or(AccessError::NotFound)?;
    let Some((payment, _)) = &order.paid else {
        let free = order.state == OrderState::Paid;
        return Err(if free { ReceiptError::NothingToPay } else { ReceiptError::NotPaid }.into());
    };
    let payment = store.payment(payment).await?.and_then(|found| found.within(&granted));
    let payment = payment.ok_or(AccessError::NotFound)?.value;
    let paid = payment.paid.clone().ok_or(ReceiptError::NotPaid)?;
    let school = store.school(&record.school).await?.ok_or(AccessError::NotFound)?.value;
    let student = store.open_student(&record.student).await?.and_then(|found| found.within(&granted));
    let pupil_name = student.map(|student| student.value.name.masked_name()).unwrap_or_default();
    let verify_url = format!("{}/receipts/{}", app.variable(Variable::PublicUrl)?, paid.snapshot);
    Ok(PaymentFacts {
        school_name: school.name,
        pupil_name,
        term: record.term.to_string(),
        proof: Proof { hash: paid.snapshot.clone(), verify_url },
        order,
        payment,
        paid,
    })
}
