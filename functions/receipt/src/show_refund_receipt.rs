//! The receipt of a refund that has arrived, as PDF: the same refund gives the same bytes. P5.3 P7.1.

use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::may;
use domain::id::RefundNo;
use domain::refund::RefundState;
use edge::app::Outcome;
use edge::caller::AccessError;
use edge::http::{Answer, parse};
use edge::reach::{Reached, reach};
use edge::{App, Caller, Problem, Variable};

use crate::ReceiptError;
use crate::layout::{Proof, RefundFacts, lay_out_refund};
use crate::show_receipt::ReceiptFile;

/// 查看退费凭证
///
/// It is no fiscal bill. The pupil's name is masked: whoever finds the paper learns little.
#[utoipa::path(
    get, path = "/refunds/{refund_no}/receipt", operation_id = "show_refund_receipt", tag = "退费",
    params(("refund_no" = String, Path, description = "退款单号")),
    responses(
        (status = 200, description = "退费凭证", body = ReceiptFile),
        (status = 400, description = "参数不正确", body = Problem),
        (status = 401, description = "未登录", body = Problem),
        (status = 404, description = "没有找到", body = Problem),
        (status = 409, description = "退款尚未完成,或个人信息已销毁", body = Problem),
    ),
)]
pub async fn show_refund_receipt(
    State(app): State<App>,
    caller: Caller,
    Path(refund_no): Path<String>,
) -> Outcome<Answer<ReceiptFile>> {
    let no: RefundNo = parse("refund_no", &refund_no)?;
    let reached = reach::<may::ViewEnrollments>(&app, &caller, &no.payment().order()).await?;
    let facts = facts(&app, reached, &no).await?;
    let content = lay_out_refund(&facts)?.write()?;
    Ok(Answer::ok(ReceiptFile {
        file_name: format!("退费凭证-{no}.pdf"),
        snapshot_sha256: facts.proof.hash,
        verify_url: facts.proof.verify_url,
        content_base64: STANDARD.encode(content),
    }))
}

/// What stands on the receipt.
async fn facts(app: &App, reached: Reached<may::ViewEnrollments>, no: &RefundNo) -> Result<RefundFacts, Problem> {
    let store = app.store();
    let payment = reached.payment(app, &no.payment()).await?.value;
    let Reached { granted, record, order } = reached;
    let refund = store.refund(no).await?.and_then(|found| found.within(&granted)).ok_or(AccessError::NotFound)?.value;
    if !matches!(refund.state, RefundState::Done | RefundState::Returned) {
        return Err(ReceiptError::NotRefunded.into());
    }
    let ended = refund.ended_at.zip(refund.snapshot.clone()).zip(payment.paid.clone());
    let ((ended_at, hash), paid) = ended.ok_or(ReceiptError::NotRefunded)?;
    let school = store.school(&record.value.school).await?.ok_or(AccessError::NotFound)?.value;
    let student = store.open_student(&record.value.student).await?.and_then(|found| found.within(&granted));
    let pupil_name = student.map(|student| student.value.name.masked_name()).unwrap_or_default();
    let verify_url = format!("{}/refund-receipts/{hash}", app.variable(Variable::PublicUrl)?);
    Ok(RefundFacts {
        school_name: school.name,
        pupil_name,
        term: record.value.term.to_string(),
        order,
        payment,
        paid,
        refund,
        ended_at,
        proof: Proof { hash, verify_url },
    })
}
