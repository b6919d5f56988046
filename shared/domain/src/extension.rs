//! Extension (缴费延期): the school puts off the deadline of an order that waits to be paid. S33.4.
//!
//! The pupil's record holds the seats meanwhile, whatever the ledger's stamps say ([`crate::seat::judge`]). A payment
//! that is open at the provider keeps the last moment it was told; [`crate::order::pay`] replaces it when it is over.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::record::{Order, OrderState};
use crate::time::Moment;

/// The longest time from now to the new deadline: seats that nobody pays for are kept from others.
pub const LONGEST_DAYS: i64 = 30;

/// Times the deadline of one order may be put off.
pub const MOST_EXTENSIONS: u8 = 5;

/// Longest reason, in characters.
pub const REASON_LETTERS: usize = 100;

/// That a deadline was put off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The deadline as the order was submitted with: its snapshot speaks of it for ever.
    #[serde(rename = "til")]
    pub submitted: Moment,
    /// Why it was put off, the last time.
    #[serde(rename = "r")]
    pub reason: String,
    /// When that was.
    #[serde(rename = "at")]
    pub at: Moment,
    /// How often it was.
    #[serde(rename = "n")]
    pub times: u8,
}

/// Why a deadline cannot be put off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "extension/")]
pub enum ExtendError {
    /// It is paid.
    #[error("订单已支付,无需延期")]
    PaidAlready,
    /// It ends or has ended: its seats are free, or about to be.
    #[error("订单正在关闭或已结束,不能延期,请让家长重新选课")]
    NotWaiting,
    /// Not later than it is.
    #[error("延期后的缴费截止时间应晚于原截止时间 {deadline},请重新填写")]
    NotLater {
        /// The deadline as it is.
        deadline: Moment,
    },
    /// Further away than [`LONGEST_DAYS`].
    #[error("延期后的缴费截止时间最多为 {LONGEST_DAYS} 天之后,请重新填写")]
    TooFar,
    /// More often than [`MOST_EXTENSIONS`].
    #[error("该订单已延期 {MOST_EXTENSIONS} 次,不能再延期,请让家长尽快缴费或取消订单")]
    TooOften,
    /// No reason, or one that is too long.
    #[error("请填写延期原因,不超过 {REASON_LETTERS} 个字")]
    ReasonUnusable,
}

impl Fault for ExtendError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooFar | Self::ReasonUnusable => Kind::Invalid,
            Self::PaidAlready | Self::NotWaiting | Self::NotLater { .. } | Self::TooOften => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        let pointer = match self {
            Self::TooFar => "/until",
            Self::ReasonUnusable => "/reason",
            Self::PaidAlready | Self::NotWaiting | Self::NotLater { .. } | Self::TooOften => return Vec::new(),
        };
        vec![Pointed { pointer: pointer.to_owned(), detail: self.to_string() }]
    }
}

/// A new deadline and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The new deadline.
    pub until: Moment,
    /// Why.
    pub reason: String,
}

impl Wanted {
    /// Whether it can be wanted of any order.
    pub fn check(&self, now: Moment) -> Result<(), ExtendError> {
        if self.until > now.plus_minutes(LONGEST_DAYS.saturating_mul(24 * 60)) {
            return Err(ExtendError::TooFar);
        }
        let letters = self.reason.trim().chars().count();
        if letters == 0 || letters > REASON_LETTERS { Err(ExtendError::ReasonUnusable) } else { Ok(()) }
    }
}

/// Puts the deadline of an order off. True when it was; an order that has this very deadline stays as it is, so that
/// asking twice is asking once.
pub fn extend(order: &mut Order, wanted: &Wanted, now: Moment) -> Result<bool, ExtendError> {
    wanted.check(now)?;
    match order.state {
        OrderState::Paid => return Err(ExtendError::PaidAlready),
        // Race of payments: the provider may be closing the payment at this moment, and the seats go with it.
        OrderState::Closing | OrderState::Expired | OrderState::Cancelled => return Err(ExtendError::NotWaiting),
        OrderState::Pending => {}
    }
    if order.extension.is_some() && order.deadline == wanted.until {
        return Ok(false);
    }
    if wanted.until <= order.deadline.max(now) {
        return Err(ExtendError::NotLater { deadline: order.deadline });
    }
    let (submitted, times) = (order.submitted_deadline(), order.extension.as_ref().map_or(0, |before| before.times));
    if times >= MOST_EXTENSIONS {
        return Err(ExtendError::TooOften);
    }
    order.deadline = wanted.until;
    let reason = wanted.reason.trim().to_owned();
    order.extension = Some(Extension { submitted, reason, at: now, times: times.saturating_add(1) });
    Ok(true)
}

