//! Register (订单台账): what a school lists and counts its orders by, a row for each. S32 S33.2 S35.1.
//!
//! A row repeats what the record says, without personal data. It is written minutes after the order; which rows are
//! behind the record says itself ([`Order::is_listed`]), so that no change of an order can be forgotten.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::directory::Grade;
use crate::id::{CourseCode, GuardianId, HomeroomId, OrderNo, PaymentNo, SchoolCode, StudentId, TermCode};
use crate::money::{Money, MoneyError};
use crate::payment::{Channel, PayMethod, Payment};
use crate::record::{Leaving, Line, Order, OrderState, TermRecord};
use crate::refund::{Refund, RefundState};
use crate::snapshot::hash;
use crate::time::{Moment, Span};

pub mod statistics;

/// Letters of a mark: 66 bits of a hash.
const MARK_LETTERS: usize = 11;

impl Order {
    /// A short hash of all it says, whichever part of it is changed and by whom; that its family was reminded no row says.
    pub fn mark(&self) -> String {
        let bare = Self { listed: String::new(), reminder: None, ..self.clone() };
        // An order that cannot be written as JSON is written nowhere else either.
        hash(&serde_json::to_vec(&bare).unwrap_or_default()).chars().take(MARK_LETTERS).collect()
    }

    /// Whether its row in the register says what it says.
    pub fn is_listed(&self) -> bool {
        !self.listed.is_empty() && self.listed == self.mark()
    }
}

/// Where the pupil was when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The homeroom.
    #[serde(rename = "h")]
    pub homeroom: HomeroomId,
    /// The grade.
    #[serde(rename = "g")]
    pub grade: Grade,
}

/// How an order was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidBy {
    /// The payment that counts.
    #[serde(rename = "no")]
    pub payment: PaymentNo,
    /// When, by the provider's clock.
    #[serde(rename = "at")]
    pub at: Moment,
    /// The provider.
    #[serde(rename = "c")]
    pub channel: Channel,
    /// The checkout.
    #[serde(rename = "m")]
    pub method: PayMethod,
}

/// A line of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowLine {
    /// The course.
    #[serde(rename = "c")]
    pub course: CourseCode,
    /// The title as it was sold.
    #[serde(rename = "t")]
    pub title: String,
    /// Lessons sold.
    #[serde(rename = "l")]
    pub lessons: u16,
    /// Tuition before what is waived.
    #[serde(rename = "u")]
    pub tuition: Money,
    /// What is waived of it.
    #[serde(rename = "w", default, skip_serializing_if = "Money::is_zero_ref")]
    pub waived: Money,
    /// Materials fee.
    #[serde(rename = "m", default, skip_serializing_if = "Money::is_zero_ref")]
    pub materials: Money,
    /// Sundry fee.
    #[serde(rename = "y", default, skip_serializing_if = "Money::is_zero_ref")]
    pub sundry: Money,
    /// What it costs in all.
    #[serde(rename = "a")]
    pub amount: Money,
    /// What has gone back of it.
    #[serde(rename = "b", default, skip_serializing_if = "Money::is_zero_ref")]
    pub refunded: Money,
    /// What is set aside to go back and has not arrived yet.
    #[serde(rename = "p", default, skip_serializing_if = "Money::is_zero_ref")]
    pub refunding: Money,
    /// Since when it is given up (退课); none: it is not.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Date>,
}

impl RowLine {
    fn of(line: &Line) -> Result<Self, MoneyError> {
        let waived = line.waived.as_ref().map_or(Money::ZERO, |waived| waived.amount);
        Ok(Self {
            course: line.course.clone(),
            title: line.title.clone(),
            lessons: line.lessons,
            tuition: line.amount.plus(waived)?.minus(line.materials)?.minus(line.sundry)?,
            waived,
            materials: line.materials,
            sundry: line.sundry,
            amount: line.amount,
            refunded: Money::ZERO,
            refunding: Money::ZERO,
            left: match line.leaving {
                Some(Leaving::Left(day)) => Some(day),
                Some(Leaving::Asked(_) | Leaving::Exchanging(_)) | None => None,
            },
        })
    }
}

/// An order as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number, which says pupil and term.
    pub no: OrderNo,
    /// The school.
    #[serde(rename = "sc")]
    pub school: SchoolCode,
    /// Where the pupil was when the row was first written, minutes after the order; none: the pupil was not known.
    #[serde(rename = "pl", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who submitted it.
    #[serde(rename = "by")]
    pub guardian: GuardianId,
    /// Where it stands.
    #[serde(rename = "st")]
    pub state: OrderState,
    /// When it was submitted.
    #[serde(rename = "at")]
    pub placed_at: Moment,
    /// Until when it can be paid.
    #[serde(rename = "til")]
    pub deadline: Moment,
    /// Whether that was put off.
    #[serde(rename = "ex", default, skip_serializing_if = "std::ops::Not::not")]
    pub extended: bool,
    /// What it costs.
    #[serde(rename = "sum")]
    pub total: Money,
    /// How it was paid; none of one that is not, or costs nothing.
    #[serde(rename = "pd", default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<PaidBy>,
    /// What was taken.
    #[serde(rename = "ls")]
    pub lines: Vec<RowLine>,
    /// Whether its money came over from a course that was exchanged (学生调课): it was asked for by another order.
    #[serde(rename = "co", default, skip_serializing_if = "std::ops::Not::not")]
    pub came_over: bool,
}

impl Owned for Row {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), student: Some(self.no.student()), ..Owner::default() }
    }
}

