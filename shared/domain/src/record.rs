//! Student-term record (学生学期记录): everything a pupil takes and owes in one term, in one item. P2 P5 S12.2.
//!
//! It is the truth about who sits where: a seat ledger only counts, and is put right from here.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::audit::{TRAIL_MINUTES, Trace};
use crate::catalog::Offering;
use crate::directory::Waiver;
use crate::extension::Extension;
use crate::id::{
    CourseCode, GuardianId, OfferingId, OrderNo, PaymentNo, RefundRequestId, SchoolCode, StudentId, TeachingRequestId,
    TermCode,
};
use crate::instalment::Instalment;
use crate::money::{Money, MoneyError};
use crate::refund::facts::{GivenBack, Sold, Taken};
use crate::refund::sets::RulesRef;
use crate::reminder::Reminder;
use crate::seat::Seat;
use crate::time::Moment;

/// Where an order stands (订单状态).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OrderState {
    /// Seats are held until the deadline; it can be paid.
    Pending,
    /// It ends: the provider is being told to close the payment. It cannot be paid any more, but may turn out paid.
    Closing,
    /// Not paid in time; its seats are free.
    Expired,
    /// Given up by the guardian before it was paid, or merged into another one; it has no seats any more.
    Cancelled,
    /// Paid; its seats are confirmed.
    Paid,
}

/// How an order that is closing will end if it turns out unpaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its deadline passed.
    Expired,
    /// The guardian cancelled it.
    Cancelled,
}

/// One offering within an order, as it was sold. What was sold never changes; what goes back of it is noted beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The course; school and term are the record's.
    #[serde(rename = "c")]
    pub course: CourseCode,
    /// The title as it was sold.
    #[serde(rename = "t")]
    pub title: String,
    /// Lessons sold.
    #[serde(rename = "l")]
    pub lessons: u16,
    /// Price of a lesson.
    #[serde(rename = "u")]
    pub unit_price: Money,
    /// The part of the tuition that is waived, with its reason.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
    /// Materials fee taken.
    #[serde(rename = "m", default, skip_serializing_if = "Money::is_zero_ref")]
    pub materials: Money,
    /// Sundry fee taken.
    #[serde(rename = "y", default, skip_serializing_if = "Money::is_zero_ref")]
    pub sundry: Money,
    /// What the line costs in all.
    #[serde(rename = "a")]
    pub amount: Money,
    /// The seat in the ledger.
    #[serde(rename = "s")]
    pub seat: Seat,
    /// What of it went back, or is about to.
    #[serde(rename = "g", default, skip_serializing_if = "GivenBack::is_nothing")]
    pub given_back: GivenBack,
    /// Whether it is being given up, or was.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Leaving>,
    /// Which part of the course it is; none: all of it.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub instalment: Option<Instalment>,
}

/// How a line is being given up, or was (退课).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// Asked for: the seat is the pupil's until the request is granted.
    Asked(RefundRequestId),
    /// To be exchanged for another course: the seat is the pupil's until that is in effect.
    Exchanging(TeachingRequestId),
    /// From this day on; the seat is free.
    Left(Date),
}

/// That an order belongs to an exchange of courses (学生调课).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanging {
    /// The request.
    #[serde(rename = "id")]
    pub request: TeachingRequestId,
    /// The payment of the course that was left, out of which what the order holds came over; none: it takes the seat, and
    /// is paid like every order.
    #[serde(rename = "py", default, skip_serializing_if = "Option::is_none")]
    pub money_of: Option<PaymentNo>,
}

/// A waiver as it was applied to a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// Why.
    #[serde(rename = "r")]
    pub reason: String,
    /// How much.
    #[serde(rename = "a")]
    pub amount: Money,
}

