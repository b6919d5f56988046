//! Import (导入): what files are judged by, the conditional writes of their rows, and the record of each import. A5 S3.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::access::{Guarded, Owned, Owner};
use domain::audit::Actor;
use domain::catalog::{Course, Offering, Specification, Term};
use domain::directory::{Guardian, Homeroom, Organization, Pupil, School, Student};
use domain::id::{HomeroomId, ImportId, SchoolCode, StudentId};
use domain::import::{Fingerprint, GoodRow, Guardianship, ImportKind, Keys, Known, Merge, Record, Stored, Wanted};
use domain::instalment::PaymentMode;
use domain::organization::Standing;
use domain::school::Premises;
use domain::{Moment, Tenant};
use futures::StreamExt as _;
use futures::stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::commit::Commit;
use crate::error::{Image, StoreError};
use crate::item::{Versioned, decode, text};
use crate::key::{self, Key, Table};
use crate::table::{Store, pause};

/// Keys one `BatchGetItem` takes.
const BATCH: usize = 100;

/// Calls under way at once.
const CALLS: usize = 16;

/// How often a row is decided anew because somebody else wrote meanwhile. Rows of the same guardian meet each other.
const DECISIONS: u32 = 10;

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ImportState {
    /// Its rows are judged, nothing of them is written (已校验).
    Checked,
    /// Its good rows are being written (导入中).
    Applying,
    /// They are written (已完成).
    Done,
}

/// Rows by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Records added.
    pub new: u32,
    /// Records changed.
    pub changed: u32,
    /// Records left as they are.
    pub unchanged: u32,
    /// Records edited by hand, and therefore left.
    pub conflict: u32,
}

impl Tally {
    /// Counts one row.
    pub const fn add(&mut self, merge: Merge) {
        let count = match merge {
            Merge::New => &mut self.new,
            Merge::Changed => &mut self.changed,
            Merge::Unchanged => &mut self.unchanged,
            Merge::Conflict => &mut self.conflict,
        };
        *count = count.saturating_add(1);
    }
}

/// An import: a file, what was found in it, and how far its rows are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportJob {
    /// Its identifier.
    pub id: ImportId,
    /// What the file lists. Not `kind`: every item has an attribute of that name.
    pub lists: ImportKind,
    /// The file's name as it was uploaded.
    pub file_name: String,
    /// The one school it was made for; none: by the platform, for all.
    pub scope: Option<SchoolCode>,
    /// Whether what was edited by hand is overwritten.
    pub overwrite: bool,
    /// Where it stands.
    pub state: ImportState,
    /// Rows of the file.
    pub total: u32,
    /// Rows with a fault.
    pub bad_rows: u32,
    /// Faults.
    pub errors_total: u32,
    /// Headings that mean nothing to this kind of file.
    pub ignored: Vec<String>,
    /// What its good rows would do, by the last check.
    pub expected: Tally,
    /// Who had it applied.
    pub applied_by: Option<Actor>,
    /// How often it was applied.
    pub run: u32,
    /// The number of the last row up to which all good rows are written.
    pub done_row: u32,
    /// What they did.
    pub applied: Tally,
}

impl Owned for ImportJob {
    fn owner(&self) -> Owner<'_> {
        Owner { school: self.scope.as_ref(), ..Owner::default() }
    }
}

/// How rows are applied.
#[derive(Debug, Clone)]
pub struct Applying {
    /// Whether what was edited by hand is overwritten.
    pub overwrite: bool,
    /// Which run of which import writes, so that a row that is repeated after a crash counts as what it did.
    pub mark: String,
    /// Who had it applied.
    pub actor: Actor,
    /// When.
    pub now: Moment,
}

/// What an import adds to an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) imported: Option<Fingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) import_mark: Option<String>,
}

