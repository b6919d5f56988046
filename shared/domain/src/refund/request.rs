//! Requests for refunds (退课退费申请): who asks for what of a line, who has to agree, and what granting it does to the
//! order. A withdrawal is a request by which the seat goes, too: both are decided at once, or neither. S16 S29 S34 P4 P7
//! P13.

mod error;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::accrued::Accrued;
use super::facts::{Facts, GivenBack, Trigger};
use super::quote::{Item, Quote, QuoteLine};
use super::reserve::{Wanted, reserve};
use super::rules::Payout;
use super::{Part, Refund, RefundReason};
use crate::access::{Owned, Owner};
use crate::catalog::Term;
use crate::id::{
    CourseCode, OfferingId, OrderNo, PersonId, RefundNo, RefundRequestId, SchoolCode, StudentId, SuspensionId,
};
use crate::instalment;
use crate::money::Money;
use crate::payment::Payment;
use crate::record::{Leaving, Line, Order, OrderState, TermRecord};
use crate::time::Moment;

pub use error::RequestError;

/// Characters of a reason.
pub const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 2..=200;

/// Why a guardian gives a course up. A list, so that nobody writes down what is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Why {
    /// No time (时间冲突).
    Time,
    /// Not what was hoped for (课程不合适).
    Unsuited,
    /// The family moves (转学搬家).
    Moving,
    /// Something else (其他).
    Other,
}

/// Who has to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Party {
    /// The school: somebody other than who asked.
    School,
    /// The guardian who paid.
    Guardian,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RequestState {
    /// Waits for a party (待审核).
    Asked,
    /// Granted: the seat is free, if it goes, and the money on its way (已通过).
    Granted,
    /// Refused (已驳回).
    Refused,
    /// Taken back by who asked (已撤回).
    TakenBack,
}

/// How a request was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided; none: the rules, which want nobody's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// When.
    pub at: Moment,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why what goes back is not what was quoted, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// A request for a refund of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    /// Its identifier.
    pub id: RefundRequestId,
    /// The hash of the request it came with.
    pub request: String,
    /// The school.
    pub school: SchoolCode,
    /// The order.
    pub order: OrderNo,
    /// The course of the line.
    pub course: CourseCode,
    /// Its title, as it was sold.
    pub title: String,
    /// By which right something goes back.
    pub basis: RefundReason,
    /// Why the guardian gives it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// What the school writes to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// From which day on.
    pub on: Date,
    /// What was quoted, and what goes back once it is granted.
    pub quote: Quote,
    /// Who asked.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Moment,
    /// Who has to agree; none: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Party>,
    /// Where it stands.
    pub state: RequestState,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The refund that carries it out; none while nothing goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundNo>,
}

impl Owned for RefundRequest {
    fn owner(&self) -> Owner<'_> {
        Owner { school: Some(&self.school), student: Some(self.order.student()), ..Owner::default() }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its identifier.
    pub id: RefundRequestId,
    /// The hash of the request.
    pub request: String,
    /// By which right.
    pub basis: RefundReason,
    /// Why the guardian gives it up.
    pub why: Option<Why>,
    /// What the school writes to it.
    pub note: Option<String>,
    /// From which day on.
    pub on: Date,
    /// Who asks.
    pub by: PersonId,
    /// For whom.
    pub party: Party,
    /// Whether the school has decided it already for all whom it concerns (停开、停课、转学): then nobody has to agree.
    pub decided: bool,
}

impl RefundRequestId {
    /// The request by which a pupil leaves an offering that is given up: one, however often it is made.
    pub fn of_class(offering: &OfferingId, student: &StudentId) -> Self {
        Self::named(&offering.school(), &offering.term(), &short_hash(&format!("{offering} {student}")))
    }

    /// The request by which a pupil gets back what lessons cost that a suspension has taken away.
    pub fn of_suspension(suspension: &SuspensionId, order: &OrderNo) -> Self {
        let offering = suspension.offering();
        Self::named(&offering.school(), &offering.term(), &short_hash(&format!("{suspension} {order}")))
    }

