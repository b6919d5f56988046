//! Directory (组织与人员) in its table.

use domain::Tenant;
use domain::directory::{Guardian, Homeroom, Pupil, School, Student};
use domain::id::{GuardianId, HomeroomId, SchoolCode, StudentId};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

impl Store {
    /// A pupil without what says who it is: needs no key.
    pub async fn pupil(&self, id: &StudentId) -> Result<Option<Versioned<Pupil>>, StoreError> {
        self.get("student", &key::student(id)).await
    }

    /// A pupil with name and number: needs the school's key.
    pub async fn open_student(&self, id: &StudentId) -> Result<Option<Versioned<Student>>, StoreError> {
        self.get_opened("student", &key::student(id)).await
    }

    /// A guardian with name and phone: needs the platform's key.
    pub async fn open_guardian(&self, id: &GuardianId) -> Result<Option<Versioned<Guardian>>, StoreError> {
        self.get_opened("guardian", &key::guardian(id)).await
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
