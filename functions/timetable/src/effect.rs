//! What a change is judged by, read in the right order, and the one commit that writes it with all it changes. S23.3.

use domain::access::{Allows, Granted};
use domain::audit::Actor;
use domain::catalog::Term;
use domain::room::Room;
use domain::teaching::change::{Change, ChangeError, Effect, EffectFacts, LessonChange, may_teach};
use domain::teaching::class::TeachingClass;
use domain::teaching::roll::Roll;
use edge::App;
use edge::app::Outcome;
use edge::caller::AccessError;
use store::teaching::Arranged;
use store::{Commit, StoreError, Versioned};

/// How often a change is judged anew when something it rests on was changed meanwhile.
const ATTEMPTS: u8 = 4;

/// Everything a change is judged by.
struct Ground {
    arranged: Arranged,
    class: Versioned<TeachingClass>,
    roll: Option<Versioned<Roll>>,
    term: Term,
    room: Option<Room>,
    may_teach: bool,
}

impl Ground {
    /// The classes first and the roll after them: a call that comes between makes the commit stale.
    async fn read<P: Allows>(app: &App, granted: &Granted<P>, change: &LessonChange) -> Outcome<Self> {
        let (store, term) = (app.store(), change.class.term());
        let arranged = store.arranged(&change.school, &term).await?;
        let class = arranged.class(&change.class).cloned().ok_or(ChangeError::NoSuchLesson)?;
        let granted = granted.for_class(&class.value).ok_or(AccessError::NotFound)?;
        let roll = store.roll(&change.lesson_id()).await?.and_then(|found| found.within(&granted));
        let term = store.term(&change.school, &term).await?.ok_or(AccessError::NotFound)?.value;
        let (mut room, mut teaches) = (None, false);
        match &change.change {
            Change::Reschedule { room: Some(wanted), .. } if wanted.school() == change.school => {
                room = store.room(wanted).await?.map(|found| found.value);
            }
            Change::Substitute { present, .. } => {
                let (held, book) = (store.roles_held(&present.person).await?, store.role_book().await?);
                teaches = may_teach(&held, &book, &change.school);
            }
            Change::Reschedule { .. } | Change::Off => {}
        }
        Ok(Self { arranged, class, roll, term, room, may_teach: teaches })
    }

    fn judged<T>(&self, app: &App, judge: impl FnOnce(EffectFacts<'_>) -> T) -> T {
        let others: Vec<&TeachingClass> = self.arranged.others(&self.class.value.id).collect();
        judge(EffectFacts {
            class: &self.class.value,
            others: &others,
            timetable: &self.arranged.timetable.value,
            term: &self.term,
            roll: self.roll.as_ref().map(|roll| &roll.value),
            room: self.room.as_ref(),
            may_teach: self.may_teach,
            now: app.now(),
        })
    }
}

/// Decides a change and writes it: with an effect, its class, the timetable and the roll go in the same commit.
/// Whatever was changed meanwhile is read and judged anew.
pub(crate) async fn decided<P: Allows>(
    app: &App,
    (granted, actor, action): (&Granted<P>, Actor, &'static str),
    change: Versioned<LessonChange>,
    decide: impl Fn(&mut LessonChange, EffectFacts<'_>) -> Result<Option<Effect>, ChangeError>,
) -> Outcome<Versioned<LessonChange>> {
    let mut found = change;
    for _ in 0..ATTEMPTS {
        let ground = Ground::read(app, granted, &found.value).await?;
        let mut next = found.clone();
        let effect = ground.judged(app, |facts| decide(&mut next.value, facts))?;
        let mut commit = Commit::new(actor.clone(), action, app.now());
        commit.save_lesson_change(&next)?;
        if let Some(effect) = effect {
            commit.save_class(&ground.class.with(effect.class))?;
            commit.save_timetable(&ground.arranged.timetable)?;
            commit.save_roll(&Versioned::next(ground.roll.as_ref(), effect.roll))?;
        }
        match app.store().commit(commit).await {
            Err(StoreError::Stale) => {
                let again = app.store().lesson_change(&found.value.id).await?.and_then(|again| again.within(granted));
                match again {
                    // The same request came twice at once: this is what came of the other.
                    Some(again) if found.ver == 0 => return Ok(again),
                    Some(again) => found = again,
                    None => {}
                }
            }
            written => {
                written?;
                app.store().forget_classes(&next.value.school, &next.value.class.term());
                next.ver = next.ver.saturating_add(1);
                return Ok(next);
            }
        }
    }
    Err(StoreError::Stale.into())
}