    /// The request by which lessons that were missed are paid out after so many that went back before: named by them, so
    /// that they are paid out once, and that what a school has refused is not asked for again.
    pub fn of_accrued(school: &SchoolCode, order: &OrderNo, course: &CourseCode, accrued: &Accrued) -> Self {
        let before = accrued.lessons.iter().filter(|lesson| lesson.paid_out).count();
        let days: Vec<String> = accrued.open().map(|lesson| lesson.date.to_string()).collect();
        Self::named(
            school,
            &order.term(),
            &short_hash(&format!("accrued {order} {course} {before} {}", days.join(" "))),
        )
    }

    /// The request by which a pupil who leaves the school leaves a course.
    pub fn of_transfer(school: &SchoolCode, order: &OrderNo, course: &CourseCode) -> Self {
        Self::named(school, &order.term(), &short_hash(&format!("transfer {order} {course}")))
    }

    /// The request by which a later part of a course goes back with another request.
    pub fn of_part(first: &Self, order: &OrderNo) -> Self {
        Self::named(&first.school(), &order.term(), &short_hash(&format!("{first} {order}")))
    }
}

/// The orders by which later parts of a course were paid that the pupil has not left.
pub fn paid_later(record: &TermRecord, first: &OrderNo, course: &CourseCode) -> Vec<OrderNo> {
    let paid = record.following(first).filter(|order| order.state == OrderState::Paid);
    let has = |order: &&Order| order.line(course).is_some_and(|line| !line.has_left());
    paid.filter(has).map(|order| order.no.clone()).collect()
}

fn short_hash(text: &str) -> String {
    hex::encode(Sha256::digest(text)).chars().take(20).collect()
}

/// Days after the end of a term within which something may be asked back.
const DAYS_AFTER_TERM: i64 = 180;

/// Whether a party may ask now: a guardian gives a course up only while the window is open, and from today on; a school
/// may at any time, and for a day that has passed.
pub fn may_ask(term: &Term, party: Party, basis: RefundReason, on: Date, now: Moment) -> Result<(), RequestError> {
    if basis == RefundReason::ByRule(Trigger::ClassCancelled) {
        return Err(RequestError::NotForOne);
    }
    if basis == RefundReason::ByRule(Trigger::Accrued) {
        return Err(RequestError::PaidOutByRule);
    }
    let until = term.ends_on.checked_add(jiff::Span::new().days(DAYS_AFTER_TERM)).unwrap_or(term.ends_on);
    let from = if party == Party::Guardian { now.day() } else { term.starts_on.min(now.day()) };
    if on < from || on > until {
        return Err(RequestError::DayOutOfRange { until });
    }
    let open = term.windows.withdraw.is_some_and(|window| window.contains(now));
    if party == Party::Guardian && basis.leaves() && !open {
        return Err(RequestError::WindowClosed);
    }
    Ok(())
}

/// The line of a paid order that the pupil still has.
pub fn line_of<'r>(
    record: &'r TermRecord,
    no: &OrderNo,
    course: &CourseCode,
) -> Result<(&'r Order, &'r Line), RequestError> {
    let order = record.order(no).ok_or(RequestError::NoSuchLine)?;
    if order.state != OrderState::Paid {
        return Err(RequestError::NotPaid);
    }
    let line = order.line(course).ok_or(RequestError::NoSuchLine)?;
    if line.has_left() { Err(RequestError::HasLeft { title: line.title.clone() }) } else { Ok((order, line)) }
}

/// An amount that school and guardian agree on: of the tuition first, then of the fees.
pub fn agreed(amount: Money, facts: &Facts) -> Result<Quote, RequestError> {
    let Facts { sold, given_back, .. } = facts;
    let left = [
        (Item::Tuition, sold.tuition.without(given_back.tuition)),
        (Item::Materials, sold.materials.without(given_back.materials)),
        (Item::Sundry, sold.sundry.without(given_back.sundry)),
    ];
    let most = left.iter().fold(Money::ZERO, |sum, (_, left)| sum.plus(*left).unwrap_or(sum));
    if amount <= Money::ZERO || amount > most {
        return Err(RequestError::AmountOutOfRange { left: most });
    }
    let mut open = amount;
    let mut lines = Vec::new();
    for (item, left) in left {
        let part = open.min(left);
        open = open.without(part);
        if part > Money::ZERO {
            let words = format!("按家长与学校确认的金额退还 {part} 元");
            lines.push(QuoteLine { item, amount: part, words });
        }
    }
    Ok(Quote {
        rule: "按家长确认的指定金额退费".to_owned(),
        lines,
        total: amount,
        lessons: 0,
        payout: Payout::Original,
        approval: true,
    })
}

