//! Payments that are not final: the provider is asked, with growing intervals. P6.

use cashier::{Cashier, Settled};
use domain::id::PaymentNo;
use domain::task::Queue;
use edge::{Problem, Variable};

use crate::record::unreadable;
use crate::{LIMIT, Round, Swept, actor};

pub(crate) async fn sweep(round: &Round<'_>) -> Swept {
    let mut swept = Swept::default();
    let due = match round.app.store().due_payments(round.app.now(), LIMIT).await {
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
    for no in due.iter().take_while(|_| round.time_left()) {
        let ask = async {
            let settled = cashier.ask(channels, no).await?;
            if matches!(settled, Some(Settled::Counted | Settled::Returned(_))) {
                wake_archive(round, no).await;
            }
            Ok::<_, cashier::CashierError>(())
        };
        Box::pin(round.each(&mut swept, ask)).await;
    }
    swept
}

async fn wake_archive(round: &Round<'_>, no: &PaymentNo) {
    if let Ok(queue) = round.app.variable(Variable::ArchiveQueueUrl) {
        edge::queue::wake(round.app, queue, Queue::Archive, no.as_str(), "asked").await;
    }
}
