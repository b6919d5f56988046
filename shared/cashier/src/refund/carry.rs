//! Carrying out (退款执行): a refund that is set aside is sent to the provider, written down before it is, under the same
//! number however often, one at a time for each payer; then the provider is asked until it is over. R1 R5 R8.

use domain::Moment;
use domain::access::Guarded;
use domain::id::{PersonId, RefundNo};
use domain::refund::reserve::free_from;
use domain::refund::settle::{RefundEvidence, reject};
use domain::refund::{Refund, RefundReason, RefundState, Trouble};
use gateway::channel::{ChannelError, Channels, RefundOrder};
use store::refund::Turn;
use store::{StoreError, Versioned};

use super::learn::{Pair, RefundSettled};
use crate::{Cashier, CashierError, DECISIONS};

/// How the provider says that the payer's account is the trouble.
const PAYER_ACCOUNT: &str = "USER_ACCOUNT_ABNORMAL";

/// Where a refund stands after it was carried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// There is nothing more to carry out: the provider has it, or it is over.
    Accepted,
    /// It has to wait: for its turn, for its day, for the school's balance, for an answer.
    Waiting,
    /// The provider refuses it for good: the school has to see to it.
    Refused,
    /// There is no such refund.
    Unknown,
}

impl Cashier<'_> {
    /// Sends a refund that waits, or asks what became of one that was sent.
    pub async fn carry(&self, channels: &Channels, no: &RefundNo, public_url: &str) -> Result<Carried, CashierError> {
        for _ in 0..DECISIONS {
            let Some(pair) = self.pair(no).await? else { return Ok(Carried::Unknown) };
            let carried = match pair.refund.value.state {
                state if !state.is_final() && pair.payment.value.is_frozen() => {
                    match self.is_held(&pair.payment).await {
                        Ok(true) if state == RefundState::Reserved => self.held_back(pair).await,
                        Ok(true) => Box::pin(self.ask_again(channels, pair, public_url)).await,
                        // It is read again as it is now.
                        Ok(false) => Err(StoreError::Stale.into()),
                        Err(error) => Err(error),
                    }
                }
                RefundState::Reserved => match self.begin(pair).await {
                    Ok(Some(pair)) => self.send(channels, pair, public_url).await,
                    Ok(None) => return Ok(Carried::Waiting),
                    Err(error) => Err(error),
                },
                RefundState::Sent | RefundState::Processing | RefundState::Abnormal => {
                    Box::pin(self.ask_again(channels, pair, public_url)).await
                }
                RefundState::Done | RefundState::Closed | RefundState::Returned => return Ok(Carried::Accepted),
                RefundState::Rejected => return Ok(Carried::Refused),
            };
            match carried {
                Err(CashierError::Store(StoreError::Stale)) => {}
                done => return done,
            }
        }
        Err(StoreError::Stale.into())
    }

    /// What the provider knows of a refund, nothing of it applied; none: it knows no such refund.
    pub async fn query_refund(
        &self,
        channels: &Channels,
        no: &RefundNo,
    ) -> Result<Option<RefundEvidence>, CashierError> {
        let Some(pair) = self.pair(no).await? else { return Ok(None) };
        // Nothing is sent by it: no address is told.
        let Some(order) = order_of(&pair, "") else { return Ok(None) };
        Ok(channels.query_refund(&order).await?)
    }

    /// It may not go out until a person has decided about its payment; whoever looks at refunds sees why.
    async fn held_back(&self, Pair { mut refund, .. }: Pair) -> Result<Carried, CashierError> {
        if refund.value.hold_back() {
            let mut commit = self.commit("refund.hold_back");
            commit.save_refund(&refund)?;
            self.store.commit(commit).await?;
        }
        Ok(Carried::Waiting)
    }

    /// Writes down that the provider is about to be asked. None: it is not its turn, or not its day.
    async fn begin(&self, Pair { mut refund, payment, told }: Pair) -> Result<Option<Pair>, CashierError> {
        let now = self.now();
        let soon = self.free_from(&refund.value).await?;
        if refund.value.not_before.max(soon).is_some_and(|until| now < until) {
            return Ok(None);
        }
        let mut commit = self.commit("refund.send");
        if let Some(payer) = refund.value.payer.clone() {
            let Some(turn) = self.free_turn(&payer, &refund.value.no()).await? else { return Ok(None) };
            commit.take_turn(&payer, &turn)?;
        }
        refund.value.state = RefundState::Sent;
        refund.value.sent_at = Some(now);
        commit.save_refund(&refund)?;
        self.store.commit(commit).await?;
        refund.ver = refund.ver.saturating_add(1);
        Ok(Some(Pair { refund, payment, told }))
    }

    /// From when on the provider takes another refund of the payment.
    async fn free_from(&self, refund: &Refund) -> Result<Option<Moment>, CashierError> {
        // The first has none before it.
        let sent = if refund.seq > 1 { self.store.refunds(&refund.payment).await? } else { Vec::new() };
        let sent: Vec<Refund> = sent.into_iter().map(|sent| sent.unguarded().value).collect();
        Ok(free_from(sent.iter().filter(|sent| sent.seq != refund.seq)))
    }

    /// The turn of a payer, given to this refund; none while another one of the payer's was sent and not answered.
    async fn free_turn(&self, payer: &PersonId, no: &RefundNo) -> Result<Option<Versioned<Turn>>, CashierError> {
        let next = Turn { refund: no.clone() };
        let Some(turn) = self.store.turn(payer).await? else { return Ok(Some(Versioned::absent(next))) };
        let other = self.store.refund(&turn.value.refund).await?.map(Guarded::unguarded);
        let sent = other.is_some_and(|other| turn.value.refund != *no && other.value.is_unanswered());
        Ok((!sent).then(|| turn.with(next)))
    }

    async fn send(&self, channels: &Channels, mut pair: Pair, public_url: &str) -> Result<Carried, CashierError> {
        let Some(order) = order_of(&pair, public_url) else { return Ok(Carried::Unknown) };
        match channels.refund(&order).await {
            Ok(evidence) => {
                let settled = self.settle_refund(&evidence, None).await?;
                Ok(if settled == RefundSettled::Quarantined { Carried::Waiting } else { Carried::Accepted })
            }
            Err(ChannelError::NotEnough) => self.short(pair).await,
            Err(ChannelError::Refused { code, message }) => {
                tracing::error!(refund = order.refund, code, message, "provider refused the refund");
                let payers = code == PAYER_ACCOUNT;
                self.refused(pair, if payers { Trouble::PayerAccount } else { Trouble::Refused }).await
            }
            Err(error) if error.outcome_is_known() => {
                tracing::error!(refund = order.refund, %error, "refund not sent");
                self.refused(pair, Trouble::Refused).await
            }
            Err(error) => {
                tracing::warn!(refund = order.refund, %error, "outcome of the refund is not known");
                pair.refund.value.trouble = None;
                self.asked(pair).await
            }
        }
    }

    /// Asks what became of it. One that the provider does not know was never taken on: it is sent once more.
    async fn ask_again(&self, channels: &Channels, mut pair: Pair, public_url: &str) -> Result<Carried, CashierError> {
        let Some(order) = order_of(&pair, public_url) else { return Ok(Carried::Unknown) };
        let sent = pair.refund.value.state == RefundState::Sent;
        match channels.query_refund(&order).await {
            Ok(Some(evidence)) => match self.settle_refund(&evidence, None).await? {
                RefundSettled::Known => self.asked(pair).await.map(|_| Carried::Accepted),
                RefundSettled::Quarantined => Ok(Carried::Waiting),
                RefundSettled::Risen | RefundSettled::Done | RefundSettled::Again => Ok(Carried::Accepted),
            },
            // In doubt is what was paid, or what has gone back of it: nothing more goes out.
            Ok(None) if pair.payment.value.is_frozen() => {
                pair.refund.value.hold_back();
                self.asked(pair).await
            }
            Ok(None) if sent => self.send(channels, pair, public_url).await,
            Ok(None) => self.asked(pair).await,
            Err(error) => {
                tracing::warn!(refund = order.refund, %error, "provider did not say how the refund stands");
                self.asked(pair).await
            }
        }
    }

    /// Nothing new was learnt: it is asked again, later and later.
    async fn asked(&self, Pair { mut refund, payment, told }: Pair) -> Result<Carried, CashierError> {
        refund.value.queries = refund.value.queries.saturating_add(1);
        refund.value.queried_at = Some(self.now());
        let mut commit = self.commit("refund.ask");
        self.tell(&mut commit, &told, (&refund.value, &payment.value)).await?;
        commit.save_refund(&refund)?;
        self.store.commit(commit).await?;
        Ok(Carried::Waiting)
    }

    /// The school's balance does not cover it: the school is alerted, and it is sent again under the same number.
    async fn short(&self, mut pair: Pair) -> Result<Carried, CashierError> {
        let school = pair.refund.value.school.as_str();
        tracing::error!(alarm = "refund-balance-short", school, "balance of the school does not cover a refund");
        pair.refund.value.trouble = Some(Trouble::BalanceShort);
        self.asked(pair).await
    }

    async fn refused(&self, pair: Pair, trouble: Trouble) -> Result<Carried, CashierError> {
        let Pair { mut refund, mut payment, told } = pair;
        if !reject(&mut refund.value, &mut payment.value, trouble, self.now()) {
            return Ok(Carried::Accepted);
        }
        let mut commit = self.commit("refund.reject");
        self.tell(&mut commit, &told, (&refund.value, &payment.value)).await?;
        self.write_refund(commit, refund, &payment).await?;
        Ok(Carried::Refused)
    }
}

/// What the provider is asked for.
pub(super) fn order_of(Pair { refund, payment, .. }: &Pair, public_url: &str) -> Option<RefundOrder> {
    let (refund, payment) = (&refund.value, &payment.value);
    let reason = match refund.reason {
        RefundReason::ByRule(trigger) if trigger.leaves() => "课后服务退课退费",
        RefundReason::ByRule(_)
        | RefundReason::Agreed
        | RefundReason::SeatsGone
        | RefundReason::OrderEnded
        | RefundReason::PaidTwice
        | RefundReason::Exchanged
        | RefundReason::Outside => "课后服务退费",
    };
    Some(RefundOrder {
        channel: payment.channel,
        payment: payment.no.clone(),
        refund: refund.no().to_string(),
        transaction: payment.paid.as_ref()?.transaction.clone(),
        sub_merchant: payment.sub_merchant.clone(),
        amount: refund.amount,
        total: payment.amount,
        reason: reason.to_owned(),
        notify_url: format!("{public_url}/callbacks/{}", payment.channel),
    })
}