impl Line {
    /// The line for `offering`, with the fees that are taken and the greatest of the pupil's waivers.
    pub fn of(
        offering: &Offering,
        materials: bool,
        sundry: bool,
        waivers: &[Waiver],
        seat: Seat,
    ) -> Result<Self, MoneyError> {
        let tuition = offering.tuition()?;
        let waived = Waiver::greatest(waivers)
            .map(|waiver| Waived { reason: waiver.reason.clone(), amount: waiver.of(tuition) });
        let fee = |fee: Option<crate::catalog::Fee>, wanted: bool| match fee {
            Some(fee) if wanted || !fee.optional => fee.amount,
            _ => Money::ZERO,
        };
        let (materials, sundry) = (fee(offering.materials, materials), fee(offering.sundry, sundry));
        let spared = waived.as_ref().map_or(Money::ZERO, |waived| waived.amount);
        Ok(Self {
            course: offering.id.course(),
            title: offering.title.clone(),
            lessons: offering.lessons,
            unit_price: offering.unit_price,
            amount: tuition.minus(spared)?.plus(materials)?.plus(sundry)?,
            waived,
            materials,
            sundry,
            seat,
            given_back: GivenBack::default(),
            leaving: None,
            instalment: None,
        })
    }

    /// What it was sold for, as refunds see it.
    pub fn sold(&self) -> Sold {
        let tuition = self.amount.without(self.materials).without(self.sundry);
        let waived = self.waived.as_ref().map_or(Money::ZERO, |waived| waived.amount);
        Sold { lessons: self.lessons, tuition, waived, materials: self.materials, sundry: self.sundry }
    }

    /// What a waiver takes of its tuition, whenever it was granted.
    pub fn taken_by(&self, waiver: &Waiver) -> Taken {
        let sold = self.sold();
        let gross = sold.tuition.plus(sold.waived).unwrap_or(sold.tuition);
        let amount = match &self.instalment {
            Some(part) if !part.mode.is_whole() => {
                gross.without(part.waived_by(waiver, self.unit_price).of_lessons(self.lessons))
            }
            Some(_) | None => waiver.of(gross),
        };
        Taken { percent: waiver.percent.min(100), amount }
    }

    /// Whether the pupil has given it up: then its seat is free.
    pub const fn has_left(&self) -> bool {
        matches!(self.leaving, Some(Leaving::Left(_)))
    }
}

/// The request an order came from: the same key with the same body is the same request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestMark {
    /// The client's `Idempotency-Key`.
    #[serde(rename = "k")]
    pub key: String,
    /// Hash of the body.
    #[serde(rename = "b")]
    pub body: String,
}

/// An order (订单): what was taken in one submission, to be paid at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number.
    pub no: OrderNo,
    /// Where it stands.
    #[serde(rename = "st")]
    pub state: OrderState,
    /// Who submitted it.
    #[serde(rename = "by")]
    pub guardian: GuardianId,
    /// When it was submitted.
    #[serde(rename = "at")]
    pub placed_at: Moment,
    /// Until when its seats are held (缴费截止).
    #[serde(rename = "til")]
    pub deadline: Moment,
    /// What was taken.
    #[serde(rename = "ls")]
    pub lines: Vec<Line>,
    /// What it costs.
    #[serde(rename = "sum")]
    pub total: Money,
    /// The request it came from.
    #[serde(rename = "rq")]
    pub request: RequestMark,
    /// SHA-256 of its snapshot (快照凭证), base 64.
    #[serde(rename = "sh")]
    pub snapshot: String,
    /// Whether the snapshot lies in the archive.
    #[serde(rename = "ar", default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Payment attempts so far.
    #[serde(rename = "pn", default, skip_serializing_if = "zero")]
    pub attempts: u8,
    /// Whether the last attempt may still be paid.
    #[serde(rename = "po", default, skip_serializing_if = "std::ops::Not::not")]
    pub attempt_open: bool,
    /// How it will end, while it is closing.
    #[serde(rename = "end", default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// The payment that counts, and when it was made.
    #[serde(rename = "pd", default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<(PaymentNo, Moment)>,
    /// The rules by which it goes back (退费规则), as they stood when it was submitted.
    #[serde(rename = "rl", default, skip_serializing_if = "RulesRef::is_built_in")]
    pub rules: RulesRef,
    /// That its deadline was put off, and what it was before.
    #[serde(rename = "ex", default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Extension>,
    /// That its family was asked to pay.
    #[serde(rename = "rm", default, skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
    /// Hours before its deadline at which its family is reminded by itself, as its term said; none: it is not. S33.3.
    #[serde(rename = "rh", default, skip_serializing_if = "Option::is_none")]
    pub remind_hours: Option<u16>,
    /// The order whose courses it asks for the next part of; their seats are that order's (分期续缴).
    #[serde(rename = "co", default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<OrderNo>,
    /// The order that was put in its place, together with others (合并支付).
    #[serde(rename = "mi", default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<OrderNo>,
    /// The exchange it belongs to.
    #[serde(rename = "xc", default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchanging>,
    /// [`Order::mark`] of what its row in the register was made of; empty while it has none.
    #[serde(rename = "rw", default, skip_serializing_if = "String::is_empty")]
    pub listed: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn zero(count: &u8) -> bool {
    *count == 0
}

