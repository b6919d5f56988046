//! Adopting (通道侧退款登记): money that went back in the provider's own console, past the platform. The bill proves it, a
//! person says of which courses, and from then on it counts as every other refund. S34.4 S35.1.

use super::facts::GivenBack;
use super::{Part, Refund, RefundReason, RefundState};
use crate::fault::{Fault, Kind, Pointed};
use crate::id::{PaymentNo, SchoolCode};
use crate::money::Money;
use crate::payment::Payment;
use crate::reconciliation::difference::{Difference, DifferenceKind, DifferenceState};
use crate::record::{Line, TermRecord};
use crate::refund::reserve::left;
use crate::time::Moment;

/// A refund that the provider's bill tells of, and nobody here asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// The school whose bill it stands in.
    pub school: SchoolCode,
    /// The payment it came from.
    pub payment: PaymentNo,
    /// The provider's number of it.
    pub provider_no: String,
    /// How much went back.
    pub amount: Money,
    /// When, by the bill.
    pub at: Moment,
}

/// Why a refund from outside is not entered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "adopt/")]
pub enum AdoptError {
    /// The difference is about something else, or of a payment that is none of ours.
    #[error("该差异不是本平台支付单的通道侧退款,不能登记,请核实后按其他方式处理")]
    NotOutside,
    /// Somebody or something has settled the difference.
    #[error("该差异已处理完毕,无需再次登记")]
    Settled,
    /// No parts, where the payment paid for lines.
    #[error("请填写退款涉及的课程及金额")]
    PartsMissing,
    /// A course that the order has not got, or that is named twice, or an amount that is none.
    #[error("课程「{0}」不在该订单中,或重复填写,或金额不大于 0,请核对")]
    PartUnusable(String),
    /// More than is left of the line.
    #[error("课程「{course}」最多还可登记 {left} 元,请核对各课程金额")]
    MoreThanLine {
        /// The course.
        course: String,
        /// What is left of it.
        left: Money,
    },
    /// The parts are not the whole.
    #[error("各课程金额之和应等于通道退款金额 {amount} 元,请核对")]
    PartsDiffer {
        /// What went back.
        amount: Money,
    },
    /// Already set aside to go back: the provider has given back what a refund of ours was to give.
    #[error("支付单可退余额只有 {left} 元,其余已在退费中,请先处理进行中的退款")]
    MoreThanLeft {
        /// What is left of the payment.
        left: Money,
    },
}

impl Fault for AdoptError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotOutside | Self::Settled | Self::MoreThanLeft { .. } => Kind::Refused,
            Self::PartsMissing | Self::PartUnusable(_) | Self::MoreThanLine { .. } | Self::PartsDiffer { .. } => {
                Kind::Invalid
            }
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::NotOutside | Self::Settled | Self::MoreThanLeft { .. } => Vec::new(),
            Self::PartsMissing | Self::PartUnusable(_) | Self::MoreThanLine { .. } | Self::PartsDiffer { .. } => {
                vec![Pointed { pointer: "/parts".to_owned(), detail: self.to_string() }]
            }
        }
    }
}

impl Outside {
    /// What an open difference tells of.
    pub fn of(difference: &Difference) -> Result<Self, AdoptError> {
        if difference.kind != DifferenceKind::RefundExternal {
            return Err(AdoptError::NotOutside);
        }
        if difference.state != DifferenceState::Open {
            return Err(AdoptError::Settled);
        }
        let number = difference.proof.payment.parse();
        let (Some(school), Ok(payment), Some(amount)) = (difference.school.clone(), number, difference.theirs) else {
            return Err(AdoptError::NotOutside);
        };
        let at = difference.proof.at.unwrap_or(difference.found_at);
        Ok(Self { school, payment, provider_no: difference.proof.provider_refund_no.clone(), amount, at })
    }
}

/// Enters a refund from outside: sets it aside on the payment and its lines as if it had been asked for, and says that
/// it is done. The provider's limits are no matter: it has happened. A payment that paid for nothing has no lines; one of
/// another school is touched by no bill of this one.
pub fn adopt(
    outside: &Outside,
    parts: &[(String, Money)],
    payment: &mut Payment,
    record: &mut TermRecord,
    now: Moment,
) -> Result<Refund, AdoptError> {
    let paid = payment.paid.as_ref().filter(|_| payment.school == outside.school);
    let counted = paid.ok_or(AdoptError::NotOutside)?.counted;
    let left = left(payment);
    if outside.amount > left {
        return Err(AdoptError::MoreThanLeft { left });
    }
    let order = record.order_mut(&outside.payment.order()).ok_or(AdoptError::NotOutside)?;
    let payer = Some(order.guardian.clone());
    let parts = if counted { allot(outside.amount, parts, &mut order.lines)? } else { Vec::new() };
    payment.refund_reserved = payment.refund_reserved.plus(outside.amount).map_err(|_huge| AdoptError::NotOutside)?;
    payment.refunds = payment.refunds.saturating_add(1);
    Ok(Refund {
        parts,
        state: RefundState::Done,
        provider_no: Some(outside.provider_no.clone()),
        sent_at: Some(outside.at),
        accepted_at: Some(outside.at),
        ended_at: Some(outside.at),
        ..Refund::next(payment, payer, outside.amount, RefundReason::Outside, now)
    })
}

/// Allots an amount to lines, all or nothing.
fn allot(amount: Money, parts: &[(String, Money)], lines: &mut [Line]) -> Result<Vec<Part>, AdoptError> {
    if parts.is_empty() {
        return Err(AdoptError::PartsMissing);
    }
    let whole = Money::sum(parts.iter().map(|(_, amount)| *amount));
    if whole.ok() != Some(amount) {
        return Err(AdoptError::PartsDiffer { amount });
    }
    let mut allotted: Vec<Part> = Vec::with_capacity(parts.len());
    let mut given: Vec<(usize, GivenBack)> = Vec::with_capacity(parts.len());
    for (course, part) in parts {
        let place = lines.iter().position(|line| line.course.as_str() == course);
        let usable = *part > Money::ZERO && !allotted.iter().any(|known| known.course.as_str() == course);
        let Some((place, line)) = place.filter(|_| usable).and_then(|place| Some((place, lines.get(place)?))) else {
            return Err(AdoptError::PartUnusable(course.clone()));
        };
        let left = line.amount.without(line.given_back.total());
        if *part > left {
            return Err(AdoptError::MoreThanLine { course: course.clone(), left });
        }
        allotted.push(Part { course: line.course.clone(), lessons: 0, amount: *part });
        given.push((place, given_more(line, *part)));
    }
    for (place, given_back) in given {
        if let Some(line) = lines.get_mut(place) {
            line.given_back = given_back;
        }
    }
    Ok(allotted)
}

/// What of a line has gone back with so much more: of the tuition first, then of the materials, then of the sundries.
fn given_more(line: &Line, more: Money) -> GivenBack {
    let sold = line.sold();
    let mut given = line.given_back;
    let mut rest = more;
    for (sold, given) in
        [(sold.tuition, &mut given.tuition), (sold.materials, &mut given.materials), (sold.sundry, &mut given.sundry)]
    {
        let taken = rest.min(sold.without(*given));
        *given = given.plus(taken).unwrap_or(*given);
        rest = rest.without(taken);
    }
    given
}
