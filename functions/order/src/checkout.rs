//! The provider's checkout of a payment attempt: what the guardian's device shows. P6.4, R1.

use cashier::Cashier;
use domain::audit::Actor;
use domain::order::PayError;
use domain::payment::Payment;
use domain::record::Order;
use edge::app::Outcome;
use edge::http::Answer;
use edge::{App, Problem, Variable};
use gateway::channel::{ChannelError, Checkout, Prepared};

use crate::pay::PaymentBegun;

/// Asks the provider under the attempt's number: the first time and each time again, it is the same payment.
pub(crate) async fn prepare(app: &App, actor: Actor, order: &Order, payment: Payment) -> Outcome<Answer<PaymentBegun>> {
    if payment.expires_at <= app.now() {
        return Err(PayError::PaymentTimeOver.into());
    }
    let channels = app.channels().await?;
    match channels.create(&checkout(app, order, &payment)?).await {
        Ok(prepared) => Ok(Answer::created(begun(&payment, &prepared))),
        Err(ChannelError::AlreadyPaid) => {
            let cashier = Cashier::new(app.store(), app.ambient(), actor);
            cashier.ask(channels, &payment.no).await?;
            Err(PayError::AlreadyPaid.into())
        }
        Err(ChannelError::NotOpened(_)) => Err(PayError::ChannelNotOpened.into()),
        Err(ChannelError::Closed) => Err(PayError::PaymentTimeOver.into()),
        Err(error @ (ChannelError::Refused { .. } | ChannelError::NumberUsed)) => {
            tracing::error!(payment_no = payment.no.as_str(), %error, "provider refused a payment");
            Err(PayError::ChannelRefused.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn checkout(app: &App, order: &Order, payment: &Payment) -> Result<Checkout, Problem> {
    let titles: Vec<&str> = order.lines.iter().map(|line| line.title.as_str()).collect();
    Ok(Checkout {
        channel: payment.channel,
        payment: payment.no.clone(),
        sub_merchant: payment.sub_merchant.clone(),
        sub_app: None,
        description: format!("课后服务 {}", titles.join("、")),
        amount: payment.amount,
        expires_at: payment.expires_at,
        method: payment.method,
        payer: payment.payer.clone(),
        payer_ip: payment.payer_ip.clone(),
        notify_url: format!("{}/callbacks/{}", app.variable(Variable::PublicUrl)?, payment.channel),
    })
}

fn begun(payment: &Payment, prepared: &Prepared) -> PaymentBegun {
    PaymentBegun {
        payment_no: payment.no.to_string(),
        amount_fen: payment.amount.fen(),
        expires_at: payment.expires_at.to_string(),
        checkout: serde_json::to_value(prepared).unwrap_or_default(),
    }
}
