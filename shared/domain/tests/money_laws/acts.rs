//! What can happen: families, schools, providers and time act in any order. An act for which there is nothing to act on
//! does nothing, so that any list of steps can be played, and any part of it.

use domain::directory::Waiver;
use domain::extension::{Wanted, extend};
use domain::id::{CourseCode, OrderNo, PersonId, RefundRequestId};
use domain::journal::Entry;
use domain::order::{PayRequest, Paying, cancel, expire, pay};
use domain::payment::{Channel, PayMethod, Source};
use domain::record::{Line, Order, OrderState, RequestMark};
use domain::refund::RefundReason;
use domain::refund::facts::{Facts, GivenBack, Lesson, LessonState, Trigger};
use domain::refund::quote::{Quote, quote as by_rule};
use domain::refund::request::{Asked, Party, RefundRequest, RequestState, agreed};
use domain::refund::rules::{Payout, RefundRules};
use domain::refund::settle::{Status, handed_out, returned};
use domain::refund::{Refund, RefundState};
use domain::seat::{Seat as RecordSeat, Stamp};
use domain::{Moment, Money};
use jiff::civil::{Date, date};

use crate::defect::Defect;
use crate::laws;
use crate::place::{COURSES, Letter, Place, Seat, Theirs, There, World, merchant};

/// The day from which everybody asks: what lessons were given is not looked at here.
const ON: Date = date(2026, 9, 7);

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A family takes courses.
    Order,
    /// An attempt to pay begins, or is repeated.
    Begin,
    /// A create reaches the provider.
    Create,
    /// The payer pays.
    Pay,
    /// A payment succeeds that was closed, or whose time was over.
    PayLate,
    /// A letter arrives; it may come again.
    Deliver,
    /// A letter arrives in which something was changed.
    Bend,
    /// The provider is asked about a payment.
    Ask,
    /// An open attempt is closed, for another one.
    Close,
    /// Orders whose time is over begin to end.
    Expire,
    /// An order that ends goes on ending.
    End,
    /// The family gives its order up.
    Cancel,
    /// The school puts a deadline off.
    Extend,
    /// Somebody asks something back.
    Request,
    /// Lessons are missed, or were not after all, and what has accrued falls due.
    Accrue,
    /// A request is decided.
    Decide,
    /// A refund is sent to its provider.
    Send,
    /// The provider goes on with a refund.
    GoOn,
    /// The provider is asked about a refund.
    AskRefund,
    /// The school sees to a refund that does not arrive.
    Mend,
    /// What was paid is split over the months.
    Share,
    /// Time passes.
    Wait,
}

/// Each act, and how often it is drawn.
pub(crate) const ACTS: [(Act, u32); 22] = [
    (Act::Order, 14),
    (Act::Begin, 20),
    (Act::Create, 20),
    (Act::Pay, 22),
    (Act::PayLate, 10),
    (Act::Deliver, 30),
    (Act::Bend, 3),
    (Act::Ask, 8),
    (Act::Close, 4),
    (Act::Expire, 4),
    (Act::End, 8),
    (Act::Cancel, 1),
    (Act::Extend, 2),
    (Act::Request, 14),
    (Act::Accrue, 6),
    (Act::Decide, 14),
    (Act::Send, 16),
    (Act::GoOn, 14),
    (Act::AskRefund, 8),
    (Act::Mend, 4),
    (Act::Share, 3),
    (Act::Wait, 6),
];

/// An act of one of the families, with numbers that choose what it acts on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) act: Act,
    pub(crate) who: u8,
    pub(crate) pick: u16,
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({}, {})", self.act, self.who, self.pick)
    }
}

/// One of so many, by the lower half of a number; the upper half is left for how it is done.
fn one_of(pick: u16, count: usize) -> Option<usize> {
    (count > 0).then(|| usize::from(pick & 0xff) % count)
}

/// How it is done: a number below 256.
fn how(pick: u16) -> u16 {
    pick >> 8
}

