//! Attendance (考勤) in its table: what files and suspensions told of pupils' lessons. S34.2.

use std::collections::HashMap;

use domain::attendance::{Attendance, Attended};
use domain::id::{CourseCode, SchoolCode, StudentId, TermCode};
use domain::import::Fingerprint;
use domain::refund::facts::{Lesson, LessonState};
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

/// Lessons by pupil and course.
pub type LessonsOf = HashMap<(StudentId, CourseCode), Vec<Lesson>>;

impl Store {
    /// The lessons of many pupils in a term, by pupil and course: a call for each pupil, some of them at once.
    pub async fn lessons_of_term(
        &self,
        students: impl IntoIterator<Item = StudentId>,
        term: &TermCode,
    ) -> Result<LessonsOf, StoreError> {
        let prefix = key::lessons_of_term(term);
        let of = |student: StudentId| {
            let (pk, prefix) = (format!("ATTENDANCE#{student}"), prefix.as_str());
            async move { self.all::<Attendance>("attendance", (Table::Enrollments, &pk, prefix)).await }
        };
        let mut pupils = stream::iter(students).map(of).buffer_unordered(PUPILS);
        let mut lessons = LessonsOf::new();
        while let Some(found) = pupils.next().await {
            for Attendance { student, course, date, state, .. } in found?.into_iter().map(|item| item.value) {
                lessons.entry((student, course)).or_default().push(Lesson { date, state });
            }
        }
        Ok(lessons)
    }

    /// All that is known of a pupil's lessons in a course: for whoever has reached the pupil's record.
    pub async fn attended(
        &self,
        student: &StudentId,
        term: &TermCode,
        course: &CourseCode,
    ) -> Result<Attended, StoreError> {
        let (pk, prefix) = (format!("ATTENDANCE#{student}"), key::lessons(term, course));
        let found = self.all::<Attendance>("attendance", (Table::Enrollments, &pk, &prefix)).await?;
        Ok(Attended::of(found.into_iter().map(|item| item.value)))
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

    /// A pupil's lessons in a course, by day.
    pub async fn lessons(
        &self,
        student: &StudentId,
        term: &TermCode,
        course: &CourseCode,
    ) -> Result<Vec<Lesson>, StoreError> {
        Ok(self.attended(student, term, course).await?.lessons)
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
