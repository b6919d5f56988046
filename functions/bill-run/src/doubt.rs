//! Doubt (存疑冻结): what neither the bill nor the provider knows of is held back. S35.1.

use domain::id::{PaymentNo, RefundNo};
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::difference::{Difference, Remedy};
use store::Versioned;

use crate::heal::{cashier, payment_of};
use crate::{Job, RunError};

/// What neither the bill nor the provider knows of goes out to nobody until a person has decided.
pub(crate) async fn hold_back(job: &Job<'_>, difference: &Versioned<Difference>) -> Result<(), RunError> {
    let doubted = difference.value.kind.remedy() == Remedy::AskThenPerson && !difference.value.is_frozen();
    match paid_by(&difference.value).filter(|_| doubted) {
        Some(no) => Ok(cashier(job).freeze(difference, &no).await?),
        None => Ok(()),
    }
}

/// The payment it is about, or the one a refund comes from.
fn paid_by(difference: &Difference) -> Option<PaymentNo> {
    match difference.side {
        RowKind::Payment => payment_of(difference),
        RowKind::Refund => difference.id.number().parse::<RefundNo>().ok().map(|no| no.payment()),
    }
}
