//! The laws I1–I12 of money (资金不变量), as checks that know nothing of how anything came about.

use domain::Money;
use domain::journal::Account;
use domain::payment::{Channel, PaymentState, Source};
use domain::record::OrderState;
use domain::refund::request::{RefundRequest, RequestState};
use domain::refund::settle::Status;
use domain::refund::{Refund, RefundState};
use domain::settlement::split::by_month;
use domain::snapshot::Snapshot;
use fastrand::Rng;
use jiff::civil::{Date, date};

use crate::acts::{ACCRUED, late_waiver};
use crate::defect::Defect;
use crate::place::{COURSES, Family, Letter, Place, Seat, Stood, There, World};

type Law = Result<(), String>;

fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Law {
    if holds { Ok(()) } else { Err(broken()) }
}

/// What must be true of a family and its seats after every step.
pub(crate) fn hold(place: &mut Place<'_>) -> Law {
    forward(place.family)?;
    within(place.family)?;
    accrued(place.family)?;
    evidenced(place.family)?;
    paid_once(place.family)?;
    seats(place)?;
    posted(place.family)?;
    kept(place.family)
}

/// I1 I4: what is set aside is what refunds hold, never more than was paid; what pays nothing goes back whole.
fn within(family: &Family) -> Law {
    for payment in &family.payments {
        let own = family.refunds.iter().filter(|refund| refund.payment == payment.no);
        let held: i64 = own.clone().filter(|refund| refund.state.holds()).map(|refund| refund.amount.fen()).sum();
        let (reserved, amount) = (payment.refund_reserved.fen(), payment.amount.fen());
        ensure(held == reserved, || format!("I1: {} has {reserved} set aside, its refunds hold {held}", payment.no))?;
        ensure((0..=amount).contains(&held), || format!("I1: {held} of {amount} goes back of {}", payment.no))?;
        if payment.paid.as_ref().is_some_and(|paid| !paid.counted) {
            let at_school = |refund: &Refund| !refund.state.holds() && !refund.retried;
            let whole = held == amount || own.clone().any(at_school);
            ensure(whole, || format!("I4: {} pays nothing, and {held} of {amount} goes back", payment.no))?;
        }
    }
    for refund in family.refunds.iter().filter(|refund| refund.is_of_order()) {
        let parts: i64 = refund.parts.iter().map(|part| part.amount.fen()).sum();
        ensure(parts == refund.amount.fen(), || format!("I1: the parts of {} are {parts}", refund.no()))?;
    }
    for order in &family.record.orders {
        for line in &order.lines {
            let back = line.given_back.total();
            ensure(back <= line.amount, || format!("I1: {back} of {} goes back of {}", line.amount, line.course))?;
            let (waived, most) = (line.given_back.waived, late_waiver().of(line.sold().tuition));
            ensure(waived <= most, || format!("I1: a waiver takes {most} of {}, and {waived} goes back", line.course))?;
        }
    }
    Ok(())
}

/// I1: of lessons that were missed no more goes back than were ever known to be, and no more than they cost.
fn accrued(family: &Family) -> Law {
    for ((no, course), (_, most)) in &family.missed {
        let Some(line) = family.record.order(no).and_then(|order| order.line(course)) else { continue };
        let of_line = |request: &&RefundRequest| request.order == *no && request.course == *course;
        let granted = |request: &&RefundRequest| request.basis == ACCRUED && request.state == RequestState::Granted;
        let own = family.requests.iter().filter(of_line).filter(granted);
        let lessons: u32 = own.clone().map(|request| u32::from(request.quote.lessons)).sum();
        let amount: i64 = own.map(|request| request.quote.total.fen()).sum();
        let (tuition, sold) = (line.sold().tuition.fen(), i64::from(line.lessons.max(1)));
        let cost = if i64::from(*most) >= sold { tuition } else { tuition / sold * i64::from(*most) };
        ensure(lessons <= u32::from(*most), || format!("I1: {lessons} of {most} missed lessons of {no} go back"))?;
        ensure(amount <= cost, || format!("I1: {most} missed lessons of {no} cost {cost}, and {amount} goes back"))?;
    }
    Ok(())
}

