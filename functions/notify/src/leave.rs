//! How a pupil's leave was decided, told once for all its lessons. P9.2.

use domain::access::Guarded;
use domain::id::TeachingRequestId;
use domain::task::Queue;
use domain::teaching::leave::LeaveRequest;
use domain::teaching::telling::Occasion;
use edge::App;
use store::telling::About;
use store::{Commit, StoreError};

use crate::deliver::Delivery;
use crate::{ATTEMPTS, NotifyError, actor};

/// Writes what the family is to be told, and tells it.
pub(crate) async fn tell(app: &App, about: &About, id: &TeachingRequestId) -> Result<(), NotifyError> {
    let Some(leave) = app.store().leave(id).await?.map(Guarded::unguarded) else {
        if let Some(task) = app.store().task(Queue::Notice, about.as_str()).await? {
            app.store().finish_task(&task).await?;
        }
        return Ok(());
    };
    for _ in 0..ATTEMPTS {
        let mut telling = app.store().telling(about).await?;
        let (now, school) = (app.now(), leave.value.school.clone());
        let known = telling.value.decided;
        telling.value.follow_leave(&leave.value, now);
        if telling.value.decided == known {
            return Delivery { app, about, school, telling }.deliver(&occasion(&leave.value)).await;
        }
        let speak_at = app.store().teaching_rules(&school).await?.speak_at(now);
        let mut commit = Commit::new(actor(), "notify.follow_leave", now);
        commit.save_telling(about, &telling, Some(speak_at))?;
        match app.store().commit(commit).await {
            Ok(()) | Err(StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Stale.into())
}

fn occasion(leave: &LeaveRequest) -> Occasion {
    Occasion { title: format!("请假{}节课", leave.lessons.len()), date: leave.first_day(), from_minute: None }
}
