//! Bill run (账单核对任务): one bill of one day, fetched until it is there, held against the books, and read once more two
//! days later. S35.

use jiff::civil::{Date, Time, time};
use jiff::{SignedDuration, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::access::{Owned, Owner};
use crate::id::SchoolCode;
use crate::payment::Channel;
use crate::reconciliation::bill::BillTotals;
use crate::time::{CHINA, Moment};

/// When a day's bill can be had, on the day after it.
pub const READY: Time = time(10, 30, 0, 0);

/// When somebody has to look why it still cannot.
pub const OVERDUE: Time = time(18, 0, 0, 0);

/// Minutes until a provider that had no bill is asked for it a second time. Alipay has one word for "none" and "not yet".
const ASKED_AGAIN_MINUTES: i64 = 30;

/// How far back is caught up. Providers keep bills for three months.
pub const CATCH_UP_DAYS: i64 = 30;

/// Where a bill run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RunState {
    /// The provider has no bill yet.
    Waiting,
    /// The bill was not believed: it does not read, or does not add up.
    Refused,
    /// Nothing moved on that day, says the provider.
    NoTrade,
    /// It was held against the books.
    Matched,
    /// It was held against them once more.
    Reread,
}

/// A bill as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillFile {
    /// SHA-256, under which it is kept.
    pub hash: String,
    /// Its length.
    pub bytes: u64,
}

impl BillFile {
    /// The key under which it is kept.
    pub fn place(&self, channel: Channel, day: Date) -> String {
        format!("{channel}/{day}/{}", self.hash)
    }
}

/// The bill of a day: of one school, or of all that share one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillRun {
    /// The provider.
    pub channel: Channel,
    /// The day of the bill.
    pub day: Date,
    /// The school, where each has a bill of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub school: Option<SchoolCode>,
    /// Where it stands.
    pub state: RunState,
    /// How often the provider was asked.
    pub tries: u32,
    /// When it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Moment>,
    /// The bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<BillFile>,
    /// What its rows add up to.
    #[serde(default)]
    pub totals: BillTotals,
    /// Differences that were found, healed ones too.
    #[serde(default)]
    pub differences: u32,
    /// Why it was not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What is to be done about the bill of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing now.
    Rest,
    /// It is to be fetched and held against the books.
    Read,
    /// It is to be fetched once more: what was late is in it now.
    ReadAgain,
}

impl Owned for BillRun {
    fn owner(&self) -> Owner<'_> {
        Owner { school: self.school.as_ref(), ..Owner::default() }
    }
}

impl BillRun {
    /// A run that has not begun.
    pub const fn new(channel: Channel, day: Date, school: Option<SchoolCode>) -> Self {
        Self {
            channel,
            day,
            school,
            state: RunState::Waiting,
            tries: 0,
            tried_at: None,
            file: None,
            totals: BillTotals {
                payments: 0,
                refunds: 0,
                paid: crate::Money::ZERO,
                refunded: crate::Money::ZERO,
                fees: crate::reconciliation::bill::ServiceFee::ZERO,
            },
            differences: 0,
            refused: None,
        }
    }

    /// What is to be done now.
    pub fn turn(&self, now: Moment) -> Turn {
        if now < moment(self.day, 1, READY) {
            return Turn::Rest;
        }
        let just_asked = self.tried_at.is_some_and(|at| now < at.plus_minutes(ASKED_AGAIN_MINUTES));
        match self.state {
            RunState::Waiting | RunState::Refused => Turn::Read,
            RunState::NoTrade if just_asked => Turn::Rest,
            RunState::NoTrade | RunState::Matched if now >= moment(self.day, 2, READY) => Turn::ReadAgain,
            RunState::NoTrade | RunState::Matched | RunState::Reread => Turn::Rest,
        }
    }

    /// Whether the provider is believed that nothing moved on the day: not once its bill was read, with something in it.
    pub const fn may_be_empty(&self) -> bool {
        self.totals.payments == 0 && self.totals.refunds == 0
    }

    /// Whether somebody has to look why the bill was not held against the books.
    pub fn overdue(&self, now: Moment) -> bool {
        matches!(self.state, RunState::Waiting | RunState::Refused) && now >= moment(self.day, 1, OVERDUE)
    }

    /// The provider was asked and had nothing, or nothing that was believed.
    pub fn tried(&mut self, state: RunState, refused: Option<String>, now: Moment) {
        self.tries = self.tries.saturating_add(1);
        self.tried_at = Some(now);
        // What was held against the books stays so, whatever a later reading brings.
        if matches!(self.state, RunState::Waiting | RunState::Refused) || state == RunState::Reread {
            self.state = state;
            self.refused = refused;
        }
    }

