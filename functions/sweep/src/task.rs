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
    let woken: Vec<&Task> = due.iter().filter(|task| queue_url(task.queue).is_some()).collect();
    swept.oldest_seconds = woken.iter().map(|task| now.seconds_since(task.due)).max().unwrap_or_default().max(0);
    for task in woken.into_iter().take_while(|_| round.time_left()) {
        round.each(&mut swept, wake(round, task)).await;
    }
    swept
}

async fn wake(round: &Round<'_>, task: &Task) -> Result<(), StoreError> {
    if let Some(queue) = queue_url(task.queue).and_then(|variable| round.app.variable(variable).ok()) {
        let version = format_args!("{}-{}", task.wanted, task.attempts).to_string();
        edge::queue::wake(round.app, queue, task.queue, &task.entity, version).await;
    }
    round.app.store().put_off_task(task, round.app.now()).await
}

/// The queue of a task. Reserved refunds wait for the function that carries them out.
const fn queue_url(queue: Queue) -> Option<Variable> {
    match queue {
        Queue::Archive => Some(Variable::ArchiveQueueUrl),
        Queue::Import => Some(Variable::ImportQueueUrl),
        Queue::Refund => None,
    }
}