/// A value with its origin beside its own attributes. Who changes it by hand hands the origin on: then a later file
/// still tells what was edited from what it brought itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imported<T> {
    /// The value.
    #[serde(flatten)]
    pub value: T,
    #[serde(flatten)]
    pub(crate) origin: Origin,
}

impl<T> Imported<T> {
    /// A value that no file brought.
    pub fn by_hand(value: T) -> Self {
        Self { value, origin: Origin::default() }
    }

    /// Another value of the same origin: what no file says has been changed.
    #[must_use]
    pub fn with<U>(&self, value: U) -> Imported<U> {
        Imported { value, origin: self.origin.clone() }
    }
}

impl<T: DeserializeOwned> Versioned<Imported<T>> {
    /// The value of an item, and what an import added to it.
    pub(crate) fn of(kind: &'static str, image: Image) -> Result<Self, StoreError> {
        let origin = decode::<Origin>(kind, image.clone())?.value;
        let found = decode::<T>(kind, image)?;
        let (ver, created_at) = (found.ver, found.created_at);
        Ok(Self { value: Imported { value: found.value, origin }, ver, created_at })
    }
}

/// An organization within its item, whose own attribute `kind` says something else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OrganizationItem {
    pub(crate) organization: Organization,
}

/// A pupil's place in a homeroom.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) student: StudentId,
    /// Whether the pupil has gone to another homeroom.
    pub(crate) left: bool,
}

/// A stored record with what an import must know of it.
struct Held {
    record: Record,
    version: Versioned<()>,
    origin: Origin,
    linked: bool,
}

impl Store {
    /// An import.
    pub async fn import_job(&self, id: &ImportId) -> Result<Option<Guarded<Versioned<ImportJob>>>, StoreError> {
        self.guarded("import", &key::import(id)).await
    }

