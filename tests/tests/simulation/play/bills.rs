//! Bills: read in the midst of things while calls fail, then on quiet mornings, at first late, cut off, short or wrong in
//! their sum, until all that happened stands in a bill that was read twice.

use bill_run::Report;
use domain::Moment;
use domain::time::Span;
use fastrand::Rng;
use jiff::Timestamp;
use simulator::wechat::Faults;

use super::Play;
use super::paying::Provider;
use crate::model;
use crate::place::Kind;

/// Mornings, counted from the first day, until what happened on the first two days was read twice.
const LEAST_MORNINGS: u64 = 4;
/// Mornings after which whatever still happens is too much.
const MOST_MORNINGS: u64 = 8;
/// Minutes after midnight from which on a bill can be had.
const READY_MINUTES: i64 = 10 * 60 + 30;
/// Minutes after midnight when every provider's word that there is no bill is believed.
const SURE_MINUTES: i64 = 12 * 60 + 10;

impl Play<'_> {
    /// Some days after the first, at a minute of the day.
    pub(super) fn on_day(&self, days: u64, minutes: i64) -> Timestamp {
        let first = Moment::from(self.kind.start(self.seed)).day();
        let day = first.saturating_add(jiff::Span::new().days(i64::try_from(days).unwrap_or_default()));
        let moment = Span::of(day).from.plus_minutes(minutes);
        Timestamp::from_second(moment.seconds()).expect("a moment of these years")
    }

    /// Shortly before bills can be had.
    pub(super) fn morning(&self, days: u64) -> Timestamp {
        self.on_day(days, READY_MINUTES - 5)
    }

    /// On the second day bills are read while the families are at it, sometimes twice at once, and as often as it takes.
    pub(super) async fn accountant(&self) {
        if self.kind != Kind::Bills || self.act.get() == 1 {
            return;
        }
        let mut dice = self.dice(9_009);
        self.wait_until(self.on_day(1, READY_MINUTES)).await;
        self.spoil_bills(&mut dice, true);
        self.answer_again();
        while self.acting.get() {
            if dice.u8(0..3) == 0 {
                futures::join!(Box::pin(self.read_bills()), Box::pin(self.read_bills()));
            } else {
                self.read_bills().await;
            }
            self.enter_what_bills_tell(&mut dice).await;
            self.wait(dice.u64(60..300)).await;
        }
    }

    /// The first bills of a morning have something the matter with them. Short ones may only be those that are read once
    /// more.
    fn spoil_bills(&self, dice: &mut Rng, short: bool) {
        for provider in [Provider::Wechat, Provider::Alipay] {
            let known = match provider {
                Provider::Wechat => self.stage.provider().faults("").clone(),
                Provider::Alipay => self.stage.alipay().faults("").clone(),
            };
            let faults = Faults {
                late_bill: dice.u32(0..2),
                cut_bill: dice.u32(0..2),
                wrong_sum: dice.u32(0..2),
                short_bill: if short { dice.u32(0..2) } else { 0 },
                ..known
            };
            self.set_faults(provider, faults);
        }
    }

    /// On each of the next mornings the bills are read, and again at noon; then nothing may be left to do.
    pub(super) async fn mornings(&self) {
        let mut dice = self.dice(9_010);
        for day in 2..=MOST_MORNINGS {
            if day > LEAST_MORNINGS && model::all_in_statements(&self.stage) {
                return;
            }
            self.wait_until(self.on_day(day, READY_MINUTES)).await;
            self.answer_again();
            self.spoil_bills(&mut dice, false);
            self.read_bills().await;
            self.round().await;
            self.provide_well();
            self.wait_until(self.on_day(day, SURE_MINUTES)).await;
            match self.read_bills().await {
                Some(report) if report.failed + report.overdue == 0 => {}
                told => self.break_promise(format!("P5: the bills of day {day} say {told:?}")),
            }
            self.enter_what_bills_tell(&mut dice).await;
            self.wait(60).await;
            self.round().await;
            self.end_refunds().await;
        }
    }

    /// Reads what bills there are; none when it crashed on the way.
    async fn read_bills(&self) -> Option<Report> {
        self.bills.invoke(async |app| bill_run::run_with_channels(app).await).await?.ok()
    }
}
