//! Attendance (考勤) in its table: what files told of pupils' lessons. S34.2.

use domain::attendance::{Attendance, Attended};
use domain::id::{CourseCode, StudentId, TermCode};
use domain::refund::facts::Lesson;

use crate::error::StoreError;
use crate::key::{self, Table};
use crate::table::Store;

impl Store {
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
