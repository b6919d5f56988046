//! Paying, cancelling and ending an order (订单). P6 S33.

use crate::fault::{Fault, Kind, Pointed};
use crate::id::{OrderNo, PaymentNo};
use crate::payment::{Channel, CloseAnswer, Evidence, Paid, PayMethod, Payment, PaymentState};
use crate::record::{Ending, Order, OrderState, TermRecord};
use crate::refund::{Refund, RefundReason};
use crate::seat::Seat;
use crate::snapshot::Snapshot;
use crate::time::Moment;

/// In the last seconds before its deadline no new payment is begun: the provider needs a minute, and closing another.
pub const PAY_MARGIN_SECONDS: i64 = 120;

/// The provider is told to stop taking money this long before the seats are released.
pub const EXPIRE_MARGIN_SECONDS: i64 = 60;

/// An attempt lasts at most so long, however far away the deadline was put off: providers keep none for weeks.
pub const ATTEMPT_HOURS: i64 = 24;

/// Longest number of a payer at a provider.
const OPENID_LETTERS: usize = 128;

/// Attempts an order may have.
pub const ATTEMPTS: u8 = 20;

/// Why an order cannot be paid now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "order/")]
pub enum PayError {
    /// It is paid.
    #[error("订单已支付,无需重复支付")]
    AlreadyPaid,
    /// Its seats are released, or about to be.
    #[error("订单已超过支付时间,名额已释放或即将释放,请重新选课")]
    PaymentTimeOver,
    /// Another attempt with another method is open.
    #[error("该订单正以其他方式支付,请先完成或等待其关闭后再试")]
    AnotherAttemptOpen,
    /// The provider has no such checkout.
    #[error("所选支付通道没有这种支付方式,请更换支付方式或支付通道")]
    MethodNotOffered,
    /// The school cannot receive money by this channel yet.
    #[error("学校尚未开通该支付通道,请联系学校")]
    ChannelNotOpened,
    /// In-WeChat methods need the payer's openid, in a form that can be one.
    #[error("微信内支付需要提供付款人标识 payer")]
    PayerMissing,
    /// The provider said no, for good.
    #[error("支付通道未受理本次支付,请稍后重试或更换支付方式")]
    ChannelRefused,
    /// More than [`ATTEMPTS`].
    #[error("支付尝试次数过多,请取消订单后重新选课")]
    TooManyAttempts,
}

impl Fault for PayError {
    fn kind(&self) -> Kind {
        if matches!(self, Self::PayerMissing | Self::MethodNotOffered) { Kind::Invalid } else { Kind::Refused }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::PayerMissing => vec![Pointed { pointer: "/payer".to_owned(), detail: self.to_string() }],
            Self::MethodNotOffered => vec![Pointed { pointer: "/method".to_owned(), detail: self.to_string() }],
            Self::AlreadyPaid
            | Self::PaymentTimeOver
            | Self::AnotherAttemptOpen
            | Self::ChannelNotOpened
            | Self::ChannelRefused
            | Self::TooManyAttempts => Vec::new(),
        }
    }
}

/// How the guardian wants to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayRequest {
    /// The provider.
    pub channel: Channel,
    /// The checkout.
    pub method: PayMethod,
    /// The payer's openid.
    pub payer: Option<String>,
    /// The payer's address.
    pub payer_ip: Option<String>,
    /// The school's merchant number at the provider, if it has one.
    pub sub_merchant: Option<String>,
}

/// What paying comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paying {
    /// The open attempt is the same: send it again under its number.
    Again(PaymentNo),
    /// A new attempt, written into the record and to be written as a payment.
    Begin(Box<Payment>),
}

