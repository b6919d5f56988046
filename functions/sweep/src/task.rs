//! Tasks whose first wake-up did not lead to their end: the consumer is woken again. P8.

use domain::task::{Queue, Task};
use edge::Variable;
use store::StoreError;

use crate::record::unreadable;
use crate::{LIMIT, Round, Swept};

pub(crate) async fn sweep(round: &Round<'_>) -> Swept {
    let mut swept = Swept::default();
    let now = round.app.now();
    let due = match round.app.store().due_tasks(now, LIMIT).await {
        Ok(due) => due,
        Err(fault) => return unreadable(fault),
    };
    swept.oldest_seconds = due.iter().map(|task| now.seconds_since(task.due)).max().unwrap_or_default().max(0);
    for task in due.iter().take_while(|_| round.time_left()) {
        round.each(&mut swept, wake(round, task)).await;
    }
    swept
}

async fn wake(round: &Round<'_>, task: &Task) -> Result<(), StoreError> {
    if let Some(Ok(queue)) = queue_url(task.queue).map(|url| round.app.variable(url)) {
        let version = format_args!("{}-{}", task.wanted, task.attempts).to_string();
        edge::queue::wake(round.app, queue, task.queue, &task.entity, version).await;
    }
    round.app.store().put_off_task(task, round.app.now()).await
}

/// The queue of a task; none: [`crate::reports`] wakes for it.
const fn queue_url(queue: Queue) -> Option<Variable> {
    Some(match queue {
        Queue::Archive => Variable::ArchiveQueueUrl,
        Queue::Import => Variable::ImportQueueUrl,
        Queue::Refund => Variable::RefundQueueUrl,
        Queue::Notice => Variable::NoticeQueueUrl,
        Queue::Agreement => Variable::AgreementQueueUrl,
        Queue::Municipal => return None,
    })
}
