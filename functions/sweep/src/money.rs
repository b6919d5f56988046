//! Payments and refunds that are not final: the provider is asked, with growing intervals. P6 P7, promise P6.

use cashier::{Carried, Cashier, Settled};
use domain::task::Queue;
use edge::{Problem, Variable};
use store::money::DueMoney;

use crate::record::unreadable;
use crate::{LIMIT, Round, Swept, actor};

pub(crate) async fn sweep(round: &Round<'_>) -> Swept {
    let mut swept = Swept::default();
    let due = match round.app.store().due_money(round.app.now(), LIMIT).await {
        Ok(due) if due.is_empty() => return swept,
        Ok(due) => due,
        Err(fault) => return unreadable(fault),
    };
    let channels = match round.app.channels().await {
        Ok(channels) => channels,
        Err(fault) => {
            drop(Problem::from(fault));
            return Swept { failed: 1, ..Swept::default() };
        }
    };
    let cashier = Cashier::new(round.app.store(), round.app.ambient(), actor());
    let public_url = round.app.variable(Variable::PublicUrl).unwrap_or_default();
    for money in due.iter().take_while(|_| round.time_left()) {
        let ask = async {
            match money {
                DueMoney::Payment(no) => {
                    let settled = cashier.ask(channels, no).await?;
                    if matches!(settled, Some(Settled::Counted | Settled::Returned(_))) {
                        wake(round, Variable::ArchiveQueueUrl, Queue::Archive, no.as_str()).await;
                    }
                }
                DueMoney::Refund(no) => {
                    let carried = Box::pin(cashier.carry(channels, no, public_url)).await?;
                    if carried == Carried::Accepted {
                        wake(round, Variable::ArchiveQueueUrl, Queue::Archive, no.as_str()).await;
                    }
                }
            }
            Ok::<_, cashier::CashierError>(())
        };
        Box::pin(round.each(&mut swept, ask)).await;
    }
    swept
}

async fn wake(round: &Round<'_>, queue_url: Variable, queue: Queue, entity: &str) {
    if let Ok(url) = round.app.variable(queue_url) {
        edge::queue::wake(round.app, url, queue, entity, "asked").await;
    }
}
