//! Paying, at both providers: in time, at the last moment, too late, and without a word of it reaching the platform.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::wechat::Faults;

use super::Play;
use crate::place::Kind;

/// Where a payment lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    Wechat,
    Alipay,
}

/// Ways of paying.
const WAYS: [(&str, &str); 5] =
    [("wechat", "native"), ("wechat", "h5"), ("wechat", "native"), ("alipay", "page"), ("alipay", "wap")];

impl Play<'_> {
    /// What goes wrong at the providers and on the lines to them.
    pub(super) fn set_provider_faults(&self) {
        for (number, provider) in [(9_001, Provider::Wechat), (9_004, Provider::Alipay)] {
            let mut dice = self.dice(number);
            let mut faults = Faults { ..Faults::NONE };
            faults.drop = dice.u32(0..3);
            faults.duplicate = dice.u32(0..3);
            faults.delay_seconds = dice.i64(0..120);
            faults.reorder = dice.bool();
            faults.deliveries = dice.u32(0..3);
            faults.not_enough = dice.u32(0..3);
            faults.answer_lost = dice.u32(0..3);
            match dice.u8(0..10) {
                0 => faults.tamper_body = true,
                1 => faults.stale = true,
                2 => faults.wrong_amount = true,
                3 => faults.other_school = true,
                4 => faults.wrong_currency = true,
                5 => faults.probe = true,
                _ => {}
            }
            self.set_faults(provider, faults);
        }
    }

    /// From now on the providers do as they should, but for what they keep to themselves.
    pub(super) fn provide_well(&self) {
        for provider in [Provider::Wechat, Provider::Alipay] {
            self.set_faults(provider, Faults::NONE);
        }
    }

    pub(super) fn set_faults(&self, provider: Provider, faults: Faults) {
        match provider {
            Provider::Wechat => self.stage.provider().set_faults(faults),
            Provider::Alipay => self.stage.alipay().set_faults(faults),
        }
    }

    fn set_faults_of(&self, provider: Provider, payment: &str, faults: Faults) {
        match provider {
            Provider::Wechat => self.stage.provider().set_faults_of(payment, Some(faults)),
            Provider::Alipay => self.stage.alipay().set_faults_of(payment, Some(faults)),
        }
    }

    /// Where more time passes than a day, nothing is heard of some payments: no notification arrives. Where bills are
    /// read, often no answer comes either, though what was asked for may have been done. Whether it is so.
    fn lose_words(&self, provider: Provider, payment: &str, dice: &mut Rng) -> bool {
        if matches!(self.kind, Kind::Day | Kind::Intake) || dice.u8(0..3) != 0 {
            return false;
        }
        let mute = Faults { drop: u32::MAX, ..Faults::NONE };
        let faults = match (self.kind, dice.u8(0..3)) {
            (Kind::Bills, 1) => Faults { busy: u32::MAX, ..mute },
            (Kind::Bills, 2) => Faults { answer_lost: u32::MAX, ..mute },
            _ => mute,
        };
        self.set_faults_of(provider, payment, faults);
        self.lost.borrow_mut().push((provider, payment.to_owned()));
        self.count("payments nothing is heard of");
        true
    }

    /// The providers answer again when they are asked. Their notifications stay lost.
    pub(super) fn answer_again(&self) {
        for (provider, payment) in self.lost.take() {
            self.set_faults_of(provider, &payment, Faults { drop: u32::MAX, ..Faults::NONE });
        }
    }

    pub(super) async fn pay(&self, pupil: usize, order: &str, dice: &mut Rng) {
        for attempt in 0..dice.u8(1..3) {
            let (channel, method) = WAYS[dice.usize(0..WAYS.len())];
            let body = json!({"channel": channel, "method": method}).to_string();
            let key = format!("pay{}{attempt}", self.act.get());
            let event = self.of_guardian(pupil, (&format!("/orders/{order}/payments"), &key), Some(&body));
            let Some((answered, _)) = self.insist(&self.order, &event, dice.u64(..)).await else { return };
            let begun = answered.json();
            let payment = begun["payment_no"].as_str().unwrap_or_default().to_owned();
            if payment.is_empty() {
                return;
            }
            let provider = self.open(&begun["checkout"]);
            let lost = self.lose_words(provider, &payment, dice);
            // At once, in time, at the last moment, or too late.
            let pause = if dice.u8(0..3) == 0 { dice.u64(240..800) } else { dice.u64(0..240) };
            self.wait(pause).await;
            if provider == Provider::Wechat && dice.u8(0..8) == 0 {
                let until = self.stage.world.now() + Duration::from_secs(30);
                // A refusal means that there is nothing to pay any more, which is the family's loss only.
                self.stage.provider().enter_password(&payment, until).unwrap_or_default();
                self.wait(20).await;
            }
            // What is paid after its end, without a word of it, nothing but a bill tells.
            let late = dice.bool() && (!lost || self.kind == Kind::Bills);
            self.press_pay(provider, &payment, late);
            if dice.u8(0..6) == 0 {
                self.cancel(pupil, order, dice).await;
            }
        }
    }

    /// The payer looks at the checkout. At Alipay a payment begins with that.
    fn open(&self, checkout: &Value) -> Provider {
        let page = checkout["h5_url"].as_str().and_then(|page| page.split_once("/gateway.do?"));
        let Some((_, signed)) = page else { return Provider::Wechat };
        // A refusal means that it is too late, which is the family's loss only.
        self.stage.alipay().open(signed, self.stage.world.now()).unwrap_or_default();
        Provider::Alipay
    }

    /// The payer presses the button. A provider that refuses has nothing to be paid any more.
    fn press_pay(&self, provider: Provider, payment: &str, late: bool) {
        let now = self.stage.world.now();
        match (provider, late) {
            (Provider::Wechat, true) => drop(self.stage.provider().pay_although_closed(payment, now)),
            (Provider::Wechat, false) => drop(self.stage.provider().pay(payment, now)),
            (Provider::Alipay, _) => drop(self.stage.alipay().pay(payment, now)),
        }
    }

    /// When a provider has something to say next, if it has.
    pub(super) fn next_notification(&self) -> Option<Timestamp> {
        let (one, other) = (self.stage.provider().next_due(), self.stage.alipay().next_due());
        one.into_iter().chain(other).min()
    }
}
