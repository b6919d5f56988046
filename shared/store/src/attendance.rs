//! Attendance (考勤) in its table: what files and suspensions told of pupils' lessons; and, with classes and rolls, all
//! that is known of them. S34.2.

use std::collections::HashMap;

use domain::attendance::{Attendance, Known};
use domain::id::{CourseCode, OfferingId, SchoolCode, StudentId, TermCode};
use domain::import::Fingerprint;
use domain::refund::facts::LessonState;
use domain::teaching::class::TeachingClass;
use futures::{StreamExt as _, stream};
use jiff::civil::Date;
use serde::Deserialize;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::import::{Imported, Origin};
use crate::item::Versioned;
use crate::key::{self, Table};
use crate::table::Store;

/// Pupils asked for at once.
const PUPILS: usize = 16;

/// Imported attendance by pupil and course.
pub type ImportedOf = HashMap<(StudentId, CourseCode), Vec<Attendance>>;

impl Store {
    /// The imported attendance of many pupils in a term, by pupil and course: a call for each pupil, some of them at once.
    pub async fn imported_in_term(
        &self,
        students: impl IntoIterator<Item = StudentId>,
        term: &TermCode,
    ) -> Result<ImportedOf, StoreError> {
        let prefix = key::lessons_of_term(term);
        let of = |student: StudentId| {
            let (pk, prefix) = (format!("ATTENDANCE#{student}"), prefix.as_str());
            async move { self.all::<Attendance>("attendance", (Table::Enrollments, &pk, prefix)).await }
        };
        let mut pupils = stream::iter(students).map(of).buffer_unordered(PUPILS);
        let mut lessons = ImportedOf::new();
        while let Some(found) = pupils.next().await {
            for one in found?.into_iter().map(|item| item.value) {
                lessons.entry((one.student.clone(), one.course.clone())).or_default().push(one);
            }
        }
        Ok(lessons)
    }

    /// The imported attendance of a pupil in a course.
    pub async fn imported(
        &self,
        student: &StudentId,
        term: &TermCode,
        course: &CourseCode,
    ) -> Result<Vec<Attendance>, StoreError> {
        let (pk, prefix) = (format!("ATTENDANCE#{student}"), key::lessons(term, course));
        let found = self.all::<Attendance>("attendance", (Table::Enrollments, &pk, &prefix)).await?;
        Ok(found.into_iter().map(|item| item.value).collect())
    }

    /// All that is known of a pupil's lessons in a course: for whoever has reached the pupil's record. Imported attendance
    /// and the classes of the offering are read at once; for a pupil of a class then its rolls, a hundred in a call.
    pub async fn known_lessons(&self, student: &StudentId, offering: &OfferingId) -> Result<Known, StoreError> {
        let (term, course) = (offering.term(), offering.course());
        let (imported, classes) =
            futures::try_join!(self.imported(student, &term, &course), self.classes_of(offering))?;
        let classes: Vec<TeachingClass> =
            classes.into_iter().map(|class| class.value).filter(|class| class.knows(student)).collect();
        let of_pupil = |class: &TeachingClass| {
            let lessons = class.lessons.iter().filter(|lesson| class.has(student, lesson.date));
            lessons.map(|lesson| class.lesson_id(lesson)).collect::<Vec<_>>()
        };
        let rolls = self.rolls_of(classes.iter().flat_map(of_pupil)).await?;
        Ok(Known::in_classes(student, imported, &classes, |lesson| rolls.get(lesson).map(|roll| &roll.value)))
    }

    /// A pupil's lessons in a course as they lie in their table, to change them.
    pub async fn attendance_kept(
        &self,
        student: &StudentId,
        term: &TermCode,
        course: &CourseCode,
    ) -> Result<Vec<Versioned<Imported<Attendance>>>, StoreError> {
        let (pk, prefix) = (format!("ATTENDANCE#{student}"), key::lessons(term, course));
        let found = self.all::<KeptAttendance>("attendance", (Table::Enrollments, &pk, &prefix)).await?;
        Ok(found.into_iter().map(|item| item.with(item.value.clone().into())).collect())
    }
}

/// A lesson's item as it is read.
#[derive(Clone, Deserialize)]
struct KeptAttendance {
    #[serde(default)]
    imported: Option<Fingerprint>,
    #[serde(default)]
    import_mark: Option<String>,
    student: StudentId,
    school: SchoolCode,
    term: TermCode,
    course: CourseCode,
    date: Date,
    period: u8,
    state: LessonState,
    #[serde(default)]
    materials_received: bool,
    #[serde(default)]
    sundry_used: bool,
}

impl From<KeptAttendance> for Imported<Attendance> {
    fn from(item: KeptAttendance) -> Self {
        let KeptAttendance { imported, import_mark, student, school, term, course, .. } = item;
        let KeptAttendance { date, period, state, materials_received, sundry_used, .. } = item;
        let value = Attendance { student, school, term, course, date, period, state, materials_received, sundry_used };
        Self { value, origin: Origin { imported, import_mark } }
    }
}

impl Commit {
    /// Writes the next version of a lesson that keeps its origin: a later file still tells what was changed since.
    pub fn save_attendance_kept(&mut self, lesson: &Versioned<Imported<Attendance>>) -> Result<(), StoreError> {
        self.put("attendance", key::attendance(&lesson.value.value), lesson, None)
    }
}
