//! Fault switches (故障开关): everything a provider and the line to it may do to a merchant.

use serde::{Deserialize, Serialize};

use super::WechatPay;

/// What goes wrong. Set for all payments, or for one, which then ignores the general ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own; any of them may be on together")]
pub struct Faults {
    /// So many deliveries of each notification are lost before the first arrives.
    pub drop: u32,
    /// The first delivery of each notification is so much later.
    pub delay_seconds: i64,
    /// So many more copies of each delivery.
    pub duplicate: u32,
    /// Notifications that are due together go out in reverse.
    pub reorder: bool,
    /// So many deliveries of each notification are spoiled by the switches below; later ones are right.
    pub deliveries: u32,
    /// The body is changed after signing.
    pub tamper_body: bool,
    /// The signature is changed.
    pub tamper_signature: bool,
    /// The signature is 301 seconds old.
    pub stale: bool,
    /// The provider's own probe: a signature that begins with `WECHATPAY/SIGNTEST/`.
    pub probe: bool,
    /// Rightly signed, for one fen more.
    pub wrong_amount: bool,
    /// Rightly signed, for another school.
    pub other_school: bool,
    /// Rightly signed, for another application.
    pub wrong_app: bool,
    /// Rightly signed, in dollars.
    pub wrong_currency: bool,
    /// Signed under a serial nobody knows.
    pub unknown_serial: bool,
    /// Signed by the certificate instead of the public key: right, and to be accepted.
    pub old_certificate: bool,
    /// So many refunds are refused because the school's balance does not cover them.
    pub not_enough: u32,
    /// Refunds are taken on, wait for balance, and are given up after seven days.
    pub refund_unfunded: bool,
    /// Refunds fail because the payer's card takes no money.
    pub refund_abnormal: bool,
    /// Refunds stay under way until somebody steps them on.
    pub refund_hold: bool,
    /// So many calls take effect and are not answered.
    pub answer_lost: u32,
    /// So many calls are refused with `SYSTEM_ERROR`, without effect.
    pub busy: u32,
    /// So many answers bear a wrong signature.
    pub tamper_answer: u32,
    /// So many bills break off on their way: their hash is another.
    pub cut_bill: u32,
    /// Schools get no fund bills: the permission for them is not given.
    pub no_fund_flow: bool,
    /// So many fund bills have one fen less than was paid.
    pub flow_short: u32,
    /// So many times the bill of a day is asked for in vain: it is not written yet.
    pub late_bill: u32,
    /// So many bills lack the last of their rows, and add up without it: it comes in the next writing of the bill.
    pub short_bill: u32,
    /// So many bills give a sum that their rows have not.
    pub wrong_sum: u32,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        drop: 0,
        delay_seconds: 0,
        duplicate: 0,
        reorder: false,
        deliveries: 1,
        tamper_body: false,
        tamper_signature: false,
        stale: false,
        probe: false,
        wrong_amount: false,
        other_school: false,
        wrong_app: false,
        wrong_currency: false,
        unknown_serial: false,
        old_certificate: false,
        not_enough: 0,
        refund_unfunded: false,
        refund_abnormal: false,
        refund_hold: false,
        answer_lost: 0,
        busy: 0,
        tamper_answer: 0,
        cut_bill: 0,
        no_fund_flow: false,
        flow_short: 0,
        late_bill: 0,
        short_bill: 0,
        wrong_sum: 0,
    };
}

impl Default for Faults {
    fn default() -> Self {
        Self::NONE
    }
}

impl WechatPay {
    /// Sets what goes wrong for all payments without faults of their own.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Sets what goes wrong for one payment, which may not exist yet. `None` makes it share the general faults again.
    pub fn set_faults_of(&mut self, out_trade_no: &str, faults: Option<Faults>) {
        match faults {
            Some(faults) => self.faults_of.insert(out_trade_no.to_owned(), faults),
            None => self.faults_of.remove(out_trade_no),
        };
    }

    /// What goes wrong for a payment; for an empty number, for all without faults of their own.
    pub fn faults(&self, out_trade_no: &str) -> &Faults {
        self.faults_of.get(out_trade_no).unwrap_or(&self.faults)
    }

    /// Uses up one of a counted fault, if there is one left.
    pub(super) fn use_up(&mut self, out_trade_no: &str, counter: fn(&mut Faults) -> &mut u32) -> bool {
        let left = counter(self.faults_of.get_mut(out_trade_no).unwrap_or(&mut self.faults));
        let any = *left > 0;
        *left = left.saturating_sub(1);
        any
    }
}
