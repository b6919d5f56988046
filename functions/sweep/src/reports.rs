//! What the city is to be told: once it takes records, whoever tells it is woken, for what waits longest first. P7 P8.
//!
//! It comes last in a round, and in what is left of it: a city that was out of reach for hours leaves a backlog that is in
//! nobody's way. While it takes nothing, nobody is woken; after that, few are woken until one has got through.

use domain::task::Task;
use edge::Variable;
use futures::future::join_all;
use store::StoreError;

use crate::record::unreadable;
use crate::{LIMIT, Round, Swept};

/// Things that are woken for at once.
const AT_ONCE: usize = 20;
/// Minutes after which whoever was woken is woken again. Until then its message is more likely to be behind many others
/// than lost; and how long that takes says nothing of the thing, which is not put off for longer the next time.
const WOKEN_MINUTES: i64 = 5;

pub(crate) async fn sweep(round: &Round<'_>) -> Swept {
    let mut swept = Swept::default();
    let gate = match round.app.store().gate().await {
        Ok(gate) => gate.value,
        Err(fault) => return unreadable(fault),
    };
    while round.time_left() {
        let now = round.app.now();
        let due = match round.app.store().due_reports(now, LIMIT).await {
            Ok(due) => due,
            Err(fault) => return unreadable(fault),
        };
        let since = due.iter().map(|task| now.seconds_since(task.waits_since()));
        swept.oldest_seconds = since.max().unwrap_or_default().max(swept.oldest_seconds);
        if due.is_empty() || !gate.is_open(now) {
            break;
        }
        let mut woken = 0usize;
        let chunks = if gate.failures > 0 { 1 } else { usize::MAX };
        for some in due.chunks(AT_ONCE).take(chunks).take_while(|_| round.time_left()) {
            for done in join_all(some.iter().map(|task| wake(round, task))).await {
                swept.seen = swept.seen.saturating_add(1);
                match done {
                    Ok(()) => woken = woken.saturating_add(1),
                    Err(fault) => {
                        swept.failed = swept.failed.saturating_add(1);
                        tracing::warn!(%fault, "left for the next round");
                    }
                }
            }
        }
        // The index may still show what was put off a moment ago: it is not woken for twice in a round for long.
        if woken == 0 || gate.failures > 0 || due.len() < usize::try_from(LIMIT).unwrap_or(usize::MAX) {
            break;
        }
    }
    swept
}

async fn wake(round: &Round<'_>, task: &Task) -> Result<(), StoreError> {
    if let Ok(queue) = round.app.variable(Variable::MunicipalQueueUrl) {
        edge::queue::wake(round.app, queue, task.queue, &task.entity, task.wanted).await;
    }
    round.app.store().put_off_task_until(task, round.app.now().plus_minutes(WOKEN_MINUTES)).await
}