impl Order {
    /// Whether its seats are taken from the ledger. One that continues another has none of its own.
    pub fn has_seats(&self) -> bool {
        self.continues.is_none()
            && match self.state {
                OrderState::Pending | OrderState::Closing | OrderState::Paid => true,
                OrderState::Expired | OrderState::Cancelled => false,
            }
    }

    /// The line of a course.
    pub fn line(&self, course: &CourseCode) -> Option<&Line> {
        self.lines.iter().find(|line| line.course == *course)
    }

    /// The line of a course, to change it.
    pub fn line_mut(&mut self, course: &CourseCode) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.course == *course)
    }

    /// The payment from which something of it may go back: by which it was paid, or out of which its money came over.
    pub fn payment(&self) -> Option<&PaymentNo> {
        let came_over = self.exchange.as_ref().and_then(|exchange| exchange.money_of.as_ref());
        came_over.or(self.paid.as_ref().map(|(no, _)| no))
    }

    /// Whether its money came over from a course that was left: another order was paid by it.
    pub fn came_over(&self) -> bool {
        self.exchange.as_ref().is_some_and(|exchange| exchange.money_of.is_some())
    }

    /// The attempt that may still be paid.
    pub fn open_attempt(&self) -> Option<PaymentNo> {
        self.attempt_open.then(|| PaymentNo::new(&self.no, self.attempts))
    }

    /// When the sweeper must look at it again: while it waits, at its deadline, and before that to remind of it; at once
    /// while it closes, its snapshot is not in the archive yet, or its row in the register is behind.
    fn due(&self) -> Option<Moment> {
        let waiting = match self.state {
            OrderState::Pending => Some(self.remind_at().map_or(self.deadline, |at| at.min(self.deadline))),
            OrderState::Closing => Some(self.placed_at),
            OrderState::Expired | OrderState::Cancelled | OrderState::Paid => None,
        };
        let behind = (!self.archived || !self.is_listed()).then_some(self.placed_at);
        waiting.into_iter().chain(behind).min()
    }
}

/// A pupil's term: the orders, and the audit entries that wait for the sealer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermRecord {
    /// The pupil.
    pub student: StudentId,
    /// The term.
    pub term: TermCode,
    /// The school in which it was taken.
    pub school: SchoolCode,
    /// The orders, oldest first.
    pub orders: Vec<Order>,
    /// What was done to this record on the enrolling path; whatever writes the record next drains it into the audit.
    #[serde(rename = "tr", default, skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<Trace>,
}

impl Owned for TermRecord {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), student: Some(self.student.clone()), ..Owner::default() }
    }
}

impl TermRecord {
    /// A term in which nothing was taken yet.
    pub const fn new(student: StudentId, term: TermCode, school: SchoolCode) -> Self {
        Self { student, term, school, orders: Vec::new(), trail: Vec::new() }
    }

    /// The order of that number.
    pub fn order(&self, no: &OrderNo) -> Option<&Order> {
        self.orders.iter().find(|order| order.no == *no)
    }