impl Order {
    /// The deadline it was submitted with.
    pub fn submitted_deadline(&self) -> Moment {
        self.extension.as_ref().map_or(self.deadline, |extension| extension.submitted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Money;
    use crate::record::{RequestMark, TermRecord};
    use crate::snapshot::Snapshot;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn order(state: OrderState) -> Order {
        let (student, term) = ("7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap());
        let record = TermRecord::new(student, term, "3144200101".parse().unwrap());
        let request = RequestMark { key: "k".to_owned(), body: "b".to_owned() };
        let bought = (Vec::new(), Money::from_fen(40_000));
        let next = record.next_order("0000000001".parse().unwrap(), bought, request, NOW);
        Order { state, deadline: NOW.plus_minutes(15), ..next }
    }

    fn until(minutes: i64) -> Wanted {
        Wanted { until: NOW.plus_minutes(minutes), reason: " 家长反映银行卡限额 ".to_owned() }
    }

    #[test]
    fn s33_4_only_an_order_that_waits_is_put_off() {
        let mut waiting = order(OrderState::Pending);
        assert_eq!(extend(&mut waiting, &until(60), NOW), Ok(true));
        assert_eq!(waiting.deadline, NOW.plus_minutes(60));
        assert_eq!(waiting.extension.as_ref().map(|extension| extension.reason.as_str()), Some("家长反映银行卡限额"));
        for (state, error) in [
            (OrderState::Paid, ExtendError::PaidAlready),
            (OrderState::Closing, ExtendError::NotWaiting),
            (OrderState::Expired, ExtendError::NotWaiting),
            (OrderState::Cancelled, ExtendError::NotWaiting),
        ] {
            let mut ended = order(state);
            assert_eq!(extend(&mut ended, &until(60), NOW), Err(error));
            assert_eq!(ended, order(state), "a refusal leaves nothing behind");
        }
    }

    #[test]
    fn s33_4_a_new_deadline_is_later_within_bounds_and_has_a_reason() {
        let mut order = order(OrderState::Pending);
        let deadline = order.deadline;
        assert_eq!(extend(&mut order, &until(15), NOW), Err(ExtendError::NotLater { deadline }));
        assert_eq!(extend(&mut order, &until(30 * 24 * 60 + 1), NOW), Err(ExtendError::TooFar));
        for reason in ["", "  ", &"长".repeat(101)] {
            let wanted = Wanted { reason: reason.to_owned(), ..until(60) };
            assert_eq!(extend(&mut order, &wanted, NOW), Err(ExtendError::ReasonUnusable));
        }
        assert_eq!(extend(&mut order, &until(60), NOW), Ok(true));
        assert_eq!(extend(&mut order, &until(60), NOW), Ok(false), "asking twice is asking once");
        for minutes in [70, 80, 90, 100] {
            assert_eq!(extend(&mut order, &until(minutes), NOW), Ok(true));
        }
        assert_eq!(extend(&mut order, &until(110), NOW), Err(ExtendError::TooOften));
    }

    proptest! {
        #[test]
        fn s33_4_p2_5_the_snapshot_stays_what_it_was(minutes in prop::collection::vec(1i64..50_000, 1..8)) {
            let record = TermRecord::new(
                "7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap(), "3144200101".parse().unwrap(),
            );
            let mut order = order(OrderState::Pending);
            let before = Snapshot::of_order(&record, &order);
            for minutes in minutes {
                let deadline = order.deadline;
                let put_off = extend(&mut order, &until(minutes), NOW) == Ok(true);
                prop_assert!(order.deadline > deadline || !put_off && order.deadline == deadline);
            }
            prop_assert_eq!(Snapshot::of_order(&record, &order), before);
        }
    }
}
