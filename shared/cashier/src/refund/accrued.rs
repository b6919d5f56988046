//! What has accrued (应退累计): shown as it is known now, and paid out by a request like any other when it falls due.
//! S34.2 P7.1.

use domain::access::Guarded;
use domain::id::{CourseCode, OrderNo, PersonId, RefundRequestId};
use domain::record::TermRecord;
use domain::refund::accrued::{Accrued, falls_due};
use domain::refund::facts::{Facts, Trigger};
use domain::refund::quote::QuoteError;
use domain::refund::request::{Asked, Party, RequestError, RequestState, line_of};
use domain::refund::rules::{AccruedPayout, RefundRules};
use jiff::civil::Date;

use super::ask::NOBODY;
use super::quote::Wish;
use crate::{Cashier, CashierError};

/// What became of what fell due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaidOut {
    /// It is asked for since now: paid out, or waiting for the school's word.
    Asked,
    /// It was asked for before, with whatever came of it.
    Before,
    /// Another request for the line waits; what it leaves is asked for then.
    Waits,
    /// By what is known by now nothing goes back, or the line was left.
    Nothing,
}

impl Cashier<'_> {
    /// What has accrued of a line of a paid order that the pupil has not left, up to a day, and when it is paid out. None:
    /// its rules give nothing back lesson by lesson.
    pub async fn accrued(
        &self,
        record: &TermRecord,
        (no, course): (&OrderNo, &CourseCode),
        on: Date,
    ) -> Result<Option<(Accrued, AccruedPayout)>, CashierError> {
        let (order, line) = line_of(record, no, course)?;
        let rules = self.rules_of(record, order).await?;
        let facts = Box::pin(self.refund_facts(record, line, Trigger::Accrued, on)).await?;
        Ok(Accrued::of(&rules, &facts).ok().map(|accrued| (accrued, rules.accrued)))
    }

    /// Asks for what falls due today of a line, by its rules and by what is known of its lessons; none when nothing does.
    /// It is named by the lessons it pays for, so that it is asked for once, and not again once the school has refused it.
    pub async fn pay_accrued(
        &self,
        record: &TermRecord,
        (no, course): (&OrderNo, &CourseCode),
        (rules, facts): (&RefundRules, &Facts),
    ) -> Result<Option<PaidOut>, CashierError> {
        let Some((on, accrued)) = falls_due(rules, facts, self.now().day()) else { return Ok(None) };
        let id = RefundRequestId::of_accrued(&record.school, no, course, &accrued);
        let known = self.store.refund_request(&id).await?.map(Guarded::unguarded);
        if known.is_some_and(|known| known.value.state != RequestState::Asked || known.value.waits_for.is_some()) {
            return Ok(Some(PaidOut::Before));
        }
        let Ok(by) = NOBODY.parse::<PersonId>() else { return Ok(None) };
        let wish = Wish::ByRule(Trigger::Accrued);
        let asked = Asked {
            id,
            request: String::new(),
            basis: wish.basis(),
            why: None,
            note: None,
            on,
            by,
            party: Party::School,
            decided: false,
        };
        match Box::pin(self.ask_refund(&asked, (no, course), wish)).await {
            Ok(_) => Ok(Some(PaidOut::Asked)),
            Err(CashierError::Request(RequestError::AlreadyAsked { .. })) => Ok(Some(PaidOut::Waits)),
            Err(CashierError::Request(
                RequestError::NothingToGoBack | RequestError::HasLeft { .. } | RequestError::Quote(QuoteError::NoRule),
            )) => Ok(Some(PaidOut::Nothing)),
            Err(error) => Err(error),
        }
    }
}
