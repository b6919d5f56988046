//! Supervision (数据上报) in the tables: what of all that changes the city is told of. B6 D5 K7, promise P7.

use domain::id::{ClassId, LessonId, OfferingId};
use domain::supervision::thing::Thing;

/// What of the supervision system's concern a thing of the audit is, or is a part of; none: it is nothing to the city.
///
/// One page for all that is written: whoever writes a thing need not think of the city, and cannot forget it. `thing` is
/// what audit entries call it: its table and key.
pub fn reportable(thing: &str) -> Option<Thing> {
    let parts: Vec<&str> = thing.split('#').collect();
    match parts.as_slice() {
        ["directory", "SCHOOL", _, "HOMEROOM", homeroom] => homeroom.parse().ok().map(Thing::Homeroom),
        ["directory", "STUDENT", student, "STUDENT"] => student.parse().ok().map(Thing::Pupil),
        ["directory", "USER", person, "USER"] => person.parse().ok().map(Thing::Staff),
        ["enrollments", "STUDENT", student, "TERM", term] => {
            Some(Thing::Record(student.parse().ok()?, term.parse().ok()?))
        }
        // A refund lies beside its payment.
        ["money", "PAYMENT", payment, "PAYMENT"] | ["money", "PAYMENT", payment, "REFUND", _] => {
            payment.parse().ok().map(Thing::Payment)
        }
        ["teaching", "CLASSES", school, term, "CLASS", class] => {
            let (course, number) = class.rsplit_once('.')?;
            let offering = OfferingId::new(&school.parse().ok()?, &term.parse().ok()?, &course.parse().ok()?);
            Some(Thing::Class(ClassId::new(&offering, number.parse().ok()?)))
        }
        ["teaching", "ROLLS", class, "LESSON", number] => {
            Some(Thing::Roll(LessonId::new(&class.parse().ok()?, number.parse().ok()?)))
        }
        _ => None,
    }
}
