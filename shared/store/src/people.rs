//! People of a school (学校人员) in their tables: homerooms and who is in them, pupils and guardians kept by hand. S2 S3.

use domain::Tenant;
use domain::access::{Guarded, Owned, Owner};
use domain::directory::{Guardian, Homeroom, Pupil, Student};
use domain::id::{GuardianId, HomeroomId, SchoolCode, StudentId};
use domain::import::{Fingerprint, Keys, Record};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::commit::Commit;
use crate::error::StoreError;
use crate::import::{Imported, Member, Origin};
use crate::item::{Versioned, decode};
use crate::key::{self, Table};
use crate::table::Store;

/// Homerooms whose pupils are asked for at once.
const HOMEROOMS_AT_ONCE: usize = 16;

impl<T: Owned> Owned for Imported<T> {
    fn owner(&self) -> Owner<'_> {
        self.value.owner()
    }
}

impl Imported<Student> {
    /// Another value after a change that is nobody's edit, as promotion: what stood as the file said it still does.
    #[must_use]
    pub fn follow(&self, value: Student, keys: &dyn Keys) -> Self {
        let of = |student: &Student| Fingerprint::of(&Record::Student(student.clone()), keys);
        let origin = followed(&self.origin, &of(&self.value), of(&value));
        Self { value, origin }
    }
}

impl Imported<Homeroom> {
    /// The same for a homeroom.
    #[must_use]
    pub fn follow(&self, value: Homeroom, keys: &dyn Keys) -> Self {
        let of = |homeroom: &Homeroom| Fingerprint::of(&Record::Homeroom(homeroom.clone()), keys);
        let origin = followed(&self.origin, &of(&self.value), of(&value));
        Self { value, origin }
    }
}

fn followed(origin: &Origin, before: &Fingerprint, after: Fingerprint) -> Origin {
    let mut origin = origin.clone();
    if origin.imported.as_ref() == Some(before) {
        origin.imported = Some(after);
    }
    origin
}

impl Store {
    /// The homerooms of a school with their versions and origins, by identifier.
    pub async fn homerooms_kept(&self, school: &SchoolCode) -> Result<Vec<Versioned<Imported<Homeroom>>>, StoreError> {
        let within = format!("SCHOOL#{school}");
        let found = self.all::<KeptHomeroom>("homeroom", (Table::Directory, &within, "HOMEROOM#")).await?;
        Ok(found.into_iter().map(|item| item.with(item.value.clone().into())).collect())
    }

    /// A page of the pupils who are in a homeroom, by identifier, opened.
    pub async fn students_in(
        &self,
        homeroom: &HomeroomId,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<Guarded<Versioned<Student>>>, Option<String>), StoreError> {
        let pk = format!("HOMEROOM#{homeroom}");
        let page = self.page::<Member>("member", (Table::Directory, &pk, "STUDENT#"), after, limit).await?;
        let present = page.items.into_iter().filter(|place| !place.value.left).map(|place| place.value.student);
        let students = self.open_students(present.collect()).await?;
        let found = students.into_iter().map(|found| {
            let student = found.with(found.value.value.clone());
            Guarded::new(student)
        });
        Ok((found.collect(), page.next))
    }

    /// All pupils who are in a homeroom, by identifier.
    pub async fn members(&self, homeroom: &HomeroomId) -> Result<Vec<StudentId>, StoreError> {
        let pk = format!("HOMEROOM#{homeroom}");
        let all = self.all::<Member>("member", (Table::Directory, &pk, "STUDENT#")).await?;
        Ok(all.into_iter().filter(|place| !place.value.left).map(|place| place.value.student).collect())
    }

    /// The homerooms of a school, each with all pupils who are in it.
    pub async fn homerooms_with_members(
        &self,
        school: &SchoolCode,
    ) -> Result<Vec<(Homeroom, Vec<StudentId>)>, StoreError> {
        let read = |homeroom: Homeroom| async move {
            let members = self.members(&homeroom.id).await?;
            Ok::<_, StoreError>((homeroom, members))
        };
        stream::iter(self.homerooms(school).await?).map(read).buffer_unordered(HOMEROOMS_AT_ONCE).try_collect().await
    }

    /// All pupils who are in a homeroom without what says who they are: needs no key.
    pub async fn pupils_in(&self, homeroom: &HomeroomId) -> Result<Vec<Guarded<Versioned<Pupil>>>, StoreError> {
        let members = self.members(homeroom).await?;
        let images = self.images(members.iter().map(key::student).collect()).await?;
        images.into_values().map(|image| decode("student", image).map(Guarded::new)).collect()
    }