    /// All organizations.
    pub async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let found = self.all::<OrganizationItem>("organization", (Table::Directory, "ORGANIZATIONS", "ORG#")).await?;
        Ok(found.into_iter().map(|item| item.value.organization).collect())
    }

    /// The homerooms of a school.
    pub async fn homerooms(&self, school: &SchoolCode) -> Result<Vec<Homeroom>, StoreError> {
        let found = self.all("homeroom", (Table::Directory, &format!("SCHOOL#{school}"), "HOMEROOM#")).await?;
        Ok(found.into_iter().map(|item| item.value).collect())
    }

    /// What a file of this kind is judged by.
    pub async fn known(
        &self,
        kind: ImportKind,
        wanted: &Wanted,
        scope: Option<SchoolCode>,
    ) -> Result<Known, StoreError> {
        let mut known = Known::of(scope);
        let of = |kinds: &[ImportKind]| kinds.contains(&kind);
        if of(&[ImportKind::Organizations, ImportKind::Schools, ImportKind::Courses]) {
            let all = self.organizations().await?;
            known.organizations = all.into_iter().map(|found| (found.id.clone(), found)).collect();
        }
        let schools: Vec<School> = self.many("school", wanted.schools.iter().map(key::school).collect()).await?;
        if of(&[ImportKind::Students]) {
            for school in &schools {
                known.add_homerooms(self.homerooms(&school.code).await?);
            }
        }
        known.schools = schools.into_iter().map(|found| (found.code.clone(), found)).collect();
        if of(&[ImportKind::Students, ImportKind::Guardians, ImportKind::Attendance]) {
            let keys = wanted.students.iter().map(key::student).collect();
            let students: Vec<Pupil> = self.many("student", keys).await?;
            known.students = students.into_iter().map(|found| (found.id, found.school)).collect();
        }
        if of(&[ImportKind::Offerings]) {
            let all = self.specifications().await?;
            known.specifications = all.into_iter().map(|item| (item.value.code.clone(), item.value)).collect();
        }
        if of(&[ImportKind::Offerings, ImportKind::Attendance]) {
            let keys = wanted.terms.iter().map(|(school, term)| key::term(school, term)).collect();
            let terms: Vec<Term> = self.many("term", keys).await?;
            known.terms = terms.into_iter().map(|found| ((found.school.clone(), found.code.clone()), found)).collect();
            for school in known.schools.keys() {
                let within = format!("SCHOOL#{school}");
                let courses = self.all::<Course>("course", (Table::Catalog, &within, "COURSE#")).await?;
                known
                    .courses
                    .extend(courses.into_iter().map(|item| ((school.clone(), item.value.code.clone()), item.value)));
            }
        }
        Ok(known)
    }

    /// What the rows would do, without doing it.
    pub async fn expect_rows(&self, rows: &[GoodRow], overwrite: bool, keys: &dyn Keys) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        for some in rows.chunks(BATCH.saturating_mul(CALLS)) {
            let images = self.images(some.iter().map(|row| key_of(&row.record)).collect()).await?;
            for row in some {
                let key = key_of(&row.record);
                let held = self.held(&row.record, &key, images.get(&place(&key)).cloned()).await?;
                tally.add(judge(held.as_ref(), &row.record, overwrite, keys));
            }
        }
        Ok(tally)
    }

    /// Applies one row: reads what is stored, decides, and writes on the condition that nobody else wrote meanwhile.
    pub async fn apply_row(&self, row: &Record, how: &Applying, keys: &dyn Keys) -> Result<Merge, StoreError> {
        let mut attempt = 0;
        loop {
            match self.try_row(row, how, keys).await {
                Err(StoreError::Stale) if attempt < DECISIONS => {
                    tokio::time::sleep(pause(attempt)).await;
                    attempt = attempt.saturating_add(1);
                }
                done => return done,
            }
        }
    }

    async fn try_row(&self, row: &Record, how: &Applying, keys: &dyn Keys) -> Result<Merge, StoreError> {
        let key = key_of(row);
        let held = self.held(row, &key, self.image(&key, true).await?).await?;
        let merge = judge(held.as_ref(), row, how.overwrite, keys);
        if merge == Merge::Unchanged {
            // What this very run wrote before it was interrupted.
            let ours = held.as_ref().filter(|held| held.origin.import_mark.as_ref() == Some(&how.mark));
            return Ok(ours.map_or(merge, |held| if held.version.ver == 1 { Merge::New } else { Merge::Changed }));
        }
        if merge == Merge::Conflict {
            return Ok(merge);
        }
        if let Record::Offering(offering) = row
            && !self.seats_fit(offering, held.as_ref()).await?
        {
            return Ok(Merge::Conflict);
        }
        let origin = Origin { imported: Some(Fingerprint::of(row, keys)), import_mark: Some(how.mark.clone()) };
        let mut commit = Commit::new(how.actor.clone(), "import.apply", how.now);
        match row {
            Record::Student(student) => self.write_student(&mut commit, student, held.as_ref(), origin).await?,
            Record::Guardianship(link) => self.write_link(&mut commit, link, origin).await?,
            Record::Organization(_)
            | Record::School(_)
            | Record::Homeroom(_)
            | Record::Specification(_)
            | Record::Term(_)
            | Record::Course(_)
            | Record::Offering(_)
            | Record::Attendance(_) => write_plain(&mut commit, row, held.as_ref(), origin)?,
        }
        self.commit(commit).await?;
        Ok(merge)
    }

    /// Gives the ledgers the seats of the row. False when more are taken than it leaves; they are then as they were.
    async fn seats_fit(&self, offering: &Offering, held: Option<&Held>) -> Result<bool, StoreError> {
        let fits = self.set_capacity(&offering.id, offering.capacity).await?;
        if let Some(Held { record: Record::Offering(before), .. }) = held
            && !fits
        {
            self.set_capacity(&before.id, before.capacity).await?;
        }
        Ok(fits)
    }

    /// What is stored where a row belongs, opened.
    async fn held(&self, row: &Record, key: &Key, image: Option<Image>) -> Result<Option<Held>, StoreError> {
        let Some(image) = image else { return Ok(None) };
        Held::of(row, &self.unseal(key, image).await?).map(Some)
    }

    async fn write_student(
        &self,
        commit: &mut Commit,
        student: &Student,
        held: Option<&Held>,
        origin: Origin,
    ) -> Result<(), StoreError> {
        let before = match held {
            Some(Held { record: Record::Student(before), .. }) => Some(before),
            Some(_) | None => None,
        };
        // Guardians are linked by their own files.
        let guardians = before.map(|before| before.pupil.guardians.clone()).unwrap_or_default();
        let pupil = Pupil { guardians, ..student.pupil.clone() };
        let (tenant, key) = (Tenant::School(pupil.school.clone()), key::student(&pupil.id));
        let value = Student { pupil, ..student.clone() };
        commit.put_personal("student", tenant, key, &next(held, Imported { value, origin }))?;
        let now_in = &student.pupil.homeroom;
        let moved_from = before.map(|before| &before.pupil.homeroom).filter(|homeroom| *homeroom != now_in);
        if before.is_none() || moved_from.is_some() {
            self.write_member(commit, now_in, &student.pupil.id, false).await?;
        }
        if let Some(homeroom) = moved_from {
            self.write_member(commit, homeroom, &student.pupil.id, true).await?;
        }
        Ok(())
    }

    pub(crate) async fn write_member(
        &self,
        commit: &mut Commit,
        homeroom: &HomeroomId,
        student: &StudentId,
        left: bool,
    ) -> Result<(), StoreError> {
        let key = key::member(homeroom, student);
        let member = Member { student: student.clone(), left };
        let held = self.get::<Member>("member", &key).await?;
        commit.put_untraced("member", key, &Versioned::next(held.as_ref(), member), None)
    }

    /// Links guardian and child on both sides.
    async fn write_link(&self, commit: &mut Commit, link: &Guardianship, origin: Origin) -> Result<(), StoreError> {
        let child = key::student(&link.student);
        let (guardian, image) =
            futures::future::try_join(self.open_guardian(&link.guardian), self.image(&child, true)).await?;
        let guardian = guardian.map_or_else(
            || {
                Versioned::absent(Guardian {
                    id: link.guardian.clone(),
                    name: link.name.clone(),
                    phone: link.phone.clone(),
                    children: Vec::new(),
                })
            },
            Guarded::unguarded,
        );
        let mut children = guardian.value.children.clone();
        if !children.contains(&link.student) {
            children.push(link.student.clone());
        }
        let value = Guardian { name: link.name.clone(), phone: link.phone.clone(), children, ..guardian.value.clone() };
        let imported = guardian.with(Imported { value, origin });
        commit.put_personal("guardian", Tenant::Platform, key::guardian(&link.guardian), &imported)?;

        let image = image.ok_or_else(|| StoreError::Missing(child.clone()))?;
        if decode::<Pupil>("student", image.clone())?.value.guardians.contains(&link.guardian) {
            return Ok(());
        }
        // The pupil keeps its own origin: being linked is not being edited.
        let origin = decode::<Origin>("student", image.clone())?.value;
        let student = decode::<Student>("student", self.unseal(&child, image).await?)?;
        let tenant = Tenant::School(student.value.pupil.school.clone());
        let mut value = student.value.clone();
        value.pupil.guardians.push(link.guardian.clone());
        commit.put_personal("student", tenant, child, &student.with(Imported { value, origin }))
    }

    /// The items at many keys, as they are now, by partition and sort key.
    pub(crate) async fn images(&self, mut keys: Vec<Key>) -> Result<HashMap<(String, String), Image>, StoreError> {
        keys.sort();
        keys.dedup();
        let chunks: Vec<Vec<Key>> = keys.chunks(BATCH).map(<[Key]>::to_vec).collect();
        let mut batches = stream::iter(chunks).map(|chunk| self.batch(chunk)).buffer_unordered(CALLS);
        let mut found = HashMap::new();
        while let Some(batch) = batches.next().await {
            for image in batch? {
                let part = |name: &str| image.get(name).and_then(|value| value.as_s().ok()).cloned();
                if let (Some(pk), Some(sk)) = (part("pk"), part("sk")) {
                    found.insert((pk, sk), image);
                }
            }
        }
        Ok(found)
    }

    /// One `BatchGetItem` of keys in one table, repeated for what it leaves out.
    async fn batch(&self, keys: Vec<Key>) -> Result<Vec<Image>, StoreError> {
        let Some(name) = keys.first().map(|key| self.name(key.table)) else { return Ok(Vec::new()) };
        let rejected = |error| StoreError::Rejected { operation: "BatchGetItem", source: Box::new(error) };
        let pairs = keys
            .into_iter()
            .map(|key| HashMap::from([("pk".to_owned(), text(key.pk)), ("sk".to_owned(), text(key.sk))]));
        let mut wanted = Some(pairs.collect::<Vec<_>>());
        let (mut found, mut attempt) = (Vec::new(), 0);
        while let Some(keys) = wanted.take().filter(|keys| !keys.is_empty()) {
            let request =
                KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().map_err(rejected)?;
            let sent = self.client().batch_get_item().request_items(&name, request).send().await;
            let answer = sent.map_err(|error| StoreError::from_sdk("BatchGetItem", error))?;
            found.extend(answer.responses.unwrap_or_default().remove(&name).unwrap_or_default());
            wanted = answer.unprocessed_keys.and_then(|mut rest| rest.remove(&name)).map(|rest| rest.keys);
            if wanted.is_some() {
                tokio::time::sleep(pause(attempt)).await;
                attempt = attempt.saturating_add(1);
            }
        }
        Ok(found)
    }

    /// The values at many keys, as they are now, in no order.
    pub(crate) async fn versions<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        keys: Vec<Key>,
    ) -> Result<Vec<Versioned<T>>, StoreError> {
        self.images(keys).await?.into_values().map(|image| decode(kind, image)).collect()
    }

    async fn many<T: DeserializeOwned>(&self, kind: &'static str, keys: Vec<Key>) -> Result<Vec<T>, StoreError> {
        Ok(self.versions(kind, keys).await?.into_iter().map(|found| found.value).collect())
    }
}