/// Decides how an order is paid; a new attempt is entered into `record`. P6.1 P6.2.
pub fn pay(
    record: &mut TermRecord,
    no: &OrderNo,
    open: Option<&Payment>,
    request: PayRequest,
    now: Moment,
) -> Result<Paying, PayError> {
    let school = record.school.clone();
    let Some(order) = record.order_mut(no) else { return Err(PayError::PaymentTimeOver) };
    match order.state {
        OrderState::Paid => return Err(PayError::AlreadyPaid),
        OrderState::Closing | OrderState::Expired | OrderState::Cancelled => return Err(PayError::PaymentTimeOver),
        OrderState::Pending => {}
    }
    if now.plus_seconds(PAY_MARGIN_SECONDS) > order.deadline {
        return Err(PayError::PaymentTimeOver);
    }
    if !request.channel.offers(request.method) {
        return Err(PayError::MethodNotOffered);
    }
    let inside_wechat = matches!(request.method, PayMethod::Jsapi | PayMethod::MiniProgram);
    // Elsewhere nobody needs it, and it would make one request look like two.
    let payer = request.payer.filter(|_| inside_wechat);
    if inside_wechat && !payer.as_deref().is_some_and(is_openid) {
        return Err(PayError::PayerMissing);
    }
    if let Some(open) = open.filter(|_| order.attempt_open) {
        // The provider keeps the last moment it was told: after an extension an attempt may be over that the order is not.
        let lasts = now.plus_seconds(PAY_MARGIN_SECONDS - EXPIRE_MARGIN_SECONDS) <= open.expires_at;
        let same = lasts && open.channel == request.channel && open.method == request.method && open.payer == payer;
        return if same { Ok(Paying::Again(open.no.clone())) } else { Err(PayError::AnotherAttemptOpen) };
    }
    let sub_merchant = request.sub_merchant.ok_or(PayError::ChannelNotOpened)?;
    if order.attempts >= ATTEMPTS {
        return Err(PayError::TooManyAttempts);
    }
    order.attempts = order.attempts.saturating_add(1);
    order.attempt_open = true;
    Ok(Paying::Begin(Box::new(Payment {
        no: PaymentNo::new(no, order.attempts),
        school,
        channel: request.channel,
        method: request.method,
        sub_merchant,
        payer,
        payer_ip: request.payer_ip.filter(|_| request.method == PayMethod::H5),
        amount: order.total,
        state: PaymentState::Sent,
        sent_at: now,
        expires_at: order.deadline.plus_seconds(-EXPIRE_MARGIN_SECONDS).min(now.plus_minutes(ATTEMPT_HOURS * 60)),
        queries: 0,
        queried_at: None,
        paid: None,
        refund_reserved: crate::Money::ZERO,
        frozen: std::collections::BTreeSet::new(),
        refunds: 0,
    })))
}

/// Whether a text can be a payer's number at a provider: what surely is none would be refused there, too late for the
/// family to choose another way.
fn is_openid(text: &str) -> bool {
    (1..=OPENID_LETTERS).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

/// Why an order cannot be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "order/")]
pub enum CancelError {
    /// It is paid: that is a withdrawal with a refund.
    #[error("订单已支付,如需退出请办理退课")]
    PaidAlready,
    /// It asks for the next part of courses the pupil has: giving those up is a withdrawal.
    #[error("分期续缴订单不能取消;不再继续学习请在首期订单上办理退课")]
    OfCourses,
}

impl Fault for CancelError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn slug(&self) -> &'static str {
        self.into()
    }
}

/// The guardian gives up an order that is not paid. True when it was still waiting; ended ones stay as they are.
pub fn cancel(order: &mut Order) -> Result<bool, CancelError> {
    match order.state {
        OrderState::Paid => Err(CancelError::PaidAlready),
        OrderState::Pending if order.continues.is_some() => Err(CancelError::OfCourses),
        OrderState::Pending => {
            order.state = OrderState::Closing;
            order.ending = Some(Ending::Cancelled);
            Ok(true)
        }
        OrderState::Closing | OrderState::Expired | OrderState::Cancelled => Ok(false),
    }
}

/// Lets an order that has waited past its deadline begin to end. True when it was waiting.
pub fn expire(order: &mut Order, now: Moment) -> bool {
    let over = order.state == OrderState::Pending && order.deadline <= now;
    if over {
        order.state = OrderState::Closing;
        order.ending = Some(Ending::Expired);
    }
    over
}

/// Ends a closing order once its last attempt is surely closed; its seats are then free.
pub fn end(order: &mut Order) {
    if order.state == OrderState::Closing {
        order.state = match order.ending.take() {
            Some(Ending::Cancelled) => OrderState::Cancelled,
            Some(Ending::Expired) | None => OrderState::Expired,
        };
        order.attempt_open = false;
    }
}

/// What to do after a payment was told to close. R6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterClose {
    /// It is closed for good.
    Closed,
    /// It is paid: ask for the evidence and apply it.
    AskForEvidence,
    /// Nothing is sure: look again in a minute.
    Wait,
}

/// Reads the provider's answer to a close.
pub fn after_close(answer: CloseAnswer, payment: &Payment, now: Moment) -> AfterClose {
    match answer {
        CloseAnswer::Closed => AfterClose::Closed,
        CloseAnswer::Paid => AfterClose::AskForEvidence,
        CloseAnswer::Unknown if payment.surely_unknown(now) => AfterClose::Closed,
        // Of an unknown one a create may still be on its way, and would make a payment that can be paid.
        CloseAnswer::Paying | CloseAnswer::Unknown => AfterClose::Wait,
    }
}