/// I2: what we call paid or done is paid or done there.
fn evidenced(family: &Family) -> Law {
    for (payment, theirs) in family.payments.iter().zip(&family.theirs) {
        let ours = payment.paid.as_ref().map(|paid| paid.transaction.as_str());
        ensure(ours.is_some() == (payment.state == PaymentState::Succeeded), || {
            format!("I2: {} half paid", payment.no)
        })?;
        let same = match &theirs.there {
            There::Paid { transaction, .. } => ours.is_none_or(|ours| ours == transaction),
            There::Nowhere | There::Open { .. } | There::Closed => ours.is_none(),
        };
        ensure(same, || format!("I2: {} is paid without anybody having said so", payment.no))?;
    }
    for (refund, theirs) in family.refunds.iter().zip(&family.their_refunds) {
        let done = matches!(theirs, Some((Status::Done, _)));
        ensure(refund.state != RefundState::Done || done, || format!("I2: {} is not done there", refund.no()))?;
    }
    Ok(())
}

/// I3: an order is paid by exactly one payment, of its whole amount.
fn paid_once(family: &Family) -> Law {
    for order in &family.record.orders {
        let counted = family
            .payments
            .iter()
            .filter(|payment| payment.paid.as_ref().is_some_and(|paid| paid.counted) && payment.no.order() == order.no);
        let (mut count, mut sum) = (0, 0);
        for payment in counted {
            (count, sum) = (count + 1, sum + payment.amount.fen());
        }
        let paid = order.state == OrderState::Paid;
        ensure(count == i32::from(paid), || format!("I3: {} is {} by {count} payments", order.no, order.state))?;
        ensure(!paid || sum == order.total.fen(), || format!("I3: {} costs {}, paid {sum}", order.no, order.total))?;
    }
    Ok(())
}

/// I5: nobody has a seat that is not there, and everybody who paid for one and stays has it.
fn seats(place: &Place<'_>) -> Law {
    for (at, (code, capacity)) in COURSES.iter().enumerate() {
        let taken = place.seats[at].iter().filter(|seat| **seat != Seat::Free).count();
        ensure(taken <= *capacity, || format!("I5: {code} has {taken} of {capacity} seats taken"))?;
        let found = place.family.record.seats().find(|(_, line)| line.course.as_str() == *code);
        let wanted = match found {
            Some((order, _)) if order.state == OrderState::Paid => Seat::Confirmed,
            Some(_) => Seat::Held,
            None => Seat::Free,
        };
        let seat = place.seats[at][place.at];
        ensure(seat == wanted, || format!("I5: the seat in {code} is {seat:?}, the record says {wanted:?}"))?;
    }
    Ok(())
}

/// I6: every money fact is posted once, in entries that balance; the accounts are what payments and refunds add up to.
fn posted(family: &Family) -> Law {
    let mut accounts = Accounts::default();
    for (at, entry) in family.journal.iter().enumerate() {
        ensure(entry.balanced(), || format!("I6: {} does not balance", entry.fact))?;
        ensure(entry.school == family.school, || format!("I10: {} is of another school", entry.fact))?;
        let twice = family.journal[at + 1..].iter().any(|other| other.fact == entry.fact);
        ensure(!twice, || format!("I6: {} is posted twice", entry.fact))?;
        accounts.clearing[usize::from(entry.channel == Channel::Wechat)] += entry.on(Account::ChannelClearing).fen();
        accounts.prepaid += entry.on(Account::OrderPrepaid).fen();
        accounts.payable += entry.on(Account::RefundPayable).fen();
        accounts.cash += entry.on(Account::SchoolCash).fen();
        accounts.owed += entry.on(Account::SchoolPayable).fen();
    }
    let wanted = Accounts::of(family);
    ensure(accounts == wanted, || format!("I6: the journal has {accounts:?}, the facts are {wanted:?}"))
}

/// What lies on the accounts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Accounts {
    /// At Alipay, and at WeChat Pay.
    clearing: [i64; 2],
    prepaid: i64,
    payable: i64,
    cash: i64,
    /// What schools have from a provider and have not handed out.
    owed: i64,
}

