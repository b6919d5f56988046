//! Users (用户) in their table, and what the check of an account needs of them.

use domain::Tenant;
use domain::access::{Grant, Guarded};
use domain::id::{PersonId, SchoolCode};
use domain::user::User;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

/// What a session is checked against: nothing personal.
#[derive(Debug, Clone, Deserialize)]
pub struct Admission {
    /// See [`User::session_ver`].
    #[serde(default)]
    pub session_ver: u64,
    #[serde(default)]
    frozen: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    grants: Vec<Grant>,
}

/// Users that are read at once.
const PAGE: i32 = 100;

/// A user's place in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    person: PersonId,
}

impl Admission {
    /// Whether a session that began at `session_ver` is still what the account allows.
    pub const fn honours(&self, session_ver: u64) -> bool {
        self.frozen.is_none() && self.session_ver == session_ver
    }

    /// The roles by which somebody may act at all: none while the account is frozen.
    pub fn grants(&self) -> &[Grant] {
        if self.frozen.is_none() { &self.grants } else { &[] }
    }
}

impl Store {
    /// A user.
    pub async fn user(&self, id: &PersonId) -> Result<Option<Guarded<Versioned<User>>>, StoreError> {
        Ok(self.get_opened("user", &key::user(id)).await?.map(Guarded::new))
    }

    /// A page of the users of a school, or of those above schools, by their identifiers.
    pub async fn users(
        &self,
        home: Option<&SchoolCode>,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<Guarded<Versioned<User>>>, Option<String>), StoreError> {
        let pk = key::users(home);
        let page = self.page::<Place>("user-place", (Table::Directory, &pk, "USER#"), after, limit).await?;
        let users = try_join_all(page.items.iter().map(|place| self.user(&place.value.person))).await?;
        Ok((users.into_iter().flatten().collect(), page.next))
    }

    /// All users of a school, or of those above schools; none when they are more than `most`.
    pub async fn all_users(
        &self,
        home: Option<&SchoolCode>,
        most: usize,
    ) -> Result<Option<Vec<Guarded<Versioned<User>>>>, StoreError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (users, next) = self.users(home, after.as_deref(), PAGE).await?;
            all.extend(users);
            if all.len() > most {
                return Ok(None);
            }
            after = next;
            if after.is_none() {
                return Ok(Some(all));
            }
        }
    }

    /// The state of an account as it is now. A guardian who was never given a role has none.
    pub async fn admission(&self, id: &PersonId) -> Result<Option<Admission>, StoreError> {
        Ok(self.get("user", &key::user(id)).await?.map(|found: Versioned<Admission>| found.value))
    }
}

impl Commit {
    /// Writes the next version of a user; a new one gets a place in the list of its school.
    pub fn save_user(&mut self, user: &Versioned<User>) -> Result<(), StoreError> {
        let tenant = user.value.home.clone().map_or(Tenant::Platform, Tenant::School);
        if user.ver == 0 {
            let place = Place { person: user.value.id.clone() };
            let key = key::user_place(user.value.home.as_ref(), &user.value.id);
            self.put_untraced("user-place", key, &Versioned::absent(place), None)?;
        }
        self.put_personal("user", tenant, key::user(&user.value.id), user)
    }
}
