//! Things of a school (上报范围): everything that the city is told of, or of some data sets and of one term. B6.1 K7.2 S5.1.

use std::collections::BTreeSet;

use domain::access::Guarded;
use domain::id::{ClassId, PaymentNo, SchoolCode, StudentId, TermCode};
use domain::record::Order;
use domain::supervision::Dataset;
use domain::supervision::thing::Thing;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::register::Stretch;
use store::{Store, StoreError};

/// Things that are read at once.
pub(crate) const AT_ONCE: usize = 16;
/// Rows of a register read at once.
const ROWS: i32 = 1000;
/// Users read at once.
const USERS: i32 = 100;

/// Money, and what it is for.
const ORDERS: [Dataset; 3] = [Dataset::Order, Dataset::Payment, Dataset::Refund];
/// Who was in a lesson.
const ATTENDANCE: [Dataset; 2] = [Dataset::TeacherAttendance, Dataset::StudentAttendance];
/// Classes, and who teaches and is taught in them.
const CLASSES: [Dataset; 3] = [Dataset::TeachingClass, Dataset::ClassTeacher, Dataset::ClassStudent];

/// Which things are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Those that records of these data sets are a part of; none named: of all.
    pub datasets: BTreeSet<Dataset>,
    /// Of this term; none: of all, and what belongs to none.
    pub term: Option<TermCode>,
}

impl Choice {
    fn wants(&self, any: &[Dataset]) -> bool {
        self.datasets.is_empty() || any.iter().any(|dataset| self.datasets.contains(dataset))
    }

    /// Whether it wants what belongs to no term.
    fn wants_lasting(&self, dataset: Dataset) -> bool {
        self.term.is_none() && self.wants(&[dataset])
    }
}

/// The things of a school, in their order. Nothing of them is read but what names others: homerooms, users, the register,
/// classes, rolls, and of each pupil with orders the record of the term.
pub async fn things(store: &Store, school: &SchoolCode, choice: &Choice) -> Result<BTreeSet<Thing>, StoreError> {
    let (mut things, mut pupils) = (BTreeSet::new(), BTreeSet::<StudentId>::new());
    let wants_pupils = choice.wants_lasting(Dataset::Student);
    if wants_pupils || choice.wants_lasting(Dataset::Class) || choice.wants(&ORDERS) {
        for (homeroom, members) in store.homerooms_with_members(school).await? {
            if choice.wants_lasting(Dataset::Class) {
                things.insert(Thing::Homeroom(homeroom.id));
            }
            pupils.extend(members);
        }
    }
    if choice.wants_lasting(Dataset::Teacher) {
        things.extend(staff(store, school).await?);
    }
    for term in store.terms(school).await?.into_iter().map(|term| term.value.code) {
        if choice.term.as_ref().is_some_and(|wanted| *wanted != term) {
            continue;
        }
        if wants_pupils || choice.wants(&ORDERS) {
            let takers = takers(store, school, &term).await?;
            if choice.wants(&ORDERS) {
                things.extend(orders(store, takers.union(&pupils), &term).await?);
            }
            pupils.extend(takers);
        }
        if choice.wants(&CLASSES) || choice.wants(&ATTENDANCE) {
            for class in store.classes_in(school, &term).await? {
                things.extend(lessons(store, class.id, choice).await?);
            }
        }
    }
    if wants_pupils {
        things.extend(pupils.into_iter().map(Thing::Pupil));
    }
    Ok(things)
}

async fn staff(store: &Store, school: &SchoolCode) -> Result<Vec<Thing>, StoreError> {
    let (mut staff, mut after) = (Vec::new(), None);
    loop {
        let (users, next) = store.users(Some(school), after.as_deref(), USERS).await?;
        staff.extend(users.into_iter().map(|user| Thing::Staff(user.unguarded().value.id)));
        after = next;
        if after.is_none() {
            return Ok(staff);
        }
    }
}

/// The pupils who have an order in the register of a term.
async fn takers(store: &Store, school: &SchoolCode, term: &TermCode) -> Result<BTreeSet<StudentId>, StoreError> {
    let (mut takers, mut after) = (BTreeSet::new(), None);
    loop {
        let page = store.rows(Stretch { school, term, placed: None }, after.as_ref(), ROWS).await?;
        takers.extend(page.rows.into_iter().map(|row| row.unguarded().value.no.student()));
        after = page.next;
        if after.is_none() {
            return Ok(takers);
        }
    }
}

/// The orders of pupils in a term, and every attempt to pay one.
async fn orders(
    store: &Store,
    students: impl Iterator<Item = &StudentId>,
    term: &TermCode,
) -> Result<Vec<Thing>, StoreError> {
    let students: Vec<StudentId> = students.cloned().collect();
    let of_each: Vec<Vec<Thing>> = stream::iter(students)
        .map(|student| async move { orders_of(store, student, term.clone()).await })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(of_each.concat())
}

async fn orders_of(store: &Store, student: StudentId, term: TermCode) -> Result<Vec<Thing>, StoreError> {
    let Some(record) = store.record(&student, &term).await?.map(Guarded::unguarded) else { return Ok(Vec::new()) };
    let attempts = |order: &Order| {
        let no = order.no.clone();
        (1..=order.attempts).map(move |attempt| Thing::Payment(PaymentNo::new(&no, attempt)))
    };
    let payments: Vec<Thing> = record.value.orders.iter().flat_map(attempts).collect();
    Ok([Thing::Record(student, term)].into_iter().chain(payments).collect())
}

async fn lessons(store: &Store, class: ClassId, choice: &Choice) -> Result<Vec<Thing>, StoreError> {
    let mut things = Vec::new();
    if choice.wants(&ATTENDANCE) {
        things.extend(store.rolled_now(&class).await?.into_iter().map(Thing::Roll));
    }
    if choice.wants(&CLASSES) {
        things.push(Thing::Class(class));
    }
    Ok(things)
}