impl World {
    /// Plays a step, and looks whether the laws still hold where it was played.
    pub(crate) fn step(&mut self, step: Step) -> Result<(), String> {
        if step.act == Act::Wait {
            const SECONDS: [i64; 8] = [1, 1, 3, 5, 10, 30, 120, 900];
            const A_DAY_AND_AN_HOUR: i64 = 90_000;
            let short = SECONDS[usize::from(step.pick) % SECONDS.len()];
            self.now = self.now.plus_seconds(if how(step.pick) < 2 { A_DAY_AND_AN_HOUR } else { short });
            return Ok(());
        }
        let other = self.schools[1 - usize::from(step.who) / 2 % 2].families[0].school.clone();
        let mut place = self.place(usize::from(step.who));
        place.act(step, &other)?;
        laws::hold(&mut place)
    }
}

impl Place<'_> {
    fn act(&mut self, Step { act, pick, .. }: Step, other: &domain::id::SchoolCode) -> Result<(), String> {
        let (orders, payments, refunds) =
            (self.family.record.orders.len(), self.family.payments.len(), self.family.refunds.len());
        let (order, payment, refund) = (one_of(pick, orders), one_of(pick, payments), one_of(pick, refunds));
        match act {
            Act::Order => self.order(pick),
            Act::Begin => order.into_iter().for_each(|at| self.begin(at, how(pick))),
            Act::Create => self.create(pick),
            Act::Pay => self.pay(pick, false),
            Act::PayLate => self.pay(pick, true),
            Act::Deliver => self.deliver(pick),
            Act::Bend => return self.bend(pick, other),
            Act::Ask => payment.into_iter().for_each(|at| self.ask(at)),
            Act::Close => order.into_iter().for_each(|at| self.close_open_attempt(at, !how(pick).is_multiple_of(4))),
            Act::Expire => self.expire(),
            Act::End => (0..orders).for_each(|at| self.end_order(at, !how(pick).is_multiple_of(4))),
            Act::Cancel => order.into_iter().for_each(|at| self.cancel(at)),
            Act::Extend => order.into_iter().for_each(|at| self.extend(at, how(pick))),
            Act::Request => self.request(pick),
            Act::Accrue => self.accrue(pick),
            Act::Decide => self.decide(pick),
            Act::Send => return self.send_one(pick),
            Act::GoOn => refund.into_iter().for_each(|at| self.go_on(at, how(pick))),
            Act::AskRefund => return refund.map_or(Ok(()), |at| self.ask_refund(at)),
            Act::Mend => refund.into_iter().for_each(|at| self.mend(at, how(pick))),
            Act::Share => return laws::shares(self.family, self.defect, pick),
            Act::Wait => {}
        }
        Ok(())
    }

    // Families and schools.

    fn order(&mut self, pick: u16) {
        let waits = |order: &Order| matches!(order.state, OrderState::Pending | OrderState::Closing);
        if self.family.record.orders.len() >= 4 || self.family.record.orders.iter().any(waits) {
            return;
        }
        let chosen: Vec<usize> = (0..COURSES.len()).filter(|course| pick >> course & 1 == 1).collect();
        if chosen.is_empty() || !chosen.iter().all(|course| self.is_free(*course)) {
            return;
        }
        let lines: Vec<Line> = chosen.iter().map(|course| self.line(*course, how(pick))).collect();
        for course in chosen {
            self.seats[course][self.at] = Seat::Held;
        }
        let record = &mut self.family.record;
        let request = RequestMark { key: record.next_order_no().to_string(), body: String::new() };
        let total = Money::sum(lines.iter().map(|line| line.amount)).unwrap_or_default();
        let next = record.next_order(person("G000000001"), (lines, total), request, self.now);
        record.orders.push(Order { deadline: self.now.plus_minutes(15), archived: true, ..next });
    }

    /// A line whose price does not divide by its lessons.
    fn line(&self, course: usize, price: u16) -> Line {
        let (tuition, materials) = (Money::from_fen(10_000 + i64::from(price)), Money::from_fen(1_200));
        Line {
            course: COURSES[course].0.parse().expect("a course"),
            title: String::new(),
            lessons: 16,
            unit_price: Money::from_fen(625),
            waived: None,
            materials,
            sundry: Money::ZERO,
            amount: tuition.plus(materials).unwrap_or_default(),
            seat: RecordSeat { ledger: 0, stamp: Stamp::claim(self.now.plus_minutes(15), u64::from(price)) },
            given_back: GivenBack::default(),
            leaving: None,
            instalment: None,
        }
    }

    fn begin(&mut self, order: usize, way: u16) {
        let (channel, method) = match way % 3 {
            0 => (Channel::Wechat, PayMethod::Native),
            1 => (Channel::Wechat, PayMethod::H5),
            _ => (Channel::Alipay, PayMethod::Page),
        };
        let family = &mut *self.family;
        let request = PayRequest {
            channel,
            method,
            payer: None,
            payer_ip: None,
            sub_merchant: Some(merchant(&family.school, channel)),
        };
        let (no, open) = (family.record.orders[order].no.clone(), family.record.orders[order].open_attempt());
        let open = open.and_then(|no| family.payment(&no)).map(|at| family.payments[at].clone());
        match pay(&mut family.record, &no, open.as_ref(), request, self.now) {
            Ok(Paying::Begin(payment)) => {
                family.payments.push(*payment);
                family.theirs.push(Theirs::on_its_way(self.now));
            }
            Ok(Paying::Again(no)) => {
                if let Some(at) = family.payment(&no) {
                    family.theirs[at].creates.push(self.now);
                }
            }
            Err(_) => {}
        }
    }

    fn cancel(&mut self, order: usize) {
        match cancel(&mut self.family.record.orders[order]) {
            Ok(_) | Err(_) => {}
        }
    }

    fn expire(&mut self) {
        for order in &mut self.family.record.orders {
            expire(order, self.now);
        }
    }

    fn extend(&mut self, order: usize, minutes: u16) {
        let order = &mut self.family.record.orders[order];
        let until = order.deadline.plus_minutes(i64::from(minutes) + 1);
        drop(extend(order, &Wanted { until, reason: "银行卡限额".to_owned() }, self.now));
    }

    /// Asks for a part of a line back, or for what is left of it with the seat.
    fn request(&mut self, pick: u16) {
        let family = &mut *self.family;
        let paid = family.record.orders.iter().filter(|order| order.state == OrderState::Paid);
        let lines: Vec<_> =
            paid.flat_map(|order| order.lines.iter().map(move |line| (order.no.clone(), line))).collect();
        let Some((no, line)) = one_of(pick, lines.len()).map(|at| &lines[at]) else { return };
        let basis = match how(pick) % 12 {
            0 | 3 | 6 | 9 => LEAVES,
            1 => WAIVED,
            _ => RefundReason::Agreed,
        };
        let left = line.amount.without(line.given_back.total());
        let amount = if basis == LEAVES { left } else { Money::from_fen(left.fen() * i64::from(how(pick)) / 256) };
        let (no, course) = (no.clone(), line.course.clone());
        let mut given_back = line.given_back;
        if self.defect == Some(Defect::WaivedAgain) {
            given_back.waived = Money::ZERO;
        }
        let Some(quote) = quote(line, given_back, amount, basis) else { return };
        self.ask_back((&no, &course), quote, basis);
    }

    fn ask_back(&mut self, place: (&OrderNo, &CourseCode), quote: Quote, basis: RefundReason) {
        let family = &mut *self.family;
        let name = format!("{:020x}", family.requests.len());
        let asked = Asked {
            id: RefundRequestId::named(&family.school, &family.record.term, &name),
            request: String::new(),
            basis,
            why: None,
            note: None,
            on: ON,
            by: person("A000000001"),
            party: Party::School,
            decided: false,
        };
        if let Ok(request) = RefundRequest::ask(asked, &mut family.record, place, quote, self.now) {
            family.requests.push(request);
        }
    }

    /// A lesson more is known to have been missed, or one less, and what has accrued is asked for.
    fn accrue(&mut self, pick: u16) {
        let family = &mut *self.family;
        let paid = family.record.orders.iter().filter(|order| order.state == OrderState::Paid);
        let lines: Vec<_> = paid.flat_map(|order| order.lines.iter().map(move |line| (&order.no, line))).collect();
        let Some((no, line)) = one_of(pick, lines.len()).map(|at| lines[at]) else { return };
        let place = (no.clone(), line.course.clone());
        let (missed, most) = family.missed.entry(place.clone()).or_default();
        *missed = if how(pick).is_multiple_of(8) { missed.saturating_sub(1) } else { missed.saturating_add(1) };
        *most = (*most).max(*missed);
        let Some(quote) = accrued(line, line.given_back, *missed, self.defect) else { return };
        self.ask_back((&place.0, &place.1), quote, ACCRUED);
    }

    /// A request is granted by whoever has to agree, refused, or taken back.
    fn decide(&mut self, pick: u16) {
        let now = self.now;
        let family = &mut *self.family;
        let waiting: Vec<usize> =
            (0..family.requests.len()).filter(|at| family.requests[*at].state == RequestState::Asked).collect();
        let Some(at) = one_of(pick, waiting.len()).map(|one| waiting[one]) else { return };
        let request = &mut family.requests[at];
        let second = person("G000000001");
        let by = request.waits_for.map(|party| (&second, party));
        match (how(pick) % 8, by) {
            (0, Some(by)) => return drop(request.refuse(by, "暂不同意".to_owned(), &mut family.record, now)),
            (1, _) => return drop(request.take_back(&person("A000000001"), &mut family.record, now)),
            _ => {}
        }
        let (no, course) = (request.order.clone(), request.course.clone());
        let Some(order) = family.record.order(&no) else { return };
        let Some(line) = order.lines.iter().find(|line| line.course == course) else { return };
        let forgets = self.defect == Some(Defect::ReserveForgets);
        let mut given_back = if forgets { GivenBack::default() } else { line.given_back };
        if self.defect == Some(Defect::WaivedAgain) {
            given_back.waived = Money::ZERO;
        }
        let leaves = request.leaves();
        let amount = if leaves { line.amount.without(given_back.total()) } else { request.quote.total };
        let today = if request.basis == ACCRUED {
            let missed = family.missed.get(&(no.clone(), course.clone())).map_or(0, |(missed, _)| *missed);
            accrued(line, given_back, missed, self.defect)
        } else {
            quote(line, given_back, amount, request.basis)
        };
        let Some(today) = today else { return };
        let amount = today.total;
        let Some(payment) =
            order.paid.as_ref().and_then(|(no, _)| family.payments.iter().position(|payment| payment.no == *no))
        else {
            return;
        };
        let last = family.refunds.iter().position(|refund| {
            refund.payment == family.payments[payment].no && refund.seq == family.payments[payment].refunds
        });
        let waiting = last.map(|at| family.refunds[at].clone()).filter(Refund::waits);
        let set_aside = std::mem::take(&mut family.payments[payment].refund_reserved);
        if !forgets {
            family.payments[payment].refund_reserved = set_aside;
        }
        let granted = family.requests[at].grant(
            by,
            today,
            &mut family.record,
            Some((&mut family.payments[payment], waiting)),
            now,
        );
        if forgets {
            // What it looked at was that nothing is set aside; now it adds.
            let own = family.payments[payment].refund_reserved;
            family.payments[payment].refund_reserved = own.plus(set_aside).unwrap_or(own);
        }
        let Ok(refund) = granted else { return };
        if leaves && let Some(course) = crate::books::course(course.as_str()) {
            self.seats[course][self.at] = Seat::Free;
        }
        if let Some(refund) = refund {
            let entry = Entry::owed(&refund, &family.payments[payment], amount, now);
            if let Some(grown) = last.filter(|at| family.refunds[*at].seq == refund.seq) {
                family.refunds[grown] = refund;
            } else {
                family.refunds.push(refund);
                family.their_refunds.push(None);
            }
            self.post(entry);
        }
    }

    /// The school has the money of an abnormal refund, pays out by hand what was refused, or has it tried anew.
    fn mend(&mut self, at: usize, way: u16) {
        let now = self.now;
        let family = &mut *self.family;
        let Some(payment) = family.payment(&family.refunds[at].payment) else { return };
        let (refund, payment) = (&mut family.refunds[at], &mut family.payments[payment]);
        if refund.state == RefundState::Abnormal {
            if way.is_multiple_of(2) && returned(refund, now) {
                let entry = Entry::returned(refund, payment, now);
                self.post(entry);
                self.keep_refund(at);
            }
        } else if handed_out(refund, now) {
            let entry = Entry::handed_out(refund, payment, now);
            self.post(entry);
        } else if way.is_multiple_of(2) {
            let Some(next) = refund.by_hand(payment, now) else { return };
            refund.retried = true;
            let entry = Entry::handed_out(&next, payment, now);
            self.set_aside_again(Ok(next));
            self.post(entry);
            self.keep_refund(self.family.refunds.len() - 1);
        } else if matches!(refund.state, RefundState::Rejected | RefundState::Closed) && !refund.retried {
            let again = refund.again(payment, now);
            refund.retried = again.is_ok();
            self.set_aside_again(again);
        }
    }

    // Providers, and what is between them and us.

    fn create(&mut self, pick: u16) {
        let waiting: Vec<usize> = self.where_theirs(|theirs| !theirs.creates.is_empty());
        let Some(at) = one_of(pick, waiting.len()).map(|one| waiting[one]) else { return };
        let expires_at = self.family.payments[at].expires_at;
        self.family.theirs[at].create(expires_at, self.now);
    }

    fn where_theirs(&self, is: impl Fn(&Theirs) -> bool) -> Vec<usize> {
        (0..self.family.theirs.len()).filter(|at| is(&self.family.theirs[*at])).collect()
    }

    /// The payer pays in time, or it succeeds all the same.
    fn pay(&mut self, pick: u16, late: bool) {
        let now = self.now;
        let open = |theirs: &Theirs| match theirs.there {
            There::Open { until } => late || now <= until,
            There::Closed => late,
            There::Nowhere | There::Paid { .. } => false,
        };
        let payable = self.where_theirs(open);
        let Some(at) = one_of(pick, payable.len()).map(|one| payable[one]) else { return };
        let transaction = format!("42{}", self.family.payments[at].no);
        self.family.theirs[at].there = There::Paid { transaction, at: now };
        let letter = self.family.evidence(at, Source::Callback).map(Letter::Paid);
        self.family.send(letter);
    }

    fn deliver(&mut self, pick: u16) {
        let Some(at) = one_of(pick, self.family.mail.len()) else { return };
        // Half of them come again.
        let letter =
            if how(pick).is_multiple_of(2) { self.family.mail[at].clone() } else { self.family.mail.remove(at) };
        self.read(&letter);
    }

    pub(crate) fn read(&mut self, letter: &Letter) {
        match letter {
            Letter::Paid(evidence) => self.settle(evidence),
            Letter::Refund(evidence) => self.settle_refund(evidence),
        }
    }

    /// A letter in which something was changed: nothing may come of it. I2 I10.
    fn bend(&mut self, pick: u16, other: &domain::id::SchoolCode) -> Result<(), String> {
        let Some(at) = one_of(pick, self.family.mail.len()) else { return Ok(()) };
        let mut letter = self.family.mail[at].clone();
        let fen = Money::from_fen(i64::from(how(pick)) + 1);
        let law = match (how(pick) % 3, &mut letter) {
            (0, Letter::Paid(evidence)) => {
                evidence.sub_merchant = merchant(other, evidence.channel);
                "I10"
            }
            (0, Letter::Refund(evidence)) => {
                evidence.sub_merchant = merchant(other, evidence.channel);
                "I10"
            }
            (1, Letter::Paid(evidence)) => {
                evidence.total = evidence.total.plus(fen).unwrap_or_default();
                "I2"
            }
            (_, Letter::Paid(evidence)) => {
                "USD".clone_into(&mut evidence.currency);
                "I2"
            }
            (1, Letter::Refund(evidence)) => {
                evidence.amount = evidence.amount.plus(fen).unwrap_or_default();
                "I2"
            }
            (_, Letter::Refund(evidence)) => {
                evidence.transaction.push('0');
                "I2"
            }
        };
        let (before, seats) = (self.family.clone(), *self.seats);
        self.read(&letter);
        let same = before == *self.family && seats == *self.seats;
        if same { Ok(()) } else { Err(format!("{law}: something came of {letter:?}")) }
    }

    fn send_one(&mut self, pick: u16) -> Result<(), String> {
        let refunds = &self.family.refunds;
        let sent = |refund: &Refund| matches!(refund.state, RefundState::Reserved | RefundState::Sent);
        let waiting: Vec<usize> = (0..refunds.len()).filter(|at| sent(&refunds[*at])).collect();
        let Some(at) = one_of(pick, waiting.len()).map(|one| waiting[one]) else { return Ok(()) };
        let (arrives, heard, refused) = match how(pick) % 8 {
            0 => (false, false, false),
            1 => (true, false, false),
            2 => (true, true, true),
            _ => (true, true, false),
        };
        self.send_refund(at, arrives, heard, refused)
    }

    /// The provider goes on with a refund that it has taken on, and writes.
    pub(crate) fn go_on(&mut self, at: usize, way: u16) {
        let now = crate::books::next(self.now);
        let Some((status, _)) = self.family.their_refunds[at] else { return };
        let next = match (status, way % 4) {
            (Status::Processing, 0) => Status::Closed,
            (Status::Processing, 1) => Status::Abnormal,
            (Status::Processing | Status::Abnormal, _) => Status::Done,
            (Status::Closed | Status::Done, _) => return,
        };
        // A notice of what it was before may still be on its way.
        let before = self.family.refund_evidence(at, Source::Callback).map(Letter::Refund);
        self.family.send(before.filter(|_| way.is_multiple_of(5)));
        self.family.their_refunds[at] = Some((next, now));
        let letter = self.family.refund_evidence(at, Source::Callback).map(Letter::Refund);
        self.family.send(letter);
    }
}

