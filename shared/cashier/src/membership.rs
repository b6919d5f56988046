//! Membership (教学班学生): who leaves a course leaves its class, in the transaction by which the seat goes. S16 S17.2.

use domain::record::{Line, TermRecord};
use domain::teaching::membership::leave;
use jiff::civil::Date;
use store::{Commit, StoreError};

use crate::Cashier;

impl Cashier<'_> {
    /// Lets a pupil go out of the classes of the courses that are left. Whoever takes a pupil into a class writes the
    /// timetable, on which this rests: of both at once, one is decided anew.
    pub(crate) async fn leave_classes(
        &self,
        commit: &mut Commit,
        record: &TermRecord,
        left: &[Line],
        on: Date,
    ) -> Result<(), StoreError> {
        if left.is_empty() {
            return Ok(());
        }
        let timetable = self.store.timetable(&record.school, &record.term).await?;
        for line in left {
            for mut class in self.store.classes_of(&record.offering_of(line)).await? {
                if leave(&mut class.value, &timetable.value, &record.student, on) {
                    commit.save_class(&class)?;
                }
            }
        }
        commit.rest_on_timetable(&timetable);
        Ok(())
    }
}