impl Accounts {
    /// What must lie there by what was paid, promised and given back.
    fn of(family: &Family) -> Self {
        let mut wanted = Self::default();
        for payment in &family.payments {
            let Some(paid) = &payment.paid else { continue };
            wanted.clearing[usize::from(payment.channel == Channel::Wechat)] += payment.amount.fen();
            let credit = if paid.counted { &mut wanted.prepaid } else { &mut wanted.payable };
            *credit -= payment.amount.fen();
        }
        for refund in &family.refunds {
            let amount = refund.amount.fen();
            if refund.is_of_order() && refund.retry_of.is_none() {
                wanted.prepaid += amount;
                wanted.payable -= amount;
            }
            let at = family.payment(&refund.payment).map(|at| family.payments[at].channel);
            // By hand under a number of its own, or by the provider to the payer or the school.
            if refund.state == RefundState::Returned && refund.sent_at.is_none() {
                wanted.payable += amount;
                wanted.cash -= amount;
            } else if matches!(refund.state, RefundState::Done | RefundState::Returned) {
                wanted.payable += amount;
                wanted.clearing[usize::from(at == Some(Channel::Wechat))] -= amount;
                if refund.is_owed_by_school() {
                    wanted.cash += amount;
                    wanted.owed -= amount;
                }
            }
        }
        wanted
    }
}

/// I12: whatever is paid or over has one snapshot.
fn kept(family: &Family) -> Law {
    let paid = family.payments.iter().filter(|payment| payment.paid.is_some()).count();
    let over = family.refunds.iter().filter(|refund| refund.state.is_final()).count();
    let kept = family.snapshots.len();
    ensure(kept == paid + over, || format!("I12: {kept} snapshots of {paid} payments and {over} refunds"))
}

/// I12: each snapshot, built again, hashes the same.
fn verified(family: &Family) -> Law {
    for (no, hash) in &family.snapshots {
        let payment = family.payments.iter().find(|payment| payment.no.as_str() == no);
        let refund = family.refunds.iter().find(|refund| refund.no().as_str() == no);
        let again = match (payment, refund) {
            (Some(payment), _) => Snapshot::of_payment(payment),
            (None, Some(refund)) => {
                let payment = family.payment(&refund.payment).map(|at| &family.payments[at]);
                payment.and_then(|payment| Snapshot::of_refund(refund, payment))
            }
            (None, None) => None,
        };
        let same = again.is_some_and(|again| again.hash == *hash);
        ensure(same, || format!("I12: the snapshot of {no} is another now"))?;
    }
    Ok(())
}

/// I7: nothing goes back to where it was, and what is over stays over.
fn forward(family: &mut Family) -> Law {
    let Stood { orders, payments, refunds } = &mut family.stood;
    orders.resize(family.record.orders.len(), None);
    payments.resize(family.payments.len(), None);
    refunds.resize(family.refunds.len(), None);
    for (before, order) in orders.iter_mut().zip(&family.record.orders) {
        let allowed = match before {
            None | Some(OrderState::Pending) => true,
            Some(OrderState::Closing) => order.state != OrderState::Pending,
            Some(OrderState::Expired) => matches!(order.state, OrderState::Expired | OrderState::Paid),
            Some(over @ (OrderState::Cancelled | OrderState::Paid)) => order.state == *over,
        };
        ensure(allowed, || format!("I7: {} was {before:?} and is {}", order.no, order.state))?;
        *before = Some(order.state);
    }
    for (before, payment) in payments.iter_mut().zip(&family.payments) {
        let allowed = before.is_none_or(|before| payment.state >= before);
        ensure(allowed, || format!("I7: {} was {before:?} and is {}", payment.no, payment.state))?;
        *before = Some(payment.state);
    }
    for (before, refund) in refunds.iter_mut().zip(&family.refunds) {
        let allowed = before.is_none_or(|before| before == refund.state || rank(refund.state) > rank(before));
        ensure(allowed, || format!("I7: {} was {before:?} and is {}", refund.no(), refund.state))?;
        *before = Some(refund.state);
    }
    Ok(())
}

const fn rank(state: RefundState) -> u8 {
    match state {
        RefundState::Reserved => 0,
        RefundState::Sent => 1,
        RefundState::Processing => 2,
        RefundState::Abnormal => 3,
        RefundState::Done | RefundState::Closed | RefundState::Rejected | RefundState::Returned => 4,
    }
}