    /// Pupils with their origins, opened; in the order of the identifiers.
    pub(crate) async fn open_students(
        &self,
        ids: Vec<StudentId>,
    ) -> Result<Vec<Versioned<Imported<Student>>>, StoreError> {
        let keys: Vec<key::Key> = ids.iter().map(key::student).collect();
        let mut images = self.images(keys.clone()).await?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(image) = images.remove(&(key.pk.clone(), key.sk.clone())) else { continue };
            let origin = decode::<Origin>("student", image.clone())?.value;
            let student = decode::<Student>("student", self.unseal(&key, image).await?)?;
            let value = Imported { value: student.value.clone(), origin };
            found.push(student.with(value));
        }
        Ok(found)
    }

    /// A pupil with its origin, opened.
    pub async fn student_kept(
        &self,
        id: &StudentId,
    ) -> Result<Option<Guarded<Versioned<Imported<Student>>>>, StoreError> {
        Ok(self.open_students(vec![id.clone()]).await?.pop().map(Guarded::new))
    }

    /// All pupils who are in a homeroom, with their origins, opened.
    pub async fn students_kept(
        &self,
        homeroom: &HomeroomId,
    ) -> Result<Vec<Guarded<Versioned<Imported<Student>>>>, StoreError> {
        let members = self.members(homeroom).await?;
        Ok(self.open_students(members).await?.into_iter().map(Guarded::new).collect())
    }

    /// A guardian with its origin, opened.
    pub async fn guardian_kept(
        &self,
        id: &GuardianId,
    ) -> Result<Option<Guarded<Versioned<Imported<Guardian>>>>, StoreError> {
        let key = key::guardian(id);
        let Some(image) = self.image(&key, true).await? else { return Ok(None) };
        let origin = decode::<Origin>("guardian", image.clone())?.value;
        let guardian = decode::<Guardian>("guardian", self.unseal(&key, image).await?)?;
        let value = Imported { value: guardian.value.clone(), origin };
        Ok(Some(Guarded::new(guardian.with(value))))
    }

    /// Adds a pupil's places to a change: the one it comes to, and out of the one it leaves.
    pub async fn move_student(
        &self,
        commit: &mut Commit,
        student: &StudentId,
        (from, to): (Option<&HomeroomId>, &HomeroomId),
    ) -> Result<(), StoreError> {
        if from == Some(to) {
            return Ok(());
        }
        self.write_member(commit, to, student, false).await?;
        if let Some(from) = from {
            self.write_member(commit, from, student, true).await?;
        }
        Ok(())
    }
}

/// A homeroom's item as it is read.
#[derive(Clone, serde::Deserialize)]
struct KeptHomeroom {
    #[serde(default)]
    imported: Option<Fingerprint>,
    #[serde(default)]
    import_mark: Option<String>,
    id: HomeroomId,
    grade: domain::directory::Grade,
    name: String,
    #[serde(default)]
    graduated: Option<u16>,
}

impl From<KeptHomeroom> for Imported<Homeroom> {
    fn from(item: KeptHomeroom) -> Self {
        let KeptHomeroom { imported, import_mark, id, grade, name, graduated } = item;
        Self { value: Homeroom { id, grade, name, graduated }, origin: Origin { imported, import_mark } }
    }
}

impl Commit {
    /// Writes the next version of a homeroom as somebody has edited it.
    pub fn save_homeroom(&mut self, homeroom: &Versioned<Homeroom>) -> Result<(), StoreError> {
        self.put("homeroom", key::homeroom(&homeroom.value.id), homeroom, None)
    }

    /// Writes the next version of a homeroom that keeps its origin.
    pub fn save_homeroom_kept(&mut self, homeroom: &Versioned<Imported<Homeroom>>) -> Result<(), StoreError> {
        self.put("homeroom", key::homeroom(&homeroom.value.value.id), homeroom, None)
    }

    /// Writes the next version of a pupil that keeps its origin: it is not what a file says that has changed.
    pub fn save_student_kept(&mut self, student: &Versioned<Imported<Student>>) -> Result<(), StoreError> {
        let pupil = &student.value.value.pupil;
        self.put_personal("student", Tenant::School(pupil.school.clone()), key::student(&pupil.id), student)
    }

    /// Writes the next version of a guardian that keeps its origin.
    pub fn save_guardian_kept(&mut self, guardian: &Versioned<Imported<Guardian>>) -> Result<(), StoreError> {
        self.put_personal("guardian", Tenant::Platform, key::guardian(&guardian.value.value.id), guardian)
    }
}