/// Whether the order of a payment waits for it. One that nobody waits for is closed, so that it is not paid by mistake.
pub fn awaits(record: &TermRecord, no: &PaymentNo) -> bool {
    record.order(&no.order()).is_some_and(|order| order.open_attempt().as_ref() == Some(no))
}

/// Enters a success that pays the order; `seats` are those taken again for an order whose seats were released.
pub fn count(payment: &mut Payment, record: &mut TermRecord, evidence: &Evidence, seats: &[Seat]) {
    succeed(payment, evidence, true);
    if let Some(order) = record.order_mut(&payment.no.order()) {
        for (line, seat) in order.lines.iter_mut().zip(seats) {
            line.seat = *seat;
        }
        order.state = OrderState::Paid;
        order.ending = None;
        order.attempt_open = false;
        order.paid = Some((payment.no.clone(), evidence.paid_at));
    }
}

/// Enters a success that pays nothing: all of it is reserved to go back. R4.
pub fn give_back(
    payment: &mut Payment,
    record: &TermRecord,
    evidence: &Evidence,
    reason: RefundReason,
    now: Moment,
) -> Refund {
    succeed(payment, evidence, false);
    let payer = record.order(&payment.no.order()).map(|order| order.guardian.clone());
    Refund::whole(payment, payer, reason, now)
}

