//! Changes of lessons (调课、代课、停课) in their table, and what somebody must hold to stand in. S23 T5.

use domain::access::{Grant, Guarded};
use domain::id::{PersonId, SchoolCode, TeachingRequestId, TermCode};
use domain::teaching::change::LessonChange;
use serde::Deserialize;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::refund::Listed;
use crate::table::Store;

/// The roles of an account, and whether it is frozen: nothing personal.
#[derive(Debug, Deserialize)]
struct Roles {
    #[serde(default)]
    grants: Vec<Grant>,
    #[serde(default)]
    frozen: Option<serde::de::IgnoredAny>,
}

impl Store {
    /// A change of a lesson.
    pub async fn lesson_change(
        &self,
        id: &TeachingRequestId,
    ) -> Result<Option<Guarded<Versioned<LessonChange>>>, StoreError> {
        self.guarded("lesson-change", &key::lesson_change(id)).await
    }

    /// A page of the changes of lessons of a school's term.
    pub async fn lesson_changes(
        &self,
        school: &SchoolCode,
        term: &TermCode,
        after: Option<&TeachingRequestId>,
        limit: i32,
    ) -> Result<Listed<LessonChange>, StoreError> {
        let after = after.map(|id| format!("CHANGE#{id}"));
        let within = (Table::Teaching, &*key::lesson_changes(school, term), "CHANGE#");
        let page = self.page("lesson-change", within, after.as_deref(), limit).await?;
        let next = page.next.and_then(|sk| sk.strip_prefix("CHANGE#").map(str::to_owned));
        Ok((page.items.into_iter().map(Guarded::new).collect(), next))
    }

    /// All changes of lessons of a school's term.
    pub async fn all_lesson_changes(
        &self,
        school: &SchoolCode,
        term: &TermCode,
    ) -> Result<Vec<Guarded<Versioned<LessonChange>>>, StoreError> {
        let within = (Table::Teaching, &*key::lesson_changes(school, term), "CHANGE#");
        let found = self.all("lesson-change", within).await?;
        Ok(found.into_iter().map(Guarded::new).collect())
    }

    /// Whether an account is frozen. Who was never given a role has none to be frozen.
    pub async fn is_frozen(&self, person: &PersonId) -> Result<bool, StoreError> {
        let found: Option<Versioned<Roles>> = self.get("user", &key::user(person)).await?;
        Ok(found.is_some_and(|found| found.value.frozen.is_some()))
    }

    /// The roles by which an account acts now: none while it is frozen, or when there is none.
    pub async fn roles_held(&self, person: &PersonId) -> Result<Vec<Grant>, StoreError> {
        let found: Option<Versioned<Roles>> = self.get("user", &key::user(person)).await?;
        Ok(found.filter(|found| found.value.frozen.is_none()).map(|found| found.value.grants).unwrap_or_default())
    }
}

impl Commit {
    /// Writes the next version of a change of a lesson. Where it takes effect, class, timetable and roll go with it.
    pub fn save_lesson_change(&mut self, change: &Versioned<LessonChange>) -> Result<(), StoreError> {
        self.put("lesson-change", key::lesson_change(&change.value.id), change, None)
    }
}
