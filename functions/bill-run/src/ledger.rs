//! Our side of a bill: the journal of the day and the refunds the provider took on, and what our tables know about a
//! number beside.

use std::collections::HashMap;

use domain::Tenant;
use domain::access::Guarded;
use domain::id::{DifferenceId, PaymentNo, RefundNo};
use domain::journal::{Account, Entry, FactKind};
use domain::payment::{Payment, PaymentState};
use domain::reconciliation::bill::RowKind;
use domain::reconciliation::book::{Book, LedgerRow, MerchantId, Standing};
use domain::reconciliation::difference::DifferenceKind;
use domain::reconciliation::matching::{Finding, Local};
use domain::refund::{Refund, RefundState};
use jiff::civil::Date;

use crate::{Job, RunError};

/// The book of the day: of every school that has a merchant at the provider.
pub(crate) async fn book(job: &Job<'_>) -> Result<Book, RunError> {
    let mut book = Book::new(job.channel);
    for school in job.schools {
        let Some(number) = school.merchants.at(job.channel) else { continue };
        let agreed = school.merchants.rates.at(job.channel);
        let merchant = book.merchant(number, Tenant::School(school.code.clone()), agreed)?;
        let journal = job.app.store().journal_of(&school.code, job.day).await?;
        let journal = journal.into_iter().filter(|entry| entry.channel == job.channel);
        enter_payments(job, &mut book, merchant, &journal.collect::<Vec<_>>()).await?;
        for (payment, refund) in job.app.store().refunds_taken_on(&school.code, job.day).await? {
            let payment = payment.unguarded().value;
            if payment.channel == job.channel {
                enter_refund(&mut book, merchant, &payment, &refund)?;
            }
        }
    }
    Ok(book)
}

async fn enter_payments(
    job: &Job<'_>,
    book: &mut Book,
    merchant: MerchantId,
    journal: &[Entry],
) -> Result<(), RunError> {
    let paid = || journal.iter().filter(|entry| entry.kind() == Some(FactKind::Pay));
    let uncounted = paid().filter(|entry| !entry.counts()).filter_map(|entry| entry.number.parse().ok());
    let owed: HashMap<String, bool> = payments(job, uncounted.collect()).await?;
    for entry in paid() {
        let set_aside = owed.get(&entry.number).copied().unwrap_or(true);
        book.enter(&LedgerRow {
            kind: RowKind::Payment,
            number: &entry.number,
            transaction: entry.provider_no(),
            merchant,
            amount: entry.on(Account::ChannelClearing),
            standing: if set_aside { Standing::Settled } else { Standing::Unreturned },
        })?;
    }
    Ok(())
}

/// Of payments that pay nothing, whether all of each is set aside to go back.
async fn payments(job: &Job<'_>, numbers: Vec<PaymentNo>) -> Result<HashMap<String, bool>, RunError> {
    let payments = job.app.store().payments(numbers).await?.into_iter().map(Guarded::unguarded);
    Ok(payments.map(|payment| (payment.value.no.to_string(), is_set_aside(&payment.value))).collect())
}

fn enter_refund(book: &mut Book, merchant: MerchantId, payment: &Payment, refund: &Refund) -> Result<(), RunError> {
    let number = refund.no();
    book.enter(&LedgerRow {
        kind: RowKind::Refund,
        number: number.as_str(),
        transaction: payment.paid.as_ref().map_or("", |paid| &paid.transaction),
        merchant,
        amount: refund.amount,
        standing: standing_of(refund.state),
    })?;
    Ok(())
}

/// What our tables know about the number of a finding now.
pub(crate) async fn local(job: &Job<'_>, finding: &Finding) -> Result<Option<Local>, RunError> {
    let number = finding.number.split('@').next().unwrap_or_default();
    let (payment, refund) = match finding.side {
        RowKind::Payment => (number.parse::<PaymentNo>().ok(), None),
        RowKind::Refund => number.parse::<RefundNo>().map_or((None, None), |no| (Some(no.payment()), Some(no))),
    };
    let Some(no) = payment else { return Ok(None) };
    let Some(payment) = job.app.store().payment(&no).await?.map(Guarded::unguarded) else { return Ok(None) };
    let payment = payment.value;
    let missing = finding.kind == DifferenceKind::MissingProvider;
    let billed_elsewhere = missing && is_billed_elsewhere(job, finding).await?;
    let transaction = payment.paid.as_ref().map(|paid| paid.transaction.clone());
    let (sub_merchant, paid_at) = (payment.sub_merchant.clone(), payment.paid.as_ref().map(|paid| paid.at));
    let Some(refund) = refund else {
        let standing = match payment.state {
            PaymentState::Sent | PaymentState::Pending => Standing::Open,
            PaymentState::Closed => Standing::Ended,
            PaymentState::Succeeded if is_set_aside(&payment) => Standing::Settled,
            PaymentState::Succeeded => Standing::Unreturned,
        };
        let amount = payment.amount;
        return Ok(Some(Local { amount, sub_merchant, transaction, at: paid_at, standing, billed_elsewhere }));
    };
    let Some(refund) = job.app.store().refund(&refund).await?.map(Guarded::unguarded) else { return Ok(None) };
    // The day under which it is booked here, which may be another than that of the bill.
    let (amount, at) = (refund.value.amount, refund.value.accepted_at.or(refund.value.sent_at));
    let standing = standing_of(refund.value.state);
    Ok(Some(Local { amount, sub_merchant, transaction, at, standing, billed_elsewhere }))
}

/// Whether a payment counts, or all of it goes back.
pub(crate) fn is_set_aside(payment: &Payment) -> bool {
    payment.paid.as_ref().is_none_or(|paid| paid.counted) || payment.refund_reserved == payment.amount
}

const fn standing_of(state: RefundState) -> Standing {
    match state {
        RefundState::Done | RefundState::Returned => Standing::Settled,
        RefundState::Closed | RefundState::Rejected => Standing::Ended,
        RefundState::Reserved | RefundState::Sent | RefundState::Processing | RefundState::Abnormal => Standing::Open,
    }
}

/// Whether the bill of the day before or after has what this one lacks.
async fn is_billed_elsewhere(job: &Job<'_>, finding: &Finding) -> Result<bool, RunError> {
    for day in beside(job.day) {
        let id = DifferenceId::new(&finding.of, day, DifferenceKind::Timing, &finding.number);
        let found = job.app.store().difference(&id).await?.map(Guarded::unguarded);
        if found.is_some_and(|found| found.value.theirs.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The day before and the day after.
pub(crate) fn beside(day: Date) -> impl Iterator<Item = Date> {
    day.yesterday().into_iter().chain(day.tomorrow())
}