impl Commit {
    /// Writes the next version of an import.
    pub fn save_import(&mut self, job: &Versioned<ImportJob>) -> Result<(), StoreError> {
        self.put("import", key::import(&job.value.id), job, None)
    }

    /// Writes how far an import has come: no act of anybody, so it leaves no trace.
    pub fn save_import_progress(&mut self, job: &Versioned<ImportJob>) -> Result<(), StoreError> {
        self.put_untraced("import", key::import(&job.value.id), job, None)
    }
}

impl Held {
    /// What is stored where `row` belongs, as a row would say it.
    fn of(row: &Record, image: &Image) -> Result<Self, StoreError> {
        fn read<T: DeserializeOwned>(kind: &'static str, image: &Image) -> Result<T, StoreError> {
            decode(kind, image.clone()).map(|found| found.value)
        }
        let mut linked = true;
        let record = match row {
            Record::Organization(_) => {
                Record::Organization(read::<OrganizationItem>("organization", image)?.organization)
            }
            Record::School(_) => Record::School(read("school", image)?),
            Record::Homeroom(_) => Record::Homeroom(read("homeroom", image)?),
            Record::Student(_) => Record::Student(read("student", image)?),
            Record::Guardianship(link) => {
                let guardian: Guardian = read("guardian", image)?;
                linked = guardian.children.contains(&link.student);
                Record::Guardianship(Guardianship {
                    guardian: guardian.id,
                    name: guardian.name,
                    phone: guardian.phone,
                    student: link.student.clone(),
                })
            }
            Record::Specification(_) => Record::Specification(read("specification", image)?),
            Record::Term(_) => Record::Term(read("term", image)?),
            Record::Course(_) => Record::Course(read("course", image)?),
            Record::Offering(_) => Record::Offering(read("offering", image)?),
            Record::Attendance(_) => Record::Attendance(read("attendance", image)?),
        };
        let origin = decode::<Origin>("origin", image.clone())?;
        let version = origin.with(());
        Ok(Self { record, version, origin: origin.value, linked })
    }
}