impl RefundRequest {
    /// Takes a request for a line. While it waits, no other is taken for the line.
    pub fn ask(
        asked: Asked,
        record: &mut TermRecord,
        (no, course): (&OrderNo, &CourseCode),
        quote: Quote,
        now: Moment,
    ) -> Result<Self, RequestError> {
        let Asked { id, request, basis, why, note, on, by, party, decided } = asked;
        if note.as_ref().is_some_and(|note| !REASON_CHARACTERS.contains(&note.trim().chars().count())) {
            return Err(RequestError::ReasonUnusable);
        }
        let (order, line) = line_of(record, no, course)?;
        if let Some(first) = order.continues.clone().filter(|_| basis.leaves()) {
            return Err(RequestError::OfLaterPart { first });
        }
        if line.leaving.is_some() {
            return Err(RequestError::AlreadyAsked { title: line.title.clone() });
        }
        if quote.total.is_zero() && !basis.leaves() {
            return Err(RequestError::NothingToGoBack);
        }
        let title = line.title.clone();
        if let Some(line) = line_mut(record, no, course) {
            line.leaving = Some(Leaving::Asked(id.clone()));
        }
        let waits_for = if decided { None } else { waits_for(basis, party, quote.approval) };
        Ok(Self {
            school: id.school(),
            id,
            request,
            order: no.clone(),
            course: course.clone(),
            title,
            basis,
            why,
            note,
            on,
            quote,
            asked_by: by,
            asked_at: now,
            waits_for,
            state: RequestState::Asked,
            decision: None,
            refund: None,
        })
    }

    /// Grants it: the line is given up if the pupil leaves, what goes back is noted on it and set aside on the payment.
    /// `today` is what goes back by what is known now; it is what counts, and a difference is explained. Beside the payment
    /// stands its refund that still waits to be sent, if there is one.
    pub fn grant(
        &mut self,
        by: Option<(&PersonId, Party)>,
        today: Quote,
        record: &mut TermRecord,
        payment: Option<(&mut Payment, Option<Refund>)>,
        now: Moment,
    ) -> Result<Option<Refund>, RequestError> {
        self.check(by)?;
        let order = line_of(record, &self.order, &self.course)?.0;
        let payer = Some(order.guardian.clone());
        let difference = difference(&self.quote, &today);
        let refund = match payment.filter(|_| today.total > Money::ZERO) {
            Some((payment, waiting)) => {
                let part = Part { course: self.course.clone(), lessons: today.lessons, amount: today.total };
                let wanted = Wanted {
                    amount: today.total,
                    parts: vec![part],
                    lines: today.lines.clone(),
                    payout: today.payout,
                    reason: self.basis,
                    retry_of: None,
                    request: Some(self.id.clone()),
                    payer,
                };
                Some(reserve(payment, waiting, wanted, now)?)
            }
            None => None,
        };
        if let Some(line) = line_mut(record, &self.order, &self.course) {
            line.leaving = None;
            if refund.is_some() {
                line.given_back = plus(line.given_back, &today, self.basis);
            }
        }
        if self.basis.leaves() {
            instalment::leave(record, &self.order, &self.course, self.on);
        }
        self.quote = today;
        self.refund = refund.as_ref().map(Refund::no);
        self.end(
            RequestState::Granted,
            Decision { by: by.map(|(by, _)| by.clone()), at: now, reason: None, difference },
        );
        Ok(refund)
    }

    /// The orders by which later parts of the course were paid: when the pupil leaves, they go back as well.
    pub fn later_parts(&self, record: &TermRecord) -> Result<Vec<OrderNo>, RequestError> {
        if !self.leaves() {
            return Ok(Vec::new());
        }
        let later = paid_later(record, &self.order, &self.course);
        let asked =
            |no: &OrderNo| record.order(no).and_then(|order| order.line(&self.course)?.leaving.as_ref()).is_some();
        // Two requests for one line would both count what the other gives back.
        if later.iter().any(asked) {
            return Err(RequestError::AlreadyAsked { title: self.title.clone() });
        }
        Ok(later)
    }

