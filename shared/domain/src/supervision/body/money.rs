//! Orders, payments and refunds (报名课程订单、支付单、退款单) as they are reported. B6.1.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{CourseCode, OfferingId, OrderNo, PaymentNo, RefundNo};
use crate::money::Money;
use crate::payment::{Channel, PayMethod};
use crate::supervision::code::{LineState, OrderPurpose, OrderStage, PaymentStage, RefundCause, RefundStage};
use crate::supervision::source::SourceId;
use crate::time::Moment;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderBody {
    /// Its number.
    pub no: OrderNo,
    /// For whom.
    pub student: SourceId,
    /// What it is for.
    pub purpose: OrderPurpose,
    /// The order it continues, for a later part of a course.
    pub continues: Option<SourceId>,
    /// When it was submitted.
    pub placed_at: Moment,
    /// Until when it waits for its money.
    pub deadline: Moment,
    /// Where it stands.
    pub state: OrderStage,
    /// What it costs.
    pub total: Money,
    /// What was paid for it.
    pub paid: Money,
    /// When it was paid.
    pub paid_at: Option<Moment>,
    /// What of it went back, or is about to.
    pub refunded: Money,
    /// What was taken.
    pub lines: Vec<OrderLinePart>,
}

/// A course within an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLinePart {
    /// The course.
    pub course: CourseCode,
    /// The course in this term.
    pub offering: OfferingId,
    /// Its title as it was sold.
    pub title: String,
    /// Lessons sold.
    pub lessons: u16,
    /// Price of a lesson.
    pub unit_price: Money,
    /// What the lessons cost before any waiver.
    pub tuition: Money,
    /// What is waived of it.
    pub waived: Money,
    /// Why.
    pub waived_reason: Option<String>,
    /// Materials fee (教材费).
    pub materials: Money,
    /// Sundry fee (杂费).
    pub sundry: Money,
    /// What the line costs in all.
    pub amount: Money,
    /// Whether the pupil still takes it.
    pub state: LineState,
    /// From which day on the pupil does not.
    pub left_on: Option<Date>,
    /// What of it went back, or is about to.
    pub refunded: Money,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentBody {
    /// Its number.
    pub no: PaymentNo,
    /// What it pays.
    pub order: SourceId,
    /// For whom.
    pub student: SourceId,
    /// The provider.
    pub channel: Channel,
    /// The checkout.
    pub method: PayMethod,
    /// The school's number at the provider (商户号).
    pub merchant: String,
    /// The provider's number of the transaction, once there is one.
    pub transaction: Option<String>,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: PaymentStage,
    /// When it was begun.
    pub sent_at: Moment,
    /// When the money was paid, by the provider's clock.
    pub paid_at: Option<Moment>,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundBody {
    /// Its number.
    pub no: RefundNo,
    /// Out of which payment.
    pub payment: SourceId,
    /// Of which order.
    pub order: SourceId,
    /// How much.
    pub amount: Money,
    /// Of which courses; none: of a payment that paid for nothing.
    pub parts: Vec<RefundPart>,
    /// Why.
    pub reason: RefundCause,
    /// Where it stands.
    pub state: RefundStage,
    /// When it was promised.
    pub reserved_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// The provider's number of it, once there is one.
    pub transaction: Option<String>,
}

/// What goes back of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundPart {
    /// The course.
    pub course: CourseCode,
    /// Lessons that go back.
    pub lessons: u16,
    /// How much.
    pub amount: Money,
}