fn succeed(payment: &mut Payment, evidence: &Evidence, counted: bool) {
    payment.state = PaymentState::Succeeded;
    payment.paid = Some(Paid {
        transaction: evidence.transaction.clone(),
        at: evidence.paid_at,
        counted,
        source: evidence.source,
        snapshot: String::new(),
        message: None,
    });
    let hash = Snapshot::of_payment(payment).map(|snapshot| snapshot.hash).unwrap_or_default();
    if let Some(paid) = payment.paid.as_mut() {
        paid.snapshot = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{Wanted, extend};
    use crate::money::Money;
    use crate::record::RequestMark;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn record() -> TermRecord {
        let (student, term) = ("7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap());
        let mut record = TermRecord::new(student, term, "3144200101".parse().unwrap());
        record.orders.push(Order {
            deadline: NOW.plus_minutes(15),
            ..record.next_order(
                "0000000001".parse().unwrap(),
                (Vec::new(), Money::from_fen(40_000)),
                RequestMark { key: "k".to_owned(), body: "b".to_owned() },
                NOW,
            )
        });
        record
    }

    fn request(sub_merchant: Option<&str>) -> PayRequest {
        PayRequest {
            channel: Channel::Wechat,
            method: PayMethod::Native,
            payer: None,
            payer_ip: None,
            sub_merchant: sub_merchant.map(str::to_owned),
        }
    }

    fn begin(record: &mut TermRecord) -> Payment {
        let no = record.orders[0].no.clone();
        match pay(record, &no, None, request(Some("1900000201")), NOW) {
            Ok(Paying::Begin(payment)) => *payment,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn s33_5_money_goes_to_the_schools_own_merchant_or_is_not_taken() {
        let mut record = record();
        let no = record.orders[0].no.clone();
        assert_eq!(pay(&mut record, &no, None, request(None), NOW), Err(PayError::ChannelNotOpened));
        assert_eq!(record.orders[0].attempts, 0, "a refusal leaves nothing behind");
        let payment = begin(&mut record);
        assert_eq!((payment.sub_merchant.as_str(), payment.amount.fen()), ("1900000201", 40_000));
    }

    #[test]
    fn p6_2_the_provider_stops_taking_money_before_the_seats_are_released() {
        let mut record = record();
        let payment = begin(&mut record);
        let order = &record.orders[0];
        assert!(payment.expires_at < order.deadline);
        assert_eq!(order.open_attempt(), Some(payment.no));
        let (no, late) = (order.no.clone(), order.deadline.plus_seconds(1 - PAY_MARGIN_SECONDS));
        assert_eq!(pay(&mut record, &no, None, request(Some("1")), late), Err(PayError::PaymentTimeOver));
    }

    #[test]
    fn p6_2_the_open_attempt_is_used_again_and_another_way_has_to_wait() {
        let mut record = record();
        let open = begin(&mut record);
        let no = record.orders[0].no.clone();
        let again = pay(&mut record, &no, Some(&open), request(Some("1")), NOW);
        assert_eq!(again, Ok(Paying::Again(open.no.clone())));
        let other = PayRequest { method: PayMethod::H5, ..request(Some("1")) };
        assert_eq!(pay(&mut record, &no, Some(&open), other, NOW), Err(PayError::AnotherAttemptOpen));
    }

    #[test]
    fn p6_2_an_order_waits_for_its_open_attempt_alone() {
        let mut record = record();
        let first = begin(&mut record);
        assert!(awaits(&record, &first.no));
        record.orders[0].attempt_open = false;
        let second = begin(&mut record);
        assert!(!awaits(&record, &first.no) && awaits(&record, &second.no));
        end(&mut record.orders[0]);
        assert!(awaits(&record, &second.no), "it does not end while it waits");
        assert_eq!(cancel(&mut record.orders[0]), Ok(true));
        assert!(awaits(&record, &second.no), "whoever ends it closes the attempt");
        end(&mut record.orders[0]);
        assert!(!awaits(&record, &second.no));
    }

    #[test]
    fn p6_4_a_method_belongs_to_a_channel() {
        use PayMethod::{App, H5, Jsapi, MiniProgram, Native, Page, Wap};
        fn offers(channel: Channel, method: PayMethod) -> bool {
            let mut record = record();
            let no = record.orders[0].no.clone();
            let payer = Some("oFictive0001".to_owned());
            let request = PayRequest { channel, method, payer, ..request(Some("1")) };
            match pay(&mut record, &no, None, request, NOW) {
                Ok(Paying::Begin(payment)) => {
                    let inside_wechat = matches!(method, Jsapi | MiniProgram);
                    assert_eq!(payment.payer.is_some(), inside_wechat, "only there somebody needs it");
                    true
                }
                Err(PayError::MethodNotOffered) => false,
                other => panic!("{other:?}"),
            }
        }
        let of =
            |channel| [Jsapi, MiniProgram, Native, H5, Page, Wap, App].into_iter().filter(move |m| offers(channel, *m));
        assert_eq!(of(Channel::Wechat).collect::<Vec<_>>(), [Jsapi, MiniProgram, Native, H5]);
        assert_eq!(of(Channel::Alipay).collect::<Vec<_>>(), [Page, Wap, App]);
        assert_eq!(of(Channel::Chinaums).collect::<Vec<_>>(), [H5]);
        assert_eq!(PayError::MethodNotOffered.pointed()[0].pointer, "/method");
    }

    #[test]
    fn s33_4_an_attempt_that_is_over_at_the_provider_is_not_used_again_after_an_extension() {
        let mut record = record();
        let open = begin(&mut record);
        let no = record.orders[0].no.clone();
        let wanted = Wanted { until: NOW.plus_minutes(120), reason: "银行卡限额".to_owned() };
        assert_eq!(extend(&mut record.orders[0], &wanted, NOW), Ok(true));
        let mut at = |seconds: i64| {
            pay(&mut record, &no, Some(&open), request(Some("1")), open.expires_at.plus_seconds(seconds))
        };
        assert_eq!(at(-60), Ok(Paying::Again(open.no.clone())), "it can still be paid");
        assert_eq!(at(-59), Err(PayError::AnotherAttemptOpen), "it has to be closed, and another one begun");
        record.orders[0].attempt_open = false;
        let Ok(Paying::Begin(next)) = pay(&mut record, &no, None, request(Some("1")), open.expires_at) else {
            panic!("a new attempt");
        };
        assert_eq!((next.no.as_str(), next.expires_at), ("20261-7K3M9Q2XAB-01-2", NOW.plus_minutes(119)));
    }

    #[test]
    fn s33_4_an_attempt_lasts_a_day_however_far_away_the_deadline_is() {
        let mut record = record();
        let wanted = Wanted { until: NOW.plus_minutes(20 * 24 * 60), reason: "银行卡限额".to_owned() };
        assert_eq!(extend(&mut record.orders[0], &wanted, NOW), Ok(true));
        assert_eq!(begin(&mut record).expires_at, NOW.plus_minutes(ATTEMPT_HOURS * 60));
    }

    #[test]
    fn p6_3_an_order_ends_only_after_its_deadline_or_when_given_up() {
        let mut order = record().orders.remove(0);
        let deadline = order.deadline;
        assert!(!expire(&mut order, deadline.plus_seconds(-1)));
        assert!(expire(&mut order, deadline));
        end(&mut order);
        assert_eq!((order.state, order.has_seats()), (OrderState::Expired, false));
        let mut order = record().orders.remove(0);
        assert_eq!(cancel(&mut order), Ok(true));
        assert!(order.has_seats(), "until the provider has closed the payment");
        end(&mut order);
        assert_eq!((order.state, cancel(&mut order)), (OrderState::Cancelled, Ok(false)));
    }

    #[test]
    fn p6_3_an_unknown_payment_is_closed_only_when_no_create_can_be_on_its_way() {
        let payment = begin(&mut record());
        let at = |seconds| after_close(CloseAnswer::Unknown, &payment, payment.expires_at.plus_seconds(seconds));
        assert_eq!((at(0), at(180), at(181)), (AfterClose::Wait, AfterClose::Wait, AfterClose::Closed));
    }
}
