//! Reminder (缴费提醒): the school asks a family to pay an order while its seats are still held. S33.3.
//!
//! It stands at the order, where the guardians read it with what is to be paid and until when. A term may have each order
//! reminded of by itself, once, some hours before its deadline.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::record::{Order, OrderState};
use crate::time::Moment;

/// Hours between two reminders of one order: more often is a nuisance.
pub const PAUSE_HOURS: i64 = 6;

/// Minutes within which the same words are the same request, sent once more.
const REPEAT_MINUTES: i64 = 2;

/// Hours before the deadline at which a term may have orders reminded of, at most: a week.
pub const MOST_HOURS: u16 = 168;

/// Reminders of one order.
pub const MOST_REMINDERS: u8 = 10;

/// Longest words of a school, in characters.
pub const WORDS_LETTERS: usize = 100;

/// That a family was asked to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// What the school has to say, the last time.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// When that was.
    #[serde(rename = "at")]
    pub at: Moment,
    /// How often it was.
    #[serde(rename = "n")]
    pub times: u8,
    /// Whether the one before the deadline has been.
    #[serde(rename = "au", default, skip_serializing_if = "std::ops::Not::not")]
    pub by_itself: bool,
}

/// Why nobody is reminded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case", prefix = "reminder/")]
pub enum RemindError {
    /// It is paid.
    #[error("订单已支付,无需提醒")]
    PaidAlready,
    /// It ends or has ended: it cannot be paid any more.
    #[error("订单正在关闭或已结束,不能再缴费,无需提醒")]
    NotWaiting,
    /// Less than [`PAUSE_HOURS`] after the last one.
    #[error("{at} 已提醒过,请在 {PAUSE_HOURS} 小时后再提醒,或先设置缴费延期")]
    TooSoon {
        /// When the last one was.
        at: Moment,
    },
    /// More often than [`MOST_REMINDERS`].
    #[error("该订单已提醒 {MOST_REMINDERS} 次,请电话联系家长")]
    TooOften,
    /// Words that are too long.
    #[error("提醒内容不超过 {WORDS_LETTERS} 个字,请缩短后再发送")]
    WordsUnusable,
}

impl Fault for RemindError {
    fn kind(&self) -> Kind {
        match self {
            Self::WordsUnusable => Kind::Invalid,
            Self::PaidAlready | Self::NotWaiting | Self::TooSoon { .. } | Self::TooOften => Kind::Refused,
        }
    }

    fn slug(&self) -> &'static str {
        self.into()
    }

    fn pointed(&self) -> Vec<Pointed> {
        match self {
            Self::WordsUnusable => vec![Pointed { pointer: "/words".to_owned(), detail: self.to_string() }],
            Self::PaidAlready | Self::NotWaiting | Self::TooSoon { .. } | Self::TooOften => Vec::new(),
        }
    }
}

/// The words of a reminder as they are kept; none when there are none.
pub fn read_words(words: Option<&str>) -> Result<Option<String>, RemindError> {
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    if words.is_some_and(|words| words.chars().count() > WORDS_LETTERS) {
        return Err(RemindError::WordsUnusable);
    }
    Ok(words.map(str::to_owned))
}

/// Reminds of an order. True when it was; one that has just been, with these very words, stays as it is, so that asking
/// twice is asking once.
pub fn remind(order: &mut Order, words: Option<&str>, now: Moment) -> Result<bool, RemindError> {
    let words = read_words(words)?;
    match order.state {
        OrderState::Paid => return Err(RemindError::PaidAlready),
        OrderState::Closing | OrderState::Expired | OrderState::Cancelled => return Err(RemindError::NotWaiting),
        // The sweeper has not come to it yet.
        OrderState::Pending if order.deadline <= now => return Err(RemindError::NotWaiting),
        OrderState::Pending => {}
    }
    let (times, by_itself) = match &order.reminder {
        Some(last) if now < last.at.plus_minutes(REPEAT_MINUTES) && last.words == words => return Ok(false),
        Some(last) if now < last.at.plus_minutes(PAUSE_HOURS.saturating_mul(60)) => {
            return Err(RemindError::TooSoon { at: last.at });
        }
        Some(last) => (last.times, last.by_itself),
        None => (0, false),
    };
    if times >= MOST_REMINDERS {
        return Err(RemindError::TooOften);
    }
    order.reminder = Some(Reminder { words, at: now, times: times.saturating_add(1), by_itself });
    Ok(true)
}

