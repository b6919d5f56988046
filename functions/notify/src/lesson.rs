//! What became of the pupils in a lesson, told from its roll. P9.1.

use domain::access::Guarded;
use domain::id::LessonId;
use domain::teaching::roll::Roll;
use domain::teaching::telling::{Occasion, Telling};
use edge::App;
use store::telling::About;
use store::{Commit, StoreError, Versioned};

use crate::deliver::Delivery;
use crate::{ATTEMPTS, NotifyError, actor};

/// Writes what families are to be told, in one transaction with the roll that has nothing to tell then; and tells them.
pub(crate) async fn tell(app: &App, about: &About, lesson: &LessonId) -> Result<(), NotifyError> {
    for _ in 0..ATTEMPTS {
        let Some(roll) = app.store().roll(lesson).await?.map(Guarded::unguarded) else { return Ok(()) };
        let telling = app.store().telling(about).await?;
        if roll.value.untold_since.is_none() {
            let delivery = Delivery { app, about, school: lesson.class().school(), telling };
            return delivery.deliver(&occasion(app, &roll.value).await?).await;
        }
        match follow(app, about, &roll, telling).await {
            // Written, or written by somebody else: it is read again.
            Ok(()) | Err(StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Stale.into())
}

async fn follow(
    app: &App,
    about: &About,
    roll: &Versioned<Roll>,
    mut telling: Versioned<Telling>,
) -> Result<(), StoreError> {
    let now = app.now();
    let rules = app.store().teaching_rules(&roll.value.school()).await?;
    telling.value.follow_roll(&roll.value, now);
    let mut commit = Commit::new(actor(), "notify.follow_roll", now);
    commit.save_told_roll(roll)?;
    commit.save_telling(about, &telling, Some(rules.speak_at(now)))?;
    app.store().commit(commit).await
}

/// The lesson as families know it.
async fn occasion(app: &App, roll: &Roll) -> Result<Occasion, StoreError> {
    let class = app.store().class(&roll.class).await?.map(Guarded::unguarded);
    let title = class.map_or_else(|| roll.class.to_string(), |class| class.value.title);
    let (terms, code) = (app.store().recent_terms(&roll.school()).await?, roll.class.term());
    let mut periods = terms.iter().filter(|term| term.code == code).flat_map(|term| &term.periods);
    let from_minute = periods.find(|period| period.number == roll.period).map(|period| period.from_minute);
    Ok(Occasion { title, date: roll.date, from_minute })
}
