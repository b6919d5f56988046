//! Seats (名额): what a ledger entry means, and who is right when ledger and record differ. P1.
//!
//! A ledger maps pupils to stamps. A stamp says until when a claim stands without the pupil's record saying so; a
//! confirmed seat has the stamp zero. The record is the truth: an entry the record does not know is released once its
//! stamp has run out.

use serde::{Deserialize, Serialize};

use crate::id::CourseCode;
use crate::record::{OrderState, TermRecord};
use crate::time::Moment;

/// Seats of one ledger item: with them it stays within 1 KB, one write unit. Larger offerings have several.
pub const LEDGER_SEATS: u16 = 40;

/// Stamps count seconds from 2026-01-01T00:00:00Z, to stay short.
const STAMP_EPOCH: i64 = 1_767_225_600;

/// Below the seconds, a stamp has nine digits by which no two claims are alike.
const STAMP_NOISE: i64 = 1_000_000_000;

/// When a claim runs out, and which claim it is; zero is a confirmed seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(i64);

impl Stamp {
    /// A confirmed seat: it stays until it is given back.
    pub const CONFIRMED: Self = Self(0);

    /// A claim that stands until `deadline`; `random` tells it from every other claim of the same pupil.
    pub fn claim(deadline: Moment, random: u64) -> Self {
        let seconds = deadline.seconds().saturating_sub(STAMP_EPOCH).max(1);
        let noise = i64::try_from(random % STAMP_NOISE.unsigned_abs()).unwrap_or_default();
        Self(seconds.saturating_mul(STAMP_NOISE).saturating_add(noise))
    }

    /// The stamp as the ledger keeps it.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// A stamp the ledger kept.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// When the claim runs out; none for a confirmed seat.
    pub const fn deadline(self) -> Option<Moment> {
        if self.0 == 0 { None } else { Some(Moment::from_seconds(self.0 / STAMP_NOISE + STAMP_EPOCH)) }
    }
}

/// A seat as the pupil's record knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Which ledger item of the offering.
    #[serde(rename = "h")]
    pub ledger: u8,
    /// The claim.
    #[serde(rename = "s")]
    pub stamp: Stamp,
}

/// What must happen to a ledger entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is right; look again at this moment, if any.
    Keep(Option<Moment>),
    /// The pupil has paid: set the stamp to confirmed.
    Confirm,
    /// Nobody has this seat: give it back.
    Release,
}

/// Judges the ledger entry `(pupil of record, stamp)` in ledger item `ledger` of `course` by the pupil's record, which
/// must have been read after the entry.
pub fn judge(record: Option<&TermRecord>, course: &CourseCode, ledger: u8, stamp: Stamp, now: Moment) -> Fate {
    let known = record.and_then(|record| record.seat_in(course)).filter(|(_, line)| line.seat.ledger == ledger);
    match (known.map(|(order, _)| order), stamp.deadline()) {
        (Some(order), Some(_)) if order.state == OrderState::Paid => Fate::Confirm,
        (Some(order), _) if order.state == OrderState::Paid => Fate::Keep(None),
        // Held, or just being closed: the order's own end decides.
        (Some(order), _) => Fate::Keep(Some(order.deadline.max(now.plus_minutes(1)))),
        (None, Some(deadline)) if now < deadline => Fate::Keep(Some(deadline)),
        (None, _) => Fate::Release,
    }
}

/// Splits `capacity` seats over as few ledger items as hold them.
pub fn ledgers(capacity: u16) -> Vec<u16> {
    let count = capacity.div_ceil(LEDGER_SEATS).max(1);
    let (each, more) = (capacity / count, capacity % count);
    (0..count).map(|i| each.saturating_add(u16::from(i < more))).collect()
}

/// Splits `capacity` seats over the ledger items of an offering in which so many are taken: as evenly as those who sit
/// there allow. Items beyond [`ledgers`] keep what is taken in them and no more. None when more are taken.
pub fn spread(capacity: u16, taken: &[u16]) -> Option<Vec<u16>> {
    let even = ledgers(capacity);
    let mut free = taken.iter().try_fold(capacity, |free, taken| free.checked_sub(*taken))?;
    let mut parts = taken.to_vec();
    parts.resize(taken.len().max(even.len()), 0);
    for most in [even.as_slice(), &vec![LEDGER_SEATS; even.len()]] {
        for (part, most) in parts.iter_mut().zip(most) {
            let more = most.saturating_sub(*part).min(free);
            *part = part.saturating_add(more);
            free = free.saturating_sub(more);
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p1_seats_are_spread_around_those_who_sit() {
        assert_eq!(spread(60, &[]), Some(vec![30, 30]));
        assert_eq!(spread(60, &[40]), Some(vec![40, 20]), "a full class grows");
        assert_eq!(spread(40, &[20, 10]), Some(vec![30, 10]), "an item that is no longer needed keeps its pupils");
        assert_eq!(spread(30, &[31]), None);
        assert_eq!(spread(100, &[0, 40, 0]), Some(vec![34, 40, 26]));
        for capacity in 1..300u16 {
            for taken in [vec![], vec![1], vec![40], vec![40, 40], vec![0, 3, 40], vec![7, 0, 0, 0, 9]] {
                let sum: u16 = taken.iter().sum();
                let Some(parts) = spread(capacity, &taken) else {
                    assert!(sum > capacity);
                    continue;
                };
                assert_eq!(parts.iter().sum::<u16>(), capacity);
                assert!(parts.iter().all(|seats| *seats <= LEDGER_SEATS));
                assert!(parts.iter().zip(&taken).all(|(seats, taken)| seats >= taken));
                let needed = ledgers(capacity).len();
                assert!(parts.iter().skip(needed).eq(taken.iter().skip(needed)));
            }
        }
    }

    #[test]
    fn p1_a_stamp_gives_back_its_deadline() {
        let deadline = Moment::parse("2026-11-22T20:15:00+08:00").unwrap();
        let stamp = Stamp::claim(deadline, u64::MAX);
        assert_eq!(stamp.deadline(), Some(deadline));
        assert_ne!(stamp, Stamp::claim(deadline, 1));
        assert_eq!(Stamp::CONFIRMED.deadline(), None);
    }

    #[test]
    fn p1_an_unknown_claim_stands_until_its_deadline_only() {
        let (course, now) = ("K1".parse().unwrap(), Moment::from_seconds(1_800_000_000));
        let later = now.plus_minutes(5);
        let stamp = Stamp::claim(later, 7);
        assert_eq!(judge(None, &course, 0, stamp, now), Fate::Keep(Some(later)));
        assert_eq!(judge(None, &course, 0, stamp, later), Fate::Release);
        assert_eq!(judge(None, &course, 0, Stamp::CONFIRMED, now), Fate::Release);
    }

    #[test]
    fn ledgers_hold_all_seats() {
        for capacity in 1..500 {
            let parts = ledgers(capacity);
            assert_eq!(parts.iter().sum::<u16>(), capacity);
            assert!(parts.iter().all(|seats| *seats <= LEDGER_SEATS));
        }
        assert_eq!(ledgers(30), vec![30]);
    }
}