    /// The bill was held against the books. One that is read late has in it what was late, and is not read once more; that
    /// nothing moved is believed only when it is said twice.
    pub fn read(&mut self, turn: Turn, file: BillFile, (totals, differences): (BillTotals, u32), now: Moment) {
        let (traded, late) = (file.bytes > 0, now >= moment(self.day, 2, READY));
        let state = match turn {
            Turn::ReadAgain => RunState::Reread,
            Turn::Read | Turn::Rest if traded && late => RunState::Reread,
            Turn::Read | Turn::Rest if traded => RunState::Matched,
            Turn::Read | Turn::Rest => RunState::NoTrade,
        };
        (self.state, self.refused) = (state, None);
        (self.file, self.totals, self.differences) = (Some(file), totals, differences);
        self.tries = self.tries.saturating_add(1);
        self.tried_at = Some(now);
    }
}

/// The days whose bills may still have to be read, the oldest first.
pub fn days(now: Moment) -> impl Iterator<Item = Date> {
    let today = now.day();
    (1..=CATCH_UP_DAYS).rev().filter_map(move |back| today.checked_sub(back.days()).ok())
}

/// A time of the day so many days after another.
fn moment(day: Date, later: i64, at: Time) -> Moment {
    let local = day.checked_add(later.days()).unwrap_or(Date::MAX).to_datetime(at);
    let utc = local.checked_sub(SignedDuration::from_secs(i64::from(CHINA.seconds()))).unwrap_or(local);
    jiff::tz::Offset::UTC.to_timestamp(utc).map_or(Moment::from_seconds(i64::MAX), Moment::from)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).unwrap()
    }

    #[test]
    fn s35_1_a_bill_is_fetched_from_half_past_ten_until_it_is_there() {
        let mut run = BillRun::new(Channel::Wechat, date(2026, 9, 1), None);
        assert_eq!(run.turn(at("2026-09-02T10:29:59+08:00")), Turn::Rest);
        let morning = at("2026-09-02T10:30:00+08:00");
        assert_eq!(run.turn(morning), Turn::Read);
        run.tried(RunState::Waiting, None, morning);
        assert_eq!(
            (run.turn(at("2026-09-02T11:30:00+08:00")), run.overdue(at("2026-09-02T17:59:59+08:00"))),
            (Turn::Read, false)
        );
        assert!(run.overdue(at("2026-09-02T18:00:00+08:00")));
        let file = || BillFile { hash: "ab".to_owned(), bytes: 1 };
        run.read(Turn::Read, file(), (BillTotals::default(), 0), morning);
        assert_eq!((run.state, run.turn(at("2026-09-02T18:00:00+08:00"))), (RunState::Matched, Turn::Rest));
        assert!(!run.overdue(at("2026-09-09T18:00:00+08:00")));
        let later = at("2026-09-03T10:30:00+08:00");
        assert_eq!(run.turn(later), Turn::ReadAgain);
        run.tried(RunState::Waiting, None, later);
        assert_eq!((run.state, run.turn(later)), (RunState::Matched, Turn::ReadAgain), "it is asked for again");
        run.read(Turn::ReadAgain, file(), (BillTotals::default(), 0), later);
        assert_eq!((run.state, run.turn(at("2026-09-30T10:30:00+08:00"))), (RunState::Reread, Turn::Rest));
    }

    #[test]
    fn s35_1_a_provider_that_had_a_bill_is_not_believed_that_it_has_none() {
        let mut run = BillRun::new(Channel::Alipay, date(2026, 9, 1), None);
        assert!(run.may_be_empty(), "nothing is known of the day");
        let file = || BillFile { hash: "ab".to_owned(), bytes: 1 };
        let (morning, later) = (at("2026-09-02T10:30:00+08:00"), at("2026-09-03T10:30:00+08:00"));
        run.read(Turn::Read, file(), (BillTotals { payments: 1, ..BillTotals::default() }, 0), morning);
        assert!(!run.may_be_empty());
        run.tried(RunState::Waiting, None, later);
        assert_eq!((run.state, run.turn(later)), (RunState::Matched, Turn::ReadAgain), "it is asked for again");
    }

    #[test]
    fn s35_1_that_nothing_moved_is_believed_when_it_is_said_twice() {
        let mut run = BillRun::new(Channel::Alipay, date(2026, 9, 1), None);
        let none = || BillFile { hash: "e3".to_owned(), bytes: 0 };
        // A run that has stood still for a day asks for the first time when other bills are read once more.
        let late = at("2026-09-03T10:30:00+08:00");
        run.read(Turn::Read, none(), (BillTotals::default(), 0), late);
        assert_eq!((run.state, run.turn(at("2026-09-03T10:59:59+08:00"))), (RunState::NoTrade, Turn::Rest));
        let again = at("2026-09-03T11:00:00+08:00");
        assert_eq!(run.turn(again), Turn::ReadAgain);
        run.read(Turn::ReadAgain, none(), (BillTotals::default(), 0), again);
        assert_eq!((run.state, run.turn(at("2026-09-30T10:30:00+08:00"))), (RunState::Reread, Turn::Rest));
    }

    #[test]
    fn s35_1_days_that_were_missed_are_caught_up() {
        let days: Vec<Date> = days(at("2026-09-02T00:30:00+08:00")).collect();
        assert_eq!((days.len(), days.last()), (30, Some(&date(2026, 9, 1))));
        assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
