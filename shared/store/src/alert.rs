//! Alerts of a school's finance (财务提醒) in their table. S34.4.

use domain::access::Guarded;
use domain::alert::{Alert, AlertKind, Facts};
use domain::id::{AlertId, SchoolCode};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::refund::Listed;
use crate::table::Store;

impl Store {
    /// An alert.
    pub async fn alert(&self, id: &AlertId) -> Result<Option<Guarded<Versioned<Alert>>>, StoreError> {
        self.guarded("alert", &key::alert(id)).await
    }

    /// A page of the alerts of a school, of one kind or of all.
    pub async fn alerts(
        &self,
        school: &SchoolCode,
        kind: Option<AlertKind>,
        after: Option<&str>,
        limit: i32,
    ) -> Result<Listed<Alert>, StoreError> {
        let prefix = kind.map_or_else(String::new, |kind| format!("{kind}."));
        let page = self.page("alert", (Table::Money, &*key::alerts(school), &*prefix), after, limit).await?;
        Ok((page.items.into_iter().map(Guarded::new).collect(), page.next))
    }

    /// Adds to a change what it means for the alerts about a thing of which `before` was true and `after` is now. Where
    /// nothing comes or goes, nothing is read.
    pub async fn tell(&self, commit: &mut Commit, before: &Facts, after: &Facts) -> Result<(), StoreError> {
        for (id, change) in before.changes(after) {
            let found: Option<Versioned<Alert>> = self.get("alert", &key::alert(&id)).await?;
            let next = Alert::after(found.as_ref().map(|found| &found.value), &id, change, commit.now());
            if let Some(next) = next {
                commit.save_alert(&Versioned::next(found.as_ref(), next))?;
            }
        }
        Ok(())
    }
}

impl Commit {
    /// Writes the next version of an alert.
    pub fn save_alert(&mut self, alert: &Versioned<Alert>) -> Result<(), StoreError> {
        self.put("alert", key::alert(&alert.value.id), alert, None)
    }
}