    /// The request by which a later part goes back once this one is granted: nobody is asked again.
    #[must_use]
    pub fn of_later_part(&self, record: &mut TermRecord, no: &OrderNo, quote: Quote, now: Moment) -> Self {
        let id = RefundRequestId::of_part(&self.id, no);
        if let Some(line) = line_mut(record, no, &self.course) {
            line.leaving = Some(Leaving::Asked(id.clone()));
        }
        Self {
            id,
            order: no.clone(),
            quote,
            asked_at: now,
            waits_for: None,
            state: RequestState::Asked,
            decision: None,
            refund: None,
            ..self.clone()
        }
    }

    /// Refuses it, with the reason.
    pub fn refuse(
        &mut self,
        by: (&PersonId, Party),
        reason: String,
        record: &mut TermRecord,
        now: Moment,
    ) -> Result<(), RequestError> {
        self.check(Some(by))?;
        if !REASON_CHARACTERS.contains(&reason.trim().chars().count()) {
            return Err(RequestError::ReasonUnusable);
        }
        self.let_go(record);
        let decision = Decision { by: Some(by.0.clone()), at: now, reason: Some(reason), difference: None };
        self.end(RequestState::Refused, decision);
        Ok(())
    }

    /// Who asked takes it back.
    pub fn take_back(&mut self, by: &PersonId, record: &mut TermRecord, now: Moment) -> Result<(), RequestError> {
        if self.state != RequestState::Asked {
            return Err(RequestError::AlreadyDecided);
        }
        self.let_go(record);
        let decision = Decision { by: Some(by.clone()), at: now, reason: None, difference: None };
        self.end(RequestState::TakenBack, decision);
        Ok(())
    }

    /// Whether the seat goes with it.
    pub const fn leaves(&self) -> bool {
        self.basis.leaves()
    }

    /// Whether it still waits, and for this party.
    pub fn check(&self, by: Option<(&PersonId, Party)>) -> Result<(), RequestError> {
        match (self.state, self.waits_for, by) {
            (RequestState::Granted | RequestState::Refused | RequestState::TakenBack, ..) => {
                Err(RequestError::AlreadyDecided)
            }
            (RequestState::Asked, None, _) => Ok(()),
            (RequestState::Asked, Some(wanted), Some((by, party))) if wanted == party => {
                if *by == self.asked_by {
                    Err(RequestError::SecondPersonNeeded)
                } else {
                    Ok(())
                }
            }
            (RequestState::Asked, Some(_), _) => Err(RequestError::OtherPartyNeeded),
        }
    }

    fn end(&mut self, state: RequestState, decision: Decision) {
        self.state = state;
        self.waits_for = None;
        self.decision = Some(decision);
    }

    fn let_go(&self, record: &mut TermRecord) {
        let asked = Leaving::Asked(self.id.clone());
        if let Some(line) = line_mut(record, &self.order, &self.course).filter(|line| line.leaving == Some(asked)) {
            line.leaving = None;
        }
    }
}

/// Who has to agree. An amount that is no rule's needs the other side's word; what the school alone can know its word,
/// whatever the rule says; a school's own request a second person where the rule wants approval.
pub fn waits_for(basis: RefundReason, asked: Party, approval: bool) -> Option<Party> {
    match (basis, asked) {
        (RefundReason::Agreed, Party::School) => Some(Party::Guardian),
        (RefundReason::Agreed, Party::Guardian) => Some(Party::School),
        (RefundReason::ByRule(trigger), Party::Guardian) if trigger.is_known_by_school() => Some(Party::School),
        _ if approval => Some(Party::School),
        _ => None,
    }
}

fn difference(quoted: &Quote, today: &Quote) -> Option<String> {
    let (before, now) = (quoted.total, today.total);
    (before != now).then(|| format!("申请时测算 {before} 元,审核时按最新课时与考勤为 {now} 元:{}", today.rule))
}

/// What went back of a line with a quote more. What is kept as a fee is no part of what went back; it is taken off the
/// tuition first.
pub(crate) fn plus(mut back: GivenBack, quote: &Quote, basis: RefundReason) -> GivenBack {
    let kept = Money::ZERO.without(quote.of(Item::Handling));
    let mut open = kept;
    for (item, sum) in
        [(Item::Tuition, &mut back.tuition), (Item::Materials, &mut back.materials), (Item::Sundry, &mut back.sundry)]
    {
        let whole = quote.of(item);
        let less = open.min(whole);
        open = open.without(less);
        *sum = sum.plus(whole.without(less)).unwrap_or(*sum);
    }
    if basis == RefundReason::ByRule(Trigger::Waiver) {
        back.waived = back.waived.plus(quote.of(Item::Tuition)).unwrap_or(back.waived);
    }
    back.lessons = back.lessons.saturating_add(quote.lessons);
    back
}