impl Order {
    /// When its family is reminded by itself. None: it has been, its term does not want it, or the order is held so briefly
    /// that who placed it still has it in mind.
    pub fn remind_at(&self) -> Option<Moment> {
        let minutes = i64::from(self.remind_hours?).saturating_mul(60);
        let at = self.deadline.plus_minutes(minutes.saturating_neg());
        let has_been = self.reminder.as_ref().is_some_and(|reminder| reminder.by_itself);
        let waits = self.state == OrderState::Pending && !has_been;
        (waits && at >= self.placed_at.plus_minutes(PAUSE_HOURS.saturating_mul(60))).then_some(at)
    }
}

/// Reminds of an order whose deadline comes near, in the school's last words if there are any. True when the order is
/// changed: a family that the school has just reminded, or too often, is left in peace, and the order remembers that its
/// turn has been.
pub fn remind_in_time(order: &mut Order, now: Moment) -> bool {
    if order.remind_at().is_none_or(|at| now < at) {
        return false;
    }
    let words = order.reminder.as_ref().and_then(|reminder| reminder.words.clone());
    match remind(order, words.as_deref(), now) {
        Ok(_) | Err(RemindError::TooSoon { .. } | RemindError::TooOften) => {}
        Err(RemindError::PaidAlready | RemindError::NotWaiting | RemindError::WordsUnusable) => return false,
    }
    if let Some(reminder) = &mut order.reminder {
        reminder.by_itself = true;
    }
    true
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
        Order { state, deadline: NOW.plus_minutes(3 * 24 * 60), ..next }
    }

    #[test]
    fn s33_3_only_an_order_that_can_be_paid_is_reminded_of() {
        let mut waiting = order(OrderState::Pending);
        assert_eq!(remind(&mut waiting, Some(" 请于周五前缴费 "), NOW), Ok(true));
        let words = waiting.reminder.as_ref().and_then(|reminder| reminder.words.as_deref());
        assert_eq!(words, Some("请于周五前缴费"));
        assert_eq!(
            remind(&mut order(OrderState::Pending), None, NOW.plus_minutes(3 * 24 * 60)),
            Err(RemindError::NotWaiting)
        );
        for (state, error) in [
            (OrderState::Paid, RemindError::PaidAlready),
            (OrderState::Closing, RemindError::NotWaiting),
            (OrderState::Expired, RemindError::NotWaiting),
            (OrderState::Cancelled, RemindError::NotWaiting),
        ] {
            let mut ended = order(state);
            assert_eq!(remind(&mut ended, None, NOW), Err(error));
            assert_eq!(ended, order(state), "a refusal leaves nothing behind");
        }
    }

    #[test]
    fn s33_3_words_are_short_and_may_be_left_out() {
        let mut order = order(OrderState::Pending);
        assert_eq!(remind(&mut order, Some(&"催".repeat(101)), NOW), Err(RemindError::WordsUnusable));
        assert_eq!(RemindError::WordsUnusable.pointed()[0].pointer, "/words");
        assert_eq!(remind(&mut order, Some("  "), NOW), Ok(true));
        assert_eq!(order.reminder.as_ref().map(|reminder| (reminder.words.clone(), reminder.times)), Some((None, 1)));
        assert_eq!(remind(&mut order, None, NOW), Ok(false), "asking twice is asking once");
    }

    /// An order of three days whose family is reminded a day before.
    fn of_a_day_before() -> Order {
        Order { remind_hours: Some(24), ..order(OrderState::Pending) }
    }

    const DAY_BEFORE: Moment = NOW.plus_minutes(2 * 24 * 60);

    #[test]
    fn s33_3_a_family_is_reminded_once_before_the_deadline() {
        let mut order = of_a_day_before();
        assert_eq!(order.remind_at(), Some(DAY_BEFORE));
        assert!(!remind_in_time(&mut order, DAY_BEFORE.plus_seconds(-1)), "not yet");
        assert!(remind_in_time(&mut order, DAY_BEFORE));
        let reminder = order.reminder.clone().unwrap();
        assert_eq!((reminder.times, reminder.at, reminder.by_itself), (1, DAY_BEFORE, true));
        assert!(!remind_in_time(&mut order, DAY_BEFORE.plus_minutes(60)), "once");
        order.deadline = order.deadline.plus_minutes(2 * 24 * 60);
        assert_eq!(order.remind_at(), None, "though the deadline is put off");
        assert_eq!(remind(&mut order, Some("请尽快缴费"), DAY_BEFORE.plus_minutes(12 * 60)), Ok(true));
        assert_eq!(order.remind_at(), None, "nor when the school reminds as well");
    }

    #[test]
    fn s33_3_nobody_is_reminded_of_what_is_held_for_minutes_or_waits_no_more() {
        let held = |minutes| Order { deadline: NOW.plus_minutes(minutes), ..of_a_day_before() };
        assert_eq!(held(15).remind_at(), None);
        assert_eq!(held(30 * 60 - 1).remind_at(), None, "its reminder would come within six hours");
        assert_eq!(held(30 * 60).remind_at(), Some(NOW.plus_minutes(6 * 60)));
        assert_eq!(order(OrderState::Pending).remind_at(), None, "the term does not want it");
        for state in [OrderState::Paid, OrderState::Closing, OrderState::Expired, OrderState::Cancelled] {
            let mut ended = Order { state, ..of_a_day_before() };
            assert!(ended.remind_at().is_none() && !remind_in_time(&mut ended, DAY_BEFORE));
        }
        let (mut over, deadline) = (of_a_day_before(), NOW.plus_minutes(3 * 24 * 60));
        assert!(!remind_in_time(&mut over, deadline), "the sweeper comes to end it");
    }

    #[test]
    fn s33_3_who_was_just_reminded_is_left_in_peace_and_the_turn_has_been() {
        let mut order = of_a_day_before();
        assert_eq!(remind(&mut order, Some("请于周五前缴费"), DAY_BEFORE.plus_minutes(-60)), Ok(true));
        assert!(remind_in_time(&mut order, DAY_BEFORE));
        let reminder = order.reminder.clone().unwrap();
        assert_eq!((reminder.times, reminder.at, reminder.by_itself), (1, DAY_BEFORE.plus_minutes(-60), true));
        let mut order = of_a_day_before();
        assert_eq!(remind(&mut order, Some("请于周五前缴费"), NOW), Ok(true));
        assert!(remind_in_time(&mut order, DAY_BEFORE));
        let reminder = order.reminder.clone().unwrap();
        assert_eq!((reminder.times, reminder.words.as_deref()), (2, Some("请于周五前缴费")), "the school's words stay");
    }

    proptest! {
        #[test]
        fn s33_3_a_family_is_left_in_peace_between_and_after(waits in prop::collection::vec(0i64..12 * 60, 1..40)) {
            let record = TermRecord::new(
                "7K3M9Q2XAB".parse().unwrap(), "2026-2027-1".parse().unwrap(), "3144200101".parse().unwrap(),
            );
            let mut order = Order { deadline: NOW.plus_minutes(60 * 24 * 60), ..order(OrderState::Pending) };
            let (snapshot, mut now, mut sent) = (Snapshot::of_order(&record, &order), NOW, Vec::<Moment>::new());
            for wait in waits {
                now = now.plus_minutes(wait + 1);
                if remind(&mut order, None, now) == Ok(true) {
                    if let Some(last) = sent.last() {
                        prop_assert!(now >= last.plus_minutes(PAUSE_HOURS * 60));
                    }
                    sent.push(now);
                }
            }
            prop_assert!(sent.len() <= usize::from(MOST_REMINDERS));
            prop_assert_eq!(order.reminder.as_ref().map_or(0, |reminder| usize::from(reminder.times)), sent.len());
            prop_assert_eq!(Snapshot::of_order(&record, &order), snapshot, "what was sold is what was sold");
        }
    }
}
