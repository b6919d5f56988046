//! Classes of an exchange (调课编班): the pupil goes out of the classes of the course that is left and comes into the one that
//! was wished, in the transaction of the exchange. S17.2 S27.

use std::collections::BTreeSet;

use domain::id::{ClassId, CourseCode, StudentId};
use domain::moves::{MoveError, MoveRequest};
use domain::record::{Line, TermRecord};
use domain::teaching::class::TeachingClass;
use domain::teaching::membership::{Company, Seated, admit, leave};
use jiff::civil::Date;
use store::teaching::Arranged;
use store::{Commit, Versioned};

use super::ground::Ground;
use crate::{Cashier, CashierError};

impl Cashier<'_> {
    /// Whether the pupil could come into the class that is wished, if one is.
    pub(super) async fn check_class(&self, ground: &Ground, on: Date) -> Result<(), CashierError> {
        let Some(wished) = &ground.exchange.class else { return Ok(()) };
        let record = &ground.record.value;
        let arranged = self.store.arranged(&record.school, &record.term).await?;
        let place = (&record.student, &ground.exchange.course, on);
        come_into(&arranged, wished, place, &seat_of(&record.student, record))?;
        Ok(())
    }

    /// Changes the classes of an exchange that is in effect. That the class that was wished takes nobody any more does not
    /// undo what is paid: the school is told, and places the pupil.
    pub(super) async fn change_classes(
        &self,
        commit: &mut Commit,
        record: &TermRecord,
        request: &mut MoveRequest,
        freed: &Line,
    ) -> Result<(), CashierError> {
        let (id, on) = (request.id.clone(), request.on);
        let Some(exchange) = request.exchange_mut() else { return Ok(()) };
        let Some(wished) = exchange.class.clone() else {
            return Ok(self.leave_classes(commit, record, std::slice::from_ref(freed), on).await?);
        };
        let arranged = self.store.arranged(&record.school, &record.term).await?;
        for class in left(&arranged, &exchange.course, &record.student, on) {
            commit.save_class(&class)?;
        }
        let place = (&record.student, &exchange.course, on);
        match come_into(&arranged, &wished, place, &seat_of(&record.student, record)) {
            Ok(class) => {
                commit.save_class(&class)?;
                commit.save_timetable(&arranged.timetable)?;
            }
            Err(error) => {
                tracing::info!(request = id.as_str(), %error, "pupil is placed by the school");
                exchange.unplaced = Some(error.to_string());
                commit.rest_on_timetable(&arranged.timetable);
            }
        }
        Ok(())
    }
}

/// That the pupil has the seat, or is just getting it.
fn seat_of(student: &StudentId, record: &TermRecord) -> BTreeSet<Seated> {
    let since = record.orders.last().map(|order| order.placed_at);
    since.map(|since| Seated { since, student: student.clone() }).into_iter().collect()
}

/// The classes of the course that is left in which the pupil was, without the pupil from the day on.
fn left(arranged: &Arranged, course: &CourseCode, student: &StudentId, on: Date) -> Vec<Versioned<TeachingClass>> {
    let of_course = arranged.classes.iter().filter(|class| class.value.id.course() == *course).cloned();
    let without = |mut class: Versioned<TeachingClass>| {
        leave(&mut class.value, &arranged.timetable.value, student, on).then_some(class)
    };
    of_course.filter_map(without).collect()
}

/// The class that is wished with the pupil in it, the classes of the other course being left.
fn come_into(
    arranged: &Arranged,
    wished: &ClassId,
    (student, course, on): (&StudentId, &CourseCode, Date),
    seated: &BTreeSet<Seated>,
) -> Result<Versioned<TeachingClass>, MoveError> {
    let mut class = arranged.class(wished).cloned().ok_or(MoveError::NoSuchClass)?;
    let left = left(arranged, course, student, on);
    let now = |other: &ClassId| left.iter().map(|class| &class.value).find(|class| class.id == *other);
    let others: Vec<&TeachingClass> = arranged.others(wished).map(|other| now(&other.id).unwrap_or(other)).collect();
    let company = Company { seated, others: &others, timetable: &arranged.timetable.value };
    admit(&mut class.value, company, &[student.clone()].into(), on)?;
    Ok(class)
}
