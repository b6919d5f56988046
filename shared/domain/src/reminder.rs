//! Reminder (缴费提醒): the school asks a family to pay an order while its seats are still held. S33.3.
//!
//! It stands at the order, where the guardians read it with what is to be paid and until when.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Kind, Pointed};
use crate::record::{Order, OrderState};
use crate::time::Moment;

/// Hours between two reminders of one order: more often is a nuisance.
pub const PAUSE_HOURS: i64 = 6;

/// Minutes within which the same words are the same request, sent once more.
const REPEAT_MINUTES: i64 = 2;

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
    let times = match &order.reminder {
        Some(last) if now < last.at.plus_minutes(REPEAT_MINUTES) && last.words == words => return Ok(false),
        Some(last) if now < last.at.plus_minutes(PAUSE_HOURS.saturating_mul(60)) => {
            return Err(RemindError::TooSoon { at: last.at });
        }
        Some(last) => last.times,
        None => 0,
    };
    if times >= MOST_REMINDERS {
        return Err(RemindError::TooOften);
    }
    order.reminder = Some(Reminder { words, at: now, times: times.saturating_add(1) });
    Ok(true)
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
        Order {
            no: "20261-7K3M9Q2XAB-01".parse().unwrap(),
            state,
            guardian: "0000000001".parse().unwrap(),
            placed_at: NOW,
            deadline: NOW.plus_minutes(3 * 24 * 60),
            lines: Vec::new(),
            total: Money::from_fen(40_000),
            request: RequestMark { key: "k".to_owned(), body: "b".to_owned() },
            snapshot: String::new(),
            archived: false,
            attempts: 0,
            attempt_open: false,
            ending: None,
            paid: None,
            extension: None,
            reminder: None,
            continues: None,
            merged_into: None,
            listed: String::new(),
            rules: crate::refund::sets::RulesRef::default(),
        }
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