fn line_mut<'r>(record: &'r mut TermRecord, no: &OrderNo, course: &CourseCode) -> Option<&'r mut Line> {
    record.order_mut(no)?.line_mut(course)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::facts::{Sold, Taken};
    use super::super::quote::quote;
    use super::super::rules::RefundRules;
    use super::*;
    use crate::payment::{Channel, Paid, PayMethod, PaymentState, Source};
    use crate::record::RequestMark;
    use crate::seat::{Seat, Stamp};

    const NOW: Moment = Moment::from_seconds(1_788_800_000);
    const GUARDIAN: &str = "G000000001";

    fn person(text: &str) -> PersonId {
        text.parse().unwrap()
    }

    /// Two courses in one paid order: 16 lessons for 400 yuan with 12 for materials, and 10 lessons for 100.
    fn record() -> TermRecord {
        let (student, term) = ("7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap());
        let mut record = TermRecord::new(student, term, "3144200101".parse().unwrap());
        let line = |course: &str, lessons, tuition: i64, materials: i64| Line {
            course: course.parse().unwrap(),
            title: course.to_owned(),
            lessons,
            unit_price: Money::from_fen(tuition / i64::from(lessons)),
            waived: None,
            materials: Money::from_fen(materials),
            sundry: Money::ZERO,
            amount: Money::from_fen(tuition + materials),
            seat: Seat { ledger: 0, stamp: Stamp::CONFIRMED },
            given_back: GivenBack::default(),
            leaving: None,
            instalment: None,
        };
        let lines = vec![line("K1", 16, 40_000, 1_200), line("K2", 10, 10_000, 0)];
        let request = RequestMark { key: "k".to_owned(), body: "b".to_owned() };
        let next = record.next_order(person(GUARDIAN), (lines, Money::from_fen(51_200)), request, NOW);
        let paid = Some((crate::id::PaymentNo::new(&next.no, 1), NOW));
        record.orders.push(Order { state: OrderState::Paid, archived: true, attempts: 1, paid, ..next });
        record
    }

    fn payment(record: &TermRecord) -> Payment {
        Payment {
            no: record.orders[0].paid.clone().unwrap().0,
            school: record.school.clone(),
            channel: Channel::Wechat,
            method: PayMethod::Native,
            sub_merchant: "1900000201".to_owned(),
            payer: None,
            payer_ip: None,
            amount: record.orders[0].total,
            state: PaymentState::Succeeded,
            sent_at: NOW,
            expires_at: NOW,
            queries: 0,
            queried_at: None,
            paid: Some(Paid {
                transaction: "4200001".to_owned(),
                at: NOW,
                counted: true,
                source: Source::Callback,
                snapshot: String::new(),
                message: None,
            }),
            refund_reserved: Money::ZERO,
            frozen: std::collections::BTreeSet::new(),
            refunds: 0,
        }
    }

    fn facts(line: &Line, trigger: Trigger, on: Date) -> Facts {
        Facts {
            trigger,
            on,
            starts_on: date(2026, 9, 14),
            ends_on: date(2027, 1, 15),
            sold: line.sold(),
            given_back: line.given_back,
            lessons: Vec::new(),
            materials_received: false,
            sundry_used: false,
            waiver: Taken::default(),
        }
    }

    fn asked(basis: RefundReason, party: Party, by: &str) -> Asked {
        Asked {
            id: "3144200101.2026-2027-1.0f3b6c1d2e4a59788f10".parse().unwrap(),
            request: String::new(),
            basis,
            why: None,
            note: None,
            on: date(2026, 9, 8),
            by: person(by),
            party,
            decided: false,
        }
    }

    fn quoted(record: &TermRecord, course: &str, trigger: Trigger) -> Quote {
        let line = record.orders[0].lines.iter().find(|line| line.course.as_str() == course).unwrap();
        quote(&RefundRules::built_in(), &facts(line, trigger, date(2026, 9, 8))).unwrap()
    }

    fn ask(
        record: &mut TermRecord,
        course: &str,
        basis: RefundReason,
        party: Party,
    ) -> Result<RefundRequest, RequestError> {
        let quote = quoted(record, course, Trigger::Withdrawal);
        let no = record.orders[0].no.clone();
        RefundRequest::ask(asked(basis, party, GUARDIAN), record, (&no, &course.parse().unwrap()), quote, NOW)
    }

    const LEAVES: RefundReason = RefundReason::ByRule(Trigger::Withdrawal);

    #[test]
    fn s16_1_p13_1_a_withdrawal_frees_the_seat_and_sets_the_money_aside_at_once() {
        let mut record = record();
        let mut payment = payment(&record);
        let mut request = ask(&mut record, "K1", LEAVES, Party::Guardian).unwrap();
        assert_eq!((request.waits_for, record.seats().count()), (None, 2), "before the lessons nobody has to agree");
        let today = quoted(&record, "K1", Trigger::Withdrawal);
        let refund = request.grant(None, today, &mut record, Some((&mut payment, None)), NOW).unwrap().unwrap();
        assert_eq!((refund.amount.fen(), refund.parts.len(), refund.payer), (41_200, 1, Some(person(GUARDIAN))));
        assert_eq!(
            (request.state, request.refund),
            (RequestState::Granted, Some(refund.payment.clone()).map(|payment| RefundNo::new(&payment, 1)))
        );
        let line = &record.orders[0].lines[0];
        assert!(line.has_left() && record.seat_in(&line.course).is_none(), "the seat is free");
        assert_eq!((line.given_back.total().fen(), payment.refund_reserved.fen()), (41_200, 41_200));
        assert!(record.seat_in(&"K2".parse().unwrap()).is_some(), "the other course stays");
        let again = ask(&mut record, "K1", LEAVES, Party::Guardian);
        assert!(matches!(again, Err(RequestError::HasLeft { .. })));
    }

    #[test]
    fn s16_1_while_a_request_waits_no_other_is_taken_and_it_can_be_taken_back() {
        let mut record = record();
        let mut request = ask(&mut record, "K1", LEAVES, Party::Guardian).unwrap();
        assert!(matches!(ask(&mut record, "K1", LEAVES, Party::Guardian), Err(RequestError::AlreadyAsked { .. })));
        assert_eq!(request.take_back(&person(GUARDIAN), &mut record, NOW), Ok(()));
        assert_eq!(request.take_back(&person(GUARDIAN), &mut record, NOW), Err(RequestError::AlreadyDecided));
        assert!(ask(&mut record, "K1", LEAVES, Party::Guardian).is_ok());
    }

    #[test]
    fn s34_3_an_agreed_amount_needs_the_other_sides_word() {
        let mut record = record();
        let mut payment = payment(&record);
        let no = record.orders[0].no.clone();
        let course = "K1".parse().unwrap();
        let line = record.orders[0].lines[0].clone();
        let offer = agreed(Money::from_fen(41_000), &facts(&line, Trigger::Leave, date(2026, 9, 8))).unwrap();
        assert_eq!((offer.of(Item::Tuition).fen(), offer.of(Item::Materials).fen()), (40_000, 1_000));
        let school = asked(RefundReason::Agreed, Party::School, "A000000001");
        let mut request = RefundRequest::ask(school, &mut record, (&no, &course), offer.clone(), NOW).unwrap();
        let (guardian, clerk) = (person(GUARDIAN), person("A000000002"));
        let by_school =
            request.grant(Some((&clerk, Party::School)), offer.clone(), &mut record, Some((&mut payment, None)), NOW);
        assert_eq!(by_school, Err(RequestError::OtherPartyNeeded));
        let granted =
            request.grant(Some((&guardian, Party::Guardian)), offer, &mut record, Some((&mut payment, None)), NOW);
        assert_eq!(granted.unwrap().unwrap().amount.fen(), 41_000);
        assert!(!record.orders[0].lines[0].has_left(), "the pupil stays");
        let left = record.orders[0].lines[0].clone();
        let more = agreed(Money::from_fen(201), &facts(&left, Trigger::Leave, date(2026, 9, 8)));
        assert_eq!(more, Err(RequestError::AmountOutOfRange { left: Money::from_fen(200) }));
    }

    #[test]
    fn s34_2_what_the_school_alone_knows_waits_for_its_word_whatever_the_rule_says() {
        let by_rule = RefundReason::ByRule;
        for trigger in [Trigger::Suspension, Trigger::Transfer, Trigger::Waiver, Trigger::ClassCancelled] {
            assert_eq!(waits_for(by_rule(trigger), Party::Guardian, false), Some(Party::School), "{trigger}");
            assert_eq!(waits_for(by_rule(trigger), Party::School, false), None, "{trigger}");
            assert_eq!(waits_for(by_rule(trigger), Party::School, true), Some(Party::School), "{trigger}");
        }
        assert_eq!(waits_for(by_rule(Trigger::Leave), Party::Guardian, false), None);
        let mut record = record();
        let suspended = ask(&mut record, "K1", by_rule(Trigger::Suspension), Party::Guardian).unwrap();
        assert_eq!(suspended.waits_for, Some(Party::School));
        // What the school has decided for all waits for nobody.
        let (no, course) = (record.orders[0].no.clone(), "K2".parse().unwrap());
        let decided = Asked { decided: true, ..asked(by_rule(Trigger::Suspension), Party::School, "A000000001") };
        let quote = Quote { approval: true, ..quoted(&record, "K2", Trigger::Withdrawal) };
        assert_eq!(RefundRequest::ask(decided, &mut record, (&no, &course), quote, NOW).unwrap().waits_for, None);
    }

    #[test]
    fn s34_2_a_class_is_given_up_for_all_who_sit_there_and_by_nobody_alone() {
        let term = term();
        let cancelled = RefundReason::ByRule(Trigger::ClassCancelled);
        for party in [Party::Guardian, Party::School] {
            assert_eq!(may_ask(&term, party, cancelled, NOW.day(), NOW), Err(RequestError::NotForOne));
            let accrued = may_ask(&term, party, RefundReason::ByRule(Trigger::Accrued), NOW.day(), NOW);
            assert_eq!(accrued, Err(RequestError::PaidOutByRule), "it is paid out when the rules say");
        }
        assert_eq!(may_ask(&term, Party::School, LEAVES, NOW.day(), NOW), Ok(()));
        assert_eq!(may_ask(&term, Party::Guardian, LEAVES, NOW.day(), NOW), Err(RequestError::WindowClosed));
    }

    fn term() -> Term {
        Term {
            school: "3144200101".parse().unwrap(),
            code: "2026-2027-1".parse().unwrap(),
            starts_on: date(2026, 9, 1),
            ends_on: date(2027, 1, 22),
            mode: crate::catalog::Mode::Immediate,
            windows: crate::catalog::Windows::default(),
            limit: 5,
            hold_minutes: 15,
            remind_hours: None,
            payment: instalment::PaymentMode::Whole,
            periods: Vec::new(),
        }
    }

    #[test]
    fn s34_2_a_waiver_granted_late_gives_back_once_what_it_takes() {
        let mut record = record();
        let mut payment = payment(&record);
        let waiver = crate::directory::Waiver { reason: "低保家庭".to_owned(), percent: 50 };
        let of_waiver = |record: &TermRecord| {
            let line = &record.orders[0].lines[0];
            let facts = facts(line, Trigger::Waiver, date(2026, 9, 8));
            quote(&RefundRules::built_in(), &Facts { waiver: line.taken_by(&waiver), ..facts }).unwrap()
        };
        let (no, course) = (record.orders[0].no.clone(), "K1".parse().unwrap());
        let asked = || asked(RefundReason::ByRule(Trigger::Waiver), Party::School, "A000000001");
        let today = of_waiver(&record);
        let mut request = RefundRequest::ask(asked(), &mut record, (&no, &course), today.clone(), NOW).unwrap();
        let by = (&person("A000000002"), Party::School);
        let refund = request.grant(Some(by), today, &mut record, Some((&mut payment, None)), NOW).unwrap().unwrap();
        let back = record.orders[0].lines[0].given_back;
        assert_eq!((refund.amount.fen(), back.tuition.fen(), back.waived.fen()), (20_000, 20_000, 20_000));
        let again = of_waiver(&record);
        assert_eq!(again.total, Money::ZERO);
        let again = RefundRequest::ask(asked(), &mut record, (&no, &course), again, NOW);
        assert_eq!(again, Err(RequestError::NothingToGoBack));
    }

    #[test]
    fn s34_2_what_differs_from_the_quote_is_explained() {
        let mut record = record();
        let mut payment = payment(&record);
        let mut request = ask(&mut record, "K2", LEAVES, Party::Guardian).unwrap();
        let mut today = quoted(&record, "K2", Trigger::Withdrawal);
        today.total = Money::from_fen(9_000);
        request.grant(None, today, &mut record, Some((&mut payment, None)), NOW).unwrap();
        let told = request.decision.unwrap().difference.unwrap();
        assert!(told.contains("100.00") && told.contains("90.00"), "{told}");
    }

    #[test]
    fn s16_1_nobody_agrees_to_the_own_request_and_a_refusal_has_a_reason() {
        let mut record = record();
        let mut request = ask(&mut record, "K1", LEAVES, Party::School).unwrap();
        request.waits_for = Some(Party::School);
        let (own, other) = (person(GUARDIAN), person("A000000002"));
        let today = quoted(&record, "K1", Trigger::Withdrawal);
        let by_self = request.grant(Some((&own, Party::School)), today, &mut record, None, NOW);
        assert_eq!(by_self, Err(RequestError::SecondPersonNeeded));
        let silent = request.refuse((&other, Party::School), " ".to_owned(), &mut record, NOW);
        assert_eq!(silent, Err(RequestError::ReasonUnusable));
        assert_eq!(request.refuse((&other, Party::School), "课程仍在继续".to_owned(), &mut record, NOW), Ok(()));
        assert_eq!((request.state, record.orders[0].lines[0].leaving.clone()), (RequestState::Refused, None));
    }

    #[test]
    fn race_14_a_withdrawal_of_what_is_not_paid_is_no_refund() {
        let mut record = record();
        record.orders[0].state = OrderState::Pending;
        assert_eq!(ask(&mut record, "K1", LEAVES, Party::Guardian), Err(RequestError::NotPaid));
    }

    proptest! {
        /// I1: of each line never more than it cost, of the payment never more than was paid, and the parts are the whole.
        #[test]
        fn p7_2_lines_and_payment_agree_whatever_is_asked(
            steps in prop::collection::vec((0usize..2, 0u8..4, 1i64..30_000), 1..30),
        ) {
            let mut record = record();
            let mut payment = payment(&record);
            let mut refunds: Vec<Refund> = Vec::new();
            let no = record.orders[0].no.clone();
            for (which, act, fen) in steps {
                let line = record.orders[0].lines[which].clone();
                let (basis, offer) = match act {
                    0 => (LEAVES, quote(&RefundRules::built_in(), &facts(&line, Trigger::Withdrawal, date(2026, 9, 8))).ok()),
                    _ => (RefundReason::Agreed, agreed(Money::from_fen(fen), &facts(&line, Trigger::Leave, date(2026, 9, 8))).ok()),
                };
                let Some(offer) = offer else { continue };
                let asked = asked(basis, Party::School, "A000000001");
                let Ok(mut request) = RefundRequest::ask(asked, &mut record, (&no, &line.course), offer.clone(), NOW) else {
                    continue;
                };
                request.waits_for = None;
                refunds.extend(request.grant(None, offer, &mut record, Some((&mut payment, None)), NOW).unwrap());
                for line in &record.orders[0].lines {
                    let parts = refunds.iter().flat_map(|refund| &refund.parts).filter(|part| part.course == line.course);
                    prop_assert_eq!(parts.map(|part| part.amount.fen()).sum::<i64>(), line.given_back.total().fen());
                    prop_assert!(line.given_back.total() <= line.amount);
                }
                prop_assert_eq!(refunds.iter().map(|refund| refund.amount.fen()).sum::<i64>(), payment.refund_reserved.fen());
                prop_assert!(payment.refund_reserved <= payment.amount);
            }
        }
    }

    #[test]
    fn sold_is_what_a_line_costs() {
        let record = record();
        let sold = record.orders[0].lines[0].sold();
        let fen = Money::from_fen;
        let (waived, sundry) = (Money::ZERO, Money::ZERO);
        assert_eq!(sold, Sold { lessons: 16, tuition: fen(40_000), waived, materials: fen(1_200), sundry });
    }
}
