//! Directory (组织与人员) in its table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::Tenant;
use domain::access::{Guarded, Townships};
use domain::directory::{Guardian, Homeroom, Pupil, School, Student};
use domain::id::{GuardianId, HomeroomId, OrganizationId, SchoolCode, StudentId};
use tokio::time::Instant;

use crate::cache::DIRECTORY_REFRESH;
use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

/// Which school lies in which township.
#[derive(Debug, Clone, Default)]
pub struct SchoolMap {
    townships: BTreeMap<OrganizationId, BTreeSet<SchoolCode>>,
}

impl Townships for SchoolMap {
    fn schools_of(&self, township: &OrganizationId) -> BTreeSet<SchoolCode> {
        self.townships.get(township).cloned().unwrap_or_default()
    }
}

impl Store {
    /// Which school lies in which township, at most [`DIRECTORY_REFRESH`] old.
    pub async fn school_map(&self) -> Result<Arc<SchoolMap>, StoreError> {
        if let Some(map) = self.caches().schools.recall(&(), DIRECTORY_REFRESH) {
            return Ok(map);
        }
        let read_at = Instant::now();
        let mut map = SchoolMap::default();
        for school in self.schools().await? {
            map.townships.entry(school.value.township).or_default().insert(school.value.code);
        }
        Ok(self.caches().schools.remember((), read_at, map))
    }

    /// A pupil without what says who it is: needs no key.
    pub async fn pupil(&self, id: &StudentId) -> Result<Option<Guarded<Versioned<Pupil>>>, StoreError> {
        self.guarded("student", &key::student(id)).await
    }

    /// A pupil with name and number: needs the school's key.
    pub async fn open_student(&self, id: &StudentId) -> Result<Option<Guarded<Versioned<Student>>>, StoreError> {
        Ok(self.get_opened("student", &key::student(id)).await?.map(Guarded::new))
    }

    /// A guardian with name and phone: needs the platform's key.
    pub async fn open_guardian(&self, id: &GuardianId) -> Result<Option<Guarded<Versioned<Guardian>>>, StoreError> {
        Ok(self.get_opened("guardian", &key::guardian(id)).await?.map(Guarded::new))
    }

    /// The children a guardian is linked to, by their identifiers alone: whoever is shown the guardian must reach one.
    pub async fn children_of(&self, id: &GuardianId) -> Result<Vec<StudentId>, StoreError> {
        #[derive(serde::Deserialize)]
        struct Linked {
            #[serde(default)]
            children: Vec<StudentId>,
        }
        let found: Option<Versioned<Linked>> = self.get("guardian", &key::guardian(id)).await?;
        Ok(found.map(|found| found.value.children).unwrap_or_default())
    }

    /// A school.
    pub async fn school(&self, code: &SchoolCode) -> Result<Option<Versioned<School>>, StoreError> {
        self.get("school", &key::school(code)).await
    }

    /// All schools.
    pub async fn schools(&self) -> Result<Vec<Versioned<School>>, StoreError> {
        self.all("school", (Table::Directory, "SCHOOLS", "SCHOOL#")).await
    }

    /// A homeroom.
    pub async fn homeroom(&self, id: &HomeroomId) -> Result<Option<Versioned<Homeroom>>, StoreError> {
        self.get("homeroom", &key::homeroom(id)).await
    }
}

impl Commit {
    /// Writes the next version of a school.
    pub fn save_school(&mut self, school: &Versioned<School>) -> Result<(), StoreError> {
        self.put("school", key::school(&school.value.code), school, None)
    }

    /// Writes the next version of a pupil.
    pub fn save_student(&mut self, student: &Versioned<Student>) -> Result<(), StoreError> {
        let pupil = &student.value.pupil;
        self.put_personal("student", Tenant::School(pupil.school.clone()), key::student(&pupil.id), student)
    }

    /// Writes the next version of a guardian.
    pub fn save_guardian(&mut self, guardian: &Versioned<Guardian>) -> Result<(), StoreError> {
        self.put_personal("guardian", Tenant::Platform, key::guardian(&guardian.value.id), guardian)
    }
}