/// I11: an amount that is split is the sum of its parts, over weights and over the months of a line.
pub(crate) fn shares(family: &Family, defect: Option<Defect>, pick: u16) -> Law {
    const MONTHS: [Date; 5] =
        [date(2026, 9, 7), date(2026, 9, 14), date(2026, 10, 12), date(2026, 11, 2), date(2027, 1, 4)];
    let weights = [u32::from(pick & 7), u32::from(pick >> 3 & 7), u32::from(pick >> 6 & 7), 1];
    for order in &family.record.orders {
        let parts = split(order.total, &weights, defect);
        let sum: i64 = parts.iter().map(|part| part.fen()).sum();
        ensure(sum == order.total.fen(), || format!("I11: {} split by {weights:?} is {sum}", order.total))?;
        for line in &order.lines {
            let left = line.amount.without(line.given_back.total());
            let months = by_month(&line.sold(), &line.given_back, &MONTHS[..usize::from(pick % 6)], MONTHS[0]);
            let sum: i64 = months.iter().map(|part| part.tuition.fen() + part.fees.fen()).sum();
            ensure(sum == left.fen(), || format!("I11: {left} of {} over months is {sum}", line.course))?;
        }
    }
    Ok(())
}

fn split(amount: Money, weights: &[u32], defect: Option<Defect>) -> Vec<Money> {
    if defect != Some(Defect::PartsRounded) {
        return amount.split(weights);
    }
    let all: u32 = weights.iter().sum();
    let part = |weight: &u32| (amount.fen() * i64::from(*weight) + i64::from(all) / 2) / i64::from(all);
    weights.iter().map(|weight| Money::from_fen(part(weight))).collect()
}

/// I8: whatever the order in which the letters that are on their way arrive, and however often, the same comes of them.
pub(crate) fn any_order(world: &World, who: usize, random: &mut Rng) -> Law {
    let letters = world.clone().place(who).family.mail.clone();
    if letters.len() < 2 {
        return Ok(());
    }
    let mut told: Option<(Vec<Letter>, String)> = None;
    for _ in 0..2 {
        let mut order: Vec<Letter> = letters.iter().flat_map(|one| vec![one.clone(); random.usize(1..3)]).collect();
        random.shuffle(&mut order);
        let mut world = world.clone();
        let mut place = world.place(who);
        for letter in &order {
            place.read(letter);
            hold(&mut place)?;
        }
        let meaning = meaning(&place);
        if let Some((before, wanted)) = &told {
            ensure(meaning == *wanted, || format!("I8: {wanted} by {before:?}, {meaning} by {order:?}"))?;
        }
        told = Some((order, meaning));
    }
    Ok(())
}

/// What a family's books say, but for the numbers that what goes back anew got. Where two payments wait to pay one order,
/// which of them does is whoever is heard of first.
fn meaning(place: &Place<'_>) -> String {
    let family = &*place.family;
    let orders: Vec<_> = family.record.orders.iter().map(|order| (order.state, order.attempt_open)).collect();
    let of_order = |order: usize| {
        let no = &family.record.orders[order].no;
        family.payments.iter().filter(|payment| payment.no.order() == *no && payment.state == PaymentState::Succeeded)
    };
    let alone = (0..orders.len()).all(|order| of_order(order).count() < 2);
    let mut refunds: Vec<_> = family
        .refunds
        .iter()
        .map(|refund| {
            (
                alone.then_some(refund.payment.as_str()),
                refund.retry_of,
                refund.amount.fen(),
                refund.state as u8,
                refund.trouble.map(|trouble| trouble as u8),
                refund.ended_at,
            )
        })
        .collect();
    refunds.sort_unstable();
    let payments: Vec<_> = family
        .payments
        .iter()
        .filter(|_| alone)
        .map(|payment| (payment.state, payment.refund_reserved, payment.paid.as_ref().map(|paid| paid.counted)))
        .collect();
    format!("{orders:?} {payments:?} {refunds:?} {:?} {:?}", Accounts::of(family), place.seats)
}