/// What a row is made of beside the order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// Where the pupil is.
    pub place: Option<&'a Place>,
    /// The payment that counts.
    pub payment: Option<&'a Payment>,
    /// Its refunds.
    pub refunds: &'a [Refund],
}

impl Row {
    /// What it asks for (应收), paid or still to be paid; nothing once it has ended without that. S35.1.
    pub const fn receivable(&self) -> Money {
        match self.state {
            OrderState::Paid if self.came_over => Money::ZERO,
            OrderState::Pending | OrderState::Closing | OrderState::Paid => self.total,
            OrderState::Expired | OrderState::Cancelled => Money::ZERO,
        }
    }

    /// What all of them ask for.
    pub fn receivable_of(rows: impl IntoIterator<Item = Self>) -> Money {
        Money::from_fen(rows.into_iter().fold(0, |sum: i64, row| sum.saturating_add(row.receivable().fen())))
    }

    /// The row of an order of a record.
    pub fn of(record: &TermRecord, order: &Order, beside: Beside<'_>) -> Result<Self, MoneyError> {
        let paid = order.paid.as_ref().zip(beside.payment).map(|((no, at), payment)| PaidBy {
            payment: no.clone(),
            at: *at,
            channel: payment.channel,
            method: payment.method,
        });
        let mut lines = order.lines.iter().map(RowLine::of).collect::<Result<Vec<_>, _>>()?;
        for refund in beside.refunds.iter().filter(|refund| refund.state.holds()) {
            enter(&mut lines, refund)?;
        }
        Ok(Self {
            no: order.no.clone(),
            school: record.school.clone(),
            place: beside.place.cloned(),
            guardian: order.guardian.clone(),
            state: order.state,
            placed_at: order.placed_at,
            deadline: order.deadline,
            extended: order.extension.is_some(),
            total: order.total,
            paid,
            lines,
            came_over: order.came_over(),
        })
    }

    /// The pupil.
    pub fn student(&self) -> StudentId {
        self.no.student()
    }

    /// The term.
    pub fn term(&self) -> TermCode {
        self.no.term()
    }

    /// What has gone back.
    pub fn refunded(&self) -> Money {
        summed(self.lines.iter().map(|line| line.refunded))
    }

    /// What is set aside to go back and has not arrived yet.
    pub fn refunding(&self) -> Money {
        summed(self.lines.iter().map(|line| line.refunding))
    }
}

/// Parts of what was found to be within bounds when it was entered.
fn summed(parts: impl Iterator<Item = Money>) -> Money {
    Money::from_fen(parts.map(Money::fen).fold(0, i64::saturating_add))
}

/// Enters a refund at the lines it is of; one of the whole payment at all of them, by what they cost.
fn enter(lines: &mut [RowLine], refund: &Refund) -> Result<(), MoneyError> {
    let arrived = matches!(refund.state, RefundState::Done | RefundState::Returned);
    if refund.parts.is_empty() {
        let weights: Vec<u32> = lines.iter().map(|line| u32::try_from(line.amount.fen()).unwrap_or(u32::MAX)).collect();
        let parts = refund.amount.split(&weights);
        return parts.into_iter().enumerate().try_for_each(|(at, amount)| add_to(lines, at, amount, arrived));
    }
    for part in &refund.parts {
        let at = lines.iter().position(|line| line.course == part.course).unwrap_or_default();
        add_to(lines, at, part.amount, arrived)?;
    }
    Ok(())
}

fn add_to(lines: &mut [RowLine], at: usize, amount: Money, arrived: bool) -> Result<(), MoneyError> {
    let Some(line) = lines.get_mut(at) else { return Ok(()) };
    let sum = if arrived { &mut line.refunded } else { &mut line.refunding };
    *sum = sum.plus(amount)?;
    Ok(())
}

/// Which rows are wanted: those of which all that is named holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Where it stands.
    pub state: Option<OrderState>,
    /// Within which time it was placed.
    pub placed: Option<Span>,
    /// One of its courses.
    pub course: Option<CourseCode>,
    /// The pupil's homeroom at that time.
    pub homeroom: Option<HomeroomId>,
    /// The pupil's grade at that time.
    pub grade: Option<Grade>,
    /// The pupil.
    pub student: Option<StudentId>,
    /// Who submitted it.
    pub guardian: Option<GuardianId>,
    /// The provider by which it was paid.
    pub channel: Option<Channel>,
    /// The checkout by which it was paid.
    pub method: Option<PayMethod>,
}

impl Filter {
    /// Whether a row is wanted.
    pub fn takes(&self, row: &Row) -> bool {
        let (place, paid) = (row.place.as_ref(), row.paid.as_ref());
        self.state.is_none_or(|state| row.state == state)
            && self.placed.is_none_or(|span| span.contains(row.placed_at))
            && self.course.as_ref().is_none_or(|course| row.lines.iter().any(|line| line.course == *course))
            && self.homeroom.as_ref().is_none_or(|wanted| place.is_some_and(|place| place.homeroom == *wanted))
            && self.grade.is_none_or(|wanted| place.is_some_and(|place| place.grade == wanted))
            && self.student.as_ref().is_none_or(|student| row.student() == *student)
            && self.guardian.as_ref().is_none_or(|guardian| row.guardian == *guardian)
            && self.channel.is_none_or(|channel| paid.is_some_and(|paid| paid.channel == channel))
            && self.method.is_none_or(|method| paid.is_some_and(|paid| paid.method == method))
    }
}

#[cfg(test)]
mod tests;
