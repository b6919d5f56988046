//! The families of the pupils that words are about: who is to be told of what, and under which name at WeChat.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::Guarded;
use domain::directory::Student;
use domain::id::{GuardianId, StudentId};
use domain::subscription::Subscription;
use domain::teaching::telling::Word;
use edge::App;
use store::{StoreError, Versioned};

/// Families.
pub(crate) struct Families {
    students: BTreeMap<StudentId, Student>,
    /// What guardians have subscribed to.
    pub(crate) subscriptions: BTreeMap<GuardianId, Versioned<Subscription>>,
}

impl Families {
    /// The families of the pupils of some words. The pupil's own record says who its guardians are.
    pub(crate) async fn read(app: &App, words: &[Word]) -> Result<Self, StoreError> {
        let ids: BTreeSet<&StudentId> = words.iter().map(|word| &word.student).collect();
        let found = app.store().open_students_of(ids.into_iter().cloned().collect()).await?;
        let students: BTreeMap<StudentId, Student> = found
            .into_iter()
            .map(Guarded::unguarded)
            .map(|found| (found.value.pupil.id.clone(), found.value))
            .collect();
        let guardians = students.values().flat_map(|student| student.pupil.guardians.iter().cloned()).collect();
        let subscriptions = app.store().open_subscriptions(&guardians).await?;
        Ok(Self { students, subscriptions })
    }

    /// The guardians who want a word to be sent.
    pub(crate) fn takers(&self, word: &Word) -> BTreeSet<GuardianId> {
        let guardians = self.students.get(&word.student).map(|student| student.pupil.guardians.as_slice());
        let takes = |guardian: &&GuardianId| {
            self.subscriptions.get(*guardian).is_some_and(|found| found.value.takes(word.fact.topic()))
        };
        guardians.unwrap_or_default().iter().filter(takes).cloned().collect()
    }

    /// The masked name of a pupil.
    pub(crate) fn masked_name(&self, student: &StudentId) -> String {
        self.students.get(student).map(|student| student.name.masked_name()).unwrap_or_default()
    }
}
