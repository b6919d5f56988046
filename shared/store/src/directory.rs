//! Directory (组织与人员) in its table.

use domain::directory::{Guardian, Homeroom, School, Student};
use domain::id::{GuardianId, HomeroomId, SchoolCode, StudentId};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

impl Store {
    /// A pupil.
    pub async fn student(&self, id: &StudentId) -> Result<Option<Versioned<Student>>, StoreError> {
        self.get("student", &key::student(id)).await
    }

    /// A guardian.
    pub async fn guardian(&self, id: &GuardianId) -> Result<Option<Versioned<Guardian>>, StoreError> {
        self.get("guardian", &key::guardian(id)).await
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
        self.put("student", key::student(&student.value.id), student, None)
    }

    /// Writes the next version of a guardian.
    pub fn save_guardian(&mut self, guardian: &Versioned<Guardian>) -> Result<(), StoreError> {
        self.put("guardian", key::guardian(&guardian.value.id), guardian, None)
    }
}