pub(crate) fn person(text: &str) -> PersonId {
    text.parse().expect("a person")
}

const LEAVES: RefundReason = RefundReason::ByRule(Trigger::Withdrawal);
const WAIVED: RefundReason = RefundReason::ByRule(Trigger::Waiver);
pub(crate) const ACCRUED: RefundReason = RefundReason::ByRule(Trigger::Accrued);

/// The waiver that families are granted after they have paid.
pub(crate) fn late_waiver() -> Waiver {
    Waiver { reason: "低保家庭".to_owned(), percent: 50 }
}

/// What has accrued of a line for so many lessons that were missed on leave.
fn accrued(line: &Line, mut given_back: GivenBack, missed: u16, defect: Option<Defect>) -> Option<Quote> {
    if defect == Some(Defect::AccruedAgain) {
        given_back.lessons = 0;
    }
    let on_leave = Lesson { date: date(2026, 9, 4), state: LessonState::OnLeave };
    let facts = Facts {
        trigger: Trigger::Accrued,
        on: ON,
        starts_on: ON,
        ends_on: ON,
        sold: line.sold(),
        given_back,
        lessons: vec![on_leave; usize::from(missed)],
        materials_received: false,
        sundry_used: false,
        waiver: line.taken_by(&late_waiver()),
    };
    by_rule(&RefundRules::built_in(), &facts).ok()
}

/// What goes back of a line: so much, as was agreed or with the seat; or what a waiver takes.
fn quote(line: &Line, given_back: GivenBack, amount: Money, basis: RefundReason) -> Option<Quote> {
    let leaves = basis == LEAVES;
    let facts = Facts {
        trigger: if leaves {
            Trigger::Withdrawal
        } else if basis == WAIVED {
            Trigger::Waiver
        } else {
            Trigger::Leave
        },
        on: ON,
        starts_on: ON,
        ends_on: ON,
        sold: line.sold(),
        given_back,
        lessons: Vec::new(),
        materials_received: false,
        sundry_used: false,
        waiver: line.taken_by(&late_waiver()),
    };
    if basis == WAIVED {
        return by_rule(&RefundRules::built_in(), &facts).ok();
    }
    let nothing = Quote {
        rule: String::new(),
        lines: Vec::new(),
        total: Money::ZERO,
        lessons: 0,
        payout: Payout::Original,
        approval: false,
    };
    if leaves && amount.is_zero() { Some(nothing) } else { agreed(amount, &facts).ok() }
}

/// So long after another moment that nothing of then is on its way any more.
pub(crate) fn hours_later(now: Moment) -> Moment {
    now.plus_minutes(61)
}
