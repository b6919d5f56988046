//! Attendance (考勤) in its table: what files told of pupils' lessons. S34.2.

use std::collections::HashMap;

use domain::attendance::{Attendance, Attended};
use domain::id::{CourseCode, StudentId, TermCode};
use domain::refund::facts::Lesson;
use futures::{StreamExt as _, stream};

use crate::error::StoreError;
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