/// I9 and I6: once everything has been healed, our books are the providers', and healing again changes nothing.
pub(crate) fn healed(world: &mut World) -> Law {
    heal(world)?;
    for school in &world.schools {
        let mut clearing = 0;
        for family in &school.families {
            clearing += Accounts::of(family).clearing.iter().sum::<i64>();
            as_theirs(family)?;
            verified(family)?;
        }
        let theirs: i64 = school.families.iter().map(balance).sum();
        ensure(clearing == theirs, || format!("I6: {clearing} on the clearing accounts, {theirs} at the providers"))?;
    }
    let mut again = world.clone();
    heal(&mut again)?;
    again.now = world.now;
    ensure(again == *world, || "I9: healing again changes something".to_owned())
}

/// What the providers hold of ours.
fn balance(family: &Family) -> i64 {
    let paid =
        family.payments.iter().zip(&family.theirs).filter(|(_, theirs)| matches!(theirs.there, There::Paid { .. }));
    let paid: i64 = paid.map(|(payment, _)| payment.amount.fen()).sum();
    let refunds = family.refunds.iter().zip(&family.their_refunds);
    let back = refunds.filter(|(_, theirs)| matches!(theirs, Some((Status::Done, _))));
    paid - back.map(|(refund, _)| refund.amount.fen()).sum::<i64>()
}

fn as_theirs(family: &Family) -> Law {
    for order in &family.record.orders {
        let waits = matches!(order.state, OrderState::Pending | OrderState::Closing);
        ensure(!waits, || format!("I9: {} is {} for ever", order.no, order.state))?;
    }
    for (payment, theirs) in family.payments.iter().zip(&family.theirs) {
        let same = match theirs.there {
            There::Paid { .. } => payment.state == PaymentState::Succeeded,
            There::Nowhere | There::Closed => payment.state == PaymentState::Closed,
            There::Open { .. } => false,
        };
        ensure(same, || format!("I9: {} is {} here and {:?} there", payment.no, payment.state, theirs.there))?;
    }
    for (refund, theirs) in family.refunds.iter().zip(&family.their_refunds) {
        let same = match theirs.map(|(status, _)| status) {
            Some(Status::Done) => matches!(refund.state, RefundState::Done | RefundState::Returned),
            Some(Status::Closed) => refund.state == RefundState::Closed,
            Some(Status::Processing | Status::Abnormal) => false,
            None => matches!(refund.state, RefundState::Reserved | RefundState::Rejected | RefundState::Returned),
        };
        ensure(same, || format!("I9: {} is {} here and {theirs:?} there", refund.no(), refund.state))?;
    }
    Ok(())
}

/// The sweeper, the payout and the bills come by until nothing changes any more. No letter arrives, and the providers
/// come to an end with what they have.
fn heal(world: &mut World) -> Law {
    for _ in 0..60 {
        world.now = crate::acts::hours_later(world.now);
        let mut quiet = true;
        for who in 0..4 {
            let mut place = world.place(who);
            let before = place.family.clone();
            heal_once(&mut place)?;
            hold(&mut place)?;
            // A deadline that was put off is waited for.
            let waits = place.family.record.orders.iter().any(|order| order.state == OrderState::Pending);
            quiet &= before == *place.family && !waits;
        }
        if quiet {
            return Ok(());
        }
    }
    Err("I9: healing comes to no end".to_owned())
}

fn heal_once(place: &mut Place<'_>) -> Law {
    place.family.mail.clear();
    place.family.theirs.iter_mut().for_each(|theirs| theirs.creates.clear());
    for at in 0..place.family.record.orders.len() {
        domain::order::expire(&mut place.family.record.orders[at], place.now);
        place.end_order(at, true);
    }
    for at in 0..place.family.payments.len() {
        let due = place.family.payments[at].due().is_some_and(|due| due <= place.now);
        // What the bill says is paid is asked about, whatever we think of it.
        let billed = place.family.evidence(at, Source::Bill).is_some() && place.defect != Some(Defect::ClosedForGood);
        if due || billed {
            place.ask(at);
        }
    }
    for at in 0..place.family.refunds.len() {
        if matches!(place.family.their_refunds[at], Some((Status::Processing | Status::Abnormal, _))) {
            place.go_on(at, 2);
            place.family.mail.clear();
        }
        if place.family.refunds[at].state == RefundState::Reserved {
            place.send_refund(at, true, true, false)?;
        }
        place.ask_refund(at)?;
    }
    Ok(())
}
