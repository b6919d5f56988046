//! Building (组装): which records a thing stands for now, and which other things say something of it. B6.1.

use std::collections::BTreeMap;

use domain::Moment;
use domain::access::Guarded;
use domain::catalog::Origin;
use domain::directory::Guardian;
use domain::id::{ClassId, GuardianId, LessonId, PaymentNo, PersonId, StudentId, TermCode};
use domain::supervision::Record;
use domain::supervision::thing::Thing;
use domain::supervision::told::{self, Names};
use domain::teaching::class::TeachingClass;
use futures::future::try_join_all;
use store::{Store, StoreError};

/// What a thing comes to.
#[derive(Debug, Default)]
pub struct Built {
    /// Its records, without versions. None: it is gone, or has none of its own.
    pub records: Vec<Record>,
    /// Things whose records say something of this one: they are looked at too.
    pub mentions: Vec<Thing>,
}

impl Built {
    fn of(records: Vec<Record>) -> Self {
        Self { records, mentions: Vec::new() }
    }
}

/// A thing as it is now. Whoever's keys are destroyed is gone.
pub async fn build(store: &Store, thing: &Thing, now: Moment) -> Result<Built, StoreError> {
    match read(store, thing, now).await {
        Err(StoreError::Shredded) => Ok(Built::default()),
        built => built,
    }
}

async fn read(store: &Store, thing: &Thing, now: Moment) -> Result<Built, StoreError> {
    match thing {
        Thing::Homeroom(id) => {
            let found = store.homeroom(id).await?;
            Ok(Built::of(found.map(|homeroom| told::homeroom(&homeroom.value, now)).into_iter().collect()))
        }
        Thing::Pupil(id) => Ok(Built::of(pupil(store, id, now).await?.into_iter().collect())),
        Thing::Guardian(id) => {
            let children = store.children_of(id).await?;
            Ok(Built { records: Vec::new(), mentions: children.into_iter().map(Thing::Pupil).collect() })
        }
        Thing::Staff(id) => {
            let found = store.user(id).await?.map(Guarded::unguarded);
            Ok(Built::of(found.map(|user| told::staff(&user.value, now)).unwrap_or_default()))
        }
        Thing::Record(student, term) => Ok(Built::of(orders(store, student, term, now).await?)),
        Thing::Payment(no) => Ok(Built::of(payment(store, no, now).await?)),
        Thing::Class(id) => class(store, id, now).await,
        Thing::Roll(lesson) => Ok(Built::of(roll(store, lesson, now).await?)),
    }
}

async fn pupil(store: &Store, id: &StudentId, now: Moment) -> Result<Option<Record>, StoreError> {
    let Some(student) = store.open_student(id).await?.map(Guarded::unguarded) else { return Ok(None) };
    let read = |guardian: GuardianId| async move { store.open_guardian(&guardian).await };
    let guardians = try_join_all(student.value.pupil.guardians.iter().cloned().map(read)).await?;
    let guardians: Vec<Guardian> = guardians.into_iter().flatten().map(|found| found.unguarded().value).collect();
    Ok(Some(told::pupil(&student.value, &guardians, now)))
}

async fn orders(store: &Store, student: &StudentId, term: &TermCode, now: Moment) -> Result<Vec<Record>, StoreError> {
    let Some(record) = store.record(student, term).await?.map(Guarded::unguarded) else { return Ok(Vec::new()) };
    Ok(record.value.orders.iter().map(|order| told::order(&record.value, order, now)).collect())
}

async fn payment(store: &Store, no: &PaymentNo, now: Moment) -> Result<Vec<Record>, StoreError> {
    let Some(payment) = store.payment(no).await?.map(Guarded::unguarded) else { return Ok(Vec::new()) };
    let refunds = store.refunds_now(no).await?;
    let refunds = refunds.into_iter().map(|refund| told::refund(&refund.unguarded().value, now));
    Ok([told::payment(&payment.value, now)].into_iter().chain(refunds).collect())
}

async fn class(store: &Store, id: &ClassId, now: Moment) -> Result<Built, StoreError> {
    let mentions = store.rolled_now(id).await?.into_iter().map(Thing::Roll).collect();
    let Some(class) = store.class(id).await?.map(Guarded::unguarded) else {
        return Ok(Built { records: Vec::new(), mentions });
    };
    let names = names(store, &class.value).await?;
    Ok(Built { records: told::class(&class.value, &names, now), mentions })
}

async fn roll(store: &Store, lesson: &LessonId, now: Moment) -> Result<Vec<Record>, StoreError> {
    let class = store.class(&lesson.class()).await?.map(Guarded::unguarded);
    let roll = store.roll(lesson).await?.map(Guarded::unguarded);
    let (Some(class), Some(roll)) = (class, roll) else { return Ok(Vec::new()) };
    Ok(told::attendance(&class.value, &roll.value, &names(store, &class.value).await?, now))
}

/// The names of a provider's teachers; those of the school's own are told by records of their own.
async fn names(store: &Store, class: &TeachingClass) -> Result<Names, StoreError> {
    if class.origin == Origin::InHouse {
        return Ok(BTreeMap::new());
    }
    let former = class.former.iter().flat_map(|former| &former.teachers);
    let stand_ins = class.lessons.iter().flat_map(|lesson| &lesson.stand_ins).map(|one| &one.present);
    let teachers = class.teachers.iter().chain(former).chain(stand_ins).map(|teacher| teacher.person.clone());
    let mut people: Vec<PersonId> = teachers.chain(class.stewards.iter().map(|one| one.person.clone())).collect();
    people.sort();
    people.dedup();
    let read = |person: PersonId| async move { store.user(&person).await };
    let users = try_join_all(people.into_iter().map(read)).await?;
    let users = users.into_iter().flatten().map(|found| found.unguarded().value);
    Ok(users.map(|user| (user.id, user.name)).collect())
}