    /// The order of that number, to change it.
    pub fn order_mut(&mut self, no: &OrderNo) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.no == *no)
    }

    /// The order and line by which the pupil has a seat in `course`.
    pub fn seat_in(&self, course: &CourseCode) -> Option<(&Order, &Line)> {
        self.seats().find(|(_, line)| line.course == *course)
    }

    /// All seats the pupil has this term.
    pub fn seats(&self) -> impl Iterator<Item = (&Order, &Line)> {
        self.orders
            .iter()
            .filter(|order| order.has_seats())
            .flat_map(|order| order.lines.iter().filter(|line| !line.has_left()).map(move |line| (order, line)))
    }

    /// The order that came from the request with this key.
    pub fn order_of_request(&self, key: &str) -> Option<&Order> {
        self.orders.iter().find(|order| order.request.key == key)
    }

    /// The next order as it is submitted: it waits, and nobody has paid it or asked anything about it yet. Its seats are
    /// held until `deadline`, which is the moment itself until somebody says otherwise.
    pub fn next_order(
        &self,
        guardian: GuardianId,
        (lines, total): (Vec<Line>, Money),
        request: RequestMark,
        placed_at: Moment,
    ) -> Order {
        Order {
            no: self.next_order_no(),
            state: OrderState::Pending,
            guardian,
            placed_at,
            deadline: placed_at,
            lines,
            total,
            request,
            snapshot: String::new(),
            archived: false,
            attempts: 0,
            attempt_open: false,
            ending: None,
            paid: None,
            rules: RulesRef::default(),
            extension: None,
            reminder: None,
            remind_hours: None,
            continues: None,
            merged_into: None,
            exchange: None,
            listed: String::new(),
        }
    }

    /// The number the next order gets.
    pub fn next_order_no(&self) -> OrderNo {
        let seq = u8::try_from(self.orders.len()).unwrap_or(u8::MAX).saturating_add(1);
        OrderNo::new(&self.term, &self.student, seq)
    }

    /// The offering a line of this record belongs to.
    pub fn offering_of(&self, line: &Line) -> OfferingId {
        OfferingId::new(&self.school, &self.term, &line.course)
    }

    /// When the sweeper must look at the record again; none while nothing is left to do.
    pub fn due(&self) -> Option<Moment> {
        self.orders.iter().filter_map(Order::due).chain(self.trail_due()).min()
    }

    /// When the sweeper drains the trail, if nothing else has done so by then.
    pub fn trail_due(&self) -> Option<Moment> {
        self.trail.first().map(|oldest| oldest.at.plus_minutes(TRAIL_MINUTES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Category, Fee, OfferingState, Origin};
    use crate::seat::Stamp;

    const SEAT: Seat = Seat { ledger: 0, stamp: Stamp::CONFIRMED };

    /// 16 lessons at 25 yuan, with materials for 12.30 that may be left out and sundries for 5 that may not.
    fn offering() -> Offering {
        Offering {
            id: "3144200101.2026-2027-1.K1".parse().unwrap(),
            title: "书法入门".to_owned(),
            origin: Origin::InHouse,
            category: Category::Enrichment,
            provider: None,
            summary: String::new(),
            specification: "S1".parse().unwrap(),
            capacity: 30,
            lessons: 16,
            unit_price: Money::from_fen(2_500),
            materials: Some(Fee { amount: Money::from_fen(1_230), optional: true }),
            sundry: Some(Fee { amount: Money::from_fen(500), optional: false }),
            grades: [3].into(),
            exclusive: None,
            slots: Vec::new(),
            teacher: String::new(),
            room: String::new(),
            state: OfferingState::Open,
        }
    }

    #[test]
    fn p2_3_a_fee_is_left_out_only_if_it_may_be_and_is_not_wanted() {
        let line = |materials, sundry| Line::of(&offering(), materials, sundry, &[], SEAT).unwrap();
        assert_eq!((line(true, true).materials.fen(), line(true, true).amount.fen()), (1_230, 41_730));
        assert_eq!((line(false, true).materials.fen(), line(false, true).amount.fen()), (0, 40_500));
        assert_eq!(line(false, false).sundry.fen(), 500, "this fee may not be left out");
    }

    #[test]
    fn p2_5_the_greatest_waiver_counts_and_stands_on_the_line() {
        let waivers = [(30, "随班就读"), (100, "低保家庭"), (50, "教职工子女")];
        let waivers = waivers.map(|(percent, reason)| Waiver { reason: reason.to_owned(), percent });
        let line = Line::of(&offering(), true, true, &waivers, SEAT).unwrap();
        let waived = line.waived.unwrap();
        assert_eq!((waived.amount.fen(), waived.reason.as_str()), (40_000, "低保家庭"));
        assert_eq!(line.amount.fen(), 1_730, "fees are not waived");
    }
}