fn judge(held: Option<&Held>, row: &Record, overwrite: bool, keys: &dyn Keys) -> Merge {
    let stored = held.map(|held| Stored {
        content: Fingerprint::of(&held.record, keys),
        imported: held.origin.imported.clone(),
        linked: held.linked,
    });
    Stored::merge(stored.as_ref(), &Fingerprint::of(row, keys), overwrite)
}

fn write_plain(commit: &mut Commit, row: &Record, held: Option<&Held>, origin: Origin) -> Result<(), StoreError> {
    let key = key_of(row);
    match row {
        Record::Organization(organization) => {
            // What no file says stays as it was kept by hand.
            let standing = match held {
                Some(Held { record: Record::Organization(before), .. }) => before.standing.clone(),
                Some(_) | None => Standing::default(),
            };
            let value = OrganizationItem { organization: Organization { standing, ..organization.clone() } };
            commit.put("organization", key, &next(held, Imported { value, origin }), None)
        }
        Record::School(school) => {
            let premises = match held {
                Some(Held { record: Record::School(before), .. }) => before.premises.clone(),
                Some(_) | None => Premises::default(),
            };
            let value = School { premises, ..school.clone() };
            commit.put("school", key, &next(held, Imported { value, origin }), None)
        }
        Record::Homeroom(value) => commit.put("homeroom", key, &next(held, Imported { value, origin }), None),
        Record::Specification(value) => commit.put("specification", key, &next(held, Imported { value, origin }), None),
        Record::Term(term) => {
            let (payment, remind_hours) = match held {
                Some(Held { record: Record::Term(before), .. }) => (before.payment, before.remind_hours),
                Some(_) | None => (PaymentMode::default(), None),
            };
            let value = Term { payment, remind_hours, ..term.clone() };
            commit.put("term", key, &next(held, Imported { value, origin }), None)
        }
        Record::Course(value) => commit.put("course", key, &next(held, Imported { value, origin }), None),
        Record::Offering(value) => commit.put("offering", key, &next(held, Imported { value, origin }), None),
        Record::Attendance(value) => commit.put("attendance", key, &next(held, Imported { value, origin }), None),
        // These two write more than one item.
        Record::Student(_) | Record::Guardianship(_) => Ok(()),
    }
}

/// The next version of what is held, or the first.
fn next<T>(held: Option<&Held>, value: T) -> Versioned<T> {
    match held {
        Some(held) => held.version.with(value),
        None => Versioned::absent(value),
    }
}

fn key_of(record: &Record) -> Key {
    match record {
        Record::Organization(organization) => key::organization(&organization.id),
        Record::School(school) => key::school(&school.code),
        Record::Homeroom(homeroom) => key::homeroom(&homeroom.id),
        Record::Student(student) => key::student(&student.pupil.id),
        Record::Guardianship(link) => key::guardian(&link.guardian),
        Record::Specification(Specification { code, .. }) => key::specification(code),
        Record::Term(term) => key::term(&term.school, &term.code),
        Record::Course(course) => key::course(&course.school, &course.code),
        Record::Offering(offering) => key::offering(&offering.id),
        Record::Attendance(attendance) => key::attendance(attendance),
    }
}

fn place(key: &Key) -> (String, String) {
    (key.pk.clone(), key.sk.clone())
}
