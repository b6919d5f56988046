//! The providers' own books, told the same way.

use simulator::wechat::{PaymentState, RefundState};
use testkit::stage::Stage;

/// A payment in a provider's books.
#[derive(Debug)]
pub(super) struct Theirs {
    pub(super) channel: &'static str,
    pub(super) no: String,
    /// The provider's number of the transaction; none: it is not paid.
    pub(super) transaction: Option<String>,
    pub(super) amount: i64,
    pub(super) refunds: Vec<TheirRefund>,
}

/// A refund in a provider's books.
#[derive(Debug)]
pub(super) struct TheirRefund {
    pub(super) no: String,
    pub(super) amount: i64,
    /// Whether the payer has it.
    pub(super) done: bool,
    /// Whether the money is gone or going.
    pub(super) holds: bool,
    /// Whether it was made in the console.
    pub(super) outside: bool,
}

impl Theirs {
    /// What is gone or going.
    pub(super) fn refunded(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.holds).map(|refund| refund.amount).sum()
    }
}

/// All payments at all providers.
pub(super) fn payments(stage: &Stage) -> Vec<Theirs> {
    let mut all = at_wechat(stage);
    all.extend(at_alipay(stage));
    all
}

fn at_wechat(stage: &Stage) -> Vec<Theirs> {
    let provider = stage.provider();
    let refunds_of = |no: &str| {
        let of_it = provider.refunds().values().filter(|refund| refund.out_trade_no == no);
        let told = of_it.map(|refund| TheirRefund {
            no: refund.out_refund_no.clone(),
            amount: refund.refund_fen,
            done: matches!(refund.state, RefundState::Success { .. }),
            holds: refund.holds(),
            outside: refund.is_external(),
        });
        told.collect()
    };
    let told = provider.payments().values().map(|payment| Theirs {
        channel: "wechat",
        no: payment.out_trade_no.clone(),
        transaction: match &payment.state {
            PaymentState::Paid { transaction_id, .. } => Some(transaction_id.clone()),
            PaymentState::Open | PaymentState::Closed { .. } => None,
        },
        amount: payment.total_fen,
        refunds: refunds_of(&payment.out_trade_no),
    });
    told.collect()
}

fn at_alipay(stage: &Stage) -> Vec<Theirs> {
    let provider = stage.alipay();
    let told = provider.trades().values().map(|trade| Theirs {
        channel: "alipay",
        no: trade.out_trade_no.clone(),
        transaction: trade.paid_at.map(|_| trade.trade_no.clone()),
        amount: trade.total_fen,
        refunds: trade
            .refunds
            .iter()
            .map(|refund| TheirRefund {
                no: refund.request_no.clone(),
                amount: refund.fen,
                done: true,
                holds: true,
                outside: !refund.request_no.contains('-'),
            })
            .collect(),
    });
    told.collect()
}
